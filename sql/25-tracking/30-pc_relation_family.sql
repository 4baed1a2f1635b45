create function pc_relation_family(relation oid) returns setof oid
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with recursive family(member) as (
            select relation
            union
            select i.inhrelid from family f join pg_inherits i on i.inhparent = f.member
        )
        select member from family;
end
$$;

comment on function pc_relation_family(oid) is
'The relation and all its partitions and inheriting tables, however deep. Example: select pc_relation_family(''pg_class''::regclass)';
