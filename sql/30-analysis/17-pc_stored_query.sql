create function pc_storing_statement(query text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- A function's body, and no view: that is stored just as it was parsed, in one row of one catalog.
    return 'create or replace function pg_temp.partitioncache_stored() returns void language sql begin atomic select 1 from (' || query || E'\n) partitioncache_query; end';
end
$$;

comment on function pc_storing_statement(text) is
'The statement by which PostgreSQL parses one query and stores it, until the subtransaction is rolled back. The query must be known to be a single one. Example: select pc_storing_statement(''select 1'')';

create function pc_stored_text() returns text
language plpgsql stable parallel unsafe
as $$
begin
    return pg_catalog.pg_get_function_sqlbody(pg_catalog.to_regprocedure('pg_temp.partitioncache_stored()'));
end
$$;

comment on function pc_stored_text() is
'How PostgreSQL writes out what pc_storing_statement stored: names are qualified as far as the search path in force demands, which therefore is not pinned. Null if nothing is stored. Example: select pc_stored_text()';

create function pc_stored_tree() returns text
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select p.prosqlbody::text from pg_proc p where p.oid = to_regprocedure('pg_temp.partitioncache_stored()'));
end
$$;

comment on function pc_stored_tree() is
'The tree of what pc_storing_statement stored, for pc_tree_facts; null if nothing is. Example: select pc_stored_tree()';

create function pc_stored_digest() returns bigint
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return hashtextextended(pc_stored_tree(), 0);
end
$$;

comment on function pc_stored_digest() is
'A digest of the tree of what pc_storing_statement stored; null if nothing is. Example: select pc_stored_digest()';

create function pc_stored_reads_tables() returns boolean
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return not exists (
        select from pc_tree_facts(array[pc_stored_tree()]) f, unnest(f.relations) r left join pg_class c on c.oid = r
        where (c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'select')) is not true);
end
$$;

comment on function pc_stored_reads_tables() is
'Whether what pc_storing_statement stored reads nothing but tables that the role in force may read as a whole. Example: select pc_stored_reads_tables()';

create function pc_stored_objects(relations oid[]) returns pc_object[]
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return array(
        select o from unnest(pc_depends_on(row('pg_proc'::regclass, to_regprocedure('pg_temp.partitioncache_stored()'))::pc_object)) o
        where (o).class <> 'pg_class'::regclass or (o).object <> all (relations));
end
$$;

comment on function pc_stored_objects(oid[]) is
'The objects that what pc_storing_statement stored depends on, without the relations it reads, which are passed. Example: select pc_stored_objects(''{}'')';

create function pc_view_trees(views oid[]) returns text[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return array(select r.ev_action::text from pg_rewrite r where r.ev_class = any (views) and r.ev_type = '1');
end
$$;

comment on function pc_view_trees(oid[]) is
'The trees of some views, for pc_tree_facts. Example: select pc_view_trees(array[''pg_views''::regclass])';
