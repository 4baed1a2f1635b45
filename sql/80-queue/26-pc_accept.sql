create function pc_accept(query text, partition_key text, cache text, session jsonb, storage text default 'array') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    tracks boolean := (pc_settings(cache)).untracked = 'track';
    relations oid[] := pc_push_check(query, session, tracks);
begin
    perform pc_register_by_use(array[query], partition_key, cache, session, storage);
    if tracks then
        perform pc_track_for(relations, cache, partition_key);
    end if;
end
$$;

comment on function pc_accept(text, text, text, jsonb, text) is
'Lets PostgreSQL check a query that is to be learned from, registers its partition key by use, and tracks its tables as the settings of the cache say. Raises what pc_push_check and pc_register_by_use do. Example: select pc_accept(''select * from poi'', ''city_id'', ''partitioncache'', pc_session(''public''))';
