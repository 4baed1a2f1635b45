create function partitioncache_clear_queue(
    cache text default 'partitioncache', queue text default null, out incoming bigint, out outgoing bigint
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    if queue is not null then
        perform pc_check_queue(queue);
    end if;
    with removed as (
        delete from partitioncache_queue q
        where (q.queue, q.id) in (
            select l.queue, l.id from partitioncache_queue l
            where l.cache = partitioncache_clear_queue.cache and l.queue = coalesce(partitioncache_clear_queue.queue, l.queue)
            for update skip locked)
        returning q.queue
    )
    select count(*) filter (where r.queue = 'incoming'), count(*) filter (where r.queue = 'outgoing')
    into incoming, outgoing from removed r;
end
$$;

comment on function partitioncache_clear_queue(text, text) is
'Removes the items of a cache from both queues, or from the one that is named (incoming or outgoing), whatever their status; returns how many. The result of an item that is being worked on is thrown away; one that a call of partitioncache_process_queue holds at this moment is left to it. You remove your own; superusers remove all. Example: select * from partitioncache_clear_queue()';
