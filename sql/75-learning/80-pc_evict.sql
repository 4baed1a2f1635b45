create function pc_evict(cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    settings partitioncache_settings := pc_settings(cache);
    held text;
    gone_key text;
    gone_hashes text[];
    gone_roles oid[];
    removed bigint;
    evicted bigint := 0;
begin
    if settings.max_bytes = 0 and settings.max_entries = 0 and settings.max_age = interval '0' then
        return 0::bigint;
    end if;
    select string_agg(format('select %L as partition_key, e.hash, e.role, e.evaluation is not null as evaluated, coalesce(pg_column_size(%s), 0)::bigint as bytes, e.evaluated_at, (e.evaluation).milliseconds from %s e',
                             r.partition_key, 'e.' || (pc_storage_of(r.storage)).columns[1], pc_object_for('cache', r.cache, r.partition_key)), ' union all ')
    into held
    from partitioncache_registration r where r.cache = pc_evict.cache;
    if held is null then
        return 0::bigint;
    end if;
    for gone_key, gone_hashes, gone_roles in execute format($query$
        with held as materialized (
            -- What an entry has saved, and may save again, for each byte of it: that halves with each week in which nobody uses it.
            select h.*, (coalesce(u.uses, 0) + 1) * greatest(h.milliseconds, 1) / (h.bytes + 200)
                        * 0.5 ^ least(extract(epoch from clock_timestamp() - greatest(u.last_used, h.evaluated_at)) / 604800, 500) as gain
            from (%s) h
            left join partitioncache_entry_use u on u.cache = $1 and u.partition_key = h.partition_key and u.hash = h.hash and u.role = h.role
        ), placed as (
            select h.*, row_number() over best as place, sum(h.bytes) over best as bytes_so_far
            from held h
            window best as (order by h.evaluated, h.gain desc nulls last, h.partition_key, h.hash, h.role rows unbounded preceding)
        )
        select p.partition_key, array_agg(p.hash) as hashes, array_agg(p.role) as roles
        from placed p
        -- What somebody has said to be so is not found out again.
        where p.evaluated and ($5 is null or p.role = any ($5))
          and ($2 > 0 and p.bytes_so_far > $2 or $3 > 0 and p.place > $3 or $4 > interval '0' and p.evaluated_at < clock_timestamp() - $4)
        group by 1 order by 1
        $query$, held)
        using cache, settings.max_bytes, settings.max_entries, settings.max_age, roles
    loop
        execute format('delete from %1$s where (hash, role) in (
                            select e.hash, e.role from %1$s e join unnest($1, $2) g(hash, role) on g.hash = e.hash and g.role = e.role
                            where e.evaluation is not null for update of e skip locked)', pc_object_for('cache', cache, gone_key))
        using gone_hashes, gone_roles;
        get diagnostics removed = row_count;
        evicted := evicted + removed;
    end loop;
    return evicted;
end
$$;

comment on function pc_evict(text, oid[]) is
'Removes evaluated entries of a cache (roles: that serve these alone; null for all) that are older than max_age, and beyond max_bytes and max_entries those that have saved least for each of their bytes; how many. Entries that were stored by hand count, and stay. Example: select pc_evict(''partitioncache'')';

create function partitioncache_evict(cache text default 'partitioncache') returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    return pc_call('evict', jsonb_build_object('cache', cache))::bigint;
end
$$;

comment on function partitioncache_evict(text) is
'Removes the entries of a cache that exceed its limits (max_bytes, max_entries, max_age of partitioncache_update_processor_config), those that have saved least for their size first; how many. The processor does so once a minute. Raises PC007 for who may not administer the cache. Example: select partitioncache_evict()';

create function pc_do_evict(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'administer');
    return to_jsonb(pc_evict(argument ->> 'cache'));
end
$$;

comment on function pc_do_evict(oid, jsonb) is
'partitioncache_evict for a caller: {cache}. Example: see pc_call';
