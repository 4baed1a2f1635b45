-- What was decided for a query is remembered, and dies with whatever it rests on.
select no_plan();
\ir _freshness.sql

create table poi (id integer primary key, city_id integer, kind integer, size integer);
insert into poi select i, i % 40, i % 7, i from generate_series(1, 4000) i;
create table street (id integer primary key, city_id integer, len integer);
insert into street select i, i % 40, i from generate_series(1, 400) i;
create function is_small(size integer) returns boolean language sql immutable as 'select size < 10';
create view small as select * from poi where size < 100;
vacuum analyze;
select partitioncache_register('city_id', 'integer');
select partitioncache_update_processor_config(least_cost => 0);

create function big() returns text language sql as $$ select 'select id, city_id from poi where kind = 3 and size > 3980' $$;
create function joined() returns text language sql as $$ select 'select p.id, s.id as street from poi p, street s where p.city_id = s.city_id and p.kind = 3 and s.len > 390 and is_small(s.len - 391)' $$;

-- Asks, and says how many decisions were made anew; the answer must be right.
create function asked(query text, method text default 'current') returns text language plpgsql as $$
declare
    before bigint := (select count(*) from partitioncache_internal.partitioncache_decision);
    rewritten text := partitioncache_apply(query, 'city_id', method => method);
    wrong bigint;
begin
    execute format('select count(*) from ((%1$s except all %2$s) union all (%2$s except all %1$s)) x', '(' || query || ')', '(' || rewritten || ')') into wrong;
    return format('%s, %s, %s', case rewritten when query then 'unchanged' else 'restricted' end,
                  case (select count(*) from partitioncache_internal.partitioncache_decision) - before when 0 then 'known' else 'new' end, case wrong when 0 then 'right' else 'wrong' end);
end
$$;

call learn(big());
call learn(joined());
select is(asked(big()), 'restricted, new, right', 'asked for the first time');
select is(asked(big()), 'restricted, known, right', 'and again');
select is(asked(joined()), 'restricted, new, right', 'a join');
select is(asked(joined()), 'restricted, known, right', 'and again');
select matches(partitioncache_apply(joined(), 'city_id', method => 'current'), '^WITH partitioncache_changed_1', 'what has changed is asked once for several columns');
select is((select reason from partitioncache_explain(partitioncache_apply(joined(), 'city_id', method => 'current'), 'city_id')),
    'it holds a name that is put in front of rewritten queries (partitioncache_changed_...), as one that is rewritten already does', 'and not twice');
select matches(asked(big(), 'literal'), '^restricted, .*, right$', 'a list of tracked tables');
select is((select count(*) from partitioncache_internal.partitioncache_decision where (outcome).method = 'literal'), 0::bigint, 'a list of keys of tracked tables is exact for the moment only: not remembered');
select is(asked('select id from poi where size = 5', 'auto'), 'unchanged, new, right', 'what is left unchanged');
select is(asked('select id from poi where size = 5', 'auto'), 'unchanged, known, right', 'is remembered, too');

-- Writes
insert into poi values (5001, 5, 3, 5001);
select is(asked(big()), 'restricted, known, right', 'a write');
update poi set city_id = 6 where id = 5001;
select is(asked(big()), 'restricted, known, right', 'and one more');
truncate street;
select matches(asked(joined()), ', new, right$', 'TRUNCATE');
insert into street select i, i % 40, i from generate_series(1, 400) i;
call learn(joined());
select is(asked(joined()), 'restricted, new, right', 'evaluated anew');
select is(asked(joined()), 'restricted, known, right', 'known again');
update street set len = len;
select is(asked(joined()), 'restricted, new, right', 'writes to many partitions');
alter table street rename city_id to town;
insert into street values (1000, 1, 1);
alter table street rename town to city_id;
select matches(asked(joined()), ', new, right$', 'a write of which is not known where');
call learn(joined());
select is(asked(joined()), 'restricted, new, right', 'evaluated anew');
select is(asked(big()), 'restricted, new, right', 'other entries count as well');
begin;
insert into poi values (5002, 7, 3, 5002);
select is(asked(big()), 'restricted, known, right', 'the own writes');
rollback;

