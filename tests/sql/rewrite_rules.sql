-- The soundness rules, one by one: where a query is restricted and gives the same rows, and where it must not be.
\ir _core.sql
select no_plan();

-- 1. A fragment is some of the tables with some of the conditions; dropping is sound, inventing is not.
select * from restricted('select * from poi where kind = 1', '{poi.city_id}', 'one table');
select * from restricted('select id from poi p where kind in (1, 4) and area between 10 and 90 and name like ''poi 1%''', '{p.city_id}', 'several conditions');
select * from restricted('select id from poi p where kind = 1 or area > 180', '{p.city_id}', 'a condition with OR is one condition');
select * from restricted('select id from poi p where not (kind <> 1 or area < 20)', '{p.city_id}', 'a negated OR');
select * from restricted('select id from poi p where kind = 1 and (area > 100 or exists (select from street s where s.city_id = p.city_id and s.length > 95))', '{p.city_id}', 'a sub-select under OR');
select * from restricted('select * from poi p, street s where p.city_id = s.city_id and p.kind = 1 and s.length > 90', '{p.city_id,s.city_id}', 'comma join');
select * from restricted('select * from poi p join street s on p.city_id = s.city_id and s.length > 90 where p.kind = 1', '{p.city_id,s.city_id}', 'JOIN … ON with a condition of one side');
select * from restricted('select p.id, e.id from poi p join event e on e.poi_id = p.id and e.city_id = p.city_id join street s on s.city_id = e.city_id where s.length > 60 and p.kind < 6', '{p.city_id,e.city_id,s.city_id}', 'three tables');
select * from restricted('select * from poi p join poi q on p.city_id = q.city_id and p.id <> q.id where p.kind = 1 and q.kind = 1', '{p.city_id,q.city_id}', 'self-join');
select * from restricted('select p.kind, coalesce(p.area, 0) from poi p where coalesce(p.name, '''') > ''poi 20'' and nullif(p.kind, 4) is distinct from 7 and greatest(p.kind, 2) = 4', '{p.city_id}', 'COALESCE, NULLIF, IS DISTINCT FROM, GREATEST');
select * from restricted('select * from poi p where case when kind = 1 then area > 100 else kind = 9 end', '{p.city_id}', 'a condition that stands without brackets');
select * from restricted('select * from poi p where kind = any (array[1, 2]) and kind <> all (array[2, 3])', '{p.city_id}', 'ANY and ALL');
select is(rows_of(partitioncache_apply('select * from poi where kind = 1 and area > 500', 'city_id', method => 'literal')), '{}'::text[], 'a known part restricts a query that asks for more');
select matches(partitioncache_apply('select * from poi where kind = 1 and area > 10 and id > 5', 'city_id', method => 'literal'), 'ANY', 'other conditions share what they have in common');
select is((partitioncache_explain('select * from poi where name = ''never asked''', 'city_id')).reason, 'none of the query''s fragments is in cache "partitioncache"', 'nothing is known: the reason');

-- three-valued logic: a condition that is null lets no row through
update poi set kind = null where id % 10 = 0;
update street set length = null where id % 7 = 0;
select * from restricted('select id from poi p where kind <> 3', '{p.city_id}', 'null <> 3');
select * from restricted('select id from poi p where not (kind = 3 and area > 150)', '{p.city_id}', 'not (null and …)');
select * from restricted('select id from poi p where kind is null', '{p.city_id}', 'IS NULL');
select * from restricted('select id from poi p where (kind = 3) is not true and area > 190', '{p.city_id}', 'IS NOT TRUE');
select * from restricted('select id from poi p where kind not in (select x.kind from poi x where x.id = 7)', '{p.city_id}', 'NOT IN without a null');
select is(rows_of('select id from poi p where kind not in (select x.kind from poi x)'), '{}', 'NOT IN with a null has no row');
select fill('select id from poi p where kind not in (select x.kind from poi x)') is not null as filled;
select is(rows_of(partitioncache_apply('select id from poi p where kind not in (select x.kind from poi x)', 'city_id', method => m)), '{}'::text[], 'nor when restricted by ' || m) from unnest('{literal,subquery}'::text[]) m;

