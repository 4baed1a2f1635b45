-- While a transaction elsewhere is open, what was finished stays in the index, and whoever begins at its start walks over all of it. So a session
-- that found the way long begins, for a moment, where it was last.
create function pc_claim_place(owner oid, queue text, cache text, out known boolean, out priority integer, out id bigint)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    -- Whoever writes another place here has its own items found late.
    said text[] := regexp_match(current_setting('partitioncache.claimed_' || queue, true), '^([0-9a-f]{32}) (-?[0-9]{1,9}) ([0-9]{1,18})? ([0-9]{1,10})$');
    left_ double precision := said[4]::double precision - extract(epoch from clock_timestamp());
begin
    known := coalesce(said[1] = md5(concat_ws(E'\x1f', owner, cache)) and left_ between 0 and 11, false);
    if known then
        priority := said[2]::integer;
        id := said[3]::bigint;
    end if;
end
$$;

comment on function pc_claim_place(oid, text, text) is
'Where in a queue this session, for a role, begins to look for what is due: at this item, unless one of a higher priority is due; id null: it found none. known: false where it has not noted a place, or some time ago. Example: select * from pc_claim_place(pc_me(), ''incoming'', ''partitioncache'')';

create function pc_note_claim_place(owner oid, queue text, cache text, priority integer, id bigint, took interval) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- A hundredth of the time is spent on looking from the start; what became due again before the place waits that long.
    seconds double precision := least(extract(epoch from took) * 100, case when id is null then 1 else 10 end);
begin
    if seconds >= (case when id is null then 1 else 0.2 end) and (abs(priority::bigint) < 1000000000) is not false then
        perform set_config('partitioncache.claimed_' || queue,
            format('%s %s %s %s', md5(concat_ws(E'\x1f', owner, cache)), coalesce(priority, 0), id, ceil(extract(epoch from clock_timestamp()) + seconds)), false);
    end if;
end
$$;

comment on function pc_note_claim_place(oid, text, text, integer, bigint, interval) is
'Notes where in a queue the first item was due, if it took long to find it; id null: there was none. See pc_claim_place. Example: select pc_note_claim_place(pc_me(), ''incoming'', ''partitioncache'', 1, 7, interval ''20 ms'')';

create function pc_forget_claim_place(queue text, behind boolean) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    said text := current_setting('partitioncache.claimed_' || queue, true);
begin
    if said <> '' and (not behind or said like '%  %') then
        perform set_config('partitioncache.claimed_' || queue, '', false);
    end if;
end
$$;

comment on function pc_forget_claim_place(text, boolean) is
'Has this session look from the start of a queue again, because something is due there that was not; behind: it is new, and so behind every place, and found anyway unless it was noted that there is nothing. See pc_claim_place. Example: select pc_forget_claim_place(''incoming'', false)';

create function pc_first_due(owner oid, queue text, cache text, only_checked boolean, out priority integer, out id bigint)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- As in pc_do_claim.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    here bigint := pc_cluster();
    begun timestamptz := clock_timestamp();
    known boolean;
begin
    select p.known, p.priority, p.id into known, priority, id from pc_claim_place(owner, queue, cache) p;
    if not known then
        select q.priority, q.id into priority, id
        from partitioncache_queue q
        where q.queue = pc_first_due.queue and q.cache = pc_first_due.cache and q.owner = pc_first_due.owner and q.cluster = here
          and q.died_at is null and q.due_at <= clock_timestamp() and (q.checked or not only_checked)
        order by q.priority desc, q.id limit 1;
        perform pc_note_claim_place(owner, queue, cache, priority, id, clock_timestamp() - begun);
    end if;
end
$$;

comment on function pc_first_due(oid, text, text, boolean) is
'The most urgent item of a role in a queue that is due, or perhaps was a moment ago (see pc_claim_place); nulls if there is none. Example: select * from pc_first_due(pc_me(), ''incoming'', ''partitioncache'', true)';
