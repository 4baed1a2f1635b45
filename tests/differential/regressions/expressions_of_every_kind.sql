-- The rewritten query is PostgreSQL's own print of the original: every kind of expression comes back as it was.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id, case p.kind when 1 then 'one' else p.name end, case when p.id > 50 then 1 end from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p, p.*, row(p.*), (p).name, to_jsonb(p) from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select substring(p.name from 2 for 3), trim(both 'n' from p.name), overlay(p.name placing 'x' from 1), position('a' in p.name) from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select extract(epoch from timestamp '2024-01-01' + p.id * interval '1 hour'), timestamptz '2024-01-01 00:00+00' at time zone 'Asia/Tokyo' from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.name collate "C" || 'x', p.name like 'n%' escape '!', p.name similar to 'n%', p.name ~ 'e' from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select coalesce(null, p.kind), nullif(p.kind, 2), greatest(p.id, 5), least(1, p.id) from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select array[p.id, p.kind], (array[p.id, p.kind])[1], (array[1,2,3])[1:2], p.id = any (array[1,2]), p.id <> all ('{1}') from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id is distinct from 1, p.id between 1 and 50, p.id in (1, 2), (p.id, p.kind) < (50, 1), not p.id = 1 from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select exists (select 1 from streets s where s.city_id = p.city_id), (select max(s.width) from streets s where s.poi_id = p.id), array(select s.id from streets s where s.poi_id = p.id order by 1) from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) over (), sum(p.kind) over (order by p.id), row_number() over (partition by p.city_id order by p.id rows between 1 preceding and current row exclude current row), first_value(p.id) over (order by p.id groups between unbounded preceding and 1 following) from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select generate_series(1, 2), unnest(array['a', 'b']) from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select xmlelement(name foo, xmlattributes(p.id as bar), p.name)::text, '<a>1</a>'::xml::text from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select 1 as "from", 2 as "a b", 3, 3, 'x' as "?column?" from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select current_date = current_date, current_user = user, localtime = localtime from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.kind = 1 order by p.id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*), count(distinct p.city_id), sum(p.id) filter (where p.id > 50), array_agg(p.id order by p.id desc), string_agg(p.name, ', ' order by p.id) from pois p where p.kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select percentile_cont(0.5) within group (order by p.id), mode() within group (order by p.city_id), rank(50) within group (order by p.id) from pois p where p.kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select bool_and(p.id > 0), every(p.kind = 1), bit_or(p.id), json_agg(p.id order by p.id), max(p.name), corr(p.id, p.id) from pois p where p.kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
