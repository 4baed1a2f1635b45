-- Names that look like brackets, operators and places, more than ten tables, types and operators of users: none is taken for another.
create extension if not exists partitioncache;
create schema "we.ird (1)";
create table "we.ird (1)"."t1.x = t2" (id integer primary key, city_id integer, "a) > (b" integer, "say ""hi"" AND" integer, "[1]" integer[], "$1" integer, "IS NOT NULL" integer, "é" integer, "t1" integer, "x'y" integer);
insert into "we.ird (1)"."t1.x = t2" select n, n % 13, n % 7, n % 6, array[n % 4, n % 3], n % 5, n % 3, n % 8, n % 9, n % 4 from generate_series(1, 200) n;
create table few (id integer primary key, city_id integer, kind integer, t2 integer);
insert into few select n, n % 6, n % 5, n % 3 from generate_series(1, 24) n;
create domain small as integer check (value < 100);
create type money_like as (amount integer);
create type level as enum ('low', 'high');
create function amount_less(a money_like, b money_like) returns boolean language sql immutable as 'select (b).amount < (a).amount';
create operator < (leftarg = money_like, rightarg = money_like, function = amount_less);
create function odd_less(a text, b integer) returns boolean language sql immutable as 'select length(a) > b';
create operator < (leftarg = text, rightarg = integer, function = odd_less);
create function same_mod(a integer, b integer) returns boolean language sql immutable as 'select a % 3 operator(pg_catalog.=) b % 3';
create schema other;
create operator other.= (leftarg = integer, rightarg = integer, function = same_mod);
create operator other.> (leftarg = integer, rightarg = integer, function = same_mod);
create function other.lower(t text) returns text language sql immutable as 'select pg_catalog.upper(t)';
create table kept (id integer primary key, city_id integer, s small, m money_like, l level, name text, n integer, ns integer[], r int4range, b "char", o oid, i interval, t time, mo money);
insert into kept select n, n % 17, n % 10, row(n % 8)::money_like, case n % 2 when 0 then 'low' else 'high' end::level, repeat('x', n % 6) || case n % 2 when 0 then 'a' else 'A' end, n % 11, array[n % 4], int4range(n % 5, n % 5 + 3),
  chr(97 + n % 4)::"char", n % 9, n % 9 * interval '1 day' + n % 3 * interval '1 month', time '00:00' + n % 12 * interval '1 hour', (n % 7)::text::money from generate_series(1, 300) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select id from "we.ird (1)"."t1.x = t2" where "a) > (b" > 2$push$, 'city_id');
