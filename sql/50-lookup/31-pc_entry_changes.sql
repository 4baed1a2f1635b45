create function pc_entry_changes(
    registration partitioncache_registration, deps oid[], keyed oid[], snapshot pg_snapshot,
    out null_changed boolean, out changed bigint, out tracked boolean, out problem text
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- Whether every write to a tracked table is logged was made sure when the entry was evaluated; what has changed there since shows in dep_states.
    keyed_roots oid[];
    whole_roots oid[];
    written oid;
    unknown boolean;
begin
    select array_agg(distinct r.root) filter (where r.dep = any (keyed)), array_agg(distinct r.root) filter (where r.dep <> all (keyed))
    into keyed_roots, whole_roots
    from pc_tracked_roots((registration).cache, (registration).partition_key, deps) r;
    tracked := coalesce(keyed_roots, whole_roots) is not null;
    if not tracked then
        return;
    end if;

    -- Read with the log, in one snapshot: the caller may have read its registration before rows were trimmed.
    if pg_snapshot_xmin(snapshot) < (select r.log_trimmed_below from partitioncache_registration r
                                     where r.cache = (registration).cache and r.partition_key = (registration).partition_key) then
        problem := 'the change log has been trimmed past it';
        return;
    end if;

    if whole_roots is not null then
        execute format('select c.relation from %s c
                        where c.relation = any ($1) and c.xid >= pg_snapshot_xmin($2) and not pg_visible_in_snapshot(c.xid, $2) limit 1',
                       pc_changes_table((registration).cache, (registration).partition_key))
        into written using whole_roots, snapshot;
        if written is not null then
            problem := format('%s was written to since, and a row of it can make any partition match', written::regclass);
            return;
        end if;
    end if;
    if keyed_roots is not null then
        execute format('select count(distinct k.key) + coalesce(bool_or(k.key is null and not c.whole), false)::integer,
                               coalesce(bool_or(k.key is null and not c.whole), false), bool_or(c.whole)
                        from %s c left join lateral unnest(c.keys) k(key) on true
                        where not c.removal and c.relation = any ($1) and c.xid >= pg_snapshot_xmin($2) and not pg_visible_in_snapshot(c.xid, $2)',
                       pc_changes_table((registration).cache, (registration).partition_key))
        into changed, null_changed, unknown using keyed_roots, snapshot;
        if unknown then
            problem := 'a table of it was written to while its partition column was missing or had another type';
        end if;
    end if;
end
$$;

comment on function pc_entry_changes(partitioncache_registration, oid[], oid[], pg_snapshot) is
'What the change log says of an entry that was evaluated under a snapshot: changed = distinct partitions written to since, null_changed = also rows without a partition key, tracked = any of its tables is, problem = why it must not be used. Example: see pc_usable_entries';
