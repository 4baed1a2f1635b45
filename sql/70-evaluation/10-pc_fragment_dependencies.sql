create type pc_dependencies as (
    named oid[],
    relations oid[],
    states bigint[],
    functions oid[],
    function_state bigint
);

comment on type pc_dependencies is
'What a fragment names and reads, through views as well, and what it calls, each with its fingerprint.';

create function pc_fragment_dependencies(fragment text) returns pc_dependencies
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
as $$
declare
    checked refcursor;
    operators oid[];
    found pc_dependencies;
begin
    perform pc_begin_temporary();
    begin
        perform pc_enter_canonical();
        perform set_config('search_path', '', true);
        open checked for execute fragment;  -- one statement, of tables that this role may read
        close checked;
        execute partitioncache_internal.pc_storing_statement(fragment);
        perform set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
        select f.relations, f.functions, f.operators into found.named, found.functions, operators
        from pc_tree_facts(array[pc_stored_tree()]) f;
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
    found.relations := array(select distinct c.relation from pc_relation_closure(found.named) c order by 1);
    found.functions := array(
        select f from unnest(found.functions) f where f >= 16384
        union
        select o.oprcode::oid from pg_operator o where o.oid = any (operators) and o.oid >= 16384
        union
        select f from pc_tree_facts(pc_view_trees(array(select c.oid from pg_class c where c.oid = any (found.relations) and c.relkind = 'v'))) t, unnest(t.functions) f
        where f >= 16384
        order by 1);
    found.states := array(select s.state from unnest(found.relations) with ordinality r(oid, n)
                          left join pc_relation_states(found.relations) s on s.relation = r.oid order by r.n);
    found.function_state := pc_function_state(found.functions);
    return found;
end
$$;

comment on function pc_fragment_dependencies(text) is
'What the canonical text of a fragment depends on, asked of PostgreSQL. Raises its error if the text is no single query that this role may run. Example: select * from pc_fragment_dependencies(''SELECT DISTINCT t1.city_id FROM public.poi t1'')';
