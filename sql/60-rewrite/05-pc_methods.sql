create type pc_method as (
    method text,
    each_column boolean,
    asks boolean,
    constant boolean,
    lasting boolean
);

comment on type pc_method is
'A way in which keys are written into a query. each_column: on every column of a family, since the planner does not carry it on to what equals it; asks: what is known is asked, too, by the query itself while it runs; constant: as a list of constants, for which PostgreSQL leaves partitions out when it plans; lasting: the text can be run later on as well.';

create function pc_methods() returns setof pc_method
language sql immutable parallel safe rows 7
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    values ('literal', true, false, true, true),
           ('current', true, true, true, true),
           ('subquery', false, true, false, true),
           ('IN', true, false, true, true),
           ('VALUES', false, false, true, true),
           ('TMP_TABLE_IN', false, false, false, false),
           ('TMP_TABLE_JOIN', false, false, false, false)
$$;

comment on function pc_methods() is
'The ways in which keys are written into a query; auto chooses among them. Example: select * from pc_methods()';

create function pc_method_of(method text) returns pc_method
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select m::pc_method from pc_methods() m where m.method = pc_method_of.method);
end
$$;

comment on function pc_method_of(text) is
'The method of that name; null for auto, and if there is none. Example: select (pc_method_of(''current'')).asks';

create function pc_check_method(method text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    methods text[];
begin
    if method is null or method <> 'auto' and (pc_method_of(method)).method is null then
        methods := array(select m.method from pc_methods() m);
        perform pc_fail('PC001', format('"%s" is no method', method), '',
            format('Methods are auto, %s and %s.', array_to_string(trim_array(methods, 1), ', '), methods[cardinality(methods)]));
    end if;
end
$$;

comment on function pc_check_method(text) is
'Raises PC001 for a word that is no method of rewriting. Example: select pc_check_method(''auto'')';
