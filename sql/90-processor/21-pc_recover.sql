create function pc_recover(cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    left_behind partitioncache_queue;
    recovered bigint := 0::bigint;
begin
    -- The sessions must be read after the rows: read before, a worker that came in between would be missing.
    perform pg_stat_clear_snapshot();
    for left_behind in
        select r.* from partitioncache_queue r
        where r.cache = pc_recover.cache and (roles is null or r.owner = any (roles)) and r.status = 'running' and r.worker_pid is not null
          and not exists (select from pg_stat_activity a
                          where a.pid = r.worker_pid and a.state is distinct from 'idle'
                            and coalesce(pc_session_id(a.backend_start, a.pid) = r.worker_id, true))
        for update skip locked
    loop
        -- That the server was restarted is no fault of the item; one that it happens to again waits behind the others.
        if pc_part(left_behind) > 0 then
            perform pc_fail_item(left_behind.queue, left_behind.id, 'released', 'the worker ended before it was done');
        elsif left_behind.attempts > 1 then
            perform pc_fail_item(left_behind.queue, left_behind.id, 'failed', 'the worker ended before it was done');
        else
            update partitioncache_queue q set due_at = clock_timestamp(), error_msg = 'the worker ended before it was done'
            where q.queue = left_behind.queue and q.id = left_behind.id;
        end if;
        recovered := recovered + 1;
    end loop;
    return recovered;
end
$$;

comment on function pc_recover(text, oid[]) is
'Ends the claims of items whose worker in this database is gone (killed, crashed, disconnected), so that they are claimed again, at once the first time, after a pause the next; how many. roles: of these; null for all. Example: select pc_recover(''partitioncache'')';

create function pc_adopt(cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    here bigint := pc_cluster();
    stranger partitioncache_queue;
    adopted bigint := 0;
begin
    for stranger in
        select q.* from partitioncache_queue q
        where q.cache = pc_adopt.cache and q.cluster <> here and exists (select from pg_roles r where r.rolname = q.owner_name and (roles is null or r.oid = any (roles)))
        for update skip locked
    loop
        -- What the role has pushed again since is not to be done twice.
        delete from partitioncache_queue q
        using pg_roles r
        where q.queue = stranger.queue and q.id = stranger.id and r.rolname = stranger.owner_name
          and exists (select from partitioncache_queue o
                      where o.hash = q.hash and o.cache = q.cache and o.partition_key = q.partition_key and o.queue = q.queue
                        and o.owner = r.oid and o.cluster = here);
        update partitioncache_queue q
        set owner = r.oid, cluster = here
        from pg_roles r
        where q.queue = stranger.queue and q.id = stranger.id and r.rolname = stranger.owner_name;
        adopted := adopted + 1;
    end loop;
    return adopted;
end
$$;

comment on function pc_adopt(text, oid[]) is
'Gives items that were restored from another cluster to the roles that are called as their owners were there; how many. Example: select pc_adopt(''partitioncache'')';

create function pc_revive(cache text) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_call('revive', jsonb_build_object('cache', cache))::bigint
$$;

comment on function pc_revive(text) is
'Brings those items back that nobody works on though they are claimed, or that have come from another cluster; how many. Example: select pc_revive(''partitioncache'')';

create function pc_do_revive(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'push');
    return (select to_jsonb(pc_recover(argument ->> 'cache', w.roles) + pc_adopt(argument ->> 'cache', w.roles))
            from (select pc_looked_after(caller, argument ->> 'cache') as roles) w);
end
$$;

comment on function pc_do_revive(oid, jsonb) is
'pc_revive for a caller: {cache}. Example: see pc_call';
