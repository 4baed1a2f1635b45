create function pc_enqueue(queue text, cache text, items jsonb, checked boolean, again boolean default true, out ids bigint[], out added bigint)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    done jsonb := pc_call('enqueue', jsonb_build_object('queue', queue, 'cache', cache, 'items', items, 'checked', checked, 'again', again));
begin
    ids := (done ->> 'ids')::bigint[];
    added := (done ->> 'added')::bigint;
end
$$;

comment on function pc_enqueue(text, text, jsonb, boolean, boolean) is
'Puts items, an array of objects whose fields are those of partitioncache_queue, into a queue; ids in their order and the number that was not there before. again: what is there already gains priority, and comes back to life if it is dead. checked: this server accepted their texts. Example: select * from pc_enqueue(''incoming'', ''partitioncache'', ''[{"partition_key": "city_id", "query": "select 1"}]'', true)';

create function pc_do_enqueue(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- Planning for the values of each call takes longer than the work. A plan is kept as long as the session, and the table fills and empties
-- all the time: so no choice is left but one probe of the index for each item.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_bitmapscan = off
set jit = off
as $$
declare
    queue_ text := argument ->> 'queue';
    cache_ text := argument ->> 'cache';
    again boolean := (argument -> 'again')::boolean;
    here bigint := pc_cluster();
    amount integer := coalesce(jsonb_array_length(argument -> 'items'), 0);
    numbers bigint[];
    keys text[];
    hashes text[];
    priorities integer[];
    ids bigint[];
    added bigint;
begin
    perform pc_require(caller, cache_, 'push');
    if queue_ = 'outgoing' and (argument -> 'checked')::boolean
        and exists (select from jsonb_array_elements(argument -> 'items') i where i ->> 'hash' is distinct from pc_sha256(i ->> 'query')) then
        perform pc_fail('PC009', 'the hash of a fragment is not that of its text', '', 'Push queries with partitioncache_push: it takes them apart and names the fragments.');
    end if;
    loop
        -- Nothing here waits for anybody: what another transaction is just putting in as well is there twice.
        with item as materialized (
            select coalesce(numbers[i.ordinality], nextval('partitioncache_queue_id')) as id, i.partition_key, i.query, i.session, i.keyed_tables, i.parts, i.datatype, i.origin,
                   coalesce(i.hash, pc_sha256(i.query || coalesce(i.session::text, ''))) as hash, coalesce(i.priority, 1) as priority, i.scanned, i.kind, i.cost, i.time_limit, i.ordinality as place
            from rows from (jsonb_to_recordset(argument -> 'items') as (
                partition_key text, hash text, query text, session jsonb, keyed_tables text[], parts text[], datatype text, origin bigint, priority integer,
                scanned text, kind text, cost double precision, time_limit interval)) with ordinality i
        ), new as (
            insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, keyed_tables, parts, datatype, origin, checked, priority, scanned, kind, cost, time_limit,
                                              owner, owner_name, cluster)
            select queue_, i.id, cache_, i.partition_key, i.hash, i.query, i.session, i.keyed_tables, i.parts, i.datatype,
                   -- Nobody has a death blamed on what is another's.
                   (select i.origin from partitioncache_queue o where o.queue = 'incoming' and o.id = i.origin / 65536 and o.owner = caller),
                   (argument -> 'checked')::boolean, i.priority, i.scanned, i.kind, i.cost, i.time_limit, caller, pg_get_userbyid(caller), here
            from (select distinct on (x.partition_key, x.hash) x.* from item x order by x.partition_key, x.hash, x.place) i
            where (select q.id from partitioncache_queue q
                   where q.queue = queue_ and q.cache = cache_ and q.partition_key = i.partition_key
                     and q.hash = i.hash and q.owner = caller and q.cluster = here limit 1) is null
            returning id
        )
        select (select count(*) from new), array_agg(i.id order by i.place), array_agg(i.partition_key order by i.place), array_agg(i.hash order by i.place), array_agg(i.priority order by i.place)
        into added, numbers, keys, hashes, priorities
        from item i;
        -- Nearly always, that is all.
        ids := numbers;
        exit when added = amount;

        select array_agg(q.id order by i.place), count(*) filter (where q.id = i.id) into ids, added
        from unnest(numbers, keys, hashes) with ordinality i(id, partition_key, hash, place)
        cross join lateral (select k.id from partitioncache_queue k
                            where k.queue = queue_ and k.cache = cache_ and k.partition_key = i.partition_key
                              and k.hash = i.hash and k.owner = caller and k.cluster = here order by k.id = i.id desc limit 1) q;
        -- An item that was there when it was looked for and finished just after is pushed once more.
        exit when again is not true or coalesce(cardinality(ids), 0) = amount;
    end loop;
    perform pc_forget_claim_place(queue_, added = amount);
    if again and added < amount then
        perform pc_push_again(caller, queue_, cache_, numbers, keys, hashes, priorities);
    end if;
    if added > 0 then
        perform pc_notify(cache_);
    end if;
    return jsonb_build_object('ids', ids::text, 'added', added);
end
$$;

comment on function pc_do_enqueue(oid, jsonb) is
'pc_enqueue for a caller: {queue, cache, items, checked, again} gives {ids, added}. The hash of a fragment that this server is to evaluate must be that of its text. Raises PC007 below the level push, PC009 for another hash. Example: see pc_call';
