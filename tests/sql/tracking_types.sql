-- Tracking with every data type of partition key, and every column type that goes with it.
select no_plan();

create function tracks(datatype text, column_type text, storage text, keys text[]) returns setof text language plpgsql as $$
declare
    key text := 'k_' || md5(datatype || column_type || storage);
    query text;
    rewritten text;
    wrong bigint;
    logged text;
begin
    perform partitioncache_register(key, datatype, storage);
    execute format('create table %1$I (id integer, %1$I %2$s)', key, column_type);
    execute format('insert into %1$I select i, $1[i]::%2$s from generate_series(1, 2) i', key, column_type) using keys;
    execute format('insert into %1$I (id, %1$I) select 10, %1$I from %1$I where id = 1', key);
    perform partitioncache_track(key::regclass, key);
    query := format('select id from %I where id > 5', key);
    perform partitioncache_push(query, key);
    perform partitioncache_process_queue(max_seconds => 60);
    execute format('insert into %1$I select 20, $1[3]::%2$s', key, column_type) using keys;
    execute format('insert into %1$I select 20 + i, $1[4]::%2$s from generate_series(1, 3) i', key, column_type) using keys;
    execute format('insert into %1$I (id) values (30)', key);
    execute format('select string_agg(coalesce(k::text, ''null''), '' '' order by c.ctid) from %s c, unnest(c.keys) k', pc_object_for('changes', 'partitioncache', key)) into logged;
    rewritten := partitioncache_apply(query, key, method => 'current');
    execute format('select count(*) from ((%1$s except all %2$s) union all (%2$s except all %1$s)) x', '(' || query || ')', '(' || rewritten || ')') into wrong;
    return next is(array[logged, (rewritten <> query)::text, wrong::text], array[keys[3] || ' ' || keys[4] || ' null', 'true', '0'],
                   format('%s in a column of type %s, %s', datatype, column_type, storage));
    perform partitioncache_process_queue(max_seconds => 60);
    perform pc_evaluate_fragment('partitioncache', key, h.hash, h.query, h.keyed_tables, h.parts)
    from (select f.hash, f.fragment as query, f.keyed_tables, '{}'::text[] as parts from pc_fragments(query, key, 'partitioncache', pc_session('public')) f) h;
    execute format('select count(*) from ((%1$s except all %2$s) union all (%2$s except all %1$s)) x', '(' || query || ')', '(' || rewritten || ')') into wrong;
    return next is(wrong, 0::bigint, format('after a refresh: %s in a column of type %s, %s', datatype, column_type, storage));
end
$$;

set timezone = 'UTC';
select tracks('integer', 'integer', 'array', '{1,2,3,-4}');
select tracks('integer', 'smallint', 'array', '{1,2,3,-4}');
select tracks('integer', 'integer', 'bit', '{1,2,3,-4}');
select tracks('bigint', 'bigint', 'array', '{1,2,9007199254740993,-4}');
select tracks('bigint', 'bigint', 'bit', '{1,2,300,-4}');
select tracks('float', 'double precision', 'array', '{1.5,2.25,Infinity,-4.5}');
select tracks('float', 'real', 'array', '{1.5,2.25,0.5,-4.5}');
select tracks('numeric', 'numeric', 'array', '{1.5,2.25,100000000000000000000.1,-4.5}');
select tracks('numeric', 'numeric(6,2)', 'array', '{1.50,2.25,3.75,-4.50}');
select tracks('text', 'text', 'array', '{a,b,"it''s; \"c\"",d}');
select tracks('text', 'varchar(10)', 'array', '{a,b,c,d}');
select tracks('text', 'varchar', 'array', '{a,b,"",d}');
select tracks('uuid', 'uuid', 'array', '{00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002,00000000-0000-0000-0000-000000000003,00000000-0000-0000-0000-000000000004}');
select tracks('date', 'date', 'array', '{2024-01-01,2024-01-02,infinity,0044-03-15 BC}');
select tracks('timestamp', 'timestamp', 'array', '{2024-01-01 00:00:00,2024-01-02 00:00:00,2024-01-03 12:30:00.000001,-infinity}');
select tracks('timestamptz', 'timestamptz', 'array', '{2024-01-01 00:00:00+00,2024-01-02 00:00:00+00,2024-01-03 12:30:00.000001+00,-infinity}');
create domain town as text check (value <> 'x');
select tracks('text', 'town', 'array', '{a,b,c,d}');

-- Names that need quotes, and a key named like a variable
create schema "My maps";
create table "My maps"."The places" (id integer, "City; id" integer, written integer, described integer);
select partitioncache_register('City; id', 'integer', cache => 'My cache');
select partitioncache_register('written', 'integer', cache => 'My cache');
select partitioncache_track('"My maps"."The places"', 'City; id', 'My cache');
select partitioncache_track('"My maps"."The places"', 'written', 'My cache');
insert into "My maps"."The places" values (1, 5, 6, 7);
set session_replication_role = replica;
insert into "My maps"."The places" values (1, 8, 9, 7);
reset session_replication_role;
select results_eq('select keys::text from "My cache_changes_City; id"', $$ values ('{5}'), ('{8}') $$, 'names that need quotes');
select results_eq('select keys::text from "My cache_changes_written"', $$ values ('{6}'), ('{9}') $$, 'two partition keys of one table');
select results_eq('select partition_key, relation::text, state, changes from partitioncache_tracked_tables(''My cache'')',
    $$ values ('City; id', '"My maps"."The places"', 'tracking', 2::bigint), ('written', '"My maps"."The places"', 'tracking', 2) $$, 'are listed');
select partitioncache_untrack('"My maps"."The places"', 'written', 'My cache');
insert into "My maps"."The places" values (2, 15, 16, 7);
select results_eq('select keys::text from "My cache_changes_City; id"', $$ values ('{5}'), ('{8}'), ('{15}') $$, 'to end one leaves the other');
select * from finish();
