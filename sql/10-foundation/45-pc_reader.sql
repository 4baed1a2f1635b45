create function pc_reader(cache text, partition_key text, what text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('partitioncache_internal.%I', format('%s_%s_%s', cache, what, partition_key));
end
$$;

comment on function pc_reader(text, text, text) is
'A function that was made to read the entries of a partition key, schema-qualified and quoted. what: usable, keys, since, held or contained (see pc_create_readers). Example: select pc_reader(''partitioncache'', ''city_id'', ''keys'')';
