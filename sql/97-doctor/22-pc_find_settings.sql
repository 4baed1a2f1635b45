create function pc_find_settings(cache text) returns setof pc_finding
language plpgsql stable parallel restricted rows 3
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    me name := pg_get_userbyid(pc_me());
begin
    if current_setting('default_transaction_read_only')::boolean then
        return query select 'settings', false, format('default_transaction_read_only is on for role %s: it can push and track nothing', me),
            format('alter role %I set default_transaction_read_only = off;', me), 'as a superuser, if it is not meant so';
    end if;
    begin
        return query select 'settings', false, h.problem, coalesce(h.fix, '-- ' || h.hint), case when h.fix is null then 'on the server' else 'as a superuser' end
            from pc_hindrances(cache) h;
    exception
        when sqlstate 'PC006' then null;  -- there is no pg_cron, whose jobs they would hinder
    end;
end
$$;

comment on function pc_find_settings(text) is
'Settings of the server and of roles that hinder a cache: none, no row. Example: select * from pc_find_settings(''partitioncache'')';
