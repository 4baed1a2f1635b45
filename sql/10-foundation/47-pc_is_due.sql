create function pc_is_due(relation regclass) returns boolean
language sql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select extract(microseconds from clock_timestamp())::bigint % 1009 * c.reltuples < 1009 * 20000 from pg_class c where c.oid = relation
$$;

comment on function pc_is_due(regclass) is
'Whether what is to be looked through as a whole now and then is to be now: always up to 20,000 rows, beyond that so rarely, by chance, that no more than so many are read each time on average. Example: select pc_is_due(''pg_class'')';
