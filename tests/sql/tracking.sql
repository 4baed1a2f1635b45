-- Which writes are logged, what can be tracked, and that no write fails because of it.
select no_plan();
\ir _freshness.sql

create table poi (id integer primary key, city_id integer, kind integer);
create table kinds (kind integer primary key, name text);

-- Before anything is registered
select throws_ok($$ select partitioncache_track('poi', 'city_id') $$, 'PC002', null, 'the partition key must be registered');
select partitioncache_register('city_id', 'integer');
select is_empty('select * from partitioncache_tracked_tables()', 'nothing is tracked at first');
select is(partitioncache_untrack('poi', 'city_id'), false, 'ending what has not begun');

-- Beginning and ending
select partitioncache_track('poi', 'city_id');
select partitioncache_track('kinds', 'city_id');
select results_eq('select partition_key, relation::text, unit, state, changes from partitioncache_tracked_tables()',
    $$ values ('city_id', 'kinds', 'table', 'tracking', 0::bigint), ('city_id', 'poi', 'partition', 'tracking', 0) $$, 'both are tracked');
create temporary table triggers as select oid, xmin::text as version from pg_trigger where tgrelid = 'poi'::regclass;
select partitioncache_track('poi', 'city_id');
select is_empty($$ select oid, xmin::text as version from pg_trigger where tgrelid = 'poi'::regclass except select * from triggers $$, 'to track again changes nothing');
select throws_ok('select partitioncache_track(null, ''city_id'')', 'PC001', null, 'a table is needed');

-- Every kind of statement
insert into poi values (1, 10, 1), (2, 11, 1), (3, 11, 1);
select is(logged(), '10 11', 'insert: each partition once');
insert into poi values (4, null, 1);
select is(logged(), 'null', 'a row without partition key');
update poi set city_id = 12 where id = 1;
select is(logged(), '12', 'update: where the row is now');
update poi set kind = 2 where id in (1, 2);
select is(logged(), '11 12', 'update of another column');
delete from poi where id = 3;
select is(logged(), '-', 'delete: that rows were removed');
insert into poi select * from poi where false;
update poi set kind = 3 where false;
delete from poi where false;
select is(logged(), null, 'statements that touch no row log nothing');
begin;
delete from poi where false;
select is(pg_current_xact_id_if_assigned(), null, 'a delete of nothing does not even begin to write');
commit;
insert into poi values (1, 20, 1), (5, 21, 1) on conflict (id) do update set city_id = 22;
select is(logged(), '21 22', 'insert on conflict do update');
insert into poi values (1, 30, 1) on conflict do nothing;
select is(logged(), null, 'insert on conflict do nothing');
merge into poi p using (values (1, 31), (5, 32), (6, 33)) s(id, city_id) on p.id = s.id
    when matched and s.id = 5 then delete
    when matched then update set city_id = s.city_id
    when not matched then insert values (s.id, s.city_id, 1);
select is(logged(), '- 31 33', 'merge: inserted, updated, deleted');
with gone as (delete from poi where id = 6 returning *), moved as (update poi set city_id = 34 where id = 1)
insert into poi select id, 35, kind from gone;
select is(logged(), '- 34 35', 'writes in WITH');
copy poi from stdin;
7	40	1
8	41	1
\.
select is(logged(), '40 41', 'copy');
select * into temporary spare from poi;
truncate poi;
select is(logged(), '-', 'truncate');
insert into poi select * from spare;
select is(logged(), '11 34 35 40 41 null', 'insert from a query');
update kinds set name = 'none';
select is(logged(), null, 'nothing was updated');
insert into kinds values (1, 'pub');
select is(logged(), '*', 'a table without the partition column: any write');
delete from kinds;
select is(logged(), '-', 'and any removal');

