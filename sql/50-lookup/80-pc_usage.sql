create function pc_counter(cache text, what text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return format('%s.%I', 'partitioncache_internal', cache || '_' || what);
end
$$;

comment on function pc_counter(text, text) is
'The sequence that counts the hits or the misses of a cache. Example: select pc_counter(''partitioncache'', ''hits'')';

create function pc_usage(cache text, out hits bigint, out misses bigint)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    hits := coalesce(pg_sequence_last_value(to_regclass(pc_counter(cache, 'hits'))), 0);
    misses := coalesce(pg_sequence_last_value(to_regclass(pc_counter(cache, 'misses'))), 0);
end
$$;

comment on function pc_usage(text) is
'How many queries were given to partitioncache_apply and restricted (hits), and how many not (misses). Example: select * from pc_usage(''partitioncache'')';
