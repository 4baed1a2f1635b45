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
        -- An entry that changes all the time is evaluated at most a twentieth of the time; one that would not be used afterwards, never.
        execute format($query$
            select coalesce(jsonb_agg(to_jsonb(w)), '[]')
            from (select e.hash, e.query, e.keyed_tables, e.parts, $2 as partition_key, 0 as priority, '{"refresh": true}'::jsonb as session
                  -- Only what may be evaluated again by now is judged. Most of the time there is none of these. So they come first, and each is looked up.
                  from (select f.* from pc_entry_state($1, $2, array(
                            select d.hash from %1$s d
                            where d.mine and d.key_count is not null
                              and d.evaluated_at < clock_timestamp() - greatest(interval '10 s', interval '20 ms' * coalesce(d.evaluation_ms, 0)))) f
                        where f.state in ('changed', 'aside') offset 0) s
                  cross join lateral (select x.* from %1$s x where x.hash = s.hash and x.role = s.role offset 0) e
                  where e.mine and e.key_count is not null and e.hash = pc_sha256(e.query)
                    and e.evaluated_at < clock_timestamp() - greatest(interval '10 s', interval '20 ms' * coalesce(e.evaluation_ms, 0))
                    and (s.state = 'changed' or pc_untracked_reason(e.deps, $1, $2) is null)
                    and not exists (select from pc_own_queue q
                                    where q.queue = 'outgoing' and q.cache = $1 and q.partition_key = $2 and q.hash = s.hash and q.mine)
                  order by e.uses desc nulls last, e.last_used desc nulls last, e.evaluated_at
                  limit $3) w
            $query$, pc_object_for('entries', cache, registered))
        into items using cache, registered, amount;
        if items <> '[]' then
            added := added + (select e.added from pc_enqueue('outgoing', cache, items, true, again => false) e);
        end if;
    end loop;
    return added;
end
$$;

comment on function pc_enqueue_refreshes(text, integer) is
'Puts entries of this role that have changed or lie aside into the outgoing queue, with priority 0, the most used first, at most amount a partition key; returns how many. Example: select pc_enqueue_refreshes(''partitioncache'')';
