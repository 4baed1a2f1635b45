create function pc_attempt(step text, cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- Nothing of this is worth to be waited for.
set lock_timeout = '200ms'
as $$
declare
    result bigint;
begin
    execute format('select %I($1%s)', step, case when roles is not null then ', roles => $2' end) into result using cache, roles;
    return result;
exception
    -- Another session is at it.
    when lock_not_available or deadlock_detected or serialization_failure then
        return 0::bigint;
    when others or assert_failure then
        perform pc_call('log_failure', jsonb_build_object('cache', cache, 'error_msg', format('%s: %s', step, sqlerrm)));
        return 0::bigint;
end
$$;

comment on function pc_attempt(text, text, oid[]) is
'Calls one of the functions that look after a cache and returns its result; roles: for what these have in it only; a failure is logged and stops nothing, and what others hold is left for the next time. Example: select pc_attempt(''pc_revive'', ''partitioncache'')';

create function pc_do_log_failure(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'push');
    perform pc_log(caller, argument ->> 'cache', 'upkeep', null, null, 'failed', argument ->> 'error_msg', null, 0, null);
    return null;
end
$$;

comment on function pc_do_log_failure(oid, jsonb) is
'Logs that looking after a cache has failed, for a caller: {cache, error_msg}. Example: see pc_call';
