create function partitioncache_update_processor_config(
    cache text default 'partitioncache',
    frequency_seconds numeric default null,
    max_parallel_jobs integer default null,
    fragment_timeout interval default null,
    max_attempts integer default null,
    log_limit integer default null,
    untracked text default null,
    learning_budget double precision default null,
    max_bytes bigint default null,
    max_entries bigint default null,
    max_age interval default null,
    least_cost double precision default null,
    apply_limit double precision default null,
    max_fragments integer default null,
    compare_share double precision default null,
    race_budget double precision default null,
    learn_seconds double precision default null,
    learn_after_ms double precision default null
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes jsonb := jsonb_strip_nulls(jsonb_build_object('cache', cache, 'frequency_seconds', frequency_seconds,
        'max_parallel_jobs', max_parallel_jobs, 'fragment_timeout', fragment_timeout, 'max_attempts', max_attempts, 'log_limit', log_limit, 'untracked', untracked, 'learning_budget', learning_budget,
        'max_bytes', max_bytes, 'max_entries', max_entries, 'max_age', max_age, 'least_cost', least_cost, 'apply_limit', apply_limit, 'max_fragments', max_fragments, 'compare_share', compare_share, 'race_budget', race_budget,
        'learn_seconds', learn_seconds, 'learn_after_ms', learn_after_ms));
begin
    perform pc_not_null('cache', cache);
    perform pc_check_settings(changes);
    perform pc_call('configure', changes);
    if (pc_settings(cache)).enabled then
        perform pc_schedule_jobs(cache);
        return pc_jobs_report(cache, null);
    end if;
    return 'The settings are stored; the processor is not enabled.';
end
$$;

comment on function partitioncache_update_processor_config(text, numeric, integer, interval, integer, integer, text, double precision, bigint, bigint, interval, double precision, double precision, integer, double precision, double precision, double precision, double precision) is
'Changes settings of a cache and its processor; null leaves one as it is. Running workers notice with their next look for work; jobs are added to pg_cron or removed. max_attempts: failures until an item is dead; log_limit: rows of each role kept in partitioncache_processor_log; untracked: what becomes of tables that are neither tracked nor asserted to be static: track (push tracks those that its role owns), static (they are taken for static) or ignore (entries on them are not used); learning_budget: how many times its own cost, as the planner expects it, learning from a pushed query may cost at once: the rest is deferred until queries have cost as much without it; max_bytes, max_entries, max_age: evaluated entries that exceed these are removed once a minute, those that have saved least for their size first; 0 for no limit. least_cost: queries that the planner expects to cost less are left alone by method auto, 0 for none; apply_limit: those that asking is expected to take more milliseconds for are left alone by method auto, 0 for no limit; max_fragments: most fragments that one query is taken apart into; compare_share: of the time that queries of partitioncache_open take, how much running originals to compare with may add, 0 to compare nothing; race_budget: how many times as long as a pushed query takes, the processor may run it and its restricted forms, read-only, to find out which is fastest, 0 for never; learn_seconds: seconds a day that the processor may have worked for a role until partitioncache_open pushes nothing more for it, 0 for never; learn_after_ms: milliseconds that a kind of query has taken in all before partitioncache_open pushes one of it. Raises PC001 for a value out of its range, PC007 for who may not administer the cache. Example: select partitioncache_update_processor_config(fragment_timeout => ''5 min'')';

create function pc_do_configure(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changed partitioncache_settings;
    settings text;
    jobs bigint := 0;
begin
    perform pc_require_new_cache(caller, argument ->> 'cache');
    perform pc_create_cache(argument ->> 'cache');
    select s.* into changed from partitioncache_settings s where s.cache = argument ->> 'cache' for update;
    changed := jsonb_populate_record(changed, argument);
    perform pc_check_settings(argument);
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into settings
    from pg_attribute a where a.attrelid = 'partitioncache_settings'::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('update partitioncache_settings s set (%s) = (select ($1).*) where s.cache = $1.cache', settings) using changed;
    if not argument ? 'enabled' then
        perform pc_follow_rights(changed.cache);
    elsif changed.enabled then
        jobs := pc_schedule_jobs(changed.cache, caller);
    else
        jobs := pc_unschedule_jobs(changed.cache);
    end if;
    return jsonb_build_object('jobs', jobs);
end
$$;

comment on function pc_do_configure(oid, jsonb) is
'Changes settings for a caller: {cache, and any other columns of partitioncache_settings}, and with them the jobs in pg_cron; {jobs}: how many of those. Raises PC007 for who may not administer the cache. Example: see pc_call';

create function pc_follow_rights(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if (pc_settings(cache)).enabled then
        perform pc_schedule_jobs(cache);
    end if;
exception
    -- Rights and settings can be changed where there is no pg_cron.
    when sqlstate 'PC006' then
        null;
end
$$;

comment on function pc_follow_rights(text) is
'Makes the jobs in pg_cron those that the settings and rights of a cache ask for, if its processor is enabled and pg_cron lives here. Called whenever those have changed. Example: select pc_follow_rights(''partitioncache'')';
