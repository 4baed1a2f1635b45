-- Attacks of the owner of the database, who owns schema public through pg_database_owner: before the extension comes, and beside it.
set client_min_messages = error;
create role hostile_db_owner login createdb;
create role hostile_db_user login;
select current_database() as home \gset
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
alter database :home owner to hostile_db_owner;
create database hostile_db_early owner hostile_db_owner template template0;
\c hostile_db_early
set client_min_messages = error;
create extension pgtap;
create table early (plant text, outcome text, remained bigint);

-- Before: what stands where our things will stand makes CREATE EXTENSION fail, and leaves nothing.

create function extension_after(plant text, uproot text) returns void language plpgsql as $$
declare
    outcome text := 'done';
begin
    set local role hostile_db_owner;
    execute plant;
    reset role;
    begin
        create extension partitioncache;
    exception when others then
        outcome := sqlerrm;
    end;
    insert into early values (plant, outcome, (select count(*) from pg_extension where extname = 'partitioncache'));
    set local role hostile_db_owner;
    execute uproot;
    reset role;
end
$$;
select extension_after('create schema partitioncache_internal', 'drop schema partitioncache_internal');
select extension_after('create schema partitioncache_internal; create table partitioncache_internal.partitioncache_role (x integer)', 'drop schema partitioncache_internal cascade');
select extension_after('create function public.partitioncache_version() returns text language sql as ''select ''''evil''''''', 'drop function public.partitioncache_version()');
select extension_after('create function public.partitioncache_get(partition_key text, hash text, of_type anyelement, cache text default ''partitioncache'') returns anyarray language sql as ''select array[of_type]''', 'drop function public.partitioncache_get(text, text, anyelement, text)');
select extension_after('create view public.partitioncache_queue as select 1 as x', 'drop view public.partitioncache_queue');
select extension_after('create table public.partitioncache_settings (cache text)', 'drop table public.partitioncache_settings');
select extension_after('create type public.partitioncache_tracked as (x integer)', 'drop type public.partitioncache_tracked');
select extension_after('create procedure public.partitioncache_run_processor(text, interval, numeric, integer) language sql as ''select 1''', 'drop procedure public.partitioncache_run_processor(text, interval, numeric, integer)');

-- Before: what fits our calls better than what we mean is not called, whatever the database is set to.

