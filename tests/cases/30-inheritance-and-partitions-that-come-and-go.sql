-- Children, ONLY, two parents, attach and detach, also of tables with rows, partitions dropped and truncated.
create extension partitioncache;
create table base (id integer, city_id integer, kind integer);
create table child () inherits (base);
create table other (id integer, city_id integer, kind integer, name text);
create table grandchild () inherits (child, other);
insert into base select n, n % 100, n % 70 from generate_series(1, 10000) n;
insert into child select n, n % 100, n % 70 from generate_series(10001, 12000) n;
insert into grandchild select n, n % 100, n % 70, 'g' from generate_series(12001, 13000) n;
create table log (id integer, city_id integer, kind integer) partition by range (id);
create table log_1 partition of log for values from (1) to (10001);
create table log_2 partition of log for values from (10001) to (20001) partition by list (kind);
create table log_2_rest partition of log_2 default;
insert into log select n, n % 100, n % 70 from generate_series(1, 20000) n;
create table log_3 (kind integer, extra text, city_id integer, id integer);
alter table log_3 drop extra;
insert into log_3 (id, city_id, kind) select n, n % 100 + 100, n % 70 from generate_series(20001, 21000) n;
analyze;
\set q 'select tableoid::regclass, id from base where kind = 7'
\ir _learn.sql
insert into child values (50001, 91, 7);
insert into grandchild values (50002, 92, 7, 'g');
\ir _check.sql
\set q 'select id from only base where kind = 7'
\ir _check.sql
\ir _learn.sql
\set q 'select id from base where kind = 7'
\ir _check.sql
create table late (name text, kind integer, id integer, city_id integer);
insert into late values ('l', 7, 50003, 93);
alter table late inherit base;
\ir _check.sql
\ir _learn.sql
alter table late no inherit base;
\ir _check.sql
drop table grandchild;
\ir _check.sql
\set q 'select id from log where kind = 7'
\ir _learn.sql
alter table log attach partition log_3 for values from (20001) to (30001);
\ir _check.sql
\ir _learn.sql
insert into log values (20999, 199, 7), (1, 99, 7);
\ir _check.sql
alter table log detach partition log_1;
\ir _check.sql
insert into log_1 values (2, 98, 7);
alter table log attach partition log_1 for values from (1) to (10001);
\ir _check.sql
\ir _learn.sql
alter table log detach partition log_3 concurrently;
\ir _check.sql
truncate log_1;
insert into log values (3, 97, 7);
\ir _check.sql
drop table log_1;
create table log_1 partition of log for values from (1) to (10001);
insert into log values (4, 96, 7);
\ir _check.sql
create table log_2_7 partition of log_2 for values in (700);
insert into log values (15000, 95, 700);
update log set kind = 700, city_id = 94 where id = 15001;
\set q 'select id from log where kind >= 69'
\ir _learn.sql
update log set kind = 701, id = 4, city_id = 93 where id = 15002;
\ir _check.sql
