-- Made by scripts/build-extension from the files in sql/; change those, not this one.
\echo Use "CREATE EXTENSION partitioncache" to load this file. \quit

-- sql/10-foundation/10-pc_fail.sql
create function pc_fail(code text, message text, detail text default '', hint text default '') returns void
language plpgsql volatile parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
return '0.1.0'::text;

comment on function partitioncache_version() is
'The version of the installed SQL, as text. Example: select partitioncache_version()';

-- sql/10-foundation/20-pc_native_type.sql
create function pc_native_type(datatype text) returns regtype
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
return format('%s.%I', '@extschema@', cache || '_cache_' || partition_key);

comment on function pc_key_table(text, text) is
'The table that holds the key sets of a partition key, schema-qualified and quoted. Example: select pc_key_table(''partitioncache'', ''city_id'')';

create function pc_changes_table(cache text, partition_key text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
return format('%s.%I', '@extschema@', cache || '_changes_' || partition_key);

comment on function pc_changes_table(text, text) is
'The table that logs which partitions of tracked tables were written to, schema-qualified and quoted. Example: select pc_changes_table(''partitioncache'', ''city_id'')';

-- sql/10-foundation/43-pc_cluster.sql
create function pc_cluster() returns bigint
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$ select system_identifier from pg_control_system() $$;

comment on function pc_cluster() is
'The identifier of this database cluster. Transaction ids are the clock of one cluster only, so an entry that arrived from another is not used. Example: select pc_cluster()';

-- sql/20-storage/10-pc_bits.sql
create function pc_bits_base(keys bigint[]) returns bigint
language sql immutable strict parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
-- A multiple of 64, rounded down also below zero, so that the words of two entries lie over one another.
as $$ select (min(k) >> 6) << 6 from unnest(keys) k $$;

comment on function pc_bits_base(bigint[]) is
'The key that the first bit of a bit string stands for; null for no keys. Example: select pc_bits_base(''{100,-3}'')';

create function pc_bits_encode(keys bigint[]) returns bit varying
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    base bigint := pc_bits_base(keys);
    span numeric := (select max(k)::numeric - base from unnest(keys) k);
begin
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
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- get_bit on a stored value would fetch the whole of it once a key; the concatenation makes it a value in memory.
    with memory as materialized (select pc_bits_decode.bits || B'' as bits)
    select coalesce(array_agg(pc_bits_decode.base + word * 64 + bit order by word, bit), '{}')
    from memory m,
         generate_series(0, (length(m.bits) >> 6) - 1) word,
         lateral (select substring(m.bits from word * 64 + 1 for 64)::bit(64) as w offset 0) s,
         generate_series(0, 63) bit
    where s.w <> 0::bigint::bit(64) and get_bit(s.w, bit) = 1
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
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    known partitioncache_registration;
begin
    perform pc_check_registration(partition_key, datatype, storage, cache, partition_local);
    perform pg_advisory_xact_lock(hashtextextended('partitioncache ' || pc_key_table(cache, partition_key), 0));

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

    insert into partitioncache_settings (cache) values (cache) on conflict do nothing;
    insert into partitioncache_registration (cache, partition_key, datatype, storage, partition_local)
    values (cache, partition_key, datatype, storage, partition_local);
    perform pc_create_key_table(cache, partition_key, datatype, storage);
end
$$;

comment on function partitioncache_register(text, text, text, text, boolean) is
'Registers a partition key. datatype: integer, bigint, float, numeric, text, uuid, date, timestamp or timestamptz; storage: array (all datatypes) or bit (integer, bigint); partition_local: your assertion that no match ever crosses partitions. Registering the same again changes nothing. Raises PC001 for a bad argument, PC003 if it is registered in another way, PC004 if the storage cannot hold the datatype. Example: select partitioncache_register(''city_id'', ''integer'')';

-- sql/20-storage/21-pc_check_registration.sql
create function pc_check_registration(partition_key text, datatype text, storage text, cache text, partition_local boolean) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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

-- sql/20-storage/22-pc_create_key_table.sql
create function pc_create_key_table(cache text, partition_key text, datatype text, storage text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
    execute format('comment on table %s is %L', key_table,
        format('Key sets of partition key %I in cache %I. key_count is null where only the query is known.', partition_key, cache));
    perform pc_grant_as(key_table, '@extschema@.partitioncache_registration');
end
$$;

comment on function pc_create_key_table(text, text, text, text) is
'Makes the table for the key sets of a newly registered partition key. It belongs to the role that registers and is saved by pg_dump as any table. Example: select pc_create_key_table(''partitioncache'', ''city_id'', ''integer'', ''array'')';

-- sql/20-storage/23-pc_grant_as.sql
create function pc_grant_as(target text, model regclass) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    reader record;
begin
    for reader in
        select distinct a.grantee::regrole as role
        from pg_class c, aclexplode(c.relacl) a
        where c.oid = model and a.privilege_type = 'SELECT' and a.grantee <> 0 and a.grantee <> c.relowner
    loop
        execute format('grant select, insert, update, delete on %s to %s', target, reader.role);
    end loop;
end
$$;

comment on function pc_grant_as(text, regclass) is
'Lets every role that may read a control table fill a key table too; so roles that were granted the use of PartitionCache see partition keys that are registered later. Example: select pc_grant_as(pc_key_table(''partitioncache'', ''city_id''), ''partitioncache_registration'')';

-- sql/20-storage/24-partitioncache_partition_keys.sql
create function partitioncache_partition_keys(
    cache text default 'partitioncache',
    out partition_key text, out datatype text, out storage text, out entries bigint, out bytes bigint
) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    held text := case registration.storage
        when 'bit' then 'pc_bits_encode(k.sorted::bigint[]) as held, pc_bits_base(k.sorted::bigint[]) as base'
        else 'k.sorted as held' end;
    columns text := case registration.storage when 'bit' then 'bits, base' else 'keys' end;
    native regtype := pc_native_type(registration.datatype);
begin
    -- A new key set replaces all that was said of the old one; what depends on tables is filled in by pc_evaluate_fragment.
    execute format($sql$
        insert into %1$s as e (hash, %2$s, key_count, matches_null, query, evaluated_at)
        select $1, s.held %3$s, s.key_count, s.matches_null, $3, clock_timestamp()
        from (select %4$s, cardinality(k.sorted) as key_count, array_position($2, null) is not null as matches_null
              from (select array(select distinct x::%5$s from unnest($2) x where x is not null order by 1) as sorted) k) s
        on conflict (hash) do update set (%2$s, key_count, matches_null, query, evaluated_at) =
                (select %6$s, excluded.key_count, excluded.matches_null, coalesce(excluded.query, e.query), excluded.evaluated_at),
            keyed_tables = null, parts = null, deps = null, dep_states = null, keyed = null, functions = null, function_state = null,
            snapshot = null, cluster = null, evaluation_ms = null, owner = current_user
        $sql$,
        pc_key_table(registration.cache, registration.partition_key), columns,
        case registration.storage when 'bit' then ', s.base' else '' end, held, native,
        case registration.storage when 'bit' then 'excluded.bits, excluded.base' else 'excluded.keys' end)
    using hash, keys, query;
end
$$;

comment on function pc_store_keys(partitioncache_registration, text, anyarray, text) is
'Stores a key set as the user''s own assertion: distinct, sorted, in the storage of the partition key; a null among the keys says that rows without a partition key match too. Example: select pc_store_keys(pc_registration(''partitioncache'', ''city_id''), ''mine'', ''{1,2}''::integer[], null)';

-- sql/20-storage/32-partitioncache_set.sql
create function partitioncache_set(
    partition_key text, hash text, keys anyarray, query text default null, cache text default 'partitioncache'
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    deleted bigint;
begin
    perform pc_registration(cache, partition_key);
    execute format('delete from %s where hash = $1', pc_key_table(cache, partition_key)) using hash;
    get diagnostics deleted = row_count;
    return deleted > 0;
end
$$;

comment on function partitioncache_delete(text, text, text) is
'Deletes an entry and its query; true if there was one. Example: select partitioncache_delete(''city_id'', ''pizza'')';

-- sql/20-storage/36-partitioncache_keys.sql
create function partitioncache_keys(partition_key text, cache text default 'partitioncache') returns setof text
language plpgsql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    perform pc_check_hash(hash);
    -- An evaluated entry is refreshed by its query, so only what the user stored may be relabelled.
    execute format('insert into %s as e (hash, query) values ($1, $2)
                    on conflict (hash) do update set query = excluded.query where e.deps is null', pc_key_table(cache, partition_key))
    using hash, query;
end
$$;

comment on function partitioncache_set_query(text, text, text, text) is
'Stores the text of the query that an entry answers, for people and tools to read; the entry may be stored before or after. The query of an entry that the processor evaluated stays what it is. Example: select partitioncache_set_query(''city_id'', ''pizza'', ''select …'')';

-- sql/20-storage/38-partitioncache_count.sql
create function partitioncache_count(partition_key text default null, cache text default 'partitioncache') returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
    return total;
end
$$;

comment on function partitioncache_clear(text, text) is
'Deletes all entries of one partition key, or of all in the cache; the number deleted. Registrations and queues stay. Example: select partitioncache_clear(''city_id'')';

-- sql/30-analysis/10-pc_session.sql
create function pc_session(session_path text) returns jsonb
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select jsonb_object_agg(name, case name when 'search_path' then session_path else current_setting(name) end)
    from unnest(array['search_path', 'DateStyle', 'IntervalStyle', 'TimeZone', 'standard_conforming_strings', 'backslash_quote',
                      'transform_null_equals', 'array_nulls', 'xmloption', 'lc_monetary', 'quote_all_identifiers']) name
$$;

comment on function pc_session(text) is
'The settings on which the meaning of a query''s text depends. The search path is passed, because a function that pins its own cannot see its caller''s. Example: select pc_session(current_setting(''search_path''))';

-- sql/30-analysis/11-pc_enter_session.sql
create function pc_enter_session(session jsonb) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- Until the end of the surrounding subtransaction, which the caller rolls back. The path is left to the caller: it would end with this function.
    select set_config(s.key, s.value, true) from jsonb_each_text(session) s
    where s.key <> 'search_path' and s.value is distinct from current_setting(s.key, true)
$$;

comment on function pc_enter_session(jsonb) is
'Takes on the settings of the session that wrote a query, all but its search path. Example: select pc_enter_session(pc_session(''public''))';

create function pc_enter_canonical() returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select set_config(s.name, s.value, true)
    from (values ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'), ('extra_float_digits', '3'),
                 ('standard_conforming_strings', 'on'), ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'),
                 ('transform_null_equals', 'off'), ('xmloption', 'content'), ('array_nulls', 'on')) s(name, value)
    where s.value is distinct from current_setting(s.name, true)
$$;

comment on function pc_enter_canonical() is
'Takes on the settings under which canonical text is written and evaluated. Example: select pc_enter_canonical()';

-- sql/30-analysis/12-pc_tokens.sql
create function pc_tokens(
    canonical text, out n integer, out token text, out spaced boolean, out ends integer, out closes integer
) returns setof record
language sql immutable strict parallel safe rows 200
set search_path = pg_catalog, @extschema@, pg_temp
as $$
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
    order by m.n
$$;

comment on function pc_tokens(text) is
'The tokens of canonical text, which PostgreSQL wrote, so that strings never hold escapes and keywords are in capitals. n: number; spaced: white space comes before it; ends: position of its last character; closes: for an opening bracket, the number of the closing one. Example: select * from pc_tokens(''SELECT p.x FROM public.poi p'')';

-- sql/30-analysis/20-pc_parsed.sql
create type pc_parsed as (
    canonical text,
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    odd_nodes boolean
);

comment on type pc_parsed is
'What PostgreSQL says of a query: its canonical text, the relations it names, the functions, operators and types that it uses, and whether its tree holds a node of a kind that we do not know to be immutable.';

-- sql/30-analysis/21-pc_tree_facts.sql
create function pc_tree_facts(rule_of oid[], out relations oid[], out functions oid[], out operators oid[], out types oid[],
                               out odd_nodes boolean, out order_dependent boolean)
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with tree as materialized (
        select r.ev_action::text as text from pg_rewrite r where r.ev_class = any (rule_of) and r.ev_type = '1'
    ), field as materialized (
        -- A field of a node is " :name value"; names that users chose cannot look like one, since their spaces are escaped.
        select split_part(f, ' ', 1) as name, split_part(f, ' ', 2) as value
        from tree, string_to_table(tree.text, ' :') f
        where f ~ '^[a-z]*(relid|fnoid|funcid|func|opno|eqop|sortop|type|collid) \d'
    ), fact as (
        select distinct name, substring(value from '^\d+')::oid as id from field where value ~ '^\d+\M'
    )
    select array(select distinct id from fact where name = 'relid' and id <> 0 and id <> all (rule_of)),
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
                   '', '(', 'QUERY', 'RANGETBLENTRY', 'RTEPERMISSIONINFO', 'ALIAS', 'FROMEXPR', 'JOINEXPR', 'RANGETBLREF', 'TARGETENTRY',
                   'SORTGROUPCLAUSE', 'GROUPINGSET', 'WINDOWCLAUSE', 'ROWMARKCLAUSE', 'COMMONTABLEEXPR', 'SETOPERATIONSTMT',
                   'RANGETBLFUNCTION', 'AGGREF', 'WINDOWFUNC', 'GROUPINGFUNC', 'TABLESAMPLECLAUSE', 'CTECYCLECLAUSE', 'CTESEARCHCLAUSE',
                   'VAR', 'CONST', 'OPEXPR', 'FUNCEXPR', 'BOOLEXPR', 'SCALARARRAYOPEXPR', 'NULLTEST', 'BOOLEANTEST', 'CASEEXPR', 'CASE',
                   'CASEWHEN', 'WHEN', 'CASETESTEXPR', 'COALESCEEXPR', 'COALESCE', 'MINMAXEXPR', 'MINMAX', 'RELABELTYPE', 'DISTINCTEXPR',
                   'NULLIFEXPR', 'ARRAYEXPR', 'ARRAY', 'SUBSCRIPTINGREF', 'ROWCOMPAREEXPR', 'ROWCOMPARE', 'ROWEXPR', 'ROW', 'COLLATEEXPR',
                   'COLLATE', 'SUBLINK', 'FIELDSELECT', 'ARRAYCOERCEEXPR', 'PARAM', 'NAMEDARGEXPR')),
           exists (
               select from tree where tree.text ~ ':(limitCount|limitOffset|tablesample) \{|:(hasWindowFuncs|hasDistinctOn) true')
           or exists (
               -- Of the aggregates, those whose result does not depend on the order of their input.
               select from fact join pg_proc p on p.oid = id
               where name = 'aggfnoid'
                 and (p.oid >= 16384 or p.proname not in ('count', 'min', 'max', 'sum', 'avg', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or')
                      or p.proname in ('sum', 'avg') and p.proargtypes[0] in ('real'::regtype, 'double precision'::regtype)))
$$;

comment on function pc_tree_facts(oid[]) is
'What the rules of some views hold, read from the tree that PostgreSQL stored: relations named, functions called (operators'', aggregates'' and sorting''s included), operators, user-defined types, and whether there is a node of a kind that could depend on more than its inputs (a cast through text, CURRENT_DATE, XML, …), and whether the rows could depend on the order in which tables are read. Example: select * from pc_tree_facts(array[''pg_views''::regclass])';

-- sql/30-analysis/22-pc_parse.sql
create function pc_parse(query text, session jsonb) returns pc_parsed
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    statement text := rtrim(query, E' \t\r\n;');
    checked refcursor;
    parsed pc_parsed;
    again text;
    pinned text;
    difference boolean := false;
begin
    begin
        perform pc_enter_session(session);
        perform pg_catalog.set_config('search_path', session ->> 'search_path', true);
        -- Refuses several statements, and what the role may not read; executes nothing.
        open checked for execute statement;
        close checked;
        execute 'create temp view partitioncache_parsed as select 1 from (' operator(pg_catalog.||) statement operator(pg_catalog.||) E'\n) q';
        perform pg_catalog.set_config('search_path', '', true);
        perform @extschema@.pc_enter_canonical();
        parsed.canonical := @extschema@.pc_inner_query(pg_catalog.pg_get_viewdef('pg_temp.partitioncache_parsed'::pg_catalog.regclass, false));
        select f.relations, f.functions, f.operators, f.types, f.odd_nodes
        into parsed.relations, parsed.functions, parsed.operators, parsed.types, parsed.odd_nodes
        from @extschema@.pc_tree_facts(array['pg_temp.partitioncache_parsed'::pg_catalog.regclass::pg_catalog.oid]) f;

        -- The canonical text will be read by the caller's session: it has to mean there what it means under our settings.
        perform @extschema@.pc_enter_session(session);
        perform pg_catalog.set_config('search_path', session ->> 'search_path', true);
        again := @extschema@.pc_reparse(parsed.canonical);
        if again operator(pg_catalog.<>) parsed.canonical then
            perform pg_catalog.set_config('search_path', '', true);
            perform @extschema@.pc_enter_canonical();
            pinned := @extschema@.pc_reparse(parsed.canonical);
            difference := again operator(pg_catalog.<>) pinned;
        end if;
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;  -- what was created is gone, what was learned stays
    end;
    if difference then
        perform pc_fail('PC005', 'under the settings of this session the rewritten text would mean something else', '',
            'Look at standard_conforming_strings, and at functions or operators in the search_path that shadow PostgreSQL''s own.');
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
    execute 'create temp view partitioncache_again as select 1 from (' operator(pg_catalog.||) canonical operator(pg_catalog.||) E'\n) q';
    begin
        perform pg_catalog.set_config('search_path', '', true);
        perform @extschema@.pc_enter_canonical();
        written := @extschema@.pc_inner_query(pg_catalog.pg_get_viewdef('pg_temp.partitioncache_again'::pg_catalog.regclass, false));
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
    drop view pg_temp.partitioncache_again;
    return written;
end
$$;

comment on function pc_reparse(text) is
'The canonical text of a query that is read under the settings in force, the search path included: the one function that does not pin its own, because reading under its caller''s is its purpose. Called by pc_parse, which rolls everything back. Example: select pc_reparse(''select 1'')';

-- sql/30-analysis/24-pc_inner_query.sql
create function pc_inner_query(viewdef text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- The view is "SELECT 1 … FROM ( <query>) q…;". Its indentation may go where no literal spans lines.
    with token as materialized (
        select * from pc_tokens(viewdef)
    ), cut as (
        select ltrim(substring(viewdef from opening.ends + 1 for closing.ends - opening.ends - 1)) as body
        from token opening join token closing on closing.n = opening.closes
        where opening.token = '(' order by opening.n limit 1
    )
    select case when exists (select from token t where t.token like E'%\n%') then body
                else regexp_replace(body, E'\n {10}', E'\n', 'g') end
    from cut
$$;

comment on function pc_inner_query(text) is
'The query inside the view that pc_parse makes of it. Example: select pc_inner_query(E'' SELECT 1\n   FROM ( SELECT 2) q;'')';

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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    todo_starts integer[] := '{}';
    todo_ends integer[] := '{}';
    todo_nullable boolean[] := '{}';
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
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select case when item[o.n + 4] is not null then item[o.n + 4] else item[o.n + 3] end,
           case when o.n = 1 then 'ONLY ' else '' end || item[o.n + 1] || '.' || item[o.n + 3]
    from (select case when item[1] = 'ONLY' then 1 else 0 end as n) o
    where item[o.n + 2] = '.' and cardinality(item) between o.n + 3 and o.n + 4
      and item[o.n + 1] ~ '^["a-z_]' and item[o.n + 3] ~ '^["a-z_]' and coalesce(item[o.n + 4], 'a') ~ '^["a-z_]'
$$;

comment on function pc_plain_table(text[]) is
'The relation and the alias of "[ONLY] schema.relation [alias]"; nulls for anything else. Example: select * from pc_plain_table(array[''public'', ''.'', ''poi'', ''p''])';

-- sql/30-analysis/32-pc_using.sql
create function pc_using_columns(tokens text[], closes integer[], right_starts integer, ends integer) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select case when tokens[starts] = '(' and closes[starts] is not null then closes[starts]
                else coalesce((select min(n) - 1 from generate_series(starts, ends) n
                               where tokens[n] in ('JOIN', 'USING', 'LEFT', 'RIGHT', 'FULL', 'CROSS')), ends) end
$$;

comment on function pc_side_ends(text[], integer[], integer, integer) is
'The last token of the side of a join that begins at starts. Example: select pc_side_ends(array[''public'', ''.'', ''poi'', ''USING''], ''{null,null,null,null}'', 1, 4)';

create function pc_using_equalities(
    tokens text[], closes integer[], starts integer, right_starts integer, ends integer, aliases text[],
    out left_table integer, out right_table integer, out name text
) returns setof record
language sql stable parallel safe rows 1
set search_path = pg_catalog, @extschema@, pg_temp
as $$
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
    having count(*) filter (where s.is_right) > 0 and count(*) filter (where not s.is_right) > 0
$$;

comment on function pc_using_equalities(text[], integer[], integer, integer, integer, text[]) is
'The equalities of an inner JOIN … USING: numbers of a table on either side (from 0, in the order of aliases) and the column. Example: see pc_block_conjuncts';

-- sql/30-analysis/33-pc_conjuncts.sql
create function pc_conjuncts(tokens text[], closes integer[], starts integer, ends integer, out first integer, out last integer) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, @extschema@, pg_temp
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
language sql immutable parallel safe rows 10
set search_path = pg_catalog, @extschema@, pg_temp
as $$
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
                   when not p.is_name then true
                   -- a.x, schema.f(…), schema.type: a qualifier has to be one of the block's own tables
                   when p.next = '.' and p.previous is distinct from '.'
                       then coalesce(a.n is not null or p.holds_query or p.after_member = '(' or p.previous = '::'
                                     or (p.previous = '(' and p.before = 'OPERATOR'), false)
                   when p.previous in ('.', '::', 'COLLATE') or p.next = '(' then true
                   when p.holds_query then p.previous = 'AS' or not exists (select from merged m where m.name = p.token)
                   -- the words of a type's name: only there can one word follow another
                   when p.token in ('varying', 'precision', 'without', 'with', 'time', 'zone', 'year', 'month', 'day', 'hour', 'minute', 'second', 'to')
                       then p.previous ~ '^[a-z]' or p.previous = ')'
                   when p.before = 'EXTRACT' and p.next = 'FROM' then true
                   else false
               end as resolved
        from part p
        left join unnest(aliases) with ordinality as a(alias, n)
            on a.alias = p.token and p.next = '.' and p.previous is distinct from '.'
    )
    select string_agg(case when spaced then ' ' else '' end || case when alias is null then token else format(E'\x01%s\x02', alias) end, '' order by n),
           coalesce(bit_or(1::bigint << alias::integer), 0),
           bool_and(coalesce(resolved, false) and (not holds_query or token !~ '^t\d+$')),
           bool_or(holds_query)
    from judged
    group by piece
    union all
    select format(E'(\x01%s\x02.%s = \x01%s\x02.%s)', u.left_table, u.name, u.right_table, u.name),
           (1::bigint << u.left_table) | (1::bigint << u.right_table), true, false
    from item i, pc_using_equalities(tokens, closes, i.starts, i.right_starts, i.ends, aliases) u
    where i.kind = 'using' and not i.nullable
$$;

comment on function pc_block_conjuncts(text[], boolean[], integer[], pc_block, text[]) is
'The conjuncts of a block: template = its text with each of the block''s tables as chr(1) number chr(2), counted from 0 in the order of aliases; tables = the set of them as bits; resolved = every name in it is understood, so that nothing else can be meant; holds_query = it contains a sub-select. Example: select * from pc_block_conjuncts(array[''SELECT'', ''1'', ''FROM'', ''p''], ''{f,t,t,t}'', ''{null,null,null,null}'', row(1, 4, 4, null, null)::pc_block, ''{p}'')';

-- sql/30-analysis/40-pc_relation_closure.sql
create function pc_relation_closure(relations oid[], out root oid, out relation oid) returns setof record
language sql stable parallel safe rows 5
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with recursive reached(root, relation) as (
        select r, r from unnest(relations) r
        union
        select r.root, d.refobjid
        from reached r
        join pg_rewrite w on w.ev_class = r.relation and w.ev_type = '1'
        join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
    )
    select root, relation from reached
$$;

comment on function pc_relation_closure(oid[]) is
'The relations themselves and, through views, all that they read. Example: select * from pc_relation_closure(array[''pg_views''::regclass])';

-- sql/30-analysis/41-pc_relation_states.sql
create function pc_relation_states(relations oid[], out relation oid, out state bigint) returns setof record
language sql stable parallel safe rows 5
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with recursive family(root, member, link) as (
        select distinct r, r, '0'::xid from unnest(relations) r
        union all
        select f.root, i.inhrelid, i.xmin from family f join pg_inherits i on i.inhparent = f.member
    )
    select f.root, hashtextextended(
        string_agg(concat_ws(' ', f.member, f.link, c.relname, c.relnamespace, c.relkind, c.relrowsecurity, c.relfilenode, t.triggers), ';'
                   order by f.member)
        || (select string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped, e.labels), ';'
                              order by a.attnum)
            from pg_attribute a
            left join lateral (select string_agg(concat_ws(' ', l.oid, l.xmin), ',' order by l.oid) as labels
                               from pg_enum l where a.atttypid >= 16384 and l.enumtypid = a.atttypid) e on true
            where a.attrelid = f.root and a.attnum > 0)
        || coalesce((select string_agg(concat_ws(' ', w.oid, w.xmin), ';' order by w.oid) from pg_rewrite w where w.ev_class = f.root), ''), 0)
    from family f
    join pg_class c on c.oid = f.member
    left join lateral (select string_agg(concat_ws(' ', g.oid, g.xmin, g.tgenabled), ',' order by g.oid) as triggers
                       from pg_trigger g where g.tgrelid = f.member and g.tgname ^@ 'partitioncache_') t on true
    group by f.root
$$;

comment on function pc_relation_states(oid[]) is
'A fingerprint of each relation: of its name, columns, rules, enum labels, row-level security, files, partitions and children, and of our triggers on all of them. What was learned of a relation is used only while its fingerprint is the same: a rewritten, re-created, attached or altered table has another. A relation that is gone has none. Example: select * from pc_relation_states(array[''pg_class''::regclass])';

create function pc_relation_state(relation oid) returns bigint
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$ select s.state from pc_relation_states(array[relation]) s $$;

comment on function pc_relation_state(oid) is
'The fingerprint of one relation; null if it is gone. Example: select pc_relation_state(''pg_class''::regclass)';

create function pc_function_state(functions oid[]) returns bigint
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select hashtextextended(coalesce(string_agg(concat_ws(' ', f, p.xmin), ';' order by f), ''), 0)
    from unnest(functions) f left join pg_proc p on p.oid = f
$$;

comment on function pc_function_state(oid[]) is
'A fingerprint of some functions, which changes when one of them is replaced or dropped. Example: select pc_function_state(''{}'')';

-- sql/30-analysis/42-pc_unfit_relations.sql
create function pc_unfit_relations(relations oid[]) returns oid[]
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with reached as materialized (
        select * from pc_relation_closure(relations)
    )
    select coalesce(array_agg(distinct r.root), '{}')
    from reached r
    join pg_class c on c.oid = r.relation
    where c.oid < 16384 or c.relpersistence = 't' or c.relkind not in ('r', 'p', 'v', 'm', 'f')
       or (c.relkind = 'v' and exists (select from pc_tree_facts(array[c.oid]) f where f.order_dependent))
$$;

comment on function pc_unfit_relations(oid[]) is
'Those of the relations that cannot be part of a fragment: system catalogs, temporary tables, and views whose rows may differ from one reading to the next (LIMIT, windows, DISTINCT ON, …). Example: select pc_unfit_relations(array[''pg_class''::regclass])';

-- sql/30-analysis/43-pc_is_immutable_condition.sql
create function pc_is_immutable_condition(condition text, from_list text) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    immutable boolean := false;
begin
    begin
        perform pc_enter_canonical();
        perform set_config('search_path', '', true);
        execute 'create temp view partitioncache_condition as select 1 from ' || from_list || ' where ' || condition;
        perform set_config('search_path', 'pg_catalog, @extschema@', true);
        select not f.odd_nodes and not f.order_dependent
               and not exists (select from pg_proc p where p.oid = any (f.functions) and p.provolatile <> 'i')
               and pc_unfit_relations(f.relations) = '{}'
        into immutable
        from pc_tree_facts(array['pg_temp.partitioncache_condition'::regclass::oid]) f;
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

-- sql/40-fragments/10-pc_fragment.sql
create type pc_fragment as (
    family integer,
    hash text,
    fragment text,
    tables text[],
    conjuncts text[],
    keyed_tables text[],
    parts text[],
    whole boolean
);

comment on type pc_fragment is
'Some of a query''s tables with some of the conditions on them. family: which restriction its key set serves; fragment: canonical text; keyed_tables: those tables whose changes can only touch the partitions that the changed rows name; parts: fragments whose key sets contain this one''s; whole: no other of its family holds more.';

create type pc_family as (
    family integer,
    from_at integer,
    where_at integer,
    has_where boolean,
    columns text[],
    relation text,
    matches_null boolean,
    hashes text[]
);

comment on type pc_family is
'Columns of one block that are equal to one another, so that one set of keys restricts them all. from_at, where_at: after which character of the canonical text a further table and a further condition go; relation: a table that has all the keys; matches_null: rows without a partition key can be in the result; hashes: the fragments that say something of it.';

-- sql/40-fragments/20-pc_block_tables.sql
create function pc_block_tables(
    tokens text[], closes integer[], block pc_block, partition_key text, datatype text,
    out n integer, out alias text, out relation text, out relid oid, out keyed boolean
) returns setof record
language sql stable parallel safe rows 5
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with item as materialized (
        select i.*, regexp_replace(i.relation, '^ONLY ', '')::regclass::oid as relid
        from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends) i
        where i.kind = 'table' and not i.nullable
    )
    select (row_number() over (order by i.starts) - 1)::integer, i.alias, i.relation, i.relid,
           coalesce(pc_datatype_of(a.atttypid, a.attcollation) = pc_block_tables.datatype, false)
    from item i
    left join pg_attribute a on a.attrelid = i.relid and a.attname = partition_key and a.attnum > 0 and not a.attisdropped
    where i.relid <> all (pc_unfit_relations(array(select relid from item)))
    order by i.starts
    limit 40
