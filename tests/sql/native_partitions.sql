-- Tables that PostgreSQL itself partitions by the partition key: tracked, restricted, and opened only where the keys are.
select no_plan();
\ir _freshness.sql

-- How many tables the plan of the rewritten text of a query reads.
create function opened(query text) returns bigint language plpgsql as $$
declare
    plan jsonb;
begin
    execute 'explain (format json) ' || partitioncache_apply(query, 'city_id', method => 'current') into plan;
    return (select count(distinct n #>> '{}') from jsonb_path_query(plan, 'strict $.**."Relation Name"') n);
end
$$;

create table by_list (id integer, city_id integer, kind integer) partition by list (city_id);
create table by_range (id integer, gone integer, city_id integer, kind integer) partition by range (city_id);
create table by_hash (city_id integer, id integer, kind integer) partition by hash (city_id);
create table by_day (id integer, city_id integer, kind integer, day integer) partition by range (day);
create table by_day_0 partition of by_day for values from (0) to (10) partition by list (city_id);
create table by_day_1 partition of by_day for values from (10) to (20) partition by hash (city_id);
create table plain (id integer, city_id integer, kind integer);
alter table by_range drop gone;
do $$ begin
    for i in 0 .. 39 loop
        execute format('create table list_%s partition of by_list for values in (%1$s)', i);
        execute format('create table range_%s partition of by_range for values from (%s) to (%s)', i, i * 2, i * 2 + 2);
        execute format('create table hash_%s partition of by_hash for values with (modulus 40, remainder %1$s)', i);
        execute format('create table day_0_%s partition of by_day_0 for values in (%1$s)', i);
        if i < 10 then
            execute format('create table day_1_%s partition of by_day_1 for values with (modulus 10, remainder %1$s)', i);
        end if;
    end loop;
end $$;
create table list_none partition of by_list for values in (null);
create table list_other partition of by_list default;
create table day_0_none partition of by_day_0 for values in (null);
insert into by_list select n, nullif(n % 41, 40), case when n % 41 < 3 then n % 7 else 7 + n % 5 end from generate_series(1, 2000) n;
insert into by_range (id, city_id, kind) select n, n % 40, case when n % 40 < 3 then n % 7 else 7 + n % 5 end from generate_series(1, 2000) n;
insert into by_hash (id, city_id, kind) select n, nullif(n % 41, 40), case when n % 41 < 3 then n % 7 else 7 + n % 5 end from generate_series(1, 2000) n;
insert into by_day select n, nullif(n % 41, 40), case when n % 41 < 3 then n % 7 else 7 + n % 5 end, n % 20 from generate_series(1, 2000) n;
insert into plain select n, n % 40, n % 4 from generate_series(1, 400) n;
analyze;
select partitioncache_register('city_id', 'integer');
select partitioncache_update_processor_config(least_cost => 0);

create table asked (name text, query text, opened bigint);
insert into asked values
    ('by list', 'select id from by_list where kind = 3', 4),
    ('by range', 'select id, city_id from by_range where kind = 3', 2),
    ('by hash', 'select id from by_hash where kind = 3', null),
    ('in two levels', 'select id, day from by_day where kind = 3', null),
    ('with an alias', 'select "A b".id, "A b".* from by_list "A b" where "A b".kind = 3', 4),
    ('nothing is left', 'select id from by_list where kind = 1000', null),
    ('joined to itself', 'select a.id, b.id as other from by_list a join by_list b on a.city_id = b.city_id and b.id = a.id + 41 where a.kind = 3 and b.kind = 4', 4),
    ('joined to another', 'select l.id, r.id as other from by_list l join by_range r using (city_id) where l.kind = 3 and r.kind = 4 and r.id < 500', 6),
    ('joined to a table', 'select l.id, p.id as other from by_list l, plain p where p.city_id = l.city_id and l.kind = 3 and p.kind = 2', 5),
    ('in a sub-select', 'select count(*), max(x.id) from (select l.id from by_list l where l.kind = 3 order by l.id limit 100) x', 4),
    ('in a CTE', 'with x as (select l.id, l.city_id from by_list l where l.kind = 3) select x.*, y.n from x, (values (1), (2)) y(n)', 4),
    ('in both branches', 'select id from by_list where kind = 3 union all select id from by_range where kind = 4', 6),
    ('with an outer join', 'select l.id, p.id as other from by_list l left join plain p on p.city_id = l.city_id and p.id < 9 where l.kind = 3', 5);

create function wrong(moment text) returns setof text language sql as $$
    select is(wrong_rows(a.query), 0::bigint, a.name || ': right ' || moment) from asked a
$$;

do $$ declare query text; begin for query in select a.query from asked a loop call learn(query); end loop; end $$;
select is(standing(a.query), 'restricted, fresh', a.name || ': restricted') from asked a where a.name <> 'joined to another' and a.name not like '%both%';
select cmp_ok(opened(a.query), '<=', coalesce(a.opened, 30), a.name || ': few partitions are opened') from asked a;
select wrong('when nothing was written');

-- Kept texts stay right, whatever is written; also under the snapshot of then.
create table kept as select a.name, a.query, partitioncache_apply(a.query, 'city_id', method => 'current') as rewritten from asked a;
create function wrong_kept(moment text) returns setof text language plpgsql as $$
declare
    k kept;
    differing bigint;
begin
    for k in select * from kept loop
        execute format('select count(*) from (((%1$s) except all (%2$s)) union all ((%2$s) except all (%1$s))) x', k.query, k.rewritten) into differing;
        return next is(differing, 0::bigint, k.name || ': a kept text is right ' || moment);
    end loop;
end
$$;
begin;
insert into by_list values (5001, 7, 3), (5002, null, 3), (5003, 1, 3), (5004, 999, 3);
insert into by_range (id, city_id, kind) values (5001, 7, 3), (5002, 30, 4), (5003, 1, 3);
insert into by_hash values (7, 5001, 3), (null, 5002, 3), (1, 5003, 3);
insert into by_day values (5001, 7, 3, 5), (5002, 39, 3, 15), (5003, null, 3, 3);
update by_list set city_id = 25 where id = 3;
update list_9 set kind = 3 where id = 9;
delete from by_list where id = 126;
insert into plain values (6000, 25, 2), (6001, 7, 2);
select wrong('in the transaction that writes');
select wrong_kept('in the transaction that writes');
commit;
select is(standing('select id from by_list where kind = 3'), 'restricted, changed', 'what was written is known');
select wrong('after writing');
select wrong_kept('after writing');
update by_list set kind = 3 where id % 3 = 0;
update by_range set kind = 3 where id % 3 = 0;
select wrong('after much was written');
select wrong_kept('after much was written');

-- Entries that are not used any more: everything is searched.
create table list_50 partition of by_list for values in (50);
insert into list_50 values (7000, 50, 3);
select wrong_kept('when a partition was attached');
alter table list_30 disable trigger all;
insert into list_30 values (7001, 30, 3);
alter table list_30 enable trigger all;
select wrong_kept('when triggers were switched off');
select partitioncache_clear();
insert into by_list values (7002, 31, 3);
select wrong_kept('when the cache was cleared');

-- What a sub-select cannot stand for is restricted in another way, or not at all.
do $$ begin call learn('select id from by_range where kind = 4'); end $$;
create function agree(query text) returns text language sql as $$ select is(wrong_rows(query), 0::bigint, query) $$;
select agree('select to_jsonb(r) from by_range r where kind = 4');
select agree('select count(r) from by_range r where kind = 4');
select agree('select r from by_range r where kind = 4');
select agree('select r.tableoid, r.ctid from by_range r where kind = 4');
select agree('select (r).id from by_range r where kind = 4');
-- With ONLY, a table is read without its partitions: by_list has no rows of its own, plain has all.
do $$ begin call learn('select id from only plain where kind = 2'); call learn('select l.id from only by_list l join plain p using (city_id) where p.kind = 2'); end $$;
select ok(e.applied, 'restricted: ' || q) from (values ('select id from only plain where kind = 2')) x(q), partitioncache_explain(q, 'city_id', method => 'current') e;
select agree('select id from only plain where kind = 2');
select agree('select l.id from only by_list l join plain p using (city_id) where p.kind = 2');
alter table by_range enable row level security;
do $$ begin call learn('select id from by_range where kind = 4'); end $$;
select agree('select id from by_range where kind = 4');

-- Of a hundred partitions and more, a query is taken apart without being planned: what is no single query that reads is refused all the same.
create table wide (id integer, city_id integer, kind integer) partition by list (city_id);
do $$ begin
    for i in 0 .. 99 loop
        execute format('create table wide_%s partition of wide for values in (%1$s)', i);
    end loop;
end $$;
insert into wide select n, n % 100, case when n % 100 < 3 then n % 7 else 7 + n % 5 end from generate_series(1, 2000) n;
analyze wide;
do $$ begin call learn('select id from wide where kind = 3'); end $$;
select is((pc_opened_partitions(q)).partitions, n::bigint, q) from (values
    ('select id from wide where kind = 3', 100), ('select id from wide where city_id = 3', 0), ('select id from wide w where w.city_id in (1, 2)', 0),
    ('select id from wide where 3 = city_id', 0), ('select id from wide where city_id between 2 and 3', 0), ('select w.id from wide w, plain p where p.city_id = w.city_id', 100),
    ('select id from plain', 0)) x(q, n);
select ok(e.applied, 'restricted: ' || q) from (values ('select id from wide where kind = 3'), ('select id from wide where kind = 3 -- said'), ('(select id from wide where kind = 3)'),
    ('select id from wide where kind = 3;')) x(q), partitioncache_explain(q, 'city_id') e;
select is(e.reason is not null and not e.applied, true, 'refused: ' || q) from (values
    ('select id from wide where kind = 3; select 1'), ('select 1) x, (select id from wide where kind = 3'), ('delete from wide returning id'),
    ('select id into other from wide where kind = 3'), ('with x as (delete from wide returning id) select * from x'), ('select id from wide where kind = 3 /* open'),
    ('explain select id from wide'), ('select nonsense from wide'), ('select id from wide where kind = $1'), ('select id from wide where kind = 3 for update'),
    ('select 1 from (select 1) q; end; drop table wide; create function pg_temp.x() returns void language sql begin atomic select 1 from (select id from wide')) x(q),
    partitioncache_explain(q, 'city_id') e;
select is(count(*), 2000::bigint, 'nothing of that was executed') from wide;
select is(wrong_rows('select id from wide where kind = 3'), 0::bigint, 'right');
-- A role that may read some of the columns.
create role partial;
select partitioncache_grant('partial');
grant select (id, kind, city_id) on wide to partial;
alter table wide add column secret text default 'x';
set role partial;
select reason as denied from partitioncache_explain('select secret from wide where kind = 3', 'city_id') \gset
select partitioncache_apply('select id from wide where kind = 3', 'city_id', method => 'current') as allowed \gset
select array_agg(x.id order by x.id)::text as found from (:allowed) x \gset
reset role;
select is(:'denied'::text, 'permission denied for table wide', 'what a role may not read is said');
select is(:'found'::text, (select array_agg(id order by id)::text from wide where kind = 3), 'what it may read of some columns it reads');
drop owned by partial;
drop role partial;

select * from finish();