-- Savepoints and transactions that come to nothing
begin;
insert into poi values (50, 50, 1);
savepoint a;
insert into poi values (51, 51, 1);
rollback to a;
insert into poi values (52, 52, 1);
commit;
select is(logged(), '50 52', 'what is rolled back to a savepoint is not logged');
begin;
insert into poi values (53, 53, 1);
rollback;
select is(logged(), null, 'nor what is rolled back');
begin;
savepoint a;
insert into poi values (54, 54, 1);
release a;
select is((select array_agg(distinct xid) from partitioncache_changes_city_id), array[pg_current_xact_id()], 'a savepoint''s writes are those of its transaction');
commit;
select logged();

-- Writes that come from elsewhere: functions, triggers, foreign keys, rules
create function write(city integer) returns void language sql as $$ insert into poi values (60, city, 1) $$;
select write(60);
select is(logged(), '60', 'a write in a function');
create table orders (id integer primary key);
create function order_to_poi() returns trigger language plpgsql as $$ begin insert into poi values (new.id, 61, 1); return null; end $$;
create trigger order_to_poi after insert on orders for each row execute function order_to_poi();
insert into orders values (61);
select is(logged(), '61', 'a write in a trigger');
create function shift_city() returns trigger language plpgsql as $$ begin new.city_id := new.city_id + 100; return new; end $$;
create trigger shift_city before insert on poi for each row execute function shift_city();
insert into poi values (62, 62, 1);
select is(logged(), '162', 'what a trigger before has made of a row counts');
drop trigger shift_city on poi;
create table area (id integer primary key);
create table shop (id integer primary key, city_id integer references area on update cascade on delete cascade);
select partitioncache_track('shop', 'city_id');
insert into area values (1), (2);
insert into shop values (1, 1), (2, 2);
select logged();
update area set id = 3 where id = 1;
select is(logged(), '3', 'on update cascade');
delete from area where id = 2;
select is(logged(), '-', 'on delete cascade');
create table other (id integer, city_id integer);
create rule other_to_poi as on insert to other do instead insert into poi values (new.id, new.city_id, 1);
insert into other values (63, 63);
select is(logged(), '63', 'a write through a rule');
create view old_poi as select * from poi where id < 1000;
insert into old_poi values (64, 64, 1);
select is(logged(), '64', 'a write through a view');

drop table other;
drop view old_poi;

-- A generated partition key
create table made (id integer, city_id integer generated always as (id / 10) stored);
select partitioncache_track('made', 'city_id');
insert into made values (71);
update made set id = 85;
select is(logged(), '7 8', 'a generated column');

-- Sessions that act as a replica
set session_replication_role = replica;
insert into poi values (70, 70, 1), (71, 71, 1);
update poi set city_id = 72 where id = 71;
select is(logged(), '70 71 72', 'session_replication_role = replica');
delete from poi where id = 70;
select is(logged(), '-', 'and removals there');
insert into kinds values (2, 'bar');
select is(logged(), '*', 'and tables without the partition column');
set session_replication_role = local;
insert into poi values (73, 73, 1);
select is(logged(), '73', 'session_replication_role = local');
reset session_replication_role;

-- No write fails because its table was altered
alter table poi rename city_id to town;
insert into poi values (80, 80, 1);
select is(logged(), '*', 'renamed: that something was written');
alter table poi rename town to city_id;
insert into poi values (81, 81, 1);
select is(logged(), '81', 'renamed back');
alter table poi add column first integer, drop column kind;
insert into poi values (82, 82, 1);
select is(logged(), '82', 'other columns added and dropped');
do $$
declare
    name text;
begin
    for name in select t.oid::regtype from pg_type t
                where t.typtype = 'b' and t.typcategory <> 'A' and t.typnamespace = 'pg_catalog'::regnamespace and t.typname not like 'pg\_%'
    loop
        execute format('alter table poi alter city_id type %s using null', name);
        insert into poi (id) values (1000), (1001);
        update poi set id = id + 1 where id = 1001;
        set local session_replication_role = replica;
        insert into poi (id) values (1003);
        set local session_replication_role = origin;
        delete from poi where id >= 1000;
    end loop;
