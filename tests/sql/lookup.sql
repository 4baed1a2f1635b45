-- Which entries are used, and what they say together.
\ir _core.sql
select no_plan();
create function registration() returns partitioncache_internal.partitioncache_registration language sql as $$ select pc_registration('partitioncache', 'city_id') $$;

-- Several entries
select partitioncache_set('city_id', 'a', array[1, 2, 3, 4]);
select partitioncache_set('city_id', 'b', array[2, 3, 4, 9]);
select partitioncache_set('city_id', 'n', array[3, 9, null]);
select partitioncache_set('city_id', 'e', '{}'::integer[]);
select is(row(l.keys, l.matches_null, cardinality(l.usable), l.tracked)::text, expected, 'looked up: ' || hashes::text)
from (values ('{a}'::text[], '("{1,2,3,4}",f,1,f)'), ('{a,nothing}', '("{1,2,3,4}",f,1,f)'), ('{n}', '("{3,9}",t,1,f)'), ('{a,n}', '({3},f,2,f)'), ('{a,b,n}', '({3},f,3,f)'), ('{a,e}', '({},f,2,f)'), ('{nothing}', '(,,0,)'), ('{}', '(,,0,)')) v(hashes, expected),
    lateral pc_lookup(registration(), hashes, null::integer) l;
select is(row(i.keys, i.hits)::text, expected, 'intersect: ' || hashes::text)
from (values ('{n}'::text[], '("{3,9,NULL}",1)'), ('{a,n}', '({3},2)'), ('{nothing}', '(,0)')) v(hashes, expected), lateral partitioncache_intersect('city_id', hashes, null::integer) i;
select set_eq($$ select * from partitioncache_lookup('city_id', '{a,b}', 'public.poi', null::integer) $$, '{2,3,4}'::integer[], 'lookup: keys as rows');
select set_eq($$ select * from partitioncache_lookup('city_id', '{nothing}', 'public.poi', null::integer) $$, 'select distinct city_id from poi', 'lookup: all keys where nothing is known any more');
select set_eq($$ select * from partitioncache_lookup('city_id', '{e}', 'public.poi', null::integer) $$, '{}'::integer[], 'lookup: none where none match');
select is(pc_entry_keys(registration(), 'a', 0, false, null::integer), '{1,2,3,4}'::integer[], 'the keys of one entry');
select partitioncache_register('length', 'integer', 'bit');
select partitioncache_set('length', h, k) from (values ('a', array[-70, 1, 500]), ('b', array[1, 2, 500]), ('far', array[100000])) v(h, k);
select is(pc_intersect_bits(pc_registration('partitioncache', 'length'), '{a,b}', '{0,0}', null::integer), '{1,500}'::integer[], 'bits in common');
select is(pc_intersect_bits(pc_registration('partitioncache', 'length'), '{a,far}', '{0,0}', null::integer), '{}'::integer[], 'no bits in common');

-- Evaluated entries
select fill('select * from poi where kind = 1 and area > 50') is not null as filled;
select set_eq($$ select state, tracked from pc_entry_state('partitioncache', 'city_id') $$, $$ values ('static', false), ('asserted', false) $$, 'taken for static, and asserted by hand');
select is((select row(cardinality(usable), cardinality(used))::text from pc_lookup(registration(), array(select hash from partitioncache_internal.partitioncache_cache_city_id where evaluation is not null), null::integer)), '(3,1)', 'the whole says all that its parts say: only it is read');
select is((partitioncache_explain('select * from poi where kind = 1 and area > 50', 'city_id', method => 'literal')).hits, 3, 'three hits');
select is((select keys from partitioncache_explain('select * from poi where kind = 1 and area > 50', 'city_id', method => 'literal')), (select count(distinct city_id) from poi where kind = 1 and area > 50), 'exactly the partitions that match');
select is((e).entries -> 0 ->> 'tables', 'static', 'tables that are not tracked are taken to be static') from (select partitioncache_explain('select * from poi where kind = 1 and area > 50', 'city_id') e) x;

