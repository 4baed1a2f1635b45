create function pc_imagined_key(datatype text, relids oid[], columns text[]) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select concat(E'\x01', jsonb_build_object('datatype', datatype, 'columns', (select jsonb_object_agg(r.relid, r.name) from unnest(relids, columns) r(relid, name))))
$$;

comment on function pc_imagined_key(text, oid[], text[]) is
'What stands for a partition key that nobody has registered, in the cache that is called '''' and that no cache can be called: its datatype, and the columns in which it stands, quoted, of the tables. So advice takes queries apart as if it were registered. Example: select pc_imagined_key(''text'', array[''pg_class''::regclass::oid], ''{relname}'')';

create function pc_imagined_registration(imagined text) returns partitioncache_registration
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select row('', imagined, substr(imagined, 2)::jsonb ->> 'datatype', 'array', false, 1, 0, 'epoch'::timestamptz)::partitioncache_registration
$$;

comment on function pc_imagined_registration(text) is
'The registration that a partition key of pc_imagined_key would have. Example: select pc_imagined_registration(pc_imagined_key(''text'', array[''pg_class''::regclass::oid], ''{relname}''))';

create function pc_imagined_placement(imagined text, relation oid) returns partitioncache_placement
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    placement partitioncache_placement;
begin
    select '', imagined, relation, E'\x01\x02.' || quote_ident(a.attname), array[quote_ident(a.attname)::text], array[pc_column_type(a.atttypid, a.attcollation)], a.atttypid, true
    into placement.cache, placement.partition_key, placement.relation, placement.template, placement.columns, placement.column_types, placement.type, placement.plain
    from pg_attribute a
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and quote_ident(a.attname) = substr(imagined, 2)::jsonb -> 'columns' ->> relation::text;
    return placement;
end
$$;

comment on function pc_imagined_placement(text, oid) is
'Where a partition key of pc_imagined_key stands in a table; null if it does not. Example: select (pc_imagined_placement(pc_imagined_key(''text'', array[''pg_class''::regclass::oid], ''{relname}''), ''pg_class''::regclass)).template';
