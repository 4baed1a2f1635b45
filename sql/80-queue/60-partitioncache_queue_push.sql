create function partitioncache_queue_push(queue text, items jsonb, cache text default 'partitioncache') returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require_writable('push queries');
    perform pc_check_queue(queue);
    if items is null or cache is null then
        perform pc_not_null('items', items::text, 'cache', cache);
    end if;
    if jsonb_typeof(items) <> 'array'
        or items @? 'strict $[*] ? (@.type() != "object")'
        or items @? '$[*] ? (!exists(@.query) || @.query == null || !exists(@.partition_key) || @.partition_key == null)'
        or queue = 'outgoing' and items @? '$[*] ? (!exists(@.hash) || @.hash == null)' then
        perform pc_fail('PC001', 'items is no array of items', 'Each item has "query" and "partition_key", in the outgoing queue also "hash"; "datatype", "keyed_tables", "parts" and "priority" may be there.',
            'Pass for example [{"query": "select ...", "partition_key": "city_id"}].');
    end if;
    return (pc_call('enqueue', jsonb_build_object('queue', queue, 'cache', cache, 'items', items, 'checked', false, 'again', true)) ->> 'added')::bigint;
end
$$;

comment on function partitioncache_queue_push(text, jsonb, text) is
'For monitors and other clients: puts items into a queue as they are, because they may be about another database; returns how many were not there yet. The processor in this database leaves them alone. Example: select partitioncache_queue_push(''incoming'', ''[{"query": "select * from poi", "partition_key": "city_id"}]'')';
