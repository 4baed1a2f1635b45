-- Items that do harm to the session that works on them. (What ends the session is in test_processor.py.)
select no_plan();

create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 50, i % 7 from generate_series(1, 500) i;
select partitioncache_register('city_id', 'integer');
create function cancels(kind integer) returns integer immutable language plpgsql as $$begin raise query_canceled using message = 'a limit of my own'; end$$;
create function asserts(kind integer) returns integer immutable language plpgsql as $$begin assert false, 'not so'; end$$;
create function pretends(kind integer) returns integer immutable language plpgsql as $$begin raise exception using errcode = 'PC000', message = 'the entry was discarded'; end$$;
create function states() returns text language sql as $$ select string_agg(queue || ' ' || status || ' ' || attempts || ' ' || error_msg, ', ' order by id) from partitioncache_queue $$;

select partitioncache_push_fragment(format('select * from poi where %s(kind) = 3', f), 'city_id', priority => 9) from unnest('{cancels,asserts,pretends}'::text[]) f;
select partitioncache_push_fragment('select * from poi where kind = 4', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'items that raise what "others" does not catch, or what this code raises itself, do not touch the others');
select is(states(), 'outgoing failed 1 a limit of my own, outgoing failed 1 not so, outgoing failed 1 the entry was discarded', 'they have failed, and say why');
update partitioncache_internal.partitioncache_queue set due_at = now();
select partitioncache_push_fragment('select * from poi where kind = 5', 'city_id');
call partitioncache_run_processor();
select is(states(), 'outgoing failed 2 a limit of my own, outgoing failed 2 not so, outgoing failed 2 the entry was discarded', 'the procedure goes on as well');
select is((select count(*) from partitioncache_keys('city_id')), 2::bigint, 'the others are done');

select partitioncache_clear_queue(), partitioncache_clear();

-- A read-only transaction
begin read only;
select throws_ok('select partitioncache_push(''select * from poi where kind = 6'', ''city_id'')', 'PC009', 'a read-only transaction cannot push queries', 'pushing says what is wrong');
select throws_ok('select partitioncache_process_queue()', 'PC009', 'a read-only transaction cannot work on queues', 'so does working');
select throws_ok(call, 'PC009', 'a read-only transaction cannot change what PartitionCache keeps', call)
from unnest(array['select partitioncache_clear_queue()', 'select partitioncache_requeue()', 'select partitioncache_listen()', 'select partitioncache_queue_claim(''incoming'')',
                  'select partitioncache_update_processor_config(max_attempts => 2)', 'select partitioncache_disable_processor()']) call;
rollback;

-- Counting what is left
select partitioncache_push_many(array['select * from poi where kind = 6', 'select * from poi where kind = 2'], 'city_id');
select is(partitioncache_process_queue(max_items => 1), 1, 'a call that stops early');
select is((select incoming + outgoing from partitioncache_queue_lengths()), 2::bigint, 'leaves the rest');

-- Names of jobs are ASCII, as PostgreSQL makes the names of applications
select ok(pc_job_name(E'caf\u00e9', 1) ~ '^[ -~]+ 1$' and pc_job_name(E'caf\u00e9', 1) <> pc_job_name(E'caf\u00e8', 1), 'a job has an ASCII name of its own');
set application_name = '';
select set_config('application_name', pc_job_name(E'caf\u00e9', 1), false);
select is(current_setting('application_name'), pc_job_name(E'caf\u00e9', 1), 'which its session keeps');

-- A schema called cron that is not pg_cron's
create schema cron;
create table cron.job (jobid bigint, jobname text, username text, database text, command text, active boolean);
create table cron.job_run_details (jobid bigint, runid bigint, end_time timestamptz, status text, return_message text);
create function cron.harm() returns trigger language plpgsql as $$begin raise exception 'called'; end$$;
create trigger harm before insert or update or delete on cron.job_run_details for each statement execute function cron.harm();
create trigger harm before insert or update or delete on cron.job for each statement execute function cron.harm();
create function cron.schedule(text, text, text) returns bigint language plpgsql as $$begin raise exception 'called'; end$$;
create function cron.unschedule(bigint) returns boolean language plpgsql as $$begin raise exception 'called'; end$$;
insert into partitioncache_internal.partitioncache_settings (cache, enabled) values ('forged', true);
select is(pc_cron('job'), null, 'is not taken for it');
select lives_ok('select pc_prune_cron_history(''partitioncache''), pc_upkeep(''partitioncache''), pc_unschedule_jobs(''partitioncache'')', 'nothing in it is called');
select is_empty('select * from partitioncache_processor_log where queue = ''upkeep''', 'and nothing fails');
\ir _build.sql
\if :pg_cron
select alike(partitioncache_enable_processor('forged'), '-- The processor is enabled%', 'nor by enabling');
select alike(partitioncache_disable_processor('forged'), '-- The processor is disabled%', 'nor by disabling');
\endif

-- Housekeeping
insert into partitioncache_internal.partitioncache_listener values (-1, 'x', 'partitioncache');
select pc_upkeep('partitioncache');
select is_empty('select * from partitioncache_internal.partitioncache_listener', 'listeners that are gone are forgotten');

select * from finish();