end
$$;
select is(logged(), '* - null', 'a partition column of each type that there is');
alter table poi alter city_id type text;
insert into poi (id, city_id) values (1000, 'no number');
insert into poi (id, city_id) values (1001, 'none'), (1002, 'either');
update poi set city_id = 'again' where id = 1000;
\ir _build.sql
\if :xml
alter table poi alter city_id type xml using '<a/>';
\else
alter table poi alter city_id type json using '{}';
\endif
update poi set id = 1003 where id = 1002;
delete from poi where id >= 1000;
select is(logged(), '* -', 'values that are no keys');
alter table poi alter city_id type integer using null;
alter table poi drop column city_id;
insert into poi values (83, 1);
update poi set id = 84 where id = 83;
select is(logged(), '*', 'dropped');
alter table poi add column city_id integer default 5;
insert into poi values (85);
select is(logged(), '5', 'made anew');
create domain city as integer check (value >= 0);
alter table poi alter city_id type city;
insert into poi values (86, 1, 86);
select is(logged(), '86', 'a domain');
alter table poi alter city_id type smallint;
insert into poi values (87, 1, 87);
select is(logged(), '87', 'a smaller integer');

-- What cannot be tracked, and why
create view v as select * from poi;
create materialized view m as select * from poi;
create temporary table t (city_id integer);
create sequence s;
create foreign data wrapper nothing;
create server elsewhere foreign data wrapper nothing;
create foreign table far (city_id integer) server elsewhere;
create table parent (city_id integer) partition by list (city_id);
create foreign table far_child partition of parent for values in (1) server elsewhere;
create table child partition of parent for values in (2);
create function refusal(relation regclass) returns text language plpgsql as $$
declare
    reason text;
begin
    perform partitioncache_track(relation, 'city_id');
    return 'tracked';
exception
    when sqlstate 'PC008' then
        get stacked diagnostics reason = pg_exception_detail;
        return reason;
end
$$;
select is(refusal('v'), 'view public.v holds no rows; its tables can be tracked.', 'a view');
select is(refusal('m'), 'materialised view public.m is refreshed without triggers.', 'a materialised view');
select is(refusal('t'), 'temporary table t is seen by one session only.', 'a temporary table');
select is(refusal('pg_class'), 'system table pg_class is changed without triggers.', 'a system table');
select is(refusal('s'), 'relation public.s is no table.', 'a sequence');
select is(refusal('far'), 'foreign table public.far can be written to on the other side, which fires no trigger here.', 'a foreign table');
select is(refusal('parent'), 'foreign table public.far_child can be written to on the other side, which fires no trigger here.', 'a table with a foreign partition');
select is(refusal('child'), 'table public.child is a part of public.parent, and what is written through that fires no trigger here.', 'a partition');

-- Rights: writers need none of ours; tracking needs the table's ownership
grant usage on schema tap to public;
create role tracking_writer;
create role tracking_owner;
grant insert, update, delete, truncate, select on poi to tracking_writer;
set role tracking_writer;
insert into poi values (90, 1, 90);
update poi set city_id = 91 where id = 90;
delete from poi where id = 90;
truncate poi;
select throws_ok('insert into partitioncache_internal.partitioncache_changes_city_id values (1, ''{1}'', false, false, ''1'')', '42501', null, 'a writer cannot write to the log');
select throws_ok('select partitioncache_internal.partitioncache_log_city_id()', '42501', null, 'nor call the function that does');
reset role;
select is(logged(), '- 90 91', 'what a role without any right on the cache writes is logged');
select partitioncache_grant('tracking_writer', 'administer');
set role tracking_writer;
select throws_ok($$ select partitioncache_track('orders', 'city_id') $$, '42501', null, 'only the owner of a table can track it');
reset role;
select partitioncache_grant('tracking_owner', 'administer');
create table theirs (city_id integer);
alter table theirs owner to tracking_owner;
set role tracking_owner;
select lives_ok($$ select partitioncache_track('theirs', 'city_id') $$, 'another role tracks its table in the same cache');
insert into theirs values (5);
reset role;
select is(logged(), '5', 'and its writes are logged');
select is_empty($$ select oid::regprocedure from pg_proc where prosecdef and not coalesce(proconfig && '{"search_path=pg_catalog, pg_temp","search_path=pg_catalog, partitioncache_internal, pg_temp"}', false) $$,
    'what runs with the rights of its owner pins its search_path');
