-- A small world for tests of the core, and the two claims that are made of a query: it is restricted, or it is not.
--
-- Rows without a partition key, key 0 and negative keys are in the data on purpose: what is dropped wrongly is seen.

create table poi (id integer primary key, city_id integer, kind integer, name text, area numeric, opened date);
create table street (id integer primary key, city_id integer, length double precision, name text);
create table event (id integer primary key, city_id integer, poi_id integer, visitors integer, happened timestamptz);
create table kind (kind integer primary key, label text);

insert into poi
select i, nullif((i * 7) % 61, 60) - 3, (i * i + i / 3) % 12, 'poi ' || i % 25, (i * 31) % 200, date '2024-01-01' + i % 300
from generate_series(1, 600) i;
insert into street
select i, nullif((i * 11) % 53, 52) - 2, (i * 13) % 100, 'street ' || i % 30
from generate_series(1, 300) i;
insert into event
select i, nullif((i * 5) % 47, 46), 1 + (i * 17) % 600, (i * 19) % 50, '2024-03-01 12:00+00'::timestamptz + i * interval '5 h'
from generate_series(1, 300) i;
insert into kind select i, 'kind ' || i from generate_series(0, 14) i;
analyze;

select partitioncache_register('city_id', 'integer');
-- What is written to these tables in a test, the test says; and no query is too small for it.
select partitioncache_update_processor_config(untracked => 'static', least_cost => 0);

create function rows_of(query text) returns text[] language plpgsql as $$
declare
    found text[];
begin
    execute format(E'select array_agg(q::text order by q::text collate "C") from (%s\n) q', rtrim(query, E'; \n')) into found;
    return coalesce(found, '{}');
end
$$;

comment on function rows_of(text) is 'All rows of a query, sorted, each as text.';

create function fill(query text, partition_key text default 'city_id', cache text default 'partitioncache') returns bigint language plpgsql as $$
declare
    fragment record;
    filled bigint := 0;
begin
    for fragment in select * from partitioncache_internal.pc_fragments(query, partition_key, cache, partitioncache_internal.pc_session(current_setting('search_path'))) loop
        perform partitioncache_internal.pc_evaluate_fragment(cache, partition_key, fragment.hash, fragment.fragment, fragment.keyed_tables, fragment.parts);
        filled := filled + 1;
    end loop;
    return filled;
end
$$;

comment on function fill(text, text, text) is 'Evaluates all fragments of a query as the processor does; how many there were.';

create function columns_restricted(rewritten text) returns text[] language plpgsql set standard_conforming_strings = on as $$
declare
    name text := '(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)';
begin
    return (select coalesce(array_agg(m[1] order by n), '{}')
            from regexp_matches(rewritten, '(?:WHERE|AND) \((' || name || '\.' || name || ') = ANY \(E?''{', 'g') with ordinality r(m, n));
end
$$;

comment on function columns_restricted(text) is 'Which columns method literal has put a restriction on, in the order of the text.';

create function restricted(query text, columns text[], description text, partition_key text default 'city_id', cache text default 'partitioncache')
returns setof text language plpgsql as $$
declare
    found record;
    wanted text[];
    method text;
begin
    if fill(query, partition_key, cache) = 0 then
        return next fail(description || ': no fragments');
        return next diag((partitioncache_explain(query, partition_key, cache)).reason);
        return;
    end if;
    wanted := rows_of(query);
    select * into found from partitioncache_explain(query, partition_key, cache, 'literal');
    return next is(columns_restricted(found.rewritten), columns, description || ': what is restricted');
    if not found.applied then
        return next diag(found.reason);
    end if;
    foreach method in array array['literal', 'subquery'] loop
        return next is(rows_of(partitioncache_apply(query, partition_key, cache, method)), wanted, format('%s: rows by method %s', description, method));
    end loop;
end
$$;

comment on function restricted(text, text[], text, text, text) is
'Tests that a query, all its fragments cached, is restricted on exactly these columns and has the same rows as before. Three tests.';

create function unchanged(query text, reason text, description text, partition_key text default 'city_id', cache text default 'partitioncache')
returns setof text language plpgsql as $$
declare
    found record;
begin
    begin
        perform fill(query, partition_key, cache);
    exception when others then
        null;  -- what PostgreSQL does not accept has no fragments
    end;
    select * into found from partitioncache_explain(query, partition_key, cache, 'literal');
    return next ok(not found.applied and found.rewritten is not distinct from query, description || ': the query comes back as it is');
    return next alike(found.reason, reason, description || ': and the reason is said');
end
$$;

comment on function unchanged(text, text, text, text, text) is
'Tests that a query comes back as it is, though all that can be cached of it is, with a reason like this. Two tests.';

create function conjuncts_cached(query text, partition_key text default 'city_id', cache text default 'partitioncache') returns text[] language sql as
$$ select coalesce(array_agg(distinct c collate "C"), '{}') from partitioncache_fragments(query, partition_key, cache) f, unnest(f.conjuncts) c $$;

comment on function conjuncts_cached(text, text, text) is 'The conditions in all fragments of a query, each once.';
