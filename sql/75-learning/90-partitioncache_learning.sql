create function partitioncache_deferred(
    partition_key text, cache text default 'partitioncache',
    out hash text, out state text, out cost double precision, out credit double precision, out kept double precision, out asked bigint,
    out owner name, out since timestamptz, out query text
) returns setof record
language plpgsql stable parallel safe rows 100
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    return query
        select l.hash, l.state, l.cost, case when l.state = 'deferred' then l.credit end, l.kept, l.asked, l.owner, l.changed_at, l.query
        from pc_own_learning l
        where l.cache = partitioncache_deferred.cache and l.partition_key = partitioncache_deferred.partition_key
        order by l.state, l.credit / nullif(l.cost, 0) desc nulls last, l.hash;
end
$$;

comment on function partitioncache_deferred(text, text) is
'Fragments of a partition key that have no entry, and why. state: deferred = its evaluation costs more (cost, in the planner''s units) than the queries that asked for it could have saved so far (credit; asked: how many queries); unselective = it leaves most partitions (kept: which share); forced, forbidden = an administrator has said so (partitioncache_force, partitioncache_forbid). owner: whose queries it is from, null for everybody''s; since: when it was last looked at. You see your own; who may monitor or administer the cache sees all, without the texts. Raises PC002 (partition key not registered). Example: select * from partitioncache_deferred(''city_id'')';

create function pc_rule(partition_key text, hash text, cache text, state text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('partition_key', partition_key, 'hash', hash, 'cache', cache);
    perform pc_registration(cache, partition_key);
    perform pc_call('rule', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'hash', hash, 'state', state));
end
$$;

comment on function pc_rule(text, text, text, text) is
'Has a fragment forced, forbidden, or (null) as the economics say. Example: see partitioncache_force';

create function partitioncache_force(partition_key text, hash text, cache text default 'partitioncache') returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_rule(partition_key, hash, cache, 'forced')
$$;

comment on function partitioncache_force(text, text, text) is
'Has a fragment evaluated whatever it costs and whatever it leaves: now, if it is deferred, and with each query that is pushed. Raises PC002 (partition key not registered), PC007 for who may not administer the cache. Example: select partitioncache_force(''city_id'', d.hash) from partitioncache_deferred(''city_id'') d where d.credit > d.cost / 2';

create function partitioncache_forbid(partition_key text, hash text, cache text default 'partitioncache') returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_rule(partition_key, hash, cache, 'forbidden')
$$;

comment on function partitioncache_forbid(text, text, text) is
'Has a fragment never be learned from queries: it is taken out of the queue, and its evaluated entries are removed. Raises PC002 (partition key not registered), PC007 for who may not administer the cache. Example: select partitioncache_forbid(''city_id'', e.hash) from partitioncache_entries(''city_id'') e where e.bytes > 1000000';

create function partitioncache_allow(partition_key text, hash text, cache text default 'partitioncache') returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_rule(partition_key, hash, cache, null)
$$;

comment on function partitioncache_allow(text, text, text) is
'Takes back what partitioncache_force or partitioncache_forbid said of a fragment. Raises PC002 (partition key not registered), PC007 for who may not administer the cache. Example: select partitioncache_allow(''city_id'', d.hash) from partitioncache_deferred(''city_id'') d where d.state = ''forbidden''';

create function pc_do_rule(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache_ text := argument ->> 'cache';
    key_ text := argument ->> 'partition_key';
    hash_ text := argument ->> 'hash';
    deferred partitioncache_learning;
begin
    perform pc_require(caller, cache_, 'administer');
    delete from partitioncache_learning l where l.cache = cache_ and l.partition_key = key_ and l.hash = hash_ and l.owner = 0;
    if argument ->> 'state' is not null then
        -- Without a text: it is there for everybody to see.
        insert into partitioncache_learning (cache, partition_key, hash, owner, owner_name, state) values (cache_, key_, hash_, 0, '', argument ->> 'state');
    end if;
    if argument ->> 'state' = 'forbidden' then
        execute format('delete from %s e where e.hash = $1 and e.evaluation is not null', pc_object_for('cache', cache_, key_)) using hash_;
        delete from partitioncache_queue q
        where q.id = any (array(select o.id from partitioncache_queue o
                                where o.queue = 'outgoing' and o.cache = cache_ and o.partition_key = key_ and o.hash = hash_ and o.status <> 'running'
                                for update skip locked));
    end if;
    for deferred in
        delete from partitioncache_learning l
        where argument ->> 'state' = 'forced' and l.cache = cache_ and l.partition_key = key_ and l.hash = hash_ and l.owner <> 0 and l.cluster = pc_cluster() and l.state in ('deferred', 'unselective')
        returning l.*
    loop
        perform pc_buy(deferred);
    end loop;
    return null;
end
$$;

comment on function pc_do_rule(oid, jsonb) is
'pc_rule for a caller: {cache, partition_key, hash, state}. Example: see pc_call';

create function pc_buy(deferred partitioncache_learning) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_do_enqueue(deferred.owner, jsonb_build_object('queue', 'outgoing', 'cache', deferred.cache, 'checked', true, 'again', true, 'items',
        jsonb_build_array(jsonb_build_object('hash', deferred.hash, 'query', deferred.query, 'partition_key', deferred.partition_key, 'keyed_tables', deferred.keyed_tables,
                                             'parts', deferred.parts, 'cost', deferred.cost,
                                             'time_limit', pc_learning_limit(deferred.cache, deferred.cost, pc_pace(deferred.cache, deferred.owner))))));
end
$$;

comment on function pc_buy(partitioncache_learning) is
'Puts a fragment that was deferred into the outgoing queue of the role whose it is. Example: see pc_do_rule';
