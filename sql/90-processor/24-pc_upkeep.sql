create function pc_attempt(step text, cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    result bigint;
begin
    execute format('select %I($1)', step) into result using cache;
    return result;
exception
    when others then
        perform pc_log(cache, 'upkeep', null, null, 'failed', format('%s: %s', step, sqlerrm), null, 0, null);
        return 0::bigint;
end
$$;

comment on function pc_attempt(text, text) is
'Calls one of the functions that look after a cache and returns its result; a failure is logged and stops nothing. Example: select pc_attempt(''pc_recover'', ''partitioncache'')';

create function pc_mend_tracking(cache text) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select count(*) filter (where t.problem is null) from pc_sync_tracking(pc_mend_tracking.cache) t
$$;

comment on function pc_mend_tracking(text) is
'How many tables pc_sync_tracking has brought back to tracking. Example: select pc_mend_tracking(''partitioncache'')';

create function pc_drop_old_refreshes(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    dropped bigint;
begin
    delete from partitioncache_queue q
    where q.queue = 'outgoing' and q.cache = pc_drop_old_refreshes.cache and q.owner = current_user
      and q.session ? 'refresh' and q.died_at < clock_timestamp() - interval '1 h';
    get diagnostics dropped = row_count;
    return dropped;
end
$$;

comment on function pc_drop_old_refreshes(text) is
'Removes refreshes that have been dead for an hour, so that they may be tried again. Example: select pc_drop_old_refreshes(''partitioncache'')';

create function pc_upkeep(cache text) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_attempt(s.step, pc_upkeep.cache)
    from unnest(array['pc_mend_tracking', 'pc_trim_changes', 'pc_drop_old_refreshes', 'pc_prune_cron_history']) with ordinality s(step, place)
    order by s.place
$$;

comment on function pc_upkeep(text) is
'What one worker of a cache does once a minute: mends the tracking of tables, trims change logs, forgets refreshes that were of no use, prunes pg_cron''s notes about our jobs. Example: select pc_upkeep(''partitioncache'')';
