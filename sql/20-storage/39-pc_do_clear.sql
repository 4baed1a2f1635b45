create function pc_do_clear(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache text := argument ->> 'cache';
    roles oid[] := case when pc_has_level(caller, cache, 'administer') then null when pc_has_level(caller, cache, 'fill') then array[0, caller] else array[caller] end;
    one partitioncache_registration;
    deleted bigint;
    total bigint := 0;
begin
    perform pc_require(caller, cache, 'push');
    for one in
        select r.* from partitioncache_registration r
        where r.cache = argument ->> 'cache' and r.partition_key = coalesce(argument ->> 'partition_key', r.partition_key)
        order by r.partition_key
    loop
        if 0 = any (roles) or roles is null then
            perform pc_move_generation(one.cache, one.partition_key);
        end if;
        execute format('delete from %s e where $1 is null or e.role = any ($1)', pc_object_for('cache', one.cache, one.partition_key)) using roles;
        get diagnostics deleted = row_count;
        total := total + deleted;
        perform pc_forget_use(one, null, roles);
        perform pc_forget_learning(one, roles);
    end loop;
    return to_jsonb(total);
end
$$;

comment on function pc_do_clear(oid, jsonb) is
'partitioncache_clear for a caller: {cache, partition_key or null for all}; how many were deleted. Example: see pc_call';
