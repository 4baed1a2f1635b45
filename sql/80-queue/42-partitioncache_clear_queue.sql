create function partitioncache_clear_queue(
    cache text default 'partitioncache', queue text default null, out incoming bigint, out outgoing bigint
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    removed jsonb;
begin
    perform pc_not_null('cache', cache);
    if queue is not null then
        perform pc_check_queue(queue);
    end if;
    removed := pc_call('clear_queue', jsonb_build_object('cache', cache, 'queue', queue));
    incoming := (removed -> 'incoming')::bigint;
    outgoing := (removed -> 'outgoing')::bigint;
end
$$;

comment on function partitioncache_clear_queue(text, text) is
'Removes the items of a cache from both queues, or from the one that is named (incoming or outgoing), whatever their status; returns how many. The result of an item that is being worked on is thrown away; one that a call of partitioncache_process_queue holds at this moment is left to it. You remove your own; administrators of the cache remove all. Example: select * from partitioncache_clear_queue()';

create function pc_do_clear_queue(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    all_roles boolean := pc_has_level(caller, argument ->> 'cache', 'administer');
    incoming bigint;
    outgoing bigint;
begin
    with removed as (
        delete from partitioncache_queue q
        where (q.queue, q.id) in (
            select l.queue, l.id from partitioncache_queue l
            where l.cache = argument ->> 'cache' and l.queue = coalesce(argument ->> 'queue', l.queue)
              and (all_roles or l.owner = caller and l.cluster = pc_cluster())
            for update skip locked)
        returning q.queue
    )
    select count(*) filter (where r.queue = 'incoming'), count(*) filter (where r.queue = 'outgoing')
    into incoming, outgoing from removed r;
    return jsonb_build_object('incoming', incoming, 'outgoing', outgoing);
end
$$;

comment on function pc_do_clear_queue(oid, jsonb) is
'partitioncache_clear_queue for a caller: {cache, queue or null} gives {incoming, outgoing}. Example: see pc_call';
