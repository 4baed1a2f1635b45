-- How queries are understood, as partitioncache_form shows it.
\ir _core.sql
select no_plan();

create function form(query text) returns text[] language sql as $$
    select array_agg(concat_ws(' ', f.block, f.part, f.number, f.said, f.type, f.constants, f.placement, '-- ' || f.reason) order by f.n)
    from partitioncache_form(query, 'city_id') with ordinality f(block, part, number, said, type, constants, placement, reason, n)
$$;
create function conditions(query text) returns text[] language sql as $$
    select array_agg(concat_ws(' ', f.said, f.type, f.constants) order by f.said collate "C") from partitioncache_form(query, 'city_id') f where f.part = 'condition'
$$;
create function opaque(query text) returns text[] language sql as $$
    select array_agg(f.said || ' -- ' || f.reason order by f.said collate "C") from partitioncache_form(query, 'city_id') f where f.part = 'opaque'
$$;

select is(form('select * from poi where area > 1000'),
    '{"1 table 0 public.poi poi.city_id","1 condition 1 #0.area > $1 numeric {1000}","1 key group 0 poi.city_id integer"}', 'a bound');
select is(conditions('select * from poi where area > 900'), '{"#0.area > $1 numeric {900}"}', 'another one has the same template');
select is(conditions('select * from poi where 900.5 < area and id <= 7 and 3 >= kind'), '{"#0.area > $1 numeric {900.5}","#0.id <= $1 integer {7}","#0.kind <= $1 integer {3}"}', 'written either way round');
select is(conditions('select * from poi where kind = 3 and name in (''b'', ''it''''s'', ''b'') and id = any (''{4,2}'') and kind in (3, 4)'),
    '{"#0.id = ANY ($1) integer {2,4}","#0.kind = $1 integer {3}","#0.kind = ANY ($1) integer {3,4}","#0.name = ANY ($1) text {b,it''s}"}', 'constants: one, several, as an array, quoted');
select is(conditions('select * from poi where area between 1 and 5 and opened >= ''2024-02-01'' and opened < ''2024-03-01'''),
    '{"#0.area <= $1 numeric {5}","#0.area >= $1 numeric {1}","#0.opened < $1 date {2024-03-01}","#0.opened >= $1 date {2024-02-01}"}', 'ranges');
select is(conditions('select * from poi where name is not null and name is null and kind <> 4 and name like ''a%'' and (kind = 1 or id = 2)'),
    '{"#0.name IS NOT NULL","(#0.kind <> 4)","(#0.name IS NULL)","(#0.name ~~ ''a%''::text)","((#0.kind = 1) OR (#0.id = 2))"}', 'and what is compared with no constant');
select is(conditions('select * from poi p, event e where p.city_id = e.city_id and abs(p.area - e.visitors) < 50'),
    '{"(#0.city_id = #1.city_id)","abs((#0.area - (#1.visitors)::numeric)) < $1 numeric {50}"}', 'any expression may stand before the comparison');
select is((select array_agg(said) from partitioncache_form('select * from poi p join street s using (city_id), event e where p.kind = 1 and e.visitors = 3', 'city_id') where part = 'key group'),
    '{"p.city_id, s.city_id",e.city_id}', 'key groups');
select is(conditions('select * from poi p join street s on p.city_id = s.city_id where p.kind = 1'), conditions('select * from poi p, street s where p.city_id = s.city_id and 1 = p.kind'), 'a join by its condition, or by a comma');
select is(form('select * from poi a, poi b where a.city_id = b.city_id and a.kind = 1 and b.kind = 2'),
    '{"1 table 0 public.poi a a.city_id","1 table 1 public.poi b b.city_id","1 condition 1 (#0.city_id = #1.city_id)","1 condition 2 #0.kind = $1 integer {1}","1 condition 3 #1.kind = $1 integer {2}","1 key group 0 a.city_id, b.city_id integer"}', 'a table twice');