select ok(not has_function_privilege('public', 'partitioncache_log_city_id()', 'execute') and has_function_privilege('tracking_owner', 'partitioncache_log_city_id()', 'execute'),
    'who may track may make triggers of the function that logs, and nobody else');

-- The log cannot be dropped under the triggers
select throws_ok('drop table partitioncache_changes_city_id', '2BP01', null, 'the log is needed by the triggers');
begin;
drop table partitioncache_changes_city_id cascade;
select lives_ok('insert into poi values (92, 1, 92)', 'with cascade the triggers go, and writing goes on');
select isnt((select state from partitioncache_tracked_tables() where relation = 'poi'::regclass), 'tracking', 'which is said');
rollback;
select throws_ok('drop extension partitioncache', '2BP01', null, 'the extension is needed by the triggers');
begin;
drop extension partitioncache cascade;
select lives_ok('insert into poi values (92, 1, 92)', 'and without it writing goes on');
rollback;

-- Triggers that somebody has switched off or dropped
alter table poi disable trigger user;
select alike((select state from partitioncache_tracked_tables() where relation = 'poi'::regclass), 'broken: public.poi has switched off its % trigger', 'disabled triggers are noticed');
select results_eq($$ select relation::text, problem from pc_sync_tracking('partitioncache') $$, $$ values ('poi', null) $$, 'the processor mends it');
select is((select state from partitioncache_tracked_tables() where relation = 'poi'::regclass), 'tracking', 'and it is tracked again');
select format('drop trigger %I on poi', tgname) from pg_trigger where tgrelid = 'poi'::regclass and tgname like '%insert%' \gexec
select is((select state from partitioncache_tracked_tables() where relation = 'poi'::regclass), 'broken: public.poi has no insert trigger', 'a dropped trigger is noticed');
select partitioncache_track('poi', 'city_id');
select is((select state from partitioncache_tracked_tables() where relation = 'poi'::regclass), 'tracking', 'to track again mends it');
alter table poi disable trigger user;
create role tracking_processor;
select partitioncache_grant('tracking_processor', 'fill');
set role tracking_processor;
select is((select problem from pc_sync_tracking('partitioncache')), format('public.poi belongs to role "%s"; its owner calls partitioncache_track(''public.poi'', ''city_id'', ''partitioncache'')', :'USER'), 'a processor that may not mend it says who can');
reset role;
select partitioncache_track('poi', 'city_id');

-- A dropped table is forgotten
insert into made values (1);
drop table made;
select is_empty($$ select * from pc_sync_tracking('partitioncache') $$, 'a dropped table needs no mending');
select is_empty($$ select from partitioncache_tracked where relation::text ~ '^\d+$' $$, 'and is no longer listed');
select pc_trim_changes('partitioncache');
select is(logged(), null, 'nor in the log');

-- The end
insert into poi values (93, 1, 93);
select ok(partitioncache_untrack('poi', 'city_id'), 'untrack');
select logged();
insert into poi values (94, 1, 94);
select is(logged(), null, 'and writes are not logged any more');
select is_empty($$ select from pg_trigger where tgrelid = 'poi'::regclass $$, 'no trigger is left');
drop owned by tracking_writer, tracking_processor, tracking_owner;
drop role tracking_writer, tracking_processor, tracking_owner;
select * from finish();
