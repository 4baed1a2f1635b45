-- How a fragment becomes a key set.
\ir _core.sql
select no_plan();
create function registration() returns partitioncache_internal.partitioncache_registration language sql as $$ select pc_registration('partitioncache', 'city_id') $$;
create function evaluate(fragment text, keyed text[] default '{public.poi}', parts text[] default '{}') returns bigint language sql as
$$ select pc_evaluate_fragment('partitioncache', 'city_id', pc_sha256(fragment), fragment, keyed, parts) $$;
create function latest() returns text language sql as $$ select hash from partitioncache_internal.partitioncache_cache_city_id order by evaluated_at desc limit 1 $$;
create function keys(hash text default latest()) returns integer[] language sql as $$ select array(select k from unnest(partitioncache_get('city_id', hash, null::integer)) k order by k nulls first) $$;
\set kind1 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'

-- The set
select is(evaluate(:'kind1'), (select count(distinct city_id) from poi where kind = 1), 'the number of keys');
select is(keys(), array(select distinct city_id from poi where kind = 1 order by 1 nulls first), 'the keys, null among them');
select ok((select matches_null from partitioncache_internal.partitioncache_cache_city_id) = exists (select from poi where kind = 1 and city_id is null), 'null is noted');
select is((select row((evaluation).keyed_tables, (evaluation).parts, (evaluation).deps, (evaluation).keyed, (evaluation).cluster, owner_name, query)::text from partitioncache_internal.partitioncache_cache_city_id), format('({public.poi},{},{%s},{%1$s},%s,postgres,"%s")', 'poi'::regclass::oid, pc_cluster(), :'kind1'), 'what is noted with them');
select is((select (evaluation).dep_states from partitioncache_internal.partitioncache_cache_city_id), array[pc_relation_state('poi'::regclass)], 'the state of the table');
select ok((select pg_snapshot_xmax((evaluation).snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) and (evaluation).milliseconds > 0 and evaluated_at <= clock_timestamp() from partitioncache_internal.partitioncache_cache_city_id), 'the snapshot is no newer than now');
select is(evaluate('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 99)'), 0::bigint, 'an empty set is a set');
select is(keys(), '{}'::integer[], 'it is stored');
select is(evaluate('SELECT DISTINCT t1.city_id FROM public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t1.id < t2.id)', '{public.poi,public.street}'), (select count(distinct p.city_id) from poi p join street s on p.city_id = s.city_id and p.id < s.id), 'a join');
select is(keys(), array(select distinct p.city_id from poi p join street s on p.city_id = s.city_id and p.id < s.id order by 1), 'its keys');

-- Both plans give the same
create function both_plans(fragment text, candidates integer[], null_possible boolean) returns text[] language plpgsql as $$
declare
    found text[];
begin
    -- The planner chooses; what it is made to think decides.
    perform set_config('enable_hashagg', 'on', true);
    select array[keys::text, with_null::text] into found from (select (select array_agg(k order by k) from unnest(r.keys) k) as keys, r.with_null from pc_run_read_only(pc_evaluation_statement(fragment, 'city_id', candidates, 'public.poi', null_possible), candidates) r) x;
    return found;
end
$$;
select is(both_plans(:'kind1', null, true), array[(select array_agg(distinct city_id order by city_id) from poi where kind = 1 and city_id is not null)::text, (select bool_or(city_id is null)::text from poi where kind = 1)], 'all candidates');
select is(both_plans(:'kind1', '{-3,0,1,2,3,4}', false), array[(select array_agg(distinct city_id order by city_id) from poi where kind = 1 and city_id in (-3, 0, 1, 2, 3, 4))::text, 'false'], 'some candidates');
select is(both_plans(:'kind1', '{}', false), array[null, 'false'], 'no candidates');
select doesnt_match(pc_evaluation_statement(:'kind1', 'city_id', null::integer[], 'public.poi', true), 'IS NOT NULL', 'null is found where it is possible');
select matches(pc_evaluation_statement(:'kind1', 'city_id', null::integer[], 'public.poi', false), 'IS NOT NULL', 'and left out where it is not');
select matches(pc_evaluation_statement(:'kind1', 'city_id', '{1}'::integer[], 'public.poi', true), 'IS NULL', 'as among candidates');
create table wide (city_id integer, x integer);
insert into wide select i % 200, i % 3 from generate_series(1, 20000) i;
create index on wide (city_id, x);
analyze wide;
select matches(pc_evaluation_statement('SELECT DISTINCT t1.city_id FROM public.wide t1 WHERE (t1.x = 1)', 'city_id', '{1,2}'::integer[], 'public.wide', false), 'LATERAL', 'frequent matches: each partition is probed');
select doesnt_match(pc_evaluation_statement('SELECT DISTINCT t1.city_id FROM public.wide t1 WHERE (t1.x = 77)', 'city_id', null::integer[], 'public.wide', false), 'LATERAL', 'rare ones: a join');
select cmp_ok(pc_statement_cost('select 1', '{}'::integer[]), '>', 0::float8, 'the cost of a statement');

