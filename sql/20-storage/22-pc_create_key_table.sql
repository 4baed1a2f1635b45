create function pc_create_key_table(cache text, partition_key text, datatype text, storage text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    key_table text := pc_object_for('cache', cache, partition_key);
    form pc_storage := pc_storage_of(storage);
    held text := (select string_agg(format('%I ' || c.type, c.name, pc_native_type(datatype)), ', ' order by c.n) from unnest(form.columns, form.types) with ordinality c(name, type, n));
begin
    execute format($sql$
        create table %1$s (
            hash text not null check (hash <> ''),
            role oid not null default 0,
            %2$s,
            matches_null boolean not null default false,
            key_count bigint,
            query text,
            generation bigint,
            evaluation pc_evaluation,
            owner oid not null,
            owner_name name not null,
            cluster bigint not null default pc_cluster(),
            created_at timestamptz not null default now(),
            evaluated_at timestamptz,
            primary key (hash, role)
        )$sql$, key_table, held);
    if form.compressible and 'lz4' = any ((select enumvals from pg_settings where name = 'default_toast_compression')::text[]) then
        execute format('alter table %s alter %I set compression lz4', key_table, form.columns[1]);
    end if;
    perform pc_take_back(key_table::regclass);
    execute format('create index on %s (((evaluation).filed_under), ((evaluation).filed_rank) desc, key_count)', key_table);
    -- Not for a snapshot that is moved ahead: what was decided by the entry stays as right as it was.
    execute format('create trigger note after insert or delete or update of evaluated_at on %s for each statement execute function pc_note_change(%L, %L)',
                   key_table, cache, partition_key);
    execute format('create trigger note_truncate after truncate on %s for each statement execute function pc_note_change(%L, %L)', key_table, cache, partition_key);
    execute format('comment on table %s is %L', key_table,
        format('Key sets of partition key %I in cache %I. role: 0 for one that serves everybody, else the role that it serves alone. key_count is null where only the query is known; evaluation where the user asserted it.',
               partition_key, cache));
    perform pc_create_entries_view(cache, partition_key, storage);
    perform pc_create_store_view(cache, partition_key, datatype);
end
$$;

comment on function pc_create_key_table(text, text, text, text) is
'Makes the table for the key sets of a newly registered partition key, and the views through which roles read and store them. pg_dump saves it as any table. Example: select pc_create_key_table(''partitioncache'', ''city_id'', ''integer'', ''array'')';
