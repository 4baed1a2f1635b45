create function pc_count_fatal_attempts(owner oid) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    died record;
    counted bigint := 0;
begin
    -- While the call is at work, its item is locked; afterwards it has the claim or is gone, unless the call was undone.
    for died in
        select q as item, (m.marker - q.claim) % 65536 as claims
        from pc_marks() m(marker)
        join partitioncache_queue q on q.id = m.marker / 65536 and (m.marker - q.claim + 65536) % 65536 between 1 and 1000
        where q.owner = pc_count_fatal_attempts.owner and q.died_at is null and q.due_at <= clock_timestamp()
        for update of q skip locked
    loop
        update partitioncache_queue q set attempts = q.attempts + 1, claim = q.claim + died.claims, status = 'running', started_at = clock_timestamp()
        where q.queue = (died.item).queue and q.id = (died.item).id;
        perform pc_part(died.item);
        perform pc_fail_item((died.item).queue, (died.item).id, 'failed', 'the session ended while partitioncache_process_queue was at work on this item, or on a fragment of it');
        counted := counted + 1;
    end loop;
    return counted;
end
$$;

comment on function pc_count_fatal_attempts(oid) is
'Counts an attempt for each item of a role that a call in one transaction was at work on when its session ended; how many. Example: select pc_count_fatal_attempts(pc_me())';
