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
        pc_key_table(registration.cache, registration.partition_key)) using registration;
end
$$;

comment on function pc_tracked_entries(partitioncache_registration) is
'The usable entries that need the change log; fresh: none of it. The others will be evaluated from scratch, or depend on nothing that is tracked. Example: select * from pc_tracked_entries(pc_registration(''partitioncache'', ''city_id''))';

create function pc_advance_snapshots(registration partitioncache_registration) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    advanced bigint;
begin
    -- An entry whose tables have not changed up to now is as good as evaluated now. It would else need the log for ever.
    -- One statement has one snapshot; an entry that somebody else stores meanwhile has another, and is left alone.
    execute format($sql$
        update %s e set evaluation.snapshot = pc_snapshot()
        from pc_tracked_entries($1) t
        where t.hash = e.hash and t.role = e.role and t.fresh and t.snapshot::text = (e.evaluation).snapshot::text and pg_snapshot_xmin(t.snapshot) < pc_oldest_reader()
        $sql$, pc_key_table(registration.cache, registration.partition_key)) using registration;
    get diagnostics advanced = row_count;
    return advanced;
end
$$;

comment on function pc_advance_snapshots(partitioncache_registration) is
'Notes for entries whose tables have not changed since they were evaluated that they hold for the present as well; how many. Example: select pc_advance_snapshots(pc_registration(''partitioncache'', ''city_id''))';

create function pc_trim_horizon(registration partitioncache_registration, rows_kept bigint) returns xid8
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_changes_table(registration.cache, registration.partition_key);
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

create function pc_trim_log(registration partitioncache_registration, rows_at_most bigint, rows_kept bigint) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_changes_table(registration.cache, registration.partition_key);
    horizon xid8;
    removed bigint := 0;
begin
    -- One trimmer at a time; a second one has nothing to add.
    if not pg_try_advisory_xact_lock(hashtextextended('partitioncache ' || changes, 0)) then
        return removed;
    end if;
    execute format('select 1 from %s limit 1', changes) into removed;
    if removed is null then
        return 0;
    end if;
    perform pc_advance_snapshots(registration);
    horizon := pc_trim_horizon(registration, rows_kept);
    execute format($sql$
        delete from %1$s where ctid = any (array(
            select o.place
            from partitioncache_tracked t
            cross join lateral (select c.ctid as place from %1$s c where c.relation = t.relation and c.xid < $3 order by c.xid limit $4) o
            where t.cache = $1 and t.partition_key = $2
            limit $4))
        $sql$, changes)
    using registration.cache, registration.partition_key, horizon, rows_at_most;
    get diagnostics removed = row_count;
    if removed > 0 then
        update partitioncache_registration r set log_trimmed_below = horizon
        where r.cache = registration.cache and r.partition_key = registration.partition_key and r.log_trimmed_below < horizon;
    end if;
    return removed;
end
$$;

comment on function pc_trim_log(partitioncache_registration, bigint, bigint) is
'Removes from one change log what no entry needs, and notes in the same transaction how far: an entry that is older than that is put aside. Returns the number of rows removed. Example: select pc_trim_log(pc_registration(''partitioncache'', ''city_id''), 100000, 1000000)';

create function pc_trim_changes(cache text, rows_at_most bigint default 100000, rows_kept bigint default 1000000) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select coalesce(sum(pc_trim_log(r, rows_at_most, rows_kept)), 0)::bigint
    from partitioncache_registration r
    where r.cache = pc_trim_changes.cache and to_regclass(pc_changes_table(r.cache, r.partition_key)) is not null
$$;

comment on function pc_trim_changes(text, bigint, bigint) is
'Removes from the change logs of a cache what no usable entry needs any more, at most rows_at_most rows a log; where more than rows_kept are needed, the oldest of them too, which puts the entries aside that need those. Called by the processor; any number of callers may call it at once. Returns the number of rows removed. Example: select pc_trim_changes(''partitioncache'')';
