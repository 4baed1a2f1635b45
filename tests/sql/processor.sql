-- The processor, as one session sees it: the function in the caller's transaction, the procedure that commits.
select no_plan();

create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 50, i % 7 from generate_series(1, 500) i;
analyze poi;
create function is_kind(kind integer, wanted integer) returns boolean immutable language plpgsql as 'begin perform pg_sleep(10); return kind = wanted; end';
create view log as select queue, status, error_msg, key_count from partitioncache_processor_log where cache = 'partitioncache' order by id;
create function states() returns text language sql as $$ select string_agg(queue || ' ' || status || ' ' || attempts, ', ' order by id) from partitioncache_queue where cache = 'partitioncache' $$;

-- The function
select is(partitioncache_process_queue(), 0, 'nothing to do');
select throws_ok('select partitioncache_process_queue(null)', 'PC001', 'cache is null', 'the cache is not null');
select partitioncache_push('select * from poi where kind = 1 and id < 100', 'city_id');
select count(*) as fragments from partitioncache_fragments('select * from poi where kind = 1 and id < 100', 'city_id') \gset
select is(partitioncache_process_queue(max_items => 1), 1, 'one item: the query is taken apart');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), format('(0,%s)', :fragments), 'all its fragments wait');
select is(partitioncache_process_queue(max_seconds => 60), :fragments, 'they are evaluated');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,0)', 'nothing is left');
select is((select entries from partitioncache_partition_keys()), :fragments::bigint, 'each has an entry');
select is((select array_agg(state) from pc_entry_state('partitioncache', 'city_id')), array_fill('fresh'::text, array[:fragments]), 'which is fresh');
select is((select count(*) from log where status = 'success' and (queue = 'incoming') = (key_count is null)), :fragments + 1::bigint, 'and all is logged');
select partitioncache_push('select * from poi where kind = 1 and id < 100', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'fragments with fresh entries are not evaluated again');
select partitioncache_push('select * from poi where kind = 1 and id < 200', 'city_id', priority => 5);
select partitioncache_process_queue(max_items => 1);
select is((select array_agg(distinct priority) from partitioncache_queue), '{5}', 'fragments have the priority of their query');
select partitioncache_process_queue(max_seconds => 60);

truncate partitioncache_internal.partitioncache_processor_log;
select partitioncache_push('select * from poi order by random()', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'a query that cannot be cached is done with');
select is((select status from log), 'skipped', 'it is logged as skipped');
select alike((select error_msg from log), '%volatile%', 'with the reason');

-- Failures
truncate partitioncache_internal.partitioncache_processor_log;
select partitioncache_push_fragment('select * from poi where 100 / (kind - 3) > 5', 'city_id', priority => 9);
select partitioncache_push_fragment('select * from poi where kind = 5', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'a fragment that fails does not touch the others');
select is(states(), 'outgoing failed 1', 'it will be tried again');
select is((select array_agg(status || coalesce(': ' || error_msg, '')) from log), '{failed: division by zero,success}', 'the log says why');
select is(partitioncache_process_queue(max_seconds => 60), 0, 'not at once');
update partitioncache_internal.partitioncache_queue set due_at = now();
select partitioncache_process_queue(max_seconds => 60);
select ok((select due_at > clock_timestamp() + interval '30 s' from partitioncache_queue), 'the pause grows');
update partitioncache_internal.partitioncache_queue set due_at = now();
select partitioncache_process_queue(max_seconds => 60);
select is(states(), 'outgoing dead 3', 'after three attempts it is dead');
select is((select exists (select from pc_entry_state('partitioncache', 'city_id') e join partitioncache_queue q on q.hash = e.hash)), false, 'and left no entry');
create table later (id integer, city_id integer);
select partitioncache_push('select * from later where id = 3', 'city_id');
drop table later;
select is(partitioncache_process_queue(max_seconds => 60), 0, 'a query whose table is gone fails');
select is((select error_msg from log where queue = 'incoming'), 'relation "later" does not exist', 'and says so');
select partitioncache_clear_queue();
begin;
select partitioncache_push('select * from poi where kind = 6', 'city_id');
select partitioncache_process_queue(max_seconds => 60);
rollback;
select is(states(), null, 'a transaction that rolls back takes everything with it');

