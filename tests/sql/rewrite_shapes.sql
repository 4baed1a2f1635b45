-- Partition keys of any name, views of any kind, and each method in each kind of block.
\ir _core.sql
select no_plan();
select partitioncache_register(k, 'text') from unnest(array['Weird "K" % (x', 'order', 'a.b', 'ünï', 'select', 't1', 'k']) k;
create table w ("Weird ""K"" % (x" text, "order" text, "a.b" text, "ünï" text, "select" text, t1 text, k text, x int);
insert into w select c, c, c, c, c, c, c, i % 5 from generate_series(1,60) i, lateral (select 'v''%s " ' || i % 11) v(c);
insert into w(x) values (1),(2);
select r from unnest(array['Weird "K" % (x', 'order', 'a.b', 'ünï', 'select', 't1', 'k']) key,
 restricted('select * from w where x = 1', array['w.' || quote_ident(key)], key, key) r;
select r from unnest(array['Weird "K" % (x', 'order', 'a.b', 'ünï', 'select', 't1', 'k']) key,
 restricted(format('select count(*) from w a join w b using (%I) where a.x = 1 and b.x < a.x', key), array['a.' || quote_ident(key), 'b.' || quote_ident(key)], key || ', joined', key) r;
select r from unnest(array['Weird "K" % (x', 'order', 'a.b', 'ünï', 'select', 't1', 'k']) key, unnest('{IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN,subquery}'::text[]) m, lateral (select is(rows_of(partitioncache_apply(format('select * from w a join w b using (%I) where a.x = 1 and b.x < a.x', key), key, method => m)), rows_of(format('select * from w a join w b using (%I) where a.x = 1 and b.x < a.x', key)), key || ', joined, by ' || m)) l(r);
select * from restricted('select p.id, s.id from poi p join street s on p.city_id = s.city_id and s.length > 90', '{p.city_id,s.city_id}', 'conditions in ON only');
select * from restricted('select city_id, count(*) from poi p join street s using (city_id) join kind k on k.kind = p.kind and k.label = ''kind 3'' group by 1 having count(*) > 1 order by 1 limit 3', '{p.city_id,s.city_id}', 'conditions in ON only, GROUP BY');
create view vj as select p.id, p.city_id, s.length from poi p join street s using (city_id);
create view vl as select p.id, s.city_id, s.length from poi p left join street s on s.city_id = p.city_id;
create view vu as select id, city_id from poi union all select id, city_id from street;
create view va(x, city_id) as select count(*), city_id from poi group by city_id;
select * from restricted('select * from vj where length > 95', '{vj.city_id}', 'a view with a join');
select * from restricted('select * from vl where id < 30', '{vl.city_id}', 'a view with an outer join, whose keys may be null');
select * from restricted('select * from vu where id < 30', '{vu.city_id}', 'a view with UNION');
select * from restricted('select * from va where x > 9', '{va.city_id}', 'a view with GROUP BY');
select * from restricted('select v.id, p.id from vl v join poi p on p.city_id = v.city_id and p.id < v.id where p.kind = 1', '{v.city_id,p.city_id}', 'a view joined to its table');
select * from restricted('select * from vl v left join poi p on p.city_id = v.city_id where v.id < 20', '{v.city_id}', 'a view before a LEFT JOIN');
-- Each method in each kind of block
select r from unnest(array[
 'select * from poi p join street s using (city_id) where p.kind = 1 and s.length > p.area',
 'with a as (select * from poi where kind = 1) select a.id, s.id from a join street s using (city_id) where s.length > 90',
 'select city_id from poi where kind = 1 union all select city_id from street where length > 95',
 'select p.id, s.id from poi p left join street s on s.city_id = p.city_id where p.kind = 1',
 'select p.id, x.id from poi p, lateral (select s.id from street s where s.city_id = p.city_id and s.length > 90 order by s.id limit 1) x where p.kind = 1',
 'select p.id, s.id from poi p, street s where p.kind = 1 and s.length > 97',
 'with recursive r(id, city_id, depth) as (select id, city_id, 1 from poi where kind = 1 union all select p.id, p.city_id, depth + 1 from r join poi p on p.id = r.id + 12 where p.kind = 9 and depth < 4) select * from r',
 'select * from (poi p full join street s using (city_id)) join event e using (city_id) where visitors = 3',
 'select city_id, count(*) from poi join event using (city_id) where visitors > 40 and area > visitors group by grouping sets ((city_id), ())']) q,
 unnest('{IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN,subquery,literal}'::text[]) m, lateral (select fill(q) offset 0) f, lateral (select is(rows_of(partitioncache_apply(q, 'city_id', method => m)), rows_of(q), m || ': ' || q)) l(r);
select * from finish();