$$;

comment on function pc_block_tables(text[], integer[], pc_block, text, text) is
'The tables of a block that fragments may take: plain relations that no outer join can leave out. keyed: it has the partition column, with the registered datatype. Example: see pc_block_conjuncts';

-- sql/40-fragments/30-pc_key_classes.sql
create function pc_equality(template text, out left_table integer, out left_column text, out right_table integer, out right_column text)
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- column = column, each perhaps shown as text, which is what PostgreSQL does with varchar
    select m[1]::integer, m[2], m[3]::integer, m[4]
    from regexp_match(template,
        E'^\\(\\(?\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\\)::text)? = \\(?\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\\)::text)?\\)$') m
$$;

comment on function pc_equality(text) is
'The two columns that a conjunct equates; nulls if it is another kind of condition. Example: select * from pc_equality(E''(\x010\x02.city_id = \x011\x02.city_id)'')';

create function pc_column_fits(relation oid, column_name text, datatype text) returns boolean
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- Equality is carried on only through columns that compare as the keys do: char(n) and the like would equate more.
    select exists (
        select from pg_attribute a
        where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and quote_ident(a.attname) = column_name
          and (pc_datatype_of(a.atttypid, a.attcollation) = datatype
               or (pc_datatype_of(a.atttypid, a.attcollation) in ('integer', 'bigint') and datatype in ('integer', 'bigint'))))
