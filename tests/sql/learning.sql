-- What of a query is learned, and in which order.
select no_plan();

create table poi as select i as id, i % 50 as city_id, i % 7 as kind, i % 5 as stars, i % 3 as height from generate_series(1, 1000) i;
create table street as select i as id, i % 50 as city_id, i % 11 as kind, i % 3 as height from generate_series(1, 500) i;
analyze poi, street;
select partitioncache_register('city_id', 'integer');
create function ranks(query text) returns table (rank text, tables bigint, conjuncts bigint) language sql as $$
    select r.rank, cardinality(f.tables), cardinality(f.conjuncts)
    from (select (pc_take_apart(query, 'city_id', 'partitioncache', pc_session('public'))).fragments) t,
         pc_learning_ranks(t.fragments) r, lateral (select * from unnest(t.fragments) u where u.hash = r.hash limit 1) f
$$;
create function learned(query text) returns setof text language sql as $$
    select regexp_replace(f.fragment, '^SELECT DISTINCT t1.city_id FROM ', '') from pc_learned_first(query, 'city_id', 'partitioncache', pc_session('public')) f
$$;

\set join 'select * from poi p, street s where p.city_id = s.city_id and p.kind = 3 and p.stars > 2 and s.kind = 5 and p.height < s.height'
select results_eq(format('select learned(%L)', :'join'), array[
    'public.poi t1 WHERE (t1.kind = 3)', 'public.poi t1 WHERE (t1.stars > 2)', 'public.street t1 WHERE (t1.kind = 5)',
    'public.poi t1 WHERE (t1.kind = 3) AND (t1.stars > 2)',
    'public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t1.height < t2.height) AND (t1.kind = 3) AND (t1.stars > 2) AND (t2.kind = 5)'],
    'the conditions on each table, each and all; then the whole');
select set_eq(format('select distinct rank from ranks(%L) where tables = 2 and conjuncts < 5', :'join'), '{weaker}'::text[], 'what is between is weaker');
select results_eq($$ select learned('select * from poi where kind = 3') $$, array['public.poi t1 WHERE (t1.kind = 3)'], 'one condition');
select results_eq($$ select learned('select * from poi p, street s where p.city_id = s.city_id and p.height < s.height') $$,
    array['public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t1.height < t2.height)'], 'nothing but a link is a whole');
select is_empty($$ select learned('select * from poi p, street s where p.city_id = s.city_id') $$, 'equal keys alone are nothing');
select ok('public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t1.height < t2.height)' in (select learned(
    'select p.id from poi p, street s where p.city_id = s.city_id and p.height < s.height
     union all select a.id from poi a, street b where a.city_id = b.city_id and a.height < b.height and a.kind = 3')), 'the whole of one block, though it is a part in another');

select partitioncache_push(:'join', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 6, 'so much is done for a query');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,0)', 'and nothing more is queued');

select * from finish();
