-- Entries under writes: which carry changes, which are put aside, and that the answer is right at every step.
select no_plan();
\ir _freshness.sql

create table poi (id integer primary key, city_id integer, other_city integer, kind integer, size integer);
insert into poi select i, i % 40, (i + 1) % 40, i % 7, i from generate_series(1, 2000) i;
create table street (id integer primary key, city_id integer, len integer);
insert into street select i, i % 40, i from generate_series(1, 400) i;
create table kinds (kind integer, name text);
insert into kinds select i, 'kind ' || i from generate_series(0, 6) i;
create view neighbours as select id, other_city as city_id, kind from poi where size > 1990;
create function is_small(size integer) returns boolean language sql immutable as 'select size < 10';
analyze;
select partitioncache_register('city_id', 'integer');
select partitioncache_update_processor_config(least_cost => 0);

-- Tables that are neither tracked nor asserted to be static: entries on them are not used, and say so
create function big() returns text language sql as $$ select 'select id, city_id from poi where kind = 3 and size > 1980' $$;
create function reason(query text) returns text language sql as $$ select string_agg(distinct e ->> 'reason', '; ') from partitioncache_explain(query, 'city_id') x, jsonb_array_elements(x.entries) e $$;
select partitioncache_update_processor_config(untracked => 'ignore');
call learn(big());
select is((select count(*) from partitioncache_entries('city_id')), 0::bigint, 'nothing is learned that would not be used');
select alike((select error_msg from partitioncache_processor_log where queue = 'incoming' order by id desc limit 1), 'public.poi may change: partitioncache_track(%', 'the log says why');
select ok(fill(big()) > 0, 'what is evaluated all the same');
select is(standing(big()), 'unchanged, aside', 'is not used');
select is(reason(big()), 'public.poi may change: partitioncache_track(''public.poi'', ''city_id'') logs its writes, partitioncache_assert_static(''public.poi'') says that it stays as it is', 'and says what to call');
select partitioncache_assert_static('poi');
select is(standing(big()), 'restricted, static', 'asserted to be static');
select is((select array_agg(distinct e ->> 'tables') from partitioncache_explain(big(), 'city_id') x, jsonb_array_elements(x.entries) e), '{static}', 'and said to be taken for it');
select is((select row(fresh, static, aside)::text from partitioncache_status()), '(0,' || (select count(*) from partitioncache_entries('city_id')) || ',0)', 'in the status as well');
select results_eq('select relation::text, asserted_by from partitioncache_static_tables()', format($$ values ('poi', %L::name) $$, :'USER'), 'who asserts it');
insert into poi values (3000, 30, 30, 3, 3000);
select is(standing(big()), 'restricted, static', 'a write goes unnoticed: so it was asked for');
select ok(partitioncache_retract_static('poi'), 'taken back');
select ok(not partitioncache_retract_static('poi'), 'once');
select is(standing(big()), 'unchanged, aside', 'they are not used');
select partitioncache_update_processor_config(untracked => 'static');
select is(standing(big()), 'restricted, static', 'a cache that takes untracked tables for static');
select partitioncache_update_processor_config(untracked => 'track');
select is(standing(big()), 'unchanged, aside', 'or not');
call learn(big());
select is((select relation::text || ' ' || state from partitioncache_tracked_tables()), 'poi tracking', 'push tracks what its role owns');
select is(standing(big()), 'restricted, fresh', 'and then entries are fresh');
select partitioncache_untrack('poi', 'city_id');
select ok(fill(big()) > 0, 'evaluated without tracking');
select partitioncache_track('poi', 'city_id');
select is(standing(big()), 'unchanged, aside', 'with tracking, what was evaluated before is put aside');
select is(wrong_rows(big()), 0::bigint, 'and the answer is right');
select partitioncache_track('street', 'city_id');
select partitioncache_track('kinds', 'city_id');
call learn(big());
select is(standing(big()), 'restricted, fresh', 'until it is evaluated again');
select is((select array_agg(distinct e ->> 'tables') from partitioncache_explain(big(), 'city_id') x, jsonb_array_elements(x.entries) e), '{tracked}', 'and follows writes');

-- Carrying changes, and refreshing them
create function keys_of(query text) returns text language sql as $$
    select (select string_agg(k::text, ' ' order by k) from unnest((partitioncache_intersect('city_id', array[f.hash], null::integer)).keys) k)
    from partitioncache_fragments(query, 'city_id') f order by cardinality(f.conjuncts) desc, cardinality(f.tables) desc limit 1
