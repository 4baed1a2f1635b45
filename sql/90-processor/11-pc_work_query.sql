create function pc_work_query(item partitioncache_queue) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    fragments bigint;
    items jsonb;
    moving text[];
    reason text;
begin
    with f as materialized (
        select * from pc_learned_first(item.query, item.partition_key, item.cache, item.session) with ordinality
    ), m as materialized (
        -- What would not be used is not learned.
        select t.name, pc_untracked_reason(array[regexp_replace(t.name, '^ONLY ', '')::regclass::oid], item.cache, item.partition_key) as reason
        from (select distinct unnest(f.tables) from f) t(name)
    )
    select (select string_agg(m.reason, '; ') from m), (select coalesce(array_agg(m.name), '{}') from m where m.reason is not null),
           count(*), jsonb_agg(jsonb_build_object('hash', f.hash, 'query', f.fragment, 'partition_key', item.partition_key, 'priority', item.priority,
                                                  'origin', pc_marker(item.id, item.claim), 'keyed_tables', f.keyed_tables, 'parts', f.parts) order by f.ordinality)
                     filter (where e.hash is null and not f.tables && (select coalesce(array_agg(m.name), '{}') from m where m.reason is not null))
    into reason, moving, fragments, items
    from f
    left join pc_entry_state(item.cache, item.partition_key, (select array_agg(f.hash) from f)) e
        on e.hash = f.hash and e.state in ('fresh', 'static', 'asserted');
    if fragments = 0 then
        return coalesce((pc_take_apart(item.query, item.partition_key, item.cache, item.session)).reason,
                        'no fragment of this query can be cached');
    end if;
    if items is null and moving <> '{}' then
        return reason;
    end if;
    if items is not null then
        perform pc_enqueue('outgoing', item.cache, items, true);
    end if;
    return null;
end
$$;

comment on function pc_work_query(partitioncache_queue) is
'Takes a queued query apart and puts those of its fragments that are learned first (see pc_learned_first), have no fresh entry, and would be used, into the outgoing queue. Null, or the reason why nothing of it can be cached. Example: select pc_work_query(q) from partitioncache_queue q where q.id = 7';
