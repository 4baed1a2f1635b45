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
    key_table text;
begin
    perform pc_require(caller, cache, 'push');
    for one in
        select r.* from partitioncache_registration r
        where r.cache = argument ->> 'cache' and r.partition_key = coalesce(argument ->> 'partition_key', r.partition_key)
        order by r.partition_key
    loop
        key_table := pc_object_for('cache', one.cache, one.partition_key);
        if 0 = any (roles) or roles is null then
            perform pc_move_generation(one.cache, one.partition_key);
        end if;
        -- What somebody evaluates anew at this moment is of the generation before, and not used: nobody waits for that. The others in order.
        execute format('delete from %1$s e where (e.hash, e.role) in (
                            select o.hash, o.role from %1$s o
                            where ($1 is null or o.role = any ($1)) and ($1 is null or 0 = any ($1)) and (o.evaluation).snapshot is not null
                            for update skip locked)', key_table) using roles;
        get diagnostics deleted = row_count;
        total := total + deleted;
        execute format('delete from %1$s e where (e.hash, e.role) in (
                            select o.hash, o.role from %1$s o
                            where ($1 is null or o.role = any ($1)) and ($1 is not null and 0 <> all ($1) or (o.evaluation).snapshot is null)
                            order by o.hash, o.role for update)', key_table) using roles;
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
