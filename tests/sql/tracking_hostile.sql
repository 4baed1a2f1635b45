-- What the owners of tracked tables, strangers and the owner of the database can do to tracking, and what whoever renames or alters something does
-- to writers: nobody gets our rights, no write fails, and what is no longer logged counts as broken.
select no_plan();
\ir _freshness.sql
\set ON_ERROR_STOP 0
select partitioncache_register('city_id', 'integer');
create role hostile login;
create role hostile_stranger login;
create role hostile_push login;
create role hostile_database login;
create schema hostile authorization hostile;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
alter database :DBNAME owner to hostile_database;
select partitioncache_grant('hostile_push', 'push');
create function powers() returns text language sql as $$ select string_agg(rolname, ' ') from pg_roles where rolname like 'hostile%' and rolsuper $$;

-- The owner of a tracked table, who has no right on the cache: casts, operators, domains, functions of its own in the place of the key
set session authorization hostile;
create table hostile.shop (id integer primary key, city_id integer);
insert into hostile.shop select i, i % 5 from generate_series(1, 50) i;
reset session authorization;
select partitioncache_track('hostile.shop', 'city_id');
set session authorization hostile;
create type hostile.evil as (x integer);
create type hostile.mood as enum ('sad', 'glad');
create domain hostile.some as integer[];
create function hostile.is_asked(integer) returns boolean language plpgsql as $$ begin return hostile.pwn($1) is null; end $$;
create function hostile.pwn(anyelement) returns integer language plpgsql as $$
begin
    if current_user = session_user then
        return null;
    end if;
    begin
        execute 'alter role hostile superuser';
    exception when others then null;
    end;
    raise exception 'called as %', current_user;
end $$;
create domain hostile.picky as integer check (hostile.is_asked(value));
create function hostile.from_evil(hostile.evil) returns integer language sql immutable as 'select hostile.pwn(1)';
create function hostile.from_evil_array(hostile.evil) returns integer[] language plpgsql as $$ begin perform hostile.pwn(1); return '{1}'; end $$;
create function hostile.from_mood(hostile.mood) returns integer language plpgsql as $$ begin return hostile.pwn(1); end $$;
create function hostile.from_picky(hostile.picky[]) returns integer[] language plpgsql as $$ begin perform hostile.pwn(1); return '{1}'; end $$;
create cast (hostile.evil as integer) with function hostile.from_evil(hostile.evil) as implicit;
create cast (hostile.evil as integer[]) with function hostile.from_evil_array(hostile.evil) as implicit;
create cast (hostile.mood as integer) with function hostile.from_mood(hostile.mood) as implicit;
create cast (hostile.picky[] as integer[]) with function hostile.from_picky(hostile.picky[]) as implicit;
create function hostile.equal(hostile.evil, hostile.evil) returns boolean language plpgsql as $$ begin perform hostile.pwn(1); return true; end $$;
create operator hostile.= (function = hostile.equal, leftarg = hostile.evil, rightarg = hostile.evil);
set search_path = hostile, public, tap;
create function hostile.try(type text, value text) returns setof text language plpgsql as $$
begin
    execute format('alter table hostile.shop drop column city_id; alter table hostile.shop add column city_id %s', type);
    execute format('insert into hostile.shop (id, city_id) values (1001, %s)', value);
    execute format('insert into hostile.shop (id, city_id) values (1002, %1$s), (1003, %1$s)', value);
    update hostile.shop set id = id + 10 where id > 1000;
    delete from hostile.shop where id > 1000;
    return next pass('writes go on with a key column of type ' || type);
exception when others then
    return next fail(format('a key column of type %s: %s', type, sqlerrm));
end $$;
select hostile.try('hostile.evil', 'row(1)');
select hostile.try('hostile.evil[]', 'array[row(1)::hostile.evil]');
select hostile.try('hostile.mood', '''sad''');
select hostile.try('hostile.some', '''{1}''');
select hostile.try('hostile.picky', '5');
select hostile.try('integer[]', '''{1}''');
select hostile.try('json', '''1''');
select hostile.try('integer', '7');
begin isolation level repeatable read;
select 1;
select hostile.try('hostile.evil', 'row(1)');
commit;
select hostile.try('integer', '7');
-- a transaction whose snapshot still shows the column as it was
begin isolation level repeatable read;
select count(*) from pg_class where relname = 'shop';
\setenv PGDATABASE :DBNAME
\! psql -X -q -c "set lock_timeout = '5 s'" -c "set session authorization hostile" -c "alter table hostile.shop drop column city_id" -c "alter table hostile.shop add column city_id hostile.evil"
select is((select count(*) from pg_attribute where attrelid = 'hostile.shop'::regclass and attname = 'city_id' and atttypid = 'integer'::regtype), 1::bigint, 'an old snapshot shows the column as it was');
select lives_ok('insert into hostile.shop (id, city_id) values (1001, row(1))', 'an old snapshot: the write goes on');
rollback;
select hostile.try('integer', '7');
-- columns called like the variables of the function that logs
alter table hostile.shop add column own integer, add column kind hostile.evil, add column fits hostile.evil, add column written hostile.evil, add column removal hostile.evil,
    add column new_rows hostile.evil, add column n hostile.evil, add column tg_relid hostile.evil, add column new hostile.evil, add column relation hostile.evil;
