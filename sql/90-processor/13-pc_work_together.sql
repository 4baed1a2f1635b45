create function pc_do_companions(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- As in pc_do_claim.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    here bigint := pc_cluster();
    queue_ text := argument ->> 'queue';
    most integer := (argument -> 'most')::integer;
    item partitioncache_queue;
    mask text;
    looked_at integer := 2 * most;
    alike bigint[];
    taken partitioncache_queue[];
begin
    select q.* into item from partitioncache_queue q
    where q.queue = queue_ and q.id = (argument -> 'id')::bigint and q.claim = (argument -> 'claim')::bigint and q.status = 'running' and q.owner = caller and q.cluster = here;
    perform pc_require(caller, item.cache, 'push');
    mask := case when item.scanned is null then coalesce(item.kind, md5(pc_masked(item.query))) end;
    loop
        -- However many wait, no more than a few times as many are looked at. Those that fit best may be worked on by other sessions at this moment.
        alike := array(
            -- One may be there twice: see partitioncache_queue. Then it comes with others of its kind later on, which have its keys by then.
            select min(a.id) from (
            select w.id, w.hash
            from ((select q.* from partitioncache_queue q
                   where q.queue = queue_ and q.cache = item.cache and q.owner = caller and q.cluster = here and q.died_at is null and q.due_at <= clock_timestamp()
                     and q.priority = item.priority and q.id > item.id
                   order by q.priority desc, q.id limit 1000)
                  union all
                  (select q.* from partitioncache_queue q
                   where q.queue = queue_ and q.cache = item.cache and q.owner = caller and q.cluster = here and q.died_at is null and q.due_at <= clock_timestamp()
                     and queue_ = 'outgoing' and q.priority < item.priority
                   order by q.priority desc, q.id limit 1000)) w
            where w.hash <> item.hash and w.status = 'ready' and w.attempts = 0 and w.checked and not w.tracks and w.partition_key = item.partition_key and w.session is not distinct from item.session
              and case when item.scanned is not null then w.scanned = item.scanned
                       else w.scanned is null and coalesce(w.cost, 0) <= pc_cheap() and length(w.query) between length(item.query) - 200 and length(item.query) + 200
                                   and coalesce(w.kind, md5(pc_masked(w.query))) = mask end
            limit looked_at) a group by a.hash);
        -- At once, with a snapshot of this moment: an item that another session has claimed since would be locked in vain, and that session would wait.
        with chosen as materialized (
            select q.id from partitioncache_queue q
            where q.id = any (alike) and q.queue = queue_ and q.status = 'ready' and q.owner = caller and q.cluster = here
            order by q.priority desc, q.id limit most
            for update skip locked
        ), claimed as (
            update partitioncache_queue q
            set status = 'running', attempts = 1, claim = q.claim + 1, worker_pid = item.worker_pid, worker_id = item.worker_id, started_at = clock_timestamp(), due_at = item.due_at
            where q.queue = queue_ and q.id = any (array(select c.id from chosen c))
            returning q as claimed
        )
        select array_agg(c.claimed order by (c.claimed).priority desc, (c.claimed).id) into taken from claimed c;
        exit when taken is not null or cardinality(alike) < looked_at;
        looked_at := 5 * looked_at;
    end loop;
    return to_jsonb(coalesce(taken, '{}')::text);
end
$$;

comment on function pc_do_companions(oid, jsonb) is
'Claims for a caller up to so many items that are best worked on together with its claimed one: fragments that say something of the same one table; other fragments of little cost, and queries, that differ from it in their plain constants alone. {queue, id, claim, most}; the items, as the text of an array. Whoever claimed them works on them in the same transaction. Example: see pc_work_together';

create function pc_do_part(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    update partitioncache_queue q
    set scanned = case when argument ? 'pause' then q.scanned else '' end, due_at = greatest(q.due_at, clock_timestamp() + (argument ->> 'pause')::interval)
    where q.queue = argument ->> 'queue' and q.id = any (array(
        select o.id from partitioncache_queue i
        join partitioncache_queue o on o.queue = i.queue and o.cache = i.cache and o.partition_key = i.partition_key and o.owner = i.owner and o.cluster = i.cluster
        where i.queue = argument ->> 'queue' and i.id = (argument -> 'id')::bigint and i.owner = caller and i.cluster = pc_cluster()
          and (o.id = i.id or o.status = 'ready' and (o.scanned = i.scanned and not argument ? 'pause' or o.id = any ((argument ->> 'ids')::bigint[])))
        for update of o skip locked));
    return null;
end
$$;

comment on function pc_do_part(oid, jsonb) is
'Has a caller''s item, {queue, id}, worked on alone from now on, and with it the fragments that say something of the same table, and those numbered ids; or, with a pause, later, as they are. Example: see pc_work_together';

create function pc_work_together(item partitioncache_queue, most integer) returns integer
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration;
    items partitioncache_queue[];
    ids bigint[] := array[item.id];
    counts bigint[];
    reasons text[];
    stop_at timestamptz;
    place text;
    verdict integer := 0;
begin
    if item.attempts > 1 or most < 2 or item.queue not in ('incoming', 'outgoing')
        or item.scanned = '' or item.tracks or item.queue = 'outgoing' and item.session is not null
        or item.scanned is null and (item.cost > pc_cheap() or coalesce(item.kind, pc_masked(item.query)) is null) then
        return 0;
    end if;
    registration := pc_registration(item.cache, item.partition_key);
    -- Where a key stands in an expression, a constant may be part of it.
    if item.scanned is null and registration.placed > 0 then
        return 0;
    end if;
    begin
        items := (pc_call('companions', jsonb_build_object('queue', item.queue, 'id', item.id, 'claim', item.claim, 'most', least(most, pc_most_together()) - 1)) #>> '{}')::partitioncache_queue[];
        if items = '{}' then
            return 0;
        end if;
        items := item || items;
        ids := array(select i.id from unnest(items) i);
        if item.queue = 'incoming' then
            reasons := pc_work_queries(items);
        else
            -- One scan takes hardly longer for many of them than for one.
            stop_at := least(clock_timestamp() + least(1.5 * (select max(i.time_limit) from unnest(items) i), pc_time_limit(item.cache)), pc_statement_ends_at());
            execute format('select pc_evaluate_together($1, $2, null::%s, $3)', pc_native_type(registration.datatype)) into counts using registration, items, stop_at;
            if counts is null then
                raise exception using errcode = 'PC000', message = 'one by one costs less';
            end if;
        end if;
        if jsonb_array_length(pc_call('settle', (
               select jsonb_agg(jsonb_build_object('queue', i.queue, 'id', i.id, 'claim', i.claim, 'outcome', case when reasons[i.ordinality] is null then 'success' else 'skipped' end,
                                                   'key_count', counts[i.ordinality],
                                                   'error_msg', case when i.queue = 'incoming' then reasons[i.ordinality]
                                                                     when counts[i.ordinality] is null then pc_unselective_note(i.cache, i.partition_key, i.hash) end) order by i.ordinality)
               from unnest(items) with ordinality i))) < cardinality(items) then
            raise exception using errcode = 'PC000', message = 'a claim was lost';
        end if;
        return cardinality(items);
    exception
        when deadlock_detected or lock_not_available or serialization_failure then
            get stacked diagnostics place = pg_exception_context;
            verdict := case when pc_was_raised(place) then 0 else -2 end;
        -- Whatever is wrong with one of them, the others are not to suffer.
        when others or assert_failure then
            verdict := 0;
        when query_canceled then
            get stacked diagnostics place = pg_exception_context;
            -- One scan that takes too long does so for all.
            if not pc_was_raised(place) or pc_statement_is_over() or item.scanned is not null and clock_timestamp() >= stop_at then
                raise;
            end if;
            verdict := -1;
    end;
    perform pc_call('part', jsonb_strip_nulls(jsonb_build_object('queue', item.queue, 'id', item.id, 'ids', ids::text, 'pause', case verdict when -2 then '0.2 s' end)));
    return verdict;
end
$$;

comment on function pc_work_together(partitioncache_queue, integer) is
'Works on a claimed item together with others that wait, no more than so many: a fragment with those that say something of the same one table, in one scan of it; others, and queries, with those that differ in plain constants alone. How many items that finished; 0, and nothing has happened, if there are none, it would not pay or one of them raises an error: then they are worked on one by one; -1 if the error is query_canceled, and time was perhaps used up; -2 if another session was in the way: they are due a little later. Example: see pc_work';

create function pc_most_together() returns integer
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- Twice as many save hardly more for each, and more is done again if one of them fails.
    select 100
$$;

comment on function pc_most_together() is
'How many items are worked on together at most. Example: select pc_most_together()';

create function pc_cheap() returns double precision
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- Some two milliseconds: of a hundred, none is kept waiting long, nor much done again if one fails.
    select 1000::double precision
$$;

comment on function pc_cheap() is
'What the evaluation of a fragment may cost, in the planner''s units, to be done in one transaction with others. Example: select pc_cheap()';
