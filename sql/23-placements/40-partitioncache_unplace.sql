create function partitioncache_unplace(relation regclass, partition_key text, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    taken boolean;
begin
    perform pc_not_null('relation', relation::text, 'partition_key', partition_key, 'cache', cache);
    perform pc_registration(cache, partition_key);
    taken := pc_call('unplace', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'relation', relation::oid))::boolean;
    perform pc_track_as_placed(relation, partition_key, cache);
    return taken;
end
$$;

comment on function partitioncache_unplace(regclass, text, text) is
'Takes partitioncache_place back: the partition key is the column of its name again, if the table has one; false if it was not placed. Discards the entries of the table. Needs the level administer in the cache. Raises PC002 (partition key not registered), PC007 without the right. Example: select partitioncache_unplace(''poi'', ''city_id'')';

create function pc_do_unplace(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration;
    placed oid := (argument ->> 'relation')::oid;
begin
    perform pc_require(caller, argument ->> 'cache', 'administer');
    registration := pc_registration(argument ->> 'cache', argument ->> 'partition_key');
    delete from partitioncache_placement p
    where p.cache = registration.cache and p.partition_key = registration.partition_key
      and case when (p.database, p.cluster) = (pc_database(), pc_cluster()) then p.relation = placed else p.relation_name = pc_relation_name(placed) end;
    if not found then
        return to_jsonb(false);
    end if;
    perform pc_placement_changed(registration, placed);
    return to_jsonb(true);
end
$$;

comment on function pc_do_unplace(oid, jsonb) is
'partitioncache_unplace for a caller: {cache, partition_key, relation: its OID}; whether it was placed. Example: see pc_call';