$$;
select is(keys_of(big()), '24 30 31 38', 'the partitions with a match');
insert into poi values (3001, 5, 5, 3, 3001), (3002, 6, 6, 4, 3002);
select is(standing(big()), 'restricted, changed', 'an insert');
select is(keys_of(big()), '5 6 24 30 31 38', 'the written partitions ride along, with a match or not');
select is(wrong_rows(big()), 0::bigint, 'the answer is right');
select is((select max((e ->> 'changed')::integer) from partitioncache_explain(big(), 'city_id') x, jsonb_array_elements(x.entries) e), 2, 'their number is said');
update poi set city_id = 7 where id = 3001;
select is(keys_of(big()), '5 6 7 24 30 31 38', 'an update that moves a row');
select is(wrong_rows(big()), 0::bigint, 'the answer is right');
call learn(big());
select is(standing(big()), 'restricted, fresh', 'a refresh');
select is(keys_of(big()), '7 24 30 31 38', 'evaluates the written partitions again');
delete from poi where id = 3001;
select is(standing(big()), 'restricted, fresh', 'a delete can make no partition match');
select is(wrong_rows(big()), 0::bigint, 'the answer is right');
insert into poi values (3003, null, 8, 3, 3003);
select is(wrong_rows(big()), 0::bigint, 'a row without partition key');
call learn(big());
select is(wrong_rows(big()), 0::bigint, 'after a refresh too');
select is(standing(big()), 'restricted, fresh', 'which remembers it');
insert into poi select i, i % 5000, 0, 3, i from generate_series(10000, 15000) i;
select is(wrong_rows(big()), 0::bigint, 'when most partitions have changed');
create function mostly_changed() returns bigint language sql as $$
    select count(*) from partitioncache_internal.partitioncache_cache_city_id e where pc_mostly_changed(pc_registration('partitioncache', 'city_id'), e.hash)
$$;
select is(mostly_changed(), (select count(*) from partitioncache_internal.partitioncache_cache_city_id where key_count is not null and evaluation is not null), 'which a look into the log tells');
call learn(big());
select is(mostly_changed(), 0::bigint, 'and no longer when they have been evaluated');
select is(keys_of(big()) ~ '^0 1 2 .* 4999$', true, 'they are all evaluated');
select is(wrong_rows(big()), 0::bigint, 'rightly');
update poi set city_id = 30 + id % 1000 where id between 1 and 999;
select is(mostly_changed(), 0::bigint, 'a thousand are few enough');
call learn(big());
update poi set city_id = id % 40 where id between 1 and 999;
delete from poi where id >= 3000;

-- Joins: tables with the key carry, others put aside
create function with_kind() returns text language sql as $$ select 'select p.id from poi p, kinds k where p.kind = k.kind and k.name = ''kind 3'' and p.size > 1990' $$;
call learn(with_kind());
select is(standing(with_kind()), 'restricted, fresh', 'a join with a table that has no partition column');
insert into poi values (3010, 10, 10, 3, 3010);
select is(standing(with_kind()), 'restricted, changed', 'a write to the table that has it');
select is(wrong_rows(with_kind()), 0::bigint, 'is carried');
update kinds set name = 'kind 3' where kind = 4;
select is(standing(with_kind()), 'restricted, aside, changed', 'a write to the other puts entries aside');
select is(wrong_rows(with_kind()), 0::bigint, 'the answer is right');
call learn(with_kind());
select is(standing(with_kind()), 'restricted, fresh', 'they are evaluated anew');
delete from kinds where kind = 4;
select is(wrong_rows(with_kind()), 0::bigint, 'a delete in the other');

-- Sub-selects: any write, deletes above all
create function alone() returns text language sql as $$ select 'select p.id from poi p where p.size > 1980 and not exists (select from poi q where q.city_id = p.city_id and q.size between 1000 and 1030)' $$;
call learn(alone());
select is(standing(alone()), 'restricted, fresh', 'a condition with a sub-select on the same table');
delete from poi where city_id = 5 and size between 1000 and 1030;
select is(wrong_rows(alone()), 0::bigint, 'a delete that makes a partition match');
call learn(alone());
insert into poi values (3020, 20, 20, 3, 3020);
select is(wrong_rows(alone()), 0::bigint, 'an insert');
call learn(alone());
create function near_street() returns text language sql as $$ select 'select p.id from poi p where p.size > 1980 and p.city_id + 1 in (select s.city_id from street s where s.len = 401)' $$;
call learn(near_street());
insert into street values (401, 9, 401);
select is(wrong_rows(near_street()), 0::bigint, 'an insert into another table that makes a neighbouring partition match');
create function empty_street() returns text language sql as $$ select 'select p.id from poi p where p.size > 1980 and not exists (select from street s where s.city_id = p.city_id)' $$;
call learn(empty_street());
truncate street;
select is(wrong_rows(empty_street()), 0::bigint, 'a truncate of the table in the sub-select');
call learn(empty_street());
select is(wrong_rows(empty_street()), 0::bigint, 'after a refresh');

