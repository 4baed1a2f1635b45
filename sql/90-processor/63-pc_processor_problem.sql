create function pc_workers(cache text) returns setof name
language sql stable parallel restricted security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select a.usename from pg_stat_activity a
    where a.datname = current_database()
      and a.application_name = any (array(select pc_job_name(pc_workers.cache, n) from generate_series(0, 64) n))
$$;

comment on function pc_workers(text) is
'The sessions of a cache''s jobs that are there now, by their role, as far as the installer may see them. Example: select count(*) from pc_workers(''partitioncache'')';

create function pc_cron_failure(cache text) returns text
language plpgsql stable parallel restricted security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    message text;
begin
    if pc_cron('job_run_details') is not null and has_table_privilege(pc_cron('job_run_details'), 'select') then
        execute format($query$
            select d.return_message from %s d
            where d.jobid in (select j.jobid from pc_cron_jobs($1) j) and d.status = 'failed' order by d.runid desc limit 1
            $query$, pc_cron('job_run_details')) into message using cache;
    end if;
    return message;
end
$$;

comment on function pc_cron_failure(text) is
'What pg_cron noted about the last failed run of a cache''s jobs, as far as the installer may see it. Example: select pc_cron_failure(''partitioncache'')';

create function pc_unserved(cache text) returns text
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    jobs_are_here boolean := pc_cron_home() = current_database();
begin
    return (
        select string_agg(
            format('%s items of role "%s" wait, and no processor runs as that role: %s', w.items, w.owner,
                case when not w.here or r.oid is null then 'there is no such role here'
                     when not r.rolcanlogin then 'it cannot log in; grant its rights to roles that can'
                     when not pc_has_level(r.oid, pc_unserved.cache, 'push')
                         then format('select partitioncache_grant(%L, ''push'', %L)', quote_ident(w.owner), pc_unserved.cache)
                     else format('select partitioncache_enable_processor(%L), called by that role', pc_unserved.cache) end), '; ' order by w.owner)
        from (select q.owner, q.owner_oid, q.here, count(*) as items, min(q.due_at) as since
              from pc_own_queue q
              where q.cache = pc_unserved.cache and q.checked and q.died_at is null and q.status <> 'running' and q.due_at <= clock_timestamp()
              group by 1, 2, 3) w
        left join pg_roles r on r.oid = w.owner_oid
        where not w.here
           or case when jobs_are_here then not exists (select from pc_cron_jobs(pc_unserved.cache) j where j.username = w.owner)
                   -- Where the jobs cannot be seen: one works within a minute.
                   else w.since < clock_timestamp() - interval '90 s' and not exists (select from pc_workers(pc_unserved.cache) s where s = w.owner) end);
end
$$;

comment on function pc_unserved(text) is
'Says of which roles items wait though nobody works as them, with what to do; null if there are none among those that the current role may see. Example: select pc_unserved(''partitioncache'')';

create function pc_processor_problem(cache text, workers bigint) returns text
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    here boolean;
    missing text;
    hint text;
begin
    here := pc_cron_home() = current_database();
    missing := (select string_agg(distinct format('"%s"', j.username), ', ') from pc_processor_jobs(pc_processor_problem.cache, null) j where j.wanted and not j.scheduled);
    return concat_ws('; ',
        case when here and missing is not null then format('jobs are missing in pg_cron for role %s: call partitioncache_enable_processor(%L)', missing, cache)
             when workers > 0 then null
             when here then coalesce('no worker is running; pg_cron says: ' || pc_cron_failure(cache),
                                     'no worker is running yet: pg_cron starts jobs on the minute, and must be able to connect (cron.host, pg_hba.conf)')
             else format('no worker is running; %s. See the statements of partitioncache_processor_jobs(%L), to be run there by a superuser, and cron.job_run_details there',
                         pc_cron_place(), cache) end,
        pc_unserved(cache));
exception
    when sqlstate 'PC006' then
        get stacked diagnostics hint = pg_exception_hint;
        return sqlerrm || '. ' || hint;
end
$$;

comment on function pc_processor_problem(text, bigint) is
'Why an enabled processor, of which so many workers are running, may not be at work, or not for every role; empty if all is well. Example: select pc_processor_problem(''partitioncache'', 0)';

create function pc_queue_problem(cache text) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select concat_ws('; ',
        (select format('%s items are dead: partitioncache_dead_items(%L) says why, partitioncache_requeue(%2$L) puts them back', count(*), pc_queue_problem.cache)
         from pc_own_queue q where q.cache = pc_queue_problem.cache and q.died_at is not null having count(*) > 0),
        (select format('%s of the last %s attempts failed, the latest with: %s', count(*) filter (where l.bad), count(*), (array_agg(l.error_msg order by l.id desc) filter (where l.bad))[1])
         from (select l.id, l.error_msg, l.status in ('failed', 'timeout') as bad from pc_own_log l
               where l.cache = pc_queue_problem.cache and l.queue <> 'upkeep' and l.created_at > now() - interval '1 h' order by l.id desc limit 100) l
         having count(*) filter (where l.bad) > 4 and count(*) filter (where l.bad) * 2 > count(*)),
        (select format('housekeeping failed: %s', l.error_msg) from pc_own_log l
         where l.cache = pc_queue_problem.cache and l.queue = 'upkeep' and l.created_at > now() - interval '5 min' order by l.id desc limit 1))
$$;

comment on function pc_queue_problem(text) is
'What went wrong with queued items: dead ones, more failures than successes of late, housekeeping; empty if all is well. Example: select pc_queue_problem(''partitioncache'')';
