create function partitioncache_assert_static(relation regclass, cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_call('assert_static', jsonb_build_object('relation', relation::oid, 'cache', cache));
end
$$;

comment on function partitioncache_assert_static(regclass, text) is
'Your assertion that a table (with its partitions and children) does not change as long as the cache is used: entries on it are used though its writes are not logged. Clear the cache when it has changed after all. Needs the level push in the cache and the ownership of the table, or the level administer. Raises PC001 for null, PC007 without the right, PC008 for what holds no rows. Example: select partitioncache_assert_static(''poi'')';

create function pc_do_assert_static(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    asserted regclass := (argument ->> 'relation')::oid;
    cache text := argument ->> 'cache';
    kind "char" := (select c.relkind from pg_class c where c.oid = asserted);
begin
    if asserted is null or coalesce(cache, '') = '' then
        perform pc_fail('PC001', 'a table and a cache are needed', '', 'Name the table that does not change, as in partitioncache_assert_static(''poi'').');
    end if;
    if kind is null or kind not in ('r', 'p', 'm', 'f') then
        perform pc_fail('PC008', format('%s holds no rows of its own', asserted), '', 'Name the tables that it reads.');
    end if;
    perform pc_require_owner(caller, cache, asserted);
    perform pc_create_cache(cache);
    insert into partitioncache_static (cache, relation, relation_name, database, cluster, owner, owner_name)
    values (cache, asserted, pc_relation_name(asserted), pc_database(), pc_cluster(), caller, pg_get_userbyid(caller))
    on conflict on constraint partitioncache_static_pkey do update set relation_name = excluded.relation_name;
    return null;
end
$$;

comment on function pc_do_assert_static(oid, jsonb) is
'partitioncache_assert_static for a caller: {relation: its OID, cache}. Example: see pc_call';

create function pc_require_owner(caller oid, cache text, relation oid) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, cache, 'push');
    if not pg_has_role(caller, (select c.relowner from pg_class c where c.oid = relation), 'usage') and not pc_has_level(caller, cache, 'administer') then
        perform pc_fail('PC007', format('role "%s" does not own %s', pg_get_userbyid(caller), relation::regclass), '',
            format('Let its owner or an administrator of cache "%s" do it.', cache));
    end if;
end
$$;

comment on function pc_require_owner(oid, text, oid) is
'Raises PC007 unless the caller may push in the cache and owns the table, or administers the cache. Example: select pc_require_owner(pc_me(), ''partitioncache'', ''poi''::regclass)';
