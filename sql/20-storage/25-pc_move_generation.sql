create function pc_move_generation(cache text, partition_key text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Locks against pc_store, which holds the row until what it has stored is to be seen.
    perform from partitioncache_registration r
    where r.cache = pc_move_generation.cache and r.partition_key = pc_move_generation.partition_key for update;
    update partitioncache_registration r set generation = r.generation + 1
    where r.cache = pc_move_generation.cache and r.partition_key = pc_move_generation.partition_key;
end
$$;

comment on function pc_move_generation(text, text) is
'Has what was evaluated, or is being evaluated, for a partition key be used no more. Example: select pc_move_generation(''partitioncache'', ''city_id'')';