-- Null keys
select ok(pc_null_possible(array['poi'::regclass]::oid[], 'city_id'), 'a column that may be null');
create table strict (city_id integer not null, x integer);
select ok(not pc_null_possible(array['strict'::regclass]::oid[], 'city_id'), 'NOT NULL');
select ok(not pc_null_possible(array['poi'::regclass, 'strict'::regclass]::oid[], 'city_id'), 'NOT NULL of one of two that are equated');
create table heir () inherits (strict);
select ok(pc_null_possible(array['strict'::regclass]::oid[], 'city_id'), 'NOT NULL of a table with children, which may lift it');
-- From PostgreSQL 18 on they may not; but a constraint may be there that was never checked.
select current_setting('server_version_num')::integer >= 180000 as modern \gset
\if :modern
    insert into heir values (3, 1);
    create table unchecked (city_id integer, x integer);
    insert into unchecked values (null, 1), (3, 1), (4, 2);
    alter table unchecked add constraint known not null city_id not valid;
    select ok(pc_null_possible(array['unchecked'::regclass]::oid[], 'city_id'), 'NOT NULL that was never checked');
    select * from restricted('select * from unchecked where x = 1', '{unchecked.city_id}', 'rows that it does not hold for');
    alter table unchecked rename column city_id to was;
    alter table unchecked drop constraint known;
    update unchecked set was = 5 where was is null;
    alter table unchecked add city_id integer generated always as (was + 1) virtual;
    select * from restricted('select * from unchecked where x = 1', '{unchecked.city_id}', 'a key that is generated when it is read');
    alter table unchecked add doubled integer generated always as (was * 2) virtual;
    select * from restricted('select * from unchecked where doubled = 10', '{unchecked.city_id}', 'a condition on a column that is generated when it is read');
\else
    alter table heir alter city_id drop not null;
    insert into heir values (null, 1), (3, 1);
\endif
select * from restricted('select * from strict where x = 1', '{strict.city_id}', 'a child''s null key');

-- Parts: only what they leave is looked at.
select partitioncache_set('city_id', 'part', array[1, 2, 3]);
select evaluate(:'kind1', parts => '{part}') is not null as evaluated;
select is(keys(), array(select distinct city_id from poi where kind = 1 and city_id in (1, 2, 3) order by 1), 'among the keys of its parts');
select partitioncache_set('city_id', 'part', '{}'::integer[]);
select is(evaluate(:'kind1', parts => '{part}'), 0::bigint, 'parts that leave nothing');
select partitioncache_set('city_id', 'part', array[null]::integer[]);
select evaluate('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 5)', parts => '{part}') is not null as evaluated;
select is(keys(), array[null]::integer[], 'parts that leave rows without a key');
select evaluate(:'kind1', parts => '{unknown}') is not null as evaluated;
select is(keys(), array(select distinct city_id from poi where kind = 1 order by 1 nulls first), 'parts that are not known');

-- Dependencies
create view seen as select p.id, p.city_id from poi p join kind k on k.kind = p.kind where upper(k.label) > 'A';
create function firm(integer) returns boolean language sql immutable as 'select $1 = 1';
select set_eq($$ select unnest(relations)::regclass::text from pc_fragment_dependencies('SELECT DISTINCT t1.city_id FROM public.seen t1 WHERE public.firm(t1.id)') $$, '{poi,kind,seen}'::text[], 'relations, through views');
select ok(row('pg_proc'::regclass, 'firm'::regproc)::pc_object = any ((pc_fragment_dependencies('SELECT DISTINCT t1.city_id FROM public.seen t1 WHERE public.firm(t1.id)')).closure), 'functions of one''s own');

-- What goes wrong is raised, and nothing is stored.
select partitioncache_delete('city_id', 'x') as deleted;
create function really_writes() returns boolean language plpgsql volatile as $$ begin insert into public.kind values (1000, 'written'); return true; end $$;
create function writes(integer) returns boolean language plpgsql immutable as $$ begin return public.really_writes(); end $$;
create function leaves(integer) returns boolean language plpgsql immutable as $$ begin perform set_config('transaction_read_only', 'off', false); insert into public.kind values (1000, 'written'); return true; end $$;
create function fails(integer) returns boolean language sql immutable as 'select 1 / ($1 - $1) = 1';
create function pathless(integer) returns boolean language sql immutable as 'select firm($1)';
select throws_ok(format('select evaluate(%L)', fragment), code, null, fragment)
from (values ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE public.writes(t1.kind)', '25006'), ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE public.leaves(t1.kind)', '25001'), ('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE public.fails(t1.kind)', '22012'),
    ('SELECT DISTINCT t1.city_id FROM public.poi t1; DROP TABLE public.poi', '42P11'), ('DELETE FROM public.poi', '42P11'), ('SELECT 1) f(k); DROP TABLE public.poi; --', '42601'), ('SELECT DISTINCT t1.city_id FROM public.nowhere t1', '42P01'), ('SELECT DISTINCT t1.city_id FROM poi t1', '42P01')) v(fragment, code);
