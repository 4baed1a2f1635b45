create function pc_oldest_reader() returns xid8
language sql volatile parallel restricted
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- backend_xmin shows the low 32 bits of a number that is never ahead of now.
    select least(pg_snapshot_xmin(pg_current_snapshot()),
                 (select min((c.now - ((c.now - a.backend_xmin::text::bigint) % 4294967296 + 4294967296) % 4294967296)::text::xid8)
                  from pg_stat_activity a, (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as now) c
                  where a.datname = current_database() and a.backend_xmin is not null))
$$;

comment on function pc_oldest_reader() is
'Transactions before this one are visible to every session of this database that the role can see: an evaluation that runs now needs the log from here on. Example: select pc_oldest_reader()';

create function pc_trim_horizon(registration partitioncache_registration) returns xid8
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    horizon xid8;
begin
    -- Entries that are aside for another reason will be evaluated from scratch: they need no log.
    execute format($sql$
        with entry as materialized (
            select e.snapshot, e.deps, e.dep_states
            from %s e
            where e.snapshot is not null and e.cluster = pc_cluster() and e.key_count is not null
              and pg_snapshot_xmin(e.snapshot) >= $1
        ), state as materialized (
            select s.* from pc_relation_states(array(select distinct d from entry e, unnest(e.deps) d)) s
        )
        select min(pg_snapshot_xmin(e.snapshot))
        from entry e
        where not exists (select from unnest(e.deps, e.dep_states) d(relation, state)
                          left join state s using (relation) where s.state is distinct from d.state)
        $sql$, pc_key_table(registration.cache, registration.partition_key))
    into horizon using registration.log_trimmed_below;
    return least(horizon, pc_oldest_reader());
end
$$;

comment on function pc_trim_horizon(partitioncache_registration) is
'Writes of transactions before this one have been seen by every entry that can still be used. Example: select pc_trim_horizon(pc_registration(''partitioncache'', ''city_id''))';

create function pc_trim_log(registration partitioncache_registration, rows_at_most bigint) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    horizon xid8;
    removed bigint;
begin
    -- One trimmer at a time; a second one has nothing to add.
    if not pg_try_advisory_xact_lock(hashtextextended('partitioncache ' || pc_changes_table(registration.cache, registration.partition_key), 0)) then
        return 0;
    end if;
    horizon := pc_trim_horizon(registration);
    execute format($sql$
        with old as (
            select c.ctid
            from partitioncache_tracked t
            cross join lateral (select c.ctid from %1$s c where c.relation = t.relation and c.xid < $3 order by c.xid limit $4) c
            where t.cache = $1 and t.partition_key = $2
            limit $4
        )
        delete from %1$s where ctid = any (array(select ctid from old))
        $sql$, pc_changes_table(registration.cache, registration.partition_key))
    using registration.cache, registration.partition_key, horizon, rows_at_most;
    get diagnostics removed = row_count;
    if removed > 0 then
        update partitioncache_registration r set log_trimmed_below = horizon
        where r.cache = registration.cache and r.partition_key = registration.partition_key and r.log_trimmed_below < horizon;
    end if;
    return removed;
end
$$;

comment on function pc_trim_log(partitioncache_registration, bigint) is
'Removes from one change log what every entry has seen, and notes in the same transaction how far: an entry that is older than that is put aside. Returns the number of rows removed. Example: select pc_trim_log(pc_registration(''partitioncache'', ''city_id''), 100000)';

create function pc_trim_changes(cache text, rows_at_most bigint default 100000) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select coalesce(sum(pc_trim_log(r, rows_at_most)), 0)::bigint
    from partitioncache_registration r
    where r.cache = pc_trim_changes.cache and to_regclass(pc_changes_table(r.cache, r.partition_key)) is not null
$$;

comment on function pc_trim_changes(text, bigint) is
'Removes from the change logs of a cache what every usable entry has seen, at most rows_at_most rows a log. Called by the processor; any number of callers may call it at once. Returns the number of rows removed. Example: select pc_trim_changes(''partitioncache'')';
