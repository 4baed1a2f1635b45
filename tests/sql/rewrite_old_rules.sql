-- A session that reads backslashes in literals by the rules of before PostgreSQL 9.1, from its first statement on.
-- The extension's own functions are read in it as well.
\ir _core.sql
\c
set standard_conforming_strings = off;
set escape_string_warning = off;
select no_plan();

select * from restricted('select id from poi where kind = 1 and name <> ''b'' and opened < now()', '{poi.city_id}', 'one table');
select is(conjuncts_cached('select id from poi where kind = 1 and opened < now()'), '{(t1.kind = 1)}'::text[], 'what is not immutable is seen');
select * from unchanged('select id, random() from poi where kind = 1', 'it calls random%', 'what is volatile is seen');
select * from restricted('select p.id, s.id from poi p join street s on s.city_id = p.city_id and s.length > p.area where p.kind = 1', '{p.city_id,s.city_id}', 'a join');
select is((select array_agg(f.fragment order by fragment) from partitioncache_fragments('select p.id, s.id from poi p join street s on s.city_id = p.city_id and s.length > p.area where p.kind = 1', 'city_id') f),
          array['SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)',
                'SELECT DISTINCT t1.city_id FROM public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t1.kind = 1) AND (t2.length > (t1.area)::double precision)',
                'SELECT DISTINCT t1.city_id FROM public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t2.length > (t1.area)::double precision)'], 'its fragments are those of any session');
select * from restricted('select id from poi p where kind in (1, 2) and exists (select from street s where s.city_id = p.city_id and s.length > 95)', '{s.city_id,p.city_id}', 'a sub-select');
select * from unchanged(E'select id from poi where kind = 1 and name <> E\'a\\\\b\'', 'under the settings of this session the rewritten text would mean something else', 'a backslash in a literal');
select partitioncache_register('name', 'text');
create table shop (name text, kind integer);
insert into shop values (E'back\\slash', 1), (E'quote''d', 1), ('plain', 2);
select * from restricted('select * from shop where kind = 1', '{shop.name}', 'keys with a backslash', 'name');
select is(rows_of(partitioncache_apply('select * from shop where kind = 1', 'name', method => m)), rows_of('select * from shop where kind = 1'), 'keys with a backslash, by ' || m)
from unnest('{IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[]) m;
select partitioncache_push('select id from poi where kind = 7', 'city_id') is not null as pushed;
select partitioncache_process_queue() as processed;
select is((partitioncache_explain('select id from poi where kind = 7', 'city_id', method => 'literal')).hits, 1, 'the queue');

select * from finish();
