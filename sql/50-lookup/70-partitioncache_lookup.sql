create function partitioncache_lookup(
    partition_key text, hashes text[], relation text, of_type anyelement, cache text default 'partitioncache'
) returns setof anyelement
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
begin
    -- Where all entries were put aside since the query was rewritten: every key, which restricts nothing.
    return query execute format($sql$
        with known as materialized (select l.keys, l.usable from pc_lookup($1, $2, null::%1$s) l)
        select unnest(k.keys) from known k
        union all
        select distinct r.%2$I::%1$s from %3$s r where (select k.usable from known k) = '{}'
        $sql$, pc_native_type(registration.datatype), partition_key, relation)
    using registration, hashes;
end
$$;

comment on function partitioncache_lookup(text, text[], text, anyelement, text) is
'What a query that was rewritten with method subquery calls: the partition keys to search, exact for the snapshot of that very statement. relation: a table that has all the keys, read if no entry is usable any more. Example: select partitioncache_lookup(''city_id'', ''{pizza}'', ''public.poi'', null::integer)';
