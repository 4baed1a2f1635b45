create function pc_settle(queue text, id bigint, claim bigint, outcome text, error_msg text default null, key_count bigint default null) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return jsonb_array_length(pc_call('settle', jsonb_build_array(jsonb_build_object(
        'queue', $1, 'id', $2, 'claim', $3, 'outcome', $4, 'error_msg', $5, 'key_count', $6)))) = 1;
end
$$;

comment on function pc_settle(text, bigint, bigint, text, text, bigint) is
'Says what became of a claim: success or skipped (the item is done and deleted), failed or timeout (tried again after 10 s, 40 s, ..., or dead), released (back in the queue, the attempt does not count), blocked (the same, after a moment: other sessions were in the way). False, and nothing changes, if the claim is no longer the item''s latest. Example: select pc_settle(''outgoing'', 7, 1, ''success'', null, 12)';

create function pc_do_settle(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
    here bigint := pc_cluster();
    said record;
    item partitioncache_queue;
    settled bigint[];
    trimmed record;
    caller_name name := pg_get_userbyid(caller);
begin
    -- Nearly always, all have ended well: one statement, however many there are.
    with said as materialized (
        select s.* from jsonb_to_recordset(argument) s(queue text, id bigint, claim bigint, outcome text, error_msg text, key_count bigint)
        where s.outcome in ('success', 'skipped')
        order by s.id
    ), gone as (
        delete from partitioncache_queue q using said s
        where q.queue = s.queue and q.id = s.id and q.claim = s.claim and q.status = 'running' and q.owner = caller and q.cluster = here
        returning q as item, s.outcome, s.error_msg, s.key_count
    ), longest as materialized (
        select c.cache, pc_time_limit(c.cache) as time_limit from (select distinct (g.item).cache from gone g where (g.item).queue = 'outgoing') c
    ), logged as (
        insert into partitioncache_processor_log (cache, queue, partition_key, query_hash, status, error_msg, key_count, execution_time_ms, attempt,
                                                  cost, time_limit, owner, owner_name)
        select (g.item).cache, (g.item).queue, (g.item).partition_key, (g.item).hash, g.outcome, left(g.error_msg, 10000), g.key_count,
               extract(epoch from clock_timestamp() - (g.item).started_at) * 1000, (g.item).attempts,
               (g.item).cost, case when (g.item).queue = 'outgoing' then least((g.item).time_limit * 2 ^ greatest((g.item).attempts - 1, 0), m.time_limit) end,
               caller, caller_name
        from gone g left join longest m on m.cache = (g.item).cache
        returning id, cache
    )
    select (select coalesce(array_agg((g.item).id order by (g.item).id), '{}') from gone g) as ids,
           (select min(l.cache) from logged l where l.id % 100 = 0) as cache, (select max(l.id) from logged l where l.id % 100 = 0) as written
    into trimmed;
    settled := trimmed.ids;
    if trimmed.cache is not null then
        perform pc_trim_log(caller, trimmed.cache, trimmed.written);
    end if;
    if cardinality(settled) = jsonb_array_length(argument) then
        return to_jsonb(settled);
    end if;
    for said in
        select s.* from jsonb_to_recordset(argument) s(queue text, id bigint, claim bigint, outcome text, error_msg text, key_count bigint)
        where s.outcome not in ('success', 'skipped')
    loop
        select q.* into item from partitioncache_queue q
        where q.queue = said.queue and q.id = said.id and q.claim = said.claim and q.status = 'running' and q.owner = caller and q.cluster = here
        for update;
        continue when item.id is null;
        -- It is due again: see pc_claim_place.
        perform pc_forget_claim_place(said.queue, false);
        perform pc_fail_item(said.queue, said.id, said.outcome, said.error_msg);
        settled := settled || said.id;
    end loop;
    return to_jsonb(settled);
end
$$;

comment on function pc_do_settle(oid, jsonb) is
'pc_settle for a caller: an array of {queue, id, claim, outcome, error_msg, key_count} gives the numbers of those items that were the caller''s, under this claim. Example: see pc_call';

create function pc_fail_item(queue text, id bigint, outcome text, error_msg text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    item partitioncache_queue := pc_put_off(queue, id, outcome);
begin
    if item.id is null then
        update partitioncache_queue q
        set status = case when outcome in ('released', 'blocked') then 'ready' when q.attempts < s.max_attempts then outcome else 'dead' end,
            died_at = case when outcome in ('released', 'blocked') or q.attempts < s.max_attempts then null else clock_timestamp() end,
            attempts = q.attempts - (outcome in ('released', 'blocked'))::integer,
            due_at = clock_timestamp() + case outcome when 'released' then interval '0'
                                              -- Longer each time, and not for all that met the same.
                                              when 'blocked' then interval '0.2 s' * 2 ^ least(q.claim - q.attempts, 8) * (0.5 + random())
                                              else least(interval '10 s' * 4 ^ (q.attempts - 1), interval '1 h') end,
            error_msg = pc_fail_item.error_msg, worker_pid = null, worker_id = null
        from (select pc_settings(c.cache) as settings from partitioncache_queue c where c.queue = pc_fail_item.queue and c.id = pc_fail_item.id) w,
             lateral (select (w.settings).max_attempts) s
        where q.queue = pc_fail_item.queue and q.id = pc_fail_item.id
        returning q.* into item;
    end if;
    if outcome not in ('released', 'blocked') then
        perform pc_log(item.owner, item.cache, item.queue, item.partition_key, item.hash, outcome, error_msg, null,
                       extract(epoch from clock_timestamp() - item.started_at) * 1000, item.attempts,
                       item.cost, case when item.queue = 'outgoing' then pc_item_limit(item) end);
    end if;
end
$$;

comment on function pc_fail_item(text, bigint, text, text) is
'Ends the attempt of a claimed item otherwise than well: failed or timeout (tried again after a pause, or dead; or put off), released (back in the queue, uncounted), blocked (the same, after a moment). Example: select pc_fail_item(''outgoing'', 7, ''failed'', ''division by zero'')';