-- Entries come and go
select partitioncache_set('city_id', 'mine', array[1, 2]);
select is(asked(big()), 'restricted, new, right', 'an entry came');
select is(asked(big()), 'restricted, known, right', 'known again');
select partitioncache_delete('city_id', 'mine');
select is(asked(big()), 'restricted, new, right', 'one went');
begin;
select is(asked(big()), 'restricted, known, right', 'in a transaction');
select bool_and(partitioncache_delete('city_id', hash)) as deleted from partitioncache_entries('city_id');
select is(asked(big()), 'unchanged, new, right', 'that deletes all');
rollback;
select is(asked(big()), 'restricted, known, right', 'and rolls back');
select partitioncache_clear();
select is(asked(big()), 'unchanged, new, right', 'cleared');
call learn(big());
select is(asked(big()), 'restricted, new, right', 'filled');
select partitioncache_update_processor_config(log_limit => 999);
select is(asked(big()), 'restricted, new, right', 'a setting');

-- The log is trimmed past what is needed
insert into poi select 6000 + i, 5, 3, 6000 from generate_series(1, 3) i;
insert into poi select 6010 + i, 5, 3, 6000 from generate_series(1, 3) i;
select is(asked(big()), 'restricted, known, right', 'before the log is trimmed');
update partitioncache_internal.partitioncache_log_trimmed set below = pg_current_xact_id();
select matches(asked(big()), '^unchanged, .*, right$', 'the log was trimmed past the entry');
select partitioncache_clear();
call learn(big());
select is(asked(big()), 'restricted, new, right', 'evaluated anew');
select is(asked(big()), 'restricted, known, right', 'known again');

-- Definitions
create index on poi (kind);
select is(asked(big()), 'restricted, new, right', 'an index');
alter table poi add column extra integer;
select is(asked(big()), 'unchanged, new, right', 'a column more');
alter table poi drop column extra;
call learn(big());
call learn(joined());
select is(asked(joined()), 'restricted, new, right', 'evaluated anew');
create or replace function is_small(size integer) returns boolean language sql immutable as 'select size < 5';
select matches(asked(joined()), ', new, right$', 'a function replaced');
call learn(joined());
select is(asked(joined()), 'restricted, new, right', 'evaluated anew');
select is(asked(joined()), 'restricted, known, right', 'known again');
create schema before;
select is(asked(joined()), 'restricted, new, right', 'a new schema could be in the search path');
set search_path = before, public, tap;
select is(public.asked(public.big()), 'restricted, new, right', 'another search path');
create table before.poi (id integer, city_id integer, kind integer, size integer);
insert into before.poi values (1, 39, 3, 9999);
select is(public.asked(public.big()), 'unchanged, new, right', 'a table that shadows');
set search_path = public, tap;
select is(asked(big()), 'restricted, new, right', 'the old search path: a table of the name is new');
select is(asked(big()), 'restricted, known, right', 'known again');
create temp table poi (id integer, city_id integer, kind integer, size integer);
insert into pg_temp.poi values (1, 39, 3, 9999);
select is(asked(big()), 'unchanged, new, right', 'a temporary table that shadows');
drop table pg_temp.poi;
select is(asked(big()), 'restricted, new, right', 'gone');
alter table poi disable trigger user;
select matches(asked(big()), '^unchanged, .*, right$', 'no triggers');
insert into poi values (7000, 9, 3, 7000);
alter table poi enable trigger user;
select matches(asked(big()), '^unchanged, .*, right$', 'triggers again: a write may have been missed');
select partitioncache_untrack('poi', 'city_id');
select partitioncache_track('poi', 'city_id');
call learn(big());
select is(asked(big()), 'restricted, new, right', 'evaluated anew');
select partitioncache_untrack('poi', 'city_id');
select matches(asked(big()), '^unchanged, .*, right$', 'untracked');
select partitioncache_track('poi', 'city_id');
call learn(big());
select is(asked(big()), 'restricted, new, right', 'evaluated anew');
select is(asked(big()), 'restricted, known, right', 'known again');

create table kid (like poi);
alter table kid inherit poi;
select matches(asked(big()), ', new, right$', 'a child');
drop table kid;
call learn(big());
select is(asked(big()), 'restricted, new, right', 'evaluated anew');
alter table poi rename kind to other;
alter table poi rename size to kind;
alter table poi rename other to size;
select matches(asked(big()), ', new, right$', 'columns that have each other''s names');
alter table poi rename kind to other;
alter table poi rename size to kind;
alter table poi rename other to size;
call learn(big());
select is(asked(big()), 'restricted, new, right', 'evaluated anew');

-- Row-level security and rights
create role decisions_reader;
create role decisions_other;
grant usage on schema public, tap to decisions_reader, decisions_other;
grant select on poi, street to decisions_reader, decisions_other;
grant execute on all functions in schema tap to decisions_reader, decisions_other;
select partitioncache_grant('decisions_reader', 'read');
select partitioncache_grant('decisions_other', 'read');
create function asked_as(role text, method text default 'current') returns text language plpgsql as $$
declare
    result text;
