create function pc_claim(
    queues text[], cache text, amount integer, lease interval, worker_id text default null, only_checked boolean default true, one_transaction boolean default false
) returns setof partitioncache_queue
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    items partitioncache_queue[] := (pc_call('claim', jsonb_build_object(
        'queues', queues::text, 'cache', cache, 'amount', amount, 'lease', lease, 'worker_id', worker_id, 'only_checked', only_checked,
        'one_transaction', one_transaction)) #>> '{}')::partitioncache_queue[];
begin
    return query select i.* from unnest(items) i;
end
$$;

comment on function pc_claim(text[], text, integer, interval, text, boolean, boolean) is
'Claims up to amount items of these queues that are due, most urgent first, for the time of a lease, and skips what others hold. An item whose lease is over counts as failed: it is claimed again, or dead if that was its last attempt. Only items of the current role. only_checked: those that this server is to work on, in this session; one_transaction: the claim will not be committed before the work is done. Example: select * from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pc_worker_id())';

create function pc_do_claim(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- As in pc_do_enqueue; here the plan walks the index, which ends at the first item that is due.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    queues text[] := (argument ->> 'queues')::text[];
    cache_ text := argument ->> 'cache';
    amount integer := (argument -> 'amount')::integer;
    lease interval := (argument ->> 'lease')::interval;
    only_checked boolean := (argument -> 'only_checked')::boolean;
    max_attempts integer := (pc_settings(cache_)).max_attempts;
    here bigint := pc_cluster();
    taken partitioncache_queue[];
    plain boolean;
    queue_ text;
    place_priority integer;
    place_id bigint;
    found_there bigint[];
    begun timestamptz;
begin
    perform pc_require(caller, cache_, 'push');
    -- The queue whose first item is the most urgent, and, if all that is due there is held by others, the next.
    if cardinality(queues) > 1 then
        queues := coalesce(
            (select array_agg(u.queue order by f.priority desc, f.id)
             from unnest(queues) u(queue) cross join lateral pc_first_due(caller, u.queue, cache_, only_checked) f where f.id is not null), queues);
    end if;
    foreach queue_ in array queues loop
        place_id := null;
        found_there := null;
        if current_setting('partitioncache.claimed_' || queue_, true) <> '' then
            select p.priority, p.id into place_priority, place_id from pc_claim_place(caller, queue_, cache_) p;
        end if;
        if place_id is not null
            and not exists (select from partitioncache_queue q
                            where q.queue = queue_ and q.cache = cache_ and q.owner = caller and q.cluster = here and q.died_at is null and q.due_at <= clock_timestamp()
                              and (q.checked or not only_checked) and q.priority > place_priority) then
            found_there := array(
                select q.id from partitioncache_queue q
                where q.queue = queue_ and q.cache = cache_ and q.owner = caller and q.cluster = here and q.died_at is null and q.due_at <= clock_timestamp()
                  and (q.checked or not only_checked) and q.priority = place_priority and q.id >= place_id
                order by q.priority desc, q.id limit amount for update skip locked);
            found_there := case when cardinality(found_there) = amount then found_there end;
        end if;
        loop
            begun := clock_timestamp();
            with chosen as materialized (
                select q.id from partitioncache_queue q
                where q.queue = queue_ and q.cache = cache_ and q.owner = caller and q.cluster = here
                  and q.died_at is null and q.due_at <= clock_timestamp() and (q.checked or not only_checked)
                order by q.priority desc, q.id
                limit amount for update skip locked
            ), claimed as (
                update partitioncache_queue q
                set status = case when q.attempts < max_attempts then 'running' else 'dead' end,
                    died_at = case when q.attempts < max_attempts then null else clock_timestamp() end,
                    attempts = q.attempts + (q.attempts < max_attempts)::integer,
                    claim = q.claim + 1,
                    error_msg = case when q.status = 'running' then coalesce(q.error_msg, 'the worker did not answer within its lease')
                                     when q.attempts >= max_attempts then q.error_msg end,
                    worker_pid = case when only_checked then pg_backend_pid() end, worker_id = argument ->> 'worker_id',
                    started_at = clock_timestamp(), due_at = clock_timestamp() + lease
                where q.id = any (case when found_there is not null then found_there else array(select c.id from chosen c) end)
                returning q as item
            )
            select array_agg(c.item order by (c.item).priority desc, (c.item).id) into taken from claimed c;
            if found_there is not null then
                -- As long as before, further on.
                perform set_config('partitioncache.claimed_' || queue_, regexp_replace(current_setting('partitioncache.claimed_' || queue_), ' [0-9]+( [0-9]+)$', format(E' %s\\1', found_there[1])), false);
                found_there := null;
            elsif clock_timestamp() - begun > interval '2 ms' then
                perform pc_note_claim_place(caller, queue_, cache_, (taken[1]).priority, (taken[1]).id, clock_timestamp() - begun - amount * interval '0.1 ms');
            end if;
            -- Most of the time, that is all.
            plain := coalesce(cardinality(taken) = 1 and (taken[1]).status = 'running' and (taken[1]).error_msg is null, taken is null);
            exit when plain;
            perform pc_log(caller, t.cache, t.queue, t.partition_key, t.hash, 'failed', t.error_msg, null, 0, t.attempts - (t.status = 'running')::integer)
            from unnest(taken) t where t.error_msg is not null;
            -- What nobody may try again was buried on the way; if that was all, there may be more behind it.
            exit when exists (select from unnest(taken) t where t.status = 'running');
        end loop;
        exit when taken is not null;
    end loop;
    if only_checked and taken is not null then
        perform pc_secure_attempt(taken, (argument -> 'one_transaction')::boolean);
    end if;
    if not plain then
        taken := array(select t from unnest(taken) t where t.status = 'running');
    end if;
    return to_jsonb(coalesce(taken, '{}')::text);
end
$$;

comment on function pc_do_claim(oid, jsonb) is
'pc_claim for a caller: {queues, cache, amount, lease, worker_id, only_checked, one_transaction} gives the items, as the text of an array. Raises PC007 below the level push. Example: see pc_call';

create function pc_secure_attempt(taken partitioncache_queue[], one_transaction boolean) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if one_transaction then
        -- What this very transaction has put into the queue will not be there when it is undone: then what it came from is to blame.
        perform pc_mark(case when t.pushed_at < transaction_timestamp() then pc_marker(t.id, t.claim)
                             when t.session ? 'refresh' then - t.owner::bigint
                             else coalesce(t.origin, pc_marker(t.id, t.claim)) end)
        from unnest(taken) t where t.status = 'running' limit 1;
        if pc_is_careful() then
            perform pc_flush();
        end if;
    elsif pc_is_careful() then
        perform set_config('synchronous_commit', 'on', true);
    end if;
end
$$;

comment on function pc_secure_attempt(partitioncache_queue[], boolean) is
'Sees to it that the attempts of claimed items count, whatever becomes of the session that works on them. Example: see pc_do_claim';