select partitioncache_push($push$select id from "we.ird (1)"."t1.x = t2" where "say ""hi"" AND" in (1, 2, 3)$push$, 'city_id');
select partitioncache_push($push$select id from "we.ird (1)"."t1.x = t2" where "[1]"[1] > 1$push$, 'city_id');
select partitioncache_push($push$select id from "we.ird (1)"."t1.x = t2" where "$1" is not null and "é" < 6$push$, 'city_id');
select partitioncache_push($push$select id from "we.ird (1)"."t1.x = t2" where "IS NOT NULL" is not null$push$, 'city_id');
select partitioncache_push($push$select id from "we.ird (1)"."t1.x = t2" where "t1" < 7 and "x'y" > 0$push$, 'city_id');
select partitioncache_push($push$select count(*) from "we.ird (1)"."t1.x = t2" p, "we.ird (1)"."t1.x = t2" q where p.city_id = q.city_id and p."a) > (b" = q."$1" and q."x'y" > 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from "we.ird (1)"."t1.x = t2" where "a) > (b" > 3$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from "we.ird (1)"."t1.x = t2" where "a) > (b" > 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from "we.ird (1)"."t1.x = t2" where "say ""hi"" AND" = 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from "we.ird (1)"."t1.x = t2" where "[1]"[1] > 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from "we.ird (1)"."t1.x = t2" where "[1]"[2] > 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from "we.ird (1)"."t1.x = t2" where "$1" = 3 and "é" < 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from "we.ird (1)"."t1.x = t2" where "IS NOT NULL" = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from "we.ird (1)"."t1.x = t2" t1 where t1."t1" < 5 and t1."x'y" > 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from "we.ird (1)"."t1.x = t2" t2, "we.ird (1)"."t1.x = t2" t1 where t2."$1" = t1."a) > (b" and t1.city_id = t2.city_id and t2."x'y" > 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from "we.ird (1)"."t1.x = t2" t2, "we.ird (1)"."t1.x = t2" t1 where t1."$1" = t2."a) > (b" and t1.city_id = t2.city_id and t2."x'y" > 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select count(*) from few f1, few f2, few f3, few f4, few f5, few f6, few f7, few f8, few f9, few f10, few f11, few f12 where f1.id = f2.id and f1.city_id = f2.city_id and f2.id = f3.id and f2.city_id = f3.city_id and f3.id = f4.id and f3.city_id = f4.city_id and f4.id = f5.id and f4.city_id = f5.city_id and f5.id = f6.id and f5.city_id = f6.city_id and f6.id = f7.id and f6.city_id = f7.city_id and f7.id = f8.id and f7.city_id = f8.city_id and f8.id = f9.id and f8.city_id = f9.city_id and f9.id = f10.id and f9.city_id = f10.city_id and f10.id = f11.id and f10.city_id = f11.city_id and f11.id = f12.id and f11.city_id = f12.city_id and f1.kind > 1 and f11.t2 > 0 and f12.kind < 4$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*) from few f1, few f2, few f3, few f4, few f5, few f6, few f7, few f8, few f9, few f10, few f11, few f12 where f1.id = f2.id and f1.city_id = f2.city_id and f2.id = f3.id and f2.city_id = f3.city_id and f3.id = f4.id and f3.city_id = f4.city_id and f4.id = f5.id and f4.city_id = f5.city_id and f5.id = f6.id and f5.city_id = f6.city_id and f6.id = f7.id and f6.city_id = f7.city_id and f7.id = f8.id and f7.city_id = f8.city_id and f8.id = f9.id and f8.city_id = f9.city_id and f9.id = f10.id and f9.city_id = f10.city_id and f10.id = f11.id and f10.city_id = f11.city_id and f11.id = f12.id and f11.city_id = f12.city_id and f1.kind > 2 and f11.t2 > 1 and f12.kind < 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from few f12, few f11, few f10, few f9, few f8, few f7, few f6, few f5, few f4, few f3, few f2, few f1 where f1.id = f2.id and f1.city_id = f2.city_id and f2.id = f3.id and f2.city_id = f3.city_id and f3.id = f4.id and f3.city_id = f4.city_id and f4.id = f5.id and f4.city_id = f5.city_id and f5.id = f6.id and f5.city_id = f6.city_id and f6.id = f7.id and f6.city_id = f7.city_id and f7.id = f8.id and f7.city_id = f8.city_id and f8.id = f9.id and f8.city_id = f9.city_id and f9.id = f10.id and f9.city_id = f10.city_id and f10.id = f11.id and f10.city_id = f11.city_id and f11.id = f12.id and f11.city_id = f12.city_id and f1.kind > 2 and f11.t2 > 1 and f12.kind < 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from few f1, few f2, few f3, few f4, few f5, few f6, few f7, few f8, few f9, few f10, few f11, few f12 where f1.id = f2.id and f1.city_id = f2.city_id and f2.id = f3.id and f2.city_id = f3.city_id and f3.id = f4.id and f3.city_id = f4.city_id and f4.id = f5.id and f4.city_id = f5.city_id and f5.id = f6.id and f5.city_id = f6.city_id and f6.id = f7.id and f6.city_id = f7.city_id and f7.id = f8.id and f7.city_id = f8.city_id and f8.id = f9.id and f8.city_id = f9.city_id and f9.id = f10.id and f9.city_id = f10.city_id and f10.id = f11.id and f10.city_id = f11.city_id and f11.id = f12.id and f11.city_id = f12.city_id and f11.kind > 2 and f1.t2 > 1 and f2.kind < 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from few f12, few f11, few f10, few f9, few f8, few f7, few f6, few f5, few f4, few f3, few f2, few f1 where f1.id = f2.id and f1.city_id = f2.city_id and f2.id = f3.id and f2.city_id = f3.city_id and f3.id = f4.id and f3.city_id = f4.city_id and f4.id = f5.id and f4.city_id = f5.city_id and f5.id = f6.id and f5.city_id = f6.city_id and f6.id = f7.id and f6.city_id = f7.city_id and f7.id = f8.id and f7.city_id = f8.city_id and f8.id = f9.id and f8.city_id = f9.city_id and f9.id = f10.id and f9.city_id = f10.city_id and f10.id = f11.id and f10.city_id = f11.city_id and f11.id = f12.id and f11.city_id = f12.city_id and f11.kind > 2 and f1.t2 > 1 and f2.kind < 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from few f1, few f2, few f3, few f4, few f5, few f6, few f7, few f8, few f9, few f10, few f11, few f12 where f1.id = f2.id and f1.city_id = f2.city_id and f2.id = f3.id and f2.city_id = f3.city_id and f3.id = f4.id and f3.city_id = f4.city_id and f4.id = f5.id and f4.city_id = f5.city_id and f5.id = f6.id and f5.city_id = f6.city_id and f6.id = f7.id and f6.city_id = f7.city_id and f7.id = f8.id and f7.city_id = f8.city_id and f8.id = f9.id and f8.city_id = f9.city_id and f9.id = f10.id and f9.city_id = f10.city_id and f10.id = f11.id and f10.city_id = f11.city_id and f11.id = f12.id and f11.city_id = f12.city_id and f2.kind > 2 and f12.t2 > 1 and f1.kind < 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from few f12, few f11, few f10, few f9, few f8, few f7, few f6, few f5, few f4, few f3, few f2, few f1 where f1.id = f2.id and f1.city_id = f2.city_id and f2.id = f3.id and f2.city_id = f3.city_id and f3.id = f4.id and f3.city_id = f4.city_id and f4.id = f5.id and f4.city_id = f5.city_id and f5.id = f6.id and f5.city_id = f6.city_id and f6.id = f7.id and f6.city_id = f7.city_id and f7.id = f8.id and f7.city_id = f8.city_id and f8.id = f9.id and f8.city_id = f9.city_id and f9.id = f10.id and f9.city_id = f10.city_id and f10.id = f11.id and f10.city_id = f11.city_id and f11.id = f12.id and f11.city_id = f12.city_id and f2.kind > 2 and f12.t2 > 1 and f1.kind < 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select id from kept where s > 3$push$, 'city_id');
select partitioncache_push($push$select id from kept where m < row(5)::money_like$push$, 'city_id');
select partitioncache_push($push$select id from kept where l > 'low'$push$, 'city_id');
select partitioncache_push($push$select id from kept where name < 3$push$, 'city_id');
select partitioncache_push($push$select id from kept where n operator(other.=) 4$push$, 'city_id');
select partitioncache_push($push$select id from kept where n operator(other.>) 4$push$, 'city_id');
select partitioncache_push($push$select id from kept where lower(name) = 'xa'$push$, 'city_id');
select partitioncache_push($push$select id from kept where other.lower(name) = 'XA'$push$, 'city_id');
select partitioncache_push($push$select id from kept where ns[1] > 1$push$, 'city_id');
select partitioncache_push($push$select id from kept where lower(r) > 1$push$, 'city_id');
select partitioncache_push($push$select id from kept where b in ('a', 'b')$push$, 'city_id');
select partitioncache_push($push$select id from kept where o > 3$push$, 'city_id');
select partitioncache_push($push$select id from kept where o in (1, 2, 3)$push$, 'city_id');
select partitioncache_push($push$select id from kept where i > interval '3 days'$push$, 'city_id');
select partitioncache_push($push$select id from kept where t > '03:00'$push$, 'city_id');
select partitioncache_push($push$select id from kept where t in ('03:00', '04:00')$push$, 'city_id');
select partitioncache_push($push$select id from kept where mo > 2::money$push$, 'city_id');
select partitioncache_push($push$select id from kept where mo in (2::money, 3::money)$push$, 'city_id');
select partitioncache_push($push$select id from kept where n = 5$push$, 'city_id');
select partitioncache_push($push$select id from kept where (n > 3) = (s > 2)$push$, 'city_id');
select partitioncache_push($push$select id from kept where case when n > 3 then s else n end > 2$push$, 'city_id');
select partitioncache_push($push$select id from kept where n > s$push$, 'city_id');
select partitioncache_push($push$select id from kept where (n, s) > (3, 2)$push$, 'city_id');
select partitioncache_push($push$select id from kept where n > all (array[1, 2])$push$, 'city_id');
select partitioncache_push($push$select id from kept where n between 2 and 8 and s is not null$push$, 'city_id');
select partitioncache_push($push$select id from kept where length(name) > 2$push$, 'city_id');
select partitioncache_push($push$select id from kept where name > 'x'$push$, 'city_id');
select partitioncache_push($push$select id from kept where name in ('xa', 'xxA')$push$, 'city_id');
select partitioncache_push($push$select id from kept where r @> 3$push$, 'city_id');
select partitioncache_push($push$select id from kept where n::smallint > 2::smallint$push$, 'city_id');
select partitioncache_push($push$select id from kept where abs(n - 5) < 3$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from kept where s > 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where s > 4::small$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where s::integer > 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where s = 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where m < row(4)::money_like$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where m < row(6)::money_like$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where l = 'high'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where l > 'high'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where name < 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where name < 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where name < '2'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n operator(other.=) 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n = 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n operator(other.>) 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n > 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n operator(other.=) 7$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where lower(name) in ('xa')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where lower(name) = 'xA'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where other.lower(name) in ('XA', 'XXA')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where ns[1] > 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where ns[1] = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where lower(r) > 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where upper(r) > 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where b = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where b = 'c'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where o > 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where o = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where o > 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where i > interval '4 days'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where i > interval '1 month'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where i > interval '2 days'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where t > '04:00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where t = '04:00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where t = '05:00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where mo > 3::money$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where mo = 2::money$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where mo > 1::money$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n = 5 and s = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n in (5)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n in (5, 6)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where (n > 3) = (s > 2) and n > 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where (n > 3) = (s > 3)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where case when n > 3 then s else n end > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where case when n > 3 then n else s end > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n > s and n > 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where s < n$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n >= s$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where (n, s) > (3, 3)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where (n, s) > (3, 2) and id > 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where (s, n) > (3, 2)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n > all (array[1, 2]) and id > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n > all (array[2, 1])$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n > any (array[1, 2])$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n between 3 and 7 and s > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where length(name) > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where length(name) = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where length(name) in (3, 4, null)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where name > 'xx'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where name = 'xa'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where name = 'xxA' collate "C"$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where r @> 3 and n > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where r @> 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n::smallint > 3::smallint$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n > 3::smallint$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where abs(n - 5) < 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where abs(n - 5) < 2.5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where abs(5 - n) < 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
set search_path = other, public, pg_catalog;
select $query$select id from kept where n = 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n > 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where lower(name) = 'XA'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n = 7 and s > 4$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n between 3 and 7 and s > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from kept where n in (4, 5)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
