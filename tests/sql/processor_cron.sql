-- needs: cron
-- Whom an administrator's processor serves: jobs run as each granted role.
select no_plan();

create role processor_admin login;
create role processor_anna login;
create role processor_bela login;
create role processor_group nologin;
create role processor_reader login;
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 50, i % 7 from generate_series(1, 500) i;
grant select on poi to public;
select partitioncache_register('city_id', 'integer');
select partitioncache_grant('processor_admin', 'administer'), partitioncache_grant('processor_anna', 'push'), partitioncache_grant('processor_group', 'push'),
       partitioncache_grant('processor_reader', 'read');
create view jobs as select username, count(*) as jobs from cron.job where database = current_database() group by 1 order by 1;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on all tables in schema tap to public;

-- Enabling by who may do nothing with pg_cron
set role processor_admin;
select alike(partitioncache_enable_processor(max_parallel_jobs => 1), '4 jobs are scheduled in pg_cron; they start with the next minute. They work as "processor_admin", "processor_anna".', 'an administrator enables the processor for all');
reset role;
select results_eq('select * from jobs', $$ values ('processor_admin', 2::bigint), ('processor_anna', 2) $$, 'who may push and can log in has jobs, and nobody else');
select is((select count(distinct command) from cron.job where username = 'processor_anna' and command = format('call partitioncache_internal.partitioncache_run_processor(%L, worker => 1)', 'partitioncache')), 1::bigint, 'they call ours, by its whole name');
select partitioncache_grant('processor_bela', 'fill');
select results_eq('select * from jobs', $$ values ('processor_admin', 2::bigint), ('processor_anna', 2), ('processor_bela', 2) $$, 'who is granted it later has jobs at once');
set role processor_admin;
select is((select count(*) from partitioncache_processor_jobs() where wanted and scheduled), 6::bigint, 'all of which the administrator sees');
select alike((select problem from partitioncache_processor_status()), 'no worker is running yet%', 'they have not begun');
reset role;
select partitioncache_enable_processor();
select results_eq('select * from jobs', $$ values ('postgres', 2::bigint), ('processor_admin', 2), ('processor_anna', 2), ('processor_bela', 2) $$, 'who enables it too is served as well, and changes no setting');
select partitioncache_update_processor_config(max_parallel_jobs => 2);
select results_eq('select * from jobs', $$ values ('postgres', 3::bigint), ('processor_admin', 3), ('processor_anna', 3), ('processor_bela', 3) $$, 'more jobs for each');
select partitioncache_revoke('processor_bela');
select results_eq('select * from jobs', $$ values ('postgres', 3::bigint), ('processor_admin', 3), ('processor_anna', 3) $$, 'who may no longer push has none');

-- Items that nobody works on
create role processor_member login in role processor_group;
set role processor_member;
select partitioncache_push('select * from poi where kind = 1', 'city_id');
set role processor_admin;
select alike((select problem from partitioncache_processor_status()), '%1 items of role "processor_member" wait, and no processor runs as that role%', 'status says whose items wait for nobody');
reset role;
alter role processor_anna nologin;
set role processor_anna;
select partitioncache_push('select * from poi where kind = 1', 'city_id');
reset role;
select partitioncache_update_processor_config(log_limit => 500);
select alike((select problem from partitioncache_status()), '%1 items of role "processor_anna" wait, and no processor runs as that role: it cannot log in%', 'also why');
delete from cron.job where username = 'processor_admin' and jobname like '% 1';
select alike((select problem from partitioncache_status()), 'jobs are missing in pg_cron for role "processor_admin"%', 'and which jobs somebody has removed');

-- Disabling
insert into cron.job (schedule, command, nodename, nodeport, database, username, jobname)
values ('* * * * *', 'call public.partitioncache_run_processor(''partitioncache'', worker => 7)', '', 5432, current_database(), 'processor_bela', 'of before'),
       ('* * * * *', 'call public.partitioncache_run_processor(''another'', worker => 7)', '', 5432, current_database(), 'processor_bela', 'of another cache');
set role processor_admin;
select alike(partitioncache_disable_processor(), 'The processor is disabled; 6 jobs were removed from pg_cron.', 'disabling removes the jobs of all roles');
reset role;
select is((select array_agg(jobname::text) from cron.job), '{of another cache}'::text[], 'also those of an earlier version, and none of another cache');
delete from cron.job;
select partitioncache_grant('processor_bela', 'push');
select is_empty('select * from jobs', 'a grant schedules nothing while the processor is disabled');

drop owned by processor_admin, processor_anna, processor_bela, processor_group, processor_reader, processor_member cascade;
drop role processor_admin, processor_anna, processor_bela, processor_group, processor_reader, processor_member;
select * from finish();