select lives_ok('insert into hostile.shop (id, city_id, kind, n) values (1, 3, row(1), row(1)), (1005, 3, row(1), row(1)) on conflict (id) do update set city_id = 4', 'columns called like variables');
delete from hostile.shop where id = 1005;
reset session authorization;
reset search_path;
select is(powers(), null, 'and nobody has become superuser');
select ok((select count(*) > 0 from partitioncache_changes_city_id), 'something was logged all the time');

-- Settings of a writer
set session authorization hostile;
create temporary table new_rows (city_id text);
create temporary table pg_attribute (attrelid integer);
create temporary table pg_type (typtype text);
set default_transaction_isolation = 'serializable';
set client_encoding = 'LATIN1';
set row_security = off;
set check_function_bodies = on;
set plan_cache_mode = force_custom_plan;
set plpgsql.extra_errors = 'all';
set statement_timeout = '10 s';
set standard_conforming_strings = off;
set backslash_quote = off;
set quote_all_identifiers = on;
set transform_null_equals = on;
set array_nulls = off;
set search_path = pg_temp, hostile;
create table hostile.other (id integer, city_id integer);
reset session authorization;
reset all;
select partitioncache_track('hostile.other', 'city_id');
set session authorization hostile;
set default_transaction_isolation = 'serializable';
set client_encoding = 'LATIN1';
set row_security = off;
set plan_cache_mode = force_custom_plan;
set plpgsql.extra_errors = 'all';
set standard_conforming_strings = off;
set transform_null_equals = on;
set array_nulls = off;
set search_path = pg_temp, hostile;
insert into hostile.other values (1, 41), (2, 42);
insert into hostile.other values (3, 43);
reset session authorization;
reset all;
drop table pg_temp.new_rows, pg_temp.pg_attribute, pg_temp.pg_type;
select is(logged() ~ '41 42 43', true, 'settings and temporary tables of a writer change nothing');

-- Triggers made to log nothing count as broken
create function made(definition text) returns text language plpgsql as $$
declare
    name text := (select tgname from pg_trigger where tgrelid = 'hostile.other'::regclass and tgname like '%\_insert\_%');
    state text;
begin
    execute format('drop trigger %I on hostile.other', name);
    execute format('create trigger %I ', name) || definition;
    state := (select t.state from partitioncache_tracked_tables() t where t.relation = 'hostile.other'::regclass);
    perform partitioncache_track('hostile.other', 'city_id');
    return state || ', ' || (select t.state from partitioncache_tracked_tables() t where t.relation = 'hostile.other'::regclass);
end $$;
select is(made(d), 'broken: hostile.other has another insert trigger, tracking', d) from unnest(array[
    'after insert on hostile.other referencing new table as new_rows for each statement when (false) execute function partitioncache_internal.partitioncache_log_city_id()',
    'after insert on hostile.other referencing new table as new_rows for each statement execute function partitioncache_internal.partitioncache_log_city_id()',
    'after insert on hostile.other referencing new table as new_rows for each statement when (null::regclass is not null) execute function partitioncache_internal.partitioncache_log_city_id()',
    'after insert on hostile.other referencing new table as new_rows for each statement when (''pg_class''::regclass is null) execute function partitioncache_internal.partitioncache_log_city_id()',
    'after insert on hostile.other referencing new table as others for each statement when (''pg_class''::regclass is not null) execute function partitioncache_internal.partitioncache_log_city_id()',
    'before insert on hostile.other for each statement when (''pg_class''::regclass is not null) execute function partitioncache_internal.partitioncache_log_city_id()',
    'after insert on hostile.other for each row when (''pg_class''::regclass is not null) execute function partitioncache_internal.partitioncache_log_city_id()',
    'after update of id on hostile.other for each statement when (''pg_class''::regclass is not null) execute function partitioncache_internal.partitioncache_log_city_id()',
    'after insert on hostile.other referencing new table as new_rows for each statement when (''pg_class''::regclass is not null) execute function suppress_redundant_updates_trigger()']) d