-- The overview's monitoring queries, as they stand
select lives_ok($$SELECT
    AVG(execution_time_ms) as avg_time,
    MAX(execution_time_ms) as max_time,
    COUNT(*) as total_jobs
FROM partitioncache_processor_log
WHERE status = 'success'
AND created_at > CURRENT_TIMESTAMP - INTERVAL '1 hour';$$, 'performance of the processor');
select results_eq($$SELECT error_msg, COUNT(*) as frequency
FROM partitioncache_processor_log
WHERE status = 'failed'
GROUP BY error_msg
ORDER BY frequency DESC;$$, $$values ('division by zero', 3::bigint), ('relation "later" does not exist', 1)$$, 'analysis of errors');

-- Time limits
select partitioncache_update_processor_config(fragment_timeout => '0.2 s');
select partitioncache_push_fragment('select * from poi where is_kind(kind, 1)', 'city_id');
set statement_timeout = '300 ms';
select is(partitioncache_process_queue(max_seconds => 60), 0, 'a fragment over the limit is stopped, and the call goes on');
reset statement_timeout;
select is(states(), 'outgoing timeout 1', 'it will be tried again');
select is((select error_msg from log where status = 'timeout'), 'stopped at the time limit of 00:00:00.15', 'the log says so');
select partitioncache_update_processor_config(fragment_timeout => '1 min');
update partitioncache_internal.partitioncache_queue set due_at = now();
set statement_timeout = '200 ms';
select is(partitioncache_process_queue(max_seconds => 60), 0, 'what had half of statement_timeout counts too');
reset statement_timeout;
select is(states(), 'outgoing timeout 2', 'so that nothing is begun for ever');
select partitioncache_clear_queue();

-- Called by hand, in one transaction, and with no statement_timeout: the rows that are read look at the clock.
create table wide as select i, i % 50 as city_id, i % 7 as kind from generate_series(1, 20000) i;
create table "odd, public.wide t9" as select i, i % 50 as city_id from generate_series(1, 20000) i;
analyze wide, "odd, public.wide t9";
select partitioncache_update_processor_config(fragment_timeout => '0.5 s');
truncate partitioncache_internal.partitioncache_processor_log;
select partitioncache_push_fragment('select * from wide a, wide b, "odd, public.wide t9" c where a.city_id = b.city_id and c.city_id = b.city_id and a.i + b.i + c.i = -1', 'city_id', priority => 9);
select partitioncache_push_fragment('select * from wide where kind = 3 and exists (select from poi where poi.id = wide.i)', 'city_id');
select clock_timestamp() as begun \gset
select is(partitioncache_process_queue(max_seconds => 60), 1, 'a fragment over the limit is stopped, the next one has a time of its own');
select ok(clock_timestamp() - :'begun'::timestamptz < interval '20 s', 'in time');
select is(states(), 'outgoing timeout 1', 'it will be tried again');
select is((select string_agg(status || coalesce(': ' || error_msg, ''), ', ') from log), 'timeout: stopped at the time limit of 00:00:00.5, success', 'the log says so');
select matches(pc_bounded('SELECT DISTINCT t1.city_id FROM public.wide t1', 'city_id', now()), ' WHERE .*num_nulls\(t1.city_id\)', 'without a condition');
select is(pc_bounded('SELECT DISTINCT t1.city_id FROM public.wide t1', 'city_id', null), 'SELECT DISTINCT t1.city_id FROM public.wide t1', 'without a limit');
select partitioncache_clear_queue();
delete from partitioncache_internal.partitioncache_cache_city_id where query like '%wide%';
select partitioncache_update_processor_config(fragment_timeout => '1 min');

-- The procedure
select throws_ok('call partitioncache_run_processor()', 'PC006', 'partitioncache_run_processor commits as it goes, and cannot run inside a transaction block', 'the procedure is not for a transaction block');
truncate partitioncache_internal.partitioncache_processor_log;
select partitioncache_push('select * from poi where kind = 2 and id > 100', 'city_id');
call partitioncache_run_processor();
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,0)', 'the procedure works until nothing is left');
select ok((select count(*) > 1 and bool_and(status = 'success') from log), 'and logs what it did');
set search_path = pg_catalog, tap;
create function tap.refuse(text, text) returns boolean language plpgsql as 'begin raise exception ''caught''; end';
create operator tap.= (function = tap.refuse, leftarg = text, rightarg = text);
set search_path = tap, pg_catalog;
select public.partitioncache_push('select * from public.poi where kind operator(pg_catalog.=) 3', 'city_id', session_path => 'pg_catalog, public');
call public.partitioncache_run_processor();
reset search_path;
drop operator tap.= (text, text);
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,0)', 'the caller''s search path changes nothing');
select clock_timestamp() as begun \gset
call partitioncache_run_processor(duration => '0.5 s', frequency_seconds => 0.1);
select ok(clock_timestamp() - :'begun'::timestamptz between interval '0.4 s' and interval '5 s', 'with a duration it stays that long');
select throws_ok('do $x$begin perform pc_first_turn(''partitioncache'', ''-1 s'', null, null); end$x$', 'PC001', 'duration is not positive', 'a duration is positive');
select throws_ok('do $x$begin perform pc_first_turn(''partitioncache'', null, 0.001, null); end$x$', 'PC001', 'frequency_seconds is out of range', 'a frequency has its range');

