create function pc_store_keys(
    registration partitioncache_registration, role oid, owner oid, hash text, keys anyarray, query text, evaluation pc_evaluation
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    held text := case registration.storage
        when 'bit' then 'pc_bits_encode(k.sorted::bigint[]) as held, pc_bits_base(k.sorted[1:1]::bigint[]) as base'
        else 'k.sorted as held' end;
    columns text := case registration.storage when 'bit' then 'bits, base' else 'keys' end;
    native regtype := pc_native_type(registration.datatype);
begin
    -- A new key set replaces all that was said of the old one, also the text, which is for the eyes of its owner. "distinct on" sorts, where a
    -- plain "distinct" would hash first; "offset 0" has it done once and not at each mention.
    execute format($sql$
        insert into %1$s as e (hash, role, owner, owner_name, %2$s, key_count, matches_null, query, generation, evaluation, evaluated_at)
        select $1, $4, $5, pg_get_userbyid($5), s.held %3$s, s.key_count, s.matches_null, $3, $6, $7, clock_timestamp()
        from (select %4$s, cardinality(k.sorted) as key_count, array_position($2, null) is not null as matches_null
              from (select array(select distinct on (x::%5$s) x::%5$s from unnest($2) x where x is not null order by 1) as sorted offset 0) k) s
        on conflict (hash, role) do update
        set (%2$s, key_count, matches_null, query, generation, evaluation, evaluated_at, owner, owner_name, cluster) =
                (select %6$s, excluded.key_count, excluded.matches_null,
                        coalesce(excluded.query, case when (e.owner, e.cluster) = (excluded.owner, excluded.cluster) then e.query end),
                        excluded.generation,
                        coalesce(excluded.evaluation, case when excluded.query is null and (e.owner, e.cluster) = (excluded.owner, excluded.cluster) and (e.evaluation).snapshot is null then e.evaluation end),
                        excluded.evaluated_at, excluded.owner, excluded.owner_name, excluded.cluster)
        $sql$,
        pc_object_for('cache', registration.cache, registration.partition_key), columns,
        case registration.storage when 'bit' then ', s.base' else '' end, held, native,
        case registration.storage when 'bit' then 'excluded.bits, excluded.base' else 'excluded.keys' end)
    using hash, keys, query, role, owner, registration.generation, evaluation;
    insert into partitioncache_entry_use (cache, partition_key, hash, role)
    values ((registration).cache, (registration).partition_key, hash, role) on conflict do nothing;
end
$$;

comment on function pc_store_keys(partitioncache_registration, oid, oid, text, anyarray, text, pc_evaluation) is
'Stores a key set: distinct, sorted, in the storage of the partition key; a null among the keys says that rows without a partition key match too. role: whom it serves, 0 for everybody; owner: who stored it; evaluation: how it was found out, null for a user''s own assertion. Example: see pc_store';