create table caught (who text, how text);
grant insert on caught to public;
create table attempts (what text);
set role hostile_db_owner;
create function public.evil(text, text) returns text language plpgsql as $$ begin insert into public.caught values (current_user, 'operator'); return $1 operator(pg_catalog.||) $2; end $$;
create function public.evil_equal(text, text) returns boolean language plpgsql as $$ begin insert into public.caught values (current_user, 'equal'); return $1 operator(pg_catalog.=) $2; end $$;
create function public.evil_name(name, text) returns boolean language plpgsql as $$ begin insert into public.caught values (current_user, 'name'); return false; end $$;
create operator public.|| (function = public.evil, leftarg = text, rightarg = text);
create operator public.= (function = public.evil_equal, leftarg = text, rightarg = text);
create operator public.^@ (function = public.evil_name, leftarg = name, rightarg = text);
create operator public.~ (function = public.evil_name, leftarg = name, rightarg = text);
create function public.format(text, name) returns text language sql as $$ select public.evil('x', 'y') $$;
create function public.format(text, variadic text[]) returns text language sql as $$ select public.evil('x', 'y') $$;
create function public.quote_ident(name) returns text language sql as $$ select public.evil('x', 'y') $$;
create function public.pc_fail(text, text, text, text) returns void language sql as $$ select public.evil('x', 'y') $$;
create function public.current_setting(text) returns text language sql as $$ select public.evil('x', '15') $$;
create function public.now() returns timestamptz language sql as $$ select public.evil('x', 'y')::timestamptz $$;
create type public.regclass as (x integer);
create type public.pc_object as (x integer);
create domain public.jsonb as text check (public.evil_equal(value, value));
create domain public.name as text check (public.evil_equal(value, value));
alter database hostile_db_early set search_path = public, pg_catalog;
alter database hostile_db_early set standard_conforming_strings = off;
alter database hostile_db_early set quote_all_identifiers = on;
alter database hostile_db_early set transform_null_equals = on;
alter database hostile_db_early set check_function_bodies = off;
alter database hostile_db_early set default_transaction_isolation = 'serializable';
alter database hostile_db_early set array_nulls = off;
alter database hostile_db_early set bytea_output = 'escape';
alter database hostile_db_early set datestyle = 'German';
alter database hostile_db_early set backslash_quote = off;
reset role;
\c hostile_db_early
set client_min_messages = error;
create extension partitioncache;
create table public.poi as select i as id, i % 20 as city_id, i % 5 as kind from pg_catalog.generate_series(1, 100) i;
select public.partitioncache_register('city_id', 'integer') \g /dev/null
select public.partitioncache_track('public.poi', 'city_id') \g /dev/null
select public.partitioncache_grant('hostile_db_user', 'push') \g /dev/null
grant select on public.poi to hostile_db_user;
select public.partitioncache_push('select id from public.poi where kind = 3', 'city_id') \g /dev/null
select public.partitioncache_process_queue(max_seconds => 60) \g /dev/null
insert into public.poi values (1000, 777, 3);
select public.partitioncache_apply('select id from public.poi where kind = 3', 'city_id', method => 'literal') \g /dev/null
select public.partitioncache_status() \g /dev/null
select public.partitioncache_entries('city_id') \g /dev/null
select public.partitioncache_tracked_tables() \g /dev/null
select public.partitioncache_processor_status() \g /dev/null
set session authorization hostile_db_user;
select public.partitioncache_push('select id from public.poi where kind = 4', 'city_id') \g /dev/null
select public.partitioncache_process_queue(max_seconds => 60) \g /dev/null
reset session authorization;
select public.partitioncache_clear('city_id') \g /dev/null
select public.partitioncache_revoke('hostile_db_user') \g /dev/null
set role hostile_db_owner;
drop operator public.|| (text, text), public.= (text, text), public.^@ (pg_catalog.name, text), public.~ (pg_catalog.name, text);
drop function public.format(text, pg_catalog.name), public.format(text, text[]), public.quote_ident(pg_catalog.name), public.pc_fail(text, text, text, text), public.current_setting(text), public.now();
drop type public.regclass, public.pc_object;
drop domain public.jsonb, public.name;
alter database hostile_db_early reset all;
reset role;
\c hostile_db_early
set client_min_messages = error;
select no_plan();
select isnt(outcome, 'done', format('created after %s: refused (%s)', plant, outcome)) from early;
select is(remained, 0::bigint, 'and nothing is left') from early;
select is_empty($$ select who, how from caught where who <> 'hostile_db_owner' $$, 'installed, used, worked and cleared beside better fitting objects: none of them is called as anybody else');
select is(partitioncache_internal.pc_installer()::regrole::text, 'postgres', 'all belongs to the installer');
select is_empty($$ select p.oid::regprocedure from pg_depend d join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
                   join pg_extension e on e.oid = d.refobjid and e.extname = 'partitioncache' where d.deptype = 'e' and p.proowner <> e.extowner $$, 'every function of it');

-- Beside it: what the owner of the schema can do there

create function refused(call text) returns text language plpgsql as $$
declare
    outcome text := 'done';
begin
    begin
        set local role hostile_db_owner;
        execute call;
        reset role;
    exception when others then
        outcome := sqlstate;
    end;
    insert into public.attempts values (call);
    return isnt(outcome, 'done', format('the owner of the database: %s (%s)', call, outcome));
end
$$;
select refused(call)
from unnest(array['drop function public.partitioncache_version()', 'alter function public.partitioncache_version() owner to hostile_db_owner', 'alter function public.partitioncache_version() rename to x',
    'create or replace function public.partitioncache_version() returns text language sql as ''select ''''evil''''''', 'alter function public.partitioncache_version() reset all', 'alter function public.partitioncache_version() security definer',
    'grant execute on function public.partitioncache_version() to public', 'alter view public.partitioncache_queue owner to hostile_db_owner', 'create or replace view public.partitioncache_queue as select 1 as x', 'drop view public.partitioncache_queue',
    'create rule r as on update to public.partitioncache_settings do instead select 1', 'alter view public.partitioncache_settings reset (security_barrier)', 'select public.partitioncache_version()',
    'select * from partitioncache_internal.partitioncache_settings', 'create table partitioncache_internal.x (y integer)', 'drop schema partitioncache_internal cascade', 'alter schema partitioncache_internal rename to x', 'drop extension partitioncache cascade',
    'alter extension partitioncache set schema pg_temp', 'alter extension partitioncache update', 'create event trigger e on ddl_command_end execute function public.evil()', 'alter database hostile_db_early set session_replication_role = replica',
    'alter database hostile_db_early set session_preload_libraries = ''x''', 'create subscription s connection ''dbname=x'' publication p', 'alter system set work_mem = ''1GB''']) call;

