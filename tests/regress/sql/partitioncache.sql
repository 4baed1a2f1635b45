-- What `make installcheck` looks at on a server where the extension has been installed: does it load, keep keys,
-- rewrite a query, and follow a write? The project's own tests (make test) look at everything else.
set client_min_messages = warning;
create extension partitioncache;
select partitioncache_register('city_id', 'integer');
select partitioncache_set('city_id', 'harbours', array[3, 1, 2]);
select partitioncache_get('city_id', 'harbours', null::integer);
select keys, hits from partitioncache_intersect('city_id', array['harbours', 'unknown'], null::integer);

create table poi (city_id integer, kind text);
insert into poi select n % 1000, case when n % 1000 < 3 then 'harbour' else 'kiosk' end from generate_series(1, 50000) n;
create index on poi (city_id);
analyze poi;
select partitioncache_push($$ select * from poi where kind = 'harbour' $$, 'city_id') > 0 as pushed;
select partitioncache_process_queue() > 0 as processed;
select applied, hits, keys from partitioncache_explain($$ select * from poi where kind = 'harbour' $$, 'city_id');
insert into poi values (500, 'harbour');
select applied, hits, keys from partitioncache_explain($$ select * from poi where kind = 'harbour' $$, 'city_id');
drop extension partitioncache cascade;
