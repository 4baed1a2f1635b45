-- What a text means depends on TimeZone, DateStyle and IntervalStyle: of the session that asks, not of the one that pushed.
create extension partitioncache;
create table poi (id integer, city_id integer, at timestamptz, day date, lasts interval, clock timetz);
insert into poi select n, n % 100, '2024-01-01 00:00:00+00'::timestamptz + n * interval '37 min', '2024-01-01'::date + n % 300, n * interval '1 min', '12:00+00'
from generate_series(1, 20000) n;
analyze poi;
set timezone = 'UTC';
set datestyle = 'ISO, MDY';
\set q 'select id from poi where at >= ''2024-03-01 00:30'' and at < ''2024-03-01 03:00'''
\ir _learn.sql
set timezone = 'America/New_York';
\ir _check.sql
set timezone = 'Asia/Kolkata';
\ir _learn.sql
set timezone = 'UTC';
\ir _check.sql
\set q 'select id, day from poi where day = ''03/04/2024'''
\ir _learn.sql
set datestyle = 'SQL, DMY';
\ir _check.sql
\ir _learn.sql
\ir _check.sql
set datestyle = 'German';
\ir _check.sql
\set q 'select id from poi where lasts = ''-1 2:03:04'' or lasts between ''1 0:01'' and ''P0000-00-01T00:03:00'''
\ir _learn.sql
set intervalstyle = 'sql_standard';
\ir _check.sql
-- A day of the session's time zone: not immutable
\set q 'select id from poi where at::date = ''2024-03-01'' and id > 0'
\ir _learn.sql
set timezone = 'Pacific/Kiritimati';
\ir _check.sql
\set q 'select id from poi where date_trunc(''day'', at, ''Asia/Tokyo'') = ''2024-03-01 00:00+09'' and id > 0'
\ir _learn.sql
set timezone = 'Pacific/Pago_Pago';
\ir _check.sql
insert into poi values (90001, 7, '2024-03-01 02:00+00', '2024-04-03', '1 day 2 min', '12:00+00'), (90002, 8, '2024-03-01 06:00+00', '2024-03-04', '1 day', '12:00+00');
\ir _check.sql