-- 2. Partition columns are equal only where the query says so.
select * from restricted('select p.id, s.id from poi p, street s where p.kind = 1 and s.length > 97 and p.id % 50 = s.id % 50', '{p.city_id,s.city_id}', 'joined on something else: each column by itself');
select isnt((select (f.asked).form::text from unnest((pc_take_apart('select p.id, s.id from poi p, street s where p.kind = 1 and s.length > 97', 'city_id', 'partitioncache', pc_session('public'))).families) f where f.columns = '{p.city_id}'),
            (select (f.asked).form::text from unnest((pc_take_apart('select p.id, s.id from poi p, street s where p.kind = 1 and s.length > 97', 'city_id', 'partitioncache', pc_session('public'))).families) f where f.columns = '{s.city_id}'), 'two families');
select is((select f.columns from unnest((pc_take_apart('select 1 from poi p, street s, event e where p.city_id = e.city_id and e.city_id = s.city_id and p.kind = 1', 'city_id', 'partitioncache', pc_session('public'))).families) f), '{p.city_id,s.city_id,e.city_id}'::text[], 'equal through a chain');
select is((select f.columns from unnest((pc_take_apart('select 1 from poi p, kind k, street s where p.city_id = k.kind and k.kind = s.city_id and p.kind = 1', 'city_id', 'partitioncache', pc_session('public'))).families) f), '{p.city_id,s.city_id}'::text[], 'equal through a column of another name');
select * from restricted('select p.id, s.id from poi p, kind k, street s where p.city_id = k.kind and k.kind = s.city_id and p.kind = 1 and s.length > 50', '{p.city_id,s.city_id}', 'equal through a column of another name');
select * from restricted('select p.id, s.id from poi p, street s where (p.city_id = s.city_id or p.kind = 1) and p.area > 190 and s.length > 95', '{p.city_id,s.city_id}', 'equality under OR is none');
select is((select count(*) from unnest((pc_take_apart('select 1 from poi p, street s where (p.city_id = s.city_id or p.kind = 1) and p.area > 190 and s.length > 95', 'city_id', 'partitioncache', pc_session('public'))).families)), 2::bigint, 'equality under OR: two families');
select is((select count(*) from unnest((pc_take_apart('select 1 from poi p, street s where p.city_id = s.city_id + 1 and p.area > 190 and s.length > 95', 'city_id', 'partitioncache', pc_session('public'))).families)), 2::bigint, 'neighbouring partitions: two families');
select * from restricted('select p.id, s.id from poi p, street s where p.city_id = s.city_id + 1 and p.kind = 1 and s.length > 90', '{p.city_id,s.city_id}', 'neighbouring partitions');
select * from restricted('select p.id, s.id from poi p, street s where p.city_id is not distinct from s.city_id and p.kind = 1 and s.length > 90', '{p.city_id,s.city_id}', 'IS NOT DISTINCT FROM is no equality: nulls meet');
select partitioncache_register('city_id', 'integer', cache => 'local', partition_local => true);
select is((select count(*) from unnest((pc_take_apart('select 1 from poi p, street s where p.area > 190 and s.length > p.area', 'city_id', 'local', pc_session('public'))).families)), 1::bigint, 'partition_local: whoever asserts that matches stay in a partition gets one family');
select is((select count(*) from unnest((pc_take_apart('select 1 from poi p, street s where p.area > 190 and s.length > 20', 'city_id', 'local', pc_session('public'))).families)), 2::bigint, 'partition_local: but only for tables that a condition connects');

-- 3. Rows without a partition key stay where they can match.
select ok((select count(*) from poi where city_id is null and kind = 5) > 0, 'there are such rows');
select * from restricted('select id, city_id from poi p where kind = 5', '{p.city_id}', 'null keys');
select matches(partitioncache_apply('select * from poi where kind = 5', 'city_id', method => 'literal'), 'city_id IS NULL', 'null keys: the restriction lets them through');
select fill('select * from poi p where kind = 1 and city_id > 3') is not null as filled;
delete from poi where city_id is null and kind = 1;
select * from restricted('select id, city_id from poi p where kind = 1 and area > 3', '{p.city_id}', 'no null key matches');
select doesnt_match(partitioncache_apply('select * from poi where kind = 1 and area > 3', 'city_id', method => 'literal'), 'IS NULL', 'no null key matches: none is let through');
select * from restricted('select p.id, s.id from poi p join street s on s.city_id = p.city_id where p.kind = 5 and s.length > 50', '{p.city_id,s.city_id}', 'null keys do not join');
select doesnt_match(partitioncache_apply('select p.id, s.id from poi p join street s on s.city_id = p.city_id where p.kind = 5 and s.length > 50', 'city_id', method => 'subquery'), 'IS NULL', 'null keys do not join: an equality excludes them');
select * from restricted('select id from poi p where kind = 5 and city_id is null', '{p.city_id}', 'only null keys');
update poi set city_id = null where kind = 8;
select * from restricted('select id from poi p where kind = 8', '{}', 'a key set of nothing but null');
select isnt(rows_of(partitioncache_apply('select id from poi p where kind = 8', 'city_id', method => 'literal')), '{}', 'a key set of nothing but null: its rows are there');
select * from restricted('select id, city_id from poi p where kind = 2 and city_id in (0, -1, -2, -3, 1)', '{p.city_id}', 'key 0 and negative keys');

