create type pc_dependencies as (
    named oid[],
    relations oid[],
    states bigint[],
    closure pc_object[],
    closure_state bigint
);

comment on type pc_dependencies is
'What a fragment names and reads, through views as well, and what else its meaning hangs on (see pc_closure), each with its fingerprint.';

create function pc_fragment_dependencies(fragment text) returns pc_dependencies
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
as $$
declare
    checked refcursor;
    roots partitioncache_internal.pc_object[];
    tree bigint;
    begun pg_snapshot;
    found partitioncache_internal.pc_dependencies;
begin
    perform pc_begin_temporary();
    -- Each fingerprint belongs to what was parsed: the catalog can change in between.
    loop
        begun := pg_current_snapshot();
        begin
            perform pc_enter_canonical();
            perform set_config('search_path', '', true);
            open checked for execute fragment;  -- one statement, of tables that this role may read
            close checked;
            execute partitioncache_internal.pc_storing_statement(fragment);
            perform set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
            select f.relations, f.roots || pc_stored_objects(f.relations), pc_stored_digest() into found.named, roots, tree
            from pc_tree_facts(array[pc_stored_tree()]) f;
            raise exception using errcode = 'PC000';
        exception when sqlstate 'PC000' then
            null;
        end;
        found.relations := array(select distinct c.relation from pc_relation_closure(found.named) c order by 1);
        found.states := array(select s.state from unnest(found.relations) with ordinality r(oid, n)
                              left join pc_relation_states(found.relations) s on s.relation = r.oid order by r.n);
        found.closure := pc_closure(roots, found.relations);
        if found.closure is null then
            perform pc_fail('PC005', 'what this query depends on cannot be followed to the end', '', 'Leave out the condition that uses it.');
        end if;
        found.closure_state := pc_closure_state(found.closure);
        exit when pc_still_parses_so(fragment, null, tree, begun);
    end loop;
    return found;
end
$$;

comment on function pc_fragment_dependencies(text) is
'What the canonical text of a fragment depends on, asked of PostgreSQL. Raises its error if the text is no single query that this role may run, PC005 if it hangs on something that cannot be followed. Example: select * from pc_fragment_dependencies(''SELECT DISTINCT t1.city_id FROM public.poi t1'')';
