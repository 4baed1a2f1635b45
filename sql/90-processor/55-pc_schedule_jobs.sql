create function pc_schedule_jobs(cache text, enabling oid default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    superuser boolean := (select r.rolsuper from pg_roles r where r.oid = pc_me());
    changes text[];
begin
    if pc_cron_home() <> current_database() or pc_cron('schedule') is null then
        return 0;
    end if;
    -- pg_cron lets nobody but superusers make jobs for others. What a role may no longer have, and what is too many, goes.
    changes := array(select case when not j.wanted then j.removal when superuser then j.statement
                                 else format('select %s(%L, %L, %L)', pc_cron('schedule'), j.job, j.schedule, j.command) end
                     from pc_processor_jobs(cache, enabling) j
                     where j.wanted <> j.scheduled and (superuser or j.username = current_user));
    for i in 1 .. cardinality(changes) loop
        execute changes[i];
    end loop;
    return cardinality(changes);
end
$$;

comment on function pc_schedule_jobs(text, oid) is
'Makes and removes jobs in pg_cron, if it lives here, until they are those that the settings and rights of the cache ask for: for all roles where a superuser calls it (as the installer''s functions do if that is one), else for the current role; how many. enabling: a role that is served beside those that were granted the cache. Raises PC006 where pg_cron cannot be used. Example: select pc_schedule_jobs(''partitioncache'')';

create function pc_unschedule_jobs(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    superuser boolean := (select r.rolsuper from pg_roles r where r.oid = pc_me());
    removed bigint := 0;
begin
    if pc_cron('unschedule') is null then
        return removed;
    end if;
    execute format('select count(%s(j.jobid)) from pc_cron_jobs($1) j where $2 or j.username = current_user', pc_cron('unschedule'))
    into removed using cache, superuser;
    return removed;
end
$$;

comment on function pc_unschedule_jobs(text) is
'Removes all jobs of a cache from pg_cron, if it lives here: those of all roles where a superuser calls it, else those of the current role; how many. Example: select pc_unschedule_jobs(''partitioncache'')';

create function pc_jobs_report(cache text, enabling oid) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    here boolean := pc_cron_home() = current_database();
    missing text;
    scheduled text;
    served text;
begin
    select string_agg(case when j.wanted then j.statement else j.removal end, E'\n') filter (where j.wanted is distinct from j.scheduled),
           format('%s jobs are scheduled in pg_cron; they start with the next minute', count(*) filter (where j.scheduled)),
           string_agg(distinct format('"%s"', j.username), ', ') filter (where j.wanted)
    into missing, scheduled, served
    from pc_processor_jobs(cache, enabling) j;
    if missing is null then
        return format('%s. They work as %s.', scheduled, served);
    elsif here then
        return format(E'-- %s.\n-- Further ones, a superuser makes in this database:\n%s', scheduled, missing);
    end if;
    return format(E'-- The processor is enabled, and begins as soon as its jobs are there: %s.\n-- There a superuser runs, once:\n%s', pc_cron_place(), missing);
end
$$;

comment on function pc_jobs_report(text, oid) is
'What has been scheduled for a cache, with the statements that remain to be run where pg_cron lives, by a superuser; as a script of comments and statements. Example: select pc_jobs_report(''partitioncache'', pc_me())';
