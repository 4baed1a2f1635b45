create function partitioncache_changed(
    partition_key text, hashes text[], stamps text[], relation text, of_type anyelement, cache text default 'partitioncache'
) returns setof anyelement
language plpgsql stable parallel safe rows 10 cost 20000
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    registration partitioncache_registration;
    entries pc_usable_entry[];
    held boolean;
begin
    -- Nothing was written and nothing altered, as mostly. Under an old snapshot more has to be looked at.
    if pg_trigger_depth() = 0 and current_setting('transaction_isolation') not in ('repeatable read', 'serializable') then
        execute format('select partitioncache_internal.%I($1, $2)', format('%s_held_%s', cache, partition_key)) into held using hashes, stamps;
        if held then
            return;
        end if;
    end if;
    registration := pc_registration(cache, partition_key);
    entries := array(select u from pc_usable_entries(registration, hashes) u where u.problem is null and u.stamp = any (stamps));
    -- An entry that was evaluated anew, put aside, cleared or forgotten since the list was written says nothing of that list any more. Nor can it
    -- be told what a statement whose triggers are running has written.
    if cardinality(entries) < cardinality(hashes) or pg_trigger_depth() > 0 and exists (select from unnest(entries) e where e.tracked) then
        return query execute format('select distinct r.%I::%s from %s r', partition_key, pc_native_type(registration.datatype), relation);
    elsif exists (select from unnest(entries) e where e.changed > 0) then
        return query execute format('select distinct k.key
                                     from %s w, unnest(w.keys) k(key)
                                     where (w.hash, w.role) in (select e.hash, e.role from unnest($1) e where e.changed > 0)
                                       and w.keyed and not w.whole and k.key is not null',
                                    pc_object_for('written', cache, partition_key))
        using entries;
    end if;
end
$$;

comment on function partitioncache_changed(text, text[], text[], text, anyelement, text) is
'What a query that was rewritten with method current calls beside its list of keys: the partitions that were written to since the entries were evaluated from which the list was made, exact for the snapshot of that very statement; every key of relation if one of the entries is not to be used any more. stamps: which evaluation of each entry it was. Example: select partitioncache_changed(''city_id'', ''{pizza}'', ''{0/1700000000.000000}'', ''public.poi'', null::integer)';
