create function pc_prune_cron_history(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    runs text := pc_cron('job_run_details');
    pruned bigint := 0::bigint;
begin
    if runs is null or not (has_table_privilege(runs, 'select') and has_table_privilege(runs, 'delete') and has_any_column_privilege(runs, 'update')) then
        return pruned;
    end if;
    execute format($query$
        delete from %1$s where ctid = any (array(
            select d.ctid from %1$s d
            where d.jobid in (select j.jobid from pc_cron_jobs($1) j)
              and d.end_time < now() - case d.status when 'succeeded' then interval '1 h' else interval '7 days' end
            for update skip locked))
        $query$, runs) using cache;
    get diagnostics pruned = row_count;
    return pruned;
end
$$;

comment on function pc_prune_cron_history(text) is
'Removes what pg_cron has noted about the runs of a cache''s jobs, as far as the current role may: succeeded ones after an hour, others after a week. Does nothing where pg_cron is in another database. Example: select pc_prune_cron_history(''partitioncache'')';
