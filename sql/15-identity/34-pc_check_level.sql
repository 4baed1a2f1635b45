create function pc_check_level(level text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if level is null or level <> 'monitor' and pc_level_rank(level) is null then
        perform pc_fail('PC001', format('"%s" is no level of rights', level), case when level = 'use' then 'The level use of version 0.1.0 is now fill or, for roles that are not trusted with what others get, push.' else '' end,
            'Levels are read (apply, explain), push (also queue queries and evaluate them for oneself), fill (trusted: key sets serve everybody), administer, and monitor.');
    end if;
end
$$;

comment on function pc_check_level(text) is
'Raises PC001 for what is no level of rights. Example: select pc_check_level(''push'')';
