create function pc_upkeep(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    perform pc_recover(cache);
    if extract(minute from clock_timestamp())::integer % 10 = 0 then
        perform pc_prune_cron_history(cache);
    end if;
exception
    when others then
        perform pc_log(cache, 'upkeep', null, null, 'failed', sqlerrm, null, 0, null);
end
$$;

comment on function pc_upkeep(text) is
'What has to be done once a minute: takes back items of workers that are gone and prunes pg_cron''s notes about our jobs. A failure is logged and stops nothing. Example: select pc_upkeep(''partitioncache'')';
