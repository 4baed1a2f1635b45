-- For others to include: pushes :q and evaluates what it is made of.
select partitioncache_push(:'q', 'city_id') > 0 as pushed;
select partitioncache_process_queue(max_seconds => 60) >= 0 as filled;
