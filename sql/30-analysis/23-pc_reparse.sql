create function pc_reparse(canonical text) returns text
language plpgsql volatile parallel unsafe
as $$
declare
    written text;
begin
    execute partitioncache_internal.pc_storing_statement(canonical);
    begin
        perform pg_catalog.set_config('search_path', '', true);
        perform partitioncache_internal.pc_enter_canonical();
        written := partitioncache_internal.pc_stored_text();
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
    return written;
end
$$;

comment on function pc_reparse(text) is
'How PostgreSQL writes out a canonical text (as pc_stored_text does) that is read under the settings in force, the search path included, which it therefore does not pin. Called by pc_parse, which rolls everything back. Example: select pc_reparse(''select 1'')';
