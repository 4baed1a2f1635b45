create function pc_is_immutable_condition(condition text, from_list text) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
as $$
declare
    immutable boolean := false;
begin
    begin
        perform pc_enter_canonical();
        perform set_config('search_path', '', true);
        execute partitioncache_internal.pc_storing_statement('select 1 from ' || from_list || ' where ' || condition);
        perform set_config('search_path', 'pg_catalog, partitioncache_internal', true);
        select not f.odd_nodes and not f.order_dependent
               and not exists (select from pg_proc p where p.oid = any (f.functions) and p.provolatile <> 'i')
               and pc_unfit_relations(f.relations) = '{}'
               and pc_closure(f.roots || pc_stored_objects(f.relations), f.relations) is not null
        into immutable
        from pc_tree_facts(array[pc_stored_tree()]) f;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when syntax_error_or_access_rule_violation then
            immutable := false;  -- it needs something that these tables do not have
    end;
    return immutable;
end
$$;

comment on function pc_is_immutable_condition(text, text) is
'Whether a canonical condition on these tables depends on nothing but their rows: all it calls is immutable, and a sub-select in it gives the same rows however it is read. Example: select pc_is_immutable_condition(''(t.x < now())'', ''public.t t'')';
