create function partitioncache_explain(
    query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null,
    out applied boolean, out reason text, out method_used text, out fragments integer, out hits integer,
    out keys bigint, out partitions bigint, out entries jsonb, out rewritten text
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    given record;
    outcome pc_rewritten;
begin
    select * into given from pc_bind_if_possible(query, params, pc_session(session_path));
    query := given.bound;
    outcome := pc_rewrite(query, partition_key, cache, method, session_path);
    if not outcome.applied then
        outcome.reason := coalesce(given.reason, outcome.reason);
    end if;
    applied := outcome.applied;
    reason := outcome.reason;
    method_used := outcome.method;
    fragments := outcome.fragments;
    hits := outcome.hits;
    keys := outcome.keys;
    partitions := outcome.partitions;
    rewritten := outcome.rewritten;
    begin
        if outcome.fragments > 0 then
            entries := pc_explain_entries(query, pc_registration(cache, partition_key), pc_session(session_path));
        end if;
    exception when others then
        reason := coalesce(reason, sqlerrm);
    end;
end
$$;

comment on function partitioncache_explain(text, text, text, text, text, text[]) is
'What partitioncache_apply would do with a query, as one row: applied; reason, if not; method_used; fragments it is taken apart into; hits among them (an entry with fewer conditions may be used beside them); keys = partitions that remain, of how many partitions by the planner''s statistics; entries = each cached fragment with its state (fresh, static, changed, aside, asserted), the reason, the number of changed partitions, and whether its tables are tracked or taken to be static; the rewritten text. params: as for partitioncache_apply. Raises PC001 for a bad method. Example: select * from partitioncache_explain(''select * from poi where kind = 1'', ''city_id'')';

create function pc_explain_entries(query text, registration partitioncache_registration, session jsonb) returns jsonb
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'hash', s.hash, 'state', s.state, 'reason', s.reason, 'changed', s.changed,
               'tables', case when s.state = 'asserted' then null when not s.static then 'tracked' else 'static' end)) order by s.hash)
    from pc_entry_state((registration).cache, (registration).partition_key, (
             select array_agg(h) from unnest((pc_analyse(query, registration, session)).families) f, unnest(f.hashes || f.lesser_hashes) h)) s
$$;

comment on function pc_explain_entries(text, partitioncache_registration, jsonb) is
'The cached fragments of a query and how they stand. Example: see partitioncache_explain';
