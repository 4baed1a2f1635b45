create function pc_free_allowance() returns double precision
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- Some twenty milliseconds: below that, counting costs more than it saves.
    select 10000::double precision
$$;

comment on function pc_free_allowance() is
'What a query may cost to learn whatever it costs itself, in the planner''s units. Example: select pc_free_allowance()';

create function pc_allowance(cost double precision, learning_budget double precision, out now double precision, out later double precision, out beside double precision)
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- A quarter more than the budget at once: the whole of a query costs a little more than the query, its keys being sorted out.
    select (learning_budget + 0.25) * counted.cost, 0.75 * counted.cost, greatest((greatest(learning_budget - 1, 0) + 0.25) * counted.cost, pc_free_allowance() / 2) from (select greatest(coalesce(pc_allowance.cost, 'infinity'), pc_free_allowance()) as cost) counted
$$;

comment on function pc_allowance(double precision, double precision) is
'What may be spent on learning when a query is pushed, in the planner''s units, together learning_budget times its cost, and once its cost, which a query that says the same would save. now: at once; later: as credit of what is dearer; beside: of the former, for what is said of single tables, where the whole is learned as well and serves this query. Example: select * from pc_allowance(50000, 1)';

create function pc_priced(
    fragments jsonb, allowance double precision, later double precision default 0, beside double precision default 'infinity', out hash text, out verdict text, out credit double precision
) returns setof record
language plpgsql immutable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    remaining double precision := allowance;
    aside double precision := 0;
    fragment record;
    scanned text;
    scan_paid boolean := false;
    price double precision;
    hashes text[] := '{}'::text[];
    verdicts text[] := '{}'::text[];
    credits double precision[] := '{}'::double precision[];
    first_deferred integer;
begin
    -- The wholes serve best whoever asks the same. What is said of one table is found out in one scan of it: that is paid once; where that is
    -- too dear, what leaves fewest partitions comes first.
    for fragment in
        select f.*, least(sum(f.cost) over scan, 1.2 * max(f.cost) over scan) as shared
        from (select x.hash, x.rank, x.scanned, x.state, x.kept, greatest(coalesce(x.cost, 0), 0) as cost, coalesce(x.credit, 0) as credit
              from jsonb_to_recordset(fragments) x(hash text, rank text, scanned text, state text, kept double precision, cost double precision, credit double precision)) f
        window scan as (partition by f.rank, f.scanned)
        order by array_position('{whole,own,weaker}', f.rank), case when f.rank = 'own' then least(sum(f.cost) over scan, 1.2 * max(f.cost) over scan) end,
                 f.scanned, f.kept, f.cost, f.hash
    loop
        credit := fragment.credit;
        -- The whole serves the query. What else is found out at the same time costs little; more of it, when such a query is asked again.
        if fragment.rank <> 'whole' and beside is not null then
            aside := case when 'learned' = any (verdicts) then greatest(remaining - beside, 0) else 0 end;
            remaining := remaining - aside;
            beside := null;
        end if;
        if fragment.rank = 'own' and fragment.scanned is distinct from scanned then
            scanned := fragment.scanned;
            scan_paid := fragment.shared <= remaining;
            remaining := remaining - case when scan_paid then fragment.shared else 0 end;
        end if;
        price := case when fragment.state = 'forced' or fragment.rank = 'own' and scan_paid then 0 else fragment.cost end;
        if fragment.state in ('forbidden', 'unselective') then
            verdict := fragment.state;
        elsif price <= credit + (case when fragment.rank = 'weaker' then 0 else remaining end) then
            verdict := 'learned';
            remaining := remaining - greatest(price - credit, 0);
            credit := 0;
        else
            verdict := 'deferred';
            if fragment.rank <> 'weaker' then
                first_deferred := coalesce(first_deferred, cardinality(hashes) + 1);
            end if;
        end if;
        hashes := hashes || fragment.hash;
        verdicts := verdicts || verdict;
        credits := credits || credit;
    end loop;
    if first_deferred is not null then
        credits[first_deferred] := credits[first_deferred] + remaining + aside + later;
    end if;
    return query select u.hash, u.verdict, u.credit from unnest(hashes, verdicts, credits) u(hash, verdict, credit);
end
$$;

