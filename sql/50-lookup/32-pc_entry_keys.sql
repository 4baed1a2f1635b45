create function pc_entry_keys(registration partitioncache_registration, hash text, changed boolean, of_type anyelement, out keys anyarray)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    stored text := case (registration).storage when 'bit' then format('pc_bits_decode(e.bits, e.base)::%s[]', pc_native_type((registration).datatype))
                                               else 'e.keys' end;
begin
    execute case when changed then
        format('select array(select k from unnest(%s) k
                             union
                             select w.key from %s c, unnest(c.keys) w(key)
                             where not c.whole and w.key is not null
                               and c.relation in (select r.root from pc_tracked_roots($2, $3, e.keyed) r)
                               and c.xid >= pg_snapshot_xmin(e.snapshot) and not pg_visible_in_snapshot(c.xid, e.snapshot))
                from %s e where e.hash = $1',
               stored, pc_changes_table((registration).cache, (registration).partition_key),
               pc_key_table((registration).cache, (registration).partition_key))
    else
        format('select %s from %s e where e.hash = $1', stored, pc_key_table((registration).cache, (registration).partition_key))
    end
    into keys using hash, (registration).cache, (registration).partition_key;
end
$$;

comment on function pc_entry_keys(partitioncache_registration, text, boolean, anyelement) is
'The keys of one entry; if changed, with those of partitions that tracked tables were written to since. Example: select pc_entry_keys(pc_registration(''partitioncache'', ''city_id''), ''pizza'', false, null::integer)';
