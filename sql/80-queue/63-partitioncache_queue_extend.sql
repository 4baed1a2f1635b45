create function partitioncache_queue_extend(queue text, ids bigint[], claims bigint[], lease interval default '1 min') returns setof bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('ids', ids::text, 'claims', claims::text, 'lease', lease::text);
    return query
        update partitioncache_queue q set due_at = clock_timestamp() + lease
        from unnest(ids, claims) h(id, claim)
        where q.queue = partitioncache_queue_extend.queue and q.id = h.id and q.claim = h.claim and q.status = 'running'
        returning q.id;
end
$$;

comment on function partitioncache_queue_extend(text, bigint[], bigint[], interval) is
'For monitors and other clients: prolongs the leases of these claims to this long from now; returns the numbers of the items that are still held. Example: select partitioncache_queue_extend(''outgoing'', ''{7}'', ''{1}'', ''5 min'')';
