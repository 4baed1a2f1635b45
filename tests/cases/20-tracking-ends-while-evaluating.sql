-- A fragment is evaluated while its table's tracking ends and rows come: what it found out is not kept.
-- Needs dblink for a second session.
create extension partitioncache;
create extension dblink;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
create function slow(integer) returns integer language plpgsql immutable as $$ begin perform pg_sleep(0.001); return $1; end $$;
\set q 'select id from poi where slow(kind) = 3'
select partitioncache_push(:'q', 'city_id') > 0 as pushed;
select dblink_connect('other', format('host=%s port=%s dbname=%s user=%s', current_setting('unix_socket_directories'), current_setting('port'), current_database(), current_user));
select dblink_send_query('other', 'select partitioncache_process_queue(max_seconds => 60)');
select pg_sleep(0.7);
select partitioncache_untrack('poi', 'city_id') is not null as untracked;
insert into poi select 100000 + n, 50, 3 from generate_series(1, 5) n;
select * from dblink_get_result('other') r(finished integer);
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
