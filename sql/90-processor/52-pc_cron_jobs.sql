create function pc_seen_cron_jobs(cache text, out jobid bigint, out jobname text, out username name, out command text, out active boolean) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if pc_cron('job') is null or not has_table_privilege(pc_cron('job'), 'select') then
        return;
    end if;
    -- By name, and by what they run: whatever they were called in an earlier version.
    return query execute format($query$
        select j.jobid, j.jobname::text, j.username::name, j.command, j.active from %s j
        where j.database = current_database()
          and (j.jobname = any (array(select pc_job_name($1, n) from generate_series(0, 64) n))
               or position('partitioncache_run_processor(' || quote_literal($1) || ', worker => ' in j.command) > 0)
        $query$, pc_cron('job')) using cache;
end
$$;

comment on function pc_seen_cron_jobs(text) is
'The jobs that pg_cron has for a cache of this database, as far as the current role may see them; none where pg_cron is in another one. Example: select * from pc_seen_cron_jobs(''partitioncache'')';

create function pc_installers_cron_jobs(cache text, out jobid bigint, out jobname text, out username name, out command text, out active boolean) returns setof record
language sql stable parallel safe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select * from pc_seen_cron_jobs($1)
$$;

comment on function pc_installers_cron_jobs(text) is
'pc_seen_cron_jobs as the installer sees it: pg_cron shows a superuser the jobs of all roles. Example: select * from pc_installers_cron_jobs(''partitioncache'')';

create function pc_cron_jobs(cache text, out jobid bigint, out jobname text, out username name, out command text, out active boolean) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select * from pc_installers_cron_jobs($1) union select * from pc_seen_cron_jobs($1)
$$;

comment on function pc_cron_jobs(text) is
'The jobs that pg_cron has for a cache of this database, as far as the installer or the current role may see them. Example: select * from pc_cron_jobs(''partitioncache'')';