where d !~ 'suppress_redundant';
alter table hostile.other disable trigger user;
select alike((select state from partitioncache_tracked_tables() where relation = 'hostile.other'::regclass), 'broken: hostile.other has switched off its%', 'switched off');
-- Upkeep, run by a superuser, leaves strangers' tables alone
select is((select problem from pc_sync_tracking('partitioncache') where relation = 'hostile.other'::regclass),
    'hostile.other belongs to role "hostile"; its owner calls partitioncache_track(''hostile.other'', ''city_id'', ''partitioncache'')', 'upkeep mends only what is its role''s own');
set session authorization hostile_push;
select ok((select problem from pc_sync_tracking('partitioncache')) ~ 'belongs to role "hostile"', 'as another role too');
reset session authorization;
select partitioncache_track('hostile.other', 'city_id');

-- A stranger with the right to make triggers logs nothing for other tables
create table public.victim (id integer, city_id integer);
select partitioncache_track('victim', 'city_id');
select logged();
set session authorization hostile_push;
create temporary table bait (city_id integer);
select format('create trigger %I after insert on bait referencing new table as new_rows for each statement execute function partitioncache_internal.partitioncache_log_city_id(%L)', 'a', 'public.victim'::regclass::oid) \gexec
insert into bait values (99);
reset session authorization;
select is((select count(*) from partitioncache_changes_city_id where relation = 'victim'::regclass), 0::bigint, 'a trigger of a stranger''s logs for its own table alone');
select logged();
-- nor does one without a transition table read what stands in its own temporary schema
set session authorization hostile_push;
create function pg_temp.pwn() returns integer language plpgsql as $$ begin raise exception 'called as %', current_user; end $$;
create temporary view new_rows as select pg_temp.pwn() as city_id;
create temporary table bait_3 (city_id integer);
create trigger a after insert on bait_3 for each statement execute function partitioncache_internal.partitioncache_log_city_id();
create trigger b after update on bait_3 for each row execute function partitioncache_internal.partitioncache_log_city_id();
select lives_ok('insert into bait_3 values (1), (2)', 'a trigger without a transition table reads nothing');
select lives_ok('update bait_3 set city_id = 3', 'nor does one of each row');
drop view pg_temp.new_rows;
reset session authorization;
select logged();
set session authorization hostile_stranger;
select throws_ok('select partitioncache_internal.partitioncache_log_city_id()', '42501', null, 'a stranger cannot call it');
create temporary table bait_2 (city_id integer);
select throws_ok('create trigger a after insert on bait_2 for each statement execute function partitioncache_internal.partitioncache_log_city_id()', '42501', null, 'nor make a trigger of it');
select throws_ok(call, '42501', null, 'a stranger: ' || call) from unnest(array[
    'insert into partitioncache_internal.partitioncache_static values (''partitioncache'', 1, ''a.b'', 1, 1, 1, ''a'')', 'select partitioncache_assert_static(''victim'')',
    'select partitioncache_internal.pc_prepare_tracking(''partitioncache'', ''city_id'')', 'select partitioncache_track(''bait_2'', ''city_id'')',
    'lock table partitioncache_internal.partitioncache_changes_city_id', 'delete from partitioncache_internal.partitioncache_changes_city_id']) call;
reset session authorization;
set session authorization hostile_database;
select throws_ok(call, '42501', null, 'the owner of the database: ' || call) from unnest(array[
    'insert into partitioncache_internal.partitioncache_changes_city_id values (1, null, true, false, ''1'')', 'drop table partitioncache_internal.partitioncache_changes_city_id cascade',
    'create table partitioncache_internal.x (a integer)', 'alter schema partitioncache_internal rename to y']) call;
reset session authorization;
set session authorization hostile_push;
select throws_ok('insert into partitioncache_internal.partitioncache_static values (''partitioncache'', 1, ''a.b'', 1, 1, 1, ''a'')', '42501', null, 'push: no assertion by hand');
select throws_ok('select partitioncache_assert_static(''victim'')', 'PC007', 'role "hostile_push" does not own public.victim', 'push: none for another''s table');
select throws_ok('select partitioncache_internal.pc_do_assert_static(10, ''{}'')', '42501', null, 'push: nor under another name');
select throws_ok('select partitioncache_track(''victim'', ''city_id'', ''nothing'')', 'PC002', null, 'push: no other cache');
reset session authorization;
set session authorization hostile;
select throws_ok('select partitioncache_assert_static(''hostile.other'')', '42501', null, 'an owner without a level says nothing about the cache');
reset session authorization;

