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

-- What is between costs a little to note: with a large budget only.
select partitioncache_update_processor_config(learning_budget => 100);
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

select is((select count(*) from pc_own_learning where state = 'deferred' and rank = 'weaker' and credit = 0), 2::bigint, 'what is between is deferred');
select ok((select bool_and(cost > 0 and kept between 0 and 1 and query is not null) from pc_own_learning), 'with its cost, and what it would leave');
select ok((select bool_and(cost > 0 and time_limit >= interval '1 s') from partitioncache_processor_log where queue = 'outgoing'), 'the log says what was expected, and how long it might take');

select partitioncache_update_processor_config(learning_budget => 1);

-- What may be spent
create function priced(fragments text, allowance double precision) returns text language sql as $$
    select string_agg(hash || ' ' || verdict || case when credit > 0 then ' ' || credit else '' end, ', ' order by hash) from pc_priced(fragments::jsonb, allowance)
$$;
select is(pc_allowance(50000, 1)::text, '(62500,37500,12500)', 'a budget, and what the query itself would save');
select is(pc_allowance(3, 0.5)::text, '(7500,7500,5000)', 'a cheap query counts as one that is worth counting');
select is(pc_allowance(null, 1)::text, '(Infinity,Infinity,Infinity)', 'without an estimate there is no limit');
select is(priced('[{"hash": "a", "rank": "own", "scanned": "t", "cost": 40}, {"hash": "b", "rank": "own", "scanned": "t", "cost": 50}, {"hash": "w", "rank": "whole", "cost": 40}]', 100),
    'a learned, b learned, w learned', 'a table is scanned once');
select is(priced('[{"hash": "a", "rank": "own", "scanned": "t", "cost": 40}, {"hash": "w", "rank": "whole", "cost": 70}]', 100), 'a deferred 30, w learned', 'what is left is kept for later');
select is(priced('[{"hash": "a", "rank": "own", "scanned": "t", "cost": 80, "kept": 0.9}, {"hash": "b", "rank": "own", "scanned": "t", "cost": 90, "kept": 0.1}]', 100), 'a deferred 10, b learned', 'where a scan for both is too dear, what leaves least is found out');
select is(priced('[{"hash": "a", "rank": "own", "scanned": "t", "cost": 40}, {"hash": "w", "rank": "whole", "cost": 170, "credit": 120}]', 100), 'a learned, w learned', 'and spent then');
select is(priced('[{"hash": "a", "rank": "own", "scanned": "t", "cost": 400}, {"hash": "b", "rank": "own", "scanned": "t", "cost": 10}]', 100), 'a deferred 90, b learned', 'where a scan is too dear, what an index finds is not');
create function priced_beside(fragments text, allowance double precision, beside double precision) returns text language sql as $$
    select string_agg(hash || ' ' || verdict || case when credit > 0 then ' ' || credit else '' end, ', ' order by hash) from pc_priced(fragments::jsonb, allowance, 0, beside)
$$;
\set both '[{"hash": "a", "rank": "own", "scanned": "t", "cost": 30}, {"hash": "b", "rank": "own", "scanned": "u", "cost": 10}, {"hash": "w", "rank": "whole", "cost": 40}]'
select is(priced_beside(:'both', 100, 25), 'a deferred 50, b learned, w learned', 'beside the whole, only what costs little');
select is(priced_beside(replace(:'both', '40', '400'), 100, 25), 'a learned, b learned, w deferred 60', 'but all of it where the whole is too dear');
select is(priced_beside(replace(:'both', '30', '30, "credit": 50'), 100, 25), 'a learned, b learned, w learned', 'or when it was paid for before');
select is(priced('[{"hash": "j", "rank": "weaker", "cost": 1}, {"hash": "k", "rank": "weaker", "cost": 1, "credit": 1}]', 100), 'j deferred, k learned', 'joins between are bought by credit alone');
select is(priced('[{"hash": "a", "rank": "whole", "cost": 1, "state": "forbidden"}, {"hash": "b", "rank": "whole", "cost": 900, "state": "forced"}, {"hash": "c", "rank": "whole", "cost": 1, "state": "unselective"}]', 100),
    'a forbidden, b learned, c unselective', 'what an administrator says holds');

