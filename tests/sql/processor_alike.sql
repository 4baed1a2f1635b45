-- Queries that differ in plain constants alone are taken apart once: what is learned of them is what each alone would have given.
select plan(46);

create table poi (id integer primary key, city_id integer, kind integer, area numeric, big bigint, name text, short varchar(10), code char(4), at date, seen timestamp, tag uuid, "a 5" integer, x double precision);
insert into poi
select i, i % 50, i % 7, i / 4.0, i, 'poi ' || i, 's' || i % 9, 'c' || i % 5, date '2024-01-01' + i % 300, timestamp '2024-01-01 10:00:00' + i * interval '1 h',
       md5((i % 20)::text)::uuid, i % 11, i
from generate_series(1, 2000) i;
create table street (id integer primary key, city_id integer, name text, length integer);
insert into street select i, i % 50, 'street ' || i, i % 90 from generate_series(1, 600) i;
analyze poi, street;
select partitioncache_register('city_id', 'integer', cache => c) from unnest(array['alone', 'together']) c \g /dev/null

create temp table asked (n serial, template text, first text[], other text[]);
insert into asked (template, first, other) values
    ('select * from poi where kind = %1$s', '{3}', '{4}'),
    ('select * from poi where kind = %1$s', '{5}', '{0}'),
    ('select * from poi where kind = %1$s and area > %2$s', '{3,10.50}', '{4,200.25}'),
    ('select * from poi where kind = %1$s and area > %2$s', '{3,11.50}', '{0,1.00}'),
    ('select * from poi where kind = %1$s and kind = %2$s', '{3,4}', '{5,5}'),
    ('select * from poi where kind = %1$s and "a 5" <> %2$s', '{4,4}', '{5,5}'),
    ('select * from poi where kind > %1$s and kind <> %2$s', '{2,2}', '{4,4}'),
    ('select * from poi where kind = %1$s and kind = %2$s', '{4,4}', '{6,6}'),
    ('select * from poi where kind = %1$s and big = %2$s', '{30,40}', '{40,30}'),
    ('select * from poi where name = %1$s', '{''poi 7''}', '{''poi 10%''}'),
    ('select * from poi where name = %1$s and short = %2$s', '{''poi 9'',''s0''}', '{''München'',''s1''}'),
    ('select * from poi where name = %1$s', '{''it''''s''}', '{''that''''s''}'),
    ('select * from poi where name = %1$s', '{''a%1$s''}', '{''b%2$s''}'),
    ('select * from poi where name like %1$s', '{''poi 1%''}', '{''poi 2_''}'),
    ('select * from poi where name = %1$s', '{''t1 of SELECT''}', '{''SELECT t1''}'),
    ('select * from poi where name <> %1$s and kind = %2$s', '{''SELECT t1'',3}', '{''poi 8'',4}'),
    ('select * from poi p where name <> %1$s and exists (select from street t1 where t1.city_id = p.city_id and t1.length = %2$s)', '{''SELECT t_1'',3}', '{''poi 8'',4}'),
    ('select * from poi where code = %1$s', '{''c1''}', '{''c2  ''}'),
    ('select * from poi where at = %1$s', '{''2024-02-03''}', '{''2024-04-27''}'),
    ('select * from poi where at >= %1$s', '{''2024-02-03''}', '{''yesterday''}'),
    ('select * from poi where at >= %1$s', '{''03.02.2024''}', '{''04.02.2024''}'),
    ('select * from poi where seen >= %1$s', '{''2024-02-03 11:00:00''}', '{''2024-02-04 24:00:00''}'),
    ('select * from poi where seen >= %1$s', '{''2024-02-03 11:00:00''}', '{''2024-02-05 23:59:59''}'),
    ('select * from poi where seen >= %1$s', '{''2024-02-03''}', '{''2024-03-03''}'),
    ('select * from poi where tag = %1$s', '{''c4ca4238-a0b9-2382-0dcc-509a6f75849b''}', '{''C81E728D-9D4C-2F63-6F06-7F89CC14862C''}'),
    ('select * from poi where tag = %1$s', '{''c4ca4238-a0b9-2382-0dcc-509a6f75849b''}', '{''c81e728d-9d4c-2f63-6f06-7f89cc14862c''}'),
    ('select * from poi where "a 5" = %1$s', '{5}', '{6}'),
    ('select * from poi where "a 5" = %1$s and kind <> %2$s', '{5,6}', '{6,1}'),
    ('select * from poi where kind in (%1$s, %2$s, %3$s)', '{1,2,3}', '{6,5,0}'),
    ('select * from poi where short in (%1$s, %2$s)', '{''s1'',''s2''}', '{''s4'',''s3''}'),
    ('select * from poi where x < %1$s', '{100}', '{1500}'),
    ('select * from poi where x < %1$s', '{100.5}', '{2000000000.5}'),
    ('select * from poi where kind = %1$s', '{7}', '{9999999999}'),
    ('select * from poi where kind = %1$s', '{-3}', '{-4}'),
    ('select * from poi where area between %1$s and %2$s', '{10,20}', '{300,400}'),
    ('select * from poi where area = %1$s', '{10.5}', '{010.50}'),
    ('select * from poi where area = %1$s', '{1e1}', '{2e1}'),
    ('select id, kind from poi where kind > %1$s order by %2$s limit %3$s', '{3,1,9}', '{4,2,8}'),
    ('select * from poi where kind::numeric(%1$s, 2) = %2$s', '{9,3}', '{8,4}'),
    ('select * from poi where substr(name, %1$s, 4) = %2$s', '{1,''poi ''}', '{3,''i 10''}'),
    ('select * from poi where kind = %1$s -- 5''', '{1}', '{2}'),
    ('select * from poi where /* %2$s */ kind = %1$s', '{1,77}', '{2,88}'),
    ('select * from poi where name = E''poi\x20%1$s''', '{1}', '{2}'),
    ('select * from poi where name = $a$poi %1$s$a$', '{1}', '{2}'),
    ('select * from poi where kind = %1$s or area < %2$s', '{1,5}', '{2,6}'),
    ('select * from poi where kind = %1$s and city_id = %2$s', '{1,5}', '{2,6}'),
    ('select p.id from poi p join street s on p.city_id = s.city_id where p.kind = %1$s and s.length > %2$s', '{1,80}', '{2,30}'),
    ('select p.id from poi p join street s on p.city_id = s.city_id where p.kind = %1$s and s.length > %2$s', '{3,81}', '{4,31}'),
    ('select p.id from poi p join poi q on p.city_id = q.city_id where p.kind = %1$s and q.kind = %2$s', '{1,2}', '{4,3}'),
    ('select p.id from poi p join street s on p.city_id = s.city_id and p.kind + %1$s < s.length where p.name like %2$s', '{80,''poi 1%''}', '{70,''poi 3%''}'),
    ('select * from poi where kind = %1$s and exists (select from street s where s.city_id = poi.city_id and s.length = %2$s)', '{1,20}', '{2,30}'),
    ('select * from poi where exists (select from street s where s.city_id = %1$s)', '{1}', '{2}'),
    ('select * from poi p where p.kind = %1$s and p.id in (select s.id from street s where s.length < %2$s)', '{1,30}', '{2,40}');