$$;

comment on function pc_column_fits(oid, text, text) is
'Whether a column, quoted as in canonical text, compares as keys of the datatype do. Example: select pc_column_fits(''pg_class''::regclass, ''relpages'', ''integer'')';

create function pc_key_classes(
    templates text[], relids oid[], keyed boolean[], partition_key text, datatype text, partition_local boolean
) returns integer[]
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
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
$$;

comment on function pc_key_classes(text[], oid[], boolean[], text, text, boolean) is
'For each table, the number of the first table whose partition column the query makes equal to its own, directly or through other columns of such a type; null for a table without the partition column. Example: select pc_key_classes(''{}'', ''{1259}'', ''{t}'', ''relname'', ''text'', false)';

-- sql/40-fragments/40-pc_table_sets.sql
create function pc_table_sets(edges bigint[], table_count integer, most integer) returns bigint[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    level bigint[] := array(select 1::bigint << n from generate_series(0, table_count - 1) n);
    sets bigint[] := '{}';
    component bigint;
    components bigint[] := '{}';
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
set search_path = pg_catalog, @extschema@, pg_temp
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
language sql immutable parallel safe rows 2
set search_path = pg_catalog, @extschema@, pg_temp
as $$
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
    select o.tables from ordered o where cardinality(o.tables) = cardinality(pc_table_orders.tables) limit 36
$$;

comment on function pc_table_orders(integer[], text[], text[]) is
'The orders in which a fragment''s tables could be named: by relation and own conditions, with all permutations of up to three that are alike. Example: select pc_table_orders(''{0,1}'', ''{public.b,public.a}'', ''{}'')';

create function pc_render_fragment(
    tables integer[], relations text[], templates text[], partition_key text, members integer[], classes integer[],
    out fragment text, out conjuncts text[]
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
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
        if (pc_equality(template)).left_table is not null then
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
    out tables bigint, out conjuncts bigint, out class integer
) returns setof record
language sql immutable parallel safe rows 20
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with conjunct as materialized (
        select 1::bigint << (c.n::integer - 1) as bit, c.tables, c.tables & (c.tables - 1) = 0 as is_single
        from unnest(conjunct_tables) with ordinality c(tables, n)
    ), own as materialized (
        select c.tables, array_agg(c.bit order by c.bit) as bits, bit_or(c.bit) as all_bits from conjunct c where c.is_single group by c.tables
    ), table_set as materialized (
        select s.tables, s.rank
        from unnest(pc_table_sets(array(select distinct c.tables from conjunct c where not c.is_single), cardinality(classes), most))
             with ordinality s(tables, rank)
    ), choice(tables, conjuncts, value) as (
        -- one table: its conditions alone, in pairs, and all together
        select o.tables, o.all_bits, 1 from own o
        union all
        select o.tables, b, 3 from own o, unnest(o.bits) b
        union all
        select o.tables, a | b, 5 from own o, unnest(o.bits) a, unnest(o.bits) b where a < b and cardinality(o.bits) between 3 and 5
        union all
        -- several: everything that is said of them
        select s.tables, w.bits, case when s.rank = 1 then 2 else 4 end
        from table_set s, lateral (select bit_or(c.bit) as bits from conjunct c where c.tables & s.tables = c.tables) w
        union all
        -- and of two, without what is said of one alone
        select s.tables, w.bits, 6
        from table_set s
        join own o on o.tables & s.tables <> 0
        cross join lateral (select bit_or(c.bit) as bits from conjunct c where c.tables & s.tables = c.tables and c.tables <> o.tables) w
        where length(replace(s.tables::bit(64)::text, '0', '')) = 2
    ), class_of as (
        select distinct k.class, bit_or(1::bigint << (k.n::integer - 1)) over (partition by k.class) as members
        from unnest(classes) with ordinality k(class, n) where k.class is not null
    ), distinct_choice as (
        select c.tables, c.conjuncts, k.class, min(c.value) as value
        from choice c join class_of k on k.members & c.tables <> 0
        group by 1, 2, 3
    ), best as (
        select * from distinct_choice
        order by value, length(replace(tables::bit(64)::text, '0', '')), tables, conjuncts, class
        limit most
    )
    -- parts before wholes, so that what is small is known when what is large is evaluated
    select b.tables, b.conjuncts, b.class from best b
    order by length(replace(b.tables::bit(64)::text, '0', '')), length(replace(b.conjuncts::bit(64)::text, '0', '')), b.tables, b.conjuncts, b.class
$$;

comment on function pc_fragment_choices(bigint[], integer[], integer) is
'Which tables (bits) and which of the conjuncts on them (bits) make fragments for each class of partition columns: at most so many, the most telling kept, small ones first. conjunct_tables: the tables of each conjunct, as bits; classes: by table, as pc_key_classes gives them. Example: select * from pc_fragment_choices(''{1,2,3}'', ''{0,0}'', 64)';

-- sql/40-fragments/61-pc_block_fragments.sql
create function pc_bits(mask bigint) returns integer[]
language sql immutable strict parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$ select array(select n from generate_series(0, 62) n where mask & (1::bigint << n) <> 0 order by n) $$;

comment on function pc_bits(bigint) is
'The numbers of the bits that are set, from 0. Example: select pc_bits(5)';

create function pc_keyed_tables(
    tables integer[], relations text[], relids oid[], classes integer[], class integer, templates text[]
) returns text[]
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select coalesce(array_agg(distinct regexp_replace(relations[t.n + 1], '^ONLY ', '')), '{}')
    from unnest(tables) t(n)
    where classes[t.n + 1] = class
      -- in no other part of the fragment, where a change in one partition could make another one match
      and not exists (select from unnest(tables) o(n) where relids[o.n + 1] = relids[t.n + 1] and classes[o.n + 1] is distinct from class)
      and not exists (select from unnest(templates) c where c ~ '\mSELECT\M' and position(regexp_replace(relations[t.n + 1], '^ONLY ', '') in c) > 0)
$$;

comment on function pc_keyed_tables(integer[], text[], oid[], integer[], integer, text[]) is
'Those tables of a fragment of which a changed row can only make its own partition match. Example: select pc_keyed_tables(''{0}'', ''{public.poi}'', ''{1}'', ''{0}'', 0, ''{}'')';

create function pc_block_fragments(
    relations text[], relids oid[], classes integer[], templates text[], conjunct_tables bigint[], partition_key text, most integer
) returns setof pc_fragment
language sql stable parallel safe rows 20
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with written as materialized (
        select row_number() over () as n, c.tables, c.conjuncts, c.class, used.numbers, used.templates,
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
                 where p.class = w.class and p.hash <> w.hash
                   and p.tables & w.tables = p.tables and p.conjuncts & w.conjuncts = p.conjuncts),
           not exists (select from written o
                       where o.class = w.class and (o.tables, o.conjuncts) <> (w.tables, w.conjuncts)
                         and o.tables & w.tables = w.tables and o.conjuncts & w.conjuncts = w.conjuncts)
    from written w
    order by w.n
$$;

comment on function pc_block_fragments(text[], oid[], integer[], text[], bigint[], text, integer) is
'The fragments of a block, small ones first; family is the class of partition columns. relations, relids, classes: by table number; templates, conjunct_tables: its conjuncts as pc_block_conjuncts gives them. Example: select * from pc_block_fragments(''{public.poi}'', ''{1}'', ''{0}'', array[E''(\x010\x02.kind = 1)''], ''{1}'', ''city_id'', 64)';

-- sql/40-fragments/62-pc_block_families.sql
create function pc_block_families(
    tokens text[], spaced boolean[], closes integer[], block pc_block,
    registration partitioncache_registration, doubtful boolean, most integer,
    out family pc_family, out fragments pc_fragment[]
) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
    from pc_block_tables(tokens, closes, block, (registration).partition_key, (registration).datatype) t;
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
        fragments := array(select f from unnest(all_fragments) f where f.family = one_class);
        continue when cardinality(fragments) = 0;
        family := row(null, null, null, null,
            array(select format('%s.%s', aliases[c.n], key) from unnest(classes) with ordinality c(class, n) where c.class = one_class order by c.n),
            relations[one_class + 1],
            (select count(*) = 1 from unnest(classes) c where c = one_class),
            array(select distinct f.hash from unnest(fragments) f))::pc_family;
        return next;
    end loop;
end
$$;

comment on function pc_block_families(text[], boolean[], integer[], pc_block, partitioncache_registration, boolean, integer) is
'The families of one block with their fragments. doubtful: something in the query is not surely immutable, so that each condition is looked at by itself. Example: see pc_take_apart';

create function pc_template_tables(template text) returns bigint
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$ select bit_or(1::bigint << m[1]::integer) from regexp_matches(template, E'\x01(\\d+)\x02', 'g') m $$;

comment on function pc_template_tables(text) is
'The tables of a conjunct, as bits. Example: select pc_template_tables(E''(\x010\x02.a = \x012\x02.b)'')';

create function pc_is_key_condition(template text, key text, keyed boolean[]) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select template !~ '\mSELECT\M'
       and (select bool_and(coalesce(keyed[m[1]::integer + 1], false) and m[2] = key)
            from regexp_matches(template, E'\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*|\\*)', 'g') m)
       and (length(replace(pc_template_tables(template)::bit(64)::text, '0', '')) = 1 or (pc_equality(template)).left_table is not null)
$$;

comment on function pc_is_key_condition(text, text, boolean[]) is
'Whether a conjunct is about the partition column of one table alone, or equates those of two. Example: select pc_is_key_condition(E''(\x010\x02.city_id = 3)'', ''city_id'', ''{t}'')';

create function pc_is_immutable_template(template text, aliases text[], relations text[]) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select coalesce(
        (select format('row-level security is on for %s, so that roles see different rows', string_agg(c.oid::regclass::text, ', ' order by c.oid))
         from pg_class c where c.oid = any (relations) and c.relrowsecurity having count(*) > 0),
        (select format('it calls %s, which is volatile: fewer rows read would mean fewer calls', string_agg(distinct p.oid::regproc::text, ', '))
         from pg_proc p where p.oid = any (functions) and p.provolatile = 'v' having count(*) > 0))
$$;

comment on function pc_refusal(oid[], oid[]) is
'Why a query on these relations with these functions is never restricted, in words; null if nothing speaks against it. Example: select pc_refusal(''{}'', array[''random''::regproc])';

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
    types oid[]
);

