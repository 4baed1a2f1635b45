create function pc_object_for(what text, cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return format('partitioncache_internal.%I', cache || '_' || what || '_' || partition_key);
end
$$;

comment on function pc_object_for(text, text, text) is
'What belongs to a partition key of a cache, schema-qualified and quoted. what: cache, the table that holds its key sets; entries, the view in which a role sees the entries that it may see; store, the view through which they are stored; matching, the view that tells a role which entries are contained in what it asks; changes, the table that logs which partitions of tracked tables were written to; written, the view in which a role sees what was written since its entries were evaluated; log, the trigger function that logs; usable, keys, since, moved, held, contained, the functions that read the entries (see pc_create_readers). Example: select pc_object_for(''entries'', ''partitioncache'', ''city_id'')';
