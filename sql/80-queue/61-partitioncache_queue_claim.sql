create function partitioncache_queue_claim(
    queue text, amount integer default 1, lease interval default '1 min', worker text default null, cache text default 'partitioncache'
) returns table (
    id bigint, claim bigint, attempt integer, query text, partition_key text, datatype text, hash text,
    parts text[], keyed_tables text[], priority integer, session jsonb
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    claimed jsonb;
    items partitioncache_queue[];
begin
    perform pc_check_queue(queue);
    if amount is null or lease is null or cache is null then
        perform pc_not_null('amount', amount::text, 'lease', lease::text, 'cache', cache);
    end if;
    -- As pc_claim; each function on the way costs.
    claimed := pc_call('claim', jsonb_build_object('queues', array[queue]::text, 'cache', cache, 'amount', amount, 'lease', lease, 'worker_id', worker,
                                                   'only_checked', false, 'one_transaction', false));
    if claimed = '"{}"' then
        return;
    end if;
    items := (claimed #>> '{}')::partitioncache_queue[];
    return query
        select c.id, c.claim, c.attempts, c.query, c.partition_key, coalesce(c.datatype, r.datatype), c.hash, c.parts, c.keyed_tables, c.priority, c.session
        from unnest(items) with ordinality c
        left join partitioncache_registration r on r.cache = partitioncache_queue_claim.cache and r.partition_key = c.partition_key
        order by c.ordinality;
end
$$;

comment on function partitioncache_queue_claim(text, integer, interval, text, text) is
'For monitors and other clients: borrows up to amount items of a queue for the time of a lease, most urgent first, and never waits. claim names this very claim: partitioncache_queue_finish and _extend want it back. worker is a name for people who look at the queue. Example: select * from partitioncache_queue_claim(''outgoing'', 10, ''5 min'')';
