create type pc_advised_key as (
    candidate pc_key_candidate,
    worths pc_key_worth[],
    saves double precision,
    promise double precision,
    size double precision
);

comment on type pc_advised_key is
'A partition key with what it would do for the queries. saves: which part of the time of all of them; promise: the same, where more may be found; size: rows of its tables.';

create function pc_saves(worths pc_key_worth[], times double precision[], of_share double precision default 0) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select coalesce(sum(times[w.query] * greatest(w.gain, of_share * w.share)), 0) from unnest(worths) w) / (select sum(t) from unnest(times) t);
end
$$;

comment on function pc_saves(pc_key_worth[], double precision[], double precision) is
'Which part of the time of all queries a partition key saves that is worth so much for some; of_share: what each of these may save, as a part of its share. Example: select pc_saves(''{}'', ''{1}'')';

create function pc_expected_keys(
    candidates pc_key_candidate[], blocks pc_advised_block[], texts text[], plans jsonb[], times double precision[], stop_at timestamptz, session jsonb,
    out keys pc_advised_key[], out unlooked bigint
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    key pc_advised_key;
    worth pc_key_worth;
    number integer;
begin
    keys := array(
        select row(candidates[c.n], array[]::pc_key_worth[], null, null, (select sum(greatest(r.reltuples, 0)) from pg_class r where r.oid = any (candidates[c.n].relids)))::pc_advised_key
        from generate_subscripts(candidates, 1) c(n) order by c.n);
    unlooked := 0;
    for number in
        -- What takes hardly any time, even together, is no gain. All keys are judged by the same queries.
        select q.n from (select t.n, t.ms, sum(t.ms) over (order by t.ms desc, t.n) - t.ms as before, sum(t.ms) over () as total from unnest(times) with ordinality t(ms, n)) q
        where q.before <= 0.98 * q.total order by q.ms desc, q.n
    loop
        if clock_timestamp() > stop_at then
            unlooked := unlooked + 1;
            continue;
        end if;
        for n in 1 .. cardinality(keys) loop
            key := keys[n];
            continue when not exists (select from unnest(blocks) b where b.query = number and b.relids && (key.candidate).relids);
            begin
                worth := pc_expected_worth(texts[number], number, key.candidate, plans[number], session);
            exception when others then
                worth := null;  -- a table that this role may not read, say
            end;
            continue when worth.query is null;
            key.worths := key.worths || worth;
            keys[n] := key;
        end loop;
    end loop;
    if blocks <> '{}' then
        -- What the planner expects to remain may be too much: it takes conditions for independent.
        keys := array(select row(k.candidate, k.worths, pc_saves(k.worths, times), p.promise, k.size)::pc_advised_key
                      from unnest(keys) with ordinality k(candidate, worths, saves, promise, size, n), lateral (select pc_saves(k.worths, times, 0.3)) p(promise)
                      order by p.promise desc, k.size desc, k.n);
    end if;
end
$$;

comment on function pc_expected_keys(pc_key_candidate[], pc_advised_block[], text[], jsonb[], double precision[], timestamptz, jsonb) is
'Partition keys with what they would do for the queries, by the planner, what promises most first. times: what each query takes; unlooked: how many queries were left out because that moment was over. Example: see partitioncache_advise';

create function pc_measure(inout keys pc_advised_key[], inout times double precision[], texts text[], plans jsonb[], are_times boolean, stop_at timestamptz, session jsonb)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    pair record;
    raced record;
    ms double precision[];
    first_stops timestamptz := clock_timestamp() + (stop_at - clock_timestamp()) / 3;
    per_cost double precision;
    key pc_advised_key;
    worth pc_key_worth;
    found text;
    found_keys text[];
    many bigint;
    this_stops timestamptz;
begin
    -- What takes long is what the planner thinks only now and then.
    for pair in
        select distinct on (times[w.query], w.query) w.query, w.taken
        from unnest(keys) k cross join lateral unnest(k.worths) w
        where not are_times
        order by times[w.query] desc, w.query
    loop
        this_stops := clock_timestamp() + (first_stops - clock_timestamp()) / 2;
        exit when this_stops < clock_timestamp() + interval '20 ms';
        ms[pair.query] := pc_bounded_ms(pair.taken, plans[pair.query], this_stops, session ->> 'search_path');
    end loop;
    if not are_times then
        per_cost := (select sum(ms[q.n]) / sum(times[q.n]) from generate_subscripts(ms, 1) q(n) where ms[q.n] is not null);
        times := array(select coalesce(ms[q.n], times[q.n] * coalesce(per_cost, 1)) from generate_subscripts(times, 1) q(n) order by q.n);
    end if;
    -- First what matters most; no query takes more than half of the time that is left.
    for pair in
        select k.n as key, w.n as worth, w.query
        from unnest(keys) with ordinality k(candidate, worths, saves, promise, size, n)
        cross join lateral unnest(k.worths) with ordinality w(query, taken, wholes, remaining, kept, gain, measured, share, n)
        -- The planner may not see what remains; where the key stands in most rows, more can be saved.
        order by times[w.query] * (w.gain + 0.3 * w.share) desc, k.n
    loop
        this_stops := clock_timestamp() + (stop_at - clock_timestamp()) / 2;
        exit when this_stops < clock_timestamp() + interval '20 ms';
        key := keys[pair.key];
        worth := key.worths[pair.worth];
        found_keys := null;
        begin
            for family in 1 .. cardinality(worth.wholes) loop
                continue when worth.wholes[family] is null;
                execute format('select cardinality(r.keys), r.keys::text from pc_run_read_only($1, null::%s[]) r', pc_native_type((key.candidate).datatype)) into many, found
                using pc_bounded(worth.wholes[family], pc_fragment_key(worth.wholes[family]), this_stops);
                worth.remaining[family] := many;
                found_keys[family] := found;
            end loop;
            worth := pc_judged_worth(worth, texts[pair.query], key.candidate, plans[pair.query], found_keys, session ->> 'search_path');
            select * into raced from pc_raced_worth(worth, ms[pair.query], key.candidate, plans[pair.query], found_keys, this_stops, session ->> 'search_path');
            worth := raced.worth;
            ms[pair.query] := raced.ms;
        exception when query_canceled or others then
            -- It takes longer than there is time, or cannot be run by this role; what the planner expects stays.
            if sqlstate = '57014' and (clock_timestamp() < this_stops or pc_statement_is_over()) then
                raise;
            end if;
        end;
        key.worths[pair.worth] := worth;
        keys[pair.key] := key;
    end loop;
    keys := array(select row(k.candidate, k.worths, pc_saves(k.worths, times), k.promise, k.size)::pc_advised_key from unnest(keys) k);
end
$$;

comment on function pc_measure(pc_advised_key[], double precision[], text[], jsonb[], boolean, timestamptz, jsonb) is
'Partition keys of pc_expected_keys, with what remains of the partitions and what that saves as found by running fragments and queries, read-only, until that moment. times: what each query takes, in milliseconds if are_times, else in the planner''s units; then they come back in milliseconds, as far as the queries could be run. Example: see partitioncache_advise';
