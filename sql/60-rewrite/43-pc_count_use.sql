create function pc_count_use(registration partitioncache_registration, hashes text[], decision partitioncache_decision default null) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if current_setting('transaction_read_only')::boolean then
        return;
    end if;
    perform pc_call('count', jsonb_build_object('cache', (registration).cache, 'what', case when hashes <> '{}' then 'hits' else 'misses' end));
    if hashes <> '{}' and (decision.counted_at < now() - interval '1 minute') is not false and current_setting('transaction_isolation') = 'read committed' then
        perform pc_call('count_use', jsonb_build_object('cache', (registration).cache, 'partition_key', (registration).partition_key, 'hashes', hashes,
                                                        'digest', decision.digest));
    end if;
end
$$;

comment on function pc_count_use(partitioncache_registration, text[], partitioncache_decision) is
'Notes that a query was restricted by these entries, or by none: in a counter, and once a minute and decision with the entries. Does nothing in a read-only transaction. Example: select pc_count_use(pc_registration(''partitioncache'', ''city_id''), ''{pizza}'')';

create function pc_do_count(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'read');
    -- Counted without a lock, without a row and without a transaction id, though also when the caller rolls back.
    perform nextval(pc_counter(argument ->> 'cache', case argument ->> 'what' when 'hits' then 'hits' else 'misses' end)::regclass);
    return null;
end
$$;

comment on function pc_do_count(oid, jsonb) is
'Counts a query for a caller: {cache, what: hits or misses}. Example: see pc_call';
