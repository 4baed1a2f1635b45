create function pc_count_use(registration partitioncache_registration, hashes text[]) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if not current_setting('transaction_read_only')::boolean then
        perform pc_call('count_use', jsonb_build_object('cache', (registration).cache, 'partition_key', (registration).partition_key, 'hashes', hashes));
    end if;
end
$$;

comment on function pc_count_use(partitioncache_registration, text[]) is
'Notes that a query was restricted by these entries, or by none; does nothing in a read-only transaction. Example: select pc_count_use(pc_registration(''partitioncache'', ''city_id''), ''{pizza}'')';

create function pc_do_count_use(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cache text := argument ->> 'cache';
    hashes text[] := array(select h from jsonb_array_elements_text(case jsonb_typeof(argument -> 'hashes') when 'array' then argument -> 'hashes' else '[]' end) h);
    used tid;
begin
    perform pc_require(caller, cache, 'read');
    -- Sequences: counted without a lock, without a row and without a transaction id, though also when the caller rolls back.
    perform nextval(pc_counter(cache, case when hashes <> '{}' then 'hits' else 'misses' end)::regclass);
    -- At most one write a minute and entry, and never one that another transaction would have to wait for. Each entry is looked up by its whole
    -- key: before the table is analysed for the first time, PostgreSQL would rather read all entries for each.
    if current_setting('transaction_isolation') = 'read committed' then
        foreach used in array array(
            select u.ctid from unnest(hashes) h(hash)
            cross join lateral (select e.ctid, e.last_used from partitioncache_entry_use e
                                where e.cache = argument ->> 'cache' and e.partition_key = argument ->> 'partition_key' and e.hash = h.hash
                                  and e.role in (0, caller)
                                order by e.role desc limit 1) u
            where u.last_used < now() - interval '1 minute')
        loop
            update partitioncache_entry_use u set uses = u.uses + 1, last_used = now()
            where u.ctid = (select s.ctid from partitioncache_entry_use s
                            where s.ctid = used and s.last_used < now() - interval '1 minute' for update skip locked);
        end loop;
    end if;
    return null;
end
$$;

comment on function pc_do_count_use(oid, jsonb) is
'pc_count_use for a caller: {cache, partition_key, hashes}. Example: see pc_call';
