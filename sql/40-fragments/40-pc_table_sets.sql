create function pc_table_sets(edges bigint[], table_count integer, most integer) returns bigint[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    level bigint[] := array(select 1::bigint << n from generate_series(0, table_count - 1) n);
    sets bigint[] := '{}'::bigint[];
    component bigint;
    components bigint[] := '{}'::bigint[];
begin
    -- Whole components first: they say the most. Then by size, until there are enough.
    foreach component in array level loop
        loop
            exit when not exists (select from unnest(edges) e where e & component <> 0 and e & component <> e);
            component := (select bit_or(e) | component from unnest(edges) e where e & component <> 0);
        end loop;
        components := components || component;
    end loop;
    sets := array(select distinct c from unnest(components) c where c & (c - 1) <> 0);
    loop
        level := array(
            select distinct s | e
            from unnest(level) s, unnest(edges) e
            where s & e <> 0 and s & e <> e
            order by 1
            limit most);
        exit when cardinality(level) = 0 or cardinality(sets) >= most;
        sets := sets || array(select s from unnest(level) s where s <> all (sets));
    end loop;
    return sets[1:most];
end
$$;

comment on function pc_table_sets(bigint[], integer, integer) is
'Sets of two or more tables, as bits, that join conditions (edges) connect: the largest first, then by growing size; at most so many. Example: select pc_table_sets(''{3,6}'', 3, 64)';
