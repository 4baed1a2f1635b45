-- Partitioned and inherited tables: whatever a row is written through, its partition key is logged for the tracked table.
select no_plan();
\ir _freshness.sql

create table visit (id integer, city_id integer, day integer) partition by range (day);
create table visit_0 partition of visit for values from (0) to (10);
create table visit_1 partition of visit for values from (10) to (20) partition by list (city_id);
create table visit_1a partition of visit_1 for values in (1, 2, 3, 11, 12);
create table visit_1b partition of visit_1 default;
insert into visit select i, i % 20, i % 20 from generate_series(1, 400) i;
select partitioncache_register('city_id', 'integer');
select partitioncache_track('visit', 'city_id');
create function state() returns text language sql as $$ select string_agg(t.state, ' ') from partitioncache_tracked_tables() t $$;
create function from_visit() returns boolean language sql as $$ select bool_and(relation = 'visit'::regclass) from partitioncache_changes_city_id $$;

-- Whatever the rows are written through
select is(state(), 'tracking', 'all partitions are tracked with the table');
insert into visit values (1000, 1, 5), (1001, 2, 15);
select ok(from_visit(), 'the log names the table that is tracked');
select is(logged(), '1 2', 'through the table');
insert into visit_0 values (1002, 3, 5);
select ok(from_visit(), 'also for its partitions');
select is(logged(), '3', 'through a partition');
insert into visit_1 values (1003, 11, 15);
insert into visit_1a values (1004, 12, 15);
select is(logged(), '11 12', 'through partitions of partitions');
update visit set day = 16, city_id = 50 where id = 1002;
select is(logged(), '50', 'an update that moves a row to another partition');
update visit_1 set city_id = 2 where id = 1002;
select is(logged(), '2', 'and one below');
delete from visit_1b where id = 15;
select is(logged(), '-', 'a delete in a partition');
truncate visit_1a;
select is(logged(), '-', 'a truncate of a partition');
copy visit_0 from stdin;
1	60	1
\.
copy visit from stdin;
2	61	1
3	62	11
\.
select is(logged(), '60 61 62', 'copy into a partition, and into the table');
set session_replication_role = replica;
insert into visit_0 values (1005, 63, 5);
insert into visit values (1006, 64, 15);
select is(logged(), '63 64', 'as a replica');
reset session_replication_role;
merge into visit v using (values (1005, 65)) s(id, city_id) on v.id = s.id when matched then update set city_id = s.city_id;
select is(logged(), '65', 'merge');

-- A query, and partitions that come and go
create function shown() returns text language sql as $$ select 'select id, day from visit where id > 390' $$;
call learn(shown());
select is(standing(shown()), 'restricted, fresh', 'an entry on a partitioned table');
insert into visit_0 values (2000, 77, 5);
select is(standing(shown()), 'restricted, changed', 'it carries what is written to a partition');
select is(wrong_rows(shown()), 0::bigint, 'and is right');
create table visit_2 partition of visit for values from (20) to (30);
insert into visit_2 values (2001, 78, 25);
select is(standing(shown()), 'unchanged, aside', 'a new partition puts entries aside');
select is(state(), 'broken: public.visit_2 has no insert trigger', 'since it has no triggers yet');
select is(wrong_rows(shown()), 0::bigint, 'the answer is right');
select ok(fill(shown()) > 0, 'what is evaluated now');
select is(standing(shown()), 'unchanged, aside', 'is not used until it has');
select is((select problem from pc_sync_tracking('partitioncache')), null, 'the processor gives it triggers');
select is(state(), 'tracking', 'and all is tracked');
call learn(shown());
select is(standing(shown()), 'restricted, fresh', 'entries are used again');
insert into visit_2 values (2002, 79, 25);
select is(logged(), '79', 'writes to the new partition are logged');
set session_replication_role = replica;
insert into visit_2 values (2003, 80, 25);
select is(logged(), '80', 'as a replica as well');
reset session_replication_role;

alter table visit detach partition visit_2;
select is(standing(shown()), 'unchanged, aside', 'detaching puts entries aside');
select is(state(), 'tracking broken: public.visit_2 has no replica trigger', 'what is left is tracked; the other has lost what PostgreSQL had copied');
select is((select count(*) from pc_sync_tracking('partitioncache') where problem is null), 1::bigint, 'the processor mends it');
select is(state(), 'tracking tracking', 'both are tracked');
insert into visit_2 values (2004, 81, 25);
call learn(shown());
select is(standing(shown()), 'restricted, fresh', 'and entries can be learned');
select lives_ok('alter table visit attach partition visit_2 for values from (20) to (30)', 'a table that is tracked by itself can be attached');
select is(state(), 'tracking', 'and is tracked with the whole');
set session_replication_role = replica;
insert into visit_2 values (2005, 82, 25);
select is(logged(), '82', 'a write is logged');
reset session_replication_role;
select is(standing(shown()), 'unchanged, aside', 'attaching a table with rows puts entries aside');
select is(wrong_rows(shown()), 0::bigint, 'its rows are found');
select pc_sync_tracking('partitioncache');
call learn(shown());
select is(standing(shown()), 'restricted, fresh', 'and the next entries know them');
truncate visit_0;
select is(standing(shown()), 'unchanged, aside', 'a truncated partition puts entries aside');
drop table visit_0;
call learn(shown());
select is(wrong_rows(shown()) + wrong_rows('select id from visit where id > 1000'), 0::bigint, 'a dropped partition');