-- 4. Outer joins: what may be left out enters no fragment.
select * from restricted('select p.id, s.id from poi p left join street s on s.city_id = p.city_id and s.length > 90 where p.kind = 1', '{p.city_id}', 'LEFT JOIN');
select is(conjuncts_cached('select p.id, s.id from poi p left join street s on s.city_id = p.city_id and s.length > 90 where p.kind = 1'), '{(t1.kind = 1)}'::text[], 'LEFT JOIN: its condition is in no fragment');
select * from restricted('select p.id, s.id from poi p left join street s on s.city_id = p.city_id and p.area > 190 where p.kind = 1', '{p.city_id}', 'LEFT JOIN whose condition is about the left side');
select * from restricted('select p.id, s.id from street s right join poi p on s.city_id = p.city_id and s.length > 90 where p.kind = 1', '{p.city_id}', 'RIGHT JOIN');
select * from restricted('select p.id, s.id from poi p left join street s on s.city_id = p.city_id where p.kind = 1 and s.length > 90', '{p.city_id}', 'LEFT JOIN with a condition on its right side after it');
select * from restricted('select p.id from poi p left join street s on s.city_id = p.city_id where p.kind = 1 and s.id is null', '{p.city_id}', 'anti-join');
select * from unchanged('select p.id, s.id from poi p full join street s on s.city_id = p.city_id where p.kind = 1', 'no table that surely takes part%', 'FULL JOIN');
select * from restricted('select e.id, p.id, s.id from (poi p full join street s on s.city_id = p.city_id) join event e on e.city_id = p.city_id where e.visitors = 3', '{e.city_id}', 'FULL JOIN beside a table');
select * from restricted('select p.id, s.id, e.id from poi p left join (street s join event e on e.city_id = s.city_id and e.visitors > 45) on s.city_id = p.city_id where p.kind = 1', '{p.city_id}', 'inner join on the nullable side');
select * from restricted('select p.id, s.id, e.id from (street s join event e on e.city_id = s.city_id and e.visitors > 45) left join poi p on s.city_id = p.city_id and p.kind = 1 where s.length > 50', '{s.city_id,e.city_id}', 'inner join on the preserved side');
select * from restricted('select p.id, s.id, e.id from poi p left join street s on s.city_id = p.city_id left join event e on e.city_id = s.city_id where p.kind = 1', '{p.city_id}', 'two LEFT JOINs');
select * from restricted('select p.id, s.id, e.id from poi p left join street s on s.city_id = p.city_id join event e on e.city_id = s.city_id where p.kind = 1 and e.visitors > 40', '{p.city_id,e.city_id}', 'inner join after a LEFT JOIN');
select is((select count(*) from unnest((pc_take_apart('select 1 from poi p left join street s on s.city_id = p.city_id join event e on e.city_id = s.city_id where p.kind = 1 and e.visitors > 40', 'city_id', 'partitioncache', pc_session('public'))).families)), 2::bigint, 'inner join after a LEFT JOIN: no equality through the nullable table');
select * from restricted('select p.id, s.id from poi p left join street s on s.city_id = p.city_id, event e where e.city_id = p.city_id and e.visitors > 40 and p.kind = 1', '{p.city_id,e.city_id}', 'a comma after a LEFT JOIN');
select * from restricted('select p.id, q.id from poi p left join poi q on q.city_id = p.city_id and q.kind = 2 where p.kind = 1', '{p.city_id}', 'self-LEFT JOIN');

