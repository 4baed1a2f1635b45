create function pc_queue_items(items jsonb)
returns table (
    place integer, partition_key text, hash text, query text, session jsonb,
    keyed_tables text[], parts text[], datatype text, priority integer
)
language sql stable parallel safe rows 10
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select i.place::integer, i.partition_key,
           coalesce(i.hash, encode(sha256(convert_to(i.query || coalesce(i.session::text, ''), 'UTF8')), 'hex')),
           i.query, i.session, i.keyed_tables, i.parts, i.datatype, coalesce(i.priority, 1)
    from rows from (jsonb_to_recordset(items) as (
        partition_key text, hash text, query text, session jsonb, keyed_tables text[], parts text[], datatype text, priority integer
    )) with ordinality i(partition_key, hash, query, session, keyed_tables, parts, datatype, priority, place)
$$;

comment on function pc_queue_items(jsonb) is
'Items for a queue as rows, in the order of the array. An item without a hash gets one from its text and session. Example: select * from pc_queue_items(''[{"partition_key": "city_id", "query": "select 1"}]'')';
