create function partitioncache_dead_items(cache text default 'partitioncache', queue text default null)
returns table (
    queue text, id bigint, partition_key text, hash text, query text, datatype text, keyed_tables text[], parts text[],
    priority integer, attempts integer, error_msg text, died_at timestamptz, owner name
)
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select q.queue, q.id, q.partition_key, q.hash, q.query, q.datatype, q.keyed_tables, q.parts, q.priority, q.attempts, q.error_msg, q.died_at, q.owner
    from pc_own_queue q
    where q.cache = $1 and q.queue = coalesce($2, q.queue) and q.died_at is not null
    order by q.died_at desc, q.id
$$;

comment on function partitioncache_dead_items(text, text) is
'The items of a cache (of both queues, or of the one that is named) whose attempts are used up, latest first, with what the last attempt ended with. You see your own; who may monitor or administer the cache sees all, without the texts of others. Example: select id, query, error_msg from partitioncache_dead_items()';
