create function pc_settings(cache text) returns partitioncache_settings
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    settings partitioncache_settings;
begin
    select s.* into settings from partitioncache_settings s where s.cache = pc_settings.cache;
    if not found then
        settings := row(cache, 64, false, 1, 2, '30 min', 3, 10000, 'track', 1, 0, 0, '0', 200, 100, 0.02, 4, 600, 200);
    end if;
    return settings;
end
$$;

comment on function pc_settings(text) is
'The settings of a cache, or the defaults for a cache that nobody has registered a partition key in. Example: select (pc_settings(''partitioncache'')).max_fragments';
