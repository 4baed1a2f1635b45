create type pc_key_worth as (
    query integer,
    fragment text,
    tables integer,
    weight double precision,
    kept double precision
);

comment on type pc_key_worth is
'What a partition key would do for one SELECT of a query. fragment: what would be found out; tables: how many it restricts; weight: which part of the rows that are read stand in them; kept: which share of the partitions would remain, by the planner.';

create function pc_key_worth(block pc_advised_block, candidate pc_key_candidate) returns pc_key_worth
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    keys text[] := array(select candidate.columns[array_position(candidate.relids, r.relid)] from unnest(block.relids) with ordinality r(relid, n) order by r.n);
    groups integer[] := array(select case when k is not null then n end from unnest(keys) with ordinality k(k, n) order by n);
    equality record;
    best integer;
    bits bigint;
    conditions text[];
    worth pc_key_worth;
    rows double precision;
begin
    -- Tables whose keys are equated belong together.
    for equality in
        select m.part[1]::integer + 1 as one, m.part[3]::integer + 1 as other
        from unnest(block.conditions) c(template)
        cross join lateral regexp_match(c.template, E'^\\(?\x01(\\d+)\x02\\.(.+) = \x01(\\d+)\x02\\.(.+?)\\)?$') m(part)
        where m.part[2] = keys[m.part[1]::integer + 1] and m.part[4] = keys[m.part[3]::integer + 1]
    loop
        groups := array(select case when g = groups[equality.other] then groups[equality.one] else g end from unnest(groups) with ordinality u(g, n) order by n);
    end loop;
    select g, count(*), sum(1::bigint << (n - 1)::integer) into best, worth.tables, bits
    from unnest(groups) with ordinality u(g, n) where g is not null group by g order by count(*) desc, g limit 1;
    if best is null then
        return null;
    end if;
    select array_agg(c.template) into conditions
    from unnest(block.conditions, block.tables) c(template, tables) where c.tables & ~bits = 0;
    -- One partition is asked for already, or nothing is said of the tables but how they are joined.
    if exists (select from unnest(conditions) c(template), unnest(keys) with ordinality k(k, n)
               where groups[n] = best and regexp_replace(c.template, '^\(', '') like E'\x01' || (n - 1) || E'\x02.' || replace(replace(replace(k.k, '\', '\\'), '_', '\_'), '%', '\%') || ' = %'
                 and c.template !~ E'= \x01')
        or not exists (select from unnest(conditions) c(template) where c.template !~ E'^\\(?\x01\\d+\x02\\.\\S+ = \x01\\d+\x02\\.\\S+?\\)?$') then
        return null;
    end if;
    worth.query := block.query;
    select format('SELECT DISTINCT t%s.%s FROM %s WHERE %s', best, keys[best], string_agg(block.relations[n] || ' t' || n, ', ' order by n),
                  (select string_agg(regexp_replace(c, E'\x01(\\d+)\x02', E't\x01\\1\x02', 'g'), ' AND ') from unnest(conditions) c))
    into worth.fragment
    from unnest(groups) with ordinality u(g, n) where g = best;
    -- The templates count from 0.
    for equality in select n from unnest(groups) with ordinality u(g, n) where g = best loop
        worth.fragment := replace(worth.fragment, E'\x01' || (equality.n - 1) || E'\x02', equality.n::text);
    end loop;
    select coalesce(sum(greatest(c.reltuples, 0)) filter (where groups[n] = best) / nullif(sum(greatest(c.reltuples, 0)), 0), 0) into worth.weight
    from unnest(block.relids) with ordinality r(relid, n) join pg_class c on c.oid = r.relid;
    rows := (pc_plan(regexp_replace(worth.fragment, '^SELECT DISTINCT ', 'SELECT '), '') ->> 'Plan Rows')::double precision;
    worth.kept := 1 - exp(- rows / greatest(candidate.partitions, 1));
    return worth;
end
$$;

comment on function pc_key_worth(pc_advised_block, pc_key_candidate) is
'What a partition key would do for a SELECT; null if it would not restrict it: none of its tables has the key, it asks for one partition anyway, or says nothing of them. Example: see partitioncache_advise';
