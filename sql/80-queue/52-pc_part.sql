create function pc_part(item partitioncache_queue) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    parted bigint;
begin
    if item.scanned = '' or item.queue = 'racing' or item.attempts > 1 then
        return 0;
    end if;
    update partitioncache_queue q set scanned = ''
    where q.queue = item.queue and q.id = any (array(
        select o.id from partitioncache_queue o
        where o.queue = item.queue and o.cache = item.cache and o.partition_key = item.partition_key and o.owner = item.owner and o.cluster = item.cluster
          and (o.id = item.id or o.status = 'ready' and o.scanned is not distinct from item.scanned)
        order by o.id <> item.id, o.priority desc, o.id limit pc_most_together()
        for update skip locked));
    get diagnostics parted = row_count;
    return greatest(parted - 1, 0);
end
$$;

comment on function pc_part(partitioncache_queue) is
'Has an item whose session died, and those that it was perhaps worked on with, worked on alone: any of them may be to blame, and none is to be blamed for another; how many others. Example: select pc_part(q) from partitioncache_queue q where q.id = 7';
