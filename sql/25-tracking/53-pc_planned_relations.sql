create function pc_planned_relations(query text, session jsonb) returns oid[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    checked refcursor;
    plan pg_catalog.jsonb;
begin
    begin
        perform pc_enter_session(session);
        perform set_config('enable_partition_pruning', 'off', true);
        perform set_config('constraint_exclusion', 'off', true);
        perform set_config('search_path', session ->> 'search_path', true);
        -- Takes one query and no more; then its text is one behind "explain" as well.
        open checked for execute query;
        close checked;
        execute 'explain (verbose, costs off, format json) ' operator(pg_catalog.||) query into plan;
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
    return array(
        select distinct c.oid
        from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name"))') n
        join pg_namespace s on s.nspname = n ->> 'Schema'
        join pg_class c on c.relnamespace = s.oid and c.relname = n ->> 'Relation Name');
end
$$;

comment on function pc_planned_relations(text, jsonb) is
'The tables that a query reads, through views as well, as its plan shows them. Raises PostgreSQL''s own error for a query that it does not accept. Example: select pc_planned_relations(''select 1'', pc_session(''public''))';
