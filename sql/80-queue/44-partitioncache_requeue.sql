create function partitioncache_requeue(cache text default 'partitioncache', ids bigint[] default null, queue text default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    return pc_call('requeue', jsonb_build_object('cache', cache, 'ids', ids, 'queue', queue))::bigint;
end
$$;

comment on function partitioncache_requeue(text, bigint[], text) is
'Puts dead items back into their queue, all of them or those with these numbers, with their attempts counted anew; returns how many. You put back your own; administrators of the cache those of all roles. Example: select partitioncache_requeue()';

create function pc_do_requeue(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    all_roles boolean := pc_has_level(caller, argument ->> 'cache', 'administer');
    ids bigint[] := (select array_agg(i::bigint) from jsonb_array_elements(nullif(argument -> 'ids', 'null')) i);
    revived bigint;
begin
    update partitioncache_queue q
    set status = 'ready', attempts = 0, died_at = null, due_at = clock_timestamp()
    where q.id = any (array(
        select o.id from partitioncache_queue o
        where o.cache = argument ->> 'cache' and o.died_at is not null
          and (all_roles or o.owner = caller and o.cluster = pc_cluster())
          and (argument ->> 'ids' is null or o.id = any (ids))
          and (argument ->> 'queue' is null or o.queue = argument ->> 'queue')
        for update skip locked));
    get diagnostics revived = row_count;
    if revived > 0 then
        perform pc_notify(argument ->> 'cache');
    end if;
    return to_jsonb(revived);
end
$$;

comment on function pc_do_requeue(oid, jsonb) is
'partitioncache_requeue for a caller: {cache, ids or null, queue or null}. Example: see pc_call';
