create function partitioncache_take_apart(
    query text, partition_key text, cache text default 'partitioncache', storage text default 'array',
    session_path text default pg_catalog.current_setting('search_path'),
    out hash text, out fragment text, out keyed_tables text[], out parts text[], out held boolean, out reason text
) returns setof record
language plpgsql volatile parallel unsafe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_variable
declare
    session jsonb := pc_session(session_path);
begin
    perform pc_require_writable('fill a cache');
    perform pc_not_null('query', query, 'partition_key', partition_key, 'cache', cache, 'storage', storage, 'session_path', session_path);
    perform pc_accept(query, partition_key, cache, session, storage);
    perform pc_require(pc_me(), cache, 'push');
    return query
        with first as materialized (select f.* from pc_learned_first(query, partition_key, cache, session) with ordinality f)
        select f.hash, f.fragment, f.keyed_tables, f.parts,
               f.hash in (select e.hash from pc_entry_state(cache, partition_key, array(select o.hash from first o)) e where e.state in ('fresh', 'static', 'asserted')),
               null::text
        from first f order by f.ordinality;
    if not found then
        reason := coalesce((pc_take_apart(query, partition_key, cache, session)).reason, 'it has no fragment that can be cached');
        return next;
    end if;
end
$$;

comment on function partitioncache_take_apart(text, text, text, text, text) is
'For monitors and other clients that evaluate by themselves: accepts a query as partitioncache_push does, and instead of queuing it returns the fragments that are learned first, each after its parts. hash: its name; fragment, keyed_tables and parts: to be passed to partitioncache_evaluate; held: the cache holds it, up to date. If nothing of the query can be cached, one row that only has a reason. storage: for a partition key that is not registered yet, see partitioncache_register. Raises what partitioncache_push does, PC007 without the right. Example: select hash, fragment, held from partitioncache_take_apart(''select * from poi where kind = 6'', ''city_id'')';
