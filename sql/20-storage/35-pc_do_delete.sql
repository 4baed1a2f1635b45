create function pc_do_delete(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(argument ->> 'cache', argument ->> 'partition_key');
    hashes text[] := array(select jsonb_array_elements_text(argument -> 'hashes'));
    roles oid[] := case when pc_has_level(caller, argument ->> 'cache', 'fill') then array[0, caller] else array[caller] end;
    deleted bigint;
begin
    perform pc_require(caller, registration.cache, 'push');
    execute format('delete from %1$s e where (e.hash, e.role) in (
                        select o.hash, o.role from %1$s o where o.hash = any ($1) and o.role = any ($2) order by o.hash, o.role for update)',
                   pc_object_for('cache', registration.cache, registration.partition_key))
    using hashes, roles;
    get diagnostics deleted = row_count;
    perform pc_forget_use(registration, hashes, roles);
    return to_jsonb(deleted);
end
$$;

comment on function pc_do_delete(oid, jsonb) is
'partitioncache_delete for a caller: {cache, partition_key, hashes}; how many were deleted. Example: see pc_call';
