create function pc_reparse(canonical text, out written text, out constants text)
language plpgsql volatile parallel unsafe
as $$
begin
    execute partitioncache_internal.pc_storing_statement(canonical);
    begin
        perform pg_catalog.set_config('search_path', '', true);
        perform partitioncache_internal.pc_enter_canonical();
        written := partitioncache_internal.pc_stored_text();
        constants := partitioncache_internal.pc_tree_constants(partitioncache_internal.pc_stored_tree());
        raise exception using errcode = 'PC000';
    exception when sqlstate 'PC000' then
        null;
    end;
end
$$;

comment on function pc_reparse(text) is
'How PostgreSQL writes out a canonical text (as pc_stored_text does) that is read under the settings in force, the search path included, which it therefore does not pin; and a digest of the values that its constants have then. Called by pc_parse, which rolls everything back. Example: select pc_reparse(''select 1'')';
