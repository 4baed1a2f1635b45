create function pc_log_function_for(cache text, partition_key text, template text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return case when template is null then pc_object_for('log', cache, partition_key)
                else format('partitioncache_internal.%I', 'log_' || left(pc_sha256(concat_ws(E'\x1f', cache, partition_key, template)), 24)) end;
end
$$;

comment on function pc_log_function_for(text, text, text) is
'The trigger function that logs writes to the tables in which a partition key is placed as the template says; null: in which it is the column of its name. Example: select pc_log_function_for(''partitioncache'', ''city_id'', null)';

create function pc_log_function_of(cache text, partition_key text, relation oid) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return pc_log_function_for(cache, partition_key, (pc_placement_of(cache, partition_key, relation)).template);
end
$$;

comment on function pc_log_function_of(text, text, oid) is
'The trigger function that logs writes to a table for a partition key. Example: select pc_log_function_of(''partitioncache'', ''city_id'', ''pg_class''::regclass)';

create function pc_create_change_log(registration partitioncache_registration) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_object_for('changes', registration.cache, registration.partition_key);
begin
    if to_regclass(changes) is not null then
        return;
    end if;
    execute format($sql$
        create table %s (
            relation oid not null,
            keys %s[],
            whole boolean not null default false,
            removal boolean not null default false,
            xid xid8 not null
        ) with (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)$sql$,
        changes, pc_native_type(registration.datatype));
    if 'lz4' = any ((select enumvals from pg_settings where name = 'default_toast_compression')::text[]) then
        execute format('alter table %s alter keys set compression lz4', changes);
    end if;
    execute format('create index on %s (relation, xid)', changes);
    execute format('comment on table %s is %L', changes,
        format('Partitions of tracked tables that were written to, for %I in cache %I. One row a statement. relation: the tracked table; keys: the partitions of the rows written; whole: keys do not say what changed; removal: rows were only removed. Append only: pc_trim_changes removes what every entry has seen.',
               registration.partition_key, registration.cache));
    perform pc_take_back(changes::regclass);
    perform pc_create_written_view(registration.cache, registration.partition_key);
    perform pc_create_readers(registration.cache, registration.partition_key);
end
$$;

comment on function pc_create_change_log(partitioncache_registration) is
'Makes the change log of a partition key, where there is none yet. Example: select pc_create_change_log(pc_registration(''partitioncache'', ''city_id''))';
