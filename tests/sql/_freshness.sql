-- What the tests of tracking share.

-- Fills the cache with the fragments of a query.
create procedure learn(query text) language plpgsql as $$
begin
    perform partitioncache_push(query, 'city_id');
    -- As in a new session: the cache is looked after.
    perform set_config('partitioncache.rests', '', false);
    perform partitioncache_process_queue(max_seconds => 60);
end
$$;

-- Evaluates the fragments of a query without what else push does.
create function fill(query text) returns bigint language sql as $$
    select count(pc_evaluate_fragment('partitioncache', 'city_id', f.hash, f.fragment, f.keyed_tables, f.parts))
    from pc_fragments(query, 'city_id', 'partitioncache', pc_session(current_setting('search_path'))) f
$$;

-- Rows by which the query and its rewritten form differ, in one snapshot.
create function wrong_rows(query text) returns bigint language plpgsql as $$
declare
    rewritten text := partitioncache_apply(query, 'city_id', method => 'current');
    wrong bigint;
begin
    execute format('select count(*) from ((%1$s except all %2$s) union all (%2$s except all %1$s)) x', '(' || query || ')', '(' || rewritten || ')') into wrong;
    return wrong;
end
$$;

-- The states of the entries of the query's own fragments, and whether it is restricted by any.
create function standing(query text) returns text language sql as $$
    select concat_ws(', ', case when e.applied then 'restricted' else 'unchanged' end, (
        select string_agg(distinct entry ->> 'state', ', ' order by entry ->> 'state') from jsonb_array_elements(e.entries) entry
        where entry ->> 'state' <> 'deferred'  -- what is not evaluated yet is no entry
          and entry ->> 'hash' in (select f.hash from pc_fragments(query, 'city_id', 'partitioncache', pc_session(current_setting('search_path'))) f)))
    from partitioncache_explain(query, 'city_id', method => 'current') e
$$;

-- What has been logged since the last call: key, * for a write that no key describes, - for a removal.
create function logged() returns text language plpgsql as $$
declare
    result text;
begin
    select string_agg(l.what, ' ' order by l.what collate "C") into result
    from (select distinct case when c.removal then '-' when c.whole then '*' else coalesce(k::text, 'null') end as what
          from partitioncache_changes_city_id c left join lateral unnest(c.keys) k on true) l;
    delete from partitioncache_changes_city_id;
    return result;
end
$$;

-- Waits until every transaction is over that is running now, in any database: autovacuum's, for example.
create procedure settle() language plpgsql as $$
declare
    now_ xid8 := pg_snapshot_xmax(pg_current_snapshot());
begin
    for i in 1 .. 600 loop
        exit when pg_snapshot_xmin(pg_current_snapshot()) >= now_;
        perform pg_sleep(0.05);
    end loop;
end
$$;
