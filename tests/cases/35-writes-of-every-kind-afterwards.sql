-- COPY, MERGE, upserts, moves to another partition, foreign keys that cascade, rules, triggers that write, TRUNCATE of several, replica role.
create extension partitioncache;
create table city (city_id integer primary key);
insert into city select n from generate_series(0, 199) n;
create table poi (id integer primary key, city_id integer references city on update cascade on delete set null, kind integer);
create table street (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 70 from generate_series(1, 20000) n;
insert into street select n, n % 100, n % 70 from generate_series(1, 5000) n;
analyze;
\set q 'select p.id, s.id as street from poi p join street s using (city_id) where p.kind = 7 and s.kind = 8'
\ir _learn.sql
\ir _check.sql
copy poi (id, city_id, kind) from stdin;
90001	150	7
90002	151	7
\.
copy street from stdin;
90001	150	8
\.
\ir _check.sql
merge into street s using (values (90001, 151), (90002, 152)) v(id, city_id) on s.id = v.id
when matched then update set city_id = v.city_id when not matched then insert values (v.id, v.city_id, 8);
\ir _check.sql
insert into poi values (90002, 152, 7) on conflict (id) do update set city_id = excluded.city_id;
\ir _check.sql
update city set city_id = 1000 where city_id = 152;
update street set city_id = 1000 where city_id = 152;
\ir _check.sql
delete from city where city_id = 7;
\ir _check.sql
create rule aside as on insert to street where new.id < 0 do instead insert into poi values (-new.id, new.city_id, 7);
insert into street values (-90003, 153, 8), (90003, 153, 8);
\ir _check.sql
drop rule aside on street;
create function echo() returns trigger language plpgsql as $$begin insert into street values (new.id, new.city_id, 8); return new; end$$;
create trigger echo before insert on poi for each row execute function echo();
insert into poi values (90004, 154, 7);
\ir _check.sql
with moved as (update poi set city_id = 155 where id = 90004 returning *) insert into street select id, 155, 8 from moved;
\ir _check.sql
set session_replication_role = replica;
insert into poi values (90005, 156, 7);
insert into street values (90005, 156, 8);
update poi set city_id = 157 where id = 90005;
update street set city_id = 157 where id = 90005;
reset session_replication_role;
\ir _check.sql
alter table poi disable trigger user;
insert into poi values (90006, 158, 7);
insert into street values (90006, 158, 8);
\ir _check.sql
alter table poi enable trigger user;
\ir _check.sql
\ir _learn.sql
truncate poi, street;
insert into poi values (1, 159, 7);
insert into street values (2, 159, 8);
\ir _check.sql
create table poi_new (like poi including all);
insert into poi_new values (5, 160, 7);
insert into street values (3, 160, 8);
begin;
alter table poi rename to poi_old;
alter table poi_new rename to poi;
commit;
\ir _check.sql
\ir _check.sql
