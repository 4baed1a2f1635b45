create type pc_queue_item as (
    id bigint,
    partition_key text,
    hash text,
    query text,
    session jsonb,
    keyed_tables text[],
    parts text[],
    datatype text,
    origin bigint,
    priority integer,
    scanned text,
    cost double precision,
    time_limit interval
);

comment on type pc_queue_item is
'What is pushed into a queue; the fields are those of partitioncache_queue.';

create function pc_queue_items(items jsonb) returns pc_queue_item[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return array(
        select row(nextval('partitioncache_queue_id'), i.partition_key, coalesce(i.hash, pc_sha256(i.query || coalesce(i.session::text, ''))),
                   i.query, i.session, i.keyed_tables, i.parts, i.datatype, i.origin, coalesce(i.priority, 1), i.scanned, i.cost, i.time_limit)::pc_queue_item
        from jsonb_array_elements(items) with ordinality e(item, place)
        cross join jsonb_populate_record(null::pc_queue_item, e.item) i
        order by e.place);
end
$$;

comment on function pc_queue_items(jsonb) is
'Items for a queue, numbered in the order of the array. One without a hash gets it from its text and session. Example: select * from unnest(pc_queue_items(''[{"partition_key": "city_id", "query": "select 1"}]''))';
