create type pc_key_worth as (
    query integer,
    taken pc_taken_apart,
    wholes text[],
    remaining bigint[],
    kept double precision,
    gain double precision,
    measured boolean,
    share double precision
);

comment on type pc_key_worth is
'What a partition key would do for a query. wholes: by family, the fragment that says most of it; remaining: how many partitions it leaves, as the planner expects or as was found; kept: the least share of partitions that remains of a family; gain: which part of the time of the query is saved; measured: whether the query was run, with and without, to find that out; share: which part of the rows of its tables the partition key stands in, half of it where it joins no two of them.';

create function pc_imagined_restriction(family pc_family, registration partitioncache_registration, forms text[], keys anyarray, partitions bigint) returns pc_restricted
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    restricted pc_restricted;
    form text;
begin
    restricted.keys := cardinality(keys);
    restricted.partitions := partitions;
    foreach form in array forms loop
        -- Tables are tracked, so no set of rows is joined.
        restricted.restrictions := restricted.restrictions || case when form <> 'joined' then pc_restriction(family, 'literal', keys, false, registration, form => form) end;
        restricted.methods := restricted.methods || case when form <> 'joined' then 'literal' end;
    end loop;
    return restricted;
end
$$;

comment on function pc_imagined_restriction(pc_family, partitioncache_registration, text[], anyarray, bigint) is
'How a family would be restricted if these partitions remained, in each of these forms, as pc_restrict_family gives it of what is cached. Example: see pc_judged_worth';

create function pc_imagined_candidates(worth pc_key_worth, candidate pc_key_candidate, original jsonb, keys text[], most integer, session_path text) returns pc_known
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    registration partitioncache_registration := pc_imagined_registration(pc_imagined_key(candidate.datatype, candidate.relids, candidate.columns));
    analysis partitioncache_analysis;
    forms text[] := pc_forms((worth.taken).families, least(1 + ((original ->> 'Total Cost')::double precision / 1000)::bigint, most)::integer);
    restricted pc_restricted[];
    one pc_restricted;
    found text;
    known pc_known;
begin
    analysis.canonical := (worth.taken).canonical;
    analysis.families := (worth.taken).families;
    for family in 1 .. cardinality(analysis.families) loop
        one := null;
        -- What partitioncache_apply would not write into a query, see pc_restrict_family.
        if worth.remaining[family] < least(0.75 * candidate.partitions, 20000) then
            found := keys[family];
            if found is null then
                -- To the planner one key is as good as another.
                execute format('select coalesce(array_agg(k.k), ''{}'')::text from (select distinct s.k from (select r.%s from %s r limit %s) s(k) where s.k is not null limit %s) k',
                               candidate.columns[cardinality(candidate.columns)], candidate.relids[cardinality(candidate.relids)]::regclass, 2 * worth.remaining[family], worth.remaining[family]) into found;
            end if;
            execute format('select * from pc_imagined_restriction($1, $2, $3, $4::%s[], $5)', pc_native_type(candidate.datatype))
            into one using analysis.families[family], registration, forms, found, candidate.partitions;
        end if;
        restricted := restricted || one;
    end loop;
    known.outcome.keys := (select min(r.keys) from unnest(restricted) r);
    known.outcome.partitions := candidate.partitions;
    known.outcome.applied := (known.outcome).keys is not null;
    if (known.outcome).applied then
        known.candidates := pc_candidates(analysis, restricted, forms, original, known.outcome, session_path);
    end if;
    return known;
end
$$;

comment on function pc_imagined_candidates(pc_key_worth, pc_key_candidate, jsonb, text[], integer, text) is
'The texts that partitioncache_apply would choose from if so many partitions remained. keys: of each family those that remain, as the text of an array; null: so many as remaining says; original: the plan of the query as it is; most: how many forms. Example: see partitioncache_advise';

create function pc_expected_worth(query text, number integer, candidate pc_key_candidate, original jsonb, session jsonb) returns pc_key_worth
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    worth pc_key_worth;
    whole text;
    expected double precision;
    -- One partition is asked for already.
    asked_for constant text := format('[(]t_*\d+[.](%s) = (?!t_*\d+[.])', (select string_agg(regexp_replace(c, '(\W)', '\\\1', 'g'), '|') from unnest(candidate.columns) c));