begin
    execute format('set local role %I', role);
    select case when e.applied then 'restricted' else 'unchanged' end into result
    from partitioncache_explain('select id, city_id from poi where kind = 3 and size > 3980', 'city_id', method => asked_as.method) e;
    reset role;
    return result;
end
$$;
select is(asked_as('decisions_reader'), 'restricted', 'another role asks');
select is(asked_as('decisions_reader'), 'restricted', 'and knows');
select is((select count(distinct owner) from partitioncache_internal.partitioncache_decision d where (d.outcome).applied and d.generation = (select generation from partitioncache_registration)), 2::bigint, 'each role remembers for itself');
revoke select on poi from decisions_reader;
select is(asked_as('decisions_reader'), 'unchanged', 'a right that was taken away');
select is(asked_as('decisions_other'), 'restricted', 'from one role');
grant select (id, kind, size) on poi to decisions_reader;
select is(asked_as('decisions_reader'), 'unchanged', 'a right to some columns');
grant select on poi to decisions_reader;
select is(asked_as('decisions_reader'), 'restricted', 'given back');
select partitioncache_revoke('decisions_other');
select throws_ok($$ select asked_as('decisions_other') $$, '42501', null, 'a level that was taken away');
alter table poi enable row level security;
select is(asked_as('decisions_reader'), 'unchanged', 'row-level security');
alter table poi disable row level security;
drop owned by decisions_reader, decisions_other;
drop role decisions_reader, decisions_other;

-- REPEATABLE READ as the default
call learn(big());
select is(asked(big()), 'restricted, new, right', 'evaluated anew');
set default_transaction_isolation = 'repeatable read';
select is(asked(big()), 'restricted, known, right', 'known under an old snapshot');
select is(asked('select id from poi where size = 5', 'auto'), 'unchanged, new, right', 'unchanged');
select is(asked('select id from poi where size = 5', 'auto'), 'unchanged, known, right', 'known');
reset default_transaction_isolation;

-- Tables that grow
select is(asked('select id from poi where size = 5', 'auto'), 'unchanged, known, right', 'as large as before');
insert into poi select 10000 + i, i % 40, 6, i from generate_series(1, 40000) i;
select is(asked('select id from poi where size = 5', 'auto'), 'unchanged, new, right', 'much larger');

-- Queries that cost less than asking are left alone; a method that is named is used.
select partitioncache_update_processor_config(least_cost => 100000);
select alike((select row(applied, hits, reason)::text from partitioncache_explain('select id from street where len = 3', 'city_id')),
    '(f,0,"the query is cheaper than asking: the planner expects it to cost %, less than 100000 (least_cost)")', 'cheap');
select is(asked('select id from street where len = 3', 'auto'), 'unchanged, known, right', 'and remembered');
select partitioncache_set('city_id', 'mine', array[1]);
select is(asked('select id from street where len = 3', 'auto'), 'unchanged, known, right', 'whatever entries come');
select is(asked(big()), 'restricted, new, right', 'a method that is named');
select partitioncache_update_processor_config(least_cost => 0);
select is(asked('select id from street where len = 3', 'auto'), 'unchanged, new, right', 'until it is asked for');
select alike((select reason from partitioncache_explain('select id from street where len = 3', 'city_id')), 'none of%', 'to look');
select throws_ok('select partitioncache_update_processor_config(least_cost => -1)', 'PC001', 'least_cost is out of range', 'a bad value');

-- Nothing of a text is executed.
create table victim (id integer);
insert into victim values (1);
select partitioncache_apply('select 1; delete from victim', 'city_id') is not null as asked;
select partitioncache_apply('analyze delete from victim', 'city_id') is not null as asked;
select partitioncache_apply('delete from victim', 'city_id') is not null as asked;
select is((select count(*) from victim), 1::bigint, 'asking executes nothing');

-- What a decision rests on is told by a fingerprint that nobody else can foresee: else objects could be made whose traces cancel out a change.
select is((select count(distinct b.state) from unnest(array[0, 1, 2]) s, partitioncache_internal.pc_basis(array['pg_class'::regclass], seed => s) b), 3::bigint, 'a fingerprint hangs on its seed');
select ok((select count(*) > 1 and count(distinct d.seed) = count(*) from partitioncache_internal.partitioncache_decision d), 'each decision has a seed of its own');

select * from finish();
