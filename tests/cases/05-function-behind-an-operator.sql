-- An operator of the user's own stays what it is; the function of a function behind it does not.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
create function halved(integer) returns integer language plpgsql immutable as $$ begin return $1 / 2; end $$;
create function near(integer, integer) returns boolean language plpgsql immutable as $$ begin return public.halved($1) = public.halved($2); end $$;
create operator ~~~ (function = near, leftarg = integer, rightarg = integer);
\set q 'select id from poi where kind ~~~ 6'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
create or replace function halved(integer) returns integer language plpgsql immutable as $$ begin return $1 / 3; end $$;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