-- Refreshing
select partitioncache_untrack('poi', 'city_id');
select partitioncache_track('poi', 'city_id');
update partitioncache_internal.partitioncache_cache_city_id set evaluated_at = now() - interval '1 h';
select ok((select bool_and(state = 'aside') from pc_entry_state('partitioncache', 'city_id')), 'entries made before tracking lie aside');
select ok(partitioncache_process_queue(max_seconds => 60) > 0, 'with nothing queued, they are refreshed');
select ok((select bool_and(state = 'fresh') from pc_entry_state('partitioncache', 'city_id')), 'and fresh again');
insert into poi values (1001, 77, 2);
update partitioncache_internal.partitioncache_cache_city_id set evaluated_at = now() - interval '1 h';
select is((select array_agg(distinct state) from pc_entry_state('partitioncache', 'city_id')), '{changed}', 'a write changes them');
select is(pc_enqueue_refreshes('partitioncache', 2), 2::bigint, 'as many as asked for are queued');
select is((select array_agg(distinct priority) from partitioncache_queue), '{0}', 'behind everything else');
call partitioncache_run_processor();
select ok((select bool_and(state = 'fresh') from pc_entry_state('partitioncache', 'city_id')), 'the procedure refreshes them all');
insert into poi values (1002, 78, 2);
select is(pc_enqueue_refreshes('partitioncache'), 0::bigint, 'entries that were evaluated a moment ago are left alone');
update partitioncache_internal.partitioncache_cache_city_id set evaluated_at = now() - interval '1 h', owner = 4;
select is(pc_enqueue_refreshes('partitioncache'), 0::bigint, 'and so are those of other roles');
update partitioncache_internal.partitioncache_cache_city_id set owner = pc_me();
alter view partitioncache_internal.pc_own_queue rename to out_of_order;
select is(pc_attempt('pc_enqueue_refreshes', 'partitioncache'), 0::bigint, 'upkeep that fails stops nothing');
alter view partitioncache_internal.out_of_order rename to pc_own_queue;
select is((select count(*) from log where queue = 'upkeep' and status = 'failed'), 1::bigint, 'and is logged');

-- What looks after the cache is done now and then.
select ok(not pc_rests('sweeping', 'partitioncache'), 'nobody has swept yet');
begin;
select pc_rest('sweeping', 'partitioncache', '1 min');
select ok(pc_rests('sweeping', 'partitioncache') and not pc_rests('sweeping', 'other') and not pc_rests('dusting', 'partitioncache'), 'a step rests, by itself');
rollback;
select ok(not pc_rests('sweeping', 'partitioncache'), 'what was undone is done again');
select pc_rest('sweeping', 'partitioncache', '1 min');
select pc_rest('dusting ' || n, 'partitioncache', '1 min') from generate_series(1, 5) n;
select ok(pc_rests('sweeping', 'partitioncache'), 'others rest as well');
create role sweeper;
select partitioncache_grant('sweeper', 'push');
set role sweeper;
select pc_rests('sweeping', 'partitioncache') as sweeper_rests \gset
reset role;
select ok(not :'sweeper_rests', 'not for another role');
select partitioncache_revoke('sweeper');
drop role sweeper;
select pc_rest('sweeping', 'partitioncache', '-1 min');
select ok(not pc_rests('sweeping', 'partitioncache') and pc_rests('dusting 1', 'partitioncache'), 'until it is over');
select pc_rest('sweeping', 'partitioncache', '1 year');
select set_config('partitioncache.rests', replace(current_setting('partitioncache.rests'), ' 1', ' 9'), false);
select ok(not pc_rests('sweeping', 'partitioncache'), 'nothing rests for long, whatever stands there');
set partitioncache.rests = ',, x 1,';
select pc_rest('sweeping', 'partitioncache', '1 year');
select ok(pc_rests('sweeping', 'partitioncache'), 'or whatever else does');
select cmp_ok(pc_look_for_refreshes('partitioncache'), '>', 0::bigint, 'what there is to refresh');
select is(pc_look_for_refreshes('partitioncache'), 0::bigint, 'is queued once');
select pc_rest('refresh', 'partitioncache', '1 min'), partitioncache_clear_queue();
select is(pc_look_for_refreshes('partitioncache'), 0::bigint, 'and where to look takes long, it is looked for now and then');
set partitioncache.rests = '';

