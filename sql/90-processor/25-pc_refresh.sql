create function pc_refresh(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    return pc_enqueue_refreshes(cache);
exception
    when others then
        perform pc_log(cache, 'upkeep', null, null, 'failed', sqlerrm, null, 0, null);
        return 0::bigint;
end
$$;

comment on function pc_refresh(text) is
'pc_enqueue_refreshes for the processor: a failure is logged and stops nothing. Example: select pc_refresh(''partitioncache'')';
