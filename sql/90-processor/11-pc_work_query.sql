create function pc_work_query(item partitioncache_queue) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    apart pc_taken_apart := pc_take_apart(item.query, item.partition_key, item.cache, item.session);
    hashes text[] := array(select distinct f.hash from unnest(apart.fragments) f);
    moving text[];
    reason text;
    fragments jsonb;
    cost double precision := pc_query_cost(item.query, item.session);
    -- To note one takes some milliseconds: no more than a tenth of what the query may cost.
    noted integer := least(12, coalesce((pc_settings(item.cache)).learning_budget, 0) * greatest(cost, 10000) / 30000);
begin
    if hashes = '{}' then
        return coalesce(apart.reason, 'no fragment of this query can be cached');
    end if;
    -- What would not be used is not learned.
    select string_agg(m.reason, '; '), coalesce(array_agg(m.name) filter (where m.reason is not null), '{}') into reason, moving
    from (select t.name, pc_untracked_reason(array[regexp_replace(t.name, '^ONLY ', '')::regclass::oid], item.cache, item.partition_key) as reason
          from (select distinct unnest(f.tables) from unnest(apart.fragments) f) t(name)) m;
    with held as materialized (
        select e.hash from pc_entry_state(item.cache, item.partition_key, hashes) e where e.state in ('fresh', 'static', 'asserted')
        union all
        -- What is deferred already is not estimated again, unless it may be bought.
        select l.hash from pc_own_learning l
        where l.mine and l.cache = item.cache and l.partition_key = item.partition_key and l.rank = 'weaker' and l.credit < l.cost and l.hash = any (hashes)
    ), wanted as materialized (
        select (apart.fragments[u.n]).*, u.n, r.rank,
               row_number() over (partition by r.rank order by u.n) as place
        from (select min(n) as n, (apart.fragments[n]).hash from generate_subscripts(apart.fragments, 1) n group by 2) u
        join pc_learning_ranks(apart.fragments) r on r.hash = u.hash
        where not (apart.fragments[u.n]).tables && moving
          and u.hash not in (select h.hash from held h)
          -- Joins along equal columns, with nothing said of any table, keep nearly all; what is said of one table alone is learned anyway.
          and (r.rank <> 'weaker' or noted > 0 and cardinality((apart.fragments[u.n]).tables) > 1
                                     and exists (select from unnest((apart.fragments[u.n]).conjuncts) c where not pc_equates_columns(c)))
    )
    select jsonb_agg(jsonb_build_object('hash', w.hash, 'query', w.fragment, 'keyed_tables', w.keyed_tables, 'parts', w.parts, 'rank', w.rank,
                                        'scanned', case when cardinality(w.tables) = 1 then w.tables[1] end, 'cost', c.cost, 'kept', c.kept,
                                        'writes', (select t.writes from pc_table_writes(array(select regexp_replace(t, '^ONLY ', '')::regclass::oid from unnest(w.tables) t)) t)) order by w.rank = 'whole', w.n)
    into fragments
    from wanted w
    cross join lateral pc_fragment_cost(w.fragment, item.partition_key) c
    where w.rank <> 'weaker' or w.place <= noted;
    perform pc_enter_race(item, cost);
    if fragments is null then
        return case when moving <> '{}' then reason end;
    end if;
    perform pc_call('learn', jsonb_build_object('cache', item.cache, 'partition_key', item.partition_key, 'priority', item.priority,
        'origin', pc_marker(item.id, item.claim), 'cost', cost, 'fragments', fragments));
    return null;
end
$$;

comment on function pc_work_query(partitioncache_queue) is
'Takes a queued query apart and sees what of it is worth learning at once and what later (see pc_do_learn): fragments that have no fresh entry, and would be used. Null, or the reason why nothing of it can be cached. Example: select pc_work_query(q) from partitioncache_queue q where q.id = 7';

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