comment on type pc_taken_apart is
'What a query consists of. reason: why it cannot be restricted, null if it can; named: the relations that its text names; relations: those and all behind views; functions, operators, types: what it uses.';

create function pc_take_apart(query text, partition_key text, cache text, session jsonb) returns pc_taken_apart
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
    doubtful boolean;
begin
    result.canonical := parsed.canonical;
    result.named := parsed.relations;
    result.relations := array(select distinct c.relation from pc_relation_closure(parsed.relations) c);
    select * into behind_views
    from pc_tree_facts(array(select c.oid from pg_class c where c.oid = any (result.relations) and c.relkind = 'v'));
    result.functions := parsed.functions || coalesce(behind_views.functions, '{}');
    result.operators := parsed.operators;
    result.types := parsed.types;
    result.reason := pc_refusal(result.relations, result.functions);
    if result.reason is not null then
        return result;
    end if;

    select array_agg(t.token order by t.n), array_agg(t.spaced order by t.n), array_agg(t.closes order by t.n), array_agg(t.ends order by t.n)
    into tokens, spaced, closes, ends
    from pc_tokens(parsed.canonical) t;
    doubtful := parsed.odd_nodes or exists (
        select from pg_proc p where p.oid = any (parsed.functions) and p.provolatile <> 'i');

    result.families := '{}';
    result.fragments := '{}';
    for block in select * from pc_query_blocks(tokens, closes) b order by b.block loop
        for part in
            select * from pc_block_families(tokens, spaced, closes, block, registration, doubtful, (pc_settings(cache)).max_fragments)
        loop
            family := part.family;
            family.family := cardinality(result.families) + 1;
            family.from_at := ends[block.from_ends];
            family.where_at := ends[coalesce(block.where_ends, block.from_ends)];
            family.has_where := block.where_ends is not null;
            result.families := result.families || family;
            result.fragments := result.fragments || array(
                select row(family.family, f.hash, f.fragment, f.tables, f.conjuncts, f.keyed_tables, f.parts, f.whole)::pc_fragment
                from unnest(part.fragments) f);
        end loop;
    end loop;
    if cardinality(result.families) = 0 then
        result.reason := format('no table that surely takes part in every row has a column "%s" of the registered datatype (%s) and a condition that could be cached',
                                partition_key, registration.datatype);
    end if;
    return result;
