-- Constants come back with the value and the type that they had, whatever the session's settings.
create extension if not exists partitioncache;
create table t (id integer primary key, city_id integer, b bytea, i interval, tt time, tz timetz, m money, p point, r int4range, bits bit(4), vb varbit, js json, c char(5), n numeric(8,3), o oid, x xml);
insert into t select n, n % 10, decode(lpad(to_hex(n), 4, '0'), 'hex'), n * interval '1 day 2 hours', time '00:00' + n * interval '7 min', '12:00+02', (n * 1.5)::numeric::money, point(n, n), int4range(n, n + 5), (n % 16)::bit(4), B'101', '{"a": 1}', 'c' || n % 3, n / 8.0, n, '<a/>' from generate_series(1, 60) n;
select partitioncache_register('city_id', 'integer', 'array');
set datestyle = 'ISO, MDY';
set intervalstyle = 'postgres';
set timezone = 'UTC';
set bytea_output = 'hex';
set extra_float_digits = 1;
select partitioncache_push($push$select id from t where b < '\x0010'$push$, 'city_id');
select partitioncache_push($push$select id from t where i < interval '1-2' year to month$push$, 'city_id');
select partitioncache_push($push$select id from t where tt between '01:00' and '03:00:00.5'$push$, 'city_id');
select partitioncache_push($push$select id from t where m > '$12.50'::money::numeric::money$push$, 'city_id');
select partitioncache_push($push$select id from t where r @> 9 and bits & B'0101' = B'0001'$push$, 'city_id');
select partitioncache_push($push$select id from t where vb = X'A'::varbit or vb = B'101'$push$, 'city_id');
select partitioncache_push($push$select id from t where c = 'c1' and n > 1e0$push$, 'city_id');
select partitioncache_push($push$select id from t where n = any (array[0.125, 0.25::numeric(8,3), 1e-1])$push$, 'city_id');
select partitioncache_push($push$select id from t where o < 20::oid and o <> '7'$push$, 'city_id');
select partitioncache_push($push$select id from t where p <@ box '((0,0),(20,20))'$push$, 'city_id');
select partitioncache_push($push$select id from t where i * 2 > '5 days' and tz = '10:00+00'$push$, 'city_id');
select partitioncache_push($push$select id from t where js ->> 'a' = '1' and 'NaN'::float8 > id and '-Infinity'::float4 < id$push$, 'city_id');
select partitioncache_push($push$select id from t where id > 1.0000000000000002::float8 and id::numeric < 123456789012345678901234567890.5$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;

select $query$select id, '\x00ff'::bytea, E'\\\\x'::bytea from t where b < '\x0010'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, interval '1 mon -2 days 03:04:05.678901', interval '3' hour, interval(0) '1.6 sec' from t where i < interval '1-2' year to month$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, time '24:00', '04:05:06.789-08'::timetz, time(1) '01:02:03.456' from t where tt between '01:00' and '03:00:00.5'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, '$1,234.50'::money from t where m > '$12.50'::money::numeric::money$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, int4range(1, 5), '[2024-01-01,2024-02-01)'::daterange, '{[1,2),[5,9)}'::int4multirange from t where r @> 9 and bits & B'0101' = B'0001'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, B'0101', X'1F', B''::varbit from t where vb = X'A'::varbit or vb = B'101'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, 'ab'::char(5), 'x'::"char", 'name'::name, 'text' from t where c = 'c1' and n > 1e0$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, array[[1,2],[3,null]], '{}'::text[], array['a,b', 'NULL', null, '"'] from t where n = any (array[0.125, 0.25::numeric(8,3), 1e-1])$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, 'pg_class'::regclass, 'int4'::regtype, 5::oid, -5::smallint, -9223372036854775808 from t where o < 20::oid and o <> '7'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, point '(1,2)', circle '<(0,0),2>' from t where p <@ box '((0,0),(20,20))'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, row(1, 'a', null), row(1, 2.5)::text, timestamptz '2024-03-31 01:30+00', date '2024-02-29', timestamp '2024-01-01 00:00:00.000001 BC' from t where i * 2 > '5 days' and tz = '10:00+00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, '{"b": [1, 2.50]}'::json, '{"b": [1, 2.50]}'::jsonb, null, null::int from t where js ->> 'a' = '1' and 'NaN'::float8 > id and '-Infinity'::float4 < id$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, 0.1::float4, 1e300::float8, 'NaN'::numeric, 1.10, -0.0::float8, 5e-324::float8 from t where id > 1.0000000000000002::float8 and id::numeric < 123456789012345678901234567890.5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
set datestyle = 'German';
set intervalstyle = 'iso_8601';
set timezone = 'Asia/Kathmandu';
set bytea_output = 'escape';
set extra_float_digits = -5;
select partitioncache_push($push$select id from t where b < '\x0010'$push$, 'city_id');
select partitioncache_push($push$select id from t where i < interval '1-2' year to month$push$, 'city_id');
select partitioncache_push($push$select id from t where tt between '01:00' and '03:00:00.5'$push$, 'city_id');
select partitioncache_push($push$select id from t where m > '$12.50'::money::numeric::money$push$, 'city_id');
select partitioncache_push($push$select id from t where r @> 9 and bits & B'0101' = B'0001'$push$, 'city_id');
select partitioncache_push($push$select id from t where vb = X'A'::varbit or vb = B'101'$push$, 'city_id');
select partitioncache_push($push$select id from t where c = 'c1' and n > 1e0$push$, 'city_id');
select partitioncache_push($push$select id from t where n = any (array[0.125, 0.25::numeric(8,3), 1e-1])$push$, 'city_id');
select partitioncache_push($push$select id from t where o < 20::oid and o <> '7'$push$, 'city_id');
select partitioncache_push($push$select id from t where p <@ box '((0,0),(20,20))'$push$, 'city_id');
select partitioncache_push($push$select id from t where i * 2 > '5 days' and tz = '10:00+00'$push$, 'city_id');
select partitioncache_push($push$select id from t where js ->> 'a' = '1' and 'NaN'::float8 > id and '-Infinity'::float4 < id$push$, 'city_id');
select partitioncache_push($push$select id from t where id > 1.0000000000000002::float8 and id::numeric < 123456789012345678901234567890.5$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;

select $query$select id, '\x00ff'::bytea, E'\\\\x'::bytea from t where b < '\x0010'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, interval '1 mon -2 days 03:04:05.678901', interval '3' hour, interval(0) '1.6 sec' from t where i < interval '1-2' year to month$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, time '24:00', '04:05:06.789-08'::timetz, time(1) '01:02:03.456' from t where tt between '01:00' and '03:00:00.5'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, '$1,234.50'::money from t where m > '$12.50'::money::numeric::money$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, int4range(1, 5), '[2024-01-01,2024-02-01)'::daterange, '{[1,2),[5,9)}'::int4multirange from t where r @> 9 and bits & B'0101' = B'0001'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, B'0101', X'1F', B''::varbit from t where vb = X'A'::varbit or vb = B'101'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, 'ab'::char(5), 'x'::"char", 'name'::name, 'text' from t where c = 'c1' and n > 1e0$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, array[[1,2],[3,null]], '{}'::text[], array['a,b', 'NULL', null, '"'] from t where n = any (array[0.125, 0.25::numeric(8,3), 1e-1])$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, 'pg_class'::regclass, 'int4'::regtype, 5::oid, -5::smallint, -9223372036854775808 from t where o < 20::oid and o <> '7'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, point '(1,2)', circle '<(0,0),2>' from t where p <@ box '((0,0),(20,20))'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, row(1, 'a', null), row(1, 2.5)::text, timestamptz '2024-03-31 01:30+00', date '2024-02-29', timestamp '2024-01-01 00:00:00.000001 BC' from t where i * 2 > '5 days' and tz = '10:00+00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, '{"b": [1, 2.50]}'::json, '{"b": [1, 2.50]}'::jsonb, null, null::int from t where js ->> 'a' = '1' and 'NaN'::float8 > id and '-Infinity'::float4 < id$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;

select $query$select id, 0.1::float4, 1e300::float8, 'NaN'::numeric, 1.10, -0.0::float8, 5e-324::float8 from t where id > 1.0000000000000002::float8 and id::numeric < 123456789012345678901234567890.5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
