create type pc_usable_entry as (
    hash text,
    role oid,
    key_count bigint,
    matches_null boolean,
    parts text[],
    changed bigint,
    tracked boolean,
    static boolean,
    stamp text,
    tables integer,
    problem text
);

comment on type pc_usable_entry is
'An entry as it stands against the catalog and the change log. role: whom it serves, 0 for everybody; changed: partitions that were written to since, which are searched as well; tracked: whether any of its tables is; static: whether any is not, and is taken for static; stamp: which evaluation or assertion it is; tables: how many its fragment joins, null where that is not known; problem: why it must not be used, null if it may.';

create function pc_usable_statement(cache text, partition_key text, scope text, chosen boolean) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_object_for('changes', cache, partition_key);
    log_of_entry text := case
        when to_regclass(changes) is null
            then 'select null::oid as relation, null::text[] as keys, null::boolean as whole, null::boolean as removal, null::boolean as keyed where false'
        when scope = 'all'
            then format('select c.relation, c.keys, c.whole, c.removal, c.relation = any (e.keyed_roots) as keyed from %s c
                         where c.relation = any (e.keyed_roots || e.whole_roots) and c.xid >= pg_snapshot_xmin(e.snapshot)
                           and not pg_visible_in_snapshot(c.xid, e.snapshot)', changes)
        else format('select * from %s w where w.hash = e.hash and w.role = e.role', pc_object_for('written', cache, partition_key)) end;
begin
    return format($sql$
        with entry as materialized (
            select e.hash, e.role, e.key_count, e.matches_null, e.parts, e.asserted, e.generation, e.deps, e.dep_states, e.keyed_roots, e.whole_roots, e.untracked,
                   e.closure, e.closure_state, e.snapshot, e.cluster, e.evaluated_at, e.tables, coalesce(e.keyed_roots || e.whole_roots, '{}') <> '{}' as tracked, coalesce(e.untracked, '{}') <> '{}' as static
            from (%1$s) e
            where e.key_count is not null and %3$s
        ), state as materialized (
            select s.relation, s.state from pc_relation_states(array(select distinct unnest(e.deps) from entry e)) s
        ), behind as materialized (
            select c.closure, pc_closure_state(c.closure) as state from (select distinct e.closure from entry e where e.closure is not null) c
        ), now as materialized (
            -- Read with the log, in one snapshot: the caller may have read its registration before rows were trimmed.
            select r.generation, r.placed, coalesce(t.below, '0') as log_trimmed_below
            from partitioncache_registration r
            left join partitioncache_log_trimmed t on t.cache = r.cache and t.partition_key = r.partition_key and t.cluster = $3
            where r.cache = $2.cache and r.partition_key = $2.partition_key
        ), moving as materialized (
            select array(select u.relation from (select distinct unnest(e.untracked) from entry e where e.static) u(relation)
                         where $5 and not pc_is_static($2.cache, u.relation)) as relations
        )
        select e.hash, e.role, e.key_count, e.matches_null or coalesce(c.null_changed, false), e.parts, coalesce(c.changed, 0), e.tracked, e.static and not e.asserted,
               format('%%s/%%s', e.role, extract(epoch from e.evaluated_at)), e.tables,
               case
                   -- What is stored by hand is read by where the partition key stood then.
                   when e.asserted and e.tables is not null and e.generation < n.placed then 'it was stored when the partition key stood elsewhere; store it again'
                   when e.asserted then null
                   when e.cluster is distinct from $3 then 'it was computed in another database cluster, whose transactions are numbered otherwise'
                   when e.generation is distinct from n.generation then 'it was evaluated before the cache was cleared'
                   when $4 and (pc_is_passing(e.closure) or exists (select from unnest(e.deps) d where not pc_is_certain(d)))
                       then 'a definition may have changed since this transaction took its snapshot'
                   when o.altered is not null then coalesce(pc_tracking_problem($2.cache, $2.partition_key, e.deps),
                       pc_untracked_reason(e.deps, $2.cache, $2.partition_key),
                       case when o.gone then 'a table of it is gone: dropped, or made anew by a restore from a dump'
                            else 'changed in its definition or rewritten as a whole since: ' || o.altered end)
                   when b.state is distinct from e.closure_state then 'something that it calls or is written with was changed since: a function, an operator, a type, a collation or the like'
                   when e.static and e.untracked && m.relations then coalesce(pc_untracked_reason(e.deps, $2.cache, $2.partition_key),
                       'an unlogged table of it loses its rows in a crash, and no trigger says so; partitioncache_assert_static says that it stays as it is')
                   when e.tracked and $6 then 'the change log is gone'
                   when e.tracked and pg_snapshot_xmin(e.snapshot) < n.log_trimmed_below then 'the change log has been trimmed past it'
                   when c.whole_written is not null
                       then format('%%s was written to since, and a row of it can make any partition match', c.whole_written::regclass)
                   when c.unknown then 'a table of it was written to, and it is not known in which partitions: its partition column was missing or had another type, or there were too many'
               end
        from entry e
        cross join now n
        cross join moving m
        left join behind b on b.closure = e.closure
        cross join lateral (
            select string_agg(d.relation::regclass::text, ', ') as altered, bool_or(s.relation is null) as gone
            from unnest(e.deps, e.dep_states) d(relation, state)
            left join state s on s.relation = d.relation
            where s.state is distinct from d.state) o
        left join lateral (
            select count(distinct k.key) filter (where w.keyed and not w.removal)
                       + coalesce(bool_or(k.key is null and not w.whole) filter (where w.keyed and not w.removal), false)::integer as changed,
                   bool_or(k.key is null and not w.whole) filter (where w.keyed and not w.removal) as null_changed,
                   coalesce(bool_or(w.whole) filter (where w.keyed and not w.removal), false) as unknown,
                   min(w.relation) filter (where w.relation = any (e.whole_roots)) as whole_written
            from (%2$s) w left join lateral unnest(w.keys) k(key) on true) c on e.tracked
        $sql$,
        case when scope = 'all' then pc_all_entries(cache, partition_key)
             else format('select * from %s%s', pc_object_for('entries', cache, partition_key), case when scope = 'serves' then ' where serves' else '' end) end,
        log_of_entry,
        case when chosen then 'e.hash = any ($1)' else '$1 is null' end);
end
$$;

comment on function pc_usable_statement(text, text, text, boolean) is
'The query behind pc_usable_entries. chosen: of some hashes, $1, instead of all; $2: the registration, $3: pc_cluster(), $4: pc_old_snapshot(), $5: whether tables that nobody tracks may change, $6: whether there is no change log. Example: select pc_usable_statement(''partitioncache'', ''city_id'', ''serves'', true)';

create function pc_usable_entries(registration partitioncache_registration, hashes text[], scope text default 'serves') returns setof pc_usable_entry
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return query execute case
        when hashes is not null and scope = 'serves'
            then format('select * from %s($1, $2, $3, $4, $5, $6)', pc_object_for('usable', (registration).cache, (registration).partition_key))
        else pc_usable_statement((registration).cache, (registration).partition_key, scope, hashes is not null) end
    using hashes, registration, pc_cluster(), pc_old_snapshot(), (pc_settings((registration).cache)).untracked <> 'static',
          to_regclass(pc_object_for('changes', (registration).cache, (registration).partition_key)) is null;
end
$$;

comment on function pc_usable_entries(partitioncache_registration, text[], text) is
'The entries under these hashes (null: all), each judged against the catalog of now and against the writes that the snapshot in force sees. scope: serves = those that the role in force may use; visible = also those that it may only watch over; all = every one, for the installer. Example: select * from pc_usable_entries(pc_registration(''partitioncache'', ''city_id''), null)';

create function pc_all_entries(cache text, partition_key text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('select hash, role, matches_null, key_count, (evaluation).snapshot is null as asserted, generation, (evaluation).parts, (evaluation).deps, (evaluation).dep_states,
                          (evaluation).keyed_roots, (evaluation).whole_roots, (evaluation).untracked, (evaluation).closure, (evaluation).closure_state, (evaluation).snapshot, (evaluation).cluster, evaluated_at, cardinality(((evaluation).form).relations) as tables
                   from %s', pc_object_for('cache', cache, partition_key))
$$;

comment on function pc_all_entries(text, text) is
'The query by which the installer reads all entries of a partition key. Example: select pc_all_entries(''partitioncache'', ''city_id'')';