-- USING and NATURAL: merged columns
select * from restricted('select * from poi join street using (city_id) where kind = 1 and length > 90', '{poi.city_id,street.city_id}', 'USING');
select * from restricted('select city_id, count(*) from poi p join street s using (city_id) where kind = 1 and length > 90 and city_id > 5 group by city_id', '{p.city_id,s.city_id}', 'USING: the merged column elsewhere');
select * from restricted('select * from poi natural join event', '{poi.city_id,event.city_id}', 'NATURAL JOIN on the partition column and another');
select * from restricted('select * from (select city_id, kind from poi where kind = 1) p natural join (select city_id, length from street where length > 95) s', '{poi.city_id,street.city_id}', 'NATURAL JOIN of sub-selects');
select * from restricted('select * from poi p join kind k using (kind) where k.label = ''kind 4''', '{p.city_id}', 'USING another column');
select * from restricted('select * from poi p left join street s using (city_id) where kind = 1', '{p.city_id}', 'LEFT JOIN … USING');
select * from restricted('select * from poi p left join street s using (city_id) join event e using (city_id) where kind = 1 and visitors > 40', '{p.city_id,e.city_id}', 'LEFT JOIN … USING, then JOIN … USING');
select * from restricted('select * from poi p right join street s using (city_id) join event e using (city_id) where s.length > 90 and visitors > 40', '{s.city_id,e.city_id}', 'RIGHT JOIN … USING, then JOIN … USING');
select * from restricted('select * from (poi p full join street s using (city_id)) join event e using (city_id) where visitors = 3', '{e.city_id}', 'FULL JOIN … USING, then JOIN … USING');
select * from restricted('select city_id from (poi p full join street s using (city_id)) join event e using (city_id) where visitors = 3 and city_id > 4', '{e.city_id}', 'the merged column of a FULL JOIN in a condition');
select is((select count(*) from unnest((pc_take_apart('select 1 from (poi p full join street s using (city_id)) join event e using (city_id) where visitors = 3', 'city_id', 'partitioncache', pc_session('public'))).families)), 1::bigint, 'FULL JOIN … USING: its tables equal nothing');
select * from restricted('select * from poi p join (street s join event e using (city_id)) using (city_id) where kind = 1 and visitors > 40', '{p.city_id,s.city_id,e.city_id}', 'nested USING');
select * from restricted('select p.id, s.id from poi p join street s using (city_id) as both_of where both_of.city_id > 4 and kind = 1 and length > 90', '{p.city_id,s.city_id}', 'USING with an alias');
select * from unchanged('select j.a from (poi p join kind k on p.kind = k.kind) as j(a, b, c) where c = 1', 'no table that surely takes part%', 'a join with an alias of its own');

-- 5. Tables without the partition column take part only where a condition connects them.
select * from restricted('select p.id from poi p, kind k where k.kind = p.kind and k.label in (''kind 4'', ''kind 6'')', '{p.city_id}', 'a dimension');
select is((select array_agg(f.tables order by f.tables) from partitioncache_fragments('select p.id from poi p, kind k where p.area > 190 and k.label = ''kind 4''', 'city_id') f), '{{public.poi}}'::text[], 'a dimension that nothing connects is in no fragment');
select * from restricted('select p.id from poi p, kind k where p.area > 190 and k.label = ''kind 4''', '{p.city_id}', 'a dimension that nothing connects');
select is(rows_of(partitioncache_apply('select p.id from poi p, kind k where p.area > 190 and k.label = ''no such kind''', 'city_id', method => 'literal')), '{}', 'an empty dimension');
select * from unchanged('select * from kind where label = ''kind 4''', 'no table that surely takes part in every row has a column "city_id" of the registered datatype (integer)%', 'no table with the partition column');
alter table kind add column city_id text;
select * from restricted('select p.id from poi p, kind k where k.kind = p.kind and k.label = ''kind 4''', '{p.city_id}', 'a column of that name with another type is no partition column');
select * from unchanged('select * from kind where label = ''kind 4''', 'no table that surely takes part%(integer)%', 'a partition column of another datatype');
alter table kind drop column city_id;

