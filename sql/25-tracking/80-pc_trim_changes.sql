create function pc_oldest_reader() returns xid8
language sql volatile parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- backend_xmin shows the low 32 bits of a number that is never ahead of now.
    select least(pg_snapshot_xmin(pg_current_snapshot()),
                 (select min((c.now - ((c.now - a.backend_xmin::text::bigint) % 4294967296 + 4294967296) % 4294967296)::text::xid8)
                  from pg_stat_activity a, (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as now) c
                  where a.datname = current_database() and a.backend_xmin is not null))
$$;

comment on function pc_oldest_reader() is
'Transactions before this one are visible to every session of this database that the role can see: an evaluation that runs now needs the log from here on. Example: select pc_oldest_reader()';

create function pc_tracked_entries(registration partitioncache_registration, out hash text, out role oid, out snapshot pg_snapshot, out fresh boolean) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return query execute format(
        'select e.hash, e.role, (e.evaluation).snapshot, u.changed = 0 from pc_usable_entries($1, null, ''all'') u join %s e on e.hash = u.hash and e.role = u.role
         where u.problem is null and u.tracked and (e.evaluation).snapshot is not null',
        pc_object_for('cache', registration.cache, registration.partition_key)) using registration;
end
$$;

comment on function pc_tracked_entries(partitioncache_registration) is
'The usable entries that need the change log; fresh: none of it. The others will be evaluated from scratch, or depend on nothing that is tracked. Example: select * from pc_tracked_entries(pc_registration(''partitioncache'', ''city_id''))';