-- A query that costs little, and can tell much: what is learned from it costs no more than it has cost so far.
create table big as select i as id, i % 500 as city_id, i % 997 as kind, i % 10 as stars, i % 17 as height from generate_series(1, 200000) i;
analyze big;
select partitioncache_clear_queue(), partitioncache_clear();
select partitioncache_update_processor_config(race_budget => 0);
select is((select count(*) from pc_own_learning), 0::bigint, 'clearing forgets what was deferred');
\set dear 'select * from big a, big b where a.city_id = b.city_id and a.height + b.height = 32 and a.stars = 9 limit 5'
select partitioncache_push(:'dear', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 2, 'the query and the condition on one table');
select is((select string_agg(rank || (credit > 0), ', ' order by rank) from pc_own_learning where rank <> 'weaker'), 'wholetrue', 'the whole is deferred');
select credit as before from pc_own_learning where rank = 'whole' \gset
select partitioncache_push(:'dear', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'asked again');
select ok((select credit > :before and asked = 2 from pc_own_learning where rank = 'whole'), 'its credit grows');
update partitioncache_internal.partitioncache_learning set credit = cost where rank = 'whole';
select partitioncache_push(:'dear', 'city_id');
select is(partitioncache_process_queue(max_items => 1), 1, 'asked once more');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,1)', 'when the credit has reached its cost, it is queued');
select is((select count(*) from pc_own_learning where rank = 'whole'), 0::bigint, 'and its credit is spent');
select partitioncache_clear_queue();
select partitioncache_update_processor_config(learning_budget => 1000);
select partitioncache_push(:'dear' || ' offset 1', 'city_id');
select is(partitioncache_process_queue(max_items => 1), 1, 'with a larger budget');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,1)', 'it is learned at once');
select partitioncache_clear_queue();
select throws_ok('select partitioncache_update_processor_config(learning_budget => -1)', 'PC001', 'learning_budget is out of range', 'a budget has its range');
select is(pc_trim_learning('partitioncache'), 0::bigint, 'there is not too much');

-- What is said of one table is found out in one scan.
select partitioncache_update_processor_config(learning_budget => 1);
select partitioncache_clear();
truncate partitioncache_internal.partitioncache_processor_log;
create function held() returns table (text text, right_keys boolean) language plpgsql as $$
declare one record; wanted integer[];
begin
    for one in select e.query, e.keys from partitioncache_cache_city_id e order by e.query loop
        execute format('select array(select k from (%s) q(k) where k is not null order by 1)', one.query) into wanted;
        text := replace(one.query, 'SELECT DISTINCT t1.city_id FROM ', '');
        right_keys := wanted = array(select k from unnest(one.keys) k order by 1);
        return next;
    end loop;
end
$$;
insert into big values (-1, null, 11, 3, 5);
select partitioncache_push_many(array['select * from big where kind = 11 and stars = 3', 'select * from big where kind = 12', 'select * from big where height = 1 and kind in (1, 2) and stars < 2'], 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 11, 'three queries, eight fragments');
select is((select count(*) from held() where right_keys), (select entries from partitioncache_partition_keys()), 'each has the keys that it has alone');
select ok((select matches_null from partitioncache_cache_city_id where query like '%(t1.kind = 11)'), 'and rows without a key');
select ok((select count(distinct round(evaluation_ms::numeric, 3)) = 1 from partitioncache_entries('city_id') where query like '%t1.stars%kind%' or query like '%t1.kind = 1_)'), 'in one scan');
create function risky(integer) returns boolean immutable language sql as 'select 100 / ($1 - 5) > 3';
select partitioncache_clear(), partitioncache_push_many(array['select * from big where kind = 21 and stars > 7', 'select * from big where risky(stars)', 'select * from big where height = 3 and kind = 22'], 'city_id');
truncate partitioncache_internal.partitioncache_processor_log;
select ok(partitioncache_process_queue(max_seconds => 60) >= 8, 'one condition raises an error');
select is((select array_agg(status || coalesce(': ' || error_msg, '')) from partitioncache_processor_log where status = 'failed'), '{failed: division by zero}', 'its own item fails');
select is((select count(*) from held() where right_keys), (select entries from partitioncache_partition_keys()), 'the others are found one by one');
select partitioncache_clear_queue();

