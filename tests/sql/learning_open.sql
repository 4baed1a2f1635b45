-- What is opened often and takes long is pushed by partitioncache_open; what does not, and who may not, is left in peace.
select no_plan();

create function slowly(value integer) returns integer language plpgsql immutable cost 100000 as $$ begin perform pg_sleep(0.0006); return value; end $$;
create function slower(value integer) returns integer language plpgsql immutable cost 100000 as $$ begin perform pg_sleep(0.006); return value; end $$;
create table poi (id integer primary key, city_id integer, kind integer, note text);
insert into poi select i, i % 500, case when i % 500 < 20 then i % 7 else 7 end, 'poi ' || i from generate_series(1, 50000) i;
create index on poi (city_id);
create table slow as select n as id, n % 50 as city_id from generate_series(1, 50) n;
create index on slow (city_id);
analyze poi, slow;
create role opens;
create role reads;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on poi, slow to opens, reads;
grant select on all tables in schema tap to public;
select partitioncache_register('city_id', 'integer');
select partitioncache_grant('opens', 'push');
select partitioncache_grant('reads', 'read');
select partitioncache_update_processor_config(learn_after_ms => 40);

-- How many rows a cursor returns
create function opened(query text, method text default 'auto') returns bigint language plpgsql as $$
declare
    c refcursor := partitioncache_open(null, query, 'city_id', method => method);
    n bigint;
begin
    move forward all in c;
    get diagnostics n = row_count;
    close c;
    return n;
end $$;
create view noted as
select row_number() over (order by q.id) as n, q.query, q.owner::regrole::text as owner, q.queue, q.tracks, q.priority from partitioncache_internal.partitioncache_queue q;
grant select on noted to public;

-- A kind of query that takes thirty milliseconds
set role opens;
select is(opened('select city_id from slow where slowly(id) = 7'), 1::bigint, 'the first');
select is((select incoming from partitioncache_queue_lengths()), 0::bigint, 'once says nothing');
select is(opened('select city_id from slow where slowly(id) = 8'), 1::bigint, 'the second');
select is((select incoming from partitioncache_queue_lengths()), 1::bigint, 'what came more than once and takes long is pushed');
select is(opened('select city_id from slow where slowly(id) = 8'), 1::bigint, 'the same');
select is(opened('select city_id from slow where slowly(id) = 8'), 1::bigint, 'and again');
select is((select array_agg(query) from noted), '{"select city_id from slow where slowly(id) = 8"}'::text[], 'a query is pushed once');
select is((select row(n.owner, n.tracks, n.priority)::text from noted n), '(opens,t,0)', 'as the role that asked, behind what was pushed by hand');
do $$ begin for i in 1..10 loop perform partitioncache_internal.pc_call('time', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'city_id',
    'template', partitioncache_internal.pc_template('select city_id from slow where slowly(id) = 9', current_setting('search_path')), 'query', '', 'times', '{"original": [250]}'::jsonb,
    'noted', 'select city_id from slow where slowly(id) = 9', 'session', partitioncache_internal.pc_session(current_setting('search_path')))); end loop; end $$;
select is((select array_agg(query order by n) from noted), '{"select city_id from slow where slowly(id) = 8","select city_id from slow where slowly(id) = 9"}'::text[], 'another of the kind when it has taken much longer again');
reset role;
select partitioncache_clear_queue();
delete from partitioncache_internal.partitioncache_noted;

-- The processor tracks what it can, and evaluates
alter table poi owner to opens;
alter table slow owner to opens;
update partitioncache_internal.partitioncache_timing set timed = 1, runs = 1;
set role opens;
select is(opened('select city_id from slow where slowly(id) = 8'), 1::bigint, 'noted again');
select is((select count(*) from partitioncache_tracked_tables()), 0::bigint, 'the session that asks locks no table');
select ok(not exists (select from pg_locks l where l.relation = 'slow'::regclass and l.mode = 'ShareRowExclusiveLock'), 'indeed');
select partitioncache_process_queue(max_seconds => 60);
select is((select array_agg(t.relation::text) from partitioncache_tracked_tables() t), '{slow}', 'the processor tracks them');
select partitioncache_process_queue(max_seconds => 60);
select ok((select count(*) > 0 and bool_and(e.state = 'fresh') from partitioncache_entries('city_id') e), 'and evaluates');
select isnt(partitioncache_apply('select city_id from slow where slowly(id) = 8', 'city_id'), 'select city_id from slow where slowly(id) = 8', 'so that the query is restricted');
select is(opened('select city_id from slow where slowly(id) = 8'), 1::bigint, 'with the same rows');
insert into slow values (8, 49);
select is(opened('select city_id from slow where slowly(id) = 8'), 2::bigint, 'also when they change');
reset role;

-- Nothing for what is cheap
set role opens;
select opened('select * from poi where id = 7') from generate_series(1, 20);
select is((select count(*) from partitioncache_internal.pc_own_timing t where t.query ~ 'where id'), 0::bigint, 'what costs less than asking is not even timed');
select is((select count(*) from noted), 0::bigint, 'nor pushed');

