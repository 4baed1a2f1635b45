create function pc_storing_keys(registration partitioncache_registration, given text) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    form pc_storage := pc_storage_of(registration.storage);
    columns text := array_to_string(form.columns, ', ');
    native regtype := pc_native_type(registration.datatype);
begin
    -- A new key set replaces all that was said of the old one, also the text, which is for the eyes of its owner. "distinct on" sorts, where a
    -- plain "distinct" would hash first; "offset 0" has it done once and not at each mention.
    return format($sql$
        insert into %1$s as e (hash, role, owner, owner_name, %2$s, key_count, matches_null, query, generation, evaluation, evaluated_at)
        select g.hash, $1, $2, pg_get_userbyid($2), %3$s, s.key_count, s.matches_null, g.query, $3, g.evaluation, clock_timestamp()
        from (%7$s) g(hash, keys, with_null, query, evaluation)
        cross join lateral (
              select %4$s, cardinality(k.sorted) as key_count, g.with_null or array_position(g.keys, null) is not null as matches_null
              from (select array(select distinct on (x::%5$s) x::%5$s from unnest(g.keys) x where x is not null order by 1) as sorted offset 0) k) s
        on conflict (hash, role) do update
        set (%2$s, key_count, matches_null, query, generation, evaluation, evaluated_at, owner, owner_name, cluster) =
                (select %6$s, excluded.key_count, excluded.matches_null,
                        coalesce(excluded.query, case when (e.owner, e.cluster) = (excluded.owner, excluded.cluster) then e.query end),
                        excluded.generation,
                        coalesce(excluded.evaluation, case when excluded.query is null and (e.owner, e.cluster) = (excluded.owner, excluded.cluster) and (e.evaluation).snapshot is null then e.evaluation end),
                        excluded.evaluated_at, excluded.owner, excluded.owner_name, excluded.cluster)
        $sql$,
        pc_object_for('cache', registration.cache, registration.partition_key), columns,
        's.' || array_to_string(form.columns, ', s.'), (select string_agg(format('%s as %I', c.packed, c.name), ', ' order by c.n) from unnest(form.packed, form.columns) with ordinality c(packed, name, n)),
        native, 'excluded.' || array_to_string(form.columns, ', excluded.'), given);
end
$$;

comment on function pc_storing_keys(partitioncache_registration, text) is
'The statement that stores key sets: distinct, sorted, in the storage of the partition key. given: a query for hash, keys, with_null, query and evaluation of each; its parameters 1 to 3 are the role that they serve, the owner and the generation. Example: see pc_store_keys';

create function pc_store_keys(
    registration partitioncache_registration, role oid, owner oid, hash text, keys anyarray, query text, evaluation pc_evaluation
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    execute pc_storing_keys(registration, 'select $4, $5, false, $6, $7') using role, owner, registration.generation, hash, keys, query, evaluation;
    insert into partitioncache_entry_use (cache, partition_key, hash, role)
    values ((registration).cache, (registration).partition_key, hash, role) on conflict do nothing;
end
$$;

comment on function pc_store_keys(partitioncache_registration, oid, oid, text, anyarray, text, pc_evaluation) is
'Stores a key set; a null among the keys says that rows without a partition key match too. role: whom it serves, 0 for everybody; owner: who stored it; evaluation: how it was found out, null for a user''s own assertion. Example: see pc_store';

create function pc_store_many(registration partitioncache_registration, role oid, owner oid, entries jsonb, evaluations pc_evaluation[]) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    execute pc_storing_keys(registration, format(
        'select e.hash, e.keys::%s[], e.with_null, e.query, ($5::pc_evaluation[])[x.n]
         from jsonb_array_elements($4) with ordinality x(value, n) cross join jsonb_to_record(x.value) e(hash text, query text, keys text, with_null boolean)',
        pc_native_type(registration.datatype))) using role, owner, registration.generation, entries, evaluations;
    insert into partitioncache_entry_use (cache, partition_key, hash, role)
    select (registration).cache, (registration).partition_key, e ->> 'hash', pc_store_many.role from jsonb_array_elements(entries) e on conflict do nothing;
end
$$;

comment on function pc_store_many(partitioncache_registration, oid, oid, jsonb, pc_evaluation[]) is
'Stores several evaluated key sets, [{hash, query, keys (an array, as text), with_null}], each with its evaluation. Example: see pc_do_store';
