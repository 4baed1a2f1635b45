create function partitioncache_gain(
    cache text default 'partitioncache', grouped text default 'query',
    out what text, out at timestamptz, out restricted_runs bigint, out original_ms double precision, out restricted_ms double precision,
    out saved_ms double precision, out slower boolean
) returns setof record
language plpgsql stable parallel safe rows 100
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache, 'grouped', grouped);
    if grouped not in ('query', 'fragment', 'hour', 'day') then
        perform pc_fail('PC001', format('gain cannot be grouped by "%s"', grouped), '', 'Group it by query, fragment, hour or day.');
    end if;
    if grouped in ('hour', 'day') then
        return query
            select null::text, date_trunc(grouped, l.hour), round(sum(l.runs))::bigint, null::double precision, null::double precision, sum(l.saved_ms), sum(l.saved_ms) < 0
            from pc_own_gain_log l where l.cache = partitioncache_gain.cache
            group by 2 order by 2;
        return;
    end if;
    return query
        with one as (
            select g.template, g.owner, min(g.query) as text, max(g.measured_at) as measured_at,
                   coalesce(sum(g.runs) filter (where g.candidate = 'restricted'), 0) as runs, sum(g.saved_ms) as saved,
                   (array_agg(g.ms order by g.measured_at desc) filter (where g.candidate = 'original' and g.ms is not null))[1] as original,
                   (array_agg(g.ms order by g.measured_at desc) filter (where g.candidate = 'restricted' and g.ms is not null))[1] as restricted,
                   (array_agg(to_jsonb(g.hashes) order by g.measured_at desc) filter (where g.candidate = 'restricted'))[1] as hashes
            from pc_own_gain g where g.cache = partitioncache_gain.cache
            group by 1, 2
        )
        select case grouped when 'query' then o.text else h.hash end, max(o.measured_at), round(sum(o.runs))::bigint,
               avg(o.original), avg(o.restricted), sum(o.saved / h.parts), coalesce(bool_and(o.restricted > 1.05 * o.original), false)
        from one o
        cross join lateral (
            select null::text as hash, 1 as parts where grouped = 'query'
            union all
            select u.hash, jsonb_array_length(o.hashes) from jsonb_array_elements_text(o.hashes) u(hash) where grouped = 'fragment') h
        group by 1, case grouped when 'query' then o.template end
        order by 6 desc nulls last, 1;
end
$$;

comment on function partitioncache_gain(text, text) is
'What the cache has saved, as adapters and partitioncache_open have measured it. grouped: query (one row for all that differ in their constants; what = the text without them, null if it is another role''s), fragment (what = the hash of an entry; what a query saved is divided between its entries), hour or day (what was saved at each). at: when it was last measured, or which hour or day; restricted_runs: how many queries were restricted; original_ms, restricted_ms: how long they take, in milliseconds, by the latest times; saved_ms: what was saved in all, less than nothing where it was lost; slower: such queries are left alone, because they took longer. You see your own; who may monitor or administer the cache sees all. Raises PC001 for another grouping. Example: select * from partitioncache_gain(grouped => ''day'')';
