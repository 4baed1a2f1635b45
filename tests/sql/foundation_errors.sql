-- Errors that are met on the way into the queues and into tracking, in their words.
select no_plan();
create table poi (id integer primary key, city_id integer, kind integer, flag boolean);
create role foundation_errors_user;
grant select on poi to foundation_errors_user;
grant usage on schema tap to foundation_errors_user;
select partitioncache_grant('foundation_errors_user');

select throws_ok($$ select partitioncache_push('select * from poi where kind = 1', 'region') $$, 'PC002',
    'partition key "region" is not registered in cache "partitioncache", and no table of the query has a column of that name and a fitting type', 'push: no table has the column');
select throws_ok($$ select partitioncache_push('select * from poi where kind = 1', 'flag') $$, 'PC002',
    'partition key "flag" is not registered in cache "partitioncache", and no table of the query has a column of that name and a fitting type', 'push: the column''s type holds no keys');
set role foundation_errors_user;
select throws_ok($$ select partitioncache_push('select * from poi where kind = 1', 'city_id') $$, 'PC007',
    'partition key "city_id" is not registered in cache "partitioncache", and role "foundation_errors_user" may not register it', 'push: a role that may not register');
reset role;
select partitioncache_register('city_id', 'integer');
create view seen as select * from poi;
select throws_ok($$ select partitioncache_track('seen', 'city_id') $$, 'PC008', 'writes to public.seen cannot be tracked', 'track: a view');
select throws_ok($$ select partitioncache_track(null, 'city_id') $$, 'PC001', 'a table is needed', 'track: null');

drop owned by foundation_errors_user;
drop role foundation_errors_user;
select * from finish();
