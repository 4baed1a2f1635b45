create function pc_count_use(registration partitioncache_registration, hashes text[]) returns void
language plpgsql volatile parallel unsafe security definer
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
'Notes that a query was restricted by these entries, or by none. Runs with the installer''s rights, because nobody else may change counters; does nothing in a read-only transaction. Example: select pc_count_use(pc_registration(''partitioncache'', ''city_id''), ''{pizza}'')';

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
