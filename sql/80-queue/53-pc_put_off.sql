create function pc_put_off(queue text, id bigint, outcome text) returns partitioncache_queue
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    item partitioncache_queue;
    other partitioncache_queue;
begin
    select q.* into item from partitioncache_queue q where q.queue = pc_put_off.queue and q.id = pc_put_off.id;
    -- What is to be evaluated whatever it costs, and what its cache's own limit stopped, is tried again.
    if outcome is distinct from 'timeout' or item.queue is distinct from 'outgoing' or item.cost is null or item.time_limit is null or item.session is not null
        or item.time_limit >= pc_time_limit(item.cache)
        or exists (select from partitioncache_learning l
                   where l.hash = item.hash and l.cache = item.cache and l.partition_key = item.partition_key and l.owner = 0 and l.state = 'forced') then
        return null;
    end if;
    for other in
        delete from partitioncache_queue q
        where q.id = any (array(
            select o.id from partitioncache_queue o
            where o.queue = item.queue and o.cache = item.cache and o.partition_key = item.partition_key and o.owner = item.owner and o.cluster = item.cluster
              and (o.id = item.id or o.scanned = nullif(item.scanned, '') and o.status = 'ready' and o.attempts = 0)
            for update skip locked))
        returning q.*
    loop
        insert into partitioncache_learning as l (cache, partition_key, hash, owner, owner_name, cluster, state, rank, query, keyed_tables, parts, cost, kept, proven, asked,
                                                  form, filed_under, filed_rank)
        select other.cache, other.partition_key, other.hash, other.owner, other.owner_name, other.cluster, 'deferred', 'whole', other.query, other.keyed_tables, other.parts,
               p.proven, 0.5, p.proven, 0, f.form, (filing.first).signature, (filing.first).rank
        from (select greatest(3 * other.cost, extract(epoch from other.time_limit) * 1000 / pc_pace(other.cache, other.owner)) as proven) p
        cross join lateral (select pc_fragment_form(other.query, pc_registration(other.cache, other.partition_key)) as form offset 0) f
        cross join lateral (select (array(select g from pc_filings(f.form) g))[1] as first) filing
        on conflict (hash, cache, partition_key, owner, cluster) do update
        set state = 'deferred', cost = excluded.cost, proven = excluded.proven, credit = 0, form = excluded.form, filed_under = excluded.filed_under,
            filed_rank = excluded.filed_rank, changed_at = clock_timestamp();
    end loop;
    return item;
end
$$;

comment on function pc_put_off(text, bigint, text) is
'Takes an outgoing item that was stopped at the time that its estimate gave it out of the queue, with those that the same scan was to find out, and defers them at what they were found to cost at least; the item, or null if it is none of these. Example: see pc_fail_item';