end
$$;

comment on function pc_take_apart(text, text, text, jsonb) is
'Takes a query apart into families of columns to restrict and the fragments that restrict them, or says why it cannot be. Raises PostgreSQL''s own error for a query that it does not accept. Example: select (pc_take_apart(''select 1'', ''city_id'', ''partitioncache'', pc_session(''public''))).reason';

-- sql/50-lookup/60-partitioncache_get.sql
create function partitioncache_get(
    partition_key text, hash text, of_type anyelement, cache text default 'partitioncache'
) returns anyarray
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select i.keys from partitioncache_intersect(partition_key, array[hash], of_type, cache) i where i.hits = 1
$$;

comment on function partitioncache_get(text, text, anyelement, text) is
'The partition keys of an entry as an array of of_type, null among them if rows without a partition key match; null if there is no such entry or it is put aside. Example: select partitioncache_get(''city_id'', ''pizza'', null::integer)';

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
    primary key (queue, id),
    unique (queue, cache, partition_key, hash, owner),
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
create function pc_queue_items(items jsonb)
returns table (
    place integer, partition_key text, hash text, query text, session jsonb,
    keyed_tables text[], parts text[], datatype text, priority integer
)
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    select i.place::integer, i.partition_key,
           coalesce(i.hash, encode(sha256(convert_to(i.query || coalesce(i.session::text, ''), 'UTF8')), 'hex')),
           i.query, i.session, i.keyed_tables, i.parts, i.datatype, coalesce(i.priority, 1)
    from rows from (jsonb_to_recordset(items) as (
        partition_key text, hash text, query text, session jsonb, keyed_tables text[], parts text[], datatype text, priority integer
    )) with ordinality i(partition_key, hash, query, session, keyed_tables, parts, datatype, priority, place)