-- Queries on a partition: what is written through its parents is logged by theirs
create function one_part() returns text language sql as $$ select 'select id from visit_1a where id > 3000' $$;
call learn(one_part());
select is(standing(one_part()), 'restricted, fresh', 'an entry on a partition');
insert into visit values (3001, 12, 15);
select is(standing(one_part()), 'restricted, changed', 'it carries what is written through the table');
select is(wrong_rows(one_part()), 0::bigint, 'and is right');
call learn(one_part());
alter table visit disable trigger user;
insert into visit values (3002, 2, 15);
select is(standing(one_part()), 'unchanged, aside', 'and is put aside when the table is no longer tracked');
select is(wrong_rows(one_part()), 0::bigint, 'and right');
call learn(one_part());
select is(standing(one_part()), 'unchanged, aside', 'until that is mended');
select partitioncache_track('visit', 'city_id');
call learn(one_part());
select is(standing(one_part()), 'restricted, fresh', 'then it is used again');
select is(wrong_rows(one_part()), 0::bigint, 'and still right');

-- A tracked table that becomes a part of another
create table single (id integer, city_id integer);
select partitioncache_track('single', 'city_id');
create function of_single() returns text language sql as $$ select 'select id from single where id > 5' $$;
insert into single values (1, 1), (6, 6), (7, 7), (2, 2);
call learn(of_single());
create table whole (id integer, city_id integer) partition by list (city_id);
alter table whole attach partition single default;
insert into whole values (8, 8);
select is(standing(of_single()), 'unchanged, aside', 'is put aside');
select is(wrong_rows(of_single()), 0::bigint, 'and right');
select is(state(), 'broken: table public.single is a part of public.whole, and what is written through that fires no trigger here tracking', 'and said to be no longer tracked');

-- Inherited tables
create table place (id integer, city_id integer);
create table park (trees integer) inherits (place);
create table garden () inherits (park);
select partitioncache_untrack('single', 'city_id'), partitioncache_untrack('visit', 'city_id');
select is_empty($$ select tgrelid::regclass from pg_trigger where tgname like 'partitioncache%' $$, 'untracking leaves no triggers in partitions');
select partitioncache_track('place', 'city_id');
insert into place select i, i % 20 from generate_series(1, 100) i;
insert into garden select i, i % 20 from generate_series(101, 200) i;
select logged();
insert into park values (1000, 1, 5);
insert into garden values (1001, 2, 5);
select is(logged(), '1 2', 'writes to tables that inherit');
update place set city_id = 3 where id = 1001;
select is(logged(), '3', 'and through the parent');
set session_replication_role = replica;
insert into garden values (1002, 4, 5);
select is(logged(), '4', 'as a replica');
reset session_replication_role;
create function places() returns text language sql as $$ select 'select id from place where id > 190' $$;
call learn(places());
insert into garden values (1003, 50, 5);
select is(standing(places()), 'restricted, changed', 'an entry carries them');
select is(wrong_rows(places()), 0::bigint, 'and is right');
create table lot (id integer, city_id integer);
insert into lot values (1004, 60);
alter table lot inherit place;
select is(standing(places()), 'unchanged, aside', 'a table that begins to inherit puts entries aside');
select is(wrong_rows(places()), 0::bigint, 'its rows are found');
select pc_sync_tracking('partitioncache');
call learn(places());
alter table lot no inherit place;
insert into lot values (1005, 61);
alter table lot inherit place;
select is(standing(places()), 'unchanged, aside', 'also when it had inherited before');
select is(wrong_rows(places()), 0::bigint, 'and right');

-- A child with two parents
create table thing (id integer, city_id integer);
create table hut () inherits (place);
select partitioncache_track('place', 'city_id');
call learn(places());
select is(standing(places()), 'restricted, fresh', 'a table that inherits');
alter table hut inherit thing;
insert into hut values (1500, 70);
select is(standing(places()), 'unchanged, aside', 'a child that has a further parent puts entries aside');
update thing set city_id = 71 where id = 1500;
select is(wrong_rows(places()), 0::bigint, 'what is written through that is not lost');
call learn(places());
select is(standing(places()), 'unchanged, aside', 'nor can anything be learned');
select alike(state(), 'broken: table public.hut is a part of public.thing, and what is written through that fires no trigger here%', 'and it is said why');
alter table hut no inherit thing;
select is(state(), 'tracking', 'until it has one parent again');
call learn(places());
select is(standing(places()), 'restricted, fresh', 'and entries are used');

-- An unlogged table: a crash takes its rows, and no trigger says so
create unlogged table taken (id integer, city_id integer);
select partitioncache_track('taken', 'city_id');
create function none_taken() returns text language sql as $$ select 'select p.id from place p where p.id > 190 and not exists (select from taken t where t.city_id = p.city_id)' $$;
call learn(none_taken());
select alike((select e ->> 'reason' from partitioncache_explain(none_taken(), 'city_id') x, jsonb_array_elements(x.entries) e where e ->> 'state' = 'aside' limit 1),
    'an unlogged table of it loses its rows in a crash%', 'entries to which a missing row matters are not used');
select is(wrong_rows(none_taken()), 0::bigint, 'and right');
create function on_taken() returns text language sql as $$ select 'select id from taken where id > 5' $$;
insert into taken select i, i from generate_series(1, 7) i;
call learn(on_taken());
select is(standing(on_taken()), 'restricted, fresh', 'others are');
select * from finish();
