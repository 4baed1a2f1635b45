create function pc_mend_tracking(cache text) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select count(*) filter (where t.problem is null) from pc_sync_tracking(pc_mend_tracking.cache) t
$$;

comment on function pc_mend_tracking(text) is
'How many tables pc_sync_tracking has brought back to tracking. Example: select pc_mend_tracking(''partitioncache'')';

create function pc_drop_old_refreshes(cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    dropped bigint;
begin
    delete from partitioncache_queue q
    where (q.queue, q.id) in (
        select o.queue, o.id from partitioncache_queue o
        where o.queue = 'outgoing' and o.cache = pc_drop_old_refreshes.cache and (roles is null or o.owner = any (roles))
          and o.session ? 'refresh' and o.died_at < clock_timestamp() - interval '1 h'
        for update skip locked);
    get diagnostics dropped = row_count;
    return dropped;
end
$$;

comment on function pc_drop_old_refreshes(text, oid[]) is
'Removes refreshes that have been dead for an hour, so that they may be tried again. Example: select pc_drop_old_refreshes(''partitioncache'')';

create function pc_forget(cache text) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_forget_analyses() + pc_forget_decisions() + pc_forget_verdicts() + pc_forget_listeners() + pc_sum_revisions()
$$;

comment on function pc_forget(text) is
'Removes analyses, decisions and verdicts beyond the number that is kept, and listeners that are gone, of all caches, and sums revisions up; how many. Example: select pc_forget(''partitioncache'')';

create function pc_do_maintain(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'push');
    perform pc_attempt(s.step, argument ->> 'cache', case when s.of_roles then pc_looked_after(caller, argument ->> 'cache') end)
    from (values (1, 'pc_adopt_roles', false), (2, 'pc_trim_changes', true), (3, 'pc_drop_old_refreshes', true), (4, 'pc_forget', false),
                 (5, 'pc_forget_roles', false), (6, 'pc_prune_cron_history', false), (7, 'pc_trim_learning', true), (8, 'pc_evict', true), (9, 'pc_trim_timings', true), (10, 'pc_forget_notes', true)) s(place, step, of_roles)
    order by s.place;
    return null;
end
$$;

comment on function pc_do_maintain(oid, jsonb) is
'What is done for a cache whoever asks for it, {cache}: trims change logs, forgets refreshes that were of no use, analyses, listeners and what belonged to roles that are gone, prunes pg_cron''s notes about our jobs. It calls nothing that anybody but the installer can define. Example: see pc_call';

create function pc_looked_after(caller oid, cache text) returns oid[]
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- A row that is changed stays locked until the transaction ends, and that may be never.
    select case when not pc_has_level(caller, cache, 'fill') then array[caller] end
$$;

comment on function pc_looked_after(oid, text) is
'Whose items and entries a caller may look after: of all roles (null), if it is trusted to fill the cache, else its own. Example: select pc_looked_after(pc_me(), ''partitioncache'')';

create function pc_upkeep(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_attempt('pc_mend_tracking', cache);
    perform pc_call('maintain', jsonb_build_object('cache', cache));
end
$$;

comment on function pc_upkeep(text) is
'What one worker of a cache does once a minute: mends the tracking of this role''s tables, and has the rest done by pc_do_maintain. Example: select pc_upkeep(''partitioncache'')';