$$;

comment on function pc_queue_items(jsonb) is
'Items for a queue as rows, in the order of the array. An item without a hash gets one from its text and session. Example: select * from pc_queue_items(''[{"partition_key": "city_id", "query": "select 1"}]'')';

-- sql/80-queue/20-pc_enqueue.sql
create function pc_enqueue(queue text, cache text, items jsonb, checked boolean, again boolean default true, out ids bigint[], out added bigint)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    numbers bigint[] := array(select nextval('partitioncache_queue_id') from generate_series(1, jsonb_array_length(items)));
begin
    loop
        -- Inserted in the order of the key, so that two sessions that push the same items never wait for each other in a circle.
        insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, keyed_tables, parts, datatype, checked, priority)
        select pc_enqueue.queue, numbers[i.place], pc_enqueue.cache, i.partition_key, i.hash, i.query, i.session, i.keyed_tables, i.parts,
               i.datatype, pc_enqueue.checked, i.priority
        from pc_queue_items(items) i
        order by i.partition_key, i.hash, i.place
        on conflict do nothing;

        if again then
            perform pc_push_again(queue, cache, items, numbers);
        end if;

        select array_agg(q.id order by i.place), count(*) filter (where q.id = numbers[i.place]) into ids, added
        from pc_queue_items(items) i
        join partitioncache_queue q on q.queue = pc_enqueue.queue and q.cache = pc_enqueue.cache
            and q.partition_key = i.partition_key and q.hash = i.hash and q.owner = current_user;
        -- An item that was there when it was inserted and finished just after is pushed once more.
        exit when not again or coalesce(cardinality(ids), 0) = cardinality(numbers);
    end loop;
    if added > 0 then
        perform pc_notify(cache);
    end if;
