create function pc_enter_race(item partitioncache_queue, cost double precision default null, sure boolean default false) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    settings partitioncache_settings := pc_settings(item.cache);
begin
    -- What takes some ten milliseconds is decided upon in less than it takes to measure it.
    if settings.race_budget > 0 and item.session is not null
        and coalesce(cost, 'infinity') >= greatest(5 * settings.least_cost, 5000) and pc_may_race(item, sure) then
        cost := coalesce(cost, (pc_query_cost(item.query, item.session)).cost);
        if cost >= greatest(5 * settings.least_cost, 5000) then
            perform pc_call('enter_race', jsonb_build_object('cache', item.cache, 'partition_key', item.partition_key, 'query', item.query, 'session', item.session, 'cost', cost));
        end if;
    end if;
end
$$;

comment on function pc_enter_race(partitioncache_queue, double precision, boolean) is
'Has a pushed query raced once nothing else is left to do, unless it is cheap (cost: in the planner''s units; null: the planner is asked), races are switched off, or its kind is not to be raced yet; sure: nothing more is learned of it, so it is raced only where such queries are restricted already (see pc_may_race). Example: select pc_enter_race(q, 5000) from partitioncache_queue q where q.id = 7';

create function pc_do_enter_race(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache_ text := argument ->> 'cache';
    settings partitioncache_settings := pc_settings(cache_);
begin
    perform pc_require(caller, cache_, 'push');
    return pc_do_enqueue(caller, jsonb_build_object('queue', 'racing', 'cache', cache_, 'checked', true, 'again', false, 'items', jsonb_build_array(
        (argument - 'cache') || jsonb_build_object('priority', 0, 'hash', pc_sha256(concat(argument ->> 'session', ' ', argument ->> 'query')),
            'time_limit', interval '1 ms' * least(greatest(5000, 4 * pc_pace(cache_, caller) * settings.race_budget * (argument -> 'cost')::double precision), 86400000)))));
end
$$;

comment on function pc_do_enter_race(oid, jsonb) is
'pc_enter_race for a caller: {cache, partition_key, query, session, cost}. Raises PC007 below the level push. Example: see pc_call';

create function pc_claim_race(cache text, lease interval, worker_id text, one_transaction boolean default false) returns partitioncache_queue
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- What others are just evaluating, the race shall know.
    if exists (select from pc_own_queue q where q.cache = pc_claim_race.cache and q.queue = 'outgoing' and q.mine and q.status = 'running') then
        return null;
    end if;
    return (select c from pc_claim('{racing}', cache, 1, lease, worker_id, one_transaction => one_transaction) c);
end
$$;

comment on function pc_claim_race(text, interval, text, boolean) is
'Claims a query to be raced, if nobody is evaluating a fragment of this role; see pc_claim. Example: select pc_claim_race(''partitioncache'', ''5 min'', pc_worker_id())';
