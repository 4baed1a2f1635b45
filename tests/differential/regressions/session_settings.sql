-- A text means what it means in its session: dates, time zones and backslashes are read under the settings of who asks.
create extension if not exists partitioncache;
create table visits (id integer primary key, city_id integer, on_day date, at timestamptz, note text);
insert into visits select n, n, date '2024-01-01' + n, timestamptz '2024-01-01 00:00+00' + n * interval '5 hours', case when n % 3 = 0 then E'a\\b' else 'ab' end from generate_series(1, 200) n;
select partitioncache_register('city_id', 'integer', 'array');
set datestyle = 'ISO, MDY';
set timezone = 'UTC';
select partitioncache_push($push$select * from visits where on_day >= '03/04/2024'$push$, 'city_id');
select partitioncache_push($push$select * from visits where at < '2024-01-10 00:00'$push$, 'city_id');
select partitioncache_push($push$select * from visits where note = 'a\b'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
set datestyle = 'ISO, DMY';
set timezone = 'Asia/Tokyo';
set standard_conforming_strings = off;
set escape_string_warning = off;
select $query$select id from visits where on_day >= '03/04/2024'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from visits where at < '2024-01-10 00:00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from visits where note = 'a\b'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from visits where note = 'a\\b'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
set datestyle = 'German';
reset standard_conforming_strings;
select $query$select id from visits where on_day >= '03/04/2024'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from visits where on_day >= '03.04.2024' and note = 'a\b'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