-- A truncate that keeps the file, in the transaction that made it
begin;
truncate street;
insert into street select i, i % 40, i from generate_series(1, 400) i;
call learn(empty_street());
truncate street;
select is(wrong_rows(empty_street()), 0::bigint, 'a second truncate in one transaction');
commit;
insert into street select i, i % 40, i from generate_series(1, 400) i;

-- Views: what they read counts as a whole
create function beside() returns text language sql as $$ select 'select p.id, n.id from poi p, neighbours n where p.city_id = n.city_id and p.size between 500 and 540 and n.kind = 5' $$;
call learn(beside());
select is(standing(beside()), 'restricted, fresh', 'a view whose partition column is another column of its table');
insert into poi values (3030, 31, 21, 5, 3030);
select is(wrong_rows(beside()), 0::bigint, 'a write that makes another partition match than its own');
call learn(beside());
update poi set other_city = 22 where id = 3030;
select is(wrong_rows(beside()), 0::bigint, 'an update of that column');

-- Self-joins
create function pairs() returns text language sql as $$ select 'select a.id, b.id from poi a, poi b where a.city_id = b.city_id and a.size > 1995 and b.size < 5' $$;
call learn(pairs());
insert into poi values (3040, 1, 1, 1, 3040);
select is(wrong_rows(pairs()), 0::bigint, 'a self-join inside a partition');
create function across() returns text language sql as $$ select 'select a.id, b.id from poi a, poi b where a.city_id = b.other_city and a.size > 1990 and b.size < 5' $$;
call learn(across());
insert into poi values (3041, 33, 36, 1, 1);
select is(wrong_rows(across()), 0::bigint, 'a self-join across partitions');

-- The own transaction
begin;
insert into poi values (3050, 35, 35, 3, 3050);
select is(wrong_rows(big()), 0::bigint, 'what the own transaction has written');
call learn(big());
insert into poi values (3051, 36, 36, 3, 3051);
select is(wrong_rows(big()), 0::bigint, 'what it writes after it has itself evaluated');
savepoint a;
insert into poi values (3052, 37, 37, 3, 3052);
rollback to a;
select is(wrong_rows(big()), 0::bigint, 'what it takes back');
select pg_current_xact_id() as own \gset
select ok(not pg_visible_in_snapshot(:'own', pc_snapshot()), 'the own transaction is never counted as seen');
commit;
select is(wrong_rows(big()), 0::bigint, 'afterwards');
begin isolation level repeatable read;
select is(wrong_rows(big()), 0::bigint, 'repeatable read');
insert into poi values (3053, 38, 38, 3, 3053);
select is(wrong_rows(big()), 0::bigint, 'and its own writes');
commit;
begin isolation level serializable;
insert into poi values (3054, 39, 39, 3, 3054);
select is(wrong_rows(big()), 0::bigint, 'serializable');
commit;

-- Inside triggers the statement has written and may not have logged yet
create table found (wrong bigint);
create function look() returns trigger language plpgsql as $$ begin insert into found values (wrong_rows(big())); return null; end $$;
create trigger look after insert on poi for each row execute function look();
create trigger "Look" after insert on poi for each statement execute function look();
call learn(big());
insert into poi values (3060, 34, 34, 3, 3060);
select results_eq('table found', 'values (0::bigint), (0)', 'a trigger reads what its statement has written');
drop trigger look on poi;
drop trigger "Look" on poi;

-- A snapshot by hand, as a user's own assertion
select partitioncache_set('city_id', 'mine', array[1, 2, 3]);
insert into poi values (3070, 4, 4, 3, 3070);
select is((select state from pc_entry_state('partitioncache', 'city_id', '{mine}')), 'asserted', 'key sets stored by hand are the user''s assertion');

