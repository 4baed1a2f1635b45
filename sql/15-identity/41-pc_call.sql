create function pc_call(operation text, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    result jsonb;
begin
    if current_setting('transaction_read_only')::boolean then
        perform pc_require_writable('change what PartitionCache keeps');
    end if;
    insert into pc_call_channel (operation, argument) values (pc_call.operation, pc_call.argument)
    returning pc_call_channel.result into result;
    return result;
end
$$;

comment on function pc_call(text, jsonb) is
'Has pc_do_<operation>(caller oid, argument jsonb) run with the installer''s rights, for the role in force, which it may rely on. Raises PC009 in a read-only transaction. Example: select pc_call(''forget'', ''{}'')';
