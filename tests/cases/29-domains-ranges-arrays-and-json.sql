-- Types that hold others: domains over arrays and domains, ranges, multiranges, arrays with odd bounds, JSON paths and subscripts.
create extension partitioncache;
create domain small as integer check (value < 1000);
create domain smaller as small check (value <> 13);
create domain tags as text[] check (cardinality(value) < 9);
create type span as range (subtype = smaller);
create table poi (id integer, city_id smaller, labels tags, during int4range, spans datemultirange, own span, matrix integer[], doc jsonb);
insert into poi
select n, 14 + n % 100, array['l' || n % 90, 'm' || n % 7]::tags, int4range(n, n + 10), datemultirange(daterange('2024-01-01', '2024-01-01'::date + n % 80 + 1)),
       span((n % 90 + 14)::smaller, (n % 90 + 20)::smaller), ('[-1:1]={' || n || ',2,' || n % 90 || '}')::integer[],
       jsonb_build_object('a', jsonb_build_object('b', n % 90), 'list', jsonb_build_array(n % 90, 'x'), 'price', n)
from generate_series(1, 20000) n;
analyze poi;
\set q 'select id from poi where labels @> array[''l7'']'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where ''l7'' = any (labels) and labels[2] = ''m0'''
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where during && int4range(100, 120, ''[]'') and not during @> 117'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where spans @> ''2024-03-15''::date and id > 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where own @> 20::smaller and id > 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where matrix[-1] = 7 or matrix[1] = 8'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where matrix[0:1] = ''{2,7}'' and id > 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where doc @? ''$.list[*] ? (@ == 7)'' and id > 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where doc @@ ''$.a.b == 7'' and doc[''a''][''b''] = ''7'' and doc #>> ''{a,b}'' = ''7'''
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where jsonb_path_exists(doc, ''$.price ? (@ > $min && @ < 20)'', ''{"min": 7}'') and id > 0'
\ir _learn.sql
\ir _check.sql
alter domain small drop constraint small_check;
insert into poi values (90001, 2000, array['l7', 'm0'], '[105,106)', '{[2024-03-01,2024-04-01)}', '[19,22)', '[-1:1]={7,2,7}', '{"a": {"b": 7}, "list": [7], "price": 8}');
\ir _check.sql
\set q 'select id from poi where labels @> array[''l7'']'
\ir _check.sql
\ir _learn.sql
\ir _check.sql
