create function pc_key_type(query text, partition_key text, session jsonb) returns text
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_datatype_of(a.atttypid, a.attcollation)
    from unnest((pc_parse(query, session)).relations) with ordinality r(oid, n)
    join pg_attribute a on a.attrelid = r.oid and a.attname = partition_key and a.attnum > 0 and not a.attisdropped
    order by pc_datatype_of(a.atttypid, a.attcollation) is null, r.n
    limit 1
$$;

comment on function pc_key_type(text, text, jsonb) is
'The datatype under which a column of that name in one of the query''s tables would be registered; null if there is none. Example: select pc_key_type(''select * from poi'', ''city_id'', pc_session(''public''))';