-- A schema called cron, with tables whose triggers and functions that are the owner's
set role hostile_db_owner;
create schema cron;
create table cron.job (jobid bigint, schedule text, command text, nodename text, nodeport integer, database text, username text, active boolean, jobname text);
create table cron.job_run_details (jobid bigint, runid bigint, end_time timestamptz, status text, return_message text);
create function cron.evil() returns trigger language plpgsql as $$ begin insert into public.caught values (current_user, 'cron'); return null; end $$;
create trigger t before delete or insert or update on cron.job_run_details for each statement execute function cron.evil();
create trigger t before delete or insert or update on cron.job for each statement execute function cron.evil();
create function cron.schedule(text, text, text) returns bigint language plpgsql as $$ begin insert into public.caught values (current_user, 'schedule'); return 1; end $$;
create function cron.schedule_in_database(text, text, text, text, text, boolean default true) returns bigint language plpgsql as $$ begin insert into public.caught values (current_user, 'schedule'); return 1; end $$;
create function cron.unschedule(bigint) returns boolean language plpgsql as $$ begin insert into public.caught values (current_user, 'unschedule'); return true; end $$;
grant usage on schema cron to public;
grant all on all tables in schema cron to public;
insert into cron.job values (1, '* * * * *', 'call partitioncache_internal.partitioncache_run_processor(''partitioncache'', worker => 0)', '', 1, 'hostile_db_early', 'postgres', true, 'partitioncache hostile_db_early/partitioncache 0');
insert into cron.job_run_details values (1, 1, '2000-01-01', 'failed', 'x');
reset role;
insert into attempts select 'a schema called cron' from generate_series(1, 4);
truncate caught;
select lives_ok($$ select public.partitioncache_process_queue() $$, 'process_queue');
create function whatever(call text) returns text language plpgsql as $$ begin execute call; return 'done'; exception when others then return sqlstate; end $$;
select whatever(c) is not null as ran
from unnest(array['select public.partitioncache_enable_processor()', 'select public.partitioncache_processor_status()', 'select * from public.partitioncache_processor_jobs()', 'select public.partitioncache_update_processor_config(max_parallel_jobs => 3)',
                  'select public.partitioncache_status()', 'select public.partitioncache_disable_processor()']) c \g /dev/null
select is_empty('select who, how from caught', 'what is called cron and is not pg_cron''s is left alone');

-- Whatever becomes of the schema's name, ours goes on.
set role hostile_db_owner;
alter schema public rename to elsewhere;
reset role;
set search_path = elsewhere, pg_catalog;
select is(elsewhere.partitioncache_push('select id from elsewhere.poi where kind = 2', 'city_id') is null, false, 'renamed: push');
select elsewhere.partitioncache_process_queue(max_seconds => 60) \g /dev/null
select is((elsewhere.partitioncache_explain('select id from elsewhere.poi where kind = 2', 'city_id', method => 'literal')).applied, true, 'renamed: work and apply');
select lives_ok('insert into elsewhere.poi values (1001, 778, 3)', 'renamed: a write to a tracked table');
select is((select count(*) from pg_roles where rolname ~ '^hostile_db' and rolsuper), 0::bigint, 'nobody has become a superuser');
select diag(format('%s attempts as the owner of the database, and 27 objects beside ours', count(*))) from elsewhere.attempts;
select * from finish();
\c :home
set client_min_messages = error;
drop database hostile_db_early with (force);
alter database :home owner to postgres;
drop owned by hostile_db_owner, hostile_db_user cascade;
drop role hostile_db_owner, hostile_db_user;
