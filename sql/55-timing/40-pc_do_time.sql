create function pc_do_time(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    cache_ text := argument ->> 'cache';
    template_ text := argument ->> 'template';
    given record;
    timing partitioncache_timing;
    original double precision[] := pc_latest_times(caller, template_, 'original');
    restricted double precision[] := pc_latest_times(caller, template_, 'restricted');
    was_slower boolean := pc_slower(original, restricted);
    lost_ms double precision := pc_plausible((argument ->> 'lost_ms')::double precision, 86400000);
    settled_ms double precision;
    settled_runs double precision;
begin
    perform pc_require(caller, cache_, 'read');
    if template_ is null or not exists (select from partitioncache_registration r where r.cache = cache_ and r.partition_key = argument ->> 'partition_key') then
        return null;
    end if;
    for given in
        select c.candidate, array(select pc_plausible(t::double precision, 86400000) from jsonb_array_elements_text(c.times) t where t is not null limit 1000) as times,
               pc_plausible((argument -> 'runs' ->> c.candidate)::double precision, 1000000) as runs
        from jsonb_each(argument -> 'times') c(candidate, times)
        where c.candidate in ('original', 'restricted', 'unfinished')
        order by c.candidate <> 'original'
    loop
        continue when given.times = '{}';
        timing := pc_take_timing(caller, argument, given.candidate);
        continue when timing.owner is null;
        settled_ms := - lost_ms;
        settled_runs := 0;
        lost_ms := 0;
        timing.latest := (given.times || timing.latest)[1:9];
        timing.ms := pc_median(timing.latest);
        timing.timed := timing.timed + cardinality(given.times);
        timing.runs := timing.runs + given.runs;
        if given.candidate = 'original' then
            original := timing.latest;
        elsif given.candidate = 'restricted' then
            restricted := timing.latest;
            timing.hashes := coalesce((select (d.outcome).hashes from partitioncache_decision d
                                       where d.template = template_ and d.owner = caller and (d.outcome).applied order by d.made_at desc limit 1), timing.hashes);
            timing.open_runs := timing.open_runs + given.runs;
            timing.open_ms := timing.open_ms + given.runs * (select avg(t) from unnest(given.times) t);
            if original <> '{}' then
                settled_runs := timing.open_runs;
                settled_ms := settled_ms + timing.open_runs * pc_median(original) - timing.open_ms;
                timing.open_runs := 0;
                timing.open_ms := 0;
            end if;
        end if;
        timing.saved_ms := timing.saved_ms + settled_ms;
        timing.measured_at := clock_timestamp();
        insert into partitioncache_timing select timing.*;
        if settled_ms <> 0 then
            perform pc_log_gain(caller, cache_, settled_runs, settled_ms);
        end if;
    end loop;
    if pc_slower(original, restricted) <> was_slower then
        perform pc_forget_decided(caller, template_);
    end if;
    if argument ? 'noted' then
        perform pc_note(caller, argument);
    end if;
    return null;
end
$$;

comment on function pc_do_time(oid, jsonb) is
'Keeps times of a caller''s queries: {cache, partition_key, template, query (its text without constants), times: {candidate: [milliseconds]}, runs: {candidate: how many runs of an application these stand for, 0 by default}, lost_ms: what was spent in vain, noted, session: a query that may be worth learning (see pc_note)}. Candidates are original, restricted, and unfinished: a query as it is that was not read to its end, and takes longer. What was decided for such queries is forgotten when they turn out to be slower restricted, or no longer. Raises PC007 below the level read. Example: see partitioncache_record_times';

create function pc_latest_times(caller oid, template text, candidate text) returns double precision[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return coalesce((select t.latest from partitioncache_timing t
                     where t.template = pc_latest_times.template and t.owner = caller and t.candidate = pc_latest_times.candidate and t.cluster = pc_cluster()
                     order by t.measured_at desc limit 1), '{}');
end
$$;

comment on function pc_latest_times(oid, text, text) is
'The latest times of a role''s queries of a template, run as that candidate. Example: see pc_do_time';

create function pc_take_timing(caller oid, argument jsonb, candidate text) returns partitioncache_timing
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    taken partitioncache_timing;
    copy partitioncache_timing;
begin
    -- What another transaction is counting at this moment is not waited for: then there are two rows, which are one the next time.
    for copy in
        with old as (
            delete from partitioncache_timing d
            where d.ctid = any (array(select o.ctid from partitioncache_timing o
                                      where o.template = argument ->> 'template' and o.owner = caller and o.candidate = pc_take_timing.candidate and o.cluster = pc_cluster()
                                      for update skip locked))
            returning d.*
        )
        select o.* from old o order by o.measured_at
    loop
        copy.timed := copy.timed + coalesce(taken.timed, 0);
        copy.runs := copy.runs + coalesce(taken.runs, 0);
        copy.saved_ms := copy.saved_ms + coalesce(taken.saved_ms, 0);
        copy.open_runs := copy.open_runs + coalesce(taken.open_runs, 0);
        copy.open_ms := copy.open_ms + coalesce(taken.open_ms, 0);
        taken := copy;
    end loop;
    if taken.owner is null
        and (select count(*) from (select from partitioncache_timing t where t.owner = caller limit 4000) c) < 4000 then
        select caller, pc_cluster(), argument ->> 'cache', argument ->> 'partition_key', argument ->> 'template', pc_take_timing.candidate,
               left(coalesce(argument ->> 'query', ''), 2000), '{}'::text[], '{}'::double precision[], null::double precision, 0::bigint, 0::double precision, 0::double precision, 0::double precision,
               0::double precision, null::timestamptz
        into taken;
    end if;
    return taken;
end
$$;

comment on function pc_take_timing(oid, jsonb, text) is
'Takes the row of a candidate out of partitioncache_timing, to be put back with something added; a new one if there is none, null if the role has 4,000 already. Example: see pc_do_time';

create function pc_log_gain(caller oid, cache text, runs double precision, saved_ms double precision) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    this_hour constant timestamptz := date_trunc('hour', clock_timestamp());
begin
    update partitioncache_gain_log l set runs = l.runs + pc_log_gain.runs, saved_ms = l.saved_ms + pc_log_gain.saved_ms
    where l.ctid = (select o.ctid from partitioncache_gain_log o
                    where o.cache = pc_log_gain.cache and o.owner = caller and o.hour = this_hour and o.cluster = pc_cluster()
                    limit 1 for update skip locked);
    if not found then
        insert into partitioncache_gain_log (owner, cache, hour, runs, saved_ms) values (caller, pc_log_gain.cache, this_hour, pc_log_gain.runs, pc_log_gain.saved_ms);
    end if;
end
$$;

comment on function pc_log_gain(oid, text, double precision, double precision) is
'Adds to what a role''s queries have saved in this hour. Example: see pc_do_time';

create function pc_plausible(given double precision, most double precision) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- What a role says is shown to those who watch, summed up: one NaN would be all that they see.
    return least(greatest(coalesce(given, 0), 0), most);
end
$$;

comment on function pc_plausible(double precision, double precision) is
'A number between 0 and the most that it can be; NaN is the most. Example: select pc_plausible(''NaN'', 5)';
