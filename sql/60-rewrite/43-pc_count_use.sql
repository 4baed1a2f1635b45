create function pc_count_use(cache text, partition_key text, hashes text[], digest text default null, counted_at timestamptz default null) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if current_setting('transaction_read_only')::boolean then
        return;
    end if;
    -- Counted without a lock, without a row and without a call of the channel, though also when the caller rolls back.
    if nextval(pc_counter(cache, case when hashes <> '{}' then 'hits' else 'misses' end)::regclass) is not null
        and hashes <> '{}' and (counted_at < now() - interval '1 minute') is not false and current_setting('transaction_isolation') = 'read committed' then
        perform pc_call('count_use', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'hashes', hashes, 'digest', digest));
    end if;
end
$$;

comment on function pc_count_use(text, text, text[], text, timestamptz) is
'Notes that a query was restricted by these entries, or by none: in a counter, and once a minute and decision (digest, counted_at) with the entries. Does nothing in a read-only transaction. Example: select pc_count_use(''partitioncache'', ''city_id'', ''{pizza}'')';
