create function pc_do_companions(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    here bigint := pc_cluster();
    item partitioncache_queue;
    taken partitioncache_queue[];
begin
    select q.* into item from partitioncache_queue q
    where q.queue = 'outgoing' and q.id = (argument -> 'id')::bigint and q.claim = (argument -> 'claim')::bigint and q.status = 'running' and q.owner = caller and q.cluster = here;
    perform pc_require(caller, item.cache, 'push');
    with chosen as materialized (
        select q.id from partitioncache_queue q
        where q.queue = 'outgoing' and q.cache = item.cache and q.partition_key = item.partition_key and q.scanned = item.scanned and q.owner = caller and q.cluster = here
          and q.status = 'ready' and q.attempts = 0 and q.died_at is null and q.due_at <= clock_timestamp() and q.checked and q.session is null and q.id <> item.id
        order by q.priority desc, q.id
        limit (argument -> 'most')::integer for update skip locked
    ), claimed as (
        update partitioncache_queue q
        set status = 'running', attempts = 1, claim = q.claim + 1, worker_pid = item.worker_pid, worker_id = item.worker_id, started_at = clock_timestamp(), due_at = item.due_at
        where q.queue = 'outgoing' and q.id = any (array(select c.id from chosen c))
        returning q as claimed
    )
    select array_agg(c.claimed order by (c.claimed).id) into taken from claimed c;
    return to_jsonb(coalesce(taken, '{}')::text);
end
$$;

comment on function pc_do_companions(oid, jsonb) is
'Claims for a caller up to so many items that say something of the table that its claimed item does: {id, claim, most}; the items, as the text of an array. Whoever claimed them works on them in the same transaction. Example: see pc_work_together';

create function pc_do_part(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    update partitioncache_queue q set scanned = null
    where q.queue = 'outgoing' and q.id = any (array(
        select o.id from partitioncache_queue i
        join partitioncache_queue o on o.queue = i.queue and o.cache = i.cache and o.partition_key = i.partition_key and o.scanned = i.scanned
                                       and o.owner = i.owner and o.cluster = i.cluster and (o.id = i.id or o.status = 'ready')
        where i.queue = 'outgoing' and i.id = (argument -> 'id')::bigint and i.owner = caller and i.cluster = pc_cluster()
        for update of o skip locked));
    return null;
end
$$;

comment on function pc_do_part(oid, jsonb) is
'Has a caller''s item, {id}, and those that say something of the same table, worked on one by one from now on. Example: see pc_work_together';

create function pc_work_together(item partitioncache_queue, most integer) returns integer
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration;
    items partitioncache_queue[];
    counts bigint[];
begin
    if item.scanned is null or item.attempts > 1 or item.session is not null or most < 2 then
        return 0;
    end if;
    begin
        items := (pc_call('companions', jsonb_build_object('id', item.id, 'claim', item.claim, 'most', least(most - 1, 30))) #>> '{}')::partitioncache_queue[];
        if items = '{}' then
            return 0;
        end if;
        items := item || items;
        registration := pc_registration(item.cache, item.partition_key);
        execute format('select pc_evaluate_together($1, $2, null::%s, $3)', pc_native_type(registration.datatype))
        -- One scan takes hardly longer for many of them than for one.
        into counts using registration, items, least(clock_timestamp() + least(1.5 * (select max(i.time_limit) from unnest(items) i), pc_time_limit(item.cache)), pc_statement_ends_at());
        if counts is null then
            raise exception using errcode = 'PC000', message = 'one by one costs less';
        end if;
        if jsonb_array_length(pc_call('settle', (
               select jsonb_agg(jsonb_build_object('queue', i.queue, 'id', i.id, 'claim', i.claim, 'outcome', 'success', 'key_count', counts[n.n],
                                                   'error_msg', case when counts[n.n] is null then pc_unselective_note(i.cache, i.partition_key, i.hash) end) order by n.n)
               from generate_subscripts(items, 1) n(n), lateral (select (items[n.n]).*) i))) < cardinality(items) then
            raise exception using errcode = 'PC000', message = 'a claim was lost';
        end if;
        return cardinality(items);
    exception
        -- Whatever is wrong with one of them, the others are not to suffer.
        when others or assert_failure then
            null;
    end;
    perform pc_call('part', jsonb_build_object('id', item.id));
    return 0;
end
$$;

comment on function pc_work_together(partitioncache_queue, integer) is
'Evaluates a claimed item together with others that wait and say something of the same table, in one scan of it, no more than so many; how many items that finished. 0, and nothing has happened, if there are none, it would not pay or one of them raises an error: then they are worked on one by one. Example: see pc_work';
