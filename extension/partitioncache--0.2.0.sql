-- Made by scripts/build-extension from the files in sql/; change those, not this one.
\echo Use "CREATE EXTENSION partitioncache" to load this file. \quit

-- sql/00-schema/00-server_version.sql
do $$
begin
    if current_setting('server_version_num')::integer < 150000 then
        raise exception using errcode = 'PC001',
            message = format('PartitionCache needs PostgreSQL 15 or newer; this server is %s', current_setting('server_version')),
            hint = 'Upgrade the server first; nothing was installed.';
    end if;
end
$$;

-- sql/00-schema/10-partitioncache_internal.sql
-- A schema that belongs to the installer alone. The schema of the extension may belong to somebody else (public belongs to the owner of the
-- database), who could put an operator or a function there that fits a call of ours better than ours does: nothing is looked up there.
create schema partitioncache_internal;

comment on schema partitioncache_internal is
'Tables, types and functions of PartitionCache. What people call stands in the schema of the extension and leads here.';

set search_path = partitioncache_internal, pg_temp;

-- sql/10-foundation/10-pc_fail.sql
create function pc_fail(code text, message text, detail text default '', hint text default '') returns void
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    raise exception using errcode = code, message = message, detail = detail, hint = hint;
end
$$;

comment on function pc_fail(text, text, text, text) is
'Raises an error of our own class. code: PC001 bad argument, PC002 partition key not registered, PC003 registered differently, PC004 datatype, PC005 query cannot be cached, PC006 processor or pg_cron, PC007 permission, PC008 tracking, PC009 queue. Example: select pc_fail(''PC001'', ''hash is null'', '''', ''Pass the name of an entry.'')';

-- sql/10-foundation/11-pc_dump_with_extension.sql
create function pc_dump_with_extension(relation regclass) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Installed over a connection there is no extension, and pg_dump takes the table as any other.
    if exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
               where d.classid = 'pg_class'::regclass and d.objid = relation and d.deptype = 'e'
                 and d.refclassid = 'pg_extension'::regclass and e.extname = 'partitioncache') then
        perform pg_extension_config_dump(relation, '');
    end if;
end
$$;

comment on function pc_dump_with_extension(regclass) is
'Lets pg_dump save the rows of a table that belongs to the extension. Called beside each create table that holds what users have entered. Example: select pc_dump_with_extension(''partitioncache_settings'')';

-- sql/10-foundation/12-partitioncache_version.sql
create function partitioncache_version() returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
return '0.2.0'::text;

comment on function partitioncache_version() is
'The version of the installed SQL, as text. Example: select partitioncache_version()';

-- sql/10-foundation/20-pc_native_type.sql
create function pc_native_type(datatype text) returns regtype
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
return case datatype
    when 'integer' then 'integer'::regtype
    when 'bigint' then 'bigint'::regtype
    when 'float' then 'double precision'::regtype
    when 'numeric' then 'numeric'::regtype
    when 'text' then 'text'::regtype
    when 'uuid' then 'uuid'::regtype
    when 'date' then 'date'::regtype
    when 'timestamp' then 'timestamp without time zone'::regtype
    when 'timestamptz' then 'timestamp with time zone'::regtype
end;

comment on function pc_native_type(text) is
'The PostgreSQL type that holds keys of a datatype; null for a word that is no datatype. Example: select pc_native_type(''float'')';

-- sql/10-foundation/21-pc_datatype_of.sql
create function pc_datatype_of(type oid, collation_ oid default 0) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        with recursive base(type) as (
            select pc_datatype_of.type
            union all
            select t.typbasetype from base b join pg_type t on t.oid = b.type where t.typtype = 'd'
        )
        select case b.type
            when 'smallint'::regtype then 'integer'
            when 'integer'::regtype then 'integer'
            when 'bigint'::regtype then 'bigint'
            when 'real'::regtype then 'float'
            when 'double precision'::regtype then 'float'
            when 'numeric'::regtype then 'numeric'
            when 'text'::regtype then 'text'
            when 'character varying'::regtype then 'text'
            when 'uuid'::regtype then 'uuid'
            when 'date'::regtype then 'date'
            when 'timestamp without time zone'::regtype then 'timestamp'
            when 'timestamp with time zone'::regtype then 'timestamptz'
        end
        from base b
        join pg_type t on t.oid = b.type and t.typtype <> 'd'
        -- Under a nondeterministic collation equal texts may differ, and sets of texts would not intersect rightly.
        where not exists (select from pg_collation c
                          where c.oid = pc_datatype_of.collation_ and not c.collisdeterministic)
    );
end
$$;

comment on function pc_datatype_of(oid, oid) is
'The datatype under which a column of this type and collation can be a partition key (domains count as their base type); null where none fits, as for character(n), citext or a nondeterministic collation, whose equality is not that of text. Example: select pc_datatype_of(''smallint''::regtype)';

-- sql/10-foundation/30-partitioncache_settings.sql
create table partitioncache_settings (
    cache text primary key check (cache <> ''),
    max_fragments integer not null default 64 check (max_fragments between 1 and 10000),
    enabled boolean not null default false,
    frequency_seconds numeric not null default 1 check (frequency_seconds > 0),
    max_parallel_jobs integer not null default 2 check (max_parallel_jobs between 1 and 64),
    fragment_timeout interval not null default '30 min' check (fragment_timeout > interval '0'),
    max_attempts integer not null default 3 check (max_attempts > 0),
    log_limit integer not null default 10000 check (log_limit >= 0)
);

comment on table partitioncache_settings is
'One row a cache: max_fragments = most fragments a query is taken apart into; enabled, frequency_seconds, max_parallel_jobs, fragment_timeout = how the processor works; max_attempts = failures until a queued item is dead; log_limit = rows kept in partitioncache_processor_log.';

select pc_dump_with_extension('partitioncache_settings');

-- sql/10-foundation/31-partitioncache_registration.sql
create table partitioncache_registration (
    cache text not null references partitioncache_settings on update cascade on delete cascade,
    partition_key text not null check (partition_key <> ''),
    datatype text not null check (pc_native_type(datatype) is not null),
    storage text not null check (storage in ('array', 'bit')),
    partition_local boolean not null default false,
    log_trimmed_below xid8 not null default '0',
    created_at timestamptz not null default now(),
    primary key (cache, partition_key),
    check (storage = 'array' or datatype in ('integer', 'bigint'))
);

comment on table partitioncache_registration is
'One row a registered partition key: its datatype, how key sets are stored, whether the user asserts that matches never cross partitions (partition_local), and the transaction id below which the change log has been trimmed.';

select pc_dump_with_extension('partitioncache_registration');

-- sql/10-foundation/40-pc_settings.sql
create function pc_settings(cache text) returns partitioncache_settings
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    settings partitioncache_settings;
begin
    select s.* into settings from partitioncache_settings s where s.cache = pc_settings.cache;
    if not found then
        settings := row(cache, 64, false, 1, 2, '30 min', 3, 10000);
    end if;
    return settings;
end
$$;

comment on function pc_settings(text) is
'The settings of a cache, or the defaults for a cache that nobody has registered a partition key in. Example: select (pc_settings(''partitioncache'')).max_fragments';

-- sql/10-foundation/41-pc_registration.sql
create function pc_registration(cache text, partition_key text) returns partitioncache_registration
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration;
begin
    select r.* into registration
    from partitioncache_registration r
    where r.cache = pc_registration.cache and r.partition_key = pc_registration.partition_key;
    if not found then
        perform pc_fail('PC002', format('partition key "%s" is not registered in cache "%s"', partition_key, cache),
            (select 'Registered there: ' || coalesce(string_agg(format('%s (%s)', r.partition_key, r.datatype), ', ' order by r.partition_key), 'nothing') || '.'
             from partitioncache_registration r where r.cache = pc_registration.cache),
            format('Call partitioncache_register(%L, <datatype>, cache => %L) first.', partition_key, cache));
    end if;
    return registration;
end
$$;

comment on function pc_registration(text, text) is
'The registration of a partition key. Raises PC002 where there is none. Example: select (pc_registration(''partitioncache'', ''city_id'')).datatype';

-- sql/10-foundation/42-pc_key_table.sql
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

-- sql/10-foundation/43-pc_cluster.sql
create function pc_cluster() returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select system_identifier from pg_control_system());
end
$$;

comment on function pc_cluster() is
'The identifier of this database cluster. Transaction ids are the clock of one cluster only, so an entry that arrived from another is not used. Example: select pc_cluster()';

-- sql/20-storage/10-pc_bits.sql
create function pc_bits_base(keys bigint[]) returns bigint
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- A multiple of 64, rounded down also below zero, so that the words of two entries lie over one another.
as $$
#variable_conflict use_column
begin
    return (select (min(k) >> 6) << 6 from unnest(keys) k);
end
$$;

comment on function pc_bits_base(bigint[]) is
'The key that the first bit of a bit string stands for; null for no keys. Example: select pc_bits_base(''{100,-3}'')';

create function pc_bits_encode(keys bigint[]) returns bit varying
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    base bigint;
    span numeric;
begin
    select pc_bits_base(array[min(k)]), max(k) into base, span from unnest(keys) k;
    span := span - base;
    if span >= 1 << 28 then
        perform pc_fail('PC004', format('keys from %s on span %s values, more than the %s that bit storage holds', base, span, 1 << 28),
            '', 'Register the partition key with storage ''array''.');
    end if;
    -- Words in hexadecimal, aggregated: setting a million single bits would copy the string a million times.
    return (
        with words as (
            select (k - base) >> 6 as word, bit_or(1::bigint << (63 - ((k - base) & 63)::integer)) as bits
            from unnest(keys) k
            group by 1
        )
        select ('x' || string_agg(lpad(to_hex(coalesce(w.bits, 0)), 16, '0'), '' order by n))::bit varying
        from generate_series(0, (span::bigint) >> 6) n left join words w on w.word = n
    );
end
$$;

comment on function pc_bits_encode(bigint[]) is
'A bit string in which bit i stands for the key pc_bits_base(keys) + i; null for no keys. Raises PC004 if the keys span more than 2^28 values. Example: select pc_bits_encode(''{1,2,66}'')';

create function pc_bits_decode(bits bit varying, base bigint) returns bigint[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    part_bits constant integer := 1 << 20;
begin
    -- A set bit ends a run of unset ones, so that the lengths of the runs tell the keys: far fewer steps than one a bit.
    return array(
        with memory as materialized (
            select pc_bits_decode.bits || B'' as bits
        ), written as materialized (
            select part, substring(m.bits from part * part_bits + 1 for part_bits)::text as digits
            from memory m, generate_series(0, (length(m.bits) - 1) / part_bits) part
        ), counted as materialized (
            select w.part, w.digits, length(replace(w.digits, '0', '')) as ones from written w
        )
        select base + (c.part::bigint * part_bits - 1
               + sum(octet_length(run.zeros) + 1) over (partition by c.part order by run.nth rows unbounded preceding))
        from counted c, string_to_table(c.digits, '1') with ordinality run (zeros, nth)
        where run.nth <= c.ones
        order by c.part, run.nth
    );
end
$$;

comment on function pc_bits_decode(bit varying, bigint) is
'The keys that a bit string stands for, sorted. Example: select pc_bits_decode(pc_bits_encode(''{1,2,66}''), 0)';

-- sql/20-storage/20-partitioncache_register.sql
create function partitioncache_register(
    partition_key text,
    datatype text,
    storage text default 'array',
    cache text default 'partitioncache',
    partition_local boolean default false
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    known partitioncache_registration;
begin
    perform pc_check_registration(partition_key, datatype, storage, cache, partition_local);
    perform pg_advisory_xact_lock(hashtextextended('partitioncache ' || cache, 0));

    select r.* into known from partitioncache_registration r
    where r.cache = partitioncache_register.cache and r.partition_key = partitioncache_register.partition_key;
    if found then
        if (known.datatype, known.storage, known.partition_local) is distinct from (datatype, storage, partition_local) then
            perform pc_fail('PC003', format('partition key "%s" is already registered in cache "%s" in another way', partition_key, cache),
                format('Registered: datatype %s, storage %s, partition_local %s. Asked for: datatype %s, storage %s, partition_local %s.',
                       known.datatype, known.storage, known.partition_local, datatype, storage, partition_local),
                'Use the registered form, or another cache.');
        end if;
        return;
    end if;

    perform pc_create_cache(cache);
    insert into partitioncache_registration (cache, partition_key, datatype, storage, partition_local)
    values (cache, partition_key, datatype, storage, partition_local);
    perform pc_create_key_table(cache, partition_key, datatype, storage);
end
$$;

comment on function partitioncache_register(text, text, text, text, boolean) is
'Registers a partition key. datatype: integer, bigint, float, numeric, text, uuid, date, timestamp or timestamptz; storage: array (all datatypes) or bit (integer, bigint); partition_local: your assertion that no match ever crosses partitions, and that rows without a partition key match none of another table. Registering the same again changes nothing. Raises PC001 for a bad argument, PC003 if it is registered in another way, PC004 if the storage cannot hold the datatype. Example: select partitioncache_register(''city_id'', ''integer'')';

-- sql/20-storage/21-pc_check_registration.sql
create function pc_check_registration(partition_key text, datatype text, storage text, cache text, partition_local boolean) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if coalesce(partition_key, '') = '' or coalesce(cache, '') = '' or partition_local is null then
        perform pc_fail('PC001', 'a partition key, a cache and partition_local are needed',
            format('partition_key %L, cache %L, partition_local %L', partition_key, cache, partition_local),
            'Name the column that splits your data, as in partitioncache_register(''city_id'', ''integer'').');
    end if;
    if pc_native_type(datatype) is null then
        perform pc_fail('PC004', format('"%s" is no datatype of a partition key', datatype), '',
            'Datatypes are integer, bigint, float, numeric, text, uuid, date, timestamp and timestamptz.');
    end if;
    if storage is null or storage not in ('array', 'bit') then
        perform pc_fail('PC001', format('"%s" is no storage', storage), '', 'Storage is array or bit.');
    end if;
    if storage = 'bit' and datatype not in ('integer', 'bigint') then
        perform pc_fail('PC004', format('bit storage holds integers, not %s', datatype), '',
            'Register it with storage ''array'', which holds every datatype.');
    end if;
    if octet_length(cache || '_changes_' || partition_key) > 63 then
        perform pc_fail('PC001', 'the names of the cache and the partition key are too long together',
            format('%I has %s bytes; a table name has at most 63.', cache || '_changes_' || partition_key,
                   octet_length(cache || '_changes_' || partition_key)),
            'Choose a shorter name for the cache.');
    end if;
end
$$;

comment on function pc_check_registration(text, text, text, text, boolean) is
'Raises PC001 or PC004 if these arguments cannot be registered. Example: select pc_check_registration(''city_id'', ''integer'', ''bit'', ''partitioncache'', false)';

-- sql/20-storage/22-pc_create_cache.sql
create function pc_create_cache(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    counter text;
begin
    insert into partitioncache_settings (cache) values (cache) on conflict do nothing;
    foreach counter in array array[pc_counter(cache, 'hits'), pc_counter(cache, 'misses')] loop
        if to_regclass(counter) is null then
            execute format('create sequence %s', counter);
            perform pc_grant_as(counter, 'partitioncache_internal.partitioncache_registration');
        end if;
    end loop;
end
$$;

comment on function pc_create_cache(text) is
'Makes the settings and the counters of a cache, if they are not there. Example: select pc_create_cache(''partitioncache'')';

-- sql/20-storage/22-pc_create_key_table.sql
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

-- sql/20-storage/23-pc_grant_as.sql
create function pc_grant_as(target text, model regclass) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    reader record;
begin
    for reader in
        select distinct a.grantee::regrole as role
        from pg_class c, aclexplode(c.relacl) a
        where c.oid = model and a.privilege_type = 'SELECT' and a.grantee <> 0 and a.grantee <> c.relowner
    loop
        execute format('grant %s on %s to %s',
                       case when (select c.relkind from pg_class c where c.oid = target::regclass) = 'S' then 'usage, select'
                            else 'select, insert, update, delete' end, target, reader.role);
    end loop;
end
$$;

comment on function pc_grant_as(text, regclass) is
'Lets every role that may read a control table use a table or counter that was made later; so roles that were granted the use of PartitionCache share partition keys that are registered later. Example: select pc_grant_as(pc_key_table(''partitioncache'', ''city_id''), ''partitioncache_registration'')';

-- sql/20-storage/24-partitioncache_partition_keys.sql
create function partitioncache_partition_keys(
    cache text default 'partitioncache',
    out partition_key text, out datatype text, out storage text, out entries bigint, out bytes bigint
) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    for partition_key, datatype, storage in
        select r.partition_key, r.datatype, r.storage from partitioncache_registration r
        where r.cache = partitioncache_partition_keys.cache order by 1
    loop
        execute format('select count(*) filter (where key_count is not null) from %s', pc_key_table(cache, partition_key)) into entries;
        bytes := pg_total_relation_size(pc_key_table(cache, partition_key)::regclass);
        return next;
    end loop;
end
$$;

comment on function partitioncache_partition_keys(text) is
'The registered partition keys of a cache: datatype, storage, entries = number of key sets, bytes on disk with indexes. Example: select * from partitioncache_partition_keys()';

-- sql/20-storage/30-pc_check_entry.sql
create function pc_check_hash(hash text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if coalesce(hash, '') = '' then
        perform pc_fail('PC001', 'the hash of an entry is null or empty', '', 'Pass the hash of a fragment, or a name of your own.');
    end if;
end
$$;

comment on function pc_check_hash(text) is
'Raises PC001 for a null or empty hash. Example: select pc_check_hash(''berlin_pizza'')';

create function pc_check_key_type(registration partitioncache_registration, element regtype) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    datatype text := pc_datatype_of(element);
begin
    if datatype is not distinct from registration.datatype
        or (datatype in ('integer', 'bigint') and registration.datatype in ('integer', 'bigint', 'numeric')) then
        return;
    end if;
    perform pc_fail('PC004', format('partition key "%s" holds %s, not %s', registration.partition_key, registration.datatype, element), '',
        format('Cast the keys to %s[], or register another partition key.', pc_native_type(registration.datatype)));
end
$$;

comment on function pc_check_key_type(partitioncache_registration, regtype) is
'Raises PC004 if keys of that type cannot be keys of the partition key. Example: select pc_check_key_type(pc_registration(''partitioncache'', ''city_id''), ''integer'')';

-- sql/20-storage/31-pc_store_keys.sql
create function pc_store_keys(registration partitioncache_registration, hash text, keys anyarray, query text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    held text := case registration.storage
        when 'bit' then 'pc_bits_encode(k.sorted::bigint[]) as held, pc_bits_base(k.sorted[1:1]::bigint[]) as base'
        else 'k.sorted as held' end;
    columns text := case registration.storage when 'bit' then 'bits, base' else 'keys' end;
    native regtype := pc_native_type(registration.datatype);
begin
    -- A new key set replaces all that was said of the old one; what depends on tables is filled in by pc_evaluate_fragment.
    -- "distinct on" sorts, where a plain "distinct" would hash first; "offset 0" has it done once and not at each mention.
    execute format($sql$
        insert into %1$s as e (hash, %2$s, key_count, matches_null, query, evaluated_at)
        select $1, s.held %3$s, s.key_count, s.matches_null, $3, clock_timestamp()
        from (select %4$s, cardinality(k.sorted) as key_count, array_position($2, null) is not null as matches_null
              from (select array(select distinct on (x::%5$s) x::%5$s from unnest($2) x where x is not null order by 1) as sorted offset 0) k) s
        on conflict (hash) do update set (%2$s, key_count, matches_null, query, evaluated_at) =
                (select %6$s, excluded.key_count, excluded.matches_null, coalesce(excluded.query, e.query), excluded.evaluated_at),
            keyed_tables = null, parts = null, deps = null, dep_states = null, keyed = null, functions = null, function_state = null,
            snapshot = null, cluster = null, evaluation_ms = null, owner = current_user
        $sql$,
        pc_key_table(registration.cache, registration.partition_key), columns,
        case registration.storage when 'bit' then ', s.base' else '' end, held, native,
        case registration.storage when 'bit' then 'excluded.bits, excluded.base' else 'excluded.keys' end)
    using hash, keys, query;
    insert into partitioncache_entry_use (cache, partition_key, hash)
    values ((registration).cache, (registration).partition_key, hash) on conflict do nothing;
end
$$;

comment on function pc_store_keys(partitioncache_registration, text, anyarray, text) is
'Stores a key set as the user''s own assertion: distinct, sorted, in the storage of the partition key; a null among the keys says that rows without a partition key match too. Example: select pc_store_keys(pc_registration(''partitioncache'', ''city_id''), ''mine'', ''{1,2}''::integer[], null)';

-- sql/20-storage/32-partitioncache_set.sql
create function partitioncache_set(
    partition_key text, hash text, keys anyarray, query text default null, cache text default 'partitioncache'
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
begin
    perform pc_check_hash(hash);
    if keys is null then
        perform pc_fail('PC001', 'the keys are null', format('hash %L', hash),
            'Pass an array, empty if nothing matches; partitioncache_delete removes an entry.');
    end if;
    perform pc_check_key_type(registration, (select t.typelem::regtype from pg_type t where t.oid = pg_typeof(keys)));
    perform pc_store_keys(registration, hash, keys, query);
end
$$;

comment on function partitioncache_set(text, text, anyarray, text, text) is
'Stores the partition keys that match under a hash or a name of your own, and replaces what stood there. A null among the keys says that rows without a partition key match too. Such an entry is your assertion: it does not follow later writes. Raises PC001, PC002 (not registered), PC004 (keys of another type). Example: select partitioncache_set(''city_id'', ''pizza'', array[3, 5, 8])';

-- sql/20-storage/34-partitioncache_exists.sql
create function partitioncache_exists(partition_key text, hash text, cache text default 'partitioncache') returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    found_one boolean;
begin
    perform pc_registration(cache, partition_key);
    execute format('select exists (select from %s where hash = $1 and key_count is not null)', pc_key_table(cache, partition_key))
    into found_one using hash;
    return found_one;
end
$$;

comment on function partitioncache_exists(text, text, text) is
'Whether a key set, empty or not, is stored under the hash. Example: select partitioncache_exists(''city_id'', ''pizza'')';

-- sql/20-storage/35-partitioncache_delete.sql
create function partitioncache_delete(partition_key text, hash text, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    deleted bigint;
begin
    perform pc_registration(cache, partition_key);
    execute format('delete from %s where hash = $1', pc_key_table(cache, partition_key)) using hash;
    get diagnostics deleted = row_count;
    delete from partitioncache_entry_use u
    where u.cache = partitioncache_delete.cache and u.partition_key = partitioncache_delete.partition_key and u.hash = partitioncache_delete.hash;
    return deleted > 0;
end
$$;

comment on function partitioncache_delete(text, text, text) is
'Deletes an entry and its query; true if there was one. Example: select partitioncache_delete(''city_id'', ''pizza'')';

-- sql/20-storage/36-partitioncache_keys.sql
create function partitioncache_keys(partition_key text, cache text default 'partitioncache') returns setof text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    return query execute format('select hash from %s where key_count is not null order by hash', pc_key_table(cache, partition_key));
end
$$;

comment on function partitioncache_keys(text, text) is
'The hashes of all entries of a partition key. Example: select * from partitioncache_keys(''city_id'')';

-- sql/20-storage/37-partitioncache_query.sql
create function partitioncache_query(partition_key text, hash text, cache text default 'partitioncache') returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    stored text;
begin
    perform pc_registration(cache, partition_key);
    execute format('select query from %s where hash = $1', pc_key_table(cache, partition_key)) into stored using hash;
    return stored;
end
$$;

comment on function partitioncache_query(text, text, text) is
'The query that is stored with an entry; null if there is none. Example: select partitioncache_query(''city_id'', ''pizza'')';

create function partitioncache_set_query(partition_key text, hash text, query text, cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    perform pc_check_hash(hash);
    -- An evaluated entry is refreshed by its query, so only what the user stored may be relabelled.
    execute format('insert into %s as e (hash, query) values ($1, $2)
                    on conflict (hash) do update set query = excluded.query, owner = current_user where e.deps is null', pc_key_table(cache, partition_key))
    using hash, query;
end
$$;

comment on function partitioncache_set_query(text, text, text, text) is
'Stores the text of the query that an entry answers, for people and tools to read; the entry may be stored before or after. The query of an entry that the processor evaluated stays what it is. Example: select partitioncache_set_query(''city_id'', ''pizza'', ''select …'')';

-- sql/20-storage/38-partitioncache_count.sql
create function partitioncache_count(partition_key text default null, cache text default 'partitioncache') returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if partition_key is not null then
        perform pc_registration(cache, partition_key);
    end if;
    return (select coalesce(sum(k.entries), 0) from partitioncache_partition_keys(cache) k
            where k.partition_key = coalesce(partitioncache_count.partition_key, k.partition_key));
end
$$;

comment on function partitioncache_count(text, text) is
'The number of entries of one partition key, or of all in the cache. Example: select partitioncache_count(''city_id'')';

-- sql/20-storage/39-partitioncache_clear.sql
create function partitioncache_clear(partition_key text default null, cache text default 'partitioncache') returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cleared bigint;
    total bigint := 0;
    key_table text;
begin
    if partition_key is not null then
        perform pc_registration(cache, partition_key);
    end if;
    for key_table in
        select pc_key_table(r.cache, r.partition_key) from partitioncache_registration r
        where r.cache = partitioncache_clear.cache and r.partition_key = coalesce(partitioncache_clear.partition_key, r.partition_key)
    loop
        execute format('delete from %s', key_table);
        get diagnostics cleared = row_count;
        total := total + cleared;
    end loop;
    delete from partitioncache_entry_use u
    where u.cache = partitioncache_clear.cache and u.partition_key = coalesce(partitioncache_clear.partition_key, u.partition_key);
    return total;
end
$$;

comment on function partitioncache_clear(text, text) is
'Deletes all entries of one partition key, or of all in the cache; the number deleted. Registrations and queues stay. Example: select partitioncache_clear(''city_id'')';

-- sql/25-tracking/10-partitioncache_tracked.sql
create table partitioncache_tracked (
    cache text not null,
    partition_key text not null,
    relation regclass not null,
    since xid8 not null,
    cluster bigint not null,
    created_at timestamptz not null default now(),
    primary key (cache, partition_key, relation),
    foreign key (cache, partition_key) references partitioncache_registration on update cascade on delete cascade
);

comment on table partitioncache_tracked is
'One row a table whose writes are logged for a partition key: since = the transaction that began it, by the clock of cluster. The triggers on the table do the work; pc_tracking_state compares the two.';

select pc_dump_with_extension('partitioncache_tracked');

-- sql/25-tracking/20-pc_create_change_log.sql
create function pc_log_function(cache text, partition_key text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
return format('%s.%I', 'partitioncache_internal', cache || '_log_' || partition_key);

comment on function pc_log_function(text, text) is
'The trigger function that logs writes for a partition key, schema-qualified and quoted. Example: select pc_log_function(''partitioncache'', ''city_id'')';

create function pc_create_change_log(registration partitioncache_registration) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_changes_table(registration.cache, registration.partition_key);
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
    perform pc_grant_as(changes, 'partitioncache_registration');
end
$$;

comment on function pc_create_change_log(partitioncache_registration) is
'Makes the change log of a partition key, where there is none yet. Example: select pc_create_change_log(pc_registration(''partitioncache'', ''city_id''))';

-- sql/25-tracking/21-pc_create_log_function.sql
create function pc_create_log_function(registration partitioncache_registration) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $outer$
declare
    logger text := pc_log_function(registration.cache, registration.partition_key);
    tracker regrole;
    types oid[] := array(select t.oid from pg_type t
                         where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0
                           and pc_datatype_of(t.oid) = registration.datatype
                         order by 1);
begin
    if to_regprocedure(logger || '()') is not null then
        return;
    end if;
    -- Writers need no rights of ours, hence SECURITY DEFINER: nothing in it may depend on who calls it.
    execute format($sql$
        create function %1$s() returns trigger
        language plpgsql volatile security definer
        set search_path = pg_catalog, pg_temp
        as $body$
        #variable_conflict use_column
        declare
            tracked oid := tg_argv[0];
            one %6$s;
            alone boolean;
            described boolean;
            written %6$s[];
        begin
            if tg_op = 'DELETE' or tg_op = 'TRUNCATE' then
                -- without a transaction id nothing can have been removed
                if pg_current_xact_id_if_assigned() is not null then
                    insert into %2$s (relation, whole, removal, xid) values (tracked, true, true, pg_current_xact_id());
                end if;
                return null;
            end if;

            -- Most statements write one row, and are quick themselves: a look at the first two rows, and one insert.
            -- A write must never fail because its table was altered: where the table has no such column, the name means
            -- that of "without", and where it has another type, there is no key.
            if tg_level = 'STATEMENT' then
                for one in
                    select case when pg_typeof(w.key)::oid = any (%5$L::oid[]) then w.key end
                    from (values (null::boolean)) without(%4$I) cross join lateral (select %4$I from new_rows) w(key)
                loop
                    alone := alone is null;
                    exit when not alone;
                end loop;
                if alone is null then
                    return null;
                end if;
                described := one is not null;
                if alone and described then
                    insert into %2$s (relation, keys, xid) values (tracked, array[one], pg_current_xact_id());
                    return null;
                end if;
            end if;

            -- Static statements again, reached only while the column has a type that fits.
            described := described or exists (
                select from pg_attribute a join pg_type t on t.oid = a.atttypid
                where a.attrelid = tg_relid and a.attname = %3$L
                  and (t.oid = any (%5$L::oid[]) or t.typtype = 'd' and t.typbasetype = any (%5$L::oid[])));
            if tg_level = 'ROW' then
                if described then
                    written := array[new.%4$I];
                end if;
            elsif described then
                written := array(select distinct n.%4$I from new_rows n);
            end if;
            insert into %2$s (relation, keys, whole, xid) values (tracked, written, written is null, pg_current_xact_id());
            return null;
        end
        $body$
        $sql$, logger, pc_changes_table(registration.cache, registration.partition_key),
        registration.partition_key, registration.partition_key, types, pc_native_type(registration.datatype));
    execute format('comment on function %s() is %L', logger,
        format('Logs which partitions (%I) a statement wrote to, for cache %I. Its triggers are made by partitioncache_track.',
               registration.partition_key, registration.cache));
    execute format('revoke all on function %s() from public', logger);
    -- Whoever drops the extension is told of the triggers, and with CASCADE they go first. Installed over a connection
    -- there is none.
    if exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
               where d.classid = 'pg_class'::regclass and d.objid = 'partitioncache_tracked'::regclass and d.deptype = 'e'
                 and d.refclassid = 'pg_extension'::regclass and e.extname = 'partitioncache') then
        execute format('alter function %s() depends on extension partitioncache', logger);
    end if;
    -- Other roles that may track tables make triggers of it too.
    for tracker in
        select distinct a.grantee
        from pg_proc p, aclexplode(p.proacl) a
        where p.oid = 'partitioncache_internal.partitioncache_track(regclass, text, text)'::regprocedure and a.grantee <> 0 and a.grantee <> current_user::regrole
    loop
        execute format('grant execute on function %s() to %s', logger, tracker);
    end loop;
end
$outer$;

comment on function pc_create_log_function(partitioncache_registration) is
'Makes the trigger function that logs writes for a partition key, where there is none yet. Example: select pc_create_log_function(pc_registration(''partitioncache'', ''city_id''))';

-- sql/25-tracking/30-pc_relation_family.sql
create function pc_relation_family(relation oid) returns setof oid
language sql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with recursive family(member) as (
        select relation
        union
        select i.inhrelid from family f join pg_inherits i on i.inhparent = f.member
    )
    select member from family
$$;

comment on function pc_relation_family(oid) is
'The relation and all its partitions and inheriting tables, however deep. Example: select pc_relation_family(''pg_class''::regclass)';

-- sql/25-tracking/31-pc_tracking_refusal.sql
create function pc_tracking_refusal(relation oid) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select case
        when c.oid = pc_tracking_refusal.relation and p.inhparent is not null
            then format('table %s is a part of %s, and what is written through that fires no trigger here', c.oid::regclass, p.inhparent::regclass)
        when c.oid < 16384 then format('system table %s is changed without triggers', c.oid::regclass)
        when c.relpersistence = 't' then format('temporary table %s is seen by one session only', c.oid::regclass)
        when c.relkind = 'f' then format('foreign table %s can be written to on the other side, which fires no trigger here', c.oid::regclass)
        when c.relkind = 'v' then format('view %s holds no rows; its tables can be tracked', c.oid::regclass)
        when c.relkind = 'm' then format('materialised view %s is refreshed without triggers', c.oid::regclass)
        else format('relation %s is no table', c.oid::regclass)
        end
    from pc_relation_family(pc_tracking_refusal.relation) m
    join pg_class c on c.oid = m
    left join pg_inherits p on p.inhrelid = pc_tracking_refusal.relation
    where p.inhparent is not null or c.oid < 16384 or c.relpersistence = 't' or c.relkind not in ('r', 'p')
    order by p.inhparent is null, c.oid <> pc_tracking_refusal.relation, c.oid
    limit 1
$$;

comment on function pc_tracking_refusal(oid) is
'Why writes to a relation cannot be tracked; null if they can. Example: select pc_tracking_refusal(''pg_class''::regclass)';

-- sql/25-tracking/32-pc_tracking_triggers.sql
create function pc_trigger_name(event text, cache text, partition_key text, relation oid) returns name
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
return format('partitioncache_%s_%s_%s', event, relation, substr(md5(pc_changes_table(cache, partition_key)), 1, 8))::name;

comment on function pc_trigger_name(text, text, text, oid) is
'The name of a trigger that logs writes to a tracked table or to one of its partitions. Example: select pc_trigger_name(''insert'', ''partitioncache'', ''city_id'', 16384)';

create function pc_is_subscribed(relation oid) returns boolean
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select exists (select from pc_relation_family(relation) m join pg_subscription_rel s on s.srrelid = m)
$$;

comment on function pc_is_subscribed(oid) is
'Whether logical replication writes to a relation or to one below it. Example: select pc_is_subscribed(''pg_class''::regclass)';

create function pc_tracking_triggers(
    cache text, partition_key text, relation oid,
    out member oid, out name name, out event text, out definition text, out enabled "char", out cloned boolean
) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- What logical replication applies fires row triggers only, and of these the ones that are enabled for replicas; so do
    -- sessions with session_replication_role = replica. A row trigger for deletes makes all deletes slower, so only
    -- tables that are subscribed have one.
    select m, pc_trigger_name(e.event, cache, partition_key, relation), e.event, e.definition, e.enabled,
           e.event in ('replica', 'applied') and c.relispartition and m <> relation
    from pc_relation_family(relation) m
    join pg_class c on c.oid = m
    cross join (values
        ('insert', 'after insert on %s referencing new table as new_rows for each statement', 'O'::"char"),
        ('update', 'after update on %s referencing new table as new_rows for each statement', 'O'),
        ('remove', 'after delete or truncate on %s for each statement', 'A'),
        ('replica', 'after insert or update on %s for each row', 'R'),
        ('applied', 'after delete on %s for each row', 'R')) e(event, definition, enabled)
    where e.event <> 'applied' or pc_is_subscribed(relation)
$$;

comment on function pc_tracking_triggers(text, text, oid) is
'The triggers that a tracked table and all below it must have; cloned: PostgreSQL makes it from the one on the partitioned table. Example: select * from pc_tracking_triggers(''partitioncache'', ''city_id'', ''pg_class''::regclass)';

-- sql/25-tracking/33-pc_tracking_state.sql
create function pc_broken_triggers(cache text, partition_key text, relation oid, out member oid, out event text, out reason text) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select w.member, w.event, case when t.oid is null then 'has no' else 'has switched off its' end
    from pc_tracking_triggers(cache, partition_key, relation) w
    left join pg_trigger t on t.tgrelid = w.member and t.tgname = w.name
        and t.tgfoid = to_regprocedure(pc_log_function(cache, partition_key) || '()')
        and t.tgargs = convert_to(relation::text, 'SQL_ASCII') || E'\\x00'
    where t.oid is null or t.tgenabled <> w.enabled
$$;

comment on function pc_broken_triggers(text, text, oid) is
'The triggers that a tracked table or a table below it lacks, or that somebody has disabled. Example: select * from pc_broken_triggers(''partitioncache'', ''city_id'', ''pg_class''::regclass)';

create function pc_tracking_state(cache text, partition_key text, relation oid) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    known partitioncache_tracked;
    reason text;
begin
    select t.* into known from partitioncache_tracked t
    where t.cache = pc_tracking_state.cache and t.partition_key = pc_tracking_state.partition_key
      and t.relation = pc_tracking_state.relation;
    if known.relation is null and not exists (
        select from pg_trigger g
        where g.tgrelid = pc_tracking_state.relation and g.tgparentid = 0
          and g.tgfoid = to_regprocedure(pc_log_function(cache, partition_key) || '()')) then
        return null;
    end if;
    if known.cluster is distinct from pc_cluster() then
        return 'broken: it was restored from another database';
    end if;
    reason := 'broken: ' || pc_tracking_refusal(relation);
    if reason is not null then
        return reason;
    end if;
    select format('broken: %s %s %s trigger', b.member::regclass, b.reason, b.event) into reason
    from pc_broken_triggers(cache, partition_key, relation) b
    order by b.member, b.event limit 1;
    return coalesce(reason, 'tracking');
end
$$;

comment on function pc_tracking_state(text, text, oid) is
'Null for a table that is not tracked, tracking, or broken and why: a new partition has no triggers yet, somebody disabled or dropped one, or the database was restored. Example: select pc_tracking_state(''partitioncache'', ''city_id'', ''pg_class''::regclass)';

-- sql/25-tracking/34-pc_tracking_problem.sql
create function pc_tracking_problem(cache text, partition_key text, roots oid[]) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select string_agg(format('tracking of %s is %s', r::regclass, pc_tracking_state(cache, partition_key, r)), '; ' order by r)
    from unnest(roots) r
    where pc_tracking_state(cache, partition_key, r) <> 'tracking'
$$;

comment on function pc_tracking_problem(text, text, oid[]) is
'Why writes to tracked tables are not surely logged; null if they are. Example: select pc_tracking_problem(''partitioncache'', ''city_id'', ''{}'')';

-- sql/25-tracking/40-pc_install_triggers.sql
create function pc_install_triggers(registration partitioncache_registration, relation oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    missing record;
begin
    -- A mention of the log in the WHEN clause makes the triggers depend on it: whoever drops the log is told so, and with
    -- CASCADE the triggers go first, so that no write fails afterwards. It is judged at each write: this is the quickest.
    for missing in
        select w.*, t.oid is not null as there
        from pc_tracking_triggers(registration.cache, registration.partition_key, relation) w
        join pc_broken_triggers(registration.cache, registration.partition_key, relation) b using (member, event)
        left join pg_trigger t on t.tgrelid = w.member and t.tgname = w.name
        order by w.cloned, w.member, w.event
    loop
        if not missing.cloned then
            execute format('create or replace trigger %I ' || missing.definition || ' when (%L::regclass is not null) execute function %s(%L)',
                missing.name, missing.member::regclass, pc_changes_table(registration.cache, registration.partition_key),
                pc_log_function(registration.cache, registration.partition_key), relation::text);
        end if;
        execute format('alter table %s enable %s trigger %I', missing.member::regclass,
            case missing.enabled when 'A' then 'always' when 'R' then 'replica' else '' end, missing.name);
    end loop;
end
$$;

comment on function pc_install_triggers(partitioncache_registration, oid) is
'Makes the triggers that a tracked table or a table below it lacks, and switches on those that are off. Needs the ownership of the tables. Example: select pc_install_triggers(pc_registration(''partitioncache'', ''city_id''), ''poi''::regclass)';

create function pc_drop_triggers(cache text, partition_key text, relation oid, stale boolean) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    ours record;
begin
    for ours in
        select t.tgrelid, t.tgname
        from pg_trigger t
        where t.tgfoid = to_regprocedure(pc_log_function(cache, partition_key) || '()') and t.tgparentid = 0
          and case when stale then
                  t.tgrelid in (select pc_relation_family(relation)) and not exists (
                      select from partitioncache_tracked k
                      where k.cache = pc_drop_triggers.cache and k.partition_key = pc_drop_triggers.partition_key
                        and t.tgargs = convert_to(k.relation::oid::text, 'SQL_ASCII') || E'\\x00')
              else t.tgargs = convert_to(relation::text, 'SQL_ASCII') || E'\\x00' end
        order by 1, 2
    loop
        execute format('drop trigger %I on %s', ours.tgname, ours.tgrelid::regclass);
    end loop;
end
$$;

comment on function pc_drop_triggers(text, text, oid, boolean) is
'Drops the triggers that log writes to a tracked table, also from tables that were once its partitions; stale: instead those on the table and below it that log for a table of another database, from which they were restored. Example: select pc_drop_triggers(''partitioncache'', ''city_id'', ''poi''::regclass, false)';

-- sql/25-tracking/50-partitioncache_track.sql
create function pc_track(registration partitioncache_registration, relation oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_install_triggers(registration, relation);
    insert into partitioncache_tracked (cache, partition_key, relation, since, cluster)
    values (registration.cache, registration.partition_key, relation, pg_current_xact_id(), pc_cluster())
    on conflict on constraint partitioncache_tracked_pkey do update set since = excluded.since, cluster = excluded.cluster;
    perform pc_drop_triggers(registration.cache, registration.partition_key, relation, true);
end
$$;

comment on function pc_track(partitioncache_registration, oid) is
'Begins to track a table, or mends what is broken. Example: see partitioncache_track';

create function partitioncache_track(relation regclass, partition_key text, cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    refusal text;
begin
    if relation is null then
        perform pc_fail('PC001', 'a table is needed', '', 'Name the table whose writes are to be tracked, as in partitioncache_track(''poi'', ''city_id'').');
    end if;
    refusal := pc_tracking_refusal(relation);
    if refusal is not null then
        perform pc_fail('PC008', format('writes to %s cannot be tracked', relation), refusal || '.',
            'Track the tables that hold the data; a table that is not tracked counts as unchanging.');
    end if;
    if pc_tracking_state(cache, partition_key, relation) = 'tracking' then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('partitioncache ' || pc_key_table(cache, partition_key), 0));
    perform pc_create_change_log(registration);
    perform pc_create_log_function(registration);
    perform pc_track(registration, relation);
end
$$;

comment on function partitioncache_track(regclass, text, text) is
'Logs every write to a table from now on, so that key sets of the partition key stay right while it changes. Tables without the partition column can be tracked too; then any write to them puts entries aside until they are evaluated again. Entries evaluated before are put aside. Waits for running writers of the table. Needs the ownership of the table. Tracking again mends what is broken, else does nothing. Raises PC002 if the partition key is not registered, PC008 for what cannot be tracked. Example: select partitioncache_track(''poi'', ''city_id'')';

-- sql/25-tracking/51-partitioncache_untrack.sql
create function partitioncache_untrack(relation regclass, partition_key text, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    if pc_tracking_state(cache, partition_key, relation) is null then
        return false;
    end if;
    -- With its triggers the table's fingerprint changes, which puts aside every entry that depends on it.
    perform pc_drop_triggers(cache, partition_key, relation, false);
    delete from partitioncache_tracked t
    where t.cache = partitioncache_untrack.cache and t.partition_key = partitioncache_untrack.partition_key
      and t.relation = partitioncache_untrack.relation;
    execute format('delete from %s where relation = $1', pc_changes_table(cache, partition_key)) using relation::oid;
    return true;
end
$$;

comment on function partitioncache_untrack(regclass, text, text) is
'Ends the tracking of a table: from now on it counts as unchanging, by your assertion. Entries that depend on it are put aside until they are evaluated again. False if it was not tracked. Needs the ownership of the table. Example: select partitioncache_untrack(''poi'', ''city_id'')';

-- sql/25-tracking/52-partitioncache_tracked_tables.sql
create function pc_change_count(cache text, partition_key text, relation oid) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes bigint := 0;
begin
    if to_regclass(pc_changes_table(cache, partition_key)) is not null then
        execute format('select count(*) from %s where relation = $1', pc_changes_table(cache, partition_key)) into changes using relation;
    end if;
    return changes;
end
$$;

comment on function pc_change_count(text, text, oid) is
'How many rows the change log holds for a table. Example: select pc_change_count(''partitioncache'', ''city_id'', ''poi''::regclass)';

create function partitioncache_tracked_tables(
    cache text default 'partitioncache',
    out partition_key text, out relation regclass, out unit text, out state text, out changes bigint, out since timestamptz
) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select t.partition_key, t.relation,
           case when pc_datatype_of(a.atttypid, a.attcollation) = r.datatype then 'partition' else 'table' end,
           case when c.oid is null then 'broken: the table is gone'
                else pc_tracking_state(t.cache, t.partition_key, t.relation) end,
           pc_change_count(t.cache, t.partition_key, t.relation), t.created_at
    from partitioncache_tracked t
    join partitioncache_registration r using (cache, partition_key)
    left join pg_class c on c.oid = t.relation
    left join pg_attribute a on a.attrelid = c.oid and a.attname = t.partition_key
    where t.cache = partitioncache_tracked_tables.cache
    order by t.partition_key, t.relation::text
$$;

comment on function partitioncache_tracked_tables(text) is
'The tracked tables of a cache. unit: partition (a write is logged with its partition) or table (it has no such column, so any write puts entries aside); state: tracking, or broken and why; changes: rows in the change log. Example: select * from partitioncache_tracked_tables()';

-- sql/25-tracking/60-pc_sync_tracking.sql
create function pc_sync_table(registration partitioncache_registration, relation oid) returns text
language plpgsql volatile parallel unsafe
-- The triggers wait for writers, and new writers wait behind them: better to try again later.
set lock_timeout = '200ms'
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    refusal text := pc_tracking_refusal(relation);
begin
    if refusal is not null then
        return refusal;
    end if;
    perform pc_create_change_log(registration);
    perform pc_create_log_function(registration);
    perform pc_track(registration, relation);
    return null;
exception
    when lock_not_available then
        return format('%s is being written to; the next run tries again', relation::regclass);
    when insufficient_privilege then
        return format('%s; partitioncache_track(%L, %L, %L), called by the owner of the table, mends it',
                      sqlerrm, relation::regclass, registration.partition_key, registration.cache);
end
$$;

comment on function pc_sync_table(partitioncache_registration, oid) is
'Mends the tracking of one table without waiting for its writers; what is in the way, or null. Example: select pc_sync_table(pc_registration(''partitioncache'', ''city_id''), ''poi''::regclass)';

create function pc_forget_dropped_tables(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    gone record;
begin
    for gone in
        delete from partitioncache_tracked t
        where t.cache = pc_forget_dropped_tables.cache and not exists (select from pg_class c where c.oid = t.relation)
        returning t.partition_key, t.relation::oid as relation
    loop
        execute format('delete from %s where relation = $1', pc_changes_table(cache, gone.partition_key)) using gone.relation;
    end loop;
end
$$;

comment on function pc_forget_dropped_tables(text) is
'Removes what is kept of tracked tables that have been dropped. Example: select pc_forget_dropped_tables(''partitioncache'')';

create function pc_sync_tracking(cache text, out partition_key text, out relation regclass, out problem text) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_forget_dropped_tables(cache);
    for partition_key, relation in
        select t.partition_key, t.relation
        from partitioncache_tracked t
        where t.cache = pc_sync_tracking.cache and pc_tracking_state(t.cache, t.partition_key, t.relation) <> 'tracking'
        order by 1, 2
    loop
        problem := pc_sync_table(pc_registration(cache, partition_key), relation);
        return next;
    end loop;
end
$$;

comment on function pc_sync_tracking(text) is
'Mends the tracking of tables that have new partitions, lost triggers or were restored, and forgets dropped ones. One row a table that needed it: problem is null where it is tracking again. Entries are put aside until then. Called by the processor. Example: select * from pc_sync_tracking(''partitioncache'')';

-- sql/25-tracking/70-pc_snapshot.sql
create function pc_snapshot() returns pg_snapshot
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select case
        when own is null or not pg_visible_in_snapshot(own, s) then s
        else format('%s:%s:%s', least(own, pg_snapshot_xmin(s)), pg_snapshot_xmax(s),
                    (select string_agg(x::text, ',' order by x)
                     from (select pg_snapshot_xip(s) union all select own) running(x)))::pg_snapshot
        end
    from (select pg_current_snapshot() as s, pg_current_xact_id_if_assigned() as own) now
$$;

comment on function pc_snapshot() is
'The current snapshot, with the own transaction counted as running: it may go on writing, so what it has done cannot count as seen. Example: select pc_snapshot()';

-- sql/25-tracking/80-pc_trim_changes.sql
create function pc_oldest_reader() returns xid8
language sql volatile parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- backend_xmin shows the low 32 bits of a number that is never ahead of now.
    select least(pg_snapshot_xmin(pg_current_snapshot()),
                 (select min((c.now - ((c.now - a.backend_xmin::text::bigint) % 4294967296 + 4294967296) % 4294967296)::text::xid8)
                  from pg_stat_activity a, (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as now) c
                  where a.datname = current_database() and a.backend_xmin is not null))
$$;

comment on function pc_oldest_reader() is
'Transactions before this one are visible to every session of this database that the role can see: an evaluation that runs now needs the log from here on. Example: select pc_oldest_reader()';

create function pc_tracked_entries(registration partitioncache_registration, out hash text, out snapshot pg_snapshot, out fresh boolean) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return query execute format(
        'select e.hash, e.snapshot, u.changed = 0 from pc_usable_entries($1, null) u join %s e on e.hash = u.hash
         where u.problem is null and u.tracked and e.snapshot is not null',
        pc_key_table(registration.cache, registration.partition_key)) using registration;
end
$$;

comment on function pc_tracked_entries(partitioncache_registration) is
'The usable entries that need the change log; fresh: none of it. The others will be evaluated from scratch, or depend on nothing that is tracked. Example: select * from pc_tracked_entries(pc_registration(''partitioncache'', ''city_id''))';

create function pc_advance_snapshots(registration partitioncache_registration) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    advanced bigint;
begin
    -- An entry whose tables have not changed up to now is as good as evaluated now. It would else need the log for ever.
    -- One statement has one snapshot; an entry that somebody else stores meanwhile has another, and is left alone.
    execute format($sql$
        update %s e set snapshot = pc_snapshot()
        from pc_tracked_entries($1) t
        where t.hash = e.hash and t.fresh and t.snapshot::text = e.snapshot::text and pg_snapshot_xmin(t.snapshot) < pc_oldest_reader()
        $sql$, pc_key_table(registration.cache, registration.partition_key)) using registration;
    get diagnostics advanced = row_count;
    return advanced;
end
$$;

comment on function pc_advance_snapshots(partitioncache_registration) is
'Notes for entries whose tables have not changed since they were evaluated that they hold for the present as well; how many. Example: select pc_advance_snapshots(pc_registration(''partitioncache'', ''city_id''))';

create function pc_trim_horizon(registration partitioncache_registration, rows_kept bigint) returns xid8
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_changes_table(registration.cache, registration.partition_key);
    needed xid8 := (select min(pg_snapshot_xmin(t.snapshot)) from pc_tracked_entries(registration) t);
    too_old xid8;
begin
    -- Nobody refreshes some entries, because their role has no processor: they must not keep the log for ever.
    if needed is not null and (select c.reltuples from pg_class c where c.oid = to_regclass(changes)) > rows_kept then
        execute format('select c.xid from %s c order by c.xid desc offset $1 - 1 limit 1', changes) into too_old using rows_kept;
        needed := greatest(needed, too_old);
    end if;
    return least(needed, pc_oldest_reader());
end
$$;

comment on function pc_trim_horizon(partitioncache_registration, bigint) is
'Writes of transactions before this one have been seen by every entry that needs the log, or lie behind more than rows_kept later ones. Example: select pc_trim_horizon(pc_registration(''partitioncache'', ''city_id''), 1000000)';

create function pc_trim_log(registration partitioncache_registration, rows_at_most bigint, rows_kept bigint) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes text := pc_changes_table(registration.cache, registration.partition_key);
    horizon xid8;
    removed bigint := 0;
begin
    -- One trimmer at a time; a second one has nothing to add.
    if not pg_try_advisory_xact_lock(hashtextextended('partitioncache ' || changes, 0)) then
        return removed;
    end if;
    execute format('select 1 from %s limit 1', changes) into removed;
    if removed is null then
        return 0;
    end if;
    perform pc_advance_snapshots(registration);
    horizon := pc_trim_horizon(registration, rows_kept);
    execute format($sql$
        delete from %1$s where ctid = any (array(
            select o.place
            from partitioncache_tracked t
            cross join lateral (select c.ctid as place from %1$s c where c.relation = t.relation and c.xid < $3 order by c.xid limit $4) o
            where t.cache = $1 and t.partition_key = $2
            limit $4))
        $sql$, changes)
    using registration.cache, registration.partition_key, horizon, rows_at_most;
    get diagnostics removed = row_count;
    if removed > 0 then
        update partitioncache_registration r set log_trimmed_below = horizon
        where r.cache = registration.cache and r.partition_key = registration.partition_key and r.log_trimmed_below < horizon;
    end if;
    return removed;
end
$$;

comment on function pc_trim_log(partitioncache_registration, bigint, bigint) is
'Removes from one change log what no entry needs, and notes in the same transaction how far: an entry that is older than that is put aside. Returns the number of rows removed. Example: select pc_trim_log(pc_registration(''partitioncache'', ''city_id''), 100000, 1000000)';

create function pc_trim_changes(cache text, rows_at_most bigint default 100000, rows_kept bigint default 1000000) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select coalesce(sum(pc_trim_log(r, rows_at_most, rows_kept)), 0)::bigint
    from partitioncache_registration r
    where r.cache = pc_trim_changes.cache and to_regclass(pc_changes_table(r.cache, r.partition_key)) is not null
$$;

comment on function pc_trim_changes(text, bigint, bigint) is
'Removes from the change logs of a cache what no usable entry needs any more, at most rows_at_most rows a log; where more than rows_kept are needed, the oldest of them too, which puts the entries aside that need those. Called by the processor; any number of callers may call it at once. Returns the number of rows removed. Example: select pc_trim_changes(''partitioncache'')';

-- sql/30-analysis/10-pc_session.sql
create function pc_session(session_path text) returns jsonb
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select jsonb_object_agg(name, case name when 'search_path' then session_path else current_setting(name) end)
        from unnest(array['search_path', 'DateStyle', 'IntervalStyle', 'TimeZone', 'timezone_abbreviations', 'standard_conforming_strings', 'backslash_quote',
                          'transform_null_equals', 'array_nulls', 'xmloption', 'lc_monetary', 'quote_all_identifiers']) name
    );
end
$$;

comment on function pc_session(text) is
'The settings on which the meaning of a query''s text depends. The search path is passed, because a function that pins its own cannot see its caller''s. Example: select pc_session(current_setting(''search_path''))';

-- sql/30-analysis/11-pc_enter_session.sql
create function pc_enter_session(session jsonb) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- Until the end of the surrounding subtransaction, which the caller rolls back. The path is left to the caller: it would end with this function.
    perform set_config(s.key, s.value, true) from jsonb_each_text(session) s
    where s.key <> 'search_path' and s.value is distinct from current_setting(s.key, true);
end
$$;

comment on function pc_enter_session(jsonb) is
'Takes on the settings of the session that wrote a query, all but its search path. Example: select pc_enter_session(pc_session(''public''))';

create function pc_enter_canonical() returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    perform set_config(s.name, s.value, true)
    from (values ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'), ('extra_float_digits', '3'),
                 ('standard_conforming_strings', 'on'), ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'),
                 ('transform_null_equals', 'off'), ('xmloption', 'content'), ('array_nulls', 'on')) s(name, value)
    where s.value is distinct from current_setting(s.name, true);
end
$$;

comment on function pc_enter_canonical() is
'Takes on the settings under which canonical text is written and evaluated. Example: select pc_enter_canonical()';

-- sql/30-analysis/12-pc_tokens.sql
create function pc_tokens(
    canonical text, out n integer, out token text, out spaced boolean, out ends integer, out closes integer
) returns setof record
language plpgsql immutable strict parallel safe rows 200
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with matched as (
            select m.ord::integer as n, m.part[2] as token, m.part[1] <> '' as spaced,
                   sum(length(m.part[1]) + length(m.part[2])) over (order by m.ord)::integer as ends,
                   sum(case m.part[2] when '(' then 1 when '[' then 1 when ')' then -1 when ']' then -1 else 0 end) over (order by m.ord)
                       + case when m.part[2] in (')', ']') then 1 else 0 end as depth
            from regexp_matches(canonical,
                $re$(\s*)("(?:[^"]|"")*"|[BX]?'(?:[^']|'')*'|[[:alpha:]_][[:alnum:]_$]*|[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|::|[-+*/<>=~!@#%^&|`?]+|.)$re$,
                'g') with ordinality as m(part, ord)
        )
        -- Brackets of one depth come in turns: the one after an opening one closes it.
        select m.n, m.token, m.spaced, m.ends,
               case when m.token in ('(', '[') then lead(m.n) over (partition by m.token in ('(', ')', '[', ']'), m.depth order by m.n) end
        from matched m
        order by m.n;
end
$$;

comment on function pc_tokens(text) is
'The tokens of canonical text, which PostgreSQL wrote, so that strings never hold escapes and keywords are in capitals. n: number; spaced: white space comes before it; ends: position of its last character; closes: for an opening bracket, the number of the closing one. Example: select * from pc_tokens(''SELECT p.x FROM public.poi p'')';

-- sql/30-analysis/17-pc_stored_query.sql
create function pc_storing_statement(query text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- A function's body, and no view: that is stored just as it was parsed, in one row of one catalog.
    return 'create or replace function pg_temp.partitioncache_stored() returns void language sql begin atomic select 1 from (' || query || E'\n) partitioncache_query; end';
end
$$;

comment on function pc_storing_statement(text) is
'The statement by which PostgreSQL parses one query and stores it, until the subtransaction is rolled back. The query must be known to be a single one. Example: select pc_storing_statement(''select 1'')';

create function pc_stored_text() returns text
language plpgsql stable parallel unsafe
as $$
begin
    return pg_catalog.pg_get_function_sqlbody(pg_catalog.to_regprocedure('pg_temp.partitioncache_stored()'));
end
$$;

comment on function pc_stored_text() is
'How PostgreSQL writes out what pc_storing_statement stored: names are qualified as far as the search path in force demands, which therefore is not pinned. Null if nothing is stored. Example: select pc_stored_text()';

create function pc_stored_tree() returns text
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select p.prosqlbody::text from pg_proc p where p.oid = to_regprocedure('pg_temp.partitioncache_stored()'));
end
$$;

comment on function pc_stored_tree() is
'The tree of what pc_storing_statement stored, for pc_tree_facts; null if nothing is. Example: select pc_stored_tree()';

create function pc_view_trees(views oid[]) returns text[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return array(select r.ev_action::text from pg_rewrite r where r.ev_class = any (views) and r.ev_type = '1');
end
$$;

comment on function pc_view_trees(oid[]) is
'The trees of some views, for pc_tree_facts. Example: select pc_view_trees(array[''pg_views''::regclass])';

-- sql/30-analysis/18-pc_begin_temporary.sql
create function pc_begin_temporary() returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- A schema of temporary tables that begins in a subtransaction ends with it. Were it made anew for each query that is parsed and rolled
    -- back, PostgreSQL would forget each time how it had planned everything that this session runs.
    if pg_my_temp_schema() = 0 then
        create function pg_temp.partitioncache_begin() returns void language sql begin atomic end;
        drop function pg_temp.partitioncache_begin();
    end if;
end
$$;

comment on function pc_begin_temporary() is
'Lets the session have a schema of temporary tables, if it has none. To be called before the subtransaction that stores a query there. Raises PostgreSQL''s error for a role that may not make temporary tables in this database. Example: select pc_begin_temporary()';

-- sql/30-analysis/19-pc_is_shadowed.sql
create function pc_is_shadowed(effective name[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    before name[] := effective[1:array_position(effective, 'pg_catalog') - 1];
begin
    -- PostgreSQL itself compares varchar as text, so an operator for varchar fits better, wherever it stands.
    return exists (select from pg_operator o
                   where o.oprname = '=' and o.oid >= 16384 and o.oprleft = 'character varying'::regtype
                     and o.oprnamespace in (select n.oid from pg_namespace n where n.nspname = any (effective)))
    -- Nearly always nothing, or the schema of temporary tables, which is asked for types only.
    or before <> '{}' and (
        exists (select from pg_operator o where o.oprname = '='
                  and o.oprnamespace in (select n.oid from pg_namespace n where n.nspname = any (before) and n.nspname !~ '^pg_temp_'))
        or exists (select from pg_type t
                   where t.typname = any ('{integer,bigint,float,numeric,text,uuid,date,timestamp,timestamptz}'::name[])
                     and t.typnamespace in (select n.oid from pg_namespace n where n.nspname = any (before))));
end
$$;

comment on function pc_is_shadowed(name[]) is
'Whether, in a search path as current_schemas(true) gives it, other schemas than PostgreSQL''s own give another meaning to what a restriction is written with: the operator = and the types of keys. Example: select pc_is_shadowed(current_schemas(true))';

-- sql/30-analysis/20-pc_parsed.sql
create type pc_parsed as (
    canonical text,
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    odd_nodes boolean,
    holds_date boolean
);

comment on type pc_parsed is
'What PostgreSQL says of a query: its canonical text, the relations it names, the functions, operators and types that it uses, whether its tree holds a node of a kind that we do not know to be immutable, and whether it holds a constant that may have been read from a date or a time.';

-- sql/30-analysis/21-pc_tree_facts.sql
create function pc_tree_facts(trees text[], out relations oid[], out functions oid[], out operators oid[], out types oid[],
                               out odd_nodes boolean, out order_dependent boolean, out holds_date boolean)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    if trees = '{}' then
        relations := '{}'::oid[];
        functions := '{}'::oid[];
        operators := '{}'::oid[];
        types := '{}'::oid[];
        odd_nodes := false;
        order_dependent := false;
        holds_date := false;
        return;
    end if;
    with tree as materialized (
        select t.text from unnest(trees) t(text)
    ), field as materialized (
        -- A field of a node is " :name value"; names that users chose cannot look like one, since their spaces are escaped.
        select distinct f.name, split_part(f.text, ' ', 2) as value
        from tree
        cross join lateral (select t.text, split_part(t.text, ' ', 1) as name from string_to_table(tree.text, ' :') t(text) offset 0) f
        where f.name in ('relid', 'funcid', 'opfuncid', 'aggfnoid', 'winfnoid', 'opno', 'eqop', 'sortop',
                         'limitCount', 'limitOffset', 'tablesample', 'hasWindowFuncs', 'hasDistinctOn')
           or right(f.name, 4) = 'type'
    ), fact as materialized (
        select distinct name, substring(value from '^\d+')::oid as id from field where value ~ '^\d+\M'
    )
    select array(select distinct id from fact where name = 'relid' and id <> 0),
           array(select distinct p.oid from (
                     select id from fact where name in ('funcid', 'opfuncid', 'aggfnoid', 'winfnoid')
                     union all
                     select o.oprcode::oid from fact join pg_operator o on o.oid = id where name in ('opno', 'eqop', 'sortop')) f
                 join pg_proc p on p.oid = f.id),
           array(select distinct id from fact where name in ('opno', 'eqop', 'sortop') and id <> 0),
           array(select distinct id from fact where name like '%type' and id >= 16384),
           exists (
               select from tree, string_to_table(tree.text, '{') n
               where split_part(n, ' ', 1) not in (
                   '', '(', '((', 'QUERY', 'RANGETBLENTRY', 'RTEPERMISSIONINFO', 'ALIAS', 'FROMEXPR', 'JOINEXPR', 'RANGETBLREF', 'TARGETENTRY',
                   'SORTGROUPCLAUSE', 'GROUPINGSET', 'WINDOWCLAUSE', 'ROWMARKCLAUSE', 'COMMONTABLEEXPR', 'SETOPERATIONSTMT',
                   'RANGETBLFUNCTION', 'AGGREF', 'WINDOWFUNC', 'GROUPINGFUNC', 'TABLESAMPLECLAUSE', 'CTECYCLECLAUSE', 'CTESEARCHCLAUSE',
                   'VAR', 'CONST', 'OPEXPR', 'FUNCEXPR', 'BOOLEXPR', 'SCALARARRAYOPEXPR', 'NULLTEST', 'BOOLEANTEST', 'CASEEXPR', 'CASE',
                   'CASEWHEN', 'WHEN', 'CASETESTEXPR', 'COALESCEEXPR', 'COALESCE', 'MINMAXEXPR', 'MINMAX', 'RELABELTYPE', 'DISTINCTEXPR',
                   'NULLIFEXPR', 'ARRAYEXPR', 'ARRAY', 'SUBSCRIPTINGREF', 'ROWCOMPAREEXPR', 'ROWCOMPARE', 'ROWEXPR', 'ROW', 'COLLATEEXPR',
                   'COLLATE', 'SUBLINK', 'FIELDSELECT', 'ARRAYCOERCEEXPR', 'PARAM', 'NAMEDARGEXPR'))
           -- Money is read by the rules of lc_monetary, which a stored text does not carry.
           or exists (select from fact where name like '%type' and id = 'money'::regtype),
           exists (
               select from field
               where name in ('limitCount', 'limitOffset', 'tablesample') and value ^@ '{' or name in ('hasWindowFuncs', 'hasDistinctOn') and value = 'true')
           or exists (
               -- Of the aggregates, those whose result does not depend on the order of their input.
               select from fact join pg_proc p on p.oid = id
               where name = 'aggfnoid'
                 and (p.oid >= 16384 or p.proname not in ('count', 'min', 'max', 'sum', 'avg', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or')
                      or p.proname in ('sum', 'avg') and p.proargtypes[0] in ('real'::regtype, 'double precision'::regtype))),
           exists (select from fact join pg_type t on t.oid = fact.id
                   where fact.name = 'consttype'
                     and (t.typcategory in ('D', 'R') or t.oid >= 16384
                          or exists (select from pg_type e where e.oid = t.typelem and e.typcategory in ('D', 'R'))))
    into relations, functions, operators, types, odd_nodes, order_dependent, holds_date;
end
$$;

comment on function pc_tree_facts(text[]) is
'What some queries hold, read from the trees that PostgreSQL stored: relations named, functions called (operators'', aggregates'' and sorting''s included), operators, user-defined types, and whether there is a node of a kind that could depend on more than its inputs (a cast through text, CURRENT_DATE, XML, …), whether the rows could depend on the order in which tables are read, and whether there is a constant that may have been read from a date or a time. Example: select * from pc_tree_facts(pc_view_trees(array[''pg_views''::regclass]))';

-- sql/30-analysis/22-pc_parse.sql
create function pc_parse(query text, session jsonb) returns pc_parsed
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set check_function_bodies = off
as $$
declare
    statement text := rtrim(query, E' \t\r\n;');
    checked refcursor;
    -- Qualified: PostgreSQL looks the name up again when its caches were reset, then perhaps under the path of the query.
    parsed partitioncache_internal.pc_parsed;
    written text;
    again text;
    pinned text;
    difference boolean := false;
    effective name[];
    accepted boolean := false;
begin
    perform pc_begin_temporary();
    begin
        perform pc_enter_session(session);
        perform pg_catalog.set_config('search_path', session ->> 'search_path', true);
        effective := pg_catalog.current_schemas(true);
        -- Refuses several statements, and what the role may not read; executes nothing.
        open checked for execute statement;
        close checked;
        accepted := true;
        execute partitioncache_internal.pc_storing_statement(statement);
        perform pg_catalog.set_config('search_path', '', true);
        perform partitioncache_internal.pc_enter_canonical();
        written := partitioncache_internal.pc_stored_text();
        parsed.canonical := partitioncache_internal.pc_inner_query(written);
        select f.relations, f.functions, f.operators, f.types, f.odd_nodes, f.holds_date
        into parsed.relations, parsed.functions, parsed.operators, parsed.types, parsed.odd_nodes, parsed.holds_date
        from partitioncache_internal.pc_tree_facts(array[partitioncache_internal.pc_stored_tree()]) f;

        -- The canonical text will be read by the caller's session: it has to mean there what it means under our settings.
        perform partitioncache_internal.pc_enter_session(session);
        perform pg_catalog.set_config('search_path', session ->> 'search_path', true);
        again := partitioncache_internal.pc_reparse(parsed.canonical);
        if again operator(pg_catalog.<>) written then
            perform pg_catalog.set_config('search_path', '', true);
            perform partitioncache_internal.pc_enter_canonical();
            pinned := partitioncache_internal.pc_reparse(parsed.canonical);
            difference := again operator(pg_catalog.<>) pinned;
        end if;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;  -- what was created is gone, what was learned stays
        when invalid_cursor_definition then
            perform pc_fail('PC005', 'only a single query that reads can be cached: ' || sqlerrm, '', 'Pass one SELECT, without a semicolon between statements.');
        when syntax_error then
            if not accepted then
                raise;
            end if;
            perform pc_fail('PC005', 'only a plain query can be restricted, not EXPLAIN, SHOW and the like', '', 'Pass the SELECT itself.');
    end;
    if difference or pc_is_shadowed(effective) then
        perform pc_fail('PC005', 'under the settings of this session the rewritten text would mean something else', '',
            'Look at standard_conforming_strings, and at functions, operators and types in the search_path that shadow PostgreSQL''s own.');
    end if;
    return parsed;
end
$$;

comment on function pc_parse(text, jsonb) is
'Lets PostgreSQL parse a query as the session that wrote it would, and write it out again in full: every relation schema-qualified, every column qualified, every constant typed. Nothing is executed, nothing stays. Raises PostgreSQL''s own error for what it does not accept, for several statements and for what the role may not read; PC005 if the canonical text would be read differently under the session''s settings. Example: select (pc_parse(''select 1'', pc_session(''public''))).canonical';

-- sql/30-analysis/23-pc_reparse.sql
create function pc_reparse(canonical text) returns text
language plpgsql volatile parallel unsafe
as $$
declare
    written text;
begin
    execute partitioncache_internal.pc_storing_statement(canonical);
    begin
        perform pg_catalog.set_config('search_path', '', true);
        perform partitioncache_internal.pc_enter_canonical();
        written := partitioncache_internal.pc_stored_text();
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
    return written;
end
$$;

comment on function pc_reparse(text) is
'How PostgreSQL writes out a canonical text (as pc_stored_text does) that is read under the settings in force, the search path included, which it therefore does not pin. Called by pc_parse, which rolls everything back. Example: select pc_reparse(''select 1'')';

-- sql/30-analysis/24-pc_inner_query.sql
create function pc_inner_query(written text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- The whole is "BEGIN ATOMIC SELECT 1 … FROM ( <query>) alias; END". Its indentation may go where no literal spans lines.
        with token as materialized (
            select * from pc_tokens(written)
        ), cut as (
            select ltrim(substring(written from opening.ends + 1 for closing.ends - opening.ends - 1)) as body
            from token opening join token closing on closing.n = opening.closes
            where opening.token = '(' order by opening.n limit 1
        )
        select case when exists (select from token t where t.token like E'%\n%') then body
                    else regexp_replace(body, E'\n {11}', E'\n', 'g') end
        from cut
    );
end
$$;

comment on function pc_inner_query(text) is
'The query inside of what pc_stored_text wrote. Example: select pc_inner_query(E''BEGIN ATOMIC\n SELECT 1\n    FROM ( SELECT 2) q;\nEND'')';

-- sql/30-analysis/30-pc_query_blocks.sql
create type pc_block as (
    block integer,
    from_starts integer,
    from_ends integer,
    where_starts integer,
    where_ends integer
);

comment on type pc_block is
'One SELECT … FROM … WHERE … of a query, as token numbers; the WHERE part is null where there is none.';

create function pc_query_blocks(tokens text[], closes integer[]) returns setof pc_block
language plpgsql immutable parallel safe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- Query expressions still to be looked at: pairs of first and last token.
    todo_starts integer[] := array[1];
    todo_ends integer[] := array[cardinality(tokens)];
    last integer;
    branch_starts integer;
    n integer;
    found pc_block;
    inner_query record;
    blocks integer := 0;
begin
    while cardinality(todo_starts) > 0 loop
        n := todo_starts[cardinality(todo_starts)];
        last := todo_ends[cardinality(todo_ends)];
        todo_starts := trim_array(todo_starts, 1);
        todo_ends := trim_array(todo_ends, 1);

        if tokens[n] = 'WITH' then
            while n <= last and tokens[n] not in ('SELECT', 'VALUES') loop
                -- name [(columns)] as [[not] materialized] ( query ): the bracket that a query follows is the one
                if tokens[n] = '(' and tokens[n + 1] in ('SELECT', 'WITH', 'VALUES', '(') and tokens[n - 1] in ('AS', 'MATERIALIZED') then
                    todo_starts := todo_starts || n + 1;
                    todo_ends := todo_ends || closes[n] - 1;
                elsif tokens[n] = '(' and tokens[n - 1] = ')' then
                    exit;  -- the main query itself stands in brackets
                end if;
                n := coalesce(closes[n], n) + 1;
            end loop;
        end if;

        while n <= last loop
            branch_starts := n;
            while n <= last and tokens[n] not in ('UNION', 'INTERSECT', 'EXCEPT') loop
                n := coalesce(closes[n], n) + 1;
            end loop;
            if tokens[branch_starts] = '(' then
                todo_starts := todo_starts || branch_starts + 1;
                todo_ends := todo_ends || closes[branch_starts] - 1;
            elsif tokens[branch_starts] = 'SELECT' then
                found := pc_select_parts(tokens, closes, branch_starts, n - 1);
                if found.from_starts is not null then
                    blocks := blocks + 1;
                    found.block := blocks;
                    return next found;
                    for inner_query in
                        select i.starts, i.ends from pc_from_items(tokens, closes, found.from_starts, found.from_ends) i where i.kind = 'query'
                    loop
                        todo_starts := todo_starts || inner_query.starts;
                        todo_ends := todo_ends || inner_query.ends;
                    end loop;
                end if;
            end if;
            n := n + 1;
            if tokens[n] in ('ALL', 'DISTINCT') then
                n := n + 1;
            end if;
        end loop;
    end loop;
end
$$;

comment on function pc_query_blocks(text[], integer[]) is
'Every SELECT of canonical text that stands as the query itself, as a branch of a set operation, as the body of a CTE or as a sub-select in FROM, outermost first; each is restricted on its own. Sub-selects in expressions are not among them. Example: select * from pc_query_blocks(array[''SELECT'', ''1'', ''FROM'', ''p''], ''{null,null,null,null}'')';

create function pc_select_parts(tokens text[], closes integer[], starts integer, ends integer) returns pc_block
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    n integer := starts + 1;
    parts pc_block;
begin
    while n <= ends and tokens[n] <> 'FROM' loop
        n := coalesce(closes[n], n) + 1;
    end loop;
    if n > ends then
        return null;
    end if;
    parts.from_starts := n + 1;
    while n <= ends and tokens[n] not in ('WHERE', 'GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', 'FOR') loop
        n := coalesce(closes[n], n) + 1;
    end loop;
    parts.from_ends := n - 1;
    if n <= ends and tokens[n] = 'WHERE' then
        parts.where_starts := n + 1;
        while n <= ends and tokens[n] not in ('GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', 'FOR') loop
            n := coalesce(closes[n], n) + 1;
        end loop;
        parts.where_ends := n - 1;
    end if;
    return parts;
end
$$;

comment on function pc_select_parts(text[], integer[], integer, integer) is
'Where the FROM list and the WHERE condition of one SELECT stand; null parts where it has none. Example: select * from pc_select_parts(array[''SELECT'', ''1'', ''FROM'', ''p''], ''{null,null,null,null}'', 1, 4)';

-- sql/30-analysis/31-pc_from_items.sql
create function pc_from_items(
    tokens text[], closes integer[], from_starts integer, from_ends integer,
    out kind text, out alias text, out relation text, out nullable boolean, out starts integer, out ends integer, out right_starts integer, out condition_starts integer
) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    todo_starts integer[] := '{}'::integer[];
    todo_ends integer[] := '{}'::integer[];
    todo_nullable boolean[] := '{}'::boolean[];
    n integer := from_starts;
    item_starts integer := from_starts;
    last integer;
    optional boolean;
    joined integer;
    joins integer;
    on_starts integer;
    how text;
begin
    while n <= from_ends + 1 loop
        if n = from_ends + 1 or tokens[n] = ',' then
            todo_starts := todo_starts || item_starts;
            todo_ends := todo_ends || (n - 1);
            todo_nullable := todo_nullable || false;
            item_starts := n + 1;
        end if;
        n := coalesce(closes[n], n) + 1;
    end loop;

    while cardinality(todo_starts) > 0 loop
        item_starts := todo_starts[1];
        last := todo_ends[1];
        optional := todo_nullable[1];
        todo_starts := todo_starts[2:];
        todo_ends := todo_ends[2:];
        todo_nullable := todo_nullable[2:];
        n := item_starts + case when tokens[item_starts] = 'LATERAL' then 1 else 0 end;
        alias := null; relation := null; starts := n; ends := last; right_starts := null; condition_starts := null;
        nullable := optional;

        if tokens[n] <> '(' then
            select t.alias, t.relation into alias, relation from pc_plain_table(tokens[item_starts:last]) t;
            kind := case when relation is null then 'opaque' else 'table' end;
            return next;
            continue;
        end if;

        -- What stands in brackets is a query or one join: PostgreSQL writes brackets round each.
        joins := 0;
        on_starts := null;
        joined := null;
        starts := n + 1;
        ends := closes[n] - 1;
        n := starts;
        if tokens[n] not in ('SELECT', 'WITH', 'VALUES') then
            while n <= ends loop
                if tokens[n] = 'JOIN' then
                    joins := joins + 1;
                    joined := n;
                elsif tokens[n] in ('ON', 'USING') and joined is not null then
                    on_starts := coalesce(on_starts, n);
                end if;
                n := coalesce(closes[n], n) + 1;
            end loop;
        end if;

        if joins = 0 then
            kind := 'query';
            return next;
        elsif joins > 1 or last > ends + 1 then
            kind := 'opaque';  -- a join with an alias of its own hides its tables
            return next;
        else
            how := case when tokens[joined - 1] in ('LEFT', 'RIGHT', 'FULL', 'CROSS') then tokens[joined - 1] else 'INNER' end;
            todo_starts := todo_starts || starts || (joined + 1);
            todo_ends := todo_ends || (joined - case when how = 'INNER' then 1 else 2 end) || (coalesce(on_starts, ends + 1) - 1);
            todo_nullable := todo_nullable || (optional or how in ('RIGHT', 'FULL')) || (optional or how in ('LEFT', 'FULL'));
            if on_starts is not null then
                right_starts := joined + 1;
                kind := case tokens[on_starts] when 'ON' then 'on' else 'using' end;
                nullable := optional or how <> 'INNER';
                condition_starts := on_starts + 1;
                return next;
            end if;
        end if;
    end loop;
end
$$;

comment on function pc_from_items(text[], integer[], integer, integer) is
'What a FROM list holds. kind: table (alias, relation), query (a sub-select, its tokens), opaque (functions, CTEs, TABLESAMPLE, renamed columns, joins with an alias), on and using (a join and its condition: starts and ends enclose the whole of it, right_starts and condition_starts say where its right side and its condition begin). nullable: it stands on the nullable side of an outer join or, for on and using, the join is not an inner one. Example: select * from pc_from_items(array[''public'', ''.'', ''poi'', ''p''], ''{null,null,null,null}'', 1, 4)';

create function pc_plain_table(item text[], out alias text, out relation text)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    select case when item[o.n + 4] is not null then item[o.n + 4] else item[o.n + 3] end,
           case when o.n = 1 then 'ONLY ' else '' end || item[o.n + 1] || '.' || item[o.n + 3]
    into alias, relation
    from (select case when item[1] = 'ONLY' then 1 else 0 end as n) o
    where item[o.n + 2] = '.' and cardinality(item) between o.n + 3 and o.n + 4
      and item[o.n + 1] ~ '^["a-z_]' and item[o.n + 3] ~ '^["a-z_]' and coalesce(item[o.n + 4], 'a') ~ '^["a-z_]';
end
$$;

comment on function pc_plain_table(text[]) is
'The relation and the alias of "[ONLY] schema.relation [alias]"; nulls for anything else. Example: select * from pc_plain_table(array[''public'', ''.'', ''poi'', ''p''])';

-- sql/30-analysis/32-pc_using.sql
create function pc_using_columns(tokens text[], closes integer[], right_starts integer, ends integer) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    n integer := right_starts;
begin
    while n <= ends and tokens[n] <> 'USING' loop
        n := coalesce(closes[n], n) + 1;
    end loop;
    return array(select t from unnest(tokens[n + 2:closes[n + 1] - 1]) t where t <> ',');
end
$$;

comment on function pc_using_columns(text[], integer[], integer, integer) is
'The columns of JOIN … USING (…), whose right side begins at right_starts. Example: select pc_using_columns(array[''q'', ''USING'', ''('', ''x'', '')''], ''{null,null,5,null,null}'', 1, 5)';

create function pc_side_ends(tokens text[], closes integer[], starts integer, ends integer) returns integer
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select case when tokens[starts] = '(' and closes[starts] is not null then closes[starts]
                    else coalesce((select min(n) - 1 from generate_series(starts, ends) n
                                   where tokens[n] in ('JOIN', 'USING', 'LEFT', 'RIGHT', 'FULL', 'CROSS')), ends) end
    );
end
$$;

comment on function pc_side_ends(text[], integer[], integer, integer) is
'The last token of the side of a join that begins at starts. Example: select pc_side_ends(array[''public'', ''.'', ''poi'', ''USING''], ''{null,null,null,null}'', 1, 4)';

create function pc_using_equalities(
    tokens text[], closes integer[], starts integer, right_starts integer, ends integer, aliases text[],
    out left_table integer, out right_table integer, out name text
) returns setof record
language plpgsql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- A merged column is that of the preserved tables which have it: were there two that are not merged, PostgreSQL would
        -- have called the name ambiguous. Where none is seen to have it, the equality is left out.
        with side as materialized (
            select s.is_right, a.n::integer - 1 as n, i.relation
            from (values (false, starts, right_starts - 2), (true, right_starts, ends)) s(is_right, starts, ends),
                 pc_from_items(tokens, closes, s.starts, pc_side_ends(tokens, closes, s.starts, s.ends)) i
            join unnest(aliases) with ordinality as a(alias, n) on a.alias = i.alias
            where i.kind = 'table' and not i.nullable
        )
        select min(s.n) filter (where not s.is_right), min(s.n) filter (where s.is_right), c.name
        from unnest(pc_using_columns(tokens, closes, right_starts, ends)) c(name)
        join side s on exists (
            select from pg_attribute t
            where t.attrelid = regexp_replace(s.relation, '^ONLY ', '')::regclass and t.attnum > 0 and not t.attisdropped
              and quote_ident(t.attname) = c.name)
        group by c.name
        having count(*) filter (where s.is_right) > 0 and count(*) filter (where not s.is_right) > 0;
end
$$;

comment on function pc_using_equalities(text[], integer[], integer, integer, integer, text[]) is
'The equalities of an inner JOIN … USING: numbers of a table on either side (from 0, in the order of aliases) and the column. Example: see pc_block_conjuncts';

-- sql/30-analysis/33-pc_conjuncts.sql
create function pc_conjuncts(tokens text[], closes integer[], starts integer, ends integer, out first integer, out last integer) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    part_starts integer;
    n integer;
    is_and boolean := false;
begin
    while tokens[starts] = '(' and closes[starts] = ends and tokens[starts + 1] = '(' and closes[starts + 1] = ends - 1 loop
        starts := starts + 1;
        ends := ends - 1;
    end loop;
    if tokens[starts] = '(' and closes[starts] = ends then
        part_starts := starts + 1;
        n := part_starts;
        while n < ends loop
            if tokens[n] = 'AND' then
                is_and := true;
                return query select * from pc_conjuncts(tokens, closes, part_starts, n - 1);
                part_starts := n + 1;
            end if;
            n := coalesce(closes[n], n) + 1;
        end loop;
    end if;
    if is_and then
        return query select * from pc_conjuncts(tokens, closes, part_starts, ends - 1);
    else
        first := starts;
        last := ends;
        return next;
    end if;
end
$$;

comment on function pc_conjuncts(text[], integer[], integer, integer) is
'The AND-ed parts of a condition, however deeply nested, as first and last token. PostgreSQL writes brackets round every AND and every part of it. Example: select * from pc_conjuncts(array[''('', ''a'', ''AND'', ''b'', '')''], ''{5,null,null,null,null}'', 1, 5)';

-- sql/30-analysis/34-pc_block_conjuncts.sql
create function pc_block_conjuncts(
    tokens text[], spaced boolean[], closes integer[], block pc_block, aliases text[],
    out template text, out tables bigint, out resolved boolean, out holds_query boolean
) returns setof record
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return query
        with item as materialized (
            select * from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends)
        ), piece as materialized (
            select row_number() over () as piece, c.first, c.last
            from (
                select (block).where_starts as starts, (block).where_ends as ends where (block).where_starts is not null
                union all
                select i.condition_starts, i.ends from item i where i.kind = 'on' and not i.nullable
            ) condition, pc_conjuncts(tokens, closes, condition.starts, condition.ends) c
        ), merged as materialized (
            select c.name from item i, unnest(pc_using_columns(tokens, closes, i.right_starts, i.ends)) c(name) where i.kind = 'using'
        ), part as (
            select p.piece, t.n, t.token, t.spaced and t.n > p.first as spaced,
                   t.token ~ '^["a-z_]' and t.token not in ('true', 'false') as is_name,
                   lag(t.token, 2) over piece as before,
                   lag(t.token) over piece as previous,
                   lead(t.token) over piece as next,
                   lead(t.token, 3) over piece as after_member,
                   bool_or(t.token = 'SELECT') over (partition by p.piece) as holds_query
            from piece p
            join unnest(tokens, spaced) with ordinality as t(token, spaced, n) on t.n between p.first and p.last
            window piece as (partition by p.piece order by t.n)
        ), judged as (
            select p.*, a.n - 1 as alias,
                   case
                       -- the characters that mark a table's place below
                       when p.token ~ E'[\x01\x02]' then false
                       when not p.is_name then true
                       -- a.x, schema.f(…), schema.type: a qualifier has to be one of the block's own tables
                       when p.next = '.' and p.previous is distinct from '.'
                           then coalesce(a.n is not null or p.holds_query or p.after_member = '(' or p.previous = '::'
                                         or (p.previous = '(' and p.before = 'OPERATOR'), false)
                       when p.previous in ('.', '::', 'COLLATE') or p.next = '(' then true
                       when p.holds_query then p.previous = 'AS' or not exists (select from merged m where m.name = p.token)
                       when p.before = 'EXTRACT' and p.next = 'FROM' then true
                       -- the words of a type's name: only there can one word follow another
                       when p.token in ('varying', 'precision', 'without', 'with', 'time', 'zone', 'year', 'month', 'day', 'hour', 'minute', 'second', 'to')
                           then p.previous ~ '^[a-z]' or p.previous = ')'
                       else false
                   end as resolved
            from part p
            left join unnest(aliases) with ordinality as a(alias, n)
                on a.alias = p.token and p.next = '.' and p.previous is distinct from '.'
                -- a schema may be called as a table of the query is
                and p.after_member is distinct from '(' and coalesce(p.previous not in ('::', 'COLLATE'), true) and p.before is distinct from 'OPERATOR'
        )
        select string_agg(case when spaced then ' ' else '' end || case when alias is null then token else format(E'\x01%s\x02', alias) end, '' order by n),
               coalesce(bit_or(1::bigint << alias::integer), 0),
               -- In a sub-select, "p." may be a table of the query or a schema that is called so.
               bool_and(coalesce(resolved, false) and (not holds_query or token !~ '^t\d+$')
                        and (not holds_query or alias is null or not exists (select from pg_namespace s where quote_ident(s.nspname) = token))),
               bool_or(holds_query)
        from judged
        group by piece
        union all
        select format(E'(\x01%s\x02.%s = \x01%s\x02.%s)', u.left_table, u.name, u.right_table, u.name),
               (1::bigint << u.left_table) | (1::bigint << u.right_table), true, false
        from item i, pc_using_equalities(tokens, closes, i.starts, i.right_starts, i.ends, aliases) u
        where i.kind = 'using' and not i.nullable and u.name !~ E'[\x01\x02]';
end
$$;

comment on function pc_block_conjuncts(text[], boolean[], integer[], pc_block, text[]) is
'The conjuncts of a block: template = its text with each of the block''s tables as chr(1) number chr(2), counted from 0 in the order of aliases; tables = the set of them as bits; resolved = every name in it is understood, so that nothing else can be meant; holds_query = it contains a sub-select. Example: select * from pc_block_conjuncts(array[''SELECT'', ''1'', ''FROM'', ''p''], ''{f,t,t,t}'', ''{null,null,null,null}'', row(1, 4, 4, null, null)::pc_block, ''{p}'')';

-- sql/30-analysis/40-pc_relation_closure.sql
create function pc_relation_closure(relations oid[], out root oid, out relation oid) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
        with recursive reached(root, relation) as (
            select r, r from unnest(relations) r
            union
            select r.root, behind.relation
            from reached r
            cross join lateral (
                select d.refobjid as relation
                from (select w.oid from pg_rewrite w where w.ev_class = r.relation and w.ev_type = '1' offset 0) w
                cross join lateral (select d.refobjid from pg_depend d
                                    where d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass offset 0) d
                ) behind
        )
        select root, relation from reached;
end
$$;

comment on function pc_relation_closure(oid[]) is
'The relations themselves and, through views, all that they read. Example: select * from pc_relation_closure(array[''pg_views''::regclass])';

-- sql/30-analysis/41-pc_relation_states.sql
create function pc_present_family(relation oid) returns oid[]
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set constraint_exclusion = off
as $$
declare
    known record;
    family oid[] := array(select t.relid::oid from pg_partition_tree(relation) t);  -- of plain tables: nothing
    plan jsonb;
begin
    select o.identity, o.type into known from pg_identify_object('pg_class'::regclass, relation, 0) o;
    if family <> '{}' or known.type is null or known.type not in ('table', 'foreign table') then
        return coalesce(nullif(family, '{}'), array[relation]);
    end if;
    if not has_any_column_privilege(relation, 'select')
        or not (select has_schema_privilege(c.relnamespace, 'usage') from pg_class c where c.oid = relation) then
        return null;
    end if;
    -- No function tells what inherits from a table now; the plan of a query does.
    execute format('explain (verbose, costs off, format json) select from %s', known.identity) into plan;
    return array(select c.oid
                 from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name"))') n
                 left join pg_namespace s on s.nspname = n ->> 'Schema'
                 left join pg_class c on c.relnamespace = s.oid and c.relname = n ->> 'Relation Name');
end
$$;

comment on function pc_present_family(oid) is
'A relation and its partitions or inheriting tables as a query reads them now, whatever the snapshot; null if that cannot be told. Volatile, because PostgreSQL explains no plan elsewhere. Example: select pc_present_family(''pg_class''::regclass)';

create function pc_family_changes(relation oid, seen oid[]) returns text
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    present oid[];
begin
    -- Under an older snapshot pg_inherits shows the partitions and children of then; a query reads those of now.
    if not pc_old_snapshot() then
        return '';
    end if;
    present := pc_present_family(relation);
    return case when present @> seen and present <@ seen then '' else format('now %s', coalesce(present::text, 'unknown')) end;
end
$$;

comment on function pc_family_changes(oid, oid[]) is
'What the partitions or children of a relation are now, if they are others than those that this transaction sees in the catalog; empty if not, and in read committed. Example: select pc_family_changes(''pg_class''::regclass, array[''pg_class''::regclass])';

-- The fingerprints are volatile: so they are taken under a snapshot of their own. A stable function that is still running
-- plans its queries by the definitions of now, under the snapshot of the statement that called it.
create function pc_relation_states(relations oid[], out relation oid, out state bigint) returns setof record
language plpgsql volatile parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return query
        with recursive family(root, member, link) as (
            select distinct r, r, '0'::xid from unnest(relations) r
            union all
            select f.root, i.inhrelid, i.xmin from family f join pg_inherits i on i.inhparent = f.member
        ), ancestry(root, member, link) as (
            select distinct r, i.inhparent, i.xmin from unnest(relations) r join pg_inherits i on i.inhrelid = r
            union all
            select a.root, i.inhparent, i.xmin from ancestry a join pg_inherits i on i.inhrelid = a.member
        )
        select f.root, hashtextextended(
            string_agg(concat_ws(' ', f.member, f.link, c.relname, c.relnamespace::regnamespace, c.relkind, c.relrowsecurity, pg_relation_filenode(c.oid), t.triggers), ';'
                       order by f.member)
            || (select string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped, e.labels), ';'
                                  order by a.attnum)
                from pg_attribute a
                left join lateral (select string_agg(concat_ws(' ', l.oid, l.xmin), ',' order by l.oid) as labels
                                   from pg_enum l where a.atttypid >= 16384 and l.enumtypid = a.atttypid) e on true
                where a.attrelid = f.root and a.attnum > 0)
            || coalesce((select string_agg(concat_ws(' ', w.oid, w.xmin), ';' order by w.oid) from pg_rewrite w where w.ev_class = f.root), '')
            -- A write through a parent is logged by the parent's triggers only.
            || coalesce((select string_agg(concat_ws(' ', a.member, a.link, g.oid, g.xmin, g.tgenabled), ';' order by a.member, g.oid)
                         from ancestry a left join pg_trigger g on g.tgrelid = a.member and g.tgname ^@ 'partitioncache_'
                         where a.root = f.root), '')
            || coalesce((select string_agg(concat_ws(' ', 'subscribed', s.srsubid, s.srrelid), ';' order by s.srsubid, s.srrelid)
                         from pg_subscription_rel s
                         where s.srrelid = any (array_agg(f.member)) or s.srrelid in (select a.member from ancestry a where a.root = f.root)), '')
            || pc_family_changes(f.root, array_agg(f.member)), 0)
        from family f
        join pg_class c on c.oid = f.member
        left join lateral (select string_agg(concat_ws(' ', g.oid, g.xmin, g.tgenabled), ',' order by g.oid) as triggers
                           from pg_trigger g where g.tgrelid = f.member and g.tgname ^@ 'partitioncache_') t on true
        group by f.root;
end
$$;

comment on function pc_relation_states(oid[]) is
'A fingerprint of each relation: of its name and schema, columns, rules, enum labels, row-level security, files, partitions and children, and of our triggers on all of them. What was learned of a relation is used only while its fingerprint is the same: a rewritten, re-created, attached or altered table has another, for a transaction with an older snapshot as well. A relation that is gone has none. Example: select * from pc_relation_states(array[''pg_class''::regclass])';

create function pc_relation_state(relation oid) returns bigint
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select s.state from pc_relation_states(array[relation]) s);
end
$$;

comment on function pc_relation_state(oid) is
'The fingerprint of one relation; null if it is gone. Example: select pc_relation_state(''pg_class''::regclass)';

create function pc_function_state(functions oid[]) returns bigint
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
#variable_conflict use_column
begin
    return (
        -- All of a name: a text that calls one of them may call another tomorrow.
        with called as materialized (
            select p.oid, p.proname, p.pronamespace, p.prorettype from pg_proc p where p.oid = any (functions)
        )
        select hashtextextended(concat_ws('|', functions::text,
            (select string_agg(concat_ws(' ', p.oid, p.xmin, p.pronamespace::regnamespace), ';' order by p.oid)
             from pg_proc p where (p.proname, p.pronamespace) in (select c.proname, c.pronamespace from called c)),
            (select string_agg(concat_ws(' ', o.oid, o.xmin, o.oprnamespace::regnamespace), ';' order by o.oid)
             from pg_operator o
             where o.oid >= 16384
               and o.oprname in (select n.oprname from pg_operator n where n.oid >= 16384 and n.oprcode in (select c.oid from called c))),
            (select string_agg(concat_ws(' ', c.oid, c.xmin), ';' order by c.oid) from pg_cast c where c.castfunc in (select f.oid from called f)),
            (select string_agg(concat_ws(' ', l.oid, l.xmin), ';' order by l.oid) from pg_enum l where l.enumtypid in (select c.prorettype from called c))), 0)
        where functions <> '{}'
    );
end
$$;

comment on function pc_function_state(oid[]) is
'A fingerprint of some functions, which changes when one of them is replaced or dropped, when one of the same name is added, and when an operator or a cast that calls one is made anew; null for no functions. Example: select pc_function_state(''{}'')';

-- sql/30-analysis/42-pc_unfit_relations.sql
create function pc_unfit_relations(relations oid[]) returns oid[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        with reached as materialized (
            select * from pc_relation_closure(relations)
        )
        select coalesce(array_agg(distinct r.root), '{}')
        from reached r
        join pg_class c on c.oid = r.relation
        where c.oid < 16384 or c.relpersistence = 't' or c.relkind not in ('r', 'p', 'v', 'm', 'f')
           or (c.relkind = 'v' and exists (
                   select from pc_tree_facts(pc_view_trees(array[c.oid])) f
                   where f.order_dependent or f.odd_nodes
                      or exists (select from pg_proc p where p.oid = any (f.functions) and p.provolatile <> 'i')))
    );
end
$$;

comment on function pc_unfit_relations(oid[]) is
'Those of the relations that cannot be part of a fragment: system catalogs, temporary tables, and views whose rows may differ from one reading to the next (LIMIT, windows, DISTINCT ON, CURRENT_DATE, functions that are not immutable, …). Example: select pc_unfit_relations(array[''pg_class''::regclass])';

-- sql/30-analysis/43-pc_is_immutable_condition.sql
create function pc_is_immutable_condition(condition text, from_list text) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
as $$
declare
    immutable boolean := false;
begin
    begin
        perform pc_enter_canonical();
        perform set_config('search_path', '', true);
        execute partitioncache_internal.pc_storing_statement('select 1 from ' || from_list || ' where ' || condition);
        perform set_config('search_path', 'pg_catalog, partitioncache_internal', true);
        select not f.odd_nodes and not f.order_dependent
               and not exists (select from pg_proc p where p.oid = any (f.functions) and p.provolatile <> 'i')
               and pc_unfit_relations(f.relations) = '{}'
        into immutable
        from pc_tree_facts(array[pc_stored_tree()]) f;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when syntax_error_or_access_rule_violation then
            immutable := false;  -- it needs something that these tables do not have
    end;
    return immutable;
end
$$;

comment on function pc_is_immutable_condition(text, text) is
'Whether a canonical condition on these tables depends on nothing but their rows: all it calls is immutable, and a sub-select in it gives the same rows however it is read. Example: select pc_is_immutable_condition(''(t.x < now())'', ''public.t t'')';

-- sql/30-analysis/44-pc_is_certain.sql
create function pc_old_snapshot() returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return current_setting('transaction_isolation') in ('repeatable read', 'serializable');
end
$$;

comment on function pc_old_snapshot() is
'Whether this transaction goes on reading under the snapshot that it began with. PostgreSQL runs its queries by the definitions of now, while whoever reads the catalog with a query sees those of then. Example: select pc_old_snapshot()';

create function pc_is_certain(relation oid) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- pg_identify_object knows what is there now, the tables of the catalog what the snapshot sees.
        select coalesce(bool_and(
                   c.relkind <> 'v'
                   and (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity is not distinct from format('%I.%I', n.nspname, c.relname)
                   and not exists (
                       select from generate_series(1, c.relnatts + 1) attnum
                       left join pg_attribute a on a.attrelid = c.oid and a.attnum = attnum.attnum and not a.attisdropped
                       where (pg_identify_object('pg_class'::regclass, c.oid, attnum.attnum)).identity
                             is distinct from case when a.attnum is not null then format('%I.%I.%I', n.nspname, c.relname, a.attname) end
                          or exists (select from pg_type t where t.oid = a.atttypid and t.typtype in ('e', 'd', 'c')))), false)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = pc_is_certain.relation
    );
end
$$;

comment on function pc_is_certain(oid) is
'Whether a relation is now defined as the snapshot in force shows it, as far as that can be told: of views, and of enums, domains and composite types in columns, it cannot. Example: select pc_is_certain(''pg_class''::regclass)';

-- sql/40-fragments/10-pc_fragment.sql
create type pc_fragment as (
    family integer,
    hash text,
    fragment text,
    tables text[],
    conjuncts text[],
    keyed_tables text[],
    parts text[],
    looked_up_only boolean
);

comment on type pc_fragment is
'Some of a query''s tables with some of the conditions on them. family: which restriction its key set serves; fragment: canonical text; keyed_tables: those tables whose changes can only touch the partitions that the changed rows name; parts: fragments whose key sets contain this one''s; looked_up_only: it is not evaluated for this query, which has a condition more.';

create type pc_family as (
    family integer,
    from_at integer,
    where_at integer,
    has_where boolean,
    columns text[],
    relation text,
    matches_null boolean,
    hashes text[],
    lesser_hashes text[],
    prunes_wrongly boolean
);

comment on type pc_family is
'Columns of one block that are equal to one another, so that one set of keys restricts them all. from_at, where_at: after which character of the canonical text a further table and a further condition go; relation: a table that has all the keys; matches_null: rows without a partition key can be in the result; hashes: the fragments that say something of it; lesser_hashes: those that other queries may have left, with a condition or two less; prunes_wrongly: PostgreSQL could leave out partitions of a table for a list of keys alone (see pc_prunes_wrongly).';

-- sql/40-fragments/20-pc_block_tables.sql
create function pc_block_tables(
    tokens text[], closes integer[], block pc_block, partition_key text, datatype text, unfit oid[],
    out n integer, out alias text, out relation text, out relid oid, out keyed boolean
) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with item as materialized (
            select i.*, regexp_replace(i.relation, '^ONLY ', '')::regclass::oid as relid
            from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends) i
            where i.kind = 'table' and not i.nullable
        )
        select (row_number() over (order by i.starts) - 1)::integer, i.alias, i.relation, i.relid,
               coalesce(pc_datatype_of(a.atttypid, a.attcollation) = pc_block_tables.datatype, false)
        from item i
        left join pg_attribute a on a.attrelid = i.relid and a.attname = partition_key and a.attnum > 0 and not a.attisdropped
        where i.relid <> all (unfit)
        order by i.starts
        limit 40;
end
$$;

comment on function pc_block_tables(text[], integer[], pc_block, text, text, oid[]) is
'The tables of a block that fragments may take: plain relations that no outer join can leave out. keyed: it has the partition column, with the registered datatype. unfit: relations that are no part of fragments, of pc_unfit_relations. Example: see pc_block_conjuncts';

-- sql/40-fragments/30-pc_key_classes.sql
create function pc_equality(template text, out left_table integer, out left_column text, out right_table integer, out right_column text)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    -- column = column, each perhaps shown as text, which is what PostgreSQL does with varchar
    select m[1]::integer, m[2], m[3]::integer, m[4] into left_table, left_column, right_table, right_column
    from regexp_match(template,
        E'^\\(\\(?\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\\)::text)? = \\(?\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\\)::text)?\\)$') m;
end
$$;

comment on function pc_equality(text) is
'The two columns that a conjunct equates; nulls if it is another kind of condition. Example: select * from pc_equality(E''(\x010\x02.city_id = \x011\x02.city_id)'')';

create function pc_column_fits(relation oid, column_name text, datatype text) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- Equality is carried on only through columns that compare as the keys do: char(n) and the like would equate more.
        select exists (
            select from pg_attribute a
            where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and quote_ident(a.attname) = column_name
              and (pc_datatype_of(a.atttypid, a.attcollation) = datatype
                   or (pc_datatype_of(a.atttypid, a.attcollation) in ('integer', 'bigint') and datatype in ('integer', 'bigint'))))
    );
end
$$;

comment on function pc_column_fits(oid, text, text) is
'Whether a column, quoted as in canonical text, compares as keys of the datatype do. Example: select pc_column_fits(''pg_class''::regclass, ''relpages'', ''integer'')';

create function pc_key_classes(
    templates text[], relids oid[], keyed boolean[], partition_key text, datatype text, partition_local boolean
) returns integer[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        with recursive edge(a, b) as (
            select (e.left_table, e.left_column), (e.right_table, e.right_column)
            from unnest(templates) t, pc_equality(t) e
            where e.left_table is not null
              and pc_column_fits(relids[e.left_table + 1], e.left_column, datatype)
              and pc_column_fits(relids[e.right_table + 1], e.right_column, datatype)
            union
            -- the user's assertion: tables that any condition connects lie in one partition
            select (l.n::integer - 1, quote_ident(partition_key)), (r.n::integer - 1, quote_ident(partition_key))
            from unnest(templates) t, unnest(pc_key_classes.keyed) with ordinality l(keyed, n), unnest(pc_key_classes.keyed) with ordinality r(keyed, n)
            where partition_local and l.keyed and r.keyed and l.n < r.n
              and t like E'%\x01' || l.n - 1 || E'\x02%' and t like E'%\x01' || r.n - 1 || E'\x02%'
        ), both_ways(a, b) as (
            select a, b from edge union select b, a from edge
        ), reached(start, col) as (
            select k.n::integer - 1, (k.n::integer - 1, quote_ident(partition_key))
            from unnest(pc_key_classes.keyed) with ordinality k(keyed, n) where k.keyed
            union
            select r.start, e.b from reached r join both_ways e on e.a = r.col
        )
        select array_agg(case when k.keyed then (
                             select min(r.start) from reached r where r.col = (k.n::integer - 1, quote_ident(partition_key)))
                         end order by k.n)
        from unnest(pc_key_classes.keyed) with ordinality k(keyed, n)
    );
end
$$;

comment on function pc_key_classes(text[], oid[], boolean[], text, text, boolean) is
'For each table, the number of the first table whose partition column the query makes equal to its own, directly or through other columns of such a type; null for a table without the partition column. Example: select pc_key_classes(''{}'', ''{1259}'', ''{t}'', ''relname'', ''text'', false)';

-- sql/40-fragments/40-pc_table_sets.sql
create function pc_table_sets(edges bigint[], table_count integer, most integer) returns bigint[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    level bigint[] := array(select 1::bigint << n from generate_series(0, table_count - 1) n);
    sets bigint[] := '{}'::bigint[];
    component bigint;
    components bigint[] := '{}'::bigint[];
begin
    -- Whole components first: they say the most. Then by size, until there are enough.
    foreach component in array level loop
        loop
            exit when not exists (select from unnest(edges) e where e & component <> 0 and e & component <> e);
            component := (select bit_or(e) | component from unnest(edges) e where e & component <> 0);
        end loop;
        components := components || component;
    end loop;
    sets := array(select distinct c from unnest(components) c where c & (c - 1) <> 0);
    loop
        level := array(
            select distinct s | e
            from unnest(level) s, unnest(edges) e
            where s & e <> 0 and s & e <> e
            order by 1
            limit most);
        exit when cardinality(level) = 0 or cardinality(sets) >= most;
        sets := sets || array(select s from unnest(level) s where s <> all (sets));
    end loop;
    return sets[1:most];
end
$$;

comment on function pc_table_sets(bigint[], integer, integer) is
'Sets of two or more tables, as bits, that join conditions (edges) connect: the largest first, then by growing size; at most so many. Example: select pc_table_sets(''{3,6}'', 3, 64)';

-- sql/40-fragments/50-pc_fragment_text.sql
create function pc_fragment_text(
    tables integer[], relations text[], templates text[], partition_key text, members integer[], classes integer[],
    out fragment text, out conjuncts text[]
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    tried record;
    written record;
begin
    -- The order of the tables does not depend on how the query names or orders them; twins are settled by the smallest text.
    for tried in select o.tables from pc_table_orders(tables, relations, templates) o(tables) loop
        select * into written
        from pc_render_fragment(tried.tables, relations, templates, partition_key, members, classes);
        if fragment is null or written.fragment collate "C" < fragment collate "C" then
            fragment := written.fragment;
            conjuncts := written.conjuncts;
        end if;
    end loop;
end
$$;

comment on function pc_fragment_text(integer[], text[], text[], text, integer[], integer[]) is
'The canonical text of a fragment and its conditions. tables: numbers; relations: by number; templates: its conjuncts; members: its tables whose partition column is wanted; classes: by number, as pc_key_classes gives them. Example: select * from pc_fragment_text(''{0}'', ''{public.poi}'', array[E''(\x010\x02.kind = 1)''], ''city_id'', ''{0}'', ''{0}'')';

create function pc_table_orders(tables integer[], relations text[], templates text[]) returns setof integer[]
language plpgsql immutable parallel safe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- Without twins the names decide.
    if (select count(distinct relations[t + 1]) from unnest(tables) t) = cardinality(tables) then
        return next array(select t from unnest(tables) t order by relations[t + 1] collate "C");
        return;
    end if;
    return query
        with recursive likeness as (
            select t.n, dense_rank() over (order by relations[t.n + 1] collate "C", coalesce(own.conditions, '') collate "C") as rank
            from unnest(tables) t(n)
            left join lateral (
                select string_agg(replace(c, E'\x01' || t.n || E'\x02', ''), ';' order by replace(c, E'\x01' || t.n || E'\x02', '') collate "C") as conditions
                from unnest(templates) c
                where position(E'\x01' || t.n || E'\x02' in c) > 0 and position(E'\x01' in replace(c, E'\x01' || t.n || E'\x02', '')) = 0
            ) own on true
        ), twins as (
            select max(c) as most from (select count(*) as c from likeness group by rank) r
        ), ordered as (
            -- Past three twins any fixed order: that costs hits, never truth.
            select array[]::integer[] as tables
            union all
            select o.tables || l.n
            from ordered o, likeness l, twins t
            where l.n <> all (o.tables)
              and l.rank = (select min(x.rank) from likeness x where x.n <> all (o.tables))
              and (t.most <= 3 or l.n = (select min(x.n) from likeness x where x.n <> all (o.tables) and x.rank = l.rank))
        )
        select o.tables from ordered o where cardinality(o.tables) = cardinality(pc_table_orders.tables) limit 36;
end
$$;

comment on function pc_table_orders(integer[], text[], text[]) is
'The orders in which a fragment''s tables could be named: by relation and own conditions, with all permutations of up to three that are alike. Example: select pc_table_orders(''{0,1}'', ''{public.b,public.a}'', ''{}'')';

create function pc_render_fragment(
    tables integer[], relations text[], templates text[], partition_key text, members integer[], classes integer[],
    out fragment text, out conjuncts text[]
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    key text := quote_ident(partition_key);
    template text;
    rendered text;
    sides text[];
begin
    conjuncts := '{}';
    foreach template in array templates loop
        rendered := template;
        for n in 1 .. cardinality(tables) loop
            rendered := replace(rendered, E'\x01' || tables[n] || E'\x02', 't' || n);
        end loop;
        if template like '% = %' and (pc_equality(template)).left_table is not null then
            sides := string_to_array(substr(rendered, 2, length(rendered) - 2), ' = ');
            if cardinality(sides) = 2 and sides[1] collate "C" > sides[2] collate "C" then
                rendered := format('(%s = %s)', sides[2], sides[1]);
            end if;
        end if;
        conjuncts := conjuncts || rendered;
    end loop;
    -- What the query implies of the partition columns, always written the same way.
    conjuncts := array(
        select distinct c collate "C" from (
            select unnest(conjuncts) as c
            union all
            select format('(t%s.%s = t%s.%s)', first_value(t.n) over class, key, t.n, key)
            from unnest(tables) with ordinality t(id, n)
            where classes[t.id + 1] is not null
            window class as (partition by classes[t.id + 1] order by t.n)
        ) all_conjuncts
        where c !~ '^\(t(\d+)\.(.*) = t\1\.\2\)$'
        order by 1);
    fragment := format('SELECT DISTINCT t%s.%s FROM %s%s',
        (select min(t.n) from unnest(tables) with ordinality t(id, n) where t.id = any (members)), key,
        (select string_agg(format('%s t%s', relations[t.id + 1], t.n), ', ' order by t.n) from unnest(tables) with ordinality t(id, n)),
        ' WHERE ' || nullif(array_to_string(conjuncts, ' AND '), ''));
end
$$;

comment on function pc_render_fragment(integer[], text[], text[], text, integer[], integer[]) is
'The text of a fragment with its tables named t1, t2, … in the given order, its conditions sorted. Example: see pc_fragment_text';

-- sql/40-fragments/60-pc_fragment_choices.sql
create function pc_fragment_choices(
    conjunct_tables bigint[], classes integer[], most integer,
    out tables bigint, out conjuncts bigint, out class integer, out looked_up_only boolean
) returns setof record
language plpgsql immutable parallel safe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with conjunct as materialized (
            select 1::bigint << (c.n::integer - 1) as bit, c.tables, c.tables & (c.tables - 1) = 0 as is_single
            from unnest(conjunct_tables) with ordinality c(tables, n)
        ), own as materialized (
            select c.tables, array_agg(c.bit order by c.bit) as bits, bit_or(c.bit) as all_bits from conjunct c where c.is_single group by c.tables
        ), table_set as materialized (
            select s.tables, s.rank
            from unnest(pc_table_sets(array(select distinct c.tables from conjunct c where not c.is_single), cardinality(classes), most))
                 with ordinality s(tables, rank)
        ), filled as materialized (
            -- everything that is said of a set of tables
            select s.tables, s.rank, bit_count(s.tables::bit(64)) as size,
                   (select bit_or(c.bit) from conjunct c where c.tables & s.tables = c.tables) as bits
            from table_set s
        ), choice(tables, conjuncts, value, looked_up_only) as (
            -- one table: its conditions alone, in pairs, and all together
            select o.tables, o.all_bits, 1, false from own o
            union all
            select o.tables, b, 3, false from own o, unnest(o.bits) b
            union all
            select o.tables, a | b, 5, false from own o, unnest(o.bits) a, unnest(o.bits) b where a < b and cardinality(o.bits) between 3 and 5
            union all
            -- several: everything that is said of them
            select f.tables, f.bits, case when f.rank = 1 then 2 else 4 end, false from filled f
            union all
            -- and of two, without what is said of one alone
            select f.tables, f.bits & ~o.all_bits, 6, false from filled f join own o on o.tables & f.tables <> 0 where f.size = 2
            union all
            -- What a query with one condition less would have left, or one with two less on two tables: worth a look, not an evaluation.
            select f.tables, f.bits & ~c.bit, 7, true from filled f join conjunct c on c.is_single and c.tables & f.tables <> 0
            union all
            select f.tables, f.bits & ~(a.bit | b.bit), 8, true
            from filled f
            join conjunct a on a.is_single and a.tables & f.tables <> 0
            join conjunct b on b.is_single and b.tables & f.tables <> 0 and a.bit < b.bit
            where f.size = 2
            union all
            select o.tables, o.all_bits & ~b, 7, true from own o, unnest(o.bits) b where cardinality(o.bits) > 3
        ), class_of as (
            select distinct k.class, bit_or(1::bigint << (k.n::integer - 1)) over (partition by k.class) as members
            from unnest(classes) with ordinality k(class, n) where k.class is not null
        ), distinct_choice as (
            select c.tables, c.conjuncts, k.class, min(c.value) as value, bool_and(c.looked_up_only) as looked_up_only
            from choice c join class_of k on k.members & c.tables <> 0
            where c.conjuncts <> 0
            group by 1, 2, 3
        ), best as (
            select *, row_number() over (partition by looked_up_only
                                         order by value, bit_count(tables::bit(64)), tables, conjuncts, class) as place
            from distinct_choice
        )
        -- parts before wholes, so that what is small is known when what is large is evaluated
        select b.tables, b.conjuncts, b.class, b.looked_up_only from best b
        where b.place <= case when b.looked_up_only then most / 2 else most end
        order by bit_count(b.tables::bit(64)), bit_count(b.conjuncts::bit(64)), b.tables, b.conjuncts, b.class;
end
$$;

comment on function pc_fragment_choices(bigint[], integer[], integer) is
'Which tables (bits) and which of the conjuncts on them (bits) make fragments for each class of partition columns: at most so many, the most telling kept, small ones first; beside them half as many that are only looked up. conjunct_tables: the tables of each conjunct, as bits; classes: by table, as pc_key_classes gives them. Example: select * from pc_fragment_choices(''{1,2,3}'', ''{0,0}'', 64)';

-- sql/40-fragments/61-pc_block_fragments.sql
create function pc_bits(mask bigint) returns integer[]
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select array(select n from generate_series(0, 62) n where mask & (1::bigint << n) <> 0 order by n));
end
$$;

comment on function pc_bits(bigint) is
'The numbers of the bits that are set, from 0. Example: select pc_bits(5)';

create function pc_keyed_tables(
    tables integer[], relations text[], relids oid[], classes integer[], class integer, templates text[]
) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        select coalesce(array_agg(distinct regexp_replace(relations[t.n + 1], '^ONLY ', '')), '{}')
        from unnest(tables) t(n)
        where classes[t.n + 1] = class
          -- in no other part of the fragment, where a change in one partition could make another one match
          and not exists (select from unnest(tables) o(n) where relids[o.n + 1] = relids[t.n + 1] and classes[o.n + 1] is distinct from class)
          and not exists (select from unnest(templates) c where c ~ '\mSELECT\M' and position(regexp_replace(relations[t.n + 1], '^ONLY ', '') in c) > 0)
    );
end
$$;

comment on function pc_keyed_tables(integer[], text[], oid[], integer[], integer, text[]) is
'Those tables of a fragment of which a changed row can only make its own partition match. Example: select pc_keyed_tables(''{0}'', ''{public.poi}'', ''{1}'', ''{0}'', 0, ''{}'')';

create function pc_block_fragments(
    relations text[], relids oid[], classes integer[], templates text[], conjunct_tables bigint[], partition_key text, most integer
) returns setof pc_fragment
language plpgsql stable parallel safe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with written as materialized (
            select row_number() over () as n, c.tables, c.conjuncts, c.class, c.looked_up_only, used.numbers, used.templates,
                   f.fragment, f.conjuncts as texts, encode(sha256(convert_to(f.fragment, 'UTF8')), 'hex') as hash
            from pc_fragment_choices(conjunct_tables, classes, most) c
            cross join lateral (
                select pc_bits(c.tables) as numbers,
                       array(select t.template from unnest(pc_block_fragments.templates) with ordinality t(template, n)
                             where c.conjuncts & (1::bigint << (t.n::integer - 1)) <> 0 order by t.n) as templates offset 0) used
            cross join lateral pc_fragment_text(
                used.numbers, relations, used.templates, partition_key,
                array(select n from unnest(used.numbers) n where classes[n + 1] = c.class), classes) f
        )
        select w.class, w.hash, w.fragment,
               array(select relations[n + 1] from unnest(w.numbers) n),
               w.texts,
               pc_keyed_tables(w.numbers, relations, relids, classes, w.class, w.templates),
               array(select distinct p.hash from written p
                     where p.class = w.class and p.hash <> w.hash and not p.looked_up_only
                       and p.tables & w.tables = p.tables and p.conjuncts & w.conjuncts = p.conjuncts),
               w.looked_up_only
        from written w
        order by w.n;
end
$$;

comment on function pc_block_fragments(text[], oid[], integer[], text[], bigint[], text, integer) is
'The fragments of a block, small ones first; family is the class of partition columns. relations, relids, classes: by table number; templates, conjunct_tables: its conjuncts as pc_block_conjuncts gives them. Example: select * from pc_block_fragments(''{public.poi}'', ''{1}'', ''{0}'', array[E''(\x010\x02.kind = 1)''], ''{1}'', ''city_id'', 64)';

-- sql/40-fragments/62-pc_block_families.sql
create function pc_block_families(
    tokens text[], spaced boolean[], closes integer[], block pc_block,
    registration partitioncache_registration, unfit oid[], doubtful boolean, most integer,
    out family pc_family, out fragments pc_fragment[]
) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    key text := quote_ident((registration).partition_key);
    aliases text[];
    relations text[];
    relids oid[];
    keyed boolean[];
    templates text[];
    conjunct_tables bigint[];
    classes integer[];
    one_class integer;
    all_fragments pc_fragment[];
begin
    select array_agg(t.alias order by t.n), array_agg(t.relation order by t.n), array_agg(t.relid order by t.n), array_agg(t.keyed order by t.n)
    into aliases, relations, relids, keyed
    from pc_block_tables(tokens, closes, block, (registration).partition_key, (registration).datatype, unfit) t;
    if not true = any (keyed) or keyed is null then
        return;
    end if;

    select coalesce(array_agg(c.template order by c.template collate "C"), '{}') into templates
    from (select distinct c.template from pc_block_conjuncts(tokens, spaced, closes, block, aliases) c
          where c.resolved and c.tables <> 0
            and (not (doubtful or c.holds_query) or pc_is_immutable_template(c.template, aliases, relations))) c;
    classes := pc_key_classes(templates, relids, keyed, (registration).partition_key, (registration).datatype, (registration).partition_local);

    -- Conditions on the partition columns alone stay in the query and restrict it there; in fragments they would only cost hits.
    templates := array(select t from unnest(templates) t
                       where not pc_is_key_condition(t, key, keyed) limit 60);
    conjunct_tables := array(select pc_template_tables(t.template) from unnest(templates) with ordinality t(template, n) order by t.n);

    all_fragments := array(select f from pc_block_fragments(relations, relids, classes, templates, conjunct_tables,
                                                            (registration).partition_key, most) f);
    for one_class in select distinct c from unnest(classes) c where c is not null order by 1 loop
        fragments := array(select f from unnest(all_fragments) f where f.family = one_class and not f.looked_up_only);
        continue when cardinality(fragments) = 0;
        family := row(null, null, null, null,
            array(select format('%s.%s', aliases[c.n], key) from unnest(classes) with ordinality c(class, n) where c.class = one_class order by c.n),
            relations[one_class + 1],
            (select count(*) = 1 from unnest(classes) c where c = one_class),
            array(select distinct f.hash from unnest(fragments) f),
            array(select f.hash from unnest(all_fragments) f where f.family = one_class and f.looked_up_only
                  except select f.hash from unnest(fragments) f),
            false)::pc_family;
        return next;
    end loop;
end
$$;

comment on function pc_block_families(text[], boolean[], integer[], pc_block, partitioncache_registration, oid[], boolean, integer) is
'The families of one block with their fragments. unfit: relations that are no part of fragments; doubtful: something in the query is not surely immutable, so that each condition is looked at by itself. Example: see pc_take_apart';

create function pc_template_tables(template text) returns bigint
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select bit_or(1::bigint << m[1]::integer) from regexp_matches(template, E'\x01(\\d+)\x02', 'g') m);
end
$$;

comment on function pc_template_tables(text) is
'The tables of a conjunct, as bits. Example: select pc_template_tables(E''(\x010\x02.a = \x012\x02.b)'')';

create function pc_is_key_condition(template text, key text, keyed boolean[]) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        select template !~ '\mSELECT\M'
           and (select bool_and(coalesce(keyed[m[1]::integer + 1], false) and m[2] = key)
                from regexp_matches(template, E'\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*|\\*)', 'g') m)
           and (bit_count(pc_template_tables(template)::bit(64)) = 1 or (pc_equality(template)).left_table is not null)
    );
end
$$;

comment on function pc_is_key_condition(text, text, boolean[]) is
'Whether a conjunct is about the partition column of one table alone, or equates those of two. Example: select pc_is_key_condition(E''(\x010\x02.city_id = 3)'', ''city_id'', ''{t}'')';

create function pc_is_immutable_template(template text, aliases text[], relations text[]) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    condition text := template;
    n integer;
begin
    foreach n in array pc_bits(pc_template_tables(template)) loop
        condition := replace(condition, E'\x01' || n || E'\x02', aliases[n + 1]);
    end loop;
    return pc_is_immutable_condition(condition, (
        select string_agg(format('%s %s', relations[t.number + 1], aliases[t.number + 1]), ', ')
        from unnest(pc_bits(pc_template_tables(template))) t(number)));
end
$$;

comment on function pc_is_immutable_template(text, text[], text[]) is
'pc_is_immutable_condition for a conjunct of a block. Example: select pc_is_immutable_template(E''(\x010\x02.kind = 1)'', ''{p}'', ''{public.poi}'')';

-- sql/40-fragments/65-pc_refusal.sql
create function pc_refusal(relations oid[], functions oid[]) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select coalesce(
            (select format('row-level security is on for %s, so that roles see different rows', string_agg(c.oid::regclass::text, ', ' order by c.oid))
             from pg_class c where c.oid = any (relations) and c.relrowsecurity having count(*) > 0),
            (select format('it calls %s, which is volatile: fewer rows read would mean fewer calls', string_agg(distinct p.oid::regproc::text, ', '))
             from pg_proc p where p.oid = any (functions) and p.provolatile = 'v' having count(*) > 0))
    );
end
$$;

comment on function pc_refusal(oid[], oid[]) is
'Why a query on these relations with these functions is never restricted, in words; null if nothing speaks against it. Example: select pc_refusal(''{}'', array[''random''::regproc])';

-- sql/40-fragments/66-pc_prunes_wrongly.sql
create function pc_prunes_wrongly(canonical text, relations oid[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- Views may say IS NOT NULL, too.
    return (canonical ~ 'IS (NOT )?NULL' or exists (select from pg_class c where c.oid = any (relations) and c.relkind = 'v'))
        and exists (
            select from pg_class c
            cross join lateral pg_partition_tree(c.oid) t
            join pg_partitioned_table p on p.partrelid = t.relid
            where c.oid = any (relations) and c.relkind = 'p' and p.partstrat = 'r' and p.partdefid <> 0);
end
$$;

comment on function pc_prunes_wrongly(text, oid[]) is
'Whether PostgreSQL could answer the query wrongly if a list of constants were added to it: 16 and 17 forget the default partition of a table that is partitioned by range where a column IS NOT NULL and among constants. Beside OR … IS NULL they do not. Example: select pc_prunes_wrongly(''SELECT 1'', ''{}'')';

-- sql/40-fragments/70-pc_take_apart.sql
create type pc_taken_apart as (
    reason text,
    canonical text,
    families pc_family[],
    fragments pc_fragment[],
    named oid[],
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    passing boolean
);

comment on type pc_taken_apart is
'What a query consists of. reason: why it cannot be restricted, null if it can; named: the relations that its text names; relations: those and all behind views; functions, operators, types: what it uses; passing: that is true at this moment only, because the text says today or the like.';

create function pc_take_apart(query text, partition_key text, cache text, session jsonb) returns pc_taken_apart
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set quote_all_identifiers = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    parsed pc_parsed := pc_parse(query, session);
    behind_views record;
    result pc_taken_apart;
    tokens text[];
    spaced boolean[];
    closes integer[];
    ends integer[];
    block pc_block;
    family pc_family;
    part record;
    unfit oid[];
    prunes_wrongly boolean;
    doubtful boolean;
begin
    result.canonical := parsed.canonical;
    result.named := parsed.relations;
    result.relations := array(select distinct c.relation from pc_relation_closure(parsed.relations) c);
    select * into behind_views
    from pc_tree_facts(pc_view_trees(array(select c.oid from pg_class c where c.oid = any (result.relations) and c.relkind = 'v')));
    result.functions := parsed.functions || coalesce(behind_views.functions, '{}');
    result.operators := parsed.operators;
    result.types := parsed.types;
    -- PostgreSQL reads 'today' as a date once, when it parses. Whatever could hide such a word (escapes) counts as one.
    result.passing := parsed.holds_date and (query ~* 'now|today|tomorrow|yesterday|\\|u&' or parsed.canonical ~ 'time with time zone');
    result.reason := pc_refusal(result.relations, result.functions);
    if result.reason is not null then
        return result;
    end if;

    select array_agg(t.token order by t.n), array_agg(t.spaced order by t.n), array_agg(t.closes order by t.n), array_agg(t.ends order by t.n)
    into tokens, spaced, closes, ends
    from pc_tokens(parsed.canonical) t;
    -- A row that another session changes meanwhile is judged again as it is then, by a list of keys from before.
    if array_to_string(tokens, E'\x01') ~ E'\x01FOR\x01(UPDATE|SHARE|NO|KEY)\x01?' then
        result.reason := 'it locks the rows that it reads';
        return result;
    end if;
    unfit := pc_unfit_relations(parsed.relations);
    prunes_wrongly := pc_prunes_wrongly(parsed.canonical, result.relations);
    doubtful := parsed.odd_nodes or exists (
        select from pg_proc p where p.oid = any (parsed.functions) and p.provolatile <> 'i');

    result.families := '{}';
    result.fragments := '{}';
    for block in select * from pc_query_blocks(tokens, closes) b order by b.block loop
        for part in
            select * from pc_block_families(tokens, spaced, closes, block, registration, unfit, doubtful, (pc_settings(cache)).max_fragments)
        loop
            family := part.family;
            family.family := cardinality(result.families) + 1;
            family.prunes_wrongly := prunes_wrongly;
            family.from_at := ends[block.from_ends];
            family.where_at := ends[coalesce(block.where_ends, block.from_ends)];
            family.has_where := block.where_ends is not null;
            result.families := result.families || family;
            result.fragments := result.fragments || array(
                select row(family.family, f.hash, f.fragment, f.tables, f.conjuncts, f.keyed_tables, f.parts, f.looked_up_only)::pc_fragment
                from unnest(part.fragments) f);
        end loop;
    end loop;
    if cardinality(result.families) = 0 then
        result.reason := case
            when exists (select from pc_query_blocks(tokens, closes) b, pc_block_tables(tokens, closes, b, partition_key, registration.datatype, unfit) t where t.keyed)
                then format('no condition on the tables that have the column "%s" could be cached', partition_key)
            else format('no table that surely takes part in every row has a column "%s" of the registered datatype (%s)',
                        partition_key, registration.datatype)
            end;
    end if;
    return result;
end
$$;

comment on function pc_take_apart(text, text, text, jsonb) is
'Takes a query apart into families of columns to restrict and the fragments that restrict them, or says why it cannot be. Raises PostgreSQL''s own error for a query that it does not accept. Example: select (pc_take_apart(''select 1'', ''city_id'', ''partitioncache'', pc_session(''public''))).reason';

-- sql/40-fragments/80-partitioncache_analysis.sql
create table partitioncache_analysis (
    owner name not null default current_user,
    digest text not null,
    made_at timestamptz not null default clock_timestamp(),
    reason text,
    canonical text,
    families pc_family[],
    named oid[] not null,
    relations oid[] not null,
    functions oid[] not null,
    operators oid[] not null,
    types oid[] not null,
    state bigint not null
);

create index on partitioncache_analysis (digest);

alter table partitioncache_analysis enable row level security;

-- Whoever could write here for another role would write the text that the other one runs.
create policy own on partitioncache_analysis using (owner = current_user) with check (owner = current_user);

comment on table partitioncache_analysis is
'What queries were found to consist of, by the digest of their text and of all that gives it its meaning. Used only by the role that made it, and only while the catalog is as it was (state). Several rows of one digest do no harm: there is no unique index, so that nobody ever waits for another''s transaction.';

-- sql/40-fragments/81-pc_analysis_state.sql
create function pc_analysis_state(named oid[], relations oid[], functions oid[], operators oid[], types oid[]) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return (
        -- Beside what was found: everything that could now be found instead of it, under the same name.
        select hashtextextended(concat_ws('|',
            (select string_agg(concat_ws(' ', s.relation, s.state), ',' order by s.relation) from pc_relation_states(relations) s),
            (select string_agg(concat_ws(' ', c.oid, c.relnamespace), ',' order by c.oid)
             from pg_class c
             where c.relname = any (array(select n.relname from pg_class n where n.oid = any (named)))
               and c.relkind not in ('i', 'I', 't') and (c.relpersistence <> 't' or c.relnamespace = pg_my_temp_schema())),
            (select string_agg(concat_ws(' ', p.oid, p.xmin), ',' order by p.oid)
             from pg_proc p
             where p.proname = any (array(select n.proname from pg_proc n where n.oid = any (functions)))),
            (select string_agg(concat_ws(' ', o.oid, o.xmin), ',' order by o.oid)
             from pg_operator o
             where o.oid >= 16384
               -- "=" is what restrictions are written with
               and o.oprname = any (array(select n.oprname from pg_operator n where n.oid = any (operators)) || '='::name)),
            (select string_agg(concat_ws(' ', t.oid, t.xmin), ',' order by t.oid)
             from pg_type t
             where t.oid >= 16384
               -- and these are types whose names could be shadowed
               and t.typname = any (array(select n.typname from pg_type n where n.oid = any (types)) || '{text,uuid,date}'::name[])),
            (select string_agg(concat_ws(' ', l.oid, l.xmin), ',' order by l.oid) from pg_enum l where l.enumtypid = any (types)),
            (select string_agg(concat_ws(' ', n.oid, n.xmin), ',' order by n.oid) from pg_namespace n where n.nspname !~ '^pg_(toast_)?temp_'),
            (select string_agg(concat_ws(' ', c.oid, c.xmin), ',' order by c.oid) from pg_cast c where c.oid >= 16384)), 0)
    );
end
$$;

comment on function pc_analysis_state(oid[], oid[], oid[], oid[], oid[]) is
'A fingerprint of the part of the catalog that decides what a text means: the objects it uses and all of the same names, the schemas and the casts. Example: select pc_analysis_state(''{}'', ''{}'', ''{}'', ''{}'', ''{}'')';

-- sql/40-fragments/82-pc_known_analysis.sql
create function pc_analysis_digest(query text, registration partitioncache_registration, session jsonb) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select encode(sha256(convert_to(concat_ws(E'\x1f', (registration).cache, (registration).partition_key, (registration).datatype,
                                                  (registration).partition_local, session, query), 'UTF8')), 'hex')
    );
end
$$;

comment on function pc_analysis_digest(text, partitioncache_registration, jsonb) is
'Under what an analysis is remembered. Example: select pc_analysis_digest(''select 1'', pc_registration(''partitioncache'', ''city_id''), pc_session(''public''))';

create function pc_known_analysis(digest text) returns partitioncache_analysis
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    known partitioncache_analysis;
begin
    -- Table owners see the rows of all roles, so the role is asked for here as well.
    for known in
        select a.* from partitioncache_analysis a
        where a.digest = pc_known_analysis.digest and a.owner = current_user
        order by a.made_at desc
        limit 1
    loop
        if known.state = pc_analysis_state(known.named, known.relations, known.functions, known.operators, known.types)
            and not exists (select from unnest(known.named) n where not has_table_privilege(n, 'select'))
        then
            return known;
        end if;
    end loop;
    return null;
end
$$;

comment on function pc_known_analysis(text) is
'The remembered analysis under a digest; null if there is none, if the catalog has changed since, or if the role may no longer read all its tables (by privileges on them whole). Example: select pc_known_analysis(''…'')';

create function pc_remember(digest text, apart pc_taken_apart) returns partitioncache_analysis
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    made partitioncache_analysis;
begin
    if apart.passing then
        made.digest := digest;
        made.reason := apart.reason;
        made.canonical := apart.canonical;
        made.families := apart.families;
        return made;
    end if;
    insert into partitioncache_analysis (digest, reason, canonical, families, named, relations, functions, operators, types, state)
    values (digest, apart.reason, apart.canonical, apart.families, apart.named, apart.relations, apart.functions, apart.operators, apart.types,
            pc_analysis_state(apart.named, apart.relations, apart.functions, apart.operators, apart.types))
    returning * into made;
    return made;
end
$$;

comment on function pc_remember(text, pc_taken_apart) is
'Remembers what a query was found to consist of, unless that is true at this moment only. Example: see pc_analyse';

create function pc_analyse(query text, registration partitioncache_registration, session jsonb) returns partitioncache_analysis
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    digest text := pc_analysis_digest(query, registration, session);
    -- Under an old snapshot it cannot be told whether names still mean what they did.
    analysis partitioncache_analysis := case when not pc_old_snapshot() then pc_known_analysis(digest) end;
begin
    if analysis.digest is not null then
        return analysis;
    end if;
    if current_setting('transaction_read_only')::boolean then
        analysis.reason := case when pc_old_snapshot()
            then 'in a read-only transaction it cannot be analysed whether the query still means under this old snapshot what it meant'
            else 'the query is not known yet, and in a read-only transaction it cannot be analysed' end;
        return analysis;
    end if;
    begin
        return pc_remember(digest, pc_take_apart(query, (registration).partition_key, (registration).cache, session));
    exception when others then
        -- The caller asked for a faster query, not for an opinion on it: running it will show what is wrong.
        analysis.reason := sqlerrm;
        return analysis;
    end;
end
$$;

comment on function pc_analyse(text, partitioncache_registration, jsonb) is
'What a query consists of, remembered or found out now; never fails: whatever PostgreSQL has against the query is the reason for leaving it unchanged. Example: select (pc_analyse(''select 1'', pc_registration(''partitioncache'', ''city_id''), pc_session(''public''))).reason';

create function pc_forget_analyses(most integer default 10000) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with old as (
        delete from partitioncache_analysis a
        where a.ctid in (
            select r.ctid
            from (select x.ctid, row_number() over (partition by x.owner, x.digest order by x.made_at desc) as copy,
                         row_number() over (order by x.made_at desc) as age
                  from partitioncache_analysis x) r
            where (r.copy > 1 or r.age > most)
            )
        returning 1
    )
    select count(*) from old
$$;

comment on function pc_forget_analyses(integer) is
'Deletes remembered analyses that a newer one replaces, and the oldest past so many; the number deleted. Example: select pc_forget_analyses(10000)';

-- sql/40-fragments/90-partitioncache_fragments.sql
create function pc_fragments(query text, partition_key text, cache text, session jsonb) returns setof pc_fragment
language plpgsql volatile parallel unsafe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        select f.family, f.hash, f.fragment, f.tables, f.conjuncts, f.keyed_tables, f.parts, f.looked_up_only
        from (select u.*, row_number() over (partition by u.hash order by u.n) as copy
              from unnest((pc_take_apart(query, partition_key, cache, session)).fragments)
                   with ordinality u(family, hash, fragment, tables, conjuncts, keyed_tables, parts, looked_up_only, n)) f
        where f.copy = 1
        order by f.n;
end
$$;

comment on function pc_fragments(text, text, text, jsonb) is
'The fragments of a query, each once, parts before wholes. Raises PostgreSQL''s own error for a query that it does not accept. Example: select * from pc_fragments(''select 1'', ''city_id'', ''partitioncache'', pc_session(''public''))';

create function partitioncache_fragments(
    query text, partition_key text, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'),
    out hash text, out fragment text, out tables text[], out conjuncts text[]
) returns setof record
language plpgsql volatile parallel unsafe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_push_check(query, pc_session(session_path));
    return query
        select f.hash, f.fragment, f.tables, f.conjuncts
        from pc_fragments(query, partition_key, cache, pc_session(session_path)) f
        order by cardinality(f.tables), cardinality(f.conjuncts), f.fragment collate "C";
end
$$;

comment on function partitioncache_fragments(text, text, text, text) is
'What a query is taken apart into: each fragment''s hash, canonical text, tables and conditions, small ones first; no rows if it cannot be (partitioncache_explain says why). Raises PC002 (partition key not registered) and PostgreSQL''s own error for a query that it does not accept. Example: select * from partitioncache_fragments(''select * from poi where kind = 1'', ''city_id'')';

create function pc_push_check(query text, session jsonb) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    checked refcursor;
begin
    if query is null then
        perform pc_fail('PC001', 'the query is null', '', 'Pass the text of one SELECT.');
    end if;
    begin
        perform pc_enter_session(session);
        perform set_config('search_path', session ->> 'search_path', true);
        open checked for execute query;
        close checked;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when invalid_cursor_definition then
            perform partitioncache_internal.pc_fail('PC005', 'only a single query that reads can be cached', sqlerrm, 'Pass one SELECT, without a semicolon between statements.');
    end;
end
$$;

comment on function pc_push_check(text, jsonb) is
'Lets PostgreSQL plan a query as the session that wrote it would, without running it. Raises PostgreSQL''s own error if it does not accept it, PC005 for several statements and for anything but a query. Example: select pc_push_check(''select 1'', pc_session(''public''))';

-- sql/40-fragments/91-pc_key_type.sql
create function pc_key_type(query text, partition_key text, session jsonb) returns text
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_datatype_of(a.atttypid, a.attcollation)
    from unnest((pc_parse(query, session)).relations) with ordinality r(oid, n)
    join pg_attribute a on a.attrelid = r.oid and a.attname = partition_key and a.attnum > 0 and not a.attisdropped
    order by pc_datatype_of(a.atttypid, a.attcollation) is null, r.n
    limit 1
$$;

comment on function pc_key_type(text, text, jsonb) is
'The datatype under which a column of that name in one of the query''s tables would be registered; null if there is none. Example: select pc_key_type(''select * from poi'', ''city_id'', pc_session(''public''))';

-- sql/50-lookup/10-partitioncache_entry_use.sql
create table partitioncache_entry_use (
    cache text not null,
    partition_key text not null,
    hash text not null,
    uses bigint not null default 0,
    last_used timestamptz not null default now(),
    primary key (cache, partition_key, hash)
) with (fillfactor = 50);

comment on table partitioncache_entry_use is
'How much an entry is used: uses = minutes in which at least one query was restricted by it, last_used = the last of them. Beside the entries, so that a long transaction that used one never makes the processor wait.';

-- sql/50-lookup/20-pc_tracked_roots.sql
create function pc_tracked_roots(cache text, partition_key text, deps oid[], out dep oid, out root oid) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with recursive up(dep, relation) as (
            select d, d from unnest(deps) d
            union
            select u.dep, i.inhparent from up u join pg_inherits i on i.inhrelid = u.relation
        ), down(dep, relation) as (
            select d, d from unnest(deps) d
            union
            select w.dep, i.inhrelid from down w join pg_inherits i on i.inhparent = w.relation
        )
        select distinct f.dep, f.relation
        from (select * from up union all select * from down) f
        join partitioncache_tracked t on t.relation = f.relation and t.cache = pc_tracked_roots.cache and t.partition_key = pc_tracked_roots.partition_key;
end
$$;

comment on function pc_tracked_roots(text, text, oid[]) is
'Under which tracked tables the writes to each relation are logged: itself, those it is a partition or child of, and its own. Example: select * from pc_tracked_roots(''partitioncache'', ''city_id'', array[''pg_class''::regclass])';

-- sql/50-lookup/30-pc_usable_entries.sql
create type pc_usable_entry as (
    hash text,
    key_count bigint,
    matches_null boolean,
    parts text[],
    changed bigint,
    tracked boolean,
    problem text
);

comment on type pc_usable_entry is
'An entry as it stands against the catalog and the change log: changed = partitions that were written to since and ride along; tracked = whether any of its tables is; problem = why it must not be used, null if it may.';

create function pc_usable_entries(registration partitioncache_registration, hashes text[]) returns setof pc_usable_entry
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    tracking boolean := exists (
        select from partitioncache_tracked t
        where t.cache = (registration).cache and t.partition_key = (registration).partition_key);
begin
    return query execute format($sql$
        with entry as materialized (
            select e.hash, e.key_count, e.matches_null, e.parts, e.deps, e.dep_states, e.keyed, e.functions, e.function_state,
                   e.snapshot, e.cluster
            from %1$s e
            where e.key_count is not null and ($1 is null or e.hash = any ($1))
        ), state as materialized (
            select s.relation, s.state from pc_relation_states(array(select distinct unnest(e.deps) from entry e)) s
        )
        select e.hash, e.key_count, e.matches_null or coalesce(c.null_changed, false), e.parts,
               coalesce(c.changed, 0), coalesce(c.tracked, false),
               case
                   when e.deps is null then null
                   when e.cluster is distinct from $3 then 'it was computed in another database cluster, whose transactions are numbered otherwise'
                   when $4 and (e.functions <> '{}' or exists (select from unnest(e.deps) d where not pc_is_certain(d)))
                       then 'a definition may have changed since this transaction took its snapshot'
                   when o.altered is not null then coalesce(pc_tracking_problem($2.cache, $2.partition_key, array(
                       select r.root from pc_tracked_roots($2.cache, $2.partition_key, e.deps) r)),
                       'changed in its definition or rewritten as a whole since: ' || o.altered)
                   when e.functions <> '{}' and e.function_state is distinct from pc_function_state(e.functions) then 'a function it calls was replaced since'
                   else c.problem
               end
        from entry e
        cross join lateral (
            select string_agg(case when s.relation is null then 'a dropped table' else d.relation::regclass::text end, ', ') as altered
            from unnest(e.deps, e.dep_states) d(relation, state)
            left join state s on s.relation = d.relation
            where s.state is distinct from d.state) o
        left join lateral (%2$s) c on true
        $sql$,
        pc_key_table((registration).cache, (registration).partition_key),
        case when tracking then 'select * from pc_entry_changes($2, e.deps, e.keyed, e.snapshot) where e.deps is not null'
             else 'select null::boolean as null_changed, null::bigint as changed, null::boolean as tracked, null::text as problem' end)
    using hashes, registration, pc_cluster(), pc_old_snapshot();
end
$$;

comment on function pc_usable_entries(partitioncache_registration, text[]) is
'The entries under these hashes (null: all), each judged against the catalog of now and against the writes that the snapshot in force sees. Example: select * from pc_usable_entries(pc_registration(''partitioncache'', ''city_id''), null)';

-- sql/50-lookup/31-pc_entry_changes.sql
create function pc_entry_changes(
    registration partitioncache_registration, deps oid[], keyed oid[], snapshot pg_snapshot,
    out null_changed boolean, out changed bigint, out tracked boolean, out problem text
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- Whether every write to a tracked table is logged was made sure when the entry was evaluated; what has changed there since shows in dep_states.
    keyed_roots oid[];
    whole_roots oid[];
    written oid;
    unknown boolean;
begin
    select array_agg(distinct r.root) filter (where r.dep = any (keyed)), array_agg(distinct r.root) filter (where r.dep <> all (keyed))
    into keyed_roots, whole_roots
    from pc_tracked_roots((registration).cache, (registration).partition_key, deps) r;
    tracked := coalesce(keyed_roots, whole_roots) is not null;
    if not tracked then
        return;
    end if;

    -- Read with the log, in one snapshot: the caller may have read its registration before rows were trimmed.
    if pg_snapshot_xmin(snapshot) < (select r.log_trimmed_below from partitioncache_registration r
                                     where r.cache = (registration).cache and r.partition_key = (registration).partition_key) then
        problem := 'the change log has been trimmed past it';
        return;
    end if;

    if whole_roots is not null then
        execute format('select c.relation from %s c
                        where c.relation = any ($1) and c.xid >= pg_snapshot_xmin($2) and not pg_visible_in_snapshot(c.xid, $2) limit 1',
                       pc_changes_table((registration).cache, (registration).partition_key))
        into written using whole_roots, snapshot;
        if written is not null then
            problem := format('%s was written to since, and a row of it can make any partition match', written::regclass);
            return;
        end if;
    end if;
    if keyed_roots is not null then
        execute format('select count(distinct k.key) + coalesce(bool_or(k.key is null and not c.whole), false)::integer,
                               coalesce(bool_or(k.key is null and not c.whole), false), bool_or(c.whole)
                        from %s c left join lateral unnest(c.keys) k(key) on true
                        where not c.removal and c.relation = any ($1) and c.xid >= pg_snapshot_xmin($2) and not pg_visible_in_snapshot(c.xid, $2)',
                       pc_changes_table((registration).cache, (registration).partition_key))
        into changed, null_changed, unknown using keyed_roots, snapshot;
        if unknown then
            problem := 'a table of it was written to while its partition column was missing or had another type';
        end if;
    end if;
end
$$;

comment on function pc_entry_changes(partitioncache_registration, oid[], oid[], pg_snapshot) is
'What the change log says of an entry that was evaluated under a snapshot: changed = distinct partitions written to since, null_changed = also rows without a partition key, tracked = any of its tables is, problem = why it must not be used. Example: see pc_usable_entries';

-- sql/50-lookup/32-pc_entry_keys.sql
create function pc_entry_keys(registration partitioncache_registration, hash text, changed boolean, of_type anyelement, out keys anyarray)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    stored text := case (registration).storage when 'bit' then format('pc_bits_decode(e.bits, e.base)::%s[]', pc_native_type((registration).datatype))
                                               else 'e.keys' end;
begin
    execute case when changed then
        format('select array(select k from unnest(%s) k
                             union
                             select w.key from %s c, unnest(c.keys) w(key)
                             where not c.whole and w.key is not null
                               and c.relation in (select r.root from pc_tracked_roots($2, $3, e.keyed) r)
                               and c.xid >= pg_snapshot_xmin(e.snapshot) and not pg_visible_in_snapshot(c.xid, e.snapshot))
                from %s e where e.hash = $1',
               stored, pc_changes_table((registration).cache, (registration).partition_key),
               pc_key_table((registration).cache, (registration).partition_key))
    else
        format('select %s from %s e where e.hash = $1', stored, pc_key_table((registration).cache, (registration).partition_key))
    end
    into keys using hash, (registration).cache, (registration).partition_key;
end
$$;

comment on function pc_entry_keys(partitioncache_registration, text, boolean, anyelement) is
'The keys of one entry; if changed, with those of partitions that tracked tables were written to since. Example: select pc_entry_keys(pc_registration(''partitioncache'', ''city_id''), ''pizza'', false, null::integer)';

-- sql/50-lookup/35-pc_intersect_arrays.sql
create function pc_intersect_arrays(a anyarray, b anyarray) returns anyarray
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- A join, because INTERSECT would look for duplicates, and there are none: it takes less than half the time.
    return array(select x.k from unnest(a) x (k) join unnest(b) y (k) using (k));
end
$$;

comment on function pc_intersect_arrays(anyarray, anyarray) is
'The elements that two arrays without duplicates and nulls have in common. Example: select pc_intersect_arrays(array[1,2], array[2,3])';

create function pc_intersect_bits(registration partitioncache_registration, hashes text[], of_type anyelement, out keys anyarray)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Bases are multiples of 64, so that what two entries have in common is cut out at the same words.
    execute format($sql$
        with entry as materialized (
            select e.base, e.bits || B'' as bits from %s e where e.hash = any ($1)
        ), overlap as materialized (
            select max(e.base) as low, min(e.base + (length(e.bits) - 1)) as high, bool_or(e.bits is null) as nothing from entry e
        )
        select case when o.nothing or o.high < o.low then '{}'
               else (select pc_bits_decode(bit_and(substring(e.bits from (o.low - e.base)::integer + 1 for (o.high - o.low)::integer + 1)), o.low)
                     from entry e) end
        from overlap o
        $sql$, pc_key_table((registration).cache, (registration).partition_key))
    into keys using hashes;
end
$$;

comment on function pc_intersect_bits(partitioncache_registration, text[], anyelement) is
'The keys that entries in bit storage have in common, found word by word. Example: select pc_intersect_bits(pc_registration(''partitioncache'', ''city_id''), ''{a,b}'', null::integer)';

-- sql/50-lookup/40-pc_lookup.sql
create function pc_lookup(
    registration partitioncache_registration, hashes text[], of_type anyelement,
    out keys anyarray, out matches_null boolean, out usable text[], out used text[], out tracked boolean
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    entries pc_usable_entry[];
    entry pc_usable_entry;
    unchanged text[];
begin
    select coalesce(array_agg(u order by u.key_count), '{}') into entries
    from pc_usable_entries(registration, hashes) u where u.problem is null;
    -- A statement whose triggers are running has written, and has perhaps not logged it yet.
    if pg_trigger_depth() > 0 and exists (select from unnest(entries) e where e.tracked) then
        entries := array(select e from unnest(entries) e where not e.tracked);
    end if;
    usable := array(select e.hash from unnest(entries) e);
    if usable = '{}' then
        return;
    end if;
    select bool_and(e.matches_null), bool_or(e.tracked) into matches_null, tracked from unnest(entries) e;

    -- A part says nothing that a whole does not say better: to leave it out is sound, and saves its intersection.
    entries := array(select e from unnest(entries) e
                     where not exists (select from unnest(entries) w where e.hash = any (w.parts) and w.changed = 0)
                     order by e.key_count);
    used := array(select e.hash from unnest(entries) e);
    unchanged := array(select e.hash from unnest(entries) e where e.changed = 0);
    if (registration).storage = 'bit' and cardinality(unchanged) > 1 then
        keys := pc_intersect_bits(registration, unchanged, of_type);
        entries := array(select e from unnest(entries) e where e.changed <> 0);
    end if;
    foreach entry in array entries loop
        exit when cardinality(keys) = 0;
        if keys is null then
            keys := pc_entry_keys(registration, entry.hash, entry.changed <> 0, of_type);
        else
            keys := pc_intersect_arrays(keys, pc_entry_keys(registration, entry.hash, entry.changed <> 0, of_type));
        end if;
    end loop;
end
$$;

comment on function pc_lookup(partitioncache_registration, text[], anyelement) is
'The partition keys that all usable entries under these hashes have in common. keys: null if none is usable; matches_null: rows without a partition key can match all of them; usable: those that were; used: those that were intersected; tracked: whether they follow writes. Exact for the snapshot of the statement that calls it. Example: select * from pc_lookup(pc_registration(''partitioncache'', ''city_id''), ''{pizza}'', null::integer)';

-- sql/50-lookup/50-partitioncache_intersect.sql
create function partitioncache_intersect(
    partition_key text, hashes text[], of_type anyelement, cache text default 'partitioncache', out keys anyarray, out hits integer
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    with_null boolean;
begin
    perform pc_check_key_type(registration, pg_typeof(of_type));
    execute format('select l.keys, cardinality(l.usable), l.matches_null from pc_lookup($1, $2, null::%s) l', pc_native_type(registration.datatype))
    into keys, hits, with_null using registration, hashes;
    if with_null then
        keys := array_append(keys, null);
    end if;
end
$$;

comment on function partitioncache_intersect(text, text[], anyelement, text) is
'The partition keys that all entries under these hashes have in common, as an array of of_type, and how many entries there are (hits); null and 0 if none. A null among the keys: rows without a partition key match too. Raises PC002 (not registered), PC004 (of_type is another type). Example: select * from partitioncache_intersect(''city_id'', ''{pizza,open_late}'', null::integer)';

-- sql/50-lookup/60-partitioncache_get.sql
create function partitioncache_get(
    partition_key text, hash text, of_type anyelement, cache text default 'partitioncache'
) returns anyarray
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select i.keys from partitioncache_intersect(partition_key, array[hash], of_type, cache) i where i.hits = 1
$$;

comment on function partitioncache_get(text, text, anyelement, text) is
'The partition keys of an entry as an array of of_type, null among them if rows without a partition key match; null if there is no such entry or it is put aside. Example: select partitioncache_get(''city_id'', ''pizza'', null::integer)';

-- sql/50-lookup/70-partitioncache_lookup.sql
create function partitioncache_lookup(
    partition_key text, hashes text[], relation text, of_type anyelement, cache text default 'partitioncache'
) returns setof anyelement
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
begin
    -- Where all entries were put aside since the query was rewritten: every key, which restricts nothing.
    return query execute format($sql$
        with known as materialized (select l.keys, l.usable from pc_lookup($1, $2, null::%1$s) l)
        select unnest(k.keys) from known k
        union all
        select distinct r.%2$I::%1$s from %3$s r where (select k.usable from known k) = '{}'
        $sql$, pc_native_type(registration.datatype), partition_key, relation)
    using registration, hashes;
end
$$;

comment on function partitioncache_lookup(text, text[], text, anyelement, text) is
'What a query that was rewritten with method subquery calls: the partition keys to search, exact for the snapshot of that very statement. relation: a table that has all the keys, read if no entry is usable any more. Example: select partitioncache_lookup(''city_id'', ''{pizza}'', ''public.poi'', null::integer)';

-- sql/50-lookup/80-pc_usage.sql
create function pc_count_use(registration partitioncache_registration, hashes text[]) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    used text;
begin
    -- Sequences: counted without a lock, without a row and without a transaction id, though also when the caller rolls back.
    if current_setting('transaction_read_only')::boolean then
        return;
    end if;
    perform nextval(pc_counter((registration).cache, case when cardinality(hashes) > 0 then 'hits' else 'misses' end)::regclass);
    -- At most one write a minute and entry, and never one that another transaction would have to wait for. Each entry is looked up by its whole
    -- key: before the table is analysed for the first time, PostgreSQL would rather read all entries for each.
    if current_setting('transaction_isolation') = 'read committed' then
        foreach used in array array(
            select h.hash from unnest(hashes) h(hash)
            cross join lateral (select from partitioncache_entry_use u
                                where u.cache = (registration).cache and u.partition_key = (registration).partition_key and u.hash = h.hash
                                  and u.last_used < now() - interval '1 minute' offset 0) due)
        loop
            update partitioncache_entry_use u set uses = u.uses + 1, last_used = now()
            where u.ctid = (select s.ctid from partitioncache_entry_use s
                            where s.cache = (registration).cache and s.partition_key = (registration).partition_key and s.hash = used
                              and s.last_used < now() - interval '1 minute'
                            for update skip locked);
        end loop;
    end if;
end
$$;

comment on function pc_count_use(partitioncache_registration, text[]) is
'Notes that a query was restricted by these entries, or by none. Does nothing in a read-only transaction. Example: select pc_count_use(pc_registration(''partitioncache'', ''city_id''), ''{pizza}'')';

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

-- sql/50-lookup/90-pc_entry_state.sql
create function pc_entry_state(
    cache text, partition_key text, hashes text[] default null,
    out hash text, out state text, out reason text, out changed bigint, out tracked boolean, out owner name
) returns setof record
language plpgsql stable parallel safe rows 100
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
begin
    return query execute format($sql$
        select u.hash,
               case when u.problem is not null then 'aside' when e.deps is null then 'asserted' when u.changed > 0 then 'changed' else 'fresh' end,
               u.problem, u.changed, u.tracked, e.owner
        from pc_usable_entries($1, $2) u join %s e on e.hash = u.hash
        $sql$, pc_key_table(cache, partition_key))
    using pc_registration(cache, partition_key), hashes;
end
$$;

comment on function pc_entry_state(text, text, text[]) is
'How the entries stand. state: fresh; changed = used together with the partitions written to since; aside = not used, reason says why; asserted = stored by hand. tracked: whether it follows writes, or its tables are taken to be static. Example: select * from pc_entry_state(''partitioncache'', ''city_id'')';

-- sql/50-lookup/95-partitioncache_entries.sql
create function partitioncache_entries(
    partition_key text, cache text default 'partitioncache',
    out hash text, out state text, out reason text, out changed bigint, out tracked boolean, out key_count bigint, out bytes bigint,
    out uses bigint, out last_used timestamptz, out owner name, out created_at timestamptz, out evaluated_at timestamptz,
    out evaluation_ms double precision, out query text
) returns setof record
language plpgsql stable parallel safe rows 100
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
begin
    return query execute format($sql$
        select e.hash, s.state, s.reason, s.changed, s.tracked, e.key_count, pg_column_size(e.%I)::bigint,
               u.uses, u.last_used, e.owner, e.created_at, e.evaluated_at, e.evaluation_ms, e.query
        from %s e
        left join partitioncache_entry_use u on u.cache = $1 and u.partition_key = $2 and u.hash = e.hash
        left join pc_entry_state($1, $2) s on s.hash = e.hash
        order by e.hash
        $sql$, case registration.storage when 'bit' then 'bits' else 'keys' end, pc_key_table(cache, partition_key))
    using cache, partition_key;
end
$$;

comment on function partitioncache_entries(text, text) is
'The entries of a partition key. state: fresh; changed = used together with the partitions written to since; aside = not used, reason says why; asserted = stored by hand; null for a query that was stored without keys. changed: how many partitions; tracked: whether it follows writes, or its tables are taken to be static; key_count, and bytes that the keys take; uses: minutes in which it was used; last_used; owner: the role that stored it; evaluation_ms: how long its evaluation took. Raises PC002 (partition key not registered). Example: select hash, state, reason, key_count from partitioncache_entries(''city_id'')';

-- sql/60-rewrite/10-pc_key_literal.sql
create function pc_key_literal(keys anyarray) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
set extra_float_digits = 3
as $$
#variable_conflict use_column
begin
    return (select format('%L::%s', keys::text, pg_typeof(keys)));
end
$$;

comment on function pc_key_literal(anyarray) is
'Keys as a constant that every session reads alike. Example: select pc_key_literal(array[1,2])';

create function pc_key_list(keys anyarray, pattern text default '%s') returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
set extra_float_digits = 3
as $$
#variable_conflict use_column
begin
    return (select string_agg(format(pattern, format('%L::%s', k::text, pg_typeof(k))), ', ' order by n) from unnest(keys) with ordinality u(k, n));
end
$$;

comment on function pc_key_list(anyarray, text) is
'Keys as constants, each put into the pattern, with commas between; null for no keys. Example: select pc_key_list(array[1,2])';

-- sql/60-rewrite/11-pc_key_temp_table.sql
create function pc_key_temp_table(keys anyarray) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    name text := 'partitioncache_keys_' || substr(md5(pc_key_literal(keys)), 1, 16);
begin
    if to_regclass('pg_temp.' || name) is null then
        execute format('create temp table %I (partition_key %s primary key)', name,
                       (select format_type(t.typelem, null) from pg_type t where t.oid = pg_typeof(keys)));
        execute format('insert into pg_temp.%I select unnest($1)', name) using keys;
        execute format('analyze pg_temp.%I', name);
    end if;
    return format('pg_temp.%I', name);
end
$$;

comment on function pc_key_temp_table(anyarray) is
'The name of a temporary table of this session that holds these keys; made at the first call and analysed, so that the planner knows its size. Example: select pc_key_temp_table(array[1,2])';

-- sql/60-rewrite/20-pc_restriction.sql
create type pc_restriction as (
    conditions text,
    from_item text
);

comment on type pc_restriction is
'What is added to a block: conditions for its WHERE, and a further table for its FROM or null.';

create function pc_restriction(
    family pc_family, method text, keys anyarray, matches_null boolean, registration partitioncache_registration
) returns pc_restriction
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    wanted text;
    nothing boolean := cardinality(keys) = 0 and method <> 'subquery';
    -- Rows without a partition key are let through where they can match, and where a list alone would make PostgreSQL leave out too much.
    keep_null text := case when matches_null and (family).matches_null
                             or (family).prunes_wrongly and method in ('literal', 'IN') and not nothing
                           then ' OR %1$s IS NULL' else '' end;
    -- From a set of rows that one column is joined to, the planner derives the same for all that equal it, and judges the joins
    -- rightly. A list of constants it must be given for each, and takes the lists for independent of one another.
    columns text[] := case when method in ('literal', 'IN') or (registration).partition_local then (family).columns else (family).columns[1:1] end;
    result pc_restriction;
begin
    if nothing then
        wanted := 'false';
    elsif method = 'literal' then
        wanted := '%1$s = ANY (' || replace(pc_key_literal(keys), '%', '%%') || ')';
    elsif method = 'IN' then
        wanted := '%1$s IN (' || replace(pc_key_list(keys), '%', '%%') || ')';
    elsif method = 'VALUES' then
        wanted := '%1$s IN (VALUES ' || replace(pc_key_list(keys, '(%s)'), '%', '%%') || ')';
    elsif method = 'TMP_TABLE_JOIN' and keep_null = '' then
        result.from_item := format('%s partitioncache_%s', pc_key_temp_table(keys), (family).family);
        wanted := '%1$s = ' || format('partitioncache_%s.partition_key', (family).family);
    elsif method in ('TMP_TABLE_IN', 'TMP_TABLE_JOIN') then
        wanted := '%1$s IN (SELECT k.partition_key FROM ' || pc_key_temp_table(keys) || ' k)';
    else
        wanted := '%1$s ' || replace(pc_lookup_call(family, cardinality(keys), registration), '%', '%%');
    end if;
    result.conditions := (
        select string_agg(format('(' || wanted || keep_null || ')', c.name), ' AND ' order by c.n)
        from unnest(columns) with ordinality c(name, n));
    return result;
end
$$;

comment on function pc_restriction(pc_family, text, anyarray, boolean, partitioncache_registration) is
'How a family''s columns, which equal one another, are restricted to the keys by one of the methods literal, subquery, IN, VALUES, TMP_TABLE_IN, TMP_TABLE_JOIN; rows without a partition key stay where they can match. Example: see pc_rewrite';

create function pc_lookup_call(family pc_family, expected integer, registration partitioncache_registration) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- The planner takes an array of unknown content for ten keys and the function for a thousand: the nearer guess gives the better plan.
        select format(
            case
                when expected > 100 then 'IN (SELECT k.k FROM %s k(k))'
                when cardinality((family).columns) = 1 then '= ANY (ARRAY(SELECT k.k FROM %s k(k)))'
                else 'IN (SELECT k.k FROM pg_catalog.unnest(ARRAY(SELECT k.k FROM %s k(k))) k(k))'
            end,
            format('partitioncache_internal.partitioncache_lookup(%L, %L::text[], %L, NULL::%s, %L)',
                   (registration).partition_key, (family).hashes, (family).relation,
                   pc_native_type((registration).datatype), (registration).cache))
    );
end
$$;

comment on function pc_lookup_call(pc_family, integer, partitioncache_registration) is
'The part of a condition that looks the keys up while the query runs. expected: how many there are now. Example: see pc_restriction';

-- sql/60-rewrite/21-pc_insert_restrictions.sql
create function pc_insert_restrictions(canonical text, families pc_family[], restrictions pc_restriction[]) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    rewritten text := canonical;
    place record;
begin
    -- From the end, so that what stands before keeps its place.
    for place in
        select p.at, string_agg(p.text, '' order by p.is_condition, p.at_family) as text
        from (
            select f.from_at as at, ', ' || r.from_item as text, false as is_condition, f.family as at_family
            from unnest(families) f join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, n) where x.n = f.family) r on true
            where r.from_item is not null
            union all
            select b.at, case when b.has_where then E'\n  AND ' else E'\n WHERE ' end || b.conditions, true, b.family
            from (select f.where_at as at, f.has_where, string_agg(r.conditions, E'\n  AND ' order by f.family) as conditions, min(f.family) as family
                  from unnest(families) f join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, n) where x.n = f.family) r on true
                  where r.conditions is not null
                  group by 1, 2) b
        ) p
        group by p.at
        order by p.at desc
    loop
        rewritten := overlay(rewritten placing place.text from place.at + 1 for 0);
    end loop;
    return rewritten;
end
$$;

comment on function pc_insert_restrictions(text, pc_family[], pc_restriction[]) is
'The canonical text with the restriction of each family (null: none) put into its block: PostgreSQL writes brackets round a WHERE condition, so that AND may follow it. Example: see pc_rewrite';

-- sql/60-rewrite/30-pc_partition_estimate.sql
create function pc_partition_estimate(relation text, partition_key text) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    described record;
begin
    select c.relname, n.nspname, c.reltuples into described
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass(regexp_replace(relation, '^ONLY ', ''));
    -- By its name, as a parameter: in a join, PostgreSQL would read the statistics of every table with such a column.
    return (
        select greatest(case when s.n_distinct >= 0 then s.n_distinct else -s.n_distinct * described.reltuples end, 1)::bigint
        from pg_stats s
        where s.schemaname = described.nspname and s.tablename = described.relname and s.attname = partition_key
        order by s.inherited desc
        limit 1
    );
end
$$;

comment on function pc_partition_estimate(text, text) is
'How many partitions a table has, by the planner''s statistics; null if it was never analysed. Example: select pc_partition_estimate(''public.poi'', ''city_id'')';

create function pc_plan_cost(query text, session_path text) returns double precision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    plan json;
begin
    perform set_config('search_path', session_path, true);
    execute 'explain (format json) ' operator(pg_catalog.||) query into plan;
    perform set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
    return (plan -> 0 -> 'Plan' ->> 'Total Cost')::double precision;
end
$$;

comment on function pc_plan_cost(text, text) is
'What the planner expects a query to cost, in its own units. Example: select pc_plan_cost(''select 1'', ''public'')';

-- sql/60-rewrite/35-pc_restrict_family.sql
create type pc_restricted as (
    restriction pc_restriction,
    alternative pc_restriction,
    hits integer,
    keys bigint,
    partitions bigint,
    method_used text,
    used text[],
    reason text
);

comment on type pc_restricted is
'A row of pc_restrict_family, column by column.';

create function pc_restrict_family(
    family pc_family, registration partitioncache_registration, method text, of_type anyelement,
    out restriction pc_restriction, out alternative pc_restriction, out hits integer, out keys bigint, out partitions bigint, out method_used text, out used text[], out reason text
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    looked_up record;
begin
    select * into looked_up from pc_lookup(registration, family.hashes || family.lesser_hashes, of_type);
    hits := (select count(*) from unnest(looked_up.usable) h where h = any (family.hashes));
    keys := cardinality(looked_up.keys);
    used := looked_up.used;
    partitions := pc_partition_estimate((family).relation, (registration).partition_key);
    if looked_up.usable = '{}' then
        reason := format('none of the query''s fragments is in cache "%s"', (registration).cache);
        return;
    end if;
    if method = 'auto' and keys >= 0.75 * partitions then
        reason := format('%s of about %s partitions would remain: it would not pay', keys, partitions);
        return;
    end if;
    -- What may come in later is found by a lookup that runs with the query; of the lesser ones, those that are there.
    family.hashes := family.hashes || array(select h from unnest(looked_up.used) h except select h from unnest(family.hashes) h);
    method_used := case
        when method <> 'auto' then method
        -- Only a lookup inside the statement is exact while tracked tables are written to.
        when looked_up.tracked or keys > 5000 then 'subquery'
        else 'literal' end;
    -- Inside the statement more may be known than now, so it must be ready for rows without a key.
    restriction := pc_restriction(family, method_used, looked_up.keys, looked_up.matches_null or method_used = 'subquery', registration);
    if method = 'auto' and method_used = 'literal' and keys > 0 and cardinality((family).columns) > 1 then
        alternative := pc_restriction(family, 'VALUES', looked_up.keys, looked_up.matches_null, registration);
    end if;
end
$$;

comment on function pc_restrict_family(pc_family, partitioncache_registration, text, anyelement) is
'Looks up what is known of a family and says how it is restricted: restriction, an alternative that the planner may like better (null: none), the method that was used, hits, keys that remain, partitions by the planner''s statistics, and the entries used; or the reason why it is not. Example: see pc_rewrite';

-- sql/60-rewrite/40-pc_rewrite.sql
create type pc_rewritten as (
    applied boolean,
    reason text,
    method text,
    fragments integer,
    hits integer,
    keys bigint,
    partitions bigint,
    rewritten text,
    hashes text[]
);

comment on type pc_rewritten is
'The outcome of a rewrite. reason: why nothing was done, null if applied; fragments: how many the query has; hits: how many are in the cache; keys: partitions that remain (of the smallest family); partitions: how many there are by the planner''s statistics; rewritten: the text to run; hashes: the entries that were used.';

create function pc_rewrite(query text, partition_key text, cache text, method text, session_path text) returns pc_rewritten
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    registration partitioncache_registration;
    analysis partitioncache_analysis;
    family pc_family;
    restrictions pc_restriction[] := '{}'::pc_restriction[];
    alternatives pc_restriction[] := '{}'::pc_restriction[];
    has_alternative boolean := false;
    restricted pc_restricted;
    result pc_rewritten := row(false, null, null, 0, 0, null, null, query, '{}');
begin
    perform pc_check_method(method);
    select r.* into registration from partitioncache_registration r
    where r.cache = pc_rewrite.cache and r.partition_key = pc_rewrite.partition_key;
    if not found or query is null then
        result.reason := case when query is null then 'the query is null'
                              else format('partition key "%s" is not registered in cache "%s"', partition_key, cache) end;
        return result;
    end if;
    analysis := pc_analyse(query, registration, pc_session(session_path));
    result.reason := analysis.reason;
    if result.reason is not null then
        return result;
    end if;

    begin
        foreach family in array analysis.families loop
            execute format('select * from pc_restrict_family($1, $2, $3, null::%s)', pc_native_type(registration.datatype))
            into restricted using family, registration, method;
            restrictions := restrictions || restricted.restriction;
            alternatives := alternatives || case when restricted.alternative is null then restricted.restriction else restricted.alternative end;
            has_alternative := has_alternative or restricted.alternative is not null;
            result.fragments := result.fragments + cardinality(family.hashes);
            result.hits := result.hits + restricted.hits;
            result.hashes := result.hashes || coalesce(restricted.used, '{}');
            result.partitions := coalesce(result.partitions, restricted.partitions);
            result.reason := coalesce(result.reason, restricted.reason);
            if (restricted.restriction).conditions is not null then
                result.applied := true;
                result.keys := least(result.keys, restricted.keys);
                result.method := coalesce(result.method, restricted.method_used);
            end if;
        end loop;

        if result.applied then
            result.rewritten := pc_insert_restrictions(analysis.canonical, analysis.families, restrictions);
            result.reason := null;
            if method = 'auto' then
                result := pc_gate(result, query, session_path, case when has_alternative then
                    pc_insert_restrictions(analysis.canonical, analysis.families, alternatives) end);
            end if;
        end if;
        perform pc_count_use(registration, case when result.applied then result.hashes end);
    exception when others then
        -- As in pc_analyse: the query itself still runs.
        result.applied := false;
        result.method := null;
        result.rewritten := query;
        result.reason := sqlerrm;
    end;
    return result;
end
$$;

comment on function pc_rewrite(text, text, text, text, text) is
'Analyses a query, looks its fragments up and restricts each family of partition columns that something is known of. Fails only for a bad method. Example: select (pc_rewrite(''select * from poi where kind = 1'', ''city_id'', ''partitioncache'', ''auto'', ''public'')).rewritten';

create function pc_check_method(method text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if method is null or method not in ('auto', 'literal', 'subquery', 'IN', 'VALUES', 'TMP_TABLE_IN', 'TMP_TABLE_JOIN') then
        perform pc_fail('PC001', format('"%s" is no method', method), '',
            'Methods are auto, literal, subquery, IN, VALUES, TMP_TABLE_IN and TMP_TABLE_JOIN.');
    end if;
end
$$;

comment on function pc_check_method(text) is
'Raises PC001 for a word that is no method of rewriting. Example: select pc_check_method(''auto'')';

-- sql/60-rewrite/41-pc_gate.sql
create function pc_gate(rewritten pc_rewritten, query text, session_path text, alternative text) returns pc_rewritten
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    before double precision := pc_plan_cost(query, session_path);
    after double precision := pc_plan_cost((rewritten).rewritten, session_path);
    other double precision;
begin
    if alternative is not null then
        other := pc_plan_cost(alternative, session_path);
        if other < after then
            after := other;
            rewritten.rewritten := alternative;
            rewritten.method := 'VALUES';
        end if;
    end if;
    -- Where both plans read the same, testing the keys costs a little; only more than that is a bad sign.
    if after > before * 1.1 then
        rewritten.applied := false;
        rewritten.reason := format('the planner expects the rewritten query to cost more (%s instead of %s): it would not pay',
                                   round(after::numeric), round(before::numeric));
        rewritten.rewritten := query;
        rewritten.method := null;
    end if;
    return rewritten;
end
$$;

comment on function pc_gate(pc_rewritten, text, text, text) is
'Chooses between a rewrite and its alternative (null: none) what the planner takes for cheaper, and takes back one that it expects to be slower than the query itself. Example: see pc_rewrite';

-- sql/60-rewrite/50-partitioncache_apply.sql
create function partitioncache_apply(
    query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path')
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select (pc_rewrite(query, partition_key, cache, method, session_path)).rewritten);
end
$$;

comment on function partitioncache_apply(text, text, text, text, text) is
'The query, restricted to the partitions that can have a match, or the query itself where that is not safe, not known or would not pay. method: auto chooses; literal writes the keys into the query (exact for the moment of this call); subquery looks them up while the query runs (exact for its snapshot); IN, VALUES, TMP_TABLE_IN, TMP_TABLE_JOIN are further forms of literal. Never fails on a query that PostgreSQL would accept. Raises PC001 for a bad method. Example: select partitioncache_apply(''select * from poi where kind = 1'', ''city_id'')';

-- sql/60-rewrite/51-partitioncache_explain.sql
create function partitioncache_explain(
    query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path'),
    out applied boolean, out reason text, out method_used text, out fragments integer, out hits integer,
    out keys bigint, out partitions bigint, out entries jsonb, out rewritten text
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    outcome pc_rewritten := pc_rewrite(query, partition_key, cache, method, session_path);
begin
    applied := outcome.applied;
    reason := outcome.reason;
    method_used := outcome.method;
    fragments := outcome.fragments;
    hits := outcome.hits;
    keys := outcome.keys;
    partitions := outcome.partitions;
    rewritten := outcome.rewritten;
    if outcome.fragments > 0 then
        entries := pc_explain_entries(query, pc_registration(cache, partition_key), pc_session(session_path));
    end if;
end
$$;

comment on function partitioncache_explain(text, text, text, text, text) is
'What partitioncache_apply would do with a query, as one row: applied; reason, if not; method_used; fragments it is taken apart into; hits among them (an entry with fewer conditions may be used beside them); keys = partitions that remain, of how many partitions by the planner''s statistics; entries = each cached fragment with its state (fresh, changed, aside, asserted), the reason, the number of changed partitions, and whether its tables are tracked or taken to be static; the rewritten text. Raises PC001 for a bad method. Example: select * from partitioncache_explain(''select * from poi where kind = 1'', ''city_id'')';

create function pc_explain_entries(query text, registration partitioncache_registration, session jsonb) returns jsonb
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'hash', s.hash, 'state', s.state, 'reason', s.reason, 'changed', s.changed,
               'tables', case when s.state = 'asserted' then null when s.tracked then 'tracked' else 'static' end)) order by s.hash)
    from pc_entry_state((registration).cache, (registration).partition_key, (
             select array_agg(h) from unnest((pc_analyse(query, registration, session)).families) f, unnest(f.hashes || f.lesser_hashes) h)) s
$$;

comment on function pc_explain_entries(text, partitioncache_registration, jsonb) is
'The cached fragments of a query and how they stand. Example: see partitioncache_explain';

-- sql/60-rewrite/52-partitioncache_open.sql
create function partitioncache_open(
    cursor refcursor, query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path')
) returns refcursor
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    rewritten text := partitioncache_apply(query, partition_key, cache, method, session_path);
begin
    perform set_config('search_path', session_path, true);
    open cursor for execute rewritten;
    return cursor;
end
$$;

comment on function partitioncache_open(refcursor, text, text, text, text, text) is
'Opens a cursor on the rewritten query, for people in psql. Needs a transaction, at whose end the cursor closes. Raises PostgreSQL''s own error if the query cannot run. Example: begin; select partitioncache_open(''c'', ''select * from poi where kind = 1'', ''city_id''); fetch all from c; commit';

-- sql/70-evaluation/10-pc_fragment_dependencies.sql
create type pc_dependencies as (
    relations oid[],
    states bigint[],
    functions oid[],
    function_state bigint
);

comment on type pc_dependencies is
'What a fragment reads, through views as well, and calls, each with its fingerprint.';

create function pc_fragment_dependencies(fragment text) returns pc_dependencies
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
as $$
declare
    checked refcursor;
    named oid[];
    operators oid[];
    found pc_dependencies;
begin
    perform pc_begin_temporary();
    begin
        perform pc_enter_canonical();
        perform set_config('search_path', '', true);
        open checked for execute fragment;  -- one statement, of tables that this role may read
        close checked;
        execute partitioncache_internal.pc_storing_statement(fragment);
        perform set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
        select f.relations, f.functions, f.operators into named, found.functions, operators
        from pc_tree_facts(array[pc_stored_tree()]) f;
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
    found.relations := array(select distinct c.relation from pc_relation_closure(named) c order by 1);
    found.functions := array(
        select f from unnest(found.functions) f where f >= 16384
        union
        select o.oprcode::oid from pg_operator o where o.oid = any (operators) and o.oid >= 16384
        union
        select f from pc_tree_facts(pc_view_trees(array(select c.oid from pg_class c where c.oid = any (found.relations) and c.relkind = 'v'))) t, unnest(t.functions) f
        where f >= 16384
        order by 1);
    found.states := array(select s.state from unnest(found.relations) with ordinality r(oid, n)
                          left join pc_relation_states(found.relations) s on s.relation = r.oid order by r.n);
    found.function_state := pc_function_state(found.functions);
    return found;
end
$$;

comment on function pc_fragment_dependencies(text) is
'What the canonical text of a fragment depends on, asked of PostgreSQL. Raises its error if the text is no single query that this role may run. Example: select * from pc_fragment_dependencies(''SELECT DISTINCT t1.city_id FROM public.poi t1'')';

-- sql/70-evaluation/20-pc_run_read_only.sql
create function pc_run_read_only(statement text, candidates anyarray, out keys anyarray, out with_null boolean)
language plpgsql volatile parallel unsafe
set search_path = ''
set jit = off
set plan_cache_mode = auto
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
set extra_float_digits = 3
set standard_conforming_strings = on
set transform_null_equals = off
set xmloption = content
set array_nulls = on
as $$
declare
    result refcursor;
    finished boolean := false;
begin
    begin
        -- Not a SET clause: PostgreSQL 16 and later refuse that. Nothing called from here can leave read-only mode.
        perform pg_catalog.set_config('transaction_read_only', 'on', true);
        -- A cursor takes one statement and no more.
        open result for execute 'select pg_catalog.array_agg(r.k) filter (where r.k is not null), coalesce(pg_catalog.bool_or(r.k is null), false) from ('
            operator(pg_catalog.||) statement operator(pg_catalog.||) ') r(k)' using candidates;
        fetch result into keys, with_null;
        close result;
        finished := true;
        -- The way out of read-only mode is to roll back; variables keep what they hold.
        raise exception using errcode = 'PC000', message = 'leaving read-only mode';
    exception when sqlstate 'PC000' then
        if not finished then
            raise;
        end if;
    end;
    keys := coalesce(keys, '{}');
end
$$;

comment on function pc_run_read_only(text, anyarray) is
'Runs a query that gives keys, in read-only mode and under canonical settings; $1 in it stands for the candidates. keys: those it gave, with_null: whether null was among them. Example: select * from pc_run_read_only(''select 1 union all select null'', ''{}''::integer[])';

-- sql/70-evaluation/30-pc_evaluation_statement.sql
create function pc_evaluation_statement(
    fragment text, partition_key text, candidates anyarray, relation text, null_possible boolean
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    native text := (select format_type(t.typelem, null) from pg_type t where t.oid = pg_typeof(candidates));
    body text := regexp_replace(fragment, '^SELECT DISTINCT ', 'SELECT ');
    source text := case when candidates is null then format('(SELECT DISTINCT s.%I AS k FROM %s s) c', partition_key, relation)
                        else 'pg_catalog.unnest($1) c(k)' end;
    joined text := case when candidates is null
        then format('SELECT DISTINCT f.k::%s FROM (%s) f(k) WHERE f.k IS NOT NULL', native, body)
        else format('SELECT DISTINCT f.k::%s FROM (%s) f(k) JOIN %s ON f.k = c.k', native, body, source) end;
    probing text := format('SELECT c.k::%s FROM %s CROSS JOIN LATERAL (SELECT 1 FROM (%s) f(k) WHERE f.k = c.k LIMIT 1) hit', native, source, body);
begin
    -- A join finds rare matches best; where most partitions match, looking into each until the first match is much less work.
    return case when pc_statement_cost(probing, candidates) < pc_statement_cost(joined, candidates) then probing else joined end
        || case when null_possible then format(' UNION ALL SELECT NULL::%s WHERE EXISTS (SELECT 1 FROM (%s) f(k) WHERE f.k IS NULL)', native, body)
                else '' end;
end
$$;

comment on function pc_evaluation_statement(text, text, anyarray, text, boolean) is
'The statement by which a fragment is evaluated: a join or a probe of each partition, whichever the planner takes for cheaper. candidates: the only partitions that can match, null if all; relation: a table that has them all; null_possible: rows without a partition key can match. Example: select pc_evaluation_statement(''SELECT DISTINCT t1.city_id FROM public.poi t1'', ''city_id'', null::integer[], ''public.poi'', false)';

create function pc_statement_cost(statement text, candidates anyarray) returns double precision
language plpgsql volatile parallel unsafe
set search_path = ''
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
set standard_conforming_strings = on
as $$
declare
    plan pg_catalog.json;
begin
    execute 'explain (format json) ' operator(pg_catalog.||) statement into plan using candidates;
    return (plan operator(pg_catalog.->) 0 operator(pg_catalog.->) 'Plan' operator(pg_catalog.->>) 'Total Cost')::pg_catalog.float8;
end
$$;

comment on function pc_statement_cost(text, anyarray) is
'What the planner expects a canonical statement to cost; $1 in it stands for the candidates. Example: select pc_statement_cost(''select 1'', ''{}''::integer[])';

-- sql/70-evaluation/31-pc_evaluated_keys.sql
create function pc_null_possible(keyed oid[], partition_key text) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- Keyed tables are equal in their partition columns: one that cannot be null is enough.
        -- What children inherit they may lift, and what is said of a foreign table is not enforced.
        select not exists (select from pg_attribute a join pg_class c on c.oid = a.attrelid
                           where a.attrelid = any (keyed) and a.attname = partition_key and a.attnotnull
                             and (c.relkind = 'p' or c.relkind = 'r' and not c.relhassubclass))
    );
end
$$;

comment on function pc_null_possible(oid[], text) is
'Whether a fragment over these tables can match rows without a partition key. Example: select pc_null_possible(array[''pg_class''::regclass::oid], ''relname'')';

create function pc_evaluated_keys(
    registration partitioncache_registration, fragment text, parts text[], of_type anyelement, keyed oid[],
    out keys anyarray, out with_null boolean
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    null_possible boolean := pc_null_possible(keyed, (registration).partition_key);
    known record;
begin
    select * into known from pc_lookup(registration, parts, of_type);
    if cardinality(known.keys) = 0 and not (known.matches_null and null_possible) then
        keys := known.keys;
        with_null := false;
        return;
    end if;
    select r.keys, r.with_null into keys, with_null
    from pc_run_read_only(
        pc_evaluation_statement(fragment, (registration).partition_key, known.keys, pc_first_relation(fragment),
                                null_possible and coalesce(known.matches_null, true)), known.keys) r;
end
$$;

comment on function pc_evaluated_keys(partitioncache_registration, text, text[], anyelement, oid[]) is
'The keys of a fragment, evaluated in full, though only among those that its parts leave. Example: see pc_evaluate_fragment';

create function pc_first_relation(fragment text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        -- "SELECT DISTINCT tN.key FROM a t1, b t2 …": the relation of the table whose key is selected
        select r.m[1]
        from substring(fragment from '^SELECT DISTINCT (t\d+)\.') wanted,
             regexp_matches(fragment, '(?:FROM |, )((?:ONLY )?(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)\.(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)) (t\d+)', 'g') r(m)
        where r.m[2] = wanted
        limit 1
    );
end
$$;

comment on function pc_first_relation(text) is
'The table of a fragment whose partition column it selects. Example: select pc_first_relation(''SELECT DISTINCT t1.city_id FROM public.poi t1'')';

create function pc_mostly_changed(registration partitioncache_registration, hash text, keyed oid[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    mostly boolean;
begin
    if to_regclass(pc_changes_table((registration).cache, (registration).partition_key)) is null then
        return false;
    end if;
    -- Only so much of the log is read as must hold too many partitions, if no partition occurs more than twice in it.
    execute format('select count(distinct w.key) > e.enough
                    from (select e.snapshot, greatest(1000, e.key_count / 4) as enough from %s e where e.hash = $1) e
                    cross join lateral (
                        select k.key
                        from %s c, unnest(c.keys) k(key)
                        where not c.whole and c.relation in (select r.root from pc_tracked_roots($2, $3, $4) r)
                          and c.xid >= pg_snapshot_xmin(e.snapshot) and not pg_visible_in_snapshot(c.xid, e.snapshot)
                        limit 2 * e.enough + 2) w
                    group by e.enough',
                   pc_key_table((registration).cache, (registration).partition_key), pc_changes_table((registration).cache, (registration).partition_key))
    into mostly using hash, (registration).cache, (registration).partition_key, keyed;
    return coalesce(mostly, false);
end
$$;

comment on function pc_mostly_changed(partitioncache_registration, text, oid[]) is
'Whether the log, as far as a bounded look into it tells, holds so many partitions that to evaluate an entry anew costs less than to evaluate those. Example: select pc_mostly_changed(pc_registration(''partitioncache'', ''city_id''), ''pizza'', ''{}'')';

create function pc_refreshed_keys(
    registration partitioncache_registration, hash text, fragment text, of_type anyelement, keyed oid[],
    out keys anyarray, out with_null boolean
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    entry pc_usable_entry;
    held keys%type;
    held_null boolean;
    written keys%type;
    written_null boolean;
begin
    -- Where a large part has changed, evaluating everything anew costs less, and forgets what deletes have emptied.
    if pc_mostly_changed(registration, hash, keyed) then
        return;
    end if;
    select u.* into entry from pc_usable_entries(registration, array[hash]) u where u.problem is null and u.changed > 0;
    if not found or entry.changed > greatest(1000, entry.key_count / 4) then
        return;
    end if;
    -- One statement, so that the keys and the writes since belong to the same evaluation, whoever else stores or trims meanwhile.
    execute format('select pc_entry_keys($1, e.hash, false, $2), e.matches_null, w.keys, w.with_null
                    from %s e
                    cross join lateral (
                        select coalesce(array_agg(distinct k.key) filter (where k.key is not null), ''{}'') as keys,
                               coalesce(bool_or(k.key is null), false) as with_null
                        from %s c, unnest(c.keys) k(key)
                        where not c.whole and c.relation in (select r.root from pc_tracked_roots($3, $4, $5) r)
                          and c.xid >= pg_snapshot_xmin(e.snapshot) and not pg_visible_in_snapshot(c.xid, e.snapshot)) w
                    where e.hash = $6 and e.snapshot is not null',
                   pc_key_table((registration).cache, (registration).partition_key), pc_changes_table((registration).cache, (registration).partition_key))
    into held, held_null, written, written_null using registration, of_type, (registration).cache, (registration).partition_key, keyed, hash;
    if held is null then
        return;
    end if;
    select r.keys, r.with_null into keys, with_null
    from pc_run_read_only(
        pc_evaluation_statement(fragment, (registration).partition_key, written, pc_first_relation(fragment),
                                written_null and pc_null_possible(keyed, (registration).partition_key)), written) r;
    keys := array(select k from unnest(held) k
                  except select k from unnest(written) k
                  union all select k from unnest(keys) k);
    with_null := case when written_null then with_null else held_null end;
end
$$;

comment on function pc_refreshed_keys(partitioncache_registration, text, text, anyelement, oid[]) is
'The keys of an entry after only those partitions were evaluated again that tracked tables were written to since; null if that is not possible or would not pay. Example: see pc_evaluate_fragment';

-- sql/70-evaluation/40-pc_evaluate_fragment.sql
create function pc_evaluate_fragment(
    cache text, partition_key text, hash text, fragment text, keyed_tables text[], parts text[]
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    key_count bigint;
begin
    execute format('select pc_evaluate($1, $2, $3, $4, $5, null::%s)', pc_native_type(registration.datatype))
    into key_count using registration, hash, fragment, keyed_tables, parts;
    return key_count;
end
$$;

comment on function pc_evaluate_fragment(text, text, text, text, text[], text[]) is
'Evaluates a fragment as the role that calls, read-only, and stores its key set with all that it depends on; the number of keys. Raises whatever goes wrong, and then nothing is stored. Example: select pc_evaluate_fragment(''partitioncache'', ''city_id'', ''…'', ''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', ''{public.poi}'', ''{}'')';

create function pc_evaluate(
    registration partitioncache_registration, hash text, fragment text, keyed_tables text[], parts text[], of_type anyelement
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    -- Taken first: an entry may claim to have seen less than it has, never more.
    snapshot pg_snapshot := pc_snapshot();
    started timestamptz := clock_timestamp();
    dependencies pc_dependencies := pc_fragment_dependencies(fragment);
    -- What is also read through a view can change the view's rows of any partition.
    keyed oid[] := array(select t::regclass::oid from unnest(keyed_tables) t
                         except select c.relation from pc_relation_closure(dependencies.relations) c where c.relation <> c.root);
    evaluated record;
begin
    -- Where writes are not surely logged, the entry is kept for those who look at it, and put aside: a state that is null fits no table.
    if pc_tracking_problem((registration).cache, (registration).partition_key, array(
           select r.root from pc_tracked_roots((registration).cache, (registration).partition_key, dependencies.relations) r)) is not null then
        dependencies.states := array_fill(null::bigint, array[cardinality(dependencies.relations)]);
    end if;
    select * into evaluated from pc_refreshed_keys(registration, hash, fragment, of_type, keyed);
    if evaluated.keys is null then
        select * into evaluated from pc_evaluated_keys(registration, fragment, parts, of_type, keyed);
    end if;
    perform pc_store_keys(registration, hash, case when evaluated.with_null then array_append(evaluated.keys, null) else evaluated.keys end, fragment);
    execute format('update %s e set keyed_tables = $2, parts = $3, deps = $4, dep_states = $5, keyed = $6, functions = $7, function_state = $8,
                           snapshot = $9, cluster = pc_cluster(), evaluation_ms = $10
                    where e.hash = $1', pc_key_table((registration).cache, (registration).partition_key))
    using hash, keyed_tables, parts, dependencies.relations, dependencies.states, keyed, dependencies.functions, dependencies.function_state,
          snapshot, extract(epoch from clock_timestamp() - started) * 1000;
    return cardinality(evaluated.keys);
end
$$;

comment on function pc_evaluate(partitioncache_registration, text, text, text[], text[], anyelement) is
'pc_evaluate_fragment for keys of a type. Example: see pc_evaluate_fragment';

-- sql/80-queue/10-partitioncache_queue.sql
create sequence partitioncache_queue_id;

comment on sequence partitioncache_queue_id is
'Numbers the items of both queues in the order in which they are to be worked on where priorities are equal.';

create table partitioncache_queue (
    queue text not null,
    id bigint not null,
    cache text not null,
    partition_key text not null,
    hash text not null,
    query text not null,
    session jsonb,
    keyed_tables text[],
    parts text[],
    datatype text,
    checked boolean not null,
    priority integer not null,
    status text not null default 'ready' check (status in ('ready', 'running', 'failed', 'timeout', 'dead')),
    owner name not null default current_user,
    attempts integer not null default 0,
    claim bigint not null default 0,
    worker_pid integer,
    worker_id text,
    pushed_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    died_at timestamptz,
    error_msg text,
    primary key (id, queue),
    unique (hash, cache, partition_key, owner, queue),
    check ((status = 'dead') = (died_at is not null))
) partition by list (queue);

comment on table partitioncache_queue is
'The two queues, incoming and outgoing, which behave alike. due_at says when an item may be claimed: ready at once, failed and timeout after a pause, running when the lease is over. claim counts the claims and names the latest; whoever holds it says with it what became of the item. attempts counts those that failed or are under way. Finished items are deleted and logged.';
comment on column partitioncache_queue.hash is
'Outgoing: the fragment''s hash. Incoming: the SHA-256 of the query''s text, with the settings of its session where the text was checked by this server.';
comment on column partitioncache_queue.checked is
'Whether this server accepted the text when it was pushed. The processor in the database takes only such items; others are for monitors, which may read other databases.';
comment on column partitioncache_queue.worker_id is
'Who holds the claim. Workers inside the database: the session''s identifier as %c writes it into the server''s log, so that a process that reuses the pid is not taken for the worker.';

-- Claiming changes no indexed column (died_at is set once, at the end): those updates stay in the page and add nothing to the indexes.
create index partitioncache_queue_due on partitioncache_queue (cache, owner, priority desc, id) where died_at is null;

create table partitioncache_original_query_queue partition of partitioncache_queue for values in ('incoming')
    with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
          autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

comment on table partitioncache_original_query_queue is
'The incoming queue: original queries waiting to be taken apart.';

create table partitioncache_query_fragment_queue partition of partitioncache_queue for values in ('outgoing')
    with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
          autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

comment on table partitioncache_query_fragment_queue is
'The outgoing queue: fragments waiting to be evaluated.';

alter table partitioncache_queue enable row level security;
alter table partitioncache_original_query_queue enable row level security;
alter table partitioncache_query_fragment_queue enable row level security;
create policy partitioncache_own on partitioncache_queue using (owner = current_user) with check (owner = current_user);
create policy partitioncache_own on partitioncache_original_query_queue using (owner = current_user) with check (owner = current_user);
create policy partitioncache_own on partitioncache_query_fragment_queue using (owner = current_user) with check (owner = current_user);

select pc_dump_with_extension('partitioncache_queue_id');
select pc_dump_with_extension('partitioncache_original_query_queue');
select pc_dump_with_extension('partitioncache_query_fragment_queue');

-- sql/80-queue/11-partitioncache_processor_log.sql
create table partitioncache_processor_log (
    id bigint generated always as identity primary key,
    cache text not null,
    queue text not null check (queue in ('incoming', 'outgoing', 'upkeep')),
    partition_key text,
    query_hash text,
    status text not null check (status in ('success', 'skipped', 'failed', 'timeout')),
    error_msg text,
    key_count bigint,
    execution_time_ms double precision not null,
    attempt integer,
    owner name not null default current_user,
    created_at timestamptz not null default clock_timestamp()
);

comment on table partitioncache_processor_log is
'What became of queued items: queue incoming = a query was taken apart (skipped: nothing of it can be cached, error_msg says why), outgoing = a fragment was evaluated (key_count = size of its key set), upkeep = the processor''s own housekeeping failed. Keeps the latest log_limit rows of each cache and owner (see partitioncache_settings).';

create index partitioncache_processor_log_latest on partitioncache_processor_log (cache, owner, id);

alter table partitioncache_processor_log enable row level security;
create policy partitioncache_own on partitioncache_processor_log using (owner = current_user) with check (owner = current_user);

-- sql/80-queue/12-pc_log.sql
create function pc_log(
    cache text, queue text, partition_key text, query_hash text, status text, error_msg text,
    key_count bigint, execution_time_ms double precision, attempt integer
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    log_limit integer := (pc_settings(cache)).log_limit;
    written bigint;
begin
    insert into partitioncache_processor_log (cache, queue, partition_key, query_hash, status, error_msg, key_count, execution_time_ms, attempt)
    values (cache, queue, partition_key, query_hash, status, error_msg, key_count, execution_time_ms, attempt)
    returning id into written;
    -- Now and then, so that keeping the log short costs a fraction of a row each.
    if written % 100 = 0 then
        delete from partitioncache_processor_log l
        where l.id in (select o.id from partitioncache_processor_log o
                       where o.cache = pc_log.cache and o.owner = current_user
                       order by o.id desc offset log_limit
                       for update skip locked);
    end if;
end
$$;

comment on function pc_log(text, text, text, text, text, text, bigint, double precision, integer) is
'Writes a row to partitioncache_processor_log and every hundredth time removes what exceeds log_limit. Example: select pc_log(''partitioncache'', ''outgoing'', ''city_id'', ''…'', ''success'', null, 12, 3.4, 1)';

-- sql/80-queue/13-pc_not_null.sql
create function pc_not_null(variadic arguments text[]) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    missing text := (select arguments[i] from generate_series(1, cardinality(arguments), 2) i where arguments[i + 1] is null limit 1);
begin
    if missing is not null then
        perform pc_fail('PC001', format('%s is null', missing), '', format('Pass a value for %s, or leave it out if it has a default.', missing));
    end if;
end
$$;

comment on function pc_not_null(text[]) is
'Takes names and values in turn and raises PC001 for the first value that is null. Example: select pc_not_null(''cache'', ''partitioncache'')';

-- sql/80-queue/14-pc_check_queue.sql
create function pc_check_queue(queue text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if queue is null or queue not in ('incoming', 'outgoing') then
        perform pc_fail('PC001', 'there is no such queue', format('Queue: %s.', coalesce(queue, 'null')), 'Name ''incoming'' (queries) or ''outgoing'' (fragments).');
    end if;
end
$$;

comment on function pc_check_queue(text) is
'Raises PC001 unless queue is ''incoming'' or ''outgoing''. Example: select pc_check_queue(''incoming'')';

-- sql/80-queue/15-pc_queue_items.sql
create type pc_queue_item as (
    id bigint,
    partition_key text,
    hash text,
    query text,
    session jsonb,
    keyed_tables text[],
    parts text[],
    datatype text,
    priority integer
);

comment on type pc_queue_item is
'What is pushed into a queue; the fields are those of partitioncache_queue.';

create function pc_queue_items(items jsonb) returns pc_queue_item[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return array(
        select row(nextval('partitioncache_queue_id'), i.partition_key,
                   coalesce(i.hash, encode(sha256(convert_to(i.query || coalesce(i.session::text, ''), 'UTF8')), 'hex')),
                   i.query, i.session, i.keyed_tables, i.parts, i.datatype, coalesce(i.priority, 1))::pc_queue_item
        from jsonb_array_elements(items) with ordinality e(item, place)
        cross join jsonb_populate_record(null::pc_queue_item, e.item) i
        order by e.place);
end
$$;

comment on function pc_queue_items(jsonb) is
'Items for a queue, numbered in the order of the array. One without a hash gets it from its text and session. Example: select * from unnest(pc_queue_items(''[{"partition_key": "city_id", "query": "select 1"}]''))';

-- sql/80-queue/19-pc_push_again.sql
create function pc_push_again(queue text, cache text, pushed pc_queue_item[]) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- As in pc_enqueue.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
    again record;
begin
    -- An item whose row is locked is being worked on at this moment: whoever pushes does not wait for that.
    for again in
        select i.priority, array_agg(q.id) as ids
        from unnest(pushed) i
        cross join lateral (select k.id from partitioncache_queue k
                            where k.queue = pc_push_again.queue and k.cache = pc_push_again.cache and k.partition_key = i.partition_key
                              and k.hash = i.hash and k.owner = current_user and k.id <> i.id
                            limit 1 for update skip locked) q
        group by i.priority
    loop
        update partitioncache_queue q
        set priority = greatest(least(q.priority, 2147483646) + 1, again.priority),
            attempts = case when q.died_at is null then q.attempts else 0 end,
            status = case when q.died_at is null then q.status else 'ready' end,
            due_at = case when q.died_at is null then q.due_at else clock_timestamp() end,
            died_at = null
        where q.id = any (again.ids) and q.queue = pc_push_again.queue;
    end loop;
end
$$;

comment on function pc_push_again(text, text, pc_queue_item[]) is
'Raises the priority of those items that are in the queue under other numbers: by one, or to the priority they are pushed with if that is more. Revives dead ones. Example: select pc_push_again(''incoming'', ''partitioncache'', pc_queue_items(''[{"partition_key": "city_id", "query": "select 1"}]''))';

-- sql/80-queue/20-pc_enqueue.sql
create function pc_enqueue(queue text, cache text, items jsonb, checked boolean, again boolean default true, out ids bigint[], out added bigint)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- Planning for the values of each call takes longer than the work. A plan is kept as long as the session, and the table fills and empties
-- all the time: so no choice is left but one probe of the index for each item.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
    pushed pc_queue_item[] := pc_queue_items(items);
begin
    loop
        -- Looking first, because an insert waits for whoever is just changing the row that it meets. And in the order of the key,
        -- so that two sessions that push the same items never wait for each other in a circle.
        insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, keyed_tables, parts, datatype, checked, priority)
        select pc_enqueue.queue, i.id, pc_enqueue.cache, i.partition_key, i.hash, i.query, i.session, i.keyed_tables, i.parts,
               i.datatype, pc_enqueue.checked, i.priority
        from unnest(pushed) i
        where (select q.id from partitioncache_queue q
               where q.queue = pc_enqueue.queue and q.cache = pc_enqueue.cache and q.partition_key = i.partition_key
                 and q.hash = i.hash and q.owner = current_user limit 1) is null
        order by i.partition_key, i.hash, i.id
        on conflict do nothing;

        select array_agg(q.id order by i.id), count(*) filter (where q.id = i.id) into ids, added
        from unnest(pushed) i
        cross join lateral (select k.id from partitioncache_queue k
                            where k.queue = pc_enqueue.queue and k.cache = pc_enqueue.cache and k.partition_key = i.partition_key
                              and k.hash = i.hash and k.owner = current_user limit 1) q;
        -- An item that was there when it was looked for and finished just after is pushed once more.
        exit when not again or coalesce(cardinality(ids), 0) = cardinality(pushed);
    end loop;
    if again and added < cardinality(pushed) then
        perform pc_push_again(queue, cache, pushed);
    end if;
    if added > 0 then
        perform pc_notify(cache);
    end if;
end
$$;

comment on function pc_enqueue(text, text, jsonb, boolean, boolean) is
'Puts items (see pc_queue_items) into a queue; ids in their order and the number that was not there before. again: what is there already gains priority, and comes back to life if it is dead. Example: select * from pc_enqueue(''incoming'', ''partitioncache'', ''[{"partition_key": "city_id", "query": "select 1"}]'', true)';

-- sql/80-queue/22-pc_notify.sql
create function pc_notify(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if coalesce(current_setting('partitioncache.notify', true), '') = 'off' then
        return;
    end if;
    -- NOTIFY makes commits wait for one another. A listener holds this lock shared (see partitioncache_listen): without one, nobody pays.
    if current_setting('partitioncache.listens', true) is distinct from 'on'
        and pg_try_advisory_lock(hashtext('partitioncache listener'), hashtext(cache)) then
        perform pg_advisory_unlock(hashtext('partitioncache listener'), hashtext(cache));
        return;
    end if;
    perform pg_notify('partitioncache', cache);
end
$$;

comment on function pc_notify(text) is
'Wakes those who listen on channel partitioncache (payload: the cache''s name), if there are any and the setting partitioncache.notify is not off. Example: select pc_notify(''partitioncache'')';

-- sql/80-queue/23-partitioncache_listen.sql
create function partitioncache_listen(cache text default 'partitioncache') returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    listen partitioncache;
    perform pg_advisory_lock_shared(hashtext('partitioncache listener'), hashtext(cache));
    perform set_config('partitioncache.listens', 'on', false);
    return 'partitioncache';
end
$$;

comment on function partitioncache_listen(text) is
'Makes this session listen for pushes into the queues of a cache and returns the channel, partitioncache; the payload of each notification is the cache''s name. Pushes notify only while a session listens in this way, because NOTIFY makes commits wait for one another; alter role or database … set partitioncache.notify = off turns them off altogether. Ends with partitioncache_unlisten or the session. Example: select partitioncache_listen()';

create function partitioncache_unlisten(cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    if current_setting('partitioncache.listens', true) = 'on' then
        unlisten partitioncache;
        perform pg_advisory_unlock_shared(hashtext('partitioncache listener'), hashtext(cache));
        perform set_config('partitioncache.listens', 'off', false);
    end if;
end
$$;

comment on function partitioncache_unlisten(text) is
'Ends what partitioncache_listen began, with the same cache. Does nothing in a session that does not listen. Example: select partitioncache_unlisten()';

-- sql/80-queue/25-pc_register_by_use.sql
create function pc_register_by_use(queries text[], partition_key text, cache text, session jsonb) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    found_type text;
begin
    if cardinality(queries) = 0
        or exists (select from partitioncache_registration r
                   where r.cache = pc_register_by_use.cache and r.partition_key = pc_register_by_use.partition_key) then
        return;
    end if;
    select k.datatype into found_type
    from unnest(queries) q(query), pc_key_type(q.query, pc_register_by_use.partition_key, session) k(datatype)
    where k.datatype is not null limit 1;
    if found_type is null then
        perform pc_fail('PC002', format('partition key "%s" is not registered in cache "%s", and no table of the query has a column of that name and a fitting type', partition_key, cache),
            '', format('Check the spelling, or call partitioncache_register(%L, <datatype>, cache => %L) first.', partition_key, cache));
    end if;
    if not has_function_privilege('partitioncache_register(text, text, text, text, boolean)', 'execute') then
        perform pc_fail('PC007', format('partition key "%s" is not registered in cache "%s", and role "%s" may not register it', partition_key, cache, current_user),
            '', format('Let a role that administers PartitionCache call partitioncache_register(%L, %L, cache => %L).', partition_key, found_type, cache));
    end if;
    perform partitioncache_register(partition_key, found_type, cache => cache);
end
$$;

comment on function pc_register_by_use(text[], text, text, jsonb) is
'Registers a partition key that is not registered yet, with the type that its column has in these queries. Raises PC002 where none of their tables has it, PC007 where this role may not register. Example: select pc_register_by_use(array[''select * from poi''], ''city_id'', ''partitioncache'', pc_session(''public''))';

-- sql/80-queue/30-partitioncache_push.sql
create function partitioncache_push_many(
    queries text[],
    partition_key text,
    cache text default 'partitioncache',
    priority integer default 1,
    session_path text default pg_catalog.current_setting('search_path')
) returns bigint[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    session jsonb := pc_session(session_path);
    query text;
begin
    perform pc_not_null('queries', queries::text, 'partition_key', partition_key, 'cache', cache, 'priority', priority::text, 'session_path', session_path);
    foreach query in array queries loop
        perform pc_not_null('query', query);
        perform pc_push_check(query, session);
    end loop;
    perform pc_register_by_use(queries, partition_key, cache, session);
    return (select e.ids from pc_enqueue('incoming', cache,
        (select coalesce(jsonb_agg(jsonb_build_object('query', q.query, 'partition_key', partition_key, 'session', session, 'priority', priority)
                                   order by q.place), '[]')
         from unnest(queries) with ordinality q(query, place)), true) e);
end
$$;

comment on function partitioncache_push_many(text[], text, text, integer, text) is
'Puts many queries into the incoming queue in one call; returns their numbers in the same order. See partitioncache_push. Example: select partitioncache_push_many(array[''select * from poi where kind = 1'', ''select * from poi where kind = 2''], ''city_id'')';

create function partitioncache_push(
    query text,
    partition_key text,
    cache text default 'partitioncache',
    priority integer default 1,
    session_path text default pg_catalog.current_setting('search_path')
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (partitioncache_push_many(array[query], partition_key, cache, priority, session_path))[1];
end
$$;

comment on function partitioncache_push(text, text, text, integer, text) is
'Puts a query into the incoming queue, to be taken apart and cached; returns its number. Higher priorities go first. A query that waits there already gains priority (by one, or to the priority given if that is more), and comes back if it was dead. A partition key that is not registered is registered with the type of its column. Raises PostgreSQL''s own error for a query it does not accept, PC001 for null, PC002 for an unknown partition key that no table of the query has, PC005 for anything but one reading statement. Example: select partitioncache_push(''select * from poi where kind = 7'', ''city_id'')';

-- sql/80-queue/31-partitioncache_push_fragment.sql
create function partitioncache_push_fragment(
    query text,
    partition_key text,
    cache text default 'partitioncache',
    priority integer default 1,
    session_path text default pg_catalog.current_setting('search_path')
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    session jsonb := pc_session(session_path);
    items jsonb;
begin
    perform pc_not_null('query', query, 'partition_key', partition_key, 'cache', cache, 'priority', priority::text, 'session_path', session_path);
    perform pc_push_check(query, session);
    perform pc_register_by_use(array[query], partition_key, cache, session);

    select jsonb_agg(to_jsonb(w)) into items
    from (select f.hash, f.fragment as query, f.keyed_tables, f.parts,
                 partitioncache_push_fragment.partition_key, partitioncache_push_fragment.priority
          from pc_fragments(partitioncache_push_fragment.query, partitioncache_push_fragment.partition_key, partitioncache_push_fragment.cache, session)
               with ordinality f
          order by cardinality(f.tables) desc, cardinality(f.conjuncts) desc, f.ordinality limit 1) w;
    if items is null then
        perform pc_fail('PC005', 'this query has no fragment that can be cached', format('Partition key: %s.', partition_key),
            'partitioncache_explain says why.');
    end if;
    return (select e.ids[1] from pc_enqueue('outgoing', cache, items, true) e);
end
$$;

comment on function partitioncache_push_fragment(text, text, text, integer, text) is
'Puts only the largest fragment of a query, most tables and most conjuncts, straight into the outgoing queue; returns its number. Otherwise as partitioncache_push. Raises PC005 if the query has no fragment. Example: select partitioncache_push_fragment(''select * from poi where kind = 7'', ''city_id'')';

-- sql/80-queue/40-partitioncache_queue_lengths.sql
create function partitioncache_queue_lengths(cache text default 'partitioncache', out incoming bigint, out outgoing bigint)
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select count(*) filter (where q.queue = 'incoming'), count(*) filter (where q.queue = 'outgoing')
    from partitioncache_queue q
    where q.cache = partitioncache_queue_lengths.cache and q.died_at is null
$$;

comment on function partitioncache_queue_lengths(text) is
'How many items are still to be done, waiting, being worked on, or to be tried again: incoming = queries, outgoing = fragments. Dead items do not count. You see your own; superusers see all. Example: select * from partitioncache_queue_lengths()';

-- sql/80-queue/41-partitioncache_queue_counts.sql
create function partitioncache_queue_counts(queue text, cache text default 'partitioncache', out status text, out items bigint) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    return query
        select s.status, count(q.id)
        from unnest(array['ready', 'running', 'failed', 'timeout', 'dead']) with ordinality s(status, place)
        left join partitioncache_queue q on q.queue = partitioncache_queue_counts.queue
            and q.cache = partitioncache_queue_counts.cache and q.status = s.status
        group by s.status, s.place order by s.place;
end
$$;

comment on function partitioncache_queue_counts(text, text) is
'How many items of a queue are in each status: ready, running, failed and timeout (to be tried again), dead. Example: select * from partitioncache_queue_counts(''outgoing'')';

-- sql/80-queue/42-partitioncache_clear_queue.sql
create function partitioncache_clear_queue(
    cache text default 'partitioncache', queue text default null, out incoming bigint, out outgoing bigint
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    if queue is not null then
        perform pc_check_queue(queue);
    end if;
    with removed as (
        delete from partitioncache_queue q
        where (q.queue, q.id) in (
            select l.queue, l.id from partitioncache_queue l
            where l.cache = partitioncache_clear_queue.cache and l.queue = coalesce(partitioncache_clear_queue.queue, l.queue)
            for update skip locked)
        returning q.queue
    )
    select count(*) filter (where r.queue = 'incoming'), count(*) filter (where r.queue = 'outgoing')
    into incoming, outgoing from removed r;
end
$$;

comment on function partitioncache_clear_queue(text, text) is
'Removes the items of a cache from both queues, or from the one that is named (incoming or outgoing), whatever their status; returns how many. The result of an item that is being worked on is thrown away; one that a call of partitioncache_process_queue holds at this moment is left to it. You remove your own; superusers remove all. Example: select * from partitioncache_clear_queue()';

-- sql/80-queue/43-partitioncache_dead_items.sql
create function partitioncache_dead_items(cache text default 'partitioncache', queue text default null)
returns table (
    queue text, id bigint, partition_key text, hash text, query text, datatype text, keyed_tables text[], parts text[],
    priority integer, attempts integer, error_msg text, died_at timestamptz, owner name
)
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select q.queue, q.id, q.partition_key, q.hash, q.query, q.datatype, q.keyed_tables, q.parts, q.priority, q.attempts, q.error_msg, q.died_at, q.owner
    from partitioncache_queue q
    where q.cache = $1 and q.queue = coalesce($2, q.queue) and q.died_at is not null
    order by q.died_at desc, q.id
$$;

comment on function partitioncache_dead_items(text, text) is
'The items of a cache (of both queues, or of the one that is named) whose attempts are used up, latest first, with what the last attempt ended with. Example: select id, query, error_msg from partitioncache_dead_items()';

-- sql/80-queue/44-partitioncache_requeue.sql
create function partitioncache_requeue(cache text default 'partitioncache', ids bigint[] default null, queue text default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    revived bigint;
begin
    perform pc_not_null('cache', cache);
    update partitioncache_queue q
    set status = 'ready', attempts = 0, died_at = null, due_at = clock_timestamp()
    where q.cache = partitioncache_requeue.cache and q.died_at is not null
      and (partitioncache_requeue.ids is null or q.id = any (partitioncache_requeue.ids))
      and (partitioncache_requeue.queue is null or q.queue = partitioncache_requeue.queue);
    get diagnostics revived = row_count;
    if revived > 0 then
        perform pc_notify(cache);
    end if;
    return revived;
end
$$;

comment on function partitioncache_requeue(text, bigint[], text) is
'Puts dead items back into their queue, all of them or those with these numbers, with their attempts counted anew; returns how many. Example: select partitioncache_requeue()';

-- sql/80-queue/49-pc_session_id.sql
create function pc_session_id(backend_start timestamptz, pid integer) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
return to_hex(trunc(extract(epoch from backend_start))::bigint) || '.' || to_hex(pid);

comment on function pc_session_id(timestamptz, integer) is
'The identifier of a session as %c writes it into the server''s log: unlike a pid it is never used again. Example: select pc_session_id(backend_start, pid) from pg_stat_activity';

-- sql/80-queue/50-pc_worker_id.sql
create function pc_worker_id() returns text
language sql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_session_id(a.backend_start, a.pid) from pg_stat_get_activity(pg_backend_pid()) a
$$;

comment on function pc_worker_id() is
'The identifier of this session. Example: select pc_worker_id()';

-- sql/80-queue/51-pc_claim.sql
create function pc_claim(
    queues text[], cache text, amount integer, lease interval, worker_pid integer, worker_id text, only_checked boolean
) returns setof partitioncache_queue
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- As in pc_enqueue; here the plan walks the index, which ends at the first item that is due.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    max_attempts integer := (pc_settings(cache)).max_attempts;
    taken partitioncache_queue[];
begin
    loop
        with chosen as materialized (
            select q.id from partitioncache_queue q
            where q.queue = any (queues) and q.cache = pc_claim.cache and q.owner = current_user
              and q.died_at is null and q.due_at <= clock_timestamp() and (q.checked or not only_checked)
            order by q.priority desc, q.id
            limit amount for update skip locked
        ), claimed as (
            update partitioncache_queue q
            set status = case when q.attempts < max_attempts then 'running' else 'dead' end,
                died_at = case when q.attempts < max_attempts then null else clock_timestamp() end,
                attempts = q.attempts + (q.attempts < max_attempts)::integer,
                claim = q.claim + 1,
                error_msg = case when q.status = 'running' then coalesce(q.error_msg, 'the worker did not answer within its lease')
                                 when q.attempts >= max_attempts then q.error_msg end,
                worker_pid = pc_claim.worker_pid, worker_id = pc_claim.worker_id,
                started_at = clock_timestamp(), due_at = clock_timestamp() + lease
            where q.id = any (array(select c.id from chosen c)) and q.queue = any (queues)
            returning q as item
        )
        select array_agg(c.item order by (c.item).priority desc, (c.item).id) into taken from claimed c;
        perform pc_log(t.cache, t.queue, t.partition_key, t.hash, 'failed', t.error_msg, null, 0, t.attempts - (t.status = 'running')::integer)
        from unnest(taken) t where t.error_msg is not null;
        -- What nobody may try again was buried on the way; if that was all, there may be more behind it.
        exit when taken is null or exists (select from unnest(taken) t where t.status = 'running');
    end loop;
    return query select t.* from unnest(taken) t where t.status = 'running';
end
$$;

comment on function pc_claim(text[], text, integer, interval, integer, text, boolean) is
'Claims up to amount items of these queues that are due, most urgent first, for the time of a lease, and skips what others hold. An item whose lease is over counts as failed: it is claimed again, or dead if that was its last attempt. Only items of the current role. Example: select * from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pg_backend_pid(), pc_worker_id(), true)';

-- sql/80-queue/52-pc_settle.sql
create function pc_settle(queue text, id bigint, claim bigint, outcome text, error_msg text default null, key_count bigint default null) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    item partitioncache_queue;
    max_attempts integer;
begin
    if outcome in ('success', 'skipped') then
        delete from partitioncache_queue q
        where q.queue = pc_settle.queue and q.id = pc_settle.id and q.claim = pc_settle.claim and q.status = 'running'
        returning q.* into item;
    else
        select (pc_settings(q.cache)).max_attempts into max_attempts
        from partitioncache_queue q where q.queue = pc_settle.queue and q.id = pc_settle.id;
        update partitioncache_queue q
        set status = case when outcome = 'released' then 'ready' when q.attempts < max_attempts then outcome else 'dead' end,
            died_at = case when outcome = 'released' or q.attempts < max_attempts then null else clock_timestamp() end,
            attempts = q.attempts - (outcome = 'released')::integer,
            due_at = clock_timestamp() + case when outcome = 'released' then interval '0'
                                              else least(interval '10 s' * 4 ^ (q.attempts - 1), interval '1 h') end,
            error_msg = pc_settle.error_msg, worker_pid = null, worker_id = null
        where q.queue = pc_settle.queue and q.id = pc_settle.id and q.claim = pc_settle.claim and q.status = 'running'
        returning q.* into item;
    end if;
    if item.id is null then
        return false;
    end if;
    if outcome <> 'released' then
        perform pc_log(item.cache, item.queue, item.partition_key, item.hash, outcome, error_msg, key_count,
                       extract(epoch from clock_timestamp() - item.started_at) * 1000, item.attempts);
    end if;
    return true;
end
$$;

comment on function pc_settle(text, bigint, bigint, text, text, bigint) is
'Says what became of a claim: success or skipped (the item is done and deleted), failed or timeout (tried again after 10 s, 40 s, …, or dead), released (back in the queue, the attempt does not count). False, and nothing changes, if the claim is no longer the item''s latest. Example: select pc_settle(''outgoing'', 7, 1, ''success'', null, 12)';

-- sql/80-queue/60-partitioncache_queue_push.sql
create function partitioncache_queue_push(queue text, items jsonb, cache text default 'partitioncache') returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('items', items::text, 'cache', cache);
    if jsonb_typeof(items) <> 'array'
        or exists (select from jsonb_array_elements(items) i
                   where i ->> 'query' is null or i ->> 'partition_key' is null or (queue = 'outgoing' and i ->> 'hash' is null)) then
        perform pc_fail('PC001', 'items is no array of items', 'Each item has "query" and "partition_key", in the outgoing queue also "hash"; "datatype", "keyed_tables", "parts" and "priority" may be there.',
            'Pass for example [{"query": "select …", "partition_key": "city_id"}].');
    end if;
    return (select e.added from pc_enqueue(queue, cache, items, false) e);
end
$$;

comment on function partitioncache_queue_push(text, jsonb, text) is
'For monitors and other clients: puts items into a queue as they are, because they may be about another database; returns how many were not there yet. The processor in this database leaves them alone. Example: select partitioncache_queue_push(''incoming'', ''[{"query": "select * from poi", "partition_key": "city_id"}]'')';

-- sql/80-queue/61-partitioncache_queue_claim.sql
create function partitioncache_queue_claim(
    queue text, amount integer default 1, lease interval default '1 min', worker text default null, cache text default 'partitioncache'
) returns table (
    id bigint, claim bigint, attempt integer, query text, partition_key text, datatype text, hash text,
    parts text[], keyed_tables text[], priority integer, session jsonb
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('amount', amount::text, 'lease', lease::text, 'cache', cache);
    return query
        select c.id, c.claim, c.attempts, c.query, c.partition_key, coalesce(c.datatype, r.datatype), c.hash, c.parts, c.keyed_tables, c.priority, c.session
        from pc_claim(array[partitioncache_queue_claim.queue], partitioncache_queue_claim.cache, amount, lease, null, worker, false)
             with ordinality c
        left join partitioncache_registration r on r.cache = partitioncache_queue_claim.cache and r.partition_key = c.partition_key
        order by c.ordinality;
end
$$;

comment on function partitioncache_queue_claim(text, integer, interval, text, text) is
'For monitors and other clients: borrows up to amount items of a queue for the time of a lease, most urgent first, and never waits. claim names this very claim: partitioncache_queue_finish and _extend want it back. worker is a name for people who look at the queue. Example: select * from partitioncache_queue_claim(''outgoing'', 10, ''5 min'')';

-- sql/80-queue/62-partitioncache_queue_finish.sql
create function partitioncache_queue_finish(
    queue text, id bigint, claim bigint, outcome text default 'done', error_msg text default null, key_count bigint default null
) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('id', id::text, 'claim', claim::text);
    if outcome is null or outcome not in ('done', 'failed', 'timeout', 'released') then
        perform pc_fail('PC001', 'there is no such outcome', format('Outcome: %s.', coalesce(outcome, 'null')), 'Say ''done'', ''failed'', ''timeout'' or ''released''.');
    end if;
    return pc_settle(queue, id, claim, case outcome when 'done' then 'success' else outcome end, error_msg, key_count);
end
$$;

comment on function partitioncache_queue_finish(text, bigint, bigint, text, text, bigint) is
'For monitors and other clients: says what became of a claim, done, failed or timeout (tried again after a pause, while attempts remain), released (back at once, the attempt does not count), and logs it. False, and nothing changes, if the claim was lost: its lease was over and somebody else has the item, or it was removed. Example: select partitioncache_queue_finish(''outgoing'', 7, 1, ''failed'', ''no such table'')';

-- sql/80-queue/63-partitioncache_queue_extend.sql
create function partitioncache_queue_extend(queue text, ids bigint[], claims bigint[], lease interval default '1 min') returns setof bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    perform pc_not_null('ids', ids::text, 'claims', claims::text, 'lease', lease::text);
    return query
        update partitioncache_queue q set due_at = clock_timestamp() + lease
        from unnest(ids, claims) h(id, claim)
        where q.queue = partitioncache_queue_extend.queue and q.id = h.id and q.claim = h.claim and q.status = 'running'
        returning q.id;
end
$$;

comment on function partitioncache_queue_extend(text, bigint[], bigint[], interval) is
'For monitors and other clients: prolongs the leases of these claims to this long from now; returns the numbers of the items that are still held. Example: select partitioncache_queue_extend(''outgoing'', ''{7}'', ''{1}'', ''5 min'')';

-- sql/90-processor/10-pc_time_limit.sql
create function pc_time_limit(cache text) returns interval
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- What statement_timeout cuts off would be cut off again and again; an item that had half of that time had its turn.
    select least((pc_settings(cache)).fragment_timeout, nullif(current_setting('statement_timeout')::interval, interval '0') / 2)
$$;

comment on function pc_time_limit(text) is
'How long an item may take before its cancellation counts as its time limit: fragment_timeout, or half of this session''s statement_timeout if that is less. Example: select pc_time_limit(''partitioncache'')';

-- sql/90-processor/11-pc_work_query.sql
create function pc_work_query(item partitioncache_queue) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    fragments bigint;
    items jsonb;
begin
    with f as materialized (
        select * from pc_fragments(item.query, item.partition_key, item.cache, item.session) with ordinality
    )
    select count(*), jsonb_agg(jsonb_build_object('hash', f.hash, 'query', f.fragment, 'partition_key', item.partition_key, 'priority', item.priority,
                                                  'keyed_tables', f.keyed_tables, 'parts', f.parts) order by f.ordinality)
                     filter (where e.hash is null)
    into fragments, items
    from f
    left join pc_entry_state(item.cache, item.partition_key, (select array_agg(f.hash) from f)) e
        on e.hash = f.hash and e.state in ('fresh', 'asserted');
    if fragments = 0 then
        return coalesce((pc_take_apart(item.query, item.partition_key, item.cache, item.session)).reason,
                        'no fragment of this query can be cached');
    end if;
    if items is not null then
        perform pc_enqueue('outgoing', item.cache, items, true);
    end if;
    return null;
end
$$;

comment on function pc_work_query(partitioncache_queue) is
'Takes a queued query apart and puts those of its fragments that have no fresh entry into the outgoing queue. Null, or the reason why nothing of it can be cached. Example: select pc_work_query(q) from partitioncache_queue q where q.id = 7';

-- sql/90-processor/12-pc_work.sql
create function pc_work(item partitioncache_queue) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    reason text;
    keys bigint;
    held boolean;
    outcome text;
begin
    begin
        if item.queue = 'incoming' then
            reason := pc_work_query(item);
        else
            keys := pc_evaluate_fragment(item.cache, item.partition_key, item.hash, item.query, item.keyed_tables, item.parts);
            if item.session ? 'refresh' then
                -- Counted as a failure, so that an entry which no refresh can help is not evaluated for ever.
                reason := (select format('still not usable after a refresh: %s', s.reason)
                           from pc_entry_state(item.cache, item.partition_key, array[item.hash]) s where s.state = 'aside');
            end if;
        end if;
        outcome := case when reason is null then 'success' when item.queue = 'incoming' then 'skipped' else 'failed' end;
        held := pc_settle(item.queue, item.id, item.claim, outcome, reason, keys);
        if not held then
            -- Somebody else has the item by now. Leaving through an error takes the entry back too.
            raise exception using errcode = 'PC000', message = 'the claim was lost';
        end if;
        return outcome;
    exception
        when query_canceled then
            if clock_timestamp() - item.started_at >= pc_time_limit(item.cache) then
                outcome := 'timeout';
                reason := format('stopped at the time limit of %s', pc_time_limit(item.cache));
            else
                outcome := 'released';
                reason := sqlerrm;
            end if;
        when others then
            outcome := 'failed';
            reason := sqlerrm;
    end;
    if not held or not pc_settle(item.queue, item.id, item.claim, outcome, reason) then
        outcome := 'lost';
    end if;
    return outcome;
end
$$;

comment on function pc_work(partitioncache_queue) is
'Does the work of a claimed item and settles the claim, in one subtransaction: an entry is stored exactly when its item is finished. Returns success, skipped, failed, timeout, released (cancelled before its time limit; whoever calls should stop) or lost (somebody else has the item; nothing was stored). Example: select pc_work(c) from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pg_backend_pid(), pc_worker_id(), true) c';

-- sql/90-processor/20-pc_cancel_overdue.sql
create function pc_cancel_overdue(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    started_before timestamptz := clock_timestamp() - (pc_settings(cache)).fragment_timeout;
    overdue_pids integer[];
begin
    -- Running items have no index of their own; most of the time a look at the sessions shows that there is nothing to find.
    if not exists (select from pg_stat_activity a
                   where a.datname = current_database() and a.state = 'active' and a.pid <> pg_backend_pid() and a.xact_start < started_before) then
        return 0::bigint;
    end if;
    -- The worker needs its item's row to settle the claim. While it is locked here, the cancellation cannot hit what the worker does next.
    -- First find, then cancel: pg_cancel_backend in a WHERE clause may be called for any row of a join's side.
    with overdue as materialized (
        select q.worker_pid, q.worker_id from partitioncache_queue q
        where q.cache = pc_cancel_overdue.cache and q.owner = current_user and q.status = 'running'
          and q.worker_pid <> pg_backend_pid() and q.started_at < started_before
        for update skip locked
    )
    select array_agg(o.worker_pid) into overdue_pids
    from overdue o
    join pg_stat_activity a on a.pid = o.worker_pid and a.state = 'active' and pc_session_id(a.backend_start, a.pid) = o.worker_id;
    return (select count(*) from unnest(overdue_pids) o(pid) where pg_cancel_backend(o.pid));
end
$$;

comment on function pc_cancel_overdue(text) is
'Cancels the workers of this role whose item is over its time limit (fragment_timeout of the cache); returns how many. A worker cannot time itself: statement_timeout set inside a running statement has no effect. Example: select pc_cancel_overdue(''partitioncache'')';

-- sql/90-processor/21-pc_recover.sql
create function pc_recover(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    recovered bigint;
begin
    -- The sessions must be read after the rows: read before, a worker that came in between would be missing.
    perform pg_stat_clear_snapshot();
    update partitioncache_queue q
    set due_at = clock_timestamp(), error_msg = 'the worker ended before it was done'
    where (q.queue, q.id) in (
        select r.queue, r.id from partitioncache_queue r
        where r.cache = pc_recover.cache and r.owner = current_user and r.status = 'running' and r.worker_pid is not null
          and not exists (select from pg_stat_activity a
                          where a.pid = r.worker_pid and a.state is distinct from 'idle'
                            and coalesce(pc_session_id(a.backend_start, a.pid) = r.worker_id, true))
        for update skip locked);
    get diagnostics recovered = row_count;
    return recovered;
end
$$;

comment on function pc_recover(text) is
'Ends the leases of items whose worker in this database is gone (killed, crashed, disconnected), so that they are claimed again at once; returns how many. Example: select pc_recover(''partitioncache'')';

-- sql/90-processor/22-pc_enqueue_refreshes.sql
create function pc_enqueue_refreshes(cache text, amount integer default 100) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registered text;
    items jsonb;
    added bigint := 0::bigint;
begin
    for registered in
        select r.partition_key from partitioncache_registration r where r.cache = pc_enqueue_refreshes.cache order by 1
    loop
        -- An entry that changes all the time is evaluated at most a twentieth of the time.
        execute format($query$
            select coalesce(jsonb_agg(to_jsonb(w)), '[]')
            from (select e.hash, e.query, e.keyed_tables, e.parts, $2 as partition_key, 0 as priority, '{"refresh": true}'::jsonb as session
                  from pc_entry_state($1, $2) s
                  join %s e on e.hash = s.hash
                  left join partitioncache_entry_use u on u.cache = $1 and u.partition_key = $2 and u.hash = s.hash
                  where s.state in ('changed', 'aside') and s.owner = current_user and e.query is not null and e.key_count is not null
                    and e.evaluated_at < clock_timestamp() - greatest(interval '10 s', interval '20 ms' * coalesce(e.evaluation_ms, 0))
                    and not exists (select from partitioncache_queue q
                                    where q.queue = 'outgoing' and q.cache = $1 and q.partition_key = $2 and q.hash = s.hash and q.owner = current_user)
                  order by u.uses desc nulls last, u.last_used desc nulls last, e.evaluated_at
                  limit $3) w
            $query$, pc_key_table(cache, registered))
        into items using cache, registered, amount;
        added := added + (select e.added from pc_enqueue('outgoing', cache, items, true, again => false) e);
    end loop;
    return added;
end
$$;

comment on function pc_enqueue_refreshes(text, integer) is
'Puts entries of this role that have changed or lie aside into the outgoing queue, with priority 0, the most used first, at most amount a partition key; returns how many. Example: select pc_enqueue_refreshes(''partitioncache'')';

-- sql/90-processor/23-pc_prune_cron_history.sql
create function pc_prune_cron_history(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    home text := 'cron';
    pruned bigint := 0::bigint;
begin
    if exists (select from pg_namespace n join pg_class c on c.relnamespace = n.oid
               where n.nspname = home and c.relname = 'job_run_details'
                 and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select, delete')) then
        execute format($query$
            delete from %I.job_run_details d using %1$I.job j
            where j.jobid = d.jobid and j.username = current_user
              and j.jobname = any (array(select pc_job_name($1, n) from generate_series(0, 64) n))
              and d.end_time < now() - case d.status when 'succeeded' then interval '1 h' else interval '7 days' end
            $query$, home) using cache;
        get diagnostics pruned = row_count;
    end if;
    return pruned;
end
$$;

comment on function pc_prune_cron_history(text) is
'Removes what pg_cron has noted about our own jobs'' runs: succeeded ones after an hour, others after a week. Does nothing where pg_cron is in another database or this role may not. Example: select pc_prune_cron_history(''partitioncache'')';

-- sql/90-processor/24-pc_upkeep.sql
create function pc_attempt(step text, cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    result bigint;
begin
    execute format('select %I($1)', step) into result using cache;
    return result;
exception
    when others then
        perform pc_log(cache, 'upkeep', null, null, 'failed', format('%s: %s', step, sqlerrm), null, 0, null);
        return 0::bigint;
end
$$;

comment on function pc_attempt(text, text) is
'Calls one of the functions that look after a cache and returns its result; a failure is logged and stops nothing. Example: select pc_attempt(''pc_recover'', ''partitioncache'')';

create function pc_mend_tracking(cache text) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select count(*) filter (where t.problem is null) from pc_sync_tracking(pc_mend_tracking.cache) t
$$;

comment on function pc_mend_tracking(text) is
'How many tables pc_sync_tracking has brought back to tracking. Example: select pc_mend_tracking(''partitioncache'')';

create function pc_drop_old_refreshes(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    dropped bigint;
begin
    delete from partitioncache_queue q
    where q.queue = 'outgoing' and q.cache = pc_drop_old_refreshes.cache and q.owner = current_user
      and q.session ? 'refresh' and q.died_at < clock_timestamp() - interval '1 h';
    get diagnostics dropped = row_count;
    return dropped;
end
$$;

comment on function pc_drop_old_refreshes(text) is
'Removes refreshes that have been dead for an hour, so that they may be tried again. Example: select pc_drop_old_refreshes(''partitioncache'')';

create function pc_upkeep(cache text) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_attempt(s.step, pc_upkeep.cache)
    from unnest(array['pc_mend_tracking', 'pc_trim_changes', 'pc_drop_old_refreshes', 'pc_prune_cron_history']) with ordinality s(step, place)
    order by s.place
$$;

comment on function pc_upkeep(text) is
'What one worker of a cache does once a minute: mends the tracking of tables, trims change logs, forgets refreshes that were of no use, prunes pg_cron''s notes about our jobs. Example: select pc_upkeep(''partitioncache'')';

-- sql/90-processor/30-partitioncache_process_queue.sql
create function partitioncache_process_queue(
    cache text default 'partitioncache', max_items integer default 1000, max_seconds double precision default 1
) returns integer
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    ends_at timestamptz := clock_timestamp() + max_seconds * interval '1 s';
    worker_id text := pc_worker_id();
    item partitioncache_queue;
    outcome text;
    finished integer := 0;
    refreshed boolean := false;
    idle boolean := false;
begin
    perform pc_not_null('cache', cache, 'max_items', max_items::text, 'max_seconds', max_seconds::text);
    for i in 1 .. max_items loop
        select c.* into item
        from pc_claim('{incoming,outgoing}', cache, 1, interval '1 h', pg_backend_pid(), worker_id, true) c;
        if item.id is null then
            idle := refreshed or pc_attempt('pc_recover', cache) + pc_attempt('pc_enqueue_refreshes', cache) = 0;
            exit when idle;
            refreshed := true;
        else
            outcome := pc_work(item);
            if outcome = 'released' then
                raise query_canceled using message = 'partitioncache_process_queue was cancelled', hint = 'Nothing is lost: the items of this call are back in their queues.';
            end if;
            finished := finished + (outcome in ('success', 'skipped'))::integer;
        end if;
        exit when clock_timestamp() >= ends_at;
    end loop;
    -- Last, because it may lock tables until the end of the transaction.
    if idle then
        perform pc_upkeep(cache);
    end if;
    return finished;
end
$$;

comment on function partitioncache_process_queue(text, integer, double precision) is
'Takes queued queries apart and evaluates fragments, most urgent first, and returns how many items were finished. Begins no further item after max_seconds or max_items. With nothing queued it refreshes entries whose tables have changed. An item that fails does not touch the others; one that statement_timeout stops counts as a timeout if it had at least half of that time. All in the caller''s transaction; CALL partitioncache_run_processor() commits as it goes. Example: select partitioncache_process_queue()';

-- sql/90-processor/39-pc_check_processor_config.sql
create function pc_check_processor_config(
    frequency_seconds numeric default null, max_parallel_jobs integer default null, fragment_timeout interval default null,
    max_attempts integer default null, log_limit integer default null
) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    wrong record;
begin
    select c.name, c.value, c.rule into wrong
    from (values ('frequency_seconds', frequency_seconds::text, 'from 0.1 to 60', frequency_seconds between 0.1 and 60),
                 ('max_parallel_jobs', max_parallel_jobs::text, 'from 1 to 64', max_parallel_jobs between 1 and 64),
                 ('fragment_timeout', fragment_timeout::text, 'more than 0', fragment_timeout > interval '0'),
                 ('max_attempts', max_attempts::text, 'at least 1', max_attempts >= 1),
                 ('log_limit', log_limit::text, 'at least 0', log_limit >= 0)) c(name, value, rule, holds)
    where not c.holds limit 1;
    if found then
        perform pc_fail('PC001', format('%s is out of range', wrong.name), format('%s: %s.', wrong.name, wrong.value), format('Pass a value %s.', wrong.rule));
    end if;
end
$$;

comment on function pc_check_processor_config(numeric, integer, interval, integer, integer) is
'Raises PC001 for the first value that is out of its range; null is in range. Example: select pc_check_processor_config(frequency_seconds => 1)';

-- sql/90-processor/40-pc_turn.sql
create type pc_turn as (
    cache text,
    worker integer,
    frequency_seconds numeric,
    until timestamptz,
    worker_id text,
    overdue_at timestamptz,
    upkeep_at timestamptz,
    refresh_at timestamptz,
    outcome text,
    item partitioncache_queue,
    works boolean,
    wait double precision,
    finished boolean
);

comment on type pc_turn is
'What a processor carries from one transaction to the next. worker: null for one that a person called, 0 for pg_cron''s first job, which evaluates nothing itself and keeps the others to their time, 1 and up for those that evaluate. overdue_at, upkeep_at, refresh_at: when these are due. outcome: of the last item. Then what to do next: works = the item, otherwise wait so many seconds, finished = stop.';

-- sql/90-processor/41-pc_first_turn.sql
create function pc_first_turn(cache text, duration interval, frequency_seconds numeric, worker integer) returns pc_turn
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    turn pc_turn;
    jobs integer := (pc_settings(cache)).max_parallel_jobs + 1;
begin
    perform pc_not_null('cache', cache);
    perform pc_check_processor_config(frequency_seconds => pc_first_turn.frequency_seconds);
    if duration <= interval '0' then
        perform pc_fail('PC001', 'duration is not positive', format('Duration: %s.', duration), 'Pass for example ''1 h'', or null to stop when nothing is left to do.');
    end if;
    turn.cache := cache;
    turn.worker := worker;
    turn.frequency_seconds := frequency_seconds;
    turn.worker_id := pc_worker_id();
    turn.overdue_at := clock_timestamp();
    turn.upkeep_at := clock_timestamp();
    turn.refresh_at := clock_timestamp();
    if worker is null then
        turn.until := clock_timestamp() + duration;
    else
        -- pg_cron starts a job on the minute, or, if it was still running then, as soon as it ends. Ending over the next minute's start,
        -- each job at a second of its own, leaves a gap of milliseconds, and never more than one job at a time in it.
        turn.until := least(date_trunc('minute', clock_timestamp()) + interval '1 min' + interval '1 s' * (5 + 50.0 * worker / jobs),
                            statement_timestamp() + nullif(current_setting('statement_timeout')::interval, interval '0') * 0.9);
        perform set_config('application_name', pc_job_name(cache, worker), false);
    end if;
    return turn;
end
$$;

comment on function pc_first_turn(text, interval, numeric, integer) is
'The state in which a processor begins; checks what it was called with. Example: select pc_first_turn(''partitioncache'', ''1 min'', null, null)';

-- sql/90-processor/42-pc_next_turn.sql
create function pc_next_turn(turn pc_turn) returns pc_turn
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    settings partitioncache_settings := pc_settings(turn.cache);
    now_ timestamptz := clock_timestamp();
    refreshed bigint := 0::bigint;
begin
    if turn.outcome = 'released' then
        raise query_canceled using message = 'the processor was cancelled', hint = 'Nothing is lost: the item it was working on is back in its queue.';
    end if;
    turn.finished := coalesce(now_ >= turn.until, false)
        or (turn.worker is not null and (not settings.enabled or turn.worker > settings.max_parallel_jobs));
    if turn.finished then
        return turn;
    end if;

    if now_ >= turn.overdue_at then
        perform pc_cancel_overdue(turn.cache);
        turn.overdue_at := now_ + interval '0.5 s';
    end if;
    if now_ >= turn.upkeep_at then
        perform pc_attempt('pc_recover', turn.cache);
        if coalesce(turn.worker, 0) = 0 then
            perform pc_upkeep(turn.cache);
        end if;
        turn.upkeep_at := now_ + interval '1 min';
    end if;

    turn.item := (select c from pc_claim(case turn.worker when 0 then '{incoming}' else '{incoming,outgoing}'::text[] end, turn.cache, 1,
                                         settings.fragment_timeout + interval '1 min', pg_backend_pid(), turn.worker_id, true) c);
    turn.works := (turn.item).id is not null;
    if not turn.works and coalesce(turn.worker, 0) = 0 and now_ >= turn.refresh_at then
        refreshed := pc_attempt('pc_enqueue_refreshes', turn.cache);
        turn.refresh_at := case when turn.until is null then 'infinity' else now_ + greatest(interval '5 s', (clock_timestamp() - now_) * 50) end;
    end if;
    turn.finished := not turn.works and refreshed = 0 and turn.until is null;
    turn.wait := (case when refreshed > 0 and turn.worker is null then 0
                      else least(coalesce(turn.frequency_seconds, settings.frequency_seconds), case turn.worker when 0 then 5 end,
                                 greatest(extract(epoch from turn.until - clock_timestamp()), 0)) end)::double precision;
    return turn;
end
$$;

comment on function pc_next_turn(pc_turn) is
'What a processor does next: keeps others to their time limits, looks after the queues, claims an item. With nothing to claim, the first job (and a processor that a person called) looks for entries to refresh, at most a fiftieth of the time. Raises query_canceled if the last item was cancelled before its time limit. Example: select pc_next_turn(pc_first_turn(''partitioncache'', ''1 min'', null, null))';

-- sql/90-processor/43-partitioncache_run_processor.sql
create procedure partitioncache_run_processor(
    cache text default 'partitioncache',
    duration interval default null,
    frequency_seconds numeric default null,
    worker integer default null
)
language plpgsql
as $$
-- A procedure that commits cannot pin its search_path. So there is nothing in here to look up on it: every function is qualified and pins its own,
-- and no operator is used.
declare
    turn partitioncache_internal.pc_turn;
begin
    commit;
    turn := partitioncache_internal.pc_first_turn(cache, duration, frequency_seconds, worker);
    loop
        commit;
        set transaction isolation level read committed, read write;
        perform pg_catalog.set_config('synchronous_commit', 'off', true);
        turn := partitioncache_internal.pc_next_turn(turn);
        exit when turn.finished;
        -- The claim is committed before the work begins. If a crash loses this commit, the item is merely claimed again.
        commit;
        set transaction isolation level read committed, read write;
        perform pg_catalog.set_config('synchronous_commit', 'off', true);
        if turn.works then
            turn.outcome := partitioncache_internal.pc_work(turn.item);
        else
            perform pg_catalog.pg_sleep(turn.wait);
        end if;
    end loop;
end
$$;

comment on procedure partitioncache_run_processor(text, interval, numeric, integer) is
'Works on both queues, one short transaction after another: without duration until nothing is due, otherwise for that long, looking for work every frequency_seconds (default: the cache''s setting). Takes only items of the current role. Several may run at once; a fragment over the time limit is stopped by any other that runs. worker is for pg_cron''s jobs: the number of the job, which runs about a minute, and ends when the processor is disabled. Must not be called inside a transaction block. Example: call partitioncache_run_processor()';

-- sql/90-processor/50-pc_job_name.sql
create function pc_job_name(cache text, worker integer) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- pg_cron keeps names as the type name: 63 bytes, and one space of names for all databases.
    select case when octet_length(long.name) <= 60 then long.name else 'partitioncache ' || md5(long.name) end || ' ' || worker
    from (values (format('partitioncache %s/%s', current_database(), cache))) long(name)
$$;

comment on function pc_job_name(text, integer) is
'The name of a pg_cron job of this database''s processor; its sessions have it as application_name. Example: select pc_job_name(''partitioncache'', 0)';

-- sql/90-processor/51-pc_cron_home.sql
create function pc_cron_home() returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    sees_settings boolean := pg_has_role('pg_read_all_settings', 'usage');
    -- Not by current_setting: a name in postgresql.conf is there too while the library is not loaded.
    home text := (select s.setting from pg_settings s where s.name = 'cron.database_name');
    is_here boolean := exists (select from pg_extension e where e.extname = 'pg_cron');
begin
    if sees_settings and home is null then
        perform pc_fail('PC006', 'pg_cron is not loaded in this server', '',
            format('Install pg_cron (Debian: postgresql-%s-cron), set shared_preload_libraries = ''pg_cron'' and cron.database_name = ''%s'' in postgresql.conf, restart the server, then: create extension pg_cron; Without pg_cron let any scheduler run: call partitioncache_run_processor(duration => ''1 min'')',
                   current_setting('server_version_num')::integer / 10000, current_database()));
    elsif home = current_database() and not is_here then
        perform pc_fail('PC006', 'pg_cron is loaded, but not created in this database', '', 'As a superuser: create extension pg_cron;');
    elsif is_here and not has_schema_privilege('cron', 'usage') then
        perform pc_fail('PC006', format('role "%s" may not use pg_cron', current_user), '', format('As a superuser: grant usage on schema cron to %I;', current_user));
    end if;
    return case when is_here then current_database() else coalesce(home, '(ask an administrator)') end;
end
$$;

comment on function pc_cron_home() is
'The database of this server in which pg_cron lives. Raises PC006, with the steps to take, where it cannot be used. Example: select pc_cron_home()';

-- sql/90-processor/52-partitioncache_processor_jobs.sql
create function partitioncache_processor_jobs(cache text default 'partitioncache')
returns table (
    job text, schedule text, command text, database text, username text, wanted boolean, scheduled boolean, statement text, removal text
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    here boolean := pc_cron_home() = current_database();
    settings partitioncache_settings := pc_settings(cache);
    home text := 'cron';
    present text[];
begin
    if here then
        execute format('select array(select j.jobname::text from %I.job j where j.username = current_user and j.database = current_database() and j.active)', home)
        into present;
    end if;
    return query
        select j.name, '* * * * *', j.command, current_database()::text, current_user::text, j.worker <= settings.max_parallel_jobs,
               j.name = any (present),
               case when here then format('select cron.schedule(%L, %L, %L);', j.name, '* * * * *', j.command)
                    else format('select cron.schedule_in_database(%L, %L, %L, %L, %L);', j.name, '* * * * *', j.command, current_database(), current_user) end,
               format('select cron.unschedule(%L);', j.name)
        from (select n, pc_job_name(partitioncache_processor_jobs.cache, n),
                     format('call %s.partitioncache_run_processor(%L, worker => %s)', 'partitioncache_internal', partitioncache_processor_jobs.cache, n)
              from generate_series(0, 64) n) j(worker, name, command)
        where j.worker <= settings.max_parallel_jobs or j.name = any (present)
        order by j.worker;
end
$$;

comment on function partitioncache_processor_jobs(text) is
'The pg_cron jobs of this cache and role: one that oversees and max_parallel_jobs that evaluate; with the statement that makes each and the one that removes it, to be run where pg_cron lives. wanted is false for one too many; scheduled is null where pg_cron lives in another database. Example: select job, scheduled, statement from partitioncache_processor_jobs()';

-- sql/90-processor/53-pc_role_statement_timeout.sql
create function pc_role_statement_timeout() returns interval
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select (v.value || case when v.value ~ '^ *[0-9]+ *$' then ' ms' else '' end)::interval
    from (select 1, d.setrole <> 0, d.setdatabase <> 0, split_part(c.setting, '=', 2)
          from pg_db_role_setting d
          cross join unnest(d.setconfig) c(setting)
          where d.setrole in (0, (select r.oid from pg_roles r where r.rolname = current_user))
            and d.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))
            and c.setting ^@ 'statement_timeout='
          union all
          select 2, false, false, s.setting from pg_settings s
          where s.name = 'statement_timeout' and s.source in ('configuration file', 'command line', 'environment variable', 'override')
         ) v(rank, for_role, for_database, value)
    order by v.rank, v.for_role desc, v.for_database desc
    limit 1
$$;

comment on function pc_role_statement_timeout() is
'The statement_timeout that a new session of this role in this database begins with, as far as it is set for role, database or server; null or 0 for none. Example: select pc_role_statement_timeout()';

-- sql/90-processor/54-pc_schedule_jobs.sql
create function pc_schedule_jobs(cache text) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    statements text[];
begin
    if pc_cron_home() <> current_database() then
        return format(E'-- pg_cron lives in database %s. Run there, as a superuser or as %s:\n', pc_cron_home(), current_user)
            || (select string_agg(j.statement, E'\n') from partitioncache_processor_jobs(cache) j where j.wanted);
    end if;
    statements := array(select case when j.wanted then j.statement else j.removal end
                        from partitioncache_processor_jobs(cache) j where j.wanted <> j.scheduled);
    for i in 1 .. cardinality(statements) loop
        execute statements[i];
    end loop;
    return format('%s jobs are scheduled in pg_cron; they start with the next minute.', (pc_settings(cache)).max_parallel_jobs + 1);
end
$$;

comment on function pc_schedule_jobs(text) is
'Makes and removes pg_cron jobs until they are those that the cache''s settings ask for, or returns the statements to run in the database in which pg_cron lives. Example: select pc_schedule_jobs(''partitioncache'')';

-- sql/90-processor/55-pc_unschedule_jobs.sql
create function pc_unschedule_jobs(cache text) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    removals text[];
begin
    if pc_cron_home() <> current_database() then
        return format(E'-- The processor is disabled. pg_cron lives in database %s; run there, to remove the jobs:\n', pc_cron_home())
            || (select string_agg(j.removal, E'\n') from partitioncache_processor_jobs(cache) j);
    end if;
    removals := array(select j.removal from partitioncache_processor_jobs(cache) j where j.scheduled);
    for i in 1 .. cardinality(removals) loop
        execute removals[i];
    end loop;
    return format('The processor is disabled; %s jobs were removed from pg_cron.', cardinality(removals));
exception
    -- Where pg_cron cannot be used there are no jobs to remove.
    when sqlstate 'PC006' then
        return 'The processor is disabled.';
end
$$;

comment on function pc_unschedule_jobs(text) is
'Removes this role''s pg_cron jobs of a cache, or returns the statements to run in the database in which pg_cron lives. Example: select pc_unschedule_jobs(''partitioncache'')';

-- sql/90-processor/56-pc_warn_of_settings.sql
create function pc_warn_of_settings() returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if pc_role_statement_timeout() > interval '0' then
        raise warning using message = format('statement_timeout of role "%s" is %s: it ends pg_cron''s jobs, and fragments that take half as long', current_user, pc_role_statement_timeout()),
            hint = format('To lift it: alter role %I in database %I set statement_timeout = 0;', current_user, current_database());
    end if;
    if exists (select from pg_settings s where s.name = 'cron.use_background_workers' and s.setting = 'on')
        and exists (select from pg_extension e where e.extname = 'pg_cron' and e.extversion ~ '^1[.][0-4]([^0-9]|$)') then
        raise warning using message = 'pg_cron up to 1.4 runs long jobs one after the other in background workers',
            hint = 'Set cron.use_background_workers = off and let pg_cron connect (cron.host, pg_hba.conf), then restart the server.';
    end if;
end
$$;

comment on function pc_warn_of_settings() is
'Warns of settings under which pg_cron''s jobs cannot do their work: a statement_timeout of the role, jobs that wait for one another. Example: select pc_warn_of_settings()';

-- sql/90-processor/60-partitioncache_enable_processor.sql
create function partitioncache_enable_processor(
    cache text default 'partitioncache',
    frequency_seconds numeric default 1,
    max_parallel_jobs integer default 2,
    fragment_timeout interval default '30 min'
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache, 'frequency_seconds', frequency_seconds::text, 'max_parallel_jobs', max_parallel_jobs::text,
                        'fragment_timeout', fragment_timeout::text);
    perform pc_check_processor_config(frequency_seconds, max_parallel_jobs, fragment_timeout);
    perform pc_warn_of_settings();
    perform pc_create_cache(cache);
    update partitioncache_settings s
    set enabled = true, frequency_seconds = partitioncache_enable_processor.frequency_seconds,
        max_parallel_jobs = partitioncache_enable_processor.max_parallel_jobs, fragment_timeout = partitioncache_enable_processor.fragment_timeout
    where s.cache = partitioncache_enable_processor.cache;
    return pc_schedule_jobs(cache);
end
$$;

comment on function partitioncache_enable_processor(text, numeric, integer, interval) is
'Lets pg_cron work on the queues of a cache, as the current role: looks for work every frequency_seconds (0.1 to 60), evaluates up to max_parallel_jobs fragments at once and stops one that takes longer than fragment_timeout. Returns what was scheduled, or the statements to run in the database in which pg_cron lives. Doing it twice changes nothing. Each role that pushes queries enables its own jobs; the settings are the cache''s. Raises PC006, with the steps to take, where pg_cron cannot be used. Example: select partitioncache_enable_processor(max_parallel_jobs => 4)';

-- sql/90-processor/61-partitioncache_disable_processor.sql
create function partitioncache_disable_processor(cache text default 'partitioncache') returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    update partitioncache_settings s set enabled = false where s.cache = partitioncache_disable_processor.cache and s.enabled;
    return pc_unschedule_jobs(cache);
end
$$;

comment on function partitioncache_disable_processor(text) is
'Ends the processor of a cache: its workers stop after the item they are working on (those of all roles), and this role''s jobs are removed from pg_cron. Returns what was done, or the statements to run in the database in which pg_cron lives. Doing it twice changes nothing. Example: select partitioncache_disable_processor()';

-- sql/90-processor/62-partitioncache_update_processor_config.sql
create function partitioncache_update_processor_config(
    cache text default 'partitioncache',
    frequency_seconds numeric default null,
    max_parallel_jobs integer default null,
    fragment_timeout interval default null,
    max_attempts integer default null,
    log_limit integer default null
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    perform pc_check_processor_config(frequency_seconds, max_parallel_jobs, fragment_timeout, max_attempts, log_limit);
    perform pc_create_cache(cache);
    update partitioncache_settings s
    set frequency_seconds = coalesce(partitioncache_update_processor_config.frequency_seconds, s.frequency_seconds),
        max_parallel_jobs = coalesce(partitioncache_update_processor_config.max_parallel_jobs, s.max_parallel_jobs),
        fragment_timeout = coalesce(partitioncache_update_processor_config.fragment_timeout, s.fragment_timeout),
        max_attempts = coalesce(partitioncache_update_processor_config.max_attempts, s.max_attempts),
        log_limit = coalesce(partitioncache_update_processor_config.log_limit, s.log_limit)
    where s.cache = partitioncache_update_processor_config.cache;
    if (pc_settings(cache)).enabled then
        return pc_schedule_jobs(cache);
    end if;
    return 'The settings are stored; the processor is not enabled.';
end
$$;

comment on function partitioncache_update_processor_config(text, numeric, integer, interval, integer, integer) is
'Changes settings of a cache''s processor; null leaves one as it is. Running workers notice with their next look for work; jobs are added to pg_cron or removed. max_attempts: failures until an item is dead; log_limit: rows kept in partitioncache_processor_log. Example: select partitioncache_update_processor_config(fragment_timeout => ''5 min'')';

-- sql/90-processor/63-pc_processor_problem.sql
create function pc_processor_problem(cache text, workers bigint) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    home text := 'cron';
    missing bigint;
    message text;
begin
    if pc_cron_home() <> current_database() then
        return case when workers = 0 then format('no worker is running; pg_cron lives in database %s: see the statements of partitioncache_processor_jobs(%L) and cron.job_run_details there',
                                                 pc_cron_home(), cache) end;
    end if;
    select count(*) into missing from partitioncache_processor_jobs(cache) j where j.wanted and not j.scheduled;
    if missing > 0 then
        return format('%s jobs are missing in pg_cron for role "%s": call partitioncache_enable_processor(%L)', missing, current_user, cache);
    elsif workers > 0 then
        return null;
    end if;
    execute format($query$
        select d.return_message from %I.job_run_details d join %1$I.job j on j.jobid = d.jobid
        where j.username = current_user and j.jobname = any (array(select pc_job_name($1, n) from generate_series(0, 64) n)) and d.status = 'failed'
        order by d.runid desc limit 1
        $query$, home) into message using cache;
    return coalesce('no worker is running; pg_cron says: ' || message,
                    'no worker is running yet: pg_cron starts jobs on the minute, and must be able to connect (cron.host, pg_hba.conf)');
exception
    when sqlstate 'PC006' then
        get stacked diagnostics message = pg_exception_hint;
        return sqlerrm || '. ' || message;
end
$$;

comment on function pc_processor_problem(text, bigint) is
'Why an enabled processor, of which so many workers are running, may not be at work; null if all is well. Example: select pc_processor_problem(''partitioncache'', 0)';

-- sql/90-processor/64-partitioncache_processor_status.sql
create function partitioncache_processor_status(
    cache text default 'partitioncache',
    out enabled boolean, out frequency_seconds numeric, out max_parallel_jobs integer, out fragment_timeout interval,
    out workers bigint, out running bigint, out incoming bigint, out outgoing bigint, out dead bigint,
    out last_activity timestamptz, out problem text
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    select s.enabled, s.frequency_seconds, s.max_parallel_jobs, s.fragment_timeout
    into enabled, frequency_seconds, max_parallel_jobs, fragment_timeout
    from pc_settings(cache) s;
    select count(*) into workers from pg_stat_activity a
    where a.datname = current_database()
      and a.application_name = any (array(select pc_job_name(partitioncache_processor_status.cache, n) from generate_series(0, 64) n));
    select count(*) filter (where q.status = 'running'), count(*) filter (where q.died_at is null and q.queue = 'incoming'),
           count(*) filter (where q.died_at is null and q.queue = 'outgoing'), count(q.died_at),
           greatest(max(q.started_at), (select l.created_at from partitioncache_processor_log l
                                        where l.cache = partitioncache_processor_status.cache order by l.id desc limit 1))
    into running, incoming, outgoing, dead, last_activity
    from partitioncache_queue q where q.cache = partitioncache_processor_status.cache;
    problem := case when enabled then pc_processor_problem(cache, workers) end;
end
$$;

comment on function partitioncache_processor_status(text) is
'The processor of a cache in one row: its settings, workers = sessions of pg_cron''s jobs that are there now, running = items being worked on, what waits in the two queues, dead items, when it last did something, and problem = why an enabled processor may not be at work (null: all is well). Example: select * from partitioncache_processor_status()';

-- sql/95-status/10-partitioncache_status.sql
create function partitioncache_status(
    cache text default 'partitioncache',
    out partition_keys bigint, out entries bigint, out bytes bigint,
    out fresh bigint, out changed bigint, out aside bigint, out asserted bigint, out tracked_tables bigint,
    out hits bigint, out misses bigint, out hit_rate numeric,
    out incoming bigint, out outgoing bigint, out running bigint, out dead bigint,
    out processed bigint, out failed bigint, out error_rate numeric, out avg_time_ms numeric, out p95_time_ms numeric, out max_time_ms numeric,
    out enabled boolean, out workers bigint, out last_activity timestamptz, out problem text
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    select count(*), coalesce(sum(k.entries), 0)::bigint, coalesce(sum(k.bytes), 0)::bigint into partition_keys, entries, bytes
    from partitioncache_partition_keys(cache) k;
    select count(*) filter (where e.state = 'fresh'), count(*) filter (where e.state = 'changed'),
           count(*) filter (where e.state = 'aside'), count(*) filter (where e.state = 'asserted')
    into fresh, changed, aside, asserted
    from partitioncache_partition_keys(cache) k, pc_entry_state(partitioncache_status.cache, k.partition_key) e;
    select count(distinct t.relation) into tracked_tables from partitioncache_tracked t where t.cache = partitioncache_status.cache;
    select u.hits, u.misses, round(u.hits::numeric / nullif(u.hits + u.misses, 0), 3) into hits, misses, hit_rate from pc_usage(cache) u;
    select p.incoming, p.outgoing, p.running, p.dead, p.enabled, p.workers, p.last_activity, p.problem
    into incoming, outgoing, running, dead, enabled, workers, last_activity, problem
    from partitioncache_processor_status(cache) p;
    select count(*), count(*) filter (where l.status in ('failed', 'timeout')),
           round(count(*) filter (where l.status in ('failed', 'timeout')) / nullif(count(*), 0)::numeric, 3),
           round(avg(l.execution_time_ms)::numeric, 1),
           round(percentile_cont(0.95) within group (order by l.execution_time_ms)::numeric, 1), round(max(l.execution_time_ms)::numeric, 1)
    into processed, failed, error_rate, avg_time_ms, p95_time_ms, max_time_ms
    from partitioncache_processor_log l where l.cache = partitioncache_status.cache and l.queue = 'outgoing';
end
$$;

comment on function partitioncache_status(text) is
'A cache in one look: partition keys, entries and their bytes; entries that are fresh, changed (used; the changed partitions ride along), aside (not used until refreshed) or asserted (stored by hand); tracked tables; hits and misses of lookups; the queues; fragments processed as far back as partitioncache_processor_log goes, the part that failed, and their times; the processor. Example: select * from partitioncache_status()';

-- sql/99-rights/05-partitioncache_grant.sql
create function partitioncache_grant(role regrole, level text default 'use') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    target text;
begin
    if level is null or level not in ('use', 'administer') then
        perform pc_fail('PC001', format('"%s" is no level of rights', level), '',
            'Levels are use (apply, push, process, read and fill the cache) and administer (also register, track, schedule and configure).');
    end if;
    execute format('grant usage on schema partitioncache_internal to %s', role);
    for target in
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ~ '^(partitioncache|pc)_' and p.prorettype <> 'trigger'::regtype
          and (level = 'administer' or p.proname !~ '^partitioncache_(register|grant|track|untrack|enable_processor|disable_processor|update_processor_config)$')
        union all
        -- Who tracks a table makes a trigger of it.
        select pc_log_function(r.cache, r.partition_key) || '()' from partitioncache_registration r
        where level = 'administer' and to_regprocedure(pc_log_function(r.cache, r.partition_key) || '()') is not null
    loop
        execute format('grant execute on routine %s to %s', target, role);
    end loop;
    for target in
        select c.oid::regclass::text from pg_class c
        where c.relnamespace = 'partitioncache_internal'::regnamespace and c.relkind in ('r', 'p', 'v')
          and (c.relname ^@ 'partitioncache_'
               or exists (select from partitioncache_registration r
                          where c.oid in (to_regclass(pc_key_table(r.cache, r.partition_key)), to_regclass(pc_changes_table(r.cache, r.partition_key)))))
    loop
        execute format('grant select, insert, update, delete on %s to %s', target, role);
    end loop;
    for target in
        select c.oid::regclass::text from pg_class c
        where c.relnamespace = 'partitioncache_internal'::regnamespace and c.relkind = 'S'
          and (c.relname ^@ 'partitioncache_'
               or exists (select from partitioncache_settings s
                          where c.oid in (to_regclass(pc_counter(s.cache, 'hits')), to_regclass(pc_counter(s.cache, 'misses')))))
    loop
        execute format('grant usage, select on sequence %s to %s', target, role);
    end loop;
    if level = 'administer' then
        execute format('grant create on schema partitioncache_internal to %s', role);
    end if;
end
$$;

comment on function partitioncache_grant(regrole, text) is
'Gives a role the right to use PartitionCache (apply, push, process, read and fill the cache) or to administer it (also register, track, schedule and configure). Roles that may use one cache share its key sets, and so trust one another with which partitions match; queues and remembered analyses stay each role''s own. To be called by the owner of the extension. Raises PC001 for another level. Example: select partitioncache_grant(''app'', ''use'')';


-- sql/99-rights/10-revoke.sql
do $$
declare
    routine regprocedure;
begin
    for routine in
        select p.oid from pg_proc p
        where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ~ '^(partitioncache|pc)_'
    loop
        execute format('revoke all on routine %s from public', routine);
    end loop;
end
$$;

-- sql/99-rights/20-wrappers.sql
-- The functions for people, in the schema of the extension: each leads to the one of the same name in partitioncache_internal.
-- plpgsql, because it keeps the plan of a call as long as the session lasts.
do $generate$
declare
    f record;
    target text;
    call text;
    body text;
    kind text;
begin
    -- Everything is written qualified.
    perform set_config('search_path', '', true);
    for f in
        select p.*, pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result,
               pg_get_function_identity_arguments(p.oid) as identity, obj_description(p.oid, 'pg_proc') as meaning,
               (select string_agg('$' || n, ', ' order by n) from generate_series(1, p.pronargs) n) as passed,
               (select string_agg(quote_ident(a.name), ', ' order by a.n)
                from unnest(p.proargnames, p.proargmodes) with ordinality a(name, mode, n) where a.mode = 'o') as outs
        from pg_proc p
        where p.pronamespace = 'partitioncache_internal'::regnamespace
          and (p.proname ^@ 'partitioncache_' or p.proname = 'pc_plan_cost') and p.prorettype <> 'trigger'::regtype
        order by p.oid
    loop
        target := format('%I.%I', '@extschema@', f.proname);
        call := format('partitioncache_internal.%I(%s)', f.proname, f.passed);
        kind := case f.prokind when 'p' then 'procedure' else 'function' end;
        body := case
            when f.prokind = 'p' then 'call ' || call
            when f.proretset then 'return query select * from ' || call
            when f.outs is not null then format('select * into %s from %s', f.outs, call)
            when f.prorettype = 'void'::regtype then 'perform ' || call
            else 'return ' || call end;
        execute format(E'create or replace %s %s(%s) %s language plpgsql %s as $wrapper$\n#variable_conflict use_column\nbegin\n    %s;\nend\n$wrapper$',
            kind, target, f.arguments,
            case when f.prokind = 'p' then '' else 'returns ' || f.result end,
            case when f.prokind = 'p' then '' else
                case f.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end
                || case f.proparallel when 's' then ' parallel safe' when 'r' then ' parallel restricted' else ' parallel unsafe' end
                || case when f.proretset then format(' rows %s', f.prorows) else '' end
                || ' set search_path = pg_catalog, pg_temp' end,
            body);
        execute format('comment on %s %s(%s) is %L', kind, target, f.identity, f.meaning);
        execute format('revoke all on %s %s(%s) from public', kind, target, f.identity);
    end loop;
end
$generate$;

-- sql/99-rights/25-views.sql
create view @extschema@.partitioncache_settings with (security_barrier) as select * from partitioncache_settings;
comment on view @extschema@.partitioncache_settings is
'The settings of each cache; see partitioncache_update_processor_config.';

create view @extschema@.partitioncache_registration with (security_barrier) as select * from partitioncache_registration;
comment on view @extschema@.partitioncache_registration is
'The registered partition keys of each cache; see partitioncache_partition_keys.';

create view @extschema@.partitioncache_tracked with (security_barrier) as select * from partitioncache_tracked;
comment on view @extschema@.partitioncache_tracked is
'The tracked tables of each cache; see partitioncache_tracked_tables.';

create view @extschema@.partitioncache_queue with (security_barrier) as select * from partitioncache_queue;
comment on view @extschema@.partitioncache_queue is
'The items of both queues.';

create view @extschema@.partitioncache_processor_log with (security_barrier) as select * from partitioncache_processor_log;
comment on view @extschema@.partitioncache_processor_log is
'What became of queued items.';

create view @extschema@.partitioncache_analysis with (security_barrier) as select * from partitioncache_analysis;
comment on view @extschema@.partitioncache_analysis is
'What queries were found to consist of.';