begin
    worth.taken := pc_take_apart_as(query, pc_imagined_registration(pc_imagined_key(candidate.datatype, candidate.relids, candidate.columns)), session, false, 16, false);
    if (worth.taken).reason is not null then
        return null;
    end if;
    worth.query := number;
    worth.measured := false;
    worth.share := (select coalesce(sum(greatest(c.reltuples, 0)) filter (where k.carries) / nullif(sum(greatest(c.reltuples, 0)), 0) * case when count(*) filter (where k.carries) > 1 then 1 else 0.5 end, 0)
                    from pg_class c, lateral (select c.oid = any (candidate.relids) as carries) k where c.oid = any ((worth.taken).named));
    for place in 1 .. cardinality((worth.taken).families) loop
        select f.fragment into whole
        from unnest((worth.taken).fragments) f where f.family = place
        order by cardinality(f.conjuncts) desc, cardinality(f.tables) desc, f.hash limit 1;
        whole := case when whole !~ asked_for then whole end;
        expected := case when whole is not null then (pc_plan(whole, '', quickly => true) ->> 'Plan Rows')::double precision end;
        worth.wholes := worth.wholes || whole;
        -- The planner takes conditions for independent, so that it expects too few: half way to all of them, as each factor counts.
        worth.remaining := worth.remaining || least(sqrt(expected * candidate.partitions), 1e15)::bigint;
    end loop;
    if num_nonnulls(variadic worth.wholes) = 0 then
        return null;
    end if;
    return pc_judged_worth(worth, query, candidate, original, null, session ->> 'search_path');
end
$$;

comment on function pc_expected_worth(text, integer, pc_key_candidate, jsonb, jsonb) is
'What a partition key would do for a query, by the planner; original: its plan; null if it would not restrict it. Raises PostgreSQL''s own error for what it does not accept. Example: see partitioncache_advise';

create function pc_judged_worth(worth pc_key_worth, query text, candidate pc_key_candidate, original jsonb, keys text[], session_path text) returns pc_key_worth
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    known pc_known := pc_imagined_candidates(worth, candidate, original, keys, case when keys is null then 3 else 12 end, session_path);
    outcome pc_rewritten := known.outcome;
begin
    worth.kept := least(1, (select min(r) from unnest(worth.remaining) r)::double precision / greatest(candidate.partitions, 1));
    worth.gain := 0;
    if outcome.applied then
        outcome := pc_gate(outcome, query, original, known.candidates, (pc_settings('')).least_cost);
        if outcome.applied then
            worth.gain := 1 - (select min(c.cost) from unnest(known.candidates) c where c.form = outcome.form) / (original ->> 'Total Cost')::double precision;
        end if;
    end if;
    return worth;
end
$$;

comment on function pc_judged_worth(pc_key_worth, text, pc_key_candidate, jsonb, text[], text) is
'The worth of a partition key for a query, with gain and kept by what remains: what the planner says of the query as partitioncache_apply would write it. Arguments: see pc_imagined_candidates. Example: see partitioncache_advise';

create function pc_bounded_ms(taken pc_taken_apart, original jsonb, stop_at timestamptz, session_path text) returns double precision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    run record;
begin
    select * into run
    from pc_timed_bounded((taken).canonical, (taken).families, array(select null::pc_restriction from unnest((taken).families)), pc_plan_shape(original), false, stop_at, session_path);
    return case when not run.stopped and run.problem is null then run.milliseconds end;
end
$$;

comment on function pc_bounded_ms(pc_taken_apart, jsonb, timestamptz, text) is
'How many milliseconds a query takes, as the role that asks, read-only; null where it is not done at that moment, or cannot be stopped. original: its plan. Example: see partitioncache_advise';

create function pc_raced_worth(inout worth pc_key_worth, inout ms double precision, candidate pc_key_candidate, original jsonb, keys text[], stop_at timestamptz, session_path text)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    families constant pc_family[] := (worth.taken).families;
    canonical constant text := (worth.taken).canonical;
    doubtful_before double precision := pc_doubtful_cost(original, 1);
    known pc_known;
    one pc_candidate;
    run record;
    best double precision;
begin
    ms := coalesce(ms, pc_bounded_ms((worth).taken, original, stop_at, session_path));
    known := pc_imagined_candidates(worth, candidate, original, keys, 12, session_path);
    if ms is null or not (known.outcome).applied then
        return;
    end if;
    best := ms;
    for one in
        select d.* from (select distinct on (c.shape) c.* from unnest(known.candidates) c where c.problem is null and not c.blind order by c.shape, c.cost) d
        order by d.doubtful_cost > doubtful_before * 1.2, d.cost limit 2
    loop
        exit when clock_timestamp() > stop_at;
        select * into run from pc_timed_bounded(canonical, families, one.restrictions, one.shape, one.doubtful_cost <= doubtful_before * 1.2, least(stop_at, clock_timestamp() + interval '1 ms' * greatest(best, 20)), session_path);
        continue when run.milliseconds is null or run.problem is not null;
        worth.measured := true;
        if not run.stopped then
            best := least(best, run.milliseconds);
        end if;
    end loop;
    if not worth.measured then
        return;
    end if;
    -- Asking takes half a millisecond; what saves less than a tenth has been seen to lose as often as to gain.
    best := best + 0.5;
    worth.gain := case when best <= 0.9 * ms then 1 - best / ms else 0 end;
end
$$;

comment on function pc_raced_worth(pc_key_worth, double precision, pc_key_candidate, jsonb, text[], timestamptz, text) is
'The worth of a partition key for a query, with gain as found by running it as it is and as partitioncache_apply could write it, as the role that asks, read-only, until that moment. ms: milliseconds of the query itself, null if they are not known. Arguments: see pc_imagined_candidates. Example: see partitioncache_advise';
