create function pc_work_queries(items partitioncache_queue[]) returns text[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    item partitioncache_queue := items[1];
    apart pc_taken_apart;
    literals text[] := pc_literals(item.query);
    several boolean := cardinality(items) > 1;
    moving text[];
    reason text;
    wanted jsonb;
    queries jsonb;
    costs double precision[];
    priced record;
    noted integer[];
    first jsonb;
begin
    -- Most of what is pushed again and again has nothing left to learn: that costs a look.
    if not several and pc_nothing_left(item) then
        perform pc_enter_race(item, sure => true);
        return array[null::text];
    end if;
    apart := pc_take_apart(item.query, item.partition_key, item.cache, item.session, with_state => not several);
    if coalesce(cardinality(apart.fragments), 0) = 0 then
        return array_fill(coalesce(apart.reason, 'no fragment of this query can be cached'), array[cardinality(items)]);
    elsif several and not pc_speaks_for(item.query, item.session, apart.canonical) then
        raise exception using errcode = 'PC000', message = 'these queries are not to be taken apart together';
    end if;
    -- What would not be used is not learned.
    select string_agg(m.reason, '; '), coalesce(array_agg(m.name) filter (where m.reason is not null), '{}') into reason, moving
    from (select t.name, pc_untracked_reason(array[regexp_replace(t.name, '^ONLY ', '')::regclass::oid], item.cache, item.partition_key) as reason
          from (select distinct unnest(f.tables) from unnest(apart.fragments) f) t(name)) m;
    if not several then
        first := (select coalesce(jsonb_object_agg(f.hash, array(select regexp_replace(t, '^ONLY ', '')::regclass::oid from unnest(f.tables) t)), '{}')
                  from unnest(apart.fragments) f join pc_learning_ranks(apart.fragments) r on r.hash = f.hash
                  where r.rank <> 'weaker' and not f.tables && moving);
        if array(select jsonb_object_keys(first)) <@ pc_held(item.cache, item.partition_key, first) then
            if moving = '{}' then
                perform pc_remember_learned(item, apart, first);
            end if;
            perform pc_enter_race(item, sure => true);
            -- Where something may change unseen, it says so.
            return array[reason];
        end if;
    end if;
    -- Where the first is cheap, so are the others.
    costs := array_fill((pc_query_cost(item.query, item.session)).cost, array[cardinality(items)]);
    if costs[1] < pc_free_allowance() / 4 is not true then
        for n in 1 .. cardinality(items) loop
            select c.* into priced from pc_query_cost((items[n]).query, (items[n]).session, item.partition_key, item.cache) c;
            perform pc_enter_race(items[n], priced.cost);
            -- What is known already saves what it saves: no more is spent than the query still costs.
            costs[n] := priced.present;
        end loop;
    end if;
    -- To note one takes some milliseconds: no more than a tenth of what the query may cost.
    noted := array(select least(12, coalesce((pc_settings(item.cache)).learning_budget, 0) * greatest(c, pc_free_allowance()) / 30000)::integer
                   from unnest(costs) with ordinality c(c, n) order by c.n);
    with fragment as materialized (
        select (apart.fragments[u.n]).*, u.n, r.rank,
               array(select regexp_replace(t, '^ONLY ', '')::regclass::oid from unnest((apart.fragments[u.n]).tables) t) as named
        from (
            select min(n) as n, (apart.fragments[n]).hash from generate_subscripts(apart.fragments, 1) n group by 2) u
        join pc_learning_ranks(apart.fragments) r on r.hash = u.hash
    ), pattern as materialized (
        select f.n, pc_places(split_part(f.fragment, ' WHERE ', 1), literals) as start,
               array(select pc_places(c.c, literals) from unnest(f.conjuncts) with ordinality c(c, n) order by c.n) as conjuncts,
               md5(pc_masked(f.fragment)) as kind
        from fragment f where several
    ), query as materialized (
        select q.n, pc_literals((items[q.n]).query) as literals from generate_subscripts(items, 1) q(n)
    ), own as materialized (
        -- Each query's own texts of the fragments of the first. The conditions stand in their order; of twins among its tables, the order depends on them.
        select q.n as query, f.n, w.text, case when q.n = 1 then f.hash else pc_sha256(w.text) end as hash, f.hash as first_hash, f.tables, f.named, f.conjuncts, f.parts, f.keyed_tables, f.rank, p.kind,
               not several or split_part(f.fragment, ' WHERE ', 1) || ' WHERE ' || array_to_string(f.conjuncts, ' AND ') = f.fragment
                              and cardinality(f.tables) = (select count(distinct regexp_replace(t, '^ONLY ', '')) from unnest(f.tables) t) as fits
        from query q cross join fragment f left join pattern p on p.n = f.n
        cross join lateral (
            select case when q.n = 1 then f.fragment
                        else format(p.start, variadic q.literals) || ' WHERE '
                             || (select string_agg(c.c, ' AND ' order by c.c collate "C") from (select format(c, variadic q.literals) as c from unnest(p.conjuncts) c) c) end as text offset 0) w
    ), held as materialized (
        select unnest(pc_held(item.cache, item.partition_key, (select jsonb_object_agg(o.hash, o.named) from own o))) as hash
        union all
        -- What is deferred already is not estimated again, unless it may be bought.
        select l.hash from pc_own_learning l
        where l.mine and l.cache = item.cache and l.partition_key = item.partition_key and l.rank = 'weaker' and l.credit < l.cost
          and l.hash = any (array(select o.hash from own o))
    ), placed as materialized (
        select o.*, row_number() over (partition by o.query, o.rank order by o.n) as place
        from own o
        where not o.tables && moving and o.hash not in (select h.hash from held h)
          -- Joins along equal columns, with nothing said of any table, keep nearly all; what is said of one table alone is learned anyway.
          and (o.rank <> 'weaker' or noted[o.query] > 0 and cardinality(o.tables) > 1 and exists (select from unnest(o.conjuncts) c where not pc_equates_columns(c)))
    )
    select jsonb_agg(jsonb_build_object(
               'item', w.query, 'n', w.n, 'hash', w.hash, 'query', w.text, 'keyed_tables', w.keyed_tables,
               'parts', case when w.query = 1 then w.parts
                             else array(select o.hash from own o where o.query = w.query and o.first_hash = any (w.parts) order by array_position(w.parts, o.first_hash)) end,
               'rank', w.rank, 'kind', w.kind, 'scanned', case when cardinality(w.tables) = 1 then w.tables[1] end) order by w.query, w.rank = 'whole', w.n),
           case when not bool_and(w.fits) then '[]'::jsonb end
    into wanted, queries
    from placed w where w.rank <> 'weaker' or w.place <= noted[w.query];
    if queries is not null then
        raise exception using errcode = 'PC000', message = 'these queries are not to be taken apart together';
    end if;

    with writes as materialized (
        select f.tables, (pc_table_writes(array(select regexp_replace(t, '^ONLY ', '')::regclass::oid from unnest(f.tables) t))).writes
        from (select distinct f.tables from unnest(apart.fragments) f) f
    ), estimated as materialized (
        select w.n, (w.value ->> 'item')::integer as item, c.cost,
               w.value - '{item,n}'::text[] || jsonb_build_object('cost', c.cost, 'kept', c.kept, 'writes', t.writes) as fragment
        from jsonb_array_elements(wanted) with ordinality w(value, n)
        join pc_fragment_costs(array(select f.value ->> 'query' from jsonb_array_elements(wanted) with ordinality f(value, n) order by f.n), item.partition_key)
             with ordinality c(cost, kept, n) on c.n = w.n
        join writes t on t.tables = (apart.fragments[(w.value ->> 'n')::integer]).tables
    )
    select jsonb_agg(jsonb_build_object('priority', (items[e.item]).priority, 'origin', pc_marker((items[e.item]).id, (items[e.item]).claim), 'fragments', e.fragments,
                                        'cost', costs[e.item]) order by e.item)
    into queries
    from (select e.item, jsonb_agg(e.fragment order by e.n) as fragments from estimated e group by e.item) e;
    if queries is not null then
        perform pc_call('learn', jsonb_build_object('cache', item.cache, 'partition_key', item.partition_key, 'queries', queries));
    end if;
    -- What has nothing left to learn is done; where something may change unseen, it says so.
    return array(select case when moving <> '{}' and not exists (select from jsonb_array_elements(wanted) w where (w ->> 'item')::integer = n) then reason end
                 from generate_subscripts(items, 1) n order by n);
end
$$;

comment on function pc_work_queries(partitioncache_queue[]) is
'Takes queued queries apart and sees what of them is worth learning at once and what later (see pc_do_learn): fragments that have no fresh entry, and would be used. Several differ only in their plain constants (pc_masked): then the first is taken apart for all; PC000 if that may give other fragments than taking each apart. For each null, or the reason why nothing of it can be cached. Example: select pc_work_queries(array[q]) from partitioncache_queue q where q.id = 7';

create function pc_equates_columns(condition text) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
    select length(condition) < 600
       and condition ~ format('^\((%1$s) = (%1$s)\)$', '\(?t_*\d+\.(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\)::text)?')
$$;

comment on function pc_equates_columns(text) is
'Whether a condition of a fragment''s text does no more than equate two columns. Example: select pc_equates_columns(''(t1.a = t2.b)'')';
