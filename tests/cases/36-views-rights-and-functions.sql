-- What decides about rows without standing in the text: views of every kind, replaced; row-level security that comes; functions replaced; enum labels added.
create extension partitioncache;
create type mood as enum ('sad', 'ok', 'happy');
create table poi (id integer, city_id integer, kind integer, feels mood, owner name default current_user);
insert into poi select n, n % 100, n % 70, (array['sad', 'ok', 'happy']::mood[])[1 + n % 3] from generate_series(1, 20000) n;
create view inner_view as select * from poi where kind < 20;
create view seen with (security_barrier) as select id, city_id, kind, feels from inner_view where feels >= 'ok';
create function big(k integer) returns boolean immutable language sql return k > 60;
create function text_of(k integer) returns text stable language sql return current_setting('app.prefix', true) || k;
analyze;
\set q 'select id from seen where kind = 7'
\ir _learn.sql
\ir _check.sql
create or replace view inner_view as select id, (city_id + 1) % 100 as city_id, kind, feels, owner from poi where kind < 20;
\ir _check.sql
\ir _learn.sql
insert into poi values (90001, 50, 7, 'happy');
\ir _check.sql
alter type mood add value 'glad' after 'ok';
insert into poi values (90002, 51, 7, 'glad');
\ir _check.sql
alter type mood rename value 'sad' to 'sadder';
\ir _check.sql
\set q 'select id from poi where big(kind) and feels > ''ok'' and id % 10 = 1'
\ir _learn.sql
\ir _check.sql
create or replace function big(k integer) returns boolean immutable language sql return k < 10;
\ir _check.sql
create function big(k bigint) returns boolean immutable language sql return k = 3;
\ir _check.sql
drop function big(integer);
\ir _check.sql
set app.prefix = 'a';
\set q 'select id from poi where text_of(kind) = ''a7'' and id % 10 = 1'
\ir _learn.sql
set app.prefix = 'b';
\ir _check.sql
\set q 'select id from poi where owner = current_user and kind = 7'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where kind = 8'
\ir _learn.sql
create role pc_case_reader;
grant select on poi to pc_case_reader;
select partitioncache_grant('pc_case_reader', 'read');
alter table poi enable row level security;
create policy few on poi using (city_id < 50);
set role pc_case_reader;
\ir _check.sql
reset role;
\ir _check.sql
create materialized view mat as select * from poi where kind < 9;
select partitioncache_assert_static('mat');
\set q 'select id from mat where kind = 8'
\ir _learn.sql
\ir _check.sql
insert into poi values (90003, 77, 8, 'ok');
refresh materialized view mat;
\ir _check.sql