end
$$;

comment on function pc_enqueue(text, text, jsonb, boolean, boolean) is
'Puts items (see pc_queue_items) into a queue; ids in their order and the number that was not there before. again: what is there already gains priority, and comes back to life if it is dead. Example: select * from pc_enqueue(''incoming'', ''partitioncache'', ''[{"partition_key": "city_id", "query": "select 1"}]'', true)';

-- sql/80-queue/21-pc_push_again.sql
create function pc_push_again(queue text, cache text, items jsonb, numbers bigint[]) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- An item whose row is locked is being worked on at this moment: whoever pushes does not wait for that.
    with again as (
        select q.id, i.priority
        from pc_queue_items(items) i
        join partitioncache_queue q on q.queue = pc_push_again.queue and q.cache = pc_push_again.cache
            and q.partition_key = i.partition_key and q.hash = i.hash and q.owner = current_user
        where q.id <> all (numbers)
        order by q.id
        for update of q skip locked
    )
    update partitioncache_queue q
    set priority = greatest(least(q.priority, 2147483646) + 1, a.priority),
        attempts = case when q.died_at is null then q.attempts else 0 end,
        status = case when q.died_at is null then q.status else 'ready' end,
        due_at = case when q.died_at is null then q.due_at else clock_timestamp() end,
        died_at = null
    from (select id, max(priority) as priority from again group by id) a
    where q.queue = pc_push_again.queue and q.id = a.id
