create function pc_find_rights(cache text) returns setof pc_finding
language plpgsql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    me name := pg_get_userbyid(pc_me());
    level text := (
        select l.level from unnest('{administer,fill,push,read,monitor}'::text[]) with ordinality l(level, place)
        where pc_has_level(pc_me(), pc_find_rights.cache, l.level) order by l.place limit 1);
    granted text := pc_mending_call('partitioncache_grant', quote_ident(me), 'push', cache);
begin
    return query select 'rights of this role', f.ok, f.detail, f.fix, f.place
        from (values
            (false, format('role %s was granted nothing in cache %s', me, cache), granted,
             'as the role that installed PartitionCache, or an administrator of the cache', level is null),
            (null, format('role %s has the level monitor in cache %s: it sees counts, and asks nothing', me, cache), granted,
             'as an administrator, if it shall ask and push', level = 'monitor'),
            (true, format('role %s has the level %s in cache %s', me, level, cache), null, null, level <> 'monitor')) f(ok, detail, fix, place, here)
        where f.here;
end
$$;

comment on function pc_find_rights(text) is
'What the current role may do in a cache. Example: select * from pc_find_rights(''partitioncache'')';
