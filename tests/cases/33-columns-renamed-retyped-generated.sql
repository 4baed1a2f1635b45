-- Columns that are renamed, exchanged, retyped, dropped and made again, generated, identities.
create extension partitioncache;
create table poi (id integer generated always as identity, city_id integer, kind integer, size integer, twice integer generated always as (size * 2) stored);
insert into poi (city_id, kind, size) select n % 100, n % 70, n % 90 from generate_series(1, 20000) n;
analyze poi;
\set q 'select id from poi where kind = 7 and twice < 20'
\ir _learn.sql
\ir _check.sql
alter table poi rename kind to k;
alter table poi rename size to kind;
alter table poi rename k to size;
\ir _check.sql
\ir _learn.sql
\ir _check.sql
alter table poi rename city_id to town_id;
alter table poi add city_id integer;
update poi set city_id = (town_id + 50) % 100;
\ir _check.sql
\ir _learn.sql
insert into poi (city_id, kind, size) values (7, 7, 7);
\ir _check.sql
alter table poi drop twice;
alter table poi add twice integer generated always as (size * 3) stored;
\ir _check.sql
alter table poi alter kind type text using 'k' || kind;
\set q 'select id from poi where kind = ''k7'' and twice < 20'
\ir _check.sql
\ir _learn.sql
alter table poi alter city_id type bigint;
\ir _check.sql
insert into poi (city_id, kind, size) values (5000000000, 'k7', 1);
\ir _check.sql
\ir _learn.sql
\ir _check.sql
alter table poi alter city_id type integer using (city_id % 1000)::integer;
\ir _check.sql
insert into poi (city_id, kind, size) overriding system value values (8, 'k7', 1);
\ir _check.sql
alter table poi rename to old_poi;
create table poi (kind text, id integer, city_id integer, twice integer);
insert into poi values ('k7', 1, 33, 1);
\ir _check.sql
\ir _learn.sql
insert into poi values ('k7', 2, 34, 1);
\ir _check.sql
