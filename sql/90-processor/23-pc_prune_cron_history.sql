create function pc_prune_cron_history(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    home text := 'cron';
    pruned bigint := 0::bigint;
begin
    if exists (select from pg_namespace n join pg_class c on c.relnamespace = n.oid
               where n.nspname = home and c.relname = 'job_run_details'
                 and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select, delete')) then
        execute format($query$
            delete from %I.job_run_details d using %1$I.job j
            where j.jobid = d.jobid and j.username = current_user
              and j.jobname = any (array(select pc_job_name($1, n) from generate_series(0, 64) n))
              and d.end_time < now() - case d.status when 'succeeded' then interval '1 h' else interval '7 days' end
            $query$, home) using cache;
        get diagnostics pruned = row_count;
    end if;
    return pruned;
end
$$;

comment on function pc_prune_cron_history(text) is
'Removes what pg_cron has noted about our own jobs'' runs: succeeded ones after an hour, others after a week. Does nothing where pg_cron is in another database or this role may not. Example: select pc_prune_cron_history(''partitioncache'')';
