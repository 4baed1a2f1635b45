create function partitioncache_query(partition_key text, hash text, cache text default 'partitioncache') returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    stored text;
begin
    perform pc_registration(cache, partition_key);
    execute format('select query from %s where hash = $1 and query is not null order by role desc limit 1', pc_object_for('entries', cache, partition_key)) into stored using hash;
    return stored;
end
$$;

comment on function partitioncache_query(text, text, text) is
'The query that is stored with an entry; null if there is none, or if another role stored it. Example: select partitioncache_query(''city_id'', ''pizza'')';
