create function pc_create_key_table(cache text, partition_key text, datatype text, storage text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    key_table text := pc_key_table(cache, partition_key);
    held text := case storage
        when 'bit' then 'bits bit varying, base bigint'
        else format('keys %s[]', pc_native_type(datatype)) end;
begin
    if to_regclass(key_table) is not null then
        perform pc_fail('PC003', format('the table %s exists already', key_table), 'It would hold the key sets.',
            'Drop or rename it, or choose another name for the cache.');
    end if;
    execute format($sql$
        create table %1$s (
            hash text primary key check (hash <> ''),
            %2$s,
            matches_null boolean not null default false,
            key_count bigint,
            query text,
            keyed_tables text[],
            parts text[],
            deps oid[],
            dep_states bigint[],
            keyed oid[],
            functions oid[],
            function_state bigint,
            snapshot pg_snapshot,
            cluster bigint,
            owner name not null default current_user,
            created_at timestamptz not null default now(),
            evaluated_at timestamptz,
            evaluation_ms double precision
        )$sql$, key_table, held);
    if storage = 'array' and 'lz4' = any ((select enumvals from pg_settings where name = 'default_toast_compression')::text[]) then
        execute format('alter table %s alter keys set compression lz4', key_table);
    end if;
    -- Roles share what they know; but the processor evaluates an entry again as its owner, so nobody may sign for another.
    execute format('alter table %s enable row level security', key_table);
    execute format('create policy shared on %s using (true) with check (owner = current_user)', key_table);
    execute format('comment on table %s is %L', key_table,
        format('Key sets of partition key %I in cache %I. key_count is null where only the query is known.', partition_key, cache));
    perform pc_grant_as(key_table, 'partitioncache_internal.partitioncache_registration');
end
$$;

comment on function pc_create_key_table(text, text, text, text) is
'Makes the table for the key sets of a newly registered partition key. It belongs to the role that registers and is saved by pg_dump as any table. Each row is owned by the role that wrote it last, and no role can write one that another owns. Example: select pc_create_key_table(''partitioncache'', ''city_id'', ''integer'', ''array'')';