-- The log stays short
select partitioncache_update_processor_config(log_limit => 150);
do $$begin perform pc_log(pc_me(), 'partitioncache', 'outgoing', 'city_id', 'h', 'success', null, 1, 1, 1) from generate_series(1, 1000); end$$;
select ok((select count(*) between 150 and 250 from log), 'the log keeps about log_limit rows');
select partitioncache_update_processor_config(log_limit => 10000);

-- Settings
select throws_ok('select partitioncache_update_processor_config(frequency_seconds => 61)', 'PC001', 'frequency_seconds is out of range', 'frequency_seconds is at most a minute');
select throws_ok('select partitioncache_update_processor_config(max_parallel_jobs => 0)', 'PC001', 'max_parallel_jobs is out of range', 'max_parallel_jobs is at least 1');
select throws_ok('select partitioncache_update_processor_config(fragment_timeout => ''0'')', 'PC001', 'fragment_timeout is out of range', 'fragment_timeout is positive');
select throws_ok('select partitioncache_enable_processor(max_parallel_jobs => 65)', 'PC001', 'max_parallel_jobs is out of range', 'enabling checks too');
select throws_ok('select partitioncache_enable_processor(null)', 'PC001', 'cache is null', 'and takes no null for the cache');
select partitioncache_update_processor_config(max_attempts => 1);
select partitioncache_push_fragment('select * from poi where 100 / (kind - 3) > 6', 'city_id');
select partitioncache_process_queue(max_seconds => 60);
select is(states(), 'outgoing dead 1', 'max_attempts says when an item is dead');
select is((select row(enabled, frequency_seconds, max_parallel_jobs, fragment_timeout, dead)::text from partitioncache_processor_status()), '(f,1,2,00:01:00,1)', 'status shows the settings and the dead');

-- pg_cron in another database
\ir _build.sql
\if :pg_cron
select is((select count(*) from partitioncache_processor_jobs()), 3::bigint, 'one job oversees, two evaluate');
select is((select array_agg(distinct scheduled) from partitioncache_processor_jobs()), array[null::boolean], 'whether they are scheduled is not known here');
select alike(partitioncache_enable_processor(max_parallel_jobs => 3), '-- The processor is enabled, and begins as soon as%pg_cron lives in database %There a superuser runs%select cron.schedule_in_database(%worker => 3)%', 'enabling says what to run there');
select is((select count(*) from regexp_matches(partitioncache_enable_processor(max_parallel_jobs => 3), 'schedule_in_database', 'g')), 4::bigint, 'a statement for each job');
select is((select max_parallel_jobs from partitioncache_processor_status()), 3, 'a setting that is not given');
select partitioncache_enable_processor(fragment_timeout => '2 min');
select is((select row(max_parallel_jobs, fragment_timeout)::text from partitioncache_processor_status()), '(3,00:02:00)', 'stays as it is');
select alike((select problem from partitioncache_processor_status()), 'no worker is running; pg_cron lives in database %', 'status says what is missing');
select alike(partitioncache_disable_processor(), '%There a superuser runs%select cron.unschedule(j.jobid) from cron.job j where %', 'disabling says what to run there');
select ok(not (select enabled from partitioncache_processor_status()), 'and the processor is disabled');
select lives_ok('select partitioncache_disable_processor()', 'also twice');
\else
select throws_ok('select partitioncache_enable_processor()', 'PC006', 'pg_cron is not loaded in this server', 'without pg_cron nothing can be enabled');
update partitioncache_internal.partitioncache_settings set enabled = true;
select alike((select problem from partitioncache_processor_status()), 'pg_cron is not loaded in this server%', 'one that is enabled all the same, as after a restore, is a problem');
select alike((select problem from partitioncache_status()), 'pg_cron is not loaded in this server%', 'in one look as well');
\endif
select is(octet_length(pc_job_name(repeat('x', 50), 64)), octet_length(pc_job_name('y' || repeat('x', 50), 7)) + 1, 'long names fit pg_cron''s');
select is(pc_role_statement_timeout(), null, 'no statement_timeout is set for this role');
do $$begin execute format('alter database %I set statement_timeout = 1234', current_database()); end$$;
select is(pc_role_statement_timeout(), '1.234 s', 'the database''s is seen');

select * from finish();
