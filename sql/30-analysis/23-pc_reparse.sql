create function pc_reparse(canonical text) returns text
language plpgsql volatile parallel unsafe
as $$
declare
    written text;
begin
    execute 'create temp view partitioncache_again as select 1 from (' operator(pg_catalog.||) canonical operator(pg_catalog.||) E'\n) partitioncache_query';
    begin
        perform pg_catalog.set_config('search_path', '', true);
        perform @extschema@.pc_enter_canonical();
        written := pg_catalog.pg_get_viewdef('pg_temp.partitioncache_again'::pg_catalog.regclass, false);
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
    drop view pg_temp.partitioncache_again;
    return written;
end
$$;

comment on function pc_reparse(text) is
'How PostgreSQL writes out a canonical text (as a view on it) that is read under the settings in force, the search path included: the one function that does not pin its own, because reading under its caller''s is its purpose. Called by pc_parse, which rolls everything back. Example: select pc_reparse(''select 1'')';