create temp table pushed as
select q.query, row_number() over (order by a.n, q.n) as n
from asked a cross join lateral (values (1, format(a.template, variadic a.first)), (2, format(a.template, variadic a.other)), (3, format(a.template, variadic a.other) || ' ')) q(n, query);

select partitioncache_push_many(array(select p.query from pushed p order by p.n), 'city_id', 'alone') \g /dev/null
do $$
declare
    remaining bigint := 1;
begin
    while remaining > 0 loop
        perform partitioncache_process_queue('alone', 1, 100);
        select incoming + outgoing into remaining from partitioncache_queue_lengths('alone') ;
    end loop;
end
$$;
select partitioncache_push_many(array(select p.query from pushed p order by p.n), 'city_id', 'together') \g /dev/null
select partitioncache_process_queue('together', 100000, 1000) \g /dev/null

create function learned(cache text) returns table (hash text, query text, keys integer[], key_count bigint, evaluation text, state text)
language plpgsql as $$
begin
    return query execute format('select c.hash, c.query, c.keys, c.key_count, to_jsonb(row(
        (c.evaluation).keyed_tables, array(select unnest((c.evaluation).parts) order by 1), (c.evaluation).named, (c.evaluation).deps, (c.evaluation).keyed, (c.evaluation).closure, (c.evaluation).closure_state,
        (c.evaluation).form, (c.evaluation).signatures))::text, %2$L from partitioncache_internal.%1$I c', cache || '_cache_city_id', 'entry');
    return query select l.hash, l.query, null::integer[], null::bigint, null, l.state from partitioncache_internal.partitioncache_learning l where l.cache = learned.cache;
end
$$;
select ok((select count(*) from learned('alone') l where l.state = 'entry') > 100, 'much is learned of them, one by one');
select is_empty('select * from learned(''alone'') except select * from learned(''together'')', 'together just the same is learned, with the same keys, parts, dependencies and forms');
select is_empty('select * from learned(''together'') except select * from learned(''alone'')', 'and nothing else');
select is((select array_agg(l.queue || ' ' || l.status || ' ' || l.count order by l.queue, l.status) from (
               select queue, status, count(*) from partitioncache_internal.partitioncache_processor_log where cache = 'together' group by 1, 2) l),
          (select array_agg(l.queue || ' ' || l.status || ' ' || l.count order by l.queue, l.status) from (
               select queue, status, count(*) from partitioncache_internal.partitioncache_processor_log where cache = 'alone' group by 1, 2) l),
          'each item is logged once');

