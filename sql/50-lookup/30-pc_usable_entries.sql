create type pc_usable_entry as (
    hash text,
    key_count bigint,
    matches_null boolean,
    parts text[],
    changed bigint,
    tracked boolean,
    problem text
);

comment on type pc_usable_entry is
'An entry as it stands against the catalog and the change log: changed = partitions that were written to since and ride along; tracked = whether any of its tables is; problem = why it must not be used, null if it may.';

create function pc_usable_entries(registration partitioncache_registration, hashes text[]) returns setof pc_usable_entry
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    tracking boolean := exists (
        select from partitioncache_tracked t
        where t.cache = (registration).cache and t.partition_key = (registration).partition_key);
begin
    return query execute format($sql$
        with entry as materialized (
            select e.hash, e.key_count, e.matches_null, e.parts, e.deps, e.dep_states, e.keyed, e.functions, e.function_state,
                   e.snapshot, e.cluster
            from %1$s e
            where e.key_count is not null and ($1 is null or e.hash = any ($1))
        ), state as materialized (
            select s.relation, s.state from pc_relation_states(array(select distinct unnest(e.deps) from entry e)) s
        )
        select e.hash, e.key_count, e.matches_null or coalesce(c.null_changed, false), e.parts,
               coalesce(c.changed, 0), coalesce(c.tracked, false),
               case
                   when e.deps is null then null
                   when e.cluster is distinct from $3 then 'it was computed in another database cluster, whose transactions are numbered otherwise'
                   when $4 and (e.functions <> '{}' or exists (select from unnest(e.deps) d where not pc_is_certain(d)))
                       then 'a definition may have changed since this transaction took its snapshot'
                   when o.altered is not null then coalesce(pc_tracking_problem($2.cache, $2.partition_key, array(
                       select r.root from pc_tracked_roots($2.cache, $2.partition_key, e.deps) r)),
                       'changed in its definition or rewritten as a whole since: ' || o.altered)
                   when e.functions <> '{}' and e.function_state is distinct from pc_function_state(e.functions) then 'a function it calls was replaced since'
                   else c.problem
               end
        from entry e
        cross join lateral (
            select string_agg(case when s.relation is null then 'a dropped table' else d.relation::regclass::text end, ', ') as altered
            from unnest(e.deps, e.dep_states) d(relation, state)
            left join state s on s.relation = d.relation
            where s.state is distinct from d.state) o
        left join lateral (%2$s) c on true
        $sql$,
        pc_key_table((registration).cache, (registration).partition_key),
        case when tracking then 'select * from pc_entry_changes($2, e.deps, e.keyed, e.snapshot) where e.deps is not null'
             else 'select null::boolean as null_changed, null::bigint as changed, null::boolean as tracked, null::text as problem' end)
    using hashes, registration, pc_cluster(), pc_old_snapshot();
end
$$;

comment on function pc_usable_entries(partitioncache_registration, text[]) is
'The entries under these hashes (null: all), each judged against the catalog of now and against the writes that the snapshot in force sees. Example: select * from pc_usable_entries(pc_registration(''partitioncache'', ''city_id''), null)';
