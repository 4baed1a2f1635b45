create function pc_is_shadowed(effective name[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    before name[] := effective[1:array_position(effective, 'pg_catalog') - 1];
begin
    -- PostgreSQL itself compares varchar as text, so an operator for varchar fits better, wherever it stands.
    return exists (select from pg_operator o
                   where o.oprname = '=' and o.oid >= 16384 and o.oprleft = 'character varying'::regtype
                     and o.oprnamespace in (select n.oid from pg_namespace n where n.nspname = any (effective)))
    -- Nearly always nothing, or the schema of temporary tables, which is asked for types only.
    or before <> '{}' and (
        exists (select from pg_operator o where o.oprname = '='
                  and o.oprnamespace in (select n.oid from pg_namespace n where n.nspname = any (before) and not n.nspname ^@ 'pg_temp_'))
        or exists (select from pg_type t
                   where t.typname = any ('{integer,bigint,float,numeric,text,uuid,date,timestamp,timestamptz}'::name[])
                     and t.typnamespace in (select n.oid from pg_namespace n where n.nspname = any (before))));
end
$$;

comment on function pc_is_shadowed(name[]) is
'Whether, in a search path as current_schemas(true) gives it, other schemas than PostgreSQL''s own give another meaning to what a restriction is written with: the operator = and the types of keys. Example: select pc_is_shadowed(current_schemas(true))';
