create function partitioncache_requeue(cache text default 'partitioncache', ids bigint[] default null, queue text default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    revived bigint;
begin
    perform pc_not_null('cache', cache);
    update partitioncache_queue q
    set status = 'ready', attempts = 0, died_at = null, due_at = clock_timestamp()
    where q.cache = partitioncache_requeue.cache and q.died_at is not null
      and (partitioncache_requeue.ids is null or q.id = any (partitioncache_requeue.ids))
      and (partitioncache_requeue.queue is null or q.queue = partitioncache_requeue.queue);
    get diagnostics revived = row_count;
    if revived > 0 then
        perform pc_notify(cache);
    end if;
    return revived;
end
$$;

comment on function partitioncache_requeue(text, bigint[], text) is
'Puts dead items back into their queue, all of them or those with these numbers, with their attempts counted anew; returns how many. Example: select partitioncache_requeue()';
