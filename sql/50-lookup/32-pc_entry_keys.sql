create function pc_entry_keys(registration partitioncache_registration, hash text, role oid, changed boolean, of_type anyelement, out keys anyarray)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    execute format('select %s($1, $2, $3)', pc_object_for('keys', (registration).cache, (registration).partition_key)) into keys using hash, role, changed;
end
$$;

comment on function pc_entry_keys(partitioncache_registration, text, oid, boolean, anyelement) is
'The keys of one entry; if changed, with those of partitions that tracked tables were written to since. Example: select pc_entry_keys(pc_registration(''partitioncache'', ''city_id''), ''pizza'', 0, false, null::integer)';