-- What leaves most partitions is worth nothing.
select partitioncache_clear();
create table many as select i as id, i % 5000 as city_id, i % 3 as kind, case when i % 5000 < 100 then i % 7 end as rare, i % 10 as stars from generate_series(1, 300000) i;
create index on many (city_id);
create index on many (rare);
analyze many;
select pg_stat_force_next_flush();
truncate partitioncache_internal.partitioncache_processor_log;
select partitioncache_push('select * from many where kind = 1', 'city_id');
select partitioncache_push('select * from many where rare = 3', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 4, 'two queries, two fragments');
select is((select array_agg(distinct query) from partitioncache_cache_city_id), '{"SELECT DISTINCT t1.city_id FROM public.many t1 WHERE (t1.rare = 3)"}', 'one of them is kept');
select results_eq('select state, round(kept::numeric, 1) from pc_own_learning', $$ values ('unselective', 1.0) $$, 'the other one is remembered without its keys');
select matches((select error_msg from partitioncache_processor_log where status = 'success' and error_msg is not null), '^unselective: it leaves 100 % of the partitions', 'the log says so');
select partitioncache_push('select * from many where kind = 1', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'it is not evaluated again');
update partitioncache_internal.partitioncache_learning set writes = 10;
select partitioncache_push('select * from many where kind = 1 ', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 2, 'until much has changed');
select partitioncache_force('city_id', hash) from partitioncache_deferred('city_id') where state = 'unselective';
select partitioncache_clear_queue();
select partitioncache_push('select * from many where kind = 1  ', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 2, 'or an administrator wants it');
select is((select key_count from partitioncache_cache_city_id where query like '%kind%'), 5000::bigint, 'then it is kept');

-- What an administrator says
select hash as many from partitioncache_cache_city_id where query like '%kind = 1%' \gset
select is((select array_agg(e ->> 'state') from jsonb_array_elements((partitioncache_explain('select * from many where kind = 1', 'city_id')).learning) e), '{forced}', 'explain says what is forced');
select partitioncache_forbid('city_id', :'many');
select ok(not partitioncache_exists('city_id', :'many'), 'what is forbidden is removed');
select partitioncache_push('select * from many where kind = 1   ', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'and not evaluated');
select is((select array_agg(state) from partitioncache_deferred('city_id') where hash = :'many'), '{forbidden}', 'which is shown');
select partitioncache_allow('city_id', :'many');
select is((select count(*) from partitioncache_deferred('city_id') where hash = :'many'), 0::bigint, 'and can be taken back');
select is((select row(deferred, unselective)::text from partitioncache_status()), (select format('(%s,%s)', count(*) filter (where state = 'deferred'), count(*) filter (where state = 'unselective')) from pc_own_learning), 'the status counts');
select throws_ok($$ select partitioncache_force('nothing', 'x') $$, 'PC002', null, 'a partition key that is not registered');

-- What other queries could share is bought when they have asked for it.
select partitioncache_clear(), partitioncache_clear_queue();
create table near as select i as id, i % 400 as city_id, i % 211 as kind, i % 7 as height, i % 13 as width from generate_series(1, 20000) i;
analyze near;
select partitioncache_update_processor_config(learning_budget => 100);
select partitioncache_push('select * from near a, near b where a.city_id = b.city_id and a.kind = 5 and b.kind = 9 and a.height + b.width = 17', 'city_id');
select partitioncache_process_queue(max_seconds => 60) > 0 as worked;
select partitioncache_update_processor_config(learning_budget => 1);
select ok((select count(*) > 0 and bool_and(d.filed_under is not null and d.credit = 0) from pc_own_deferred d), 'joins between are deferred');
\set other 'select a.id, b.id from near a, near b where a.city_id = b.city_id and a.kind = 77 and b.kind = 9 and a.height + b.width = 17'
select partitioncache_apply(:'other', 'city_id') is not null as asked;
select is((select count(*) from pc_own_deferred d where d.credit > 0), 1::bigint, 'a query that contains some of them gives credit to one');
select ok((select d.credit <= pc_plan_cost(:'other', 'public') from pc_own_deferred d where d.credit > 0), 'no more than it costs');
select credit as once from pc_own_deferred d where d.credit > 0 \gset
update partitioncache_internal.partitioncache_learning set cost = 1e6;
select partitioncache_apply(:'other', 'city_id') is not null as asked;
select cmp_ok((select credit from pc_own_deferred d where d.credit > 0), '>', :once::float8, 'and again, when it is known');
select partitioncache_apply('select * from near where kind = 5', 'city_id') is not null as asked;
select is((select count(*) from pc_own_deferred d where d.credit > 0), 1::bigint, 'one that contains none gives none');
update partitioncache_internal.partitioncache_learning set credit = cost - 1 where credit > 0;
select hash as bought from pc_own_deferred d where d.credit > 0 \gset
select partitioncache_apply(:'other', 'city_id') is not null as asked;
select is((select array_agg(hash) from partitioncache_queue where queue = 'outgoing'), array[:'bought'], 'with enough credit it is queued');
select is((select count(*) from pc_own_deferred d where d.hash = :'bought'), 0::bigint, 'and its credit spent');
select partitioncache_process_queue(max_seconds => 60);
select ok(partitioncache_exists('city_id', :'bought') or exists (select from pc_own_learning where hash = :'bought' and state = 'unselective'), 'and evaluated');