-- Blocks
create view big as select * from poi where area > 100;
select is(form('select * from big where kind = 1'), '{"1 table 0 public.big big.city_id","1 condition 1 #0.kind = $1 integer {1}","1 key group 0 big.city_id integer"}', 'a view is a table');
select is(form('with x as (select * from poi where kind = 1) select * from x where area > 3'),
    '{"1 opaque x -- no plain table: a function, VALUES, a CTE, a system catalog, TABLESAMPLE, columns with other names, or a join with an alias","1 opaque (x.area > (3)::numeric) -- it names something that is none of the tables here","2 table 0 public.poi poi.city_id","2 condition 1 #0.kind = $1 integer {1}","2 key group 0 poi.city_id integer"}', 'the body of a CTE is a block');
select is((select array_agg(concat_ws(' ', block, said, constants)) from partitioncache_form('select id from poi where kind = 1 union all select id from street where length > 5 union select 1', 'city_id') where part = 'condition'),
    '{"1 #0.kind = $1 {1}","2 #0.length > $1 {5}"}', 'as are branches of UNION');
select is((select array_agg(concat_ws(' ', block, part, said, constants, reason)) from partitioncache_form('select * from (select * from poi where kind = 1) x', 'city_id') where part in ('condition', 'opaque')),
    '{"1 opaque SELECT poi.id, poi.city_id, poi.kind, poi.name, poi.area, poi.opened FROM public.poi WHERE (poi.kind = 1) a sub-select: a block of its own","2 condition #0.kind = $1 {1}"}', 'and sub-selects in FROM');

-- Sub-selects in conditions: Prisma names their tables t0, t1, ...; Django asks for one row of them.
select is(conditions('select t0.id from poi as t0 where t0.id in (select t1.poi_id from event as t1 where t1.visitors > 10 and t1.poi_id is not null)'),
    '{"(#0.id IN ( SELECT t1.poi_id FROM public.event t1 WHERE ((t1.visitors > 10) AND (t1.poi_id IS NOT NULL))))"}', 'whatever their tables are called');
select is(conditions('select x.id from poi as x where x.id in (select t0.poi_id from event as t0 where t0.visitors > 10 and t0.poi_id = x.id)'),
    '{"(#0.id IN ( SELECT t0.poi_id FROM public.event t0 WHERE ((t0.visitors > 10) AND (t0.poi_id = #0.id))))"}', 'a number is no name');
select is(conditions('select * from poi p where exists (select 1 as a from event u where u.poi_id = p.id limit 1)'), conditions('select * from poi p where exists (select 1 as a from event u where u.poi_id = p.id)'), 'EXISTS with a limit is EXISTS');

-- What is opaque
select is(opaque('select p.id from poi p left join street s on s.city_id = p.city_id where p.kind = 1 and s.length > 3'),
    '{"(s.length > (3)::double precision) -- it names something that is none of the tables here","public.poi p LEFT JOIN public.street s ON ((s.city_id = p.city_id)) -- an outer join: what its condition says need not hold for a row of the query","public.street s -- an outer join can leave it out"}', 'what an outer join can leave out');
select is(opaque('select p.id from poi p, generate_series(1, 3) g(n) where p.kind = g.n and p.opened < now() and now() > ''2024-01-01'''),
    '{"(#0.kind = g.n) -- it names something that is none of the tables here","(#0.opened < now()) -- what it calls or reads is not surely immutable","(now() > ''2024-01-01 00:00:00+00''::timestamp with time zone) -- it is about none of the tables here","generate_series(1, 3) g(n) -- no plain table: a function, VALUES, a CTE, a system catalog, TABLESAMPLE, columns with other names, or a join with an alias"}', 'functions, and what changes with time');
select is(opaque('select p.id from poi p, pg_class c where p.kind = 1 and c.relname = p.name'),
    '{"(c.relname = #0.name) -- it names something that is none of the tables here","pg_class c -- no plain table: a function, VALUES, a CTE, a system catalog, TABLESAMPLE, columns with other names, or a join with an alias"}', 'a system catalog');
