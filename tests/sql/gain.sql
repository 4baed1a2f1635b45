-- What queries took with and without, what was saved by that, and what becomes of those that are slower.
select no_plan();

create table poi (id integer primary key, city_id integer, kind integer, note text);
insert into poi select i, i % 500, case when i % 500 < 20 then i % 7 else 7 end, 'poi ' || i from generate_series(1, 50000) i;
create index on poi (city_id);
analyze poi;
create role gain_one;
create role gain_two;
create role gain_watches;
create role gain_nobody;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on all tables in schema tap to public;
grant select on poi to gain_one, gain_two;
select partitioncache_register('city_id', 'integer');
select partitioncache_assert_static('poi');
select partitioncache_push('select * from poi where kind = 1', 'city_id');
select partitioncache_process_queue(max_seconds => 60);
select partitioncache_grant('gain_one', 'read');
select partitioncache_grant('gain_two', 'read');
select partitioncache_grant('gain_watches', 'monitor');

-- Templates
select is(partitioncache_internal.pc_template_text(query), template, query)
from (values ('select * from poi where kind = 1', 'select * from poi where kind = ?'),
             ('select * /* by hand */ from poi -- here' || E'\n' || 'where kind in (1, 22,  333) ;', 'select * from poi where kind in (?, ...)'),
             ('select ''it''''s'', e''a'' || a1, 1.5 from "b2"', 'select ?, ... || a1, ? from "b2"')) c(query, template);

select is(partitioncache_internal.pc_template_text(repeat(' ', 50001)), null, 'no template of what is very long');
select is(partitioncache_internal.pc_template(repeat(' ', 50001), 'public'), null, 'and no digest');

set role gain_one;
select isnt(partitioncache_apply('select * from poi where kind = 1', 'city_id'), 'select * from poi where kind = 1', 'a query is restricted');
select lives_ok($$ select partitioncache_record_times('select * from poi where kind = 1', 'city_id', restricted => '{4,6}') $$, 'its time is told');
select is((select row(g.restricted_runs, g.restricted_ms, g.original_ms, g.saved_ms, g.slower)::text from partitioncache_gain() g), '(2,4,,0,f)', 'nothing is saved yet: the original was never timed');
select partitioncache_record_times('select * from poi where kind = 5', 'city_id', original => '{100,110,90}', restricted => '{10}', restricted_runs => 3, lost_ms => 7);
select is((select row(g.what, g.restricted_runs, g.restricted_ms, g.original_ms, g.saved_ms, g.slower)::text from partitioncache_gain() g),
          '("select * from poi where kind = ?",5,6,100,453,f)', 'all runs are settled when it was: 5 x 100 - (4 + 6 + 3 x 10) - 7');
select is((select saved_ms from partitioncache_status()), 453::double precision, 'in the status, too');
select is((select array_agg(g.what) from partitioncache_gain(grouped => 'fragment') g), (select array_agg(e.hash) from partitioncache_entries('city_id') e), 'the fragment that did it');
select is((select row(g.at, g.restricted_runs, g.saved_ms)::text from partitioncache_gain(grouped => 'hour') g), (select row(date_trunc('hour', now()), 5, 453)::text), 'and the hour');
select partitioncache_record_times('select id from poi where id > 5', 'city_id', original => '{1}', restricted => '{1}');
select lives_ok($$ select * from partitioncache_gain(grouped => 'fragment') $$, 'also where a query had no entry');
select throws_ok($$ select * from partitioncache_gain(grouped => 'year') $$, 'PC001', 'gain cannot be grouped by "year"', 'there are no years');
select throws_ok($$ select partitioncache_record_times(null, 'city_id') $$, 'PC001', null, 'a query is needed');
select lives_ok($$ select partitioncache_record_times('select * from poi where kind = $1', 'city_id', original => '{5}', params => '{1}') $$, 'with parameters');

-- What is slower is left alone
select partitioncache_record_times('select * from poi where kind = 1', 'city_id', original => '{1,1,1,1,1}', restricted => '{9,9,9,9,9}');
select is(partitioncache_apply('select * from poi where kind = 1', 'city_id'), 'select * from poi where kind = 1', 'it was slower: left alone');
select is(partitioncache_apply('select * from poi where kind = 1', 'city_id'), 'select * from poi where kind = 1', 'also the second time');
select matches((partitioncache_explain('select * from poi where kind = 1', 'city_id')).reason, '^it was measured: restricted, such queries took', 'explain says so');
select isnt(partitioncache_apply('select * from poi where kind = 1', 'city_id', method => 'literal'), 'select * from poi where kind = 1', 'but for a method that was asked for');
select is((select g.slower from partitioncache_gain() g where g.what ~ '= [?]$'), true, 'the gain says so');
reset role;
set role gain_two;
select isnt(partitioncache_apply('select * from poi where kind = 1', 'city_id'), 'select * from poi where kind = 1', 'what one role says counts for nobody else');
select is((select count(*) from partitioncache_gain()), 0::bigint, 'nor is it shown');
select is((select count(*) from partitioncache_gain(grouped => 'hour')), 0::bigint, 'at no time');
select throws_ok('select * from partitioncache_internal.partitioncache_timing', '42501', null, 'the table is nobody''s');
select throws_ok('select * from partitioncache_internal.partitioncache_gain_log', '42501', null, 'and the log');
select throws_ok('select partitioncache_internal.pc_do_time(1, ''{}'')', '42501', null, 'nobody tells times for another');
reset role;
set role gain_watches;
select is((select row(g.what, g.original_ms, g.slower)::text from partitioncache_gain() g where g.slower), '(,1,t)', 'who monitors sees figures without texts');
select ok((select sum(g.restricted_runs) = 10 from partitioncache_gain(grouped => 'day') g), 'and days');
select throws_ok($$ select partitioncache_record_times('select 1', 'city_id') $$, '42501', null, 'but tells nothing');
reset role;
set role gain_nobody;
select throws_ok('select * from partitioncache_gain()', '42501', null, 'nobody else sees anything');
reset role;

-- After a day it is tried again
update partitioncache_internal.partitioncache_timing set measured_at = now() - interval '25 h';
select partitioncache_internal.pc_trim_timings('partitioncache');
set role gain_one;
select isnt(partitioncache_apply('select * from poi where kind = 1', 'city_id'), 'select * from poi where kind = 1', 'after a day it is restricted again');
reset role;

-- Cursors are measured now and then
create table opened (n integer, rows bigint);
grant all on opened to gain_two;
create function open_forty() returns void language plpgsql as $$
declare
    c refcursor;
    r record;
    n bigint;
begin
    for i in 1..40 loop
        c := partitioncache_open(('c' || i)::refcursor, 'select * from poi where kind = 2', 'city_id');
        n := 0;
        loop
            fetch c into r;
            exit when not found;
            n := n + 1;
        end loop;
        close c;
        insert into opened values (i, n);
    end loop;
end $$;
set role gain_two;
select open_forty();
select is((select array_agg(distinct rows) from opened), array[(select count(*) from poi where kind = 2)], 'all rows are there each time');
reset role;
select partitioncache_push('select * from poi where kind = 2', 'city_id');
select partitioncache_process_queue(max_seconds => 60);
truncate opened;
set role gain_two;
select open_forty();
select is((select array_agg(distinct rows) from opened), array[(select count(*) from poi where kind = 2)], 'also when they are restricted');
select ok((select g.restricted_runs >= 3 and g.restricted_ms > 0 from partitioncache_gain() g), 'the first three are measured');
reset role;
select partitioncache_update_processor_config(compare_share => 0);
set role gain_two;
select is((select s.candidate from partitioncache_internal.pc_sample('select * from poi where kind = 2', 'partitioncache', current_setting('search_path')) s), null, 'nothing is measured if nobody wants it');
reset role;
select throws_ok('select partitioncache_update_processor_config(compare_share => 2)', 'PC001', null, 'a share is no more than all');

-- With another number of entries for each, and with none
set role gain_two;
select partitioncache_record_times('select name from poi', 'city_id', original => '{3}', restricted => '{1}');
select partitioncache_record_times('select note from poi where kind = 1', 'city_id', original => '{3}', restricted => '{1}');
reset role;
update partitioncache_internal.partitioncache_timing set hashes = '{a,b}' where query ~ '^select note' and candidate = 'restricted';
select is((select array_agg(row(g.what, g.saved_ms)::text order by g.what) from partitioncache_gain(grouped => 'fragment') g where g.what in ('a', 'b')), '{"(a,1)","(b,1)"}', 'what a query saved is divided between its entries');
select ok((select count(*) > 2 from partitioncache_gain()), 'queries without entries are there, too');

-- What is absurd does no harm
set role gain_one;
select lives_ok(format('select partitioncache_record_times(%L, ''city_id'', original => %L)', query, times), query)
from (values ('this is no query', '{1}'), ('', '{}'), ('select 1', '{-5}'), ('select 2, 3', '{NaN,Infinity,null}'), (repeat('x', 60000), '{1}')) c(query, times);
select is((select min(g.original_ms) from partitioncache_gain() g), 0::double precision, 'no time is less than none');
select lives_ok($$ select partitioncache_record_times('select 2, 3', 'city_id', restricted => '{-Infinity,NaN}', restricted_runs => 'Infinity', lost_ms => 'NaN') $$, 'not even infinitely many runs');
select ok((select abs(saved_ms) < 1e15 from partitioncache_status()), 'what is shown remains a number');
begin read only;
select throws_ok($$ select partitioncache_record_times('select 1', 'city_id', '{1}') $$, 'PC009', null, 'not where nothing is written');
rollback;
reset role;
delete from partitioncache_internal.partitioncache_timing where owner = 'gain_two'::regrole;
insert into partitioncache_internal.partitioncache_timing (owner, cache, partition_key, template, candidate, query)
select 'gain_two'::regrole, 'partitioncache', 'city_id', i, 'original', '' from generate_series(1, 4000) i;
set role gain_two;
select partitioncache_record_times('select 1', 'city_id', '{1}');
select is((select count(*) from partitioncache_internal.pc_own_timing), 4000::bigint, 'there is an end to what is kept');
reset role;
select partitioncache_internal.pc_trim_timings('partitioncache');
select is((select count(*) from partitioncache_internal.partitioncache_timing where owner = 'gain_two'::regrole), 2000::bigint, 'and to what stays');
drop owned by gain_one, gain_two, gain_watches;
drop role gain_one, gain_two, gain_watches, gain_nobody;
select partitioncache_internal.pc_forget_roles('partitioncache');
select is((select count(*) from partitioncache_internal.partitioncache_timing), 0::bigint, 'nothing is kept of a role that is gone');
select * from finish();
