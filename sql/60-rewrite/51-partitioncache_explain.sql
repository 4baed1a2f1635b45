create function partitioncache_explain(
    query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null,
    out applied boolean, out reason text, out method_used text, out fragments integer, out hits integer,
    out keys bigint, out partitions bigint, out entries jsonb, out rewritten text, out learning jsonb, out candidates jsonb
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    given record;
    outcome pc_rewritten;
    analysis partitioncache_analysis;
    contained text[];
begin
    select * into given from pc_bind_if_possible(query, params, pc_session(session_path));
    if params is null and query ~ '[$][0-9]' then
        begin
            given.bound := pc_bind_unknown(query, pc_session(session_path));
        exception when others then
            given.reason := 'its parameters have no values, and nothing is known of them: ' || sqlerrm;
        end;
    end if;
    if params is null and given.bound <> query then
        perform pc_check_method(method);
        outcome := row(false, 'its parameters have no values: pass them with params => array[...]; what does not depend on them is shown here', null, 0, null, null, query, '{}', null, null, null, null);
    else
        outcome := pc_rewrite(given.bound, partition_key, cache, method, session_path, counted => false);
    end if;
    query := given.bound;
    if not outcome.applied then
        outcome.reason := coalesce(given.reason, outcome.reason);
    end if;
    applied := outcome.applied;
    reason := outcome.reason;
    method_used := outcome.method;
    hits := coalesce(outcome.hits, 0);
    keys := outcome.keys;
    partitions := outcome.partitions;
    rewritten := outcome.rewritten;
    candidates := outcome.candidates;
    begin
        analysis := pc_analyse(query, pc_registration(cache, partition_key), pc_session(session_path));
        contained := array(select distinct h from unnest(analysis.families) f, unnest(pc_contained_entries(pc_registration(cache, partition_key), f.asked)) h);
        entries := pc_explain_entries(cache, partition_key, contained, analysis.families);
        -- As it is now, also where it was decided before, or without looking.
        if applied or hits = 0 then
            keys := pc_remaining_keys(pc_registration(cache, partition_key), analysis.families);
            hits := (select count(*) from jsonb_array_elements(entries) e where e ->> 'state' <> 'aside');
            partitions := coalesce(partitions, (select max(pc_partition_estimate(f.relation, partition_key)) from unnest(analysis.families) f));
        end if;
        fragments := 0;
        if analysis.families <> '{}' then
            select count(*) into fragments
            from (select h from unnest(contained) h union select f.hash from pc_fragments(query, partition_key, cache, pc_session(session_path)) f) x;
            learning := pc_explain_learning(query, pc_registration(cache, partition_key), pc_session(session_path));
            if not applied and contained = '{}' and learning @> '[{"state": "unselective"}]' then
                reason := format('%s of about %s partitions would remain: it would not pay',
                                 (select round(min((l ->> 'kept')::numeric) * partitions) from jsonb_array_elements(learning) l where l ->> 'state' = 'unselective'), partitions);
            end if;
            learning := nullif(learning, '[]');
        end if;
    exception when others then
        -- In a read-only transaction, say, no query can be taken apart.
        fragments := coalesce(cardinality(contained), 0);
        reason := case when not applied then coalesce(reason, sqlerrm) end;
    end;
end
$$;

comment on function partitioncache_explain(text, text, text, text, text, text[]) is
'What partitioncache_apply would do with a query, as one row, counted as no use: applied; reason, if not; method_used; fragments it is taken apart into, with the entries that it contains beside them; hits: entries that it contains and that may be used; keys = partitions that remain, of how many partitions by the planner''s statistics; entries = each entry that it contains with its state (fresh, static, changed, aside, asserted), the reason, the number of changed partitions, whether its tables are tracked or taken to be static, and, of the role''s own entries and for administrators, implied: for each of its conditions the one of the query from which it follows; learning = each fragment that is not cached, and why: queued, deferred (cost: what evaluating it costs, credit: what queries could have saved by it so far, kept: the share of partitions that it may leave), unselective (it leaves most), forced, forbidden; the rewritten text; and candidates = the forms that were considered (none: as it is; all: a list of keys for each table that has the key; 2: for the second alone; hidden: so that the planner does not see it; joined: as a set of rows), with the cost and rows that the planner expects, doubtful_cost if the keys may mislead it, and the milliseconds that were measured, stopped where it took longer than that. params: as for partitioncache_apply; of a query whose parameters have no values, such as a text of pg_stat_statements, it is said which entries serve it whatever the values are. Raises PC001 for a bad method. Example: select * from partitioncache_explain(''select * from poi where kind = 1'', ''city_id'')';

create function pc_explain_entries(cache text, partition_key text, hashes text[], families pc_family[]) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    entries jsonb;
begin
    execute format($sql$
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'hash', s.hash, 'state', s.state, 'reason', s.reason, 'changed', s.changed,
                   'tables', case when s.state = 'asserted' then null when not s.static then 'tracked' else 'static' end,
                   'implied', (select to_jsonb(i.lines) from unnest($3) f cross join lateral pc_implications((f.asked).form, e.form) i(lines)
                               where i.lines is not null order by f.family limit 1))) order by s.hash, s.role)
        from pc_entry_state($1, $2, $4) s join %s e on e.hash = s.hash and e.role = s.role
        $sql$, pc_object_for('entries', cache, partition_key))
    into entries using cache, partition_key, families, hashes;
    return entries;
end
$$;

comment on function pc_explain_entries(text, text, text[], pc_family[]) is
'How the entries under these hashes stand, and which conditions of the families'' blocks imply theirs. Example: see partitioncache_explain';

create function pc_remaining_keys(registration partitioncache_registration, families pc_family[]) returns bigint
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    family pc_family;
    remaining bigint;
    least_remaining bigint;
begin
    foreach family in array families loop
        execute format('select cardinality((pc_lookup($1, pc_contained_entries($1, $2), null::%s)).keys)', pc_native_type(registration.datatype))
        into remaining using registration, family.asked;
        least_remaining := least(least_remaining, remaining);
    end loop;
    return least_remaining;
end
$$;

comment on function pc_remaining_keys(partitioncache_registration, pc_family[]) is
'How many partitions remain of the family of which fewest do; null if nothing is known of any. Example: see partitioncache_explain';
