create function partitioncache_retract_static(relation regclass, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return pc_call('retract_static', jsonb_build_object('relation', relation::oid, 'cache', cache))::boolean;
end
$$;

comment on function partitioncache_retract_static(regclass, text) is
'Takes partitioncache_assert_static back: entries on the table are not used until it is tracked; false if nobody had asserted it. Needs the same rights. Raises PC001 for null, PC007 without the right. Example: select partitioncache_retract_static(''poi'')';

create function pc_do_retract_static(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    asserted oid := (argument ->> 'relation')::oid;
    cache text := argument ->> 'cache';
    taken bigint;
begin
    if asserted is null or coalesce(cache, '') = '' then
        perform pc_fail('PC001', 'a table and a cache are needed', '', 'Name the table, as in partitioncache_retract_static(''poi'').');
    end if;
    perform pc_require_owner(caller, cache, asserted);
    delete from partitioncache_static s
    where s.cache = argument ->> 'cache'
      and case when (s.database, s.cluster) = (pc_database(), pc_cluster()) then s.relation = asserted else s.relation_name = pc_relation_name(asserted) end;
    get diagnostics taken = row_count;
    return to_jsonb(taken > 0);
end
$$;

comment on function pc_do_retract_static(oid, jsonb) is
'partitioncache_retract_static for a caller: {relation: its OID, cache}. Example: see pc_call';
