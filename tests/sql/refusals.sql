-- What storing, asserting and calling refuse, in one sentence each.
\ir _core.sql
select plan(6);

select throws_ok($$ select pc_evaluate_fragment('partitioncache', 'city_id', 'another', 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)', '{public.poi}', '{}') $$,
                 'PC001', 'the hash is not that of the fragment''s text', 'a fragment under a hash that is not its own');
select throws_ok('select partitioncache_assert_static(null)', 'PC001', 'a table and a cache are needed', 'no table to assert static');
select throws_ok('select partitioncache_retract_static(null)', 'PC001', 'a table and a cache are needed', 'nor to retract it of');
create view seen as select * from poi;
select throws_like('select partitioncache_assert_static(''seen'')', '%holds no rows of its own', 'a view is not asserted static, its tables are');
select throws_ok('select pc_call(''nothing'', ''{}'')', 'PC001', 'there is no operation "nothing"', 'an operation that there is not');
select is((select count(*) from partitioncache_internal.partitioncache_cache_city_id), 0::bigint, 'and nothing was stored');

select * from finish();
