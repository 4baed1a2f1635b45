-- A text that closes our brackets and goes on with another statement is refused, and executes nothing.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
do $$ begin perform partitioncache_push('select 1 from pois) q; drop table pois; select * from (select 1', 'city_id'); exception when others then null; end $$;
do $$ begin perform partitioncache_push('with gone as (delete from pois returning *) select * from gone', 'city_id'); exception when others then null; end $$;
do $$ begin perform partitioncache_push('select * from pois where kind = 1; truncate	pois', 'city_id'); exception when others then null; end $$;
do $$ begin perform partitioncache_push('select * from pois where kind = 1', 'city_id"; drop table pois; --'); exception when others then null; end $$;
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*) from pois$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