comment on function pc_priced(jsonb, double precision, double precision, double precision) is
'What is done with the fragments of a query, {hash, rank, scanned (the table of an own one), cost, kept, state, credit}, when so much may be spent now (if a whole is learned, no more than beside on the others), and given as credit to what is dearer: verdict = learned, deferred, or its state; credit: what it has afterwards. No more is ever spent than the two and the credits. Example: select * from pc_priced(''[{"hash": "a", "rank": "whole", "cost": 100}]'', 100)';

create function pc_do_learn(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache_ text := argument ->> 'cache';
    key_ text := argument ->> 'partition_key';
    learning_budget double precision := (pc_settings(cache_)).learning_budget;
    here bigint := pc_cluster();
    pace double precision := pc_pace(cache_, caller);
    query record;
    allowance record;
    learned text[];
    items jsonb[] := '{}'::jsonb[];
    deferred jsonb := '[]'::jsonb;
begin
    perform pc_require(caller, cache_, 'push');
    for query in
        select f.cost, f.fragments, f.total, f.others, f.known, f.items
        from (
            select q.n, min(q.value ->> 'cost')::double precision as cost, jsonb_agg(f.value || coalesce(l.known, '{}') order by f.n) as fragments,
                   sum(coalesce(c.cost, 0)) as total, coalesce(sum(c.cost) filter (where f.value ->> 'rank' <> 'whole'), 0) as others, bool_or(coalesce(l.known - 'cost', '{}') <> '{}' or f.value ->> 'rank' = 'weaker') as known,
                   array_agg(f.value - '{rank,kept,writes}'::text[]
                             || jsonb_build_object('cost', c.cost, 'partition_key', key_, 'priority', q.value -> 'priority', 'origin', q.value -> 'origin',
                                                   'time_limit', pc_learning_limit(cache_, c.cost, pace)) order by f.n) as items
            from jsonb_array_elements(argument -> 'queries') with ordinality q(value, n)
            cross join jsonb_array_elements(q.value -> 'fragments') with ordinality f(value, n)
            left join lateral (
                select jsonb_strip_nulls(jsonb_build_object('state', case when o.state <> 'unselective' or o.writes > (f.value ->> 'writes')::double precision then o.state end,
                                                            'credit', o.credit, 'cost', greatest((f.value ->> 'cost')::double precision, o.proven))) as known
                from partitioncache_learning o
                where o.hash = f.value ->> 'hash' and o.cache = cache_ and o.partition_key = key_ and (o.owner = 0 or o.owner = caller and o.cluster = here)
                order by o.owner limit 1) l on true
            cross join lateral (select coalesce((l.known -> 'cost')::double precision, (f.value ->> 'cost')::double precision) as cost offset 0) c
            group by q.n) f
        order by f.n
    loop
        allowance := pc_allowance(query.cost, learning_budget);
        -- Nearly always, all of it may be learned, and nothing was known.
        if not query.known and query.total <= allowance.now and query.others <= allowance.beside then
            items := items || query.items;
        else
            select s.learned, deferred || s.new into learned, deferred from pc_learn_some(caller, cache_, key_, query.fragments, allowance.now, allowance.later, allowance.beside) s;
            items := items || array(select i from unnest(query.items) with ordinality i(i, n) where i ->> 'hash' = any (learned) order by n);
        end if;
    end loop;

    if deferred <> '[]' then
        perform pc_defer(caller, pc_registration(cache_, key_), deferred);
    end if;
    if items <> '{}' then
        perform pc_do_enqueue(caller, jsonb_build_object('queue', 'outgoing', 'cache', cache_, 'checked', true,
            -- Fragments that queries share are not urgent for that: what waits is best found out together. Dead ones come back to life.
            'again', exists (select from unnest(items) i join partitioncache_queue q on q.hash = i ->> 'hash'
                             where q.queue = 'outgoing' and q.cache = cache_ and q.partition_key = key_ and q.owner = caller and q.cluster = here and q.died_at is not null),
            'items', (select jsonb_agg(i.value order by i.n)
                      from (select distinct on (i.value ->> 'hash') i.value, i.n from unnest(items) with ordinality i(value, n) order by i.value ->> 'hash', i.n) i)));
    end if;
    return to_jsonb(cardinality(items));
end
$$;

comment on function pc_do_learn(oid, jsonb) is
'What is learned of a caller''s queries, {cache, partition_key, queries: [{cost, priority, origin, fragments: [{hash, query, rank, scanned, keyed_tables, parts, cost, kept, writes (to its tables, so far)}]}]}: puts into the outgoing queue what it may cost, defers the rest; how many were queued. Raises PC007 below the level push. Example: see pc_call';

create function pc_learn_some(
    caller oid, cache text, partition_key text, fragments jsonb, allowance double precision, later double precision, beside double precision, out learned text[], out new jsonb
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache_ constant text := cache;
    key_ constant text := partition_key;
    here bigint := pc_cluster();
    hashes text[] := array(select f ->> 'hash' from jsonb_array_elements(fragments) f);
    deferred jsonb;
begin
    select coalesce(array_agg(p.hash) filter (where p.verdict = 'learned'), '{}'),
           jsonb_agg(f.value || jsonb_build_object('credit', p.credit)) filter (where p.verdict = 'deferred')
    into learned, deferred
    from pc_priced(fragments, allowance, later, beside) p join jsonb_array_elements(fragments) f on f.value ->> 'hash' = p.hash;

    -- Whoever is at one of these rows has counted it: nobody waits.
    delete from partitioncache_learning l
    where l.ctid = any (array(select o.ctid from partitioncache_learning o
                              where o.hash = any (learned) and o.state in ('deferred', 'unselective') and o.cache = cache_ and o.partition_key = key_ and o.owner = caller and o.cluster = here
                              for update skip locked));
    update partitioncache_learning l
    set credit = x.credit, asked = l.asked + 1, cost = coalesce(x.cost, l.cost), kept = coalesce(x.kept, l.kept), changed_at = clock_timestamp()
    from jsonb_to_recordset(deferred) x(hash text, rank text, cost double precision, kept double precision, credit double precision)
    where x.rank <> 'weaker' and l.hash = x.hash
      and l.ctid = any (array(select o.ctid from partitioncache_learning o
                              where o.hash = any (hashes) and o.state = 'deferred' and o.cache = cache_ and o.partition_key = key_ and o.owner = caller and o.cluster = here
                              for update skip locked));
    new := coalesce(deferred, '[]');
end
$$;

comment on function pc_learn_some(oid, text, text, jsonb, double precision, double precision, double precision) is
'Which of the fragments of a caller''s query are learned, by their hashes, where some are known or cost too much: see pc_priced. new: those that are to be deferred. Example: see pc_do_learn';

create function pc_defer(caller oid, registration partitioncache_registration, deferred jsonb) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache_ constant text := registration.cache;
    key_ constant text := registration.partition_key;
    here bigint := pc_cluster();
    wanted partitioncache_learning[];
    forms pc_form[];
begin
    wanted := array(
        select jsonb_populate_record(null::partitioncache_learning, x.value)
        from (select distinct on (d.value ->> 'hash') d.value, d.n from jsonb_array_elements(deferred) with ordinality d(value, n) order by d.value ->> 'hash', d.n desc) x
        where not exists (select from partitioncache_learning o
                          where o.hash = x.value ->> 'hash' and o.cache = cache_ and o.partition_key = key_ and o.owner = caller and o.cluster = here)
        order by x.value ->> 'hash'
        limit greatest(2000 - (select count(*) from partitioncache_learning o where o.cache = cache_ and o.owner = caller), 0));
    forms := pc_fragment_forms(array(select w.query from unnest(wanted) with ordinality w order by w.ordinality), registration);
    insert into partitioncache_learning (cache, partition_key, hash, owner, owner_name, state, rank, query, keyed_tables, parts, cost, kept, credit, asked,
                                         form, filed_under, filed_rank)
    select cache_, key_, x.hash, caller, pg_get_userbyid(caller), 'deferred', x.rank, x.query, x.keyed_tables, x.parts, x.cost, x.kept, x.credit, (x.rank <> 'weaker')::integer,
           f.form, (filing.first).signature, (filing.first).rank
    from generate_subscripts(wanted, 1) n
    cross join lateral (select (wanted[n]).*) x
    cross join lateral (select forms[n] as form) f
    cross join lateral (select (array(select g from pc_filings(f.form) g))[1] as first) filing
    on conflict do nothing;
end
$$;

comment on function pc_defer(oid, partitioncache_registration, jsonb) is
'Remembers fragments of a caller that are not evaluated yet: [{hash, query, rank, keyed_tables, parts, cost, kept, credit}]; no more than some of each role. Example: see pc_do_learn';
