create function partitioncache_grant(role regrole, level text default 'push', cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if role is null or coalesce(cache, '') = '' then
        perform pc_fail('PC001', 'a role and a cache are needed', '', 'Name them as in partitioncache_grant(''app'', ''push'', ''partitioncache'').');
    end if;
    perform pc_check_level(level);
    perform pc_call('grant', jsonb_build_object('role', role::oid, 'level', level, 'cache', cache));
end
$$;

comment on function partitioncache_grant(regrole, text, text) is
'Gives a role rights in one cache. read: apply and explain. push: also queue queries, work on its own items, track its own tables; what is evaluated as that role serves that role alone. fill: trusted, its key sets serve everybody. administer: also register, configure, grant, clear. monitor: sees counts and states of all, no texts and no keys; stands beside the others, pg_monitor can have it. A role has one of the first four in a cache: a lower one takes rights away. To be called by administrators of the cache; administer is given by the installer. Granting the same again changes nothing, so that what was taken away by REVOKE stays away. Raises PC001 for another level, PC007 without the right. Example: select partitioncache_grant(''app'', ''push'')';

create function pc_do_grant(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    role oid := (argument ->> 'role')::oid;
    level text := argument ->> 'level';
    cache text := argument ->> 'cache';
    home name := (select n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                    where p.proname = 'partitioncache_version' and p.proowner = pc_installer() and n.nspname <> 'partitioncache_internal');
begin
    perform pc_require_new_cache(caller, cache);
    if level = 'administer' and not pg_has_role(caller, pc_installer(), 'usage') then
        perform pc_fail('PC007', format('role "%s" may not make administrators', pg_get_userbyid(caller)), '',
            format('Let role "%s", which installed PartitionCache, call: select partitioncache_grant(%L, %L, %L);', pg_get_userbyid(pc_installer()),
                   quote_ident(pg_get_userbyid(role)), level, cache));
    end if;
    if pg_has_role(role, pc_installer(), 'usage') then
        raise notice 'role "%" has every right already', pg_get_userbyid(role);
    end if;
    perform pc_create_cache(cache);
    perform pc_grant_level(role, level, cache);
    if not has_schema_privilege(role, home, 'usage') then
        raise notice using message = format('role "%s" may not use schema "%s", where the functions are', pg_get_userbyid(role), home),
            hint = format('Let its owner say: grant usage on schema %I to %I;', home, pg_get_userbyid(role));
    end if;
    perform pc_follow_rights(cache);
    return null;
end
$$;

comment on function pc_do_grant(oid, jsonb) is
'partitioncache_grant for a caller: {role: its OID, level, cache}. Example: see pc_call';
