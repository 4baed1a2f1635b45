create function pc_require(role oid, cache text, level text) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if pc_has_level(role, cache, level) is not true then
        perform pc_fail('PC007', format('role "%s" has no right to %s in cache "%s"',
                                        pg_get_userbyid(role),
                                        case level when 'read' then 'use entries' when 'push' then 'queue and evaluate queries'
                                                   when 'fill' then 'store entries for everybody' else level end, cache), '',
            format('Let an administrator call: select partitioncache_grant(%L, %L, %L);', quote_ident(pg_get_userbyid(role)), level, cache));
    end if;
end
$$;

comment on function pc_require(oid, text, text) is
'Raises PC007 unless a role has a level of rights in a cache. Example: select pc_require(pc_me(), ''partitioncache'', ''push'')';
