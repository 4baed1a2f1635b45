create function pc_entries_view(cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('partitioncache_internal.%I', cache || '_entries_' || partition_key);
end
$$;

comment on function pc_entries_view(text, text) is
'The view in which a role sees the entries of a partition key that it may see, schema-qualified and quoted. Example: select pc_entries_view(''partitioncache'', ''city_id'')';

create function pc_store_view(cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('partitioncache_internal.%I', cache || '_store_' || partition_key);
end
$$;

comment on function pc_store_view(text, text) is
'The view through which entries of a partition key are stored, schema-qualified and quoted. Example: select pc_store_view(''partitioncache'', ''city_id'')';

create function pc_written_view(cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('partitioncache_internal.%I', cache || '_written_' || partition_key);
end
$$;

comment on function pc_written_view(text, text) is
'The view in which a role sees what was written to the tables of its entries since they were evaluated, schema-qualified and quoted. Example: select pc_written_view(''partitioncache'', ''city_id'')';

create function pc_matching_view(cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('partitioncache_internal.%I', cache || '_matching_' || partition_key);
end
$$;

comment on function pc_matching_view(text, text) is
'The view that tells a role which entries are contained in what it asks, schema-qualified and quoted. Example: select pc_matching_view(''partitioncache'', ''city_id'')';