create function pc_advance_snapshots(registration partitioncache_registration, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    advanced bigint;
begin
    -- An entry whose tables have not changed up to now is as good as evaluated now. It would else need the log for ever.
    -- One statement has one snapshot; an entry that somebody else stores meanwhile has another, and is left alone. Of those that serve other
    -- roles, a lesser role locks none, for whom they serve would wait until its transaction ends.
    execute format($sql$
        update %1$s e set evaluation.snapshot = pc_snapshot()
        where (e.hash, e.role) in (
            select o.hash, o.role
            from pc_tracked_entries($1) t
            join %1$s o on o.hash = t.hash and o.role = t.role
            where ($2 is null or o.role = any ($2)) and t.fresh and t.snapshot::text = (o.evaluation).snapshot::text and pg_snapshot_xmin(t.snapshot) < pc_oldest_reader()
            for update of o skip locked)
        $sql$, pc_object_for('cache', registration.cache, registration.partition_key)) using registration, roles;
    get diagnostics advanced = row_count;
    return advanced;
end
$$;

comment on function pc_advance_snapshots(partitioncache_registration, oid[]) is
'Notes for entries whose tables have not changed since they were evaluated that they hold for the present as well; how many. Example: select pc_advance_snapshots(pc_registration(''partitioncache'', ''city_id''))';

create function pc_trim_horizon(registration partitioncache_registration, rows_kept bigint) returns xid8
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_object_for('changes', registration.cache, registration.partition_key);
    needed xid8 := (select min(pg_snapshot_xmin(t.snapshot)) from pc_tracked_entries(registration) t);
    too_old xid8;
begin
    -- Nobody refreshes some entries, because their role has no processor: they must not keep the log for ever.
    if needed is not null and (select c.reltuples from pg_class c where c.oid = to_regclass(changes)) > rows_kept then
        execute format('select c.xid from %s c order by c.xid desc offset $1 - 1 limit 1', changes) into too_old using rows_kept;
        needed := greatest(needed, too_old);
    end if;
    return least(needed, pc_oldest_reader());
end
$$;

comment on function pc_trim_horizon(partitioncache_registration, bigint) is
'Writes of transactions before this one have been seen by every entry that needs the log, or lie behind more than rows_kept later ones. Example: select pc_trim_horizon(pc_registration(''partitioncache'', ''city_id''), 1000000)';

create function pc_trim_log(registration partitioncache_registration, rows_at_most bigint, rows_kept bigint, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_object_for('changes', registration.cache, registration.partition_key);
    horizon xid8;
    removed bigint := 0;
begin
    -- One trimmer at a time; a second one has nothing to add.
    perform from partitioncache_log_trimmed t
    where t.cache = registration.cache and t.partition_key = registration.partition_key for no key update skip locked;
    if not found then
        return removed;
    end if;
    execute format('select 1 from %s limit 1', changes) into removed;
    if removed is null then
        return 0;
    end if;
    perform pc_advance_snapshots(registration, roles);
    horizon := pc_trim_horizon(registration, rows_kept);
    -- Each relation by its part of the index. What transactions of the future have written came by dump and restore from another cluster.
    execute format($sql$
        with recursive written(relation) as (
            (select c.relation from %1$s c order by 1 limit 1)
            union all
            select (select c.relation from %1$s c where c.relation > w.relation order by 1 limit 1) from written w where w.relation is not null
        )
        delete from %1$s where ctid = any (array(
            select o.place
            from written w
            cross join lateral (
                (select c.ctid as place from %1$s c where c.relation = w.relation and c.xid < $1 order by c.xid limit $3)
                union all
                (select c.ctid from %1$s c where c.relation = w.relation and c.xid >= $2 limit $3)) o
            where w.relation is not null
            limit $3))
        $sql$, changes)
    using horizon, pg_snapshot_xmax(pg_current_snapshot()), rows_at_most;
    get diagnostics removed = row_count;
    if removed > 0 then
        update partitioncache_log_trimmed t set below = horizon, cluster = pc_cluster()
        where t.cache = registration.cache and t.partition_key = registration.partition_key and (t.below < horizon or t.cluster <> pc_cluster());
    end if;
    return removed;
end
$$;

comment on function pc_trim_log(partitioncache_registration, bigint, bigint, oid[]) is
'Removes from one change log what no entry needs, and notes in the same transaction how far: an entry that is older than that is put aside. Returns the number of rows removed. Example: select pc_trim_log(pc_registration(''partitioncache'', ''city_id''), 100000, 1000000)';

create function pc_adopt_static(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    delete from partitioncache_static s
    where s.cache = pc_adopt_static.cache and (s.database, s.cluster) = (pc_database(), pc_cluster())
      and not exists (select from pg_class c where c.oid = s.relation);
    insert into partitioncache_static (cache, relation, relation_name, database, cluster, owner, owner_name, created_at)
    select s.cache, c.oid, s.relation_name, pc_database(), pc_cluster(), c.relowner, s.owner_name, s.created_at
    from partitioncache_static s
    join pg_class c on c.oid = to_regclass(s.relation_name)
    where s.cache = pc_adopt_static.cache and (s.database, s.cluster) <> (pc_database(), pc_cluster())
    on conflict do nothing;
    delete from partitioncache_static s
    where s.cache = pc_adopt_static.cache and (s.database, s.cluster) <> (pc_database(), pc_cluster());
end
$$;

comment on function pc_adopt_static(text) is
'Notes under the OIDs of here what was asserted of tables before a restore, and forgets it of tables that are gone. Example: select pc_adopt_static(''partitioncache'')';

create function pc_trim_changes(cache text, rows_at_most bigint default 100000, rows_kept bigint default 1000000, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- With an older snapshot, judging entries would mean planning queries on strangers' tables, with our rights.
    if pc_old_snapshot() then
        return 0;
    end if;
    perform pc_adopt_static(cache);
    perform pc_adopt_placements(cache);
    return (
        select coalesce(sum(pc_trim_log(r, rows_at_most, rows_kept, roles)), 0)::bigint
        from partitioncache_registration r
        where r.cache = pc_trim_changes.cache and to_regclass(pc_object_for('changes', r.cache, r.partition_key)) is not null);
end
$$;

comment on function pc_trim_changes(text, bigint, bigint, oid[]) is
'Removes from the change logs of a cache what no usable entry needs any more, at most rows_at_most rows a log; where more than rows_kept are needed, the oldest of them too, which puts the entries aside that need those. roles: whose entries may be noted to hold for the present (null: all). For the installer, for whom pc_do_maintain calls it; any number of callers may call it at once. Returns the number of rows removed. Example: select pc_trim_changes(''partitioncache'')';
