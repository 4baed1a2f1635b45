create function partitioncache_evaluate(fragment text, partition_key text, keyed_tables text[], parts text[], cache text default 'partitioncache') returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    hash text := pc_sha256(fragment);
begin
    perform pc_require_writable('fill a cache');
    perform pc_not_null('fragment', fragment, 'partition_key', partition_key, 'keyed_tables', keyed_tables::text, 'parts', parts::text, 'cache', cache);
    perform pc_require(pc_me(), cache, 'push');
    return pc_evaluate_fragment(cache, partition_key, hash, fragment, keyed_tables, parts,
                                if_selective => pc_forced_among(pc_registration(cache, partition_key), array[hash]) = '{}');
end
$$;

comment on function partitioncache_evaluate(text, text, text[], text[], text) is
'For monitors and other clients: evaluates a fragment as partitioncache_take_apart gave it, and stores its key set, for everybody if the role may fill the cache, else for the role alone. Returns how many keys it has; null if it leaves most of many partitions, which is remembered instead. It runs read-only and as the role that calls; what it may take is limited by statement_timeout. Raises whatever goes wrong, and then nothing is stored: PC002 for a partition key that is not registered, PC007 without the right, PC009 in a read-only transaction. Example: select partitioncache_evaluate(fragment, ''city_id'', keyed_tables, parts) from partitioncache_take_apart(''select * from poi where kind = 6'', ''city_id'') where not held';
