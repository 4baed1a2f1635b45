create function pc_entry_state(
    cache text, partition_key text, hashes text[] default null, scope text default 'serves',
    out hash text, out role oid, out state text, out reason text, out changed bigint, out tracked boolean, out static boolean, out owner oid, out deps oid[]
) returns setof record
language plpgsql stable parallel safe rows 100
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
begin
    return query execute format($sql$
        select u.hash, u.role,
               case when u.problem is not null then 'aside' when e.asserted then 'asserted' when u.changed > 0 then 'changed' when u.static then 'static' else 'fresh' end,
               u.problem, u.changed, u.tracked, u.static, e.owner, e.deps
        -- Each is looked up by its key: PostgreSQL, which knows little of a new table, would rather compare all with all.
        from pc_usable_entries($1, $2, $3) u cross join lateral (select x.asserted, x.owner, x.deps from %s x where x.hash = u.hash and x.role = u.role offset 0) e
        $sql$, pc_object_for('entries', cache, partition_key))
    using pc_registration(cache, partition_key), hashes, scope;
end
$$;

comment on function pc_entry_state(text, text, text[], text) is
'How the entries stand. state: fresh = all its tables are tracked, and nothing has changed; static = used, because a table of it that nobody tracks is taken not to change; changed = used together with the partitions written to since; aside = not used, reason says why; asserted = stored by hand. tracked: whether it follows writes to any table; static: whether any is taken not to change; deps: what it reads. scope: see pc_usable_entries. Example: select * from pc_entry_state(''partitioncache'', ''city_id'')';
