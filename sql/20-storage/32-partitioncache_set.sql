create function partitioncache_set(
    partition_key text, hash text, keys anyarray, query text default null, cache text default 'partitioncache'
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    asserted pc_evaluation;
begin
    perform pc_require_writable('store key sets');
    perform pc_check_hash(hash);
    if keys is null then
        perform pc_fail('PC001', 'the keys are null', format('hash %L', hash),
            'Pass an array, empty if nothing matches; partitioncache_delete removes an entry.');
    end if;
    perform pc_check_key_type(registration, (select t.typelem::regtype from pg_type t where t.oid = pg_typeof(keys)));
    asserted.form := pc_asserted_form(registration, hash, query);
    execute format('insert into %s (hash, keys, query, evaluation) values ($1, $2::%s[], $3, $4)', pc_object_for('store', cache, partition_key), pc_native_type(registration.datatype))
    using hash, keys, query, asserted;
end
$$;

comment on function partitioncache_set(text, text, anyarray, text, text) is
'Stores the partition keys that match under a hash or a name of your own, and replaces what stood there. A null among the keys says that rows without a partition key match too. You answer for such an entry: it does not follow later writes. One under the hash of a fragment (see partitioncache_fragments) and with its text as query restricts queries; a name of your own is for partitioncache_intersect and the like. It serves everybody if the role may fill the cache, else the role alone. Raises PC001, PC002 (not registered), PC004 (keys of another type), PC007 (no right). Example: select partitioncache_set(''city_id'', ''pizza'', array[3, 5, 8])';

create function partitioncache_set(
    partition_key text, hash text, keys text, query text default null, cache text default 'partitioncache'
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    datatype text := (pc_registration(cache, partition_key)).datatype;
begin
    execute format('select partitioncache_set($1, $2, $3::%s[], $4, $5)', pc_native_type(datatype)) using partition_key, hash, keys, query, cache;
exception when data_exception then
    perform pc_fail('PC004', format('the keys are no array of %s', datatype), sqlerrm, 'Write them as in ''{3,5,8}'', or pass an array.');
end
$$;

comment on function partitioncache_set(text, text, text, text, text) is
'The same for keys that are written as a text, which is read as an array of the partition key''s type. Raises PC004 for a text that is none. Example: select partitioncache_set(''city_id'', ''pizza'', ''{3,5,8}'')';