-- Writes
select partitioncache_track('poi', 'city_id');
select partitioncache_track('kind', 'city_id');
select fill(q) is not null as filled from unnest(array['select * from poi where kind = 1 and area > 50', 'select * from poi p, kind k where p.kind = k.kind and k.label = ''kind 2''', 'select * from street where length > 90']) q;
select is((select count(*) from pc_entry_state('partitioncache', 'city_id') where state in ('fresh', 'static')), (select count(*) from partitioncache_internal.partitioncache_cache_city_id where evaluation is not null), 'all fresh');
insert into poi values (2000, 777, 1, 'new', 99, '2024-01-01'), (2001, null, 1, 'new', 99, '2024-01-01');
select is((select row(state, changed, tracked)::text from pc_entry_state('partitioncache', 'city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'WHERE .t1.kind = 1.$'))), '(changed,2,t)', 'changed partitions ride along');
select ok(777 = any (partitioncache_get('city_id', (select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'WHERE .t1.kind = 1.$'), null::integer)), 'get has it');
select ok(array_position(partitioncache_get('city_id', (select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'WHERE .t1.kind = 1.$'), null::integer), null) is not null, 'and null');
select is((select tracked from pc_lookup(registration(), array(select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'WHERE .t1.kind = 1.$'), null::integer)), true, 'lookup says that it follows writes');
select is((select state from pc_entry_state('partitioncache', 'city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'street'))), 'static', 'an entry of other tables does not change');
select is(rows_of(partitioncache_apply(q, 'city_id', method => m)), rows_of(q), 'rows after a write, by ' || m || ': ' || q)
from unnest(array['select * from poi where kind = 1 and area > 50', 'select * from poi p, kind k where p.kind = k.kind and k.label = ''kind 2''']) q, unnest('{literal,subquery}'::text[]) m;
update kind set label = 'kind 2' where kind = 3;
select alike((select max(reason) from pc_entry_state('partitioncache', 'city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'label'))), 'public.kind was written to since, and a row of it can make any partition match', 'a write to a table without the partition column');
select is(rows_of(partitioncache_apply(q, 'city_id', method => m)), rows_of(q), 'rows after that, by ' || m) from unnest(array['select * from poi p, kind k where p.kind = k.kind and k.label = ''kind 2''']) q, unnest('{literal,subquery}'::text[]) m;
select is((select array_agg(root::regclass::text) from pc_tracked_roots('partitioncache', 'city_id', array['poi'::regclass, 'street'::regclass]::oid[])), '{poi}', 'which tables are tracked');
select is((select row(u.changed, u.matches_null, u.tracked, u.problem)::text from partitioncache_internal.partitioncache_cache_city_id e, pc_usable_entries(registration(), array[e.hash]) u where e.query ~ 'WHERE .t1.kind = 1.$'), '(2,t,t,)', 'what the log says');
select is((select array_agg(distinct row(w.relation::regclass, w.keys, w.whole, w.removal, w.keyed)::text) from partitioncache_written_city_id w join partitioncache_internal.partitioncache_cache_city_id e using (hash, role) where e.query ~ 'WHERE .t1.kind = 1.$'), '{"(poi,\"{777,NULL}\",f,f,t)"}', 'and to whom');
alter table poi disable trigger user;
select alike((select reason from pc_entry_state('partitioncache', 'city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'WHERE .t1.kind = 1.$'))), '%poi%', 'a disabled trigger: aside');
select partitioncache_track('poi', 'city_id');
select fill('select * from poi where kind = 1 and area > 50') is not null as filled;
select is((select array_agg(distinct state || '') from pc_entry_state('partitioncache', 'city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'kind = 1\)'))), '{fresh}', 'evaluated again: fresh');
update partitioncache_log_trimmed set below = '9000000000000000000' where partition_key = 'city_id';
select is((select distinct reason from pc_entry_state('partitioncache', 'city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id where query ~ 'kind = 1\)'))), 'the change log has been trimmed past it', 'a log that was trimmed too far: aside');
update partitioncache_log_trimmed set below = '0' where partition_key = 'city_id';

-- Rows as they were inside the statement: a repeatable read transaction sees its own time.
select fill('select * from poi where kind = 4') is not null as filled;
begin;
insert into poi values (3000, 888, 4, 'own', 1, '2024-01-01');
select bool_and(rows_of(partitioncache_apply('select * from poi where kind = 4', 'city_id', method => m)) = rows_of('select * from poi where kind = 4')) as same from unnest('{literal,subquery}'::text[]) m \gset
rollback;
select ok(:'same', 'one''s own uncommitted row');
select is(rows_of(partitioncache_apply('select * from poi where kind = 4', 'city_id', method => 'subquery')), rows_of('select * from poi where kind = 4'), 'after a rollback');

-- Counting
select hits as hits_before, misses as misses_before from pc_usage('partitioncache') \gset
select partitioncache_apply('select * from poi where kind = 4', 'city_id', method => 'literal') is not null as asked;
select partitioncache_apply('select * from poi where kind = 444', 'city_id') is not null as asked;
select is((select row(hits - :hits_before, misses - :misses_before)::text from pc_usage('partitioncache')), '(1,1)', 'one hit, one miss');
select is((select row(hits, misses)::text from pc_usage('nothing')), '(0,0)', 'a cache that nobody uses');
update partitioncache_entry_use set last_used = now() - interval '1 hour';
select pc_count_use((registration()).cache, (registration()).partition_key, array['a']) is null as counted;
select pc_count_use((registration()).cache, (registration()).partition_key, array['a']) is null as counted;
select is((select uses from partitioncache_entry_use where hash = 'a' and partition_key = 'city_id'), 1::bigint, 'use is counted once a minute');
select is(pc_counter('x', 'hits'), 'partitioncache_internal.x_hits', 'the counter');
begin read only;
select lives_ok($$ select pc_count_use((registration()).cache, (registration()).partition_key, array['a']) $$, 'a read-only transaction counts nothing');
commit;


-- What implied what
create function implied(query text) returns text[] language sql as $$
    select array_agg(distinct i order by i)
    from jsonb_array_elements((partitioncache_explain(query, 'city_id', method => 'literal')).entries) e, jsonb_array_elements_text(e -> 'implied') i
$$;
select partitioncache_clear('city_id') > 0 as cleared \gset
select fill('select * from poi where area > 190 and kind in (3, 4, 9)') > 0 as filled \gset
select is(implied('select id from poi p where area > 195 and kind = 9'), '{"poi.area > 195 implies poi.area > 190","poi.kind = 9 implies poi.kind in (3, 4, 9)"}', 'an explanation says what implied what');
select is(implied('select id from poi p where area > 195 and kind = 9'), '{"poi.area > 195 implies poi.area > 190","poi.kind = 9 implies poi.kind in (3, 4, 9)"}', 'of a known query, too');
select is(implied('select id from poi where area > 190'), '{"poi.area > 190 is said by both"}', 'what is said by both');
select is(implied('select id from poi where area > 189'), null, 'what is looser implies nothing');
select is(implied('select a.id from poi a, poi b, street s where a.city_id = b.city_id and s.city_id = b.city_id and b.kind = 4 and s.length < 5'), '{"poi#1.kind = 4 implies poi#1.kind in (3, 4, 9)"}', 'with the number of one of several tables of a name');
select fill('select * from poi where name is not null') > 0 as filled \gset
select is(implied('select id from poi where name = ''it''''s'''), '{"poi.name = ''it''''s'' implies poi.name is not null"}', 'a text is quoted');
-- Forms hold the constants of others' queries.
create role explains_only;
grant usage on schema public to explains_only;
grant select on poi to explains_only;
select partitioncache_grant('explains_only', 'read');
set role explains_only;
select e.entries from partitioncache_explain('select id from poi where area > 195', 'city_id', method => 'literal') e \gset
select count(form) as forms from partitioncache_internal.partitioncache_entries_city_id \gset
reset role;
select is(jsonb_array_length(:'entries'::jsonb), 1, 'who may use an entry of others is told that it is used');
select is(:'entries'::jsonb -> 0 -> 'implied', null, 'but not what it says');
select is(:forms, 0, 'nor anywhere else');
select * from finish();
