create function pc_entry_keys(registration partitioncache_registration, hash text, role oid, changed boolean, of_type anyelement, out keys anyarray)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    stored text := case (registration).storage when 'bit' then format('pc_bits_decode(e.bits, e.base)::%s[]', pc_native_type((registration).datatype))
                                               else 'e.keys' end;
    entries text := pc_entries_view((registration).cache, (registration).partition_key);
begin
    execute case when changed then
        format('select array(select k from unnest(%s) k
                             union
                             select k.key from %s w, unnest(w.keys) k(key)
                             where w.hash = e.hash and w.role = e.role and w.keyed and not w.whole and k.key is not null)
                from %s e where e.hash = $1 and e.role = $2',
               stored, pc_written_view((registration).cache, (registration).partition_key), entries)
    else
        format('select %s from %s e where e.hash = $1 and e.role = $2', stored, entries)
    end
    into keys using hash, role;
end
$$;

comment on function pc_entry_keys(partitioncache_registration, text, oid, boolean, anyelement) is
'The keys of one entry; if changed, with those of partitions that tracked tables were written to since. Example: select pc_entry_keys(pc_registration(''partitioncache'', ''city_id''), ''pizza'', 0, false, null::integer)';