-- 6. What is not a plain table is opaque; what PostgreSQL reads by itself is a query of its own.
select * from restricted('select * from poi p, generate_series(1, 2) g(kind) where p.kind = g.kind and p.area > 190', '{p.city_id}', 'a function in FROM');
select is(conjuncts_cached('select * from poi p, generate_series(1, 2) g(kind) where p.kind = g.kind and p.area > 190'), array['(t1.area > (190)::numeric)'], 'a function in FROM: its conditions are dropped');
select * from restricted('select * from poi p join (values (1), (2)) v(kind) on p.kind = v.kind where p.area > 150', '{p.city_id}', 'VALUES');
select * from restricted('select p.id, x.n from poi p, lateral (select count(*) as n from street s where s.city_id = p.city_id and s.length > 95) x where p.kind = 1 and x.n > 0', '{s.city_id,p.city_id}', 'LATERAL');
select * from restricted('select p.id, x.id from poi p left join lateral (select s.id from street s where s.city_id = p.city_id and s.length > 95 order by s.id limit 1) x on true where p.kind = 1', '{s.city_id,p.city_id}', 'LEFT JOIN LATERAL with LIMIT');
select * from unchanged('select * from poi p(a, b, c) where c = 1', 'no table that surely takes part%', 'renamed columns');
select * from unchanged('select * from poi tablesample bernoulli (50) where kind = 1', 'no table that surely takes part%', 'TABLESAMPLE');
select * from restricted('select s.id from street s, poi p tablesample bernoulli (100) where p.city_id = s.city_id and s.length > 90 and p.kind = 1', '{s.city_id}', 'TABLESAMPLE beside a table');
select * from restricted('select id from only poi p where kind = 1', '{p.city_id}', 'ONLY');
select * from restricted('select x.id, s.id from (select * from poi where kind = 1) x join street s on s.city_id = x.city_id where s.length > 90', '{poi.city_id,poi.city_id,s.city_id}', 'a sub-select in FROM is restricted by itself');
select * from restricted('select * from (select * from poi where kind = 1 order by id limit 3) x', '{poi.city_id}', 'a sub-select with LIMIT');
select * from restricted('select * from (select city_id, count(*) as n from poi where kind = 1 group by city_id) x where n > 1', '{poi.city_id}', 'a sub-select with GROUP BY');
select * from restricted('select s.id from street s left join (select * from poi where kind = 1) x on x.city_id = s.city_id where x.id is null and s.length > 90', '{poi.city_id,poi.city_id,s.city_id}', 'a sub-select on the nullable side gives its own rows, all of them');

