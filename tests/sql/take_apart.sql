-- What a client that evaluates by itself asks: fragments to evaluate, and to evaluate one.
select no_plan();

create role apart_pusher login;
create role apart_filler login;
create role apart_reader login;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on all tables in schema tap to public;
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 400, case when i % 400 < 20 then i % 7 else 9 end from generate_series(1, 4000) i;
create table secret (city_id integer, code integer);
analyze poi;
grant select on poi to public;
prepare apart as select fragment, held from partitioncache_take_apart('select * from poi where kind = 3 and id > 100', 'city_id') order by 1;

select results_eq('apart', $$ values ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 100)', false), ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 100) AND (t1.kind = 3)', false),
                                     ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 3)', false) $$, 'the fragments of a query, which are not held');
select results_eq('select partition_key, datatype, storage from partitioncache_partition_keys()', $$ values ('city_id', 'integer', 'array') $$, 'its partition key is registered by use');
select results_eq('select relation::text from partitioncache_tracked_tables()', $$ values ('poi') $$, 'its table is tracked');
select is((select count(*) from partitioncache_queue), 0::bigint, 'nothing is queued');
select is((select count(*) from partitioncache_take_apart('select * from poi where kind = 3', 'city_id', 'bits', 'bit')), 1::bigint, 'another storage');
select results_eq($$ select storage from partitioncache_partition_keys('bits') $$, $$ values ('bit') $$, 'as it was asked for');

select is(partitioncache_evaluate('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 3)', 'city_id', '{public.poi}', '{}'), (select count(distinct city_id) from poi where kind = 3), 'evaluated: its keys');
select is(partitioncache_evaluate('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 100)', 'city_id', '{public.poi}', '{}'), null, 'what leaves most partitions has none');
select results_eq('apart', $$ values ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 100)', false), ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 100) AND (t1.kind = 3)', false),
                                     ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 3)', true) $$, 'one is held now');
select matches(partitioncache_apply('select * from poi where kind = 3 and id > 7', 'city_id', method => 'literal'), 'city_id', 'and restricts a query');
select results_eq($$ select distinct hash = encode(sha256(query::bytea), 'hex') from partitioncache_entries('city_id') $$, $$ values (true) $$, 'its name is that of its text');

select results_eq($$ select hash, fragment, reason from partitioncache_take_apart('select * from poi where random() < 0.5', 'city_id') $$,
                  $$ values (null::text, null::text, 'it calls random, which is volatile: fewer rows read would mean fewer calls') $$, 'of what cannot be cached, the reason');
select throws_ok(call, code, null, call) from (values
    ($$ select partitioncache_take_apart(null, 'city_id') $$, 'PC001'),
    ($$ select partitioncache_take_apart('select * from poi', 'nothing') $$, 'PC002'),
    ($$ select partitioncache_take_apart('select * from poi', 'city_id', 'c', 'paper') $$, 'PC001'),
    ($$ select partitioncache_take_apart('delete from poi', 'city_id') $$, 'PC005'),
    ($$ select partitioncache_take_apart('select * from nowhere', 'city_id') $$, '42P01'),
    ($$ select partitioncache_evaluate('SELECT 1', 'city_id', null, '{}') $$, 'PC001'),
    ($$ select partitioncache_evaluate('SELECT 1', 'nothing', '{}', '{}') $$, 'PC002'),
    ($$ select partitioncache_evaluate('DELETE FROM public.poi', 'city_id', '{}', '{}') $$, '42P11')) t(call, code);
begin read only;
select throws_ok($$ select partitioncache_take_apart('select * from poi', 'city_id') $$, 'PC009', null, 'in a read-only transaction nothing is taken apart');
select throws_ok($$ select partitioncache_evaluate('SELECT 1', 'city_id', '{}', '{}') $$, 'PC009', null, 'nor evaluated');
commit;

-- Rights are those of whoever pushes.
select partitioncache_grant('apart_pusher', 'push'), partitioncache_grant('apart_filler', 'fill'), partitioncache_grant('apart_reader', 'read');
set role apart_reader;
select throws_ok($$ select partitioncache_take_apart('select * from poi', 'city_id') $$, '42501', null, 'read: nothing is taken apart');
select throws_ok($$ select partitioncache_evaluate('SELECT 1', 'city_id', '{}', '{}') $$, '42501', null, 'read: nothing is evaluated');
set role apart_pusher;
select throws_ok($$ select partitioncache_take_apart('select * from poi where kind = 3', 'city_id', 'bits') $$, 'PC007', null, 'another cache');
select throws_ok($$ select partitioncache_evaluate('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 3)', 'city_id', '{public.poi}', '{}', 'bits') $$, 'PC007', null, 'another cache');
select throws_ok($$ select partitioncache_take_apart('select * from secret where code = 1', 'city_id') $$, '42501', null, 'a table that the role may not read');
select throws_ok($$ select partitioncache_evaluate('SELECT DISTINCT t1.city_id FROM public.secret t1', 'city_id', '{public.secret}', '{}') $$, '42501', 'permission denied for table secret', 'a fragment of it');
select is(partitioncache_evaluate(fragment, 'city_id', keyed_tables, parts), (select count(distinct city_id) from poi where kind = 4), 'what it may read is evaluated')
from partitioncache_take_apart('select * from poi where kind = 4', 'city_id');
set role apart_filler;
select results_eq($$ select held from partitioncache_take_apart('select * from poi where kind = 4', 'city_id') $$, $$ values (false) $$, 'for the role alone that did it');
select is(partitioncache_evaluate(fragment, 'city_id', keyed_tables, parts), (select count(distinct city_id) from poi where kind = 5), 'by a role that may fill')
from partitioncache_take_apart('select * from poi where kind = 5', 'city_id');
set role apart_pusher;
select results_eq($$ select held from partitioncache_take_apart('select * from poi where kind = 5', 'city_id') $$, $$ values (true) $$, 'for everybody');
reset role;

drop owned by apart_pusher, apart_filler, apart_reader cascade;
drop role apart_pusher, apart_filler, apart_reader;
select * from finish();