select throws_ok($$ select pc_evaluate_fragment('partitioncache', 'nothing', 'x', 'SELECT 1', '{}', '{}') $$, 'PC002', null, 'a partition key that is not registered');
select is(partitioncache_exists('city_id', 'x'), false, 'nothing is stored');
select is((select count(*) from kind where kind = 1000), 0::bigint, 'nothing is written');
select has_table('poi', 'nothing is dropped');
select is(current_setting('transaction_read_only'), 'off', 'the session can write again');
select lives_ok($$ insert into kind values (1001, 'x') $$, 'and does');
select is((r).keys::text || (r).with_null::text, '{1}true', 'run read-only: keys and null') from (select pc_run_read_only('select 1 union all select null', '{}'::integer[]) r) x;
select throws_ok($$ select pc_run_read_only('select 1 from (insert into kind values (9) returning 1) x', '{}'::integer[]) $$, '42601', null, 'run read-only: no writing');

-- Tracked tables: only what changed is evaluated again, and deletes are noticed when all is.
select partitioncache_track('poi', 'city_id');
select evaluate(:'kind1') is not null as evaluated;
insert into poi values (5000, 555, 1, 'n', 1, '2024-01-01'), (5001, 556, 2, 'n', 1, '2024-01-01');
select is((select changed from pc_usable_entries(registration(), array[latest()])), 2::bigint, 'two partitions were written to');
select evaluate(:'kind1') is not null as evaluated;
select is(keys(), array(select distinct city_id from poi where kind = 1 order by 1 nulls first), 'after a refresh: what matches');
select is((select row(state, changed)::text from pc_entry_state('partitioncache', 'city_id', array[latest()])), '(fresh,0)', 'and it is fresh');
delete from poi where id = 5000;
select ok(555 = any (keys()), 'a delete cannot make a set wrong');
select is(rows_of(partitioncache_apply('select * from poi where kind = 1', 'city_id', method => 'literal')), rows_of('select * from poi where kind = 1'), 'rows after a delete');
update poi set city_id = null where id = (select min(id) from poi where kind = 1 and city_id is not null);
select evaluate(:'kind1') is not null as evaluated;
select is((select matches_null from partitioncache_internal.partitioncache_cache_city_id where hash = latest()), true, 'a key that became null');
select is(pc_key_source('SELECT DISTINCT t2.k FROM public.a t1, ONLY "B (".c t2 WHERE (t1.x = '' FROM public.z t2'')', 'k'), 'ONLY "B (".c', 'the table whose key is selected');
select is(pc_key_source('SELECT DISTINCT t2.k FROM public.a t1, ONLY "B (".c t2 WHERE (t1.x = t2.y)', 'Key'), '(SELECT s.k AS "Key" FROM ONLY "B (".c s)', 'where it is placed in another column');
select is(pc_key_source('SELECT DISTINCT date_trunc(''t2. FROM public.z t1''::text, t1.at) FROM public.a t1 WHERE (t1.x = 1)', 'k'), '(SELECT date_trunc(''t2. FROM public.z t1''::text, s.at) AS k FROM public.a s)', 'an expression');
select is((select r.keys from pc_evaluated_keys(registration(), 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 99)', '{}', null::integer, '{}') r), '{}'::integer[], 'evaluated keys');
select is(pc_evaluate(registration(), pc_sha256('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 99)'), 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 99)', '{public.poi}', '{}', null::integer), 0::bigint, 'evaluate, with a type');

-- What is known of a wider condition restricts how a narrower one is evaluated.
select partitioncache_track('poi', 'city_id');
set cpu_tuple_cost = 100;
\set wider 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 300) AND (t1.kind = 2)'
\set narrower 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 350) AND (t1.kind = 2)'
create function implied(fragment text) returns text[] language sql as $$ select pc_implied_entries(registration(), fragment, pc_fragment_form(fragment, registration())) $$;
select partitioncache_clear();
select is(implied(:'narrower'), '{}', 'nothing is known');
select ok(evaluate(:'wider') > 0, 'the wider one');
select is(implied(:'narrower'), array[pc_sha256(:'wider')], 'is implied by the narrower one');
select is(implied('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 250) AND (t1.kind = 2)'), '{}', 'not by one that is wider still');
insert into poi values (7000, 777, 2, 'in a city that the wider one does not have', 1, '2024-01-01');
delete from poi where kind = 2 and id > 300 and city_id = (select min(city_id) from poi where kind = 2 and id > 350);
select is(evaluate(:'narrower'), (select count(distinct city_id) from poi where id > 350 and kind = 2), 'what was written since is evaluated, too');
select is(keys(pc_sha256(:'narrower')), array(select distinct city_id from poi where id > 350 and kind = 2 order by 1 nulls first), 'its keys');
select partitioncache_set('city_id', pc_sha256(:'wider'), '{1}'::integer[], :'wider');
select ok(pc_sha256(:'wider') <> all (implied('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 340) AND (t1.kind = 2)')), 'nothing is derived from what somebody asserted');
reset cpu_tuple_cost;

select * from finish();
