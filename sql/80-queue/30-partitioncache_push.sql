create function partitioncache_push_many(
    queries text[],
    partition_key text,
    cache text default 'partitioncache',
    priority integer default 1,
    session_path text default pg_catalog.current_setting('search_path')
) returns bigint[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    session jsonb := pc_session(session_path);
    tracks boolean := (pc_settings(cache)).untracked = 'track';
    relations oid[] := '{}'::oid[];
    query text;
    mask text;
    seen text[] := '{}'::text[];
    kinds text[] := '{}'::text[];
begin
    perform pc_require_writable('push queries');
    perform pc_not_null('queries', queries::text, 'partition_key', partition_key, 'cache', cache, 'priority', priority::text, 'session_path', session_path);
    foreach query in array queries loop
        perform pc_not_null('query', query);
        -- Those that differ in plain constants alone read the same tables.
        mask := case when cardinality(queries) > 1 then md5(pc_masked(query)) end;
        kinds := kinds || mask;
        relations := relations || pc_push_check(query, session, tracks and mask = any (seen) is not true);
        seen := case when cardinality(seen) < 100 and mask <> all (seen) then seen || mask else seen end;
    end loop;
    perform pc_register_by_use(queries, partition_key, cache, session);
    if tracks then
        perform pc_track_for(array(select distinct r from unnest(relations) r), cache, partition_key);
    end if;
    return (select e.ids from pc_enqueue('incoming', cache,
        (select coalesce(jsonb_agg(jsonb_build_object('query', q.query, 'partition_key', partition_key, 'session', session, 'priority', priority, 'kind', q.kind)
                                   order by q.place), '[]')
         from unnest(queries, kinds) with ordinality q(query, kind, place)), true) e);
end
$$;

comment on function partitioncache_push_many(text[], text, text, integer, text) is
'Puts many queries into the incoming queue in one call; returns their numbers in the same order. See partitioncache_push. Example: select partitioncache_push_many(array[''select * from poi where kind = 1'', ''select * from poi where kind = 2''], ''city_id'')';

create function partitioncache_push(
    query text,
    partition_key text,
    cache text default 'partitioncache',
    priority integer default 1,
    session_path text default pg_catalog.current_setting('search_path'),
    params text[] default null
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require_writable('push queries');
    return (partitioncache_push_many(array[pc_bind(query, params, pc_session(session_path))], partition_key, cache, priority, session_path))[1];
end
$$;

comment on function partitioncache_push(text, text, text, integer, text, text[]) is
'Puts a query into the incoming queue, to be taken apart and cached; returns its number. Higher priorities go first. A query that waits there already gains priority (by one, or to the priority given if that is more), and comes back if it was dead. A partition key that is not registered is registered with the type of its column. params: the values of its parameters $1, $2, ... as texts, null among them; PostgreSQL finds their types, as PREPARE does, and they are cached as constants of these. Tables of the query that may change and that the role owns are tracked from now on, which a notice says (see partitioncache_update_processor_config, untracked). Raises PostgreSQL''s own error for a query it does not accept, PC001 for null, for a wrong number of values and for one that its type does not have, PC002 for an unknown partition key that no table of the query has, PC005 for anything but one reading statement. Example: select partitioncache_push(''select * from poi where kind = $1'', ''city_id'', params => array[''7''])';