-- What has nothing left to learn is not taken apart again.
select partitioncache_clear();
\set again 'select * from big where kind = 21 and stars = 3'
create function learned_of(query text) returns setof text language sql as $$
    select jsonb_object_keys(a.learned) from partitioncache_analysis a where a.digest = pc_learned_digest(
        jsonb_populate_record(null::partitioncache_internal.partitioncache_queue, jsonb_build_object('cache', 'partitioncache', 'partition_key', 'city_id', 'query', query, 'session', pc_session(current_setting('search_path')))))
$$;
select partitioncache_push(:'again', 'city_id');
select partitioncache_process_queue(max_seconds => 60);
select is_empty(format('select learned_of(%L)', :'again'), 'learned, and nothing is remembered yet');
select partitioncache_push(:'again', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'pushed again');
select set_eq(format('select learned_of(%L)', :'again'),
    'select hash from partitioncache_entries(''city_id'') union select hash from pc_own_learning where state = ''unselective'' and query like ''%public.big%''', 'there was nothing left: that is remembered');
alter function pc_take_apart rename to out_of_order;
select partitioncache_push(:'again', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 1, 'nor is there the next time, which costs a look');
alter function out_of_order rename to pc_take_apart;
select partitioncache_delete('city_id', hash) from partitioncache_entries('city_id') where query like '%21)%' limit 1;
select partitioncache_push(:'again', 'city_id');
select is(partitioncache_process_queue(max_seconds => 60), 2, 'what was removed is learned again');
alter table big add column further integer;
select partitioncache_push(:'again', 'city_id');
select cmp_ok(partitioncache_process_queue(max_seconds => 60), '>', 1, 'and so is what a change of the table put aside');

-- Eviction: what has saved least for its size goes first.
select partitioncache_clear();
select partitioncache_set('city_id', 'by hand', array(select generate_series(1, 100)));
select partitioncache_push_many(array['select * from big where kind = 31', 'select * from big where kind = 32', 'select * from big where stars = 3 and kind = 33'], 'city_id');
select partitioncache_process_queue(max_seconds => 60);
select entries as before from partitioncache_partition_keys() \gset
select is(partitioncache_evict(), 0::bigint, 'no limit is set');
update partitioncache_internal.partitioncache_entry_use u set uses = 1000 where hash = (select hash from partitioncache_cache_city_id where query like '%kind = 32)');
select partitioncache_update_processor_config(max_entries => 2);
select is(partitioncache_evict(), :before - 2::bigint, 'too many');
select is((select array_agg(coalesce(query, hash) order by hash = 'by hand') from partitioncache_cache_city_id), '{"SELECT DISTINCT t1.city_id FROM public.big t1 WHERE (t1.kind = 32)","by hand"}', 'what is used most stays, and what was stored by hand');
select partitioncache_update_processor_config(max_entries => 0, max_bytes => 1);
select partitioncache_process_queue();
select is((select array_agg(hash) from partitioncache_cache_city_id), '{"by hand"}', 'the processor sees to it');
select partitioncache_push('select * from big where kind = 32', 'city_id');
select partitioncache_process_queue(max_seconds => 60);
select is((select count(*) from partitioncache_cache_city_id), 2::bigint, 'once a minute');
set partitioncache.rests = '';
select partitioncache_process_queue();
select is((select array_agg(hash) from partitioncache_cache_city_id), '{"by hand"}', 'or in the next session');
select partitioncache_update_processor_config(max_bytes => 0, max_age => '1 h');
select partitioncache_push('select * from big where kind = 32', 'city_id');
select partitioncache_process_queue(max_seconds => 60);
select is(partitioncache_evict(), 0::bigint, 'not too old');
update partitioncache_internal.partitioncache_cache_city_id set evaluated_at = now() - interval '2 h';
select is(partitioncache_evict(), 1::bigint, 'too old');
select throws_ok('select partitioncache_update_processor_config(max_entries => -1)', 'PC001', 'max_entries is out of range', 'limits have their ranges');
select partitioncache_update_processor_config(max_age => '0');

