create function pc_explain_learning(query text, registration partitioncache_registration, session jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if current_setting('transaction_read_only')::boolean
        or not exists (select from pc_own_learning l where l.mine and l.cache = registration.cache and l.partition_key = registration.partition_key)
           and not exists (select from pc_own_queue q where q.mine and q.queue = 'outgoing' and q.cache = registration.cache and q.partition_key = registration.partition_key) then
        return '[]'::jsonb;
    end if;
    return (
        with f as materialized (
            select distinct f.hash from unnest((pc_take_apart(query, registration.partition_key, registration.cache, session)).fragments) f
        )
        select coalesce(jsonb_agg(s.said order by s.said ->> 'state', s.said ->> 'hash'), '[]')
        from (select jsonb_strip_nulls(jsonb_build_object('hash', l.hash, 'state', l.state, 'query', l.query, 'cost', round(l.cost::numeric),
                                                          'credit', case when l.state = 'deferred' then round(l.credit::numeric) end, 'kept', round(l.kept::numeric, 2))) as said
              from f join pc_own_learning l on l.hash = f.hash
              where l.mine and l.cache = registration.cache and l.partition_key = registration.partition_key
              union all
              select jsonb_build_object('hash', q.hash, 'state', case when q.died_at is null then 'queued' else 'dead' end)
              from f join pc_own_queue q on q.hash = f.hash
              where q.mine and q.queue = 'outgoing' and q.cache = registration.cache and q.partition_key = registration.partition_key) s);
end
$$;

comment on function pc_explain_learning(text, partitioncache_registration, jsonb) is
'Those fragments of a query that are deferred, unselective, forced, forbidden or queued for this role. Example: see partitioncache_explain';
