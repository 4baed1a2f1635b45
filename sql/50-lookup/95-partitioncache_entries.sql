create function partitioncache_entries(
    partition_key text, cache text default 'partitioncache',
    out hash text, out state text, out reason text, out changed bigint, out tracked boolean, out key_count bigint, out bytes bigint,
    out uses bigint, out last_used timestamptz, out owner name, out created_at timestamptz, out evaluated_at timestamptz,
    out evaluation_ms double precision, out query text, out serves name
) returns setof record
language plpgsql stable parallel safe rows 100
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
begin
    perform pc_registration(cache, partition_key);
    return query execute format($sql$
        select e.hash, s.state, s.reason, s.changed, s.tracked, e.key_count, e.bytes,
               e.uses, e.last_used, coalesce(pg_get_userbyid(nullif(e.owner, 0)), e.owner_name), e.created_at, e.evaluated_at, e.evaluation_ms, e.query,
               case when e.role <> 0 then pg_get_userbyid(e.role) end
        from %s e
        left join pc_entry_state($1, $2, scope => 'visible') s on s.hash = e.hash and s.role = e.role
        order by e.hash, e.role
        $sql$, pc_object_for('entries', cache, partition_key))
    using cache, partition_key;
end
$$;

comment on function partitioncache_entries(text, text) is
'The entries of a partition key that the role may use, has stored or may watch over. state: fresh = all its tables are tracked, and nothing has changed; static = used, because a table of it that nobody tracks is taken not to change; changed = used together with the partitions written to since; aside = not used, reason says why; asserted = stored by hand; null for a query that was stored without keys. changed: how many partitions; tracked: whether it follows writes to any table; key_count, and bytes that the keys take; uses: minutes in which it was used; last_used; owner: the role that stored it; evaluation_ms: how long its evaluation took; query: only of the role''s own, and for administrators; serves: the one role that it serves, null for everybody. Raises PC002 (partition key not registered). Example: select hash, state, reason, key_count from partitioncache_entries(''city_id'')';