-- How they are told
set search_path = public, tap, partitioncache_internal;

-- What is remembered of one stands for the others
create temp table alike (n serial, template text, first text[], other text[]);
insert into alike (template, first, other) select template, first, other from asked;
insert into alike (template, first, other) values
    ('with w as (select city_id, id from poi where kind = %1$s) select * from w join street s using (city_id) where s.length > %2$s and w.id < %3$s', '{3,80,1900}', '{4,7,15}'),
    ('select id from poi where kind = %1$s union all select id from street where length = %2$s order by id limit %3$s', '{3,88,7}', '{4,9,100}'),
    ('select * from (select city_id, count(*) as c from poi where name like %1$s group by city_id) q join street s on s.city_id = q.city_id where s.length = %2$s', '{''%o%'',22}', '{''a'',4}'),
    ('select p.id from poi p left join street s on s.city_id = p.city_id and s.length > %1$s where p.area > %2$s', '{5,10.5}', '{555,1.25}'),
    ('select p.id from poi p where p.city_id in (select s.city_id from street s where s.length > %1$s) and p.kind = %2$s', '{5,6}', '{50,1}'),
    ('select p.id from poi p where not exists (select from street s where s.city_id = p.city_id and s.length > %1$s) and p.kind = %2$s', '{5,6}', '{50,1}'),
    ('select %1$s, p.id from poi p, street s where p.city_id = s.city_id and p.name = %2$s and s.name <> %3$s', '{1,''x'',''y''}', '{22,'''',''%1$s''}'),
    ('select count(*) filter (where kind = %1$s) from poi where at between %2$s and %3$s', '{1,''2024-01-01'',''2024-02-02''}', '{3,''1999-12-28'',''2025-11-28''}'),
    ('select p.id from poi p where p.name = %1$s and p.kind in (%2$s, %3$s)', '{''a'',1,2}', '{''where is null'',20,3}'),
    ('select p.id from poi p where p.city_id = %1$s and p.kind = %2$s', '{1,2}', '{10,20}'),
    ('select p.id from poi p where now() > %1$s and p.kind = %2$s', '{''2024-01-01 00:00:00'',2}', '{''2025-01-01 00:00:00'',20}'),
    ('select a.id from poi a, poi b where a.city_id = b.city_id and a.kind = %1$s and b.kind = %2$s and a.area > %3$s and b.area > %3$s', '{1,2,3.5}', '{2,1,30.25}');
create function general(query text) returns partitioncache_internal.partitioncache_analysis language sql as $$
    select pc_general_analysis(jsonb_populate_record(null::partitioncache_internal.partitioncache_analysis, to_jsonb(a)), pc_literals(query))
    from pc_take_apart(query, 'city_id', 'alone', pc_session('public'), true, false) a where pc_masked(query) is not null and pc_speaks_for(query, pc_session('public'), a.canonical) $$;
create function told(analysis partitioncache_internal.partitioncache_analysis) returns text language sql as $$
    select concat_ws(E'\n', analysis.reason, analysis.canonical,
        (select string_agg(row(f.family, f.from_at, f.where_at, f.has_where, f.columns, f.relation, f.matches_null, f.prunes_wrongly, f.asked, coalesce(f.carried, '{}'))::text, E'\n' order by f.family)
         from unnest(analysis.families) f)) $$;
create temp table compared as
select a.n, told(pc_particular_analysis(g.general, pc_literals(q.other))) as particular,
       told((select jsonb_populate_record(null::partitioncache_internal.partitioncache_analysis, to_jsonb(t)) from pc_take_apart(q.other, 'city_id', 'alone', pc_session('public'), true, false) t)) as itself
from alike a
cross join lateral (select format(a.template, variadic a.first) as first, format(a.template, variadic a.other) as other) q
cross join lateral (select general(q.first) as general) g
where pc_masked(q.first) = pc_masked(q.other) and (g.general).canonical is not null;
select ok((select count(*) from compared) >= 35, 'most stand for those that differ in constants alone');
select is(c.particular, c.itself, 'taken apart as it would be by itself: ' || (select a.template from alike a where a.n = c.n)) from compared c where c.particular is distinct from c.itself;
select ok(not exists (select from compared where particular is distinct from itself), 'each is taken apart as it would be by itself');
select is(pc_masked(q), null, 'a number that names a column, or the length of a type: ' || q)
from unnest(array['select a, b::char from t order by 1', 'select a from t group by a, 2', 'select distinct on (1) a from t', 'select x::float(3) from t', 'select x::varchar (3) from t',
                  'select x from t where a = 5 ORDER BY x, 2 limit 3', 'select x from t order by (1)', 'select x from t group by distinct 1', 'select x from t group by all 1, x',
                  'select x from t group by rollup(1)', 'select x from t group by grouping sets ((x), (1))', 'select x from t group by cube ((1))']) q;
select ok(not pc_speaks_for(q, pc_session('public'), (pc_parse(q, pc_session('public'))).canonical), 'nor does it speak for others: ' || q)
from unnest(array['select kind + 1, id from poi order by (1) limit 3', 'select kind + 1 from poi group by rollup(1)', 'select kind + 1 from poi group by distinct 1',
                  'select kind from poi where at > interval ''1'' year + at']) q;
select ok(pc_speaks_for(q, pc_session('public'), (pc_parse(q, pc_session('public'))).canonical), 'it speaks for those with other constants: ' || q)
from unnest(array['select kind + 1, id from poi where area > 2.5 and name in (''a'', ''b'') and at >= ''2024-01-01'' order by kind limit 3 offset 0']) q;
select isnt(pc_masked('select exists (select 2 from t limit 1)'), pc_masked('select exists (select 2 from t limit 0)'), 'nothing is asked for by LIMIT 0');
select isnt(pc_masked('select x from t where a = 5 order by x limit 3'), null, 'a limit is a constant');

select is(pc_literals('select "a 1", 2 from t where x = 3.50 and y = ''z'' and u5 = 6'), array['2', '3.50', '''z''', '6'], 'constants stand outside of names');
select is(pc_masked('select 1') , pc_masked('select 23'), 'queries are alike that differ in a constant');
select isnt(pc_masked('select "a 1"') , pc_masked('select "a 2"'), 'not those that differ in a name');
select is(pc_masked(q), null, 'quotes are not told apart: ' || q)
from unnest(array['select 1 -- it''s', 'select /* '' */ 1', 'select E''it\''s''', 'select $$it''s$$', 'select ''a', 'select é1']) q;
select isnt(pc_masked('select 1'), pc_masked('select 1.0'), 'an integer is no number with decimals');
select isnt(pc_masked('select 1, 2'), pc_masked('select 3, 3'), 'two that are alike could be one condition');
select is(pc_masked('select 1, 1'), pc_masked('select 3, 3'), 'as they are in both');
select ok(not pc_stands_for('SELECT 5 FROM t WHERE (x = 5)', '{5}'), 'of a constant that occurs twice, and was written once, the place is not known');
select ok(not pc_stands_for('SELECT (x = ''5 days''::interval)', array['''5 days''']), 'a type that writes its values otherwise is left alone');
select ok(not pc_stands_for('SELECT (x = ''2024-01-01 00:00:00''::timestamp)', array['''2024-01-01''']), 'what is written out otherwise, too');
select ok(not pc_stands_for('SELECT (x = ''now''::date)', array['''now''']), 'and a word for a date');

