create function pc_lookup(
    registration partitioncache_registration, hashes text[], of_type anyelement,
    out keys anyarray, out matches_null boolean, out usable text[], out used text[], out stamps text[], out own_keys bigint, out tracked boolean
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    entries pc_usable_entry[];
    entry pc_usable_entry;
    unchanged pc_usable_entry[];
begin
    select coalesce(array_agg(u::pc_usable_entry order by u.key_count), '{}') into entries
    -- What the role has stored for itself comes before what serves everybody.
    from (select distinct on (u.hash) u.* from pc_usable_entries(registration, hashes) u where u.problem is null order by u.hash, u.role desc) u;
    -- A statement whose triggers are running has written, and has perhaps not logged it yet.
    if pg_trigger_depth() > 0 and exists (select from unnest(entries) e where e.tracked) then
        entries := array(select e from unnest(entries) e where not e.tracked);
    end if;
    usable := array(select e.hash from unnest(entries) e);
    if usable = '{}' then
        return;
    end if;
    select bool_and(e.matches_null), bool_or(e.tracked), min(e.key_count) filter (where e.tables = 1) into matches_null, tracked, own_keys from unnest(entries) e;

    -- A part says nothing that a whole does not say better: to leave it out is sound, and saves its intersection.
    entries := array(select e from unnest(entries) e
                     where not exists (select from unnest(entries) w where e.hash = any (w.parts) and w.changed = 0)
                     order by e.key_count);
    used := array(select e.hash from unnest(entries) e);
    stamps := array(select e.stamp from unnest(entries) e);
    unchanged := array(select e from unnest(entries) e where e.changed = 0);
    if cardinality(unchanged) > 1 and (pc_storage_of((registration).storage)).intersection is not null then
        execute format('select %s($1, $2, $3, $4)', (pc_storage_of((registration).storage)).intersection) into keys
        using registration, array(select e.hash from unnest(unchanged) e), array(select e.role from unnest(unchanged) e), of_type;
        entries := array(select e from unnest(entries) e where e.changed <> 0);
    end if;
    foreach entry in array entries loop
        exit when cardinality(keys) = 0;
        if keys is null then
            keys := pc_entry_keys(registration, entry.hash, entry.role, entry.changed <> 0, of_type);
        else
            keys := pc_intersect_arrays(keys, pc_entry_keys(registration, entry.hash, entry.role, entry.changed <> 0, of_type));
        end if;
    end loop;
end
$$;

comment on function pc_lookup(partitioncache_registration, text[], anyelement) is
'The partition keys that all usable entries under these hashes have in common. keys: null if none is usable; matches_null: rows without a partition key can match all of them; usable: those that were; used: those that were intersected, stamps: which evaluation of each; own_keys: how many keys the conditions on some table alone leave; tracked: whether they follow writes. Exact for the snapshot of the statement that calls it. Example: select * from pc_lookup(pc_registration(''partitioncache'', ''city_id''), ''{pizza}'', null::integer)';
