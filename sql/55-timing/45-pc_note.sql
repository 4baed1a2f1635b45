create function pc_note(caller oid, argument jsonb) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    most_a_day constant bigint := 1000;
    most_waiting constant bigint := 5;
    cache_ constant text := argument ->> 'cache';
    template_ constant text := argument ->> 'template';
    query_ constant text := argument ->> 'noted';
    session_ constant jsonb := argument -> 'session';
    digest_ constant text := pc_sha256(session_::text || query_);
    settings partitioncache_settings := pc_settings(cache_);
    timed bigint;
    taken double precision;
    today record;
    item bigint;
begin
    select sum(t.timed), sum(greatest(t.runs, t.timed) * t.ms) into timed, taken
    from partitioncache_timing t
    where t.template = template_ and t.owner = caller and t.cluster = pc_cluster() and t.candidate in ('original', 'unfinished');
    if (timed > 1 and taken >= settings.learn_after_ms and settings.learn_seconds > 0) is not true
        or length(query_) > 50000 or not pc_has_level(caller, cache_, 'push') then
        return;
    end if;
    -- Each query once a day, others of its kind each time that these have taken twice as long.
    select count(*) as notes, max(n.taken_ms) filter (where n.template = template_) as taken, coalesce(bool_or(n.digest = digest_), false) as known,
           count(*) filter (where exists (select from partitioncache_queue q where q.id = n.item)) as waiting
    into today
    from partitioncache_noted n
    where n.cache = cache_ and n.owner = caller and n.cluster = pc_cluster() and n.noted_at > clock_timestamp() - interval '1 day';
    if today.known or taken < 2 * today.taken or today.notes >= most_a_day or today.waiting >= most_waiting
        or settings.learn_seconds * 1000 <= (select sum(l.execution_time_ms) from partitioncache_processor_log l
                                             where l.cache = cache_ and l.owner = caller and l.created_at > clock_timestamp() - interval '1 day') then
        return;
    end if;
    item := nextval('partitioncache_queue_id');
    -- Under a hash of its own, so that this transaction waits for nobody's, and nobody for this one.
    insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, checked, tracks, priority, owner, owner_name)
    values ('incoming', item, cache_, argument ->> 'partition_key', pc_sha256(digest_ || item), query_, session_, true, true, 0, caller, pg_get_userbyid(caller));
    insert into partitioncache_noted (owner, cache, template, digest, taken_ms, item) values (caller, cache_, template_, digest_, taken, item);
end
$$;

comment on function pc_note(oid, jsonb) is
'Puts a query that a caller has asked into the incoming queue, if such queries were timed more than once and have taken learn_after_ms in all: {cache, partition_key, template, noted: its text, session}. Each at most once a day, one of a kind again when these have taken twice as long as before, no more than five that wait, and none when the processor has worked for the role for learn_seconds in a day. Nobody is told, and nothing is locked: the next look of the processor finds it. Example: see pc_do_time';

create function pc_forget_notes(cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    removed bigint;
begin
    delete from partitioncache_noted n
    where n.ctid = any (array(select o.ctid from partitioncache_noted o
                              where o.cache = pc_forget_notes.cache and (roles is null or o.owner = any (roles)) and o.noted_at < clock_timestamp() - interval '1 day'
                              for update skip locked));
    get diagnostics removed = row_count;
    return removed;
end
$$;

comment on function pc_forget_notes(text, oid[]) is
'Forgets which queries were put into the queue by themselves more than a day ago; how many. Example: select pc_forget_notes(''partitioncache'')';