select throws_ok($$ select pc_call('store', '{"cache": "together", "partition_key": "city_id", "entries": [{"hash": "x", "query": "y", "keys": "{}"}]}') $$, 'PC001', 'only what was evaluated is stored so', 'what was not evaluated is not stored with what was');

select is(pc_evaluate_fragment('together', 'city_id', pc_sha256(q), q, '{public.poi}', '{}'), 1::bigint, 'a fragment that is written otherwise than it would be today has its keys found all the same')
from (values ('SELECT DISTINCT t_1.city_id FROM public.poi t_1 WHERE (t_1.id = 7)')) f(q);

-- How they are worked on
select partitioncache_push_many(array['select * from poi where kind = 17', 'select * from poi where kind = 18', 'select * from poi where kind > 18', 'select * from poi where kind = 19'], 'city_id', 'together') \g /dev/null
select pc_claim('{incoming}', 'together', 1, '1 min', pc_worker_id()) as claimed \gset
select is((pc_work(:'claimed'::partitioncache_internal.partitioncache_queue, 100)).finished, 3, 'three are alike');
select partitioncache_process_queue('together', 100) \g /dev/null
alter table poi alter kind type bigint;
select partitioncache_push_many(array['select * from poi where kind = 27', 'select * from poi where kind = 28', 'select * from poi where kind = 29'], 'city_id', 'together') \g /dev/null
alter table poi rename kind to sort;
select partitioncache_process_queue('together', 100) \g /dev/null
select is((select array_agg(l.query_hash order by l.id) from partitioncache_internal.partitioncache_processor_log l where l.cache = 'together' and l.queue = 'incoming' and l.status = 'failed' and l.attempt = 1),
          (select array_agg(q.hash order by q.id) from partitioncache_internal.partitioncache_queue q where q.cache = 'together' and q.queue = 'incoming' and q.attempts = 1),
          'where what one names is gone, each fails by itself');
select is((select count(*) from partitioncache_internal.partitioncache_queue q where q.cache = 'together' and q.queue = 'incoming'), 3::bigint, 'and none is lost');