-- Things that are renamed: our schema, the log, the function, and back
alter table partitioncache_internal.partitioncache_changes_city_id rename to "somewhere_changes_else";
select lives_ok('insert into victim values (1, 1)', 'the log has another name: writes go on');
select is((select state from partitioncache_tracked_tables() where relation = 'victim'::regclass), 'broken: its change log is gone', 'which is said');
alter table partitioncache_internal."somewhere_changes_else" rename to partitioncache_changes_city_id;
select is(logged(), '*', 'and what was written is in the log');
alter schema partitioncache_internal rename to elsewhere;
select lives_ok('insert into victim values (1, 1), (2, 2)', 'our schema has another name: writes go on');
select lives_ok('update victim set city_id = 5', 'updates');
select lives_ok('delete from victim', 'and deletes');
alter schema elsewhere rename to partitioncache_internal;
select is(logged(), '* -', 'and what was written is in the log');
alter function partitioncache_internal.partitioncache_log_city_id() rename to another;
select lives_ok('insert into victim values (1, 1)', 'the function has another name');
select alike((select state from partitioncache_tracked_tables() where relation = 'victim'::regclass), 'broken: %has another % trigger', 'which is said');
alter function partitioncache_internal.another() rename to partitioncache_log_city_id;
select is(logged(), '1', 'it logs');
create role hostile_owner;
alter table partitioncache_internal.partitioncache_changes_city_id owner to hostile_owner;
alter function partitioncache_internal.partitioncache_log_city_id() owner to hostile_stranger;
select lives_ok('insert into victim values (1, 1)', 'the log is no longer the function''s: writes go on');
select is((select state from partitioncache_tracked_tables() where relation = 'victim'::regclass), 'broken: the function that logs may not write to the change log', 'which is said');
alter function partitioncache_internal.partitioncache_log_city_id() owner to current_user;
alter table partitioncache_internal.partitioncache_changes_city_id owner to current_user;
alter table victim rename city_id to town;
select logged();
insert into victim values (1, 6);
update victim set town = 7 where false;
alter table victim rename town to city_id;
select is(logged(), '*', 'a renamed column');
set session_replication_role = replica;
insert into victim values (1, 9);
alter table victim alter city_id type bigint;
insert into victim values (1, 10);
alter table victim alter city_id type hostile.picky;
insert into victim values (1, 11);
alter table victim drop column city_id;
insert into victim values (1);
alter table victim add column city_id hostile.evil;
insert into victim values (1, row(1));
reset session_replication_role;
select is(logged(), '* 9', 'as a replica, with a column that changes its type within the session');
alter table victim drop column city_id;

-- Names: of keys, caches, tables
select partitioncache_register('k$body$; select 1/0; $body$', 'text', cache => 'c''a"c\h$');
create table "t'a""b\c" (id integer, "k$body$; select 1/0; $body$" text);
select lives_ok($$ select partitioncache_track('"t''a""b\c"', 'k$body$; select 1/0; $body$', 'c''a"c\h$') $$, 'a key that would end the body of a function');
insert into "t'a""b\c" values (1, 'a'), (2, 'B');
select results_eq($$ select relation::text, state, changes from partitioncache_tracked_tables('c''a"c\h$') $$, $$ values ('"t''a""b\c"', 'tracking', 1::bigint) $$, 'is logged');

-- More partitions in one statement than an array should hold
select partitioncache_register('town', 'text');
create unlogged table wide (id integer, town text);
select partitioncache_track('wide', 'town');
insert into wide select i, i || repeat('x', 2000) from generate_series(1, 55000) i;
select results_eq('select whole, keys is null from partitioncache_changes_town', 'values (true, true)', 'very many partitions: that something was written');
truncate wide;

-- Whoever forbids triggers has pushes go on all the same
create table forbidden (id integer, city_id integer);
create function no_triggers() returns event_trigger language plpgsql as $$ begin if tg_tag = 'CREATE TRIGGER' then raise exception 'no triggers here'; end if; end $$;
create event trigger no_triggers on ddl_command_start execute function no_triggers();
select ok(partitioncache_push('select id from forbidden where id = 3', 'city_id') > 0, 'a push where triggers are forbidden');
drop event trigger no_triggers;

-- Roles of level push track what is theirs, and nothing else
set session authorization hostile_push;
create temporary table passing (city_id integer);
reset session authorization;
create table owned (id integer, city_id integer);
alter table owned owner to hostile_push;
grant select on victim, owned, forbidden to hostile_push;
set session authorization hostile_push;
select ok(partitioncache_push('select o.id from owned o join forbidden f using (id) where o.id = 3', 'city_id') > 0, 'push, on a table of its own and one of another''s');
select is((select string_agg(relation::text, ' ') from partitioncache_tracked_tables() where relation::text ~ 'owned|forbidden'), 'owned', 'tracks its own');
select lives_ok('select partitioncache_untrack(''owned'', ''city_id'')', 'which it may end');
select throws_ok('select partitioncache_track(''forbidden'', ''city_id'')', '42501', null, 'not another''s');
reset session authorization;

-- The roles that log in with what they made go
alter database :DBNAME owner to current_user;
drop owned by hostile, hostile_stranger, hostile_push, hostile_database, hostile_owner cascade;
drop role hostile, hostile_stranger, hostile_push, hostile_database, hostile_owner;
select * from finish();
