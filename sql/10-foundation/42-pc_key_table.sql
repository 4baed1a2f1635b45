create function pc_key_table(cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('%s.%I', 'partitioncache_internal', cache || '_cache_' || partition_key);
end
$$;

comment on function pc_key_table(text, text) is
'The table that holds the key sets of a partition key, schema-qualified and quoted. Example: select pc_key_table(''partitioncache'', ''city_id'')';

create function pc_changes_table(cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('%s.%I', 'partitioncache_internal', cache || '_changes_' || partition_key);
end
$$;

comment on function pc_changes_table(text, text) is
'The table that logs which partitions of tracked tables were written to, schema-qualified and quoted. Example: select pc_changes_table(''partitioncache'', ''city_id'')';