-- What brings its rows one by one is not read to its end
select is(opened('select city_id from slow where slowly(id) + random() > 0'), 51::bigint, 'volatile');
select is((select count(*) from partitioncache_internal.pc_own_timing t where t.query ~ 'random'), 0::bigint, 'what is volatile is run once');
select is(opened('select city_id from slow where slower(id) > 0'), 51::bigint, 'it brings a row each six milliseconds');
select is((select array_agg(t.candidate) from partitioncache_internal.pc_own_timing t where t.query ~ '>'), '{unfinished}', 'and is not read to its end before it is fetched');
select is((select count(*) from partitioncache_gain() g where g.what ~ '>' and g.original_ms is not null), 0::bigint, 'which is no time of the query');
select is(opened('select city_id from slow where slower(id) > 1'), 50::bigint, 'another');
select is(opened('select city_id from slow where slower(id) > 2'), 49::bigint, 'and another');
select ok((select count(*) > 0 from noted n where n.query ~ '>'), 'it is pushed nevertheless');

-- Never where it may not
select opened('select city_id from slow where slowly(id) > 5');
select partitioncache_clear_queue();
reset role;
delete from partitioncache_internal.partitioncache_noted;
update partitioncache_internal.partitioncache_timing set timed = 1, runs = 1, ms = 50;
set role opens;
begin read only;
select is(opened('select city_id from slow where slowly(id) > 3'), 48::bigint, 'read only');
commit;
begin isolation level repeatable read;
select is(opened('select city_id from slow where slowly(id) > 3'), 48::bigint, 'of an old snapshot');
commit;
set statement_timeout = '900 ms';
select is(partitioncache_internal.pc_learning_sample('select city_id from slow where slowly(id) > 3', 'city_id', 'partitioncache', current_setting('search_path')), null, 'with little time');
reset statement_timeout;
select is(opened('select city_id from slow where slowly(id) > 3', 'literal'), 48::bigint, 'by another method');
select throws_ok('select opened(''select slowly(id) / 0 from slow'')', '22012', null, 'an error is the query''s own');
begin;
select is(opened('select city_id from slow where slowly(id) > 3'), 48::bigint, 'in a transaction that is undone');
rollback;
select is((select count(*) from noted), 0::bigint, 'nothing is pushed');
reset role;
set role reads;
select opened('select city_id from slow where slowly(id) > 40') from generate_series(1, 3);
select is((select count(*) from noted), 0::bigint, 'nor by a role that may not');
select is((select count(*) from partitioncache_internal.pc_own_timing), 0::bigint, 'whose queries are not timed for it');
select throws_ok('select * from partitioncache_internal.partitioncache_noted', '42501', null, 'the table is nobody''s');
select throws_ok('select partitioncache_internal.pc_note(1, ''{}'')', '42501', null, 'nobody notes for another');
select partitioncache_internal.pc_call('time', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'city_id', 'template', 'x', 'query', '', 'times', '{"original": [5000,5000]}'::jsonb,
    'noted', 'select city_id from slow', 'session', partitioncache_internal.pc_session('public')));
select is((select count(*) from noted), 0::bigint, 'not even by its inner door');
reset role;

-- The budget of a day, and how many may wait
select partitioncache_update_processor_config(learn_seconds => 0);
set role opens;
select opened('select city_id from slow where slowly(id) > 4') from generate_series(1, 2);
select is((select count(*) from noted), 0::bigint, 'without seconds, nothing');
reset role;
select partitioncache_update_processor_config(learn_seconds => 0.001);
set role opens;
select opened('select city_id from slow where slowly(id) > 4') from generate_series(1, 2);
reset role;
select ok((select sum(execution_time_ms) > 1 from partitioncache_internal.partitioncache_processor_log), 'the processor has worked for more than a millisecond');
select is((select count(*) from noted), 0::bigint, 'when these are used up, nothing');
select partitioncache_update_processor_config(learn_seconds => 600, learn_after_ms => 0);
create procedure note(query text) language sql as $$
    select partitioncache_internal.pc_call('time', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'city_id', 'template', query, 'query', '', 'times', '{"original": [5000,5000]}'::jsonb,
        'noted', query, 'session', partitioncache_internal.pc_session('public')))
$$;
set role opens;
do $$ begin for i in 1..8 loop call note(format('select city_id from slow where id = %s', i)); end loop; end $$;
select is((select count(*) from noted), 5::bigint, 'five wait, no more');
call note(repeat('x', 50001));
select is((select count(*) from noted), 5::bigint, 'no text that is very long');
reset role;
update partitioncache_internal.partitioncache_noted set noted_at = now() - interval '25 h';
select is(partitioncache_internal.pc_forget_notes('partitioncache'), 5::bigint, 'after a day they are forgotten');
select throws_ok('select partitioncache_update_processor_config(learn_seconds => -1)', 'PC001', 'learn_seconds is out of range', 'a budget has its range');
select throws_ok('select partitioncache_update_processor_config(learn_after_ms => -1)', 'PC001', 'learn_after_ms is out of range', 'so has a time');
drop owned by opens, reads;
drop role opens, reads;
select * from finish();
