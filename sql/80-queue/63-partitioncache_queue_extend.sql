create function partitioncache_queue_extend(queue text, ids bigint[], claims bigint[], lease interval default '1 min') returns setof bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('ids', ids::text, 'claims', claims::text, 'lease', lease::text);
    return query
        select e::bigint from jsonb_array_elements(pc_call('extend', jsonb_build_object('queue', queue, 'ids', ids, 'claims', claims, 'lease', lease))) e;
end
$$;

comment on function partitioncache_queue_extend(text, bigint[], bigint[], interval) is
'For monitors and other clients: prolongs the leases of these claims to this long from now; returns the numbers of the items that are still held. Example: select partitioncache_queue_extend(''outgoing'', ''{7}'', ''{1}'', ''5 min'')';

create function pc_do_extend(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    held jsonb;
begin
    with extended as (
        update partitioncache_queue q set due_at = clock_timestamp() + (argument ->> 'lease')::interval
        -- In the order of their numbers, as whoever settles them.
        where q.id = any (array(
            select o.id
            from rows from (jsonb_array_elements(argument -> 'ids'), jsonb_array_elements(argument -> 'claims')) h(id, claim)
            join partitioncache_queue o on o.queue = argument ->> 'queue' and o.id = h.id::bigint and o.claim = h.claim::bigint
            where o.status = 'running' and o.owner = caller and o.cluster = pc_cluster()
            order by o.id for update of o))
        returning q.id
    )
    select coalesce(jsonb_agg(e.id), '[]') into held from extended e;
    return held;
end
$$;

comment on function pc_do_extend(oid, jsonb) is
'partitioncache_queue_extend for a caller: {queue, ids, claims, lease}. Example: see pc_call';