$$;

comment on function pc_push_again(text, text, jsonb, bigint[]) is
'Raises the priority of those items that are in the queue under other numbers than these: by one, or to the priority they are pushed with if that is more. Revives dead ones. Example: select pc_push_again(''incoming'', ''partitioncache'', ''[{"partition_key": "city_id", "query": "select 1"}]'', ''{7}'')';

-- sql/80-queue/22-pc_notify.sql
create function pc_notify(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
    perform partitioncache_register(partition_key, found_type, cache => cache);
end
$$;

comment on function pc_register_by_use(text[], text, text, jsonb) is
'Registers a partition key that is not registered yet, with the type that its column has in these queries. Raises PC002 where none of their tables has it. Example: select pc_register_by_use(array[''select * from poi''], ''city_id'', ''partitioncache'', pc_session(''public''))';

-- sql/80-queue/30-partitioncache_push.sql
create function partitioncache_push_many(
    queries text[],
    partition_key text,
    cache text default 'partitioncache',
    priority integer default 1,
    session_path text default pg_catalog.current_setting('search_path')
) returns bigint[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
               with ordinality f(hash, fragment, tables, conjuncts, keyed_tables, parts, place)
          order by cardinality(f.tables) desc, cardinality(f.conjuncts) desc, f.place limit 1) w;
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
return to_hex(trunc(extract(epoch from backend_start))::bigint) || '.' || to_hex(pid);

comment on function pc_session_id(timestamptz, integer) is
'The identifier of a session as %c writes it into the server''s log: unlike a pid it is never used again. Example: select pc_session_id(backend_start, pid) from pg_stat_activity';

-- sql/80-queue/50-pc_worker_id.sql
create function pc_worker_id() returns text
language sql stable parallel restricted
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    max_attempts integer := (pc_settings(cache)).max_attempts;
    taken partitioncache_queue[];
begin
    loop
        with chosen as materialized (
            select q.queue, q.id from partitioncache_queue q
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
                error_msg = case when q.status = 'running' then coalesce(q.error_msg, 'the worker did not answer within its lease') else q.error_msg end,
                worker_pid = pc_claim.worker_pid, worker_id = pc_claim.worker_id,
                started_at = clock_timestamp(), due_at = clock_timestamp() + lease
            from chosen c where q.queue = c.queue and q.id = c.id
            returning q as item
        )
        select array_agg(c.item order by (c.item).priority desc, (c.item).id) into taken from claimed c;
        -- What nobody may try again was buried on the way; if that was all, there may be more behind it.
        exit when taken is null or exists (select from unnest(taken) t where t.status = 'running');
    end loop;
    return query select t.* from unnest(taken) t where t.status = 'running' order by t.priority desc, t.id;
end
$$;

comment on function pc_claim(text[], text, integer, interval, integer, text, boolean) is
'Claims up to amount items of these queues that are due, most urgent first, for the time of a lease, and skips what others hold. An item whose lease is over counts as failed: it is claimed again, or dead if that was its last attempt. Only items of the current role. Example: select * from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pg_backend_pid(), pc_worker_id(), true)';

-- sql/80-queue/52-pc_settle.sql
create function pc_settle(queue text, id bigint, claim bigint, outcome text, error_msg text default null, key_count bigint default null) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
set search_path = pg_catalog, @extschema@, pg_temp
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