-- Tables and columns that are altered
call learn(big());
alter table poi rename kind to class;
alter table poi rename size to kind;
alter table poi rename class to size;
select is(wrong_rows(big()), 0::bigint, 'columns that change their names');
select is(standing(big()), 'unchanged, aside', 'entries are those of other columns');
alter table poi rename kind to class;
alter table poi rename size to kind;
alter table poi rename class to size;
call learn(big());
drop view neighbours;
alter table poi alter size type text using 3000 - size;
select is(standing('select id from poi where size = ''x'''), 'unchanged', 'a column of another type');
alter table poi alter size type integer using size::integer;
select is(wrong_rows(big()), 0::bigint, 'and back, with other values');
call learn(big());
select is(standing(big()), 'restricted, fresh', 'entries are made anew');
alter table poi rename city_id to city;
insert into poi values (3080, 12, 12, 3, 3080);
alter table poi rename city to city_id;
select isnt(standing(big()), 'restricted, fresh', 'a write while the partition column had another name');
select is(wrong_rows(big()), 0::bigint, 'is not lost');
call learn(big());
alter table poi add column spare integer;
select is(wrong_rows(big()), 0::bigint, 'an added column');
call learn(big());
alter table poi rename to poi_2;
create table poi as select * from poi_2 where false;
insert into poi values (1, 13, 13, 3, 1999);
select is(wrong_rows(big()), 0::bigint, 'another table of that name');
drop table poi;
alter table poi_2 rename to poi;
create function small() returns text language sql as $$ select 'select id from poi where is_small(size) and kind = 3' $$;
call learn(small());
create or replace function is_small(size integer) returns boolean language sql immutable as 'select size > 1990';
select is(standing(small()) in ('unchanged, aside', 'restricted, aside, fresh'), true, 'a replaced function puts entries aside');
select is(wrong_rows(small()), 0::bigint, 'and the answer is right');

-- Trimming
call learn(big());
insert into poi values (3090, 14, 14, 3, 3090);
insert into poi values (3091, 15, 15, 3, 3091);
select is(pc_trim_changes('partitioncache') >= 0, true, 'trimming');
select is(wrong_rows(big()), 0::bigint, 'loses nothing that an entry needs');
select is(keys_of(big()) ~ '\m14 15\M', true, 'the changes are carried still');
call settle();
update partitioncache_log_trimmed set below = pg_snapshot_xmax(pg_current_snapshot());
select isnt(standing(big()), 'restricted, changed', 'an entry older than what was trimmed is put aside');
select is(wrong_rows(big()), 0::bigint, 'and the answer is right');
call learn(big());
select is(standing(big()), 'restricted, fresh', 'until it is evaluated again');
call settle();
delete from partitioncache_internal.partitioncache_cache_city_id;
insert into poi values (3092, 16, 16, 3, 3092);
select pc_trim_changes('partitioncache');
select is((select count(*) from partitioncache_changes_city_id), 0::bigint, 'without entries nothing needs to be kept');

-- What is trimmed: entries that need nothing of the log do not keep it
create table quiet (id integer, city_id integer);
insert into quiet select i, i % 40 from generate_series(1, 100) i;
create table still (id integer, city_id integer);
insert into still select i, i % 40 from generate_series(1, 100) i;
select partitioncache_track('quiet', 'city_id');
create function on_quiet() returns text language sql as $$ select 'select id from quiet where id > 95' $$;
create function on_still() returns text language sql as $$ select 'select id from still where id > 95' $$;
call learn(on_quiet());
call learn(on_still());
call learn(big());
insert into poi values (3100, 17, 17, 3, 3100);
delete from poi where id = 3100;
call settle();
call learn(big());
select pc_trim_changes('partitioncache');
select is((select count(*) from partitioncache_changes_city_id), 0::bigint, 'neither one on a table that is not written to, nor one on a table that is not tracked');
select is(standing(on_quiet()) || ', ' || standing(on_still()), 'restricted, fresh, restricted, fresh', 'both are used still');
insert into quiet values (1000, 21);
select is(standing(on_quiet()), 'restricted, changed', 'the one follows writes');
select is(wrong_rows(on_quiet()), 0::bigint, 'and is right');
call settle();
select pc_trim_changes('partitioncache');
select is((select string_agg(keys::text, ' ') from partitioncache_changes_city_id), '{21}', 'what it needs is kept');
insert into poi values (3101, 18, 18, 1, 1);
insert into quiet values (1001, 22);
analyze partitioncache_changes_city_id;
select is(pc_trim_changes('partitioncache', rows_kept => 2), 1::bigint, 'unless there is too much of it');
select is(standing(on_quiet()), 'unchanged, aside', 'then it is put aside');
select is(wrong_rows(on_quiet()), 0::bigint, 'and the answer is right');
call learn(on_quiet());
select is(standing(on_quiet()), 'restricted, fresh', 'until it is evaluated again');

-- The end of tracking
call learn(big());
select partitioncache_untrack('poi', 'city_id');
select is(standing(big()), 'unchanged, aside', 'puts entries aside');
call learn(big());
select is(standing(big()), 'restricted, fresh', 'and the next ones take the table for static');

-- Another cluster's entries
update partitioncache_internal.partitioncache_cache_city_id set evaluation.cluster = cluster + 1, evaluated_at = evaluated_at;
select is(standing(big()), 'unchanged, aside', 'entries of another cluster are put aside');
select alike((select e ->> 'reason' from partitioncache_explain(big(), 'city_id') x, jsonb_array_elements(x.entries) e limit 1), '%another database cluster%', 'and it is said why');
select * from finish();
