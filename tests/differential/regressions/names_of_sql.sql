-- Names that look like SQL: aliases, columns, tables and keys with brackets, quotes, keywords in capitals and line ends in them.
create extension if not exists partitioncache;
create schema "a) FROM (b";
create table "a) FROM (b"."WHERE (1 = 1)" (id integer primary key, "k'e""y) AND (1" integer, "SELECT" integer, " FROM " text, "x
y" integer);
insert into "a) FROM (b"."WHERE (1 = 1)" select n, n % 20, n % 5, 'v' || n % 7, n % 3 from generate_series(1, 100) n;
insert into "a) FROM (b"."WHERE (1 = 1)" values (200, null, 1, 'v1', 1);
select partitioncache_register('k''e"y) AND (1', 'integer', 'array');
set search_path = "a) FROM (b", public;
select partitioncache_push($push$select * from "WHERE (1 = 1)" where "SELECT" = 1$push$, 'k''e"y) AND (1');
select partitioncache_push($push$select * from "WHERE (1 = 1)" "A AND B" where "A AND B"." FROM " = 'v1' and "A AND B"."x
y" = 1$push$, 'k''e"y) AND (1');
select partitioncache_push($push$select * from "WHERE (1 = 1)" "(", "WHERE (1 = 1)" "t1""" where "("."k'e""y) AND (1" = "t1"""."k'e""y) AND (1" and "("."SELECT" = 2 and "t1"""."x
y" = 1$push$, 'k''e"y) AND (1');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from "WHERE (1 = 1)" "SELECT" where "SELECT"."SELECT" = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'k''e"y) AND (1') as rewritten \gset
:query
;
:rewritten
;
select $query$select "LEFT".id from "WHERE (1 = 1)" "LEFT" where "LEFT"." FROM " = 'v1' and "LEFT"."x
y" = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'k''e"y) AND (1') as rewritten \gset
:query
;
:rewritten
;
select $query$select "(".id, "'".id from "WHERE (1 = 1)" "(", "WHERE (1 = 1)" "'" where "("."k'e""y) AND (1" = "'"."k'e""y) AND (1" and "("."SELECT" = 2 and "'"."x
y" = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'k''e"y) AND (1') as rewritten \gset
:query
;
:rewritten
;
