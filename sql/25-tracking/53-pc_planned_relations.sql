create function pc_planned_relations(query text, session jsonb) returns oid[]
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_push_check(query, session, true)
$$;

comment on function pc_planned_relations(text, jsonb) is
'The tables that a query reads, through views as well, as its plan shows them. Raises what pc_push_check does. Example: select pc_planned_relations(''select 1'', pc_session(''public''))';