-- sub-selects in conditions
select * from restricted('select id from poi p where kind = 1 and exists (select from street s where s.city_id = p.city_id and s.length > 95)', '{s.city_id,p.city_id}', 'EXISTS');
select * from restricted('select id from poi p where kind = 1 and not exists (select from street s where s.city_id = p.city_id and s.length > 5)', '{s.city_id,p.city_id}', 'NOT EXISTS');
select * from restricted('select id from poi p where kind = 1 and city_id in (select s.city_id from street s where s.length > 95)', '{s.city_id,p.city_id}', 'IN (sub-select)');
select * from restricted('select id from poi p where kind = 1 and city_id not in (select s.city_id from street s where s.length > 50 and s.city_id is not null)', '{p.city_id}', 'NOT IN (sub-select)');
select * from restricted('select id from poi p where area > (select avg(q.area) * 1.9 from poi q where q.city_id = p.city_id)', '{p.city_id}', 'a correlated scalar sub-select on the same table');
select * from restricted('select id from poi p where (kind, city_id) = (select 4, max(s.city_id) - 20 from street s)', '{p.city_id}', 'rows compared');
select * from restricted('select id from poi p where kind = 1 and area > all (select s.length::numeric from street s where s.city_id = p.city_id and s.length is not null)', '{p.city_id}', '> ALL (sub-select)');
select is(conjuncts_cached('select id from poi p where kind = 1 and area > (select q.area from poi q where q.city_id = p.city_id limit 1)'), '{(t1.kind = 1)}'::text[], 'a sub-select with LIMIT may give another row each time: dropped');
select is(conjuncts_cached('select id from poi p where kind = 1 and name = (select string_agg(q.name, '''') from poi q)'), '{(t1.kind = 1)}'::text[], 'an aggregate that depends on the order: dropped');
select is(conjuncts_cached('select id from poi p where kind = 1 and exists (select from street s where s.city_id = p.city_id and now() > ''2024-01-01'')'), '{(t1.kind = 1)}'::text[], 'a sub-select that calls something not immutable: dropped');
select is(conjuncts_cached('select id from poi p where kind = 1 and exists (select from pg_class c where c.relname = p.name)'), '{(t1.kind = 1)}'::text[], 'a sub-select on a system catalog: dropped');
select is(conjuncts_cached('select p.id from poi p, (select 3 as n) x where kind = 1 and exists (select from street s where s.id = x.n)'), '{(t1.kind = 1)}'::text[], 'a sub-select that looks at something opaque: dropped');
select is((select keyed_tables from pc_fragments('select id from poi p where exists (select from street s where s.city_id = p.city_id)', 'city_id', 'partitioncache', pc_session('public'))), '{public.poi}'::text[], 'a write to the table of a sub-select can make any partition match');
select is((select keyed_tables from pc_fragments('select id from poi p where exists (select from poi q where q.id = p.kind)', 'city_id', 'partitioncache', pc_session('public'))), '{}'::text[], 'also where it is the same table');

-- 7. Only what is immutable is remembered.
select is(conjuncts_cached($q$ select * from poi where kind = 1 and kind::text = '1' and name > current_user and opened < now() and opened < current_date
    and '2024-01-01'::timestamptz < opened and name <> current_setting('TimeZone') and to_char(opened, 'MM') = '03' $q$),
    '{(t1.kind = 1)}'::text[], 'stable functions and operators, casts through text, CURRENT_USER, CURRENT_DATE: dropped');
select * from restricted($q$ select * from poi p where kind = 1 and opened < now() and opened < current_date and to_char(opened, 'MM') = '03' $q$, '{p.city_id}', 'stable conditions stay in the query');
select * from unchanged('select * from poi where kind = 1 and random() < 2', 'it calls random, which is volatile%', 'a volatile function in WHERE');
select * from unchanged('select clock_timestamp() from poi where kind = 1', 'it calls clock_timestamp, which is volatile%', 'in the select list');
select * from unchanged('select city_id from poi where kind = 1 group by 1 having count(*) > random() order by gen_random_uuid()', 'it calls %random%volatile%', 'in HAVING and ORDER BY');
select * from unchanged('with x as (select nextval(''n'')) select * from poi, x where kind = 1', '%', 'in a CTE');
create function wobbly(integer) returns boolean language sql volatile as 'select $1 = 1';
create function steady(integer) returns boolean language sql stable as 'select $1 = 1';
create function firm(integer) returns boolean language sql immutable as 'select $1 = 1';
create function firm_equals(integer, integer) returns boolean language sql immutable as 'select $1 = $2';
create function wobbly_equals(integer, integer) returns boolean language sql volatile as 'select $1 = $2';
create function steady_equals(integer, integer) returns boolean language sql stable as 'select $1 = $2';
create operator === (function = firm_equals, leftarg = integer, rightarg = integer);
create operator =~= (function = wobbly_equals, leftarg = integer, rightarg = integer);
create operator =-= (function = steady_equals, leftarg = integer, rightarg = integer);
select * from restricted('select id from poi p where firm(kind) and kind === 1', '{p.city_id}', 'functions and operators of one''s own');
select is(conjuncts_cached('select id from poi where firm(kind) and kind === 1 and steady(kind) and kind =-= 1'), '{"(t1.kind OPERATOR(public.===) 1)",public.firm(t1.kind)}'::text[], 'stable ones of one''s own: dropped');
select * from unchanged('select id from poi where wobbly(kind)', 'it calls public.wobbly, which is volatile%', 'a volatile function of one''s own');
select * from unchanged('select id from poi where kind =~= 1', 'it calls public.wobbly_equals, which is volatile%', 'a volatile operator of one''s own');
create aggregate wobbly_sum(integer) (sfunc = int4pl, stype = integer);
create function wobbly_plus(integer, integer) returns integer language sql volatile as 'select $1 + $2';
create type mood as enum ('sad', 'fine');
create domain small as integer check (value < 1000);
create table feeling (id integer, city_id small, mood mood, note varchar(20), at time, amount money);
insert into feeling select i, i % 9, case when i % 4 = 0 then 'sad' else 'fine' end::mood, 'note ' || i, time '10:00', 3 from generate_series(1, 40) i;
select * from restricted('select id, city_id from feeling where mood = ''sad''', '{feeling.city_id}', 'enum column, partition column of a domain type');
select * from restricted('select id, city_id from feeling where note = ''note 4'' and note like ''n%''', '{feeling.city_id}', 'varchar');
select is(conjuncts_cached('select id from feeling where id < 50 and mood::text = ''sad'' and id::small = 3 and amount > ''2''::money and at < localtime'), '{(t1.id < 50)}'::text[], 'casts of enums to text and to domains, money, LOCALTIME: dropped');

-- 8. Row-level security
alter table street enable row level security;
select * from unchanged('select p.id from poi p join street s on s.city_id = p.city_id where p.kind = 1', 'row-level security is on for public.street%', 'row-level security');
select * from unchanged('select p.id from poi p where p.kind = 1 and exists (select from street)', 'row-level security is on for public.street%', 'row-level security in a sub-select');
create view street_view as select * from street;
select * from unchanged('select p.id from poi p join street_view s on s.city_id = p.city_id where p.kind = 1', 'row-level security is on for public.street%', 'row-level security behind a view');
alter table street disable row level security;
select * from restricted('select p.id from poi p join street_view s on s.city_id = p.city_id where p.kind = 1 and s.length > 90', '{p.city_id,s.city_id}', 'and off again');

-- 9. Each branch, CTE and sub-select is a query of its own.
select * from restricted('select city_id from poi where kind = 1 union select city_id from street where length > 95', '{poi.city_id,street.city_id}', 'UNION');
select * from restricted('select city_id from poi where kind = 1 union all select city_id from poi where kind = 4', '{poi.city_id,poi.city_id}', 'UNION ALL of the same table');
select * from restricted('select city_id from poi where kind = 1 intersect select city_id from street where length > 50', '{poi.city_id,street.city_id}', 'INTERSECT');
select * from restricted('select city_id from poi where kind = 1 except select city_id from street where length > 50', '{poi.city_id,street.city_id}', 'EXCEPT: what is taken away is all there');
select * from restricted('select city_id from poi where kind = 1 except all (select city_id from street where length > 50 union all select city_id from event where visitors = 4) order by 1 limit 5', '{poi.city_id,street.city_id,event.city_id}', 'nested set operations with ORDER BY and LIMIT');
select * from restricted('with p as (select * from poi where kind = 1), s as materialized (select city_id from street where length > 95) select * from p join s using (city_id) where p.area > 3', '{poi.city_id,street.city_id}', 'CTEs');
select * from restricted('with p as (select * from poi where kind = 1) select a.id, b.id from p a join p b on a.city_id = b.city_id join street s on s.city_id = a.city_id where s.length > 90', '{poi.city_id,s.city_id}', 'a CTE read twice');
select * from restricted('with a as (with b as (select * from poi where kind = 1) select * from b where area > 50) select * from a', '{poi.city_id}', 'a CTE in a CTE');
select * from restricted('with recursive r(id, city_id, depth) as (select id, city_id, 1 from poi where kind = 1 union all select p.id, p.city_id, depth + 1 from r join poi p on p.id = r.id + 12 where p.kind = 9 and depth < 4) search depth first by id set o cycle id set again using path select id, city_id, depth from r', '{poi.city_id,p.city_id}', 'WITH RECURSIVE');
select * from restricted('(with p as (select * from poi where kind = 1) select id from p) union all (select id from street where length > 97 order by id limit 2)', '{poi.city_id,street.city_id}', 'branches in brackets');

-- 10. What comes after WHERE stays as it is.
select * from restricted('select city_id, kind, count(*), sum(area) from poi where kind = 1 group by grouping sets ((city_id), (kind), ()) having count(*) > 1 order by 1, 2', '{poi.city_id}', 'GROUPING SETS and HAVING');
select * from restricted('select count(*) from poi where kind = 1', '{poi.city_id}', 'an aggregate of all');
select * from restricted('select id, rank() over (partition by city_id order by area, id), count(*) over () from poi where kind = 1', '{poi.city_id}', 'windows');
select * from restricted('select distinct on (city_id) city_id, id from poi where kind = 1 order by city_id, id', '{poi.city_id}', 'DISTINCT ON');
select * from restricted('select id from poi where kind = 1 order by area desc, id limit 4 offset 2', '{poi.city_id}', 'ORDER BY, LIMIT, OFFSET');
select * from restricted('select id from poi where kind = 1 order by id fetch first 3 rows with ties', '{poi.city_id}', 'FETCH FIRST');
select r from unnest(array['for update of p skip locked', 'for no key update of p', 'for share', 'for key share nowait']) locking,
    unchanged('select p.id from poi p, kind k where p.kind = 1 and k.kind = p.kind order by p.id ' || locking, 'it locks the rows that it reads%', locking) r;
select * from unchanged('select * from (select id from poi where kind = 1 for update) x', 'it locks the rows that it reads%', 'locking in a sub-select');
select * from restricted('select substring(name from 1 for 2) from poi where kind = 1', '{poi.city_id}', 'another word FOR');
select * from restricted('select kind from poi where kind = 1 window w as (order by id)', '{poi.city_id}', 'WINDOW');
select * from restricted('select p.id, (select count(*) from street s where s.city_id = p.city_id) from poi p where kind = 1', '{p.city_id}', 'a sub-select in the select list');

-- 11. What is the same is found the same.
create function hashes(query text) returns text[] language sql as $$ select array_agg(hash order by hash) from partitioncache_fragments(query, 'city_id') $$;
select is(hashes('select * from poi p, street s where p.city_id = s.city_id and p.kind = 1 and s.length > 3'), hashes(other), 'the same: ' || what)
from (values
    ('order of conditions', 'select * from poi p, street s where s.length > 3 and p.kind = 1 and p.city_id = s.city_id'),
    ('order of tables', 'select * from street s, poi p where p.city_id = s.city_id and p.kind = 1 and s.length > 3'),
    ('names', 'select * from poi as "Weird name", street t1 where "Weird name".city_id = t1.city_id and "Weird name".kind = 1 and t1.length > 3'),
    ('generated names turned round', 'select * from street t1, poi t2 where t2.city_id = t1.city_id and t2.kind = 1 and t1.length > 3'),
    ('sides of an equality', 'select * from poi p, street s where s.city_id = p.city_id and p.kind = 1 and s.length > 3'),
    ('JOIN … ON', 'select p.id from poi p join street s on s.city_id = p.city_id and s.length > 3 where p.kind = 1 order by 1 limit 3'),
    ('JOIN … USING', 'select 1 from poi join street using (city_id) where kind = 1 and length > 3'),
    ('layout and case', E'SELECT/* all */*\n\tFROM Poi p,\n\n STREET s WHERE p.CITY_ID=s.city_id AND p.kind=1 AND s.length>3 -- that is all'),
    ('schema named', 'select * from public.poi p, only_street.street s where p.city_id = s.city_id and p.kind = 1 and s.length > 3'),
    ('a condition on the partition column', 'select * from poi p, street s where p.city_id = s.city_id and p.kind = 1 and s.length > 3 and p.city_id = 7')
) v(what, other) where other !~ 'only_street';
select is(hashes('select * from poi p, poi q where p.city_id = q.city_id and p.kind = 1 and q.area > 3 and p.id < q.id'),
          hashes('select * from poi a, poi b where a.area > 3 and b.kind = 1 and a.city_id = b.city_id and b.id < a.id'), 'the same: a self-join turned round');
select is(hashes('select * from poi a, poi b, poi c where a.city_id = b.city_id and b.city_id = c.city_id and a.id < b.id and b.id < c.id'),
          hashes('select * from poi c, poi a, poi b where c.id < a.id and a.id < b.id and b.city_id = c.city_id and a.city_id = b.city_id'), 'the same: three alike in another order');
select isnt(hashes('select * from poi where kind = 1'), hashes(other), 'another: ' || other)
from unnest(array['select * from poi where kind = 2', 'select * from poi where kind > 1', 'select * from street where id = 1', 'select * from poi where id = 1', 'select * from poi where kind = 1 or kind = 1', 'select * from only poi where kind = 1']) other;
select isnt(hashes('select * from poi where name = ''a b'''), hashes('select * from poi where name = ''a  b'''), 'another: white space in a literal');
select isnt(hashes('select * from poi where name = ''a=b'''), hashes('select * from poi where name = ''a = b'''), 'another: white space round an operator in a literal');

select * from finish();
