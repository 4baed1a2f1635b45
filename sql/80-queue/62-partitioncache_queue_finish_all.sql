create function partitioncache_queue_finish_all(queue text, ids bigint[], claims bigint[], key_counts bigint[] default null) returns setof bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('ids', ids::text, 'claims', claims::text);
    return query
        select e::bigint
        from jsonb_array_elements(pc_call('settle', (
            select coalesce(jsonb_agg(jsonb_build_object('queue', partitioncache_queue_finish_all.queue, 'id', c.id, 'claim', c.claim, 'outcome', 'success', 'key_count', c.key_count)), '[]')
            from unnest(ids, claims, key_counts) c(id, claim, key_count) where c.id is not null))) e;
end
$$;

comment on function partitioncache_queue_finish_all(text, bigint[], bigint[], bigint[]) is
'For monitors and other clients: says that these claims are done, as partitioncache_queue_finish does of one; returns the numbers of the items whose claim was still held. key_counts: for each how many keys it has, null if it has none. Example: select partitioncache_queue_finish_all(''outgoing'', ''{7,8}'', ''{1,1}'')';