-- A sample tells early.
select cmp_ok(pc_sampled_share('SELECT DISTINCT t1.city_id FROM public.many t1 WHERE (t1.kind = 1)', array(select generate_series(1, 300))), '>', 0.9::float8, 'most are left');
select is(pc_sampled_share('SELECT DISTINCT t1.city_id FROM public.many t1 WHERE (t1.rare = 3)', array(select generate_series(200, 500))), null, 'few are');
select is(pc_sampled_share('SELECT DISTINCT t1.city_id FROM public.many t1 WHERE (t1.rare = 3)', '{}'::integer[]), null, 'nothing is known of nothing');
select is((select count(*) from unnest(pc_sample_of_keys('public.many', 'city_id', null::integer, 2000)) k where k between 0 and 4999), 100::bigint, 'some of the keys');
select ok((select count(distinct k) = count(*) and count(*) between 200 and 250 from unnest(pc_sample_of_keys('public.many', 'city_id', null::integer, 5000)) k where k between 0 and 4999), 'a twentieth');
select cmp_ok((select count(*) from unnest(pc_sample_of_keys('public.many', 'city_id', null::integer, 50000)) k where k between 0 and 4999), '>', 1000::bigint, 'of many keys');
select is(pc_sample_of_keys('public.many', 'city_id', null::text, 50000), null, 'of many keys that are no numbers: none');
select ok((select r.kept > 0.75 and r.keys is null from pc_evaluated_keys(pc_registration('partitioncache', 'city_id'), 'SELECT DISTINCT t1.city_id FROM public.many t1, public.many t2 WHERE (t1.city_id = t2.city_id) AND (t1.kind = t2.kind) AND (t1.id <> t2.id)', '{}', null::integer, '{}', false) r),
    'a sample is enough');
select ok(not pc_can_be_probed('SELECT DISTINCT t1.city_id FROM public.many t1, public.big t2 WHERE (t1.city_id = t2.city_id) AND (t1.kind < t2.kind)', 'city_id', 'public.many'), 'without an index partitions are not probed');

-- Random workloads: what is learned never costs more than the queries have cost, and a budget each.
create function simulated(seed double precision, budget double precision, out spent double precision, out allowed double precision, out learned bigint, out deferred bigint) language plpgsql as $$
declare
    known text[] := '{}';
    credits jsonb := '{}';
    fragments jsonb;
    cost double precision;
    one record;
    allowance record;
    scans text[];
begin
    perform setseed(seed);
    spent := 0; allowed := 0; learned := 0; deferred := 0;
    create temporary table costs on commit drop as select format('own %s %s', t, n) as hash, 'own' as rank, format('t%s', t) as scanned, 1e5 * random() ^ 3 as cost from generate_series(1, 4) t, generate_series(1, 8) n
        union all select format('whole %s', n), 'whole', null, 1e6 * random() ^ 4 from generate_series(1, 30) n
        union all select format('weaker %s', n), 'weaker', null, 1e6 * random() ^ 2 from generate_series(1, 30) n;
    for i in 1 .. 100 loop
        cost := 5e5 * random() ^ 3;
        select jsonb_agg(to_jsonb(c) || jsonb_build_object('credit', coalesce((credits -> c.hash)::double precision, 0)))
        into fragments from (select * from costs order by random() limit 1 + random() * 8) c where c.hash <> all (known);
        allowance := pc_allowance(cost, budget);
        -- at most what a query costs, and one budget of at least so much
        allowed := allowed + cost + budget * greatest(cost, 10000) + (10000 - least(cost, 10000));
        scans := '{}';
        for one in select p.*, c.rank, c.scanned, c.cost, (select max(o.cost) from pc_priced(fragments, allowance.now, allowance.later, allowance.beside) q join costs o using (hash) where q.verdict = 'learned' and o.scanned = c.scanned) as scan
                   from pc_priced(fragments, allowance.now, allowance.later, allowance.beside) p join costs c using (hash) loop
            credits := credits || jsonb_build_object(one.hash, one.credit);
            if one.verdict = 'learned' then
                known := known || one.hash;
                learned := learned + 1;
                spent := spent + case when one.rank <> 'own' then one.cost when one.scanned = any (scans) then 0 else one.scan end;
                scans := scans || one.scanned;
            else
                deferred := deferred + 1;
            end if;
        end loop;
        -- a query that is only asked gives credit to one
        credits := credits || (select coalesce(jsonb_object_agg(c.hash, coalesce((credits -> c.hash)::double precision, 0) + 3e4), '{}')
                               from (select * from costs where rank = 'weaker' and hash <> all (known) order by random() limit 1) c);
        allowed := allowed + 3e4;
    end loop;
    drop table costs;
end
$$;
select unnest(array[ok(bool_and(spent <= allowed), 'never more than allowed, at ' || budget), cmp_ok(sum(learned), '>', 0::numeric, 'something is learned'), cmp_ok(sum(deferred), '>', 0::numeric, 'something is not')])
from unnest('{0,0.5,1,3}'::double precision[]) budget, generate_series(1, 5) seed, lateral simulated(seed / 10.0, budget) group by budget;

select * from finish();
