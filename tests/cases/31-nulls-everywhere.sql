-- NULL in NOT IN, in row comparisons, in arrays, in keys, in domains; IS [NOT] DISTINCT FROM; empty sub-selects.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer, size integer);
create table closed (city_id integer, kind integer);
insert into poi select n, nullif(n % 100, 13), nullif(n % 70, 7), nullif(n % 11, 3) from generate_series(1, 20000) n;
insert into closed select nullif(n % 50, 4), n % 5 from generate_series(1, 40) n;
analyze;
\set q 'select id from poi where kind not in (1, 2, null) or kind = 69'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where kind not in (select kind from closed) and size = 1'
\ir _learn.sql
\ir _check.sql
insert into closed values (1, null);
\ir _check.sql
delete from closed where kind is null;
\ir _check.sql
\ir _learn.sql
truncate closed;
\ir _check.sql
insert into closed select nullif(n % 50, 4), n % 5 from generate_series(1, 40) n;
\set q 'select id from poi where (kind, size) in ((1, 2), (5, null)) or (kind, size) > (69, null)'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where (kind, size) is distinct from (null, null) and (kind, size) < (1, 2)'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where row(kind, size) is null'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where not (row(kind, size) is null) and not (row(kind, size) is not null)'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where kind is not distinct from null and city_id is distinct from 13'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where kind = any (array[7, null, 8]) and (kind <> all (array[9, null])) is not true'
\ir _learn.sql
\ir _check.sql
\set q 'select p.id from poi p join closed c on p.city_id is not distinct from c.city_id where p.kind = 8'
\ir _learn.sql
\ir _check.sql
\set q 'select p.id from poi p where p.kind = 9 and p.city_id = any (select city_id from closed) is not true'
\ir _learn.sql
\ir _check.sql
\set q 'select p.id from poi p where p.kind = 9 and not exists (select from closed c where c.city_id = p.city_id)'
\ir _learn.sql
\ir _check.sql
insert into poi values (90001, null, 8, 1), (90002, null, 9, 2), (90003, null, null, null), (90004, 77, null, null);
insert into closed values (null, 1), (9, 9);
\ir _check.sql
\set q 'select p.id from poi p join closed c on p.city_id is not distinct from c.city_id where p.kind = 8'
\ir _check.sql
\set q 'select id from poi where kind is not distinct from null and city_id is distinct from 13'
\ir _check.sql
