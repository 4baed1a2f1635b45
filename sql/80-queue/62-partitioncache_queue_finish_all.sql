create function partitioncache_queue_finish_all(queue text, ids bigint[], claims bigint[]) returns setof bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('ids', ids::text, 'claims', claims::text);
    return query
        select e::bigint
        from jsonb_array_elements(pc_call('settle', (
            select coalesce(jsonb_agg(jsonb_build_object('queue', partitioncache_queue_finish_all.queue, 'id', c.id, 'claim', c.claim, 'outcome', 'success')), '[]')
            from unnest(ids, claims) c(id, claim)))) e;
end
$$;

comment on function partitioncache_queue_finish_all(text, bigint[], bigint[]) is
'For monitors and other clients: says that these claims are done, as partitioncache_queue_finish does of one; returns the numbers of the items whose claim was still held. Example: select partitioncache_queue_finish_all(''outgoing'', ''{7,8}'', ''{1,1}'')';
