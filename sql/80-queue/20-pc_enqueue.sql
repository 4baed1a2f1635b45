create function pc_enqueue(queue text, cache text, items jsonb, checked boolean, again boolean default true, out ids bigint[], out added bigint)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- Planning for the values of each call takes longer than the work. A plan is kept as long as the session, and the table fills and empties
-- all the time: so no choice is left but one probe of the index for each item.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
    pushed pc_queue_item[] := pc_queue_items(items);
begin
    loop
        -- Looking first, because an insert waits for whoever is just changing the row that it meets. And in the order of the key,
        -- so that two sessions that push the same items never wait for each other in a circle.
        insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, keyed_tables, parts, datatype, checked, priority)
        select pc_enqueue.queue, i.id, pc_enqueue.cache, i.partition_key, i.hash, i.query, i.session, i.keyed_tables, i.parts,
               i.datatype, pc_enqueue.checked, i.priority
        from unnest(pushed) i
        where (select q.id from partitioncache_queue q
               where q.queue = pc_enqueue.queue and q.cache = pc_enqueue.cache and q.partition_key = i.partition_key
                 and q.hash = i.hash and q.owner = current_user limit 1) is null
        order by i.partition_key, i.hash, i.id
        on conflict do nothing;

        select array_agg(q.id order by i.id), count(*) filter (where q.id = i.id) into ids, added
        from unnest(pushed) i
        cross join lateral (select k.id from partitioncache_queue k
                            where k.queue = pc_enqueue.queue and k.cache = pc_enqueue.cache and k.partition_key = i.partition_key
                              and k.hash = i.hash and k.owner = current_user limit 1) q;
        -- An item that was there when it was looked for and finished just after is pushed once more.
        exit when not again or coalesce(cardinality(ids), 0) = cardinality(pushed);
    end loop;
    if again and added < cardinality(pushed) then
        perform pc_push_again(queue, cache, pushed);
    end if;
    if added > 0 then
        perform pc_notify(cache);
    end if;
end
$$;

comment on function pc_enqueue(text, text, jsonb, boolean, boolean) is
'Puts items (see pc_queue_items) into a queue; ids in their order and the number that was not there before. again: what is there already gains priority, and comes back to life if it is dead. Example: select * from pc_enqueue(''incoming'', ''partitioncache'', ''[{"partition_key": "city_id", "query": "select 1"}]'', true)';