select is((select array_agg(concat_ws(' ', block, part, reason)) from partitioncache_form('select * from poi where random() < 0.5 and kind = 1', 'city_id')), '{"opaque it calls random, which is volatile: fewer rows read would mean fewer calls"}', 'what speaks against the whole query');
select is((select reason from partitioncache_form('select * from poi where city_id = 5 and kind = 1', 'city_id') where said = '#0.city_id = $1'), 'about the partition key alone: in no entry', 'the partition key itself');
select is((select array_agg(concat_ws(' ', said, placement)) from partitioncache_form('select * from kind k, poi where k.kind = poi.kind', 'city_id') where part = 'table'), '{"public.kind k","public.poi poi.city_id"}', 'a table without the partition key has no placement');
select is((select array_agg(concat_ws(' ', said, constants)) from partitioncache_form('select id from poi where kind = $1', 'city_id', params => '{3}') where part = 'condition'), '{"#0.kind = $1 {3}"}', 'values for parameters');
select throws_ok($$ select partitioncache_form('selec', 'city_id') $$, '42601', null, 'what PostgreSQL does not accept');
select throws_ok($$ select partitioncache_form(null, 'city_id') $$, 'PC001', 'the query is null', 'null');
select throws_ok($$ select partitioncache_form('select 1', 'nothing') $$, 'PC002', null, 'an unknown partition key');

-- What is contained
select is((select array_agg(concat_ws(' ', key_group, columns, hash)) from partitioncache_contained('select * from poi p, event e where p.kind = 1 and e.visitors = 3', 'city_id')), '{"1 {p.city_id}","2 {e.city_id}"}', 'contained: nothing is known');
select fill('select * from poi where area > 90') is not null as filled;
select is((select array_agg(row(key_group, columns, hash is not null)::text) from partitioncache_contained('select * from poi p, event e where p.kind = 1 and e.visitors = 3 and p.area > 100', 'city_id')), '{"(1,{p.city_id},t)","(2,{e.city_id},f)"}', 'contained: an entry that says less');
select is((select count(hash) from partitioncache_contained('select * from poi p where p.kind = 1 and p.area > 80', 'city_id')), 0::bigint, 'contained: not one that says more');
select is_empty($$ select * from partitioncache_contained('select random()', 'city_id') $$, 'contained: a query that cannot be restricted has no key groups');

-- What a user stores under the hash of a fragment
select hash, fragment from partitioncache_fragments('select * from poi where kind = 2', 'city_id') \gset
select partitioncache_set('city_id', :'hash', array[1, 2, 3], :'fragment');
select is((select array_agg(hash) from partitioncache_contained('select * from poi where kind = 2 and area < 5', 'city_id')), array[:'hash'], 'an asserted fragment is contained');
select is((select state from partitioncache_entries('city_id') where hash = :'hash'), 'asserted', 'and asserted');
select partitioncache_delete('city_id', :'hash') is not null as deleted;
select partitioncache_set('city_id', :'hash', array[1, 2, 3]);
select is((select count(hash) from partitioncache_contained('select * from poi where kind = 2 and area < 5', 'city_id')), 0::bigint, 'a hash alone says nothing');
select partitioncache_set_query('city_id', :'hash', :'fragment');
select is((select array_agg(hash) from partitioncache_contained('select * from poi where kind = 2 and area < 5', 'city_id')), array[:'hash'], 'until its text is told');
select partitioncache_set('city_id', 'mine', array[1], :'fragment');
select is((select count(hash) from partitioncache_contained('select * from poi where kind = 2', 'city_id')), 1::bigint, 'a name of one''s own is found by that name alone');

-- Of many that are filed alike, those that are tight and not too tight
select count(pc_evaluate_fragment('partitioncache', 'city_id', pc_sha256(f), f, '{public.poi}', '{}')) as filled
from (select format('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > %s)', n) from generate_series(1, 200) n union all
      select format('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id < %s)', n) from generate_series(401, 600) n) x(f) \gset
select ok(exists (select from partitioncache_contained('select * from poi where id > 100', 'city_id') where hash = pc_sha256('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > 100)')), 'the bound itself');
select is((select count(*) from partitioncache_contained('select * from poi where id > 100', 'city_id') c where hash in (select pc_sha256(format('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id > %s)', n)) from generate_series(101, 200) n)), 0::bigint, 'none that is tighter');
select ok(exists (select from partitioncache_contained('select * from poi where id = 450', 'city_id') where hash = pc_sha256('SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.id < 451)')), 'the tightest that holds a constant');
select * from finish();
