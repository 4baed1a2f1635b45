create function partitioncache_set_query(partition_key text, hash text, query text, cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
begin
    perform pc_check_hash(hash);
    perform pc_call('set_query', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'hash', hash, 'query', query,
                                                   'form', pc_asserted_form(registration, hash, query)));
end
$$;

comment on function partitioncache_set_query(text, text, text, text) is
'Stores the text of the query that an entry answers, for people and tools to read, or of the fragment whose hash it is, by which queries then find it; the entry may be stored before or after. The query of an entry that was evaluated stays what it is. Raises PC002 (not registered), PC007 (no right). Example: select partitioncache_set_query(''city_id'', ''pizza'', ''select ...'')';

create function pc_do_set_query(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(argument ->> 'cache', argument ->> 'partition_key');
    asserted pc_evaluation;
begin
    perform pc_require(caller, registration.cache, 'push');
    -- An evaluated entry is refreshed by its query, so only what the user stored may be relabelled.
    if jsonb_typeof(argument -> 'form') = 'object' then
        asserted.form := jsonb_populate_record(null::pc_form, argument -> 'form');
        asserted := pc_file(registration, asserted);
    end if;
    execute format('insert into %s as e (hash, role, owner, owner_name, query, evaluation) values ($1, $2, $3, pg_get_userbyid($3), $4, $5)
                    on conflict (hash, role) do update
                    set query = excluded.query, evaluation = excluded.evaluation, owner = excluded.owner, owner_name = excluded.owner_name, cluster = excluded.cluster
                    where (e.evaluation).snapshot is null', pc_object_for('cache', registration.cache, registration.partition_key))
    using argument ->> 'hash', case when pc_has_level(caller, registration.cache, 'fill') then 0::oid else caller end, caller, argument ->> 'query', asserted;
    return null;
end
$$;

comment on function pc_do_set_query(oid, jsonb) is
'partitioncache_set_query for a caller: {cache, partition_key, hash, query, form}. Example: see pc_call';
