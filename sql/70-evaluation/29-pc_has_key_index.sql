create function pc_has_key_index(relation text, column_name text) returns boolean
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select exists (
        select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = to_regclass(regexp_replace(relation, '^ONLY ', '')) and quote_ident(a.attname) = column_name and i.indisvalid and i.indpred is null)
$$;

comment on function pc_has_key_index(text, text) is
'Whether the rows of one partition can be found by an index on a column (quoted). Without one, each look into a partition reads the whole table. Example: select pc_has_key_index(''public.poi'', ''city_id'')';
