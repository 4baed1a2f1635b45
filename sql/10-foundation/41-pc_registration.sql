create function pc_registration(cache text, partition_key text) returns partitioncache_registration
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration;
begin
    select r.* into registration
    from partitioncache_registration r
    where r.cache = pc_registration.cache and r.partition_key = pc_registration.partition_key;
    if not found then
        perform pc_fail('PC002', format('partition key "%s" is not registered in cache "%s"', partition_key, cache),
            (select 'Registered there: ' || coalesce(string_agg(format('%s (%s)', r.partition_key, r.datatype), ', ' order by r.partition_key), 'nothing') || '.'
             from partitioncache_registration r where r.cache = pc_registration.cache),
            format('Call partitioncache_register(%L, <datatype>, cache => %L) first.', partition_key, cache));
    end if;
    return registration;
end
$$;

comment on function pc_registration(text, text) is
'The registration of a partition key. Raises PC002 where there is none. Example: select (pc_registration(''partitioncache'', ''city_id'')).datatype';
