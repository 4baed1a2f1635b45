-- What comes beside and after the tables: LATERAL, functions that return sets, GROUPING SETS, DISTINCT ON, windows, WITH TIES, HAVING, sub-selects.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer, size integer);
create table street (id integer, city_id integer, name text);
insert into poi select n, n % 100, n % 70, n % 11 from generate_series(1, 20000) n;
insert into street select n, n % 100, 's' || n % 40 from generate_series(1, 4000) n;
analyze;
\set q 'select p.id, s.id as street from poi p, lateral (select id from street where street.city_id = p.city_id order by id limit 2) s where p.kind = 7'
\ir _learn.sql
\ir _check.sql
\set q 'select p.id, g from poi p cross join lateral generate_series(1, p.size) g where p.kind = 7 and g > 9'
\ir _learn.sql
\ir _check.sql
\set q 'select id, generate_series(1, size) from poi where kind = 7'
\ir _learn.sql
\ir _check.sql
\set q 'select city_id, kind, count(*) from poi where kind = 7 group by grouping sets ((city_id), (kind), ())'
\ir _learn.sql
\ir _check.sql
\set q 'select count(*), sum(size) from poi where kind = 777'
\ir _learn.sql
\ir _check.sql
\set q 'select city_id, count(*) from poi where kind in (7, 8) group by rollup (city_id) having count(*) > 5'
\ir _learn.sql
\ir _check.sql
\set q 'select distinct on (city_id) city_id, id from poi where kind = 7 order by city_id, id desc'
\ir _learn.sql
\ir _check.sql
\set q 'select id, rank() over (partition by kind order by size), sum(size) over w from poi where kind = 7 window w as (order by id rows 3 preceding)'
\ir _learn.sql
\ir _check.sql
\set q 'select id, size from poi where kind = 7 order by size desc fetch first 3 rows with ties'
\ir _learn.sql
\ir _check.sql
\set q 'with a as materialized (select * from poi where kind = 7), b as (select city_id from a where size = 3) select s.id from street s where s.city_id in (select city_id from b)'
\ir _learn.sql
\ir _check.sql
\set q 'with recursive r(id, city_id, depth) as (select id, city_id, 1 from poi where kind = 7 and id < 200 union all select p.id, p.city_id, depth + 1 from poi p join r on p.city_id = r.city_id and p.kind = 8 where depth < 3) select id, depth from r'
\ir _learn.sql
\ir _check.sql
\set q '(select id from poi where kind = 7 except all select id from poi where kind = 7 and size = 3) union all (select id from street where name = ''s7'' limit 0)'
\ir _learn.sql
\ir _check.sql
\set q 'select p.id, (select count(*) from street s where s.city_id = p.city_id and s.name = ''s7'') from poi p where p.kind = 7'
\ir _learn.sql
\ir _check.sql
\set q 'select s.id, p.id from street s left join poi p on p.city_id = s.city_id and p.kind = 7 and p.size = 3 where s.name = ''s7'''
\ir _learn.sql
\ir _check.sql
\set q 'select s.id, p.id from street s full join poi p on p.city_id = s.city_id and p.kind = 7 where coalesce(p.size, 3) = 3 and (s.name = ''s7'' or s.name is null)'
\ir _learn.sql
\ir _check.sql
insert into poi values (90001, 55, 7, 3), (90002, 300, 777, 1);
insert into street values (90001, 300, 's7');
\ir _check.sql
\set q 'select count(*), sum(size) from poi where kind = 777'
\ir _check.sql
\set q 'select s.id, p.id from street s left join poi p on p.city_id = s.city_id and p.kind = 7 and p.size = 3 where s.name = ''s7'''
\ir _check.sql
