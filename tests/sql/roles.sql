-- What roles may do, may see, and can do to one another.
\ir _core.sql
select no_plan();

create role roles_nobody;
create role roles_user;
create role roles_other;
create role roles_admin;
grant create on schema public to roles_admin;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
create table secret (city_id integer, code integer);
insert into secret select i % 20, i from generate_series(1, 100) i;
create view window_on_secret as select city_id, code % 7 as rest from secret where code > 50;
grant select on poi, street, window_on_secret to roles_user, roles_other;
grant select on all tables in schema tap to public;

-- Without a grant: nothing
set role roles_nobody;
select throws_ok(call, '42501', null, 'nobody may call ' || call)
from unnest(array['select partitioncache_version()', 'select partitioncache_apply(''select 1'', ''city_id'')', 'select partitioncache_push(''select 1'', ''city_id'')',
                  'select partitioncache_get(''city_id'', ''x'', null::integer)', 'select partitioncache_set(''city_id'', ''x'', ''{1}''::integer[])',
                  'select partitioncache_register(''x'', ''integer'')', 'select partitioncache_grant(''roles_nobody'')', 'select partitioncache_process_queue()',
                  'select pc_parse(''select 1'', ''{}'')', 'select * from partitioncache_analysis', 'select * from partitioncache_cache_city_id', 'select * from partitioncache_registration',
                  'select * from partitioncache_queue', 'select * from partitioncache_processor_log', 'select nextval(''partitioncache_hits'')']) call;
reset role;

select partitioncache_grant('roles_user');
select partitioncache_grant('roles_other', 'use');
select partitioncache_grant('roles_admin', 'administer');
select partitioncache_grant('roles_user', 'use');
select throws_ok('select partitioncache_grant(''roles_user'', ''everything'')', 'PC001', '"everything" is no level of rights', 'a level that is none');
select throws_ok('select partitioncache_grant(''roles_user'', null)', 'PC001', null, 'a null level');
select ok(not has_schema_privilege('roles_user', 'public', 'create'), 'use: makes no objects in the extension''s schema');

-- use
set role roles_user;
select throws_ok(call, '42501', null, 'use does not allow ' || call)
from unnest(array['select partitioncache_register(''x'', ''integer'')', 'select partitioncache_grant(''roles_nobody'')', 'select partitioncache_track(''poi'', ''city_id'')',
                  'select partitioncache_untrack(''poi'', ''city_id'')', 'select partitioncache_enable_processor()', 'select partitioncache_disable_processor()',
                  'select partitioncache_update_processor_config(''partitioncache'')']) call;
select lives_ok($$ select partitioncache_set('city_id', 'mine', array[1, 2, 3], 'my words') $$, 'use: set');
select is(partitioncache_get('city_id', 'mine', null::integer), '{1,2,3}'::integer[], 'use: get');
select is((select owner from partitioncache_cache_city_id where hash = 'mine'), 'roles_user', 'the entry is the role''s own');
select partitioncache_push('select id from poi where kind = 1', 'city_id') > 0 as pushed;
select cmp_ok(partitioncache_process_queue(), '>', 1, 'use: push and process');
select is((select array_agg(distinct owner) from partitioncache_cache_city_id where hash <> 'mine'), '{roles_user}', 'evaluated as the role that pushed');
select is((partitioncache_explain('select id from poi where kind = 1', 'city_id', method => 'literal')).applied, true, 'use: apply');
select is(rows_of(partitioncache_apply('select id from poi where kind = 1', 'city_id', method => m)), rows_of('select id from poi where kind = 1'), 'use: rows by ' || m)
from unnest('{literal,current,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[]) m;

-- What a role may not read, it does not read through us.
select * from unchanged('select * from secret where code > 50', 'permission denied for table secret', 'a table that the role may not read');
select throws_ok('select partitioncache_push(''select * from secret where code > 50'', ''city_id'')', '42501', 'permission denied for table secret', 'push: PostgreSQL''s own error');
select throws_ok('select partitioncache_fragments(''select * from secret where code > 50'', ''city_id'')', '42501', 'permission denied for table secret', 'fragments: the same');
select throws_ok($$ select pc_evaluate_fragment('partitioncache', 'city_id', 'stolen', 'SELECT DISTINCT t1.city_id FROM public.secret t1', '{public.secret}', '{}') $$, '42501', 'permission denied for table secret', 'evaluating: the same');
select is((select count(*) from partitioncache_cache_city_id where hash = 'stolen'), 0::bigint, 'and nothing is stored');
select * from restricted('select * from window_on_secret where rest = 3', '{window_on_secret.city_id}', 'a view that the role may read');
reset role;
alter table event add kind integer default 4;
grant select (id, city_id, kind) on event to roles_user;
set role roles_user;
select * from restricted('select id, city_id from event where kind = 4 and id < 30', '{event.city_id}', 'a table of which the role may read some columns');
select * from unchanged('select * from event where kind = 4', 'permission denied for table event', 'all its columns');
reset role;
revoke select on event from roles_user;
revoke select (id, city_id, kind) on event from roles_user;
revoke select on street from roles_user;
set role roles_user;
select * from unchanged('select id, city_id from event where kind = 4 and id < 30', 'permission denied for table event', 'a right that was taken away: the remembered analysis is of no use');
reset role;

-- Roles cannot make one another do things.
set role roles_user;
select throws_ok($$ insert into partitioncache_analysis (owner, digest, named, relations, functions, operators, types, state, canonical) values ('postgres', 'x', '{}', '{}', '{}', '{}', '{}', 0, 'select 1') $$,
                 '42501', 'new row violates row-level security policy for table "partitioncache_analysis"', 'no analysis for another role');
select throws_ok($$ insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, checked, priority, owner) values ('outgoing', 1, 'partitioncache', 'city_id', 'x', 'select 1', true, 1, 'postgres') $$,
                 '42501', null, 'no item in a queue for another role');
select throws_ok($$ insert into partitioncache_query_fragment_queue (queue, id, cache, partition_key, hash, query, checked, priority, owner) values ('outgoing', 1, 'partitioncache', 'city_id', 'x', 'select 1', true, 1, 'postgres') $$,
                 '42501', null, 'nor straight into the partition');
select throws_ok($$ update partitioncache_cache_city_id set owner = 'postgres', query = 'SELECT DISTINCT t1.code FROM public.secret t1' $$,
                 '42501', 'new row violates row-level security policy for table "partitioncache_cache_city_id"', 'no entry that another role would evaluate again');
select throws_ok($$ insert into partitioncache_cache_city_id (hash, owner, query, key_count) values ('x', 'postgres', 'SELECT DISTINCT t1.code FROM public.secret t1', 1) $$,
                 '42501', null, 'nor a new one');
select throws_ok($$ select * from pc_remember('x', null) $$, null, null, 'nor by a function');
select is((select count(*) from partitioncache_analysis where owner <> 'roles_user'), 0::bigint, 'the analyses of others are not to be seen');
select count(*) as mine from partitioncache_analysis \gset
select partitioncache_push('select id from poi where kind = 2', 'city_id') > 0 as pushed;
reset role;
select cmp_ok((select count(*) from partitioncache_analysis where owner = 'roles_user'), '=', :mine::bigint, 'they are there');
set role roles_other;
select is((select count(*) from partitioncache_queue), 0::bigint, 'nor are the queued items of others');
select is(partitioncache_process_queue(), 0, 'nor are they worked on');
select is(partitioncache_get('city_id', 'mine', null::integer), '{1,2,3}'::integer[], 'key sets are shared');
select ok((partitioncache_explain('select id from poi where kind = 1', 'city_id', method => 'literal')).applied, 'also for rewriting');
select lives_ok($$ select partitioncache_set('city_id', 'mine', array[4]) $$, 'an entry can be replaced');
select is((select owner from partitioncache_cache_city_id where hash = 'mine'), 'roles_other', 'and is then the role''s own');
select lives_ok($$ select partitioncache_set_query('city_id', 'mine', 'other words') $$, 'set_query');
reset role;
set role roles_user;
select lives_ok($$ select partitioncache_set_query('city_id', 'mine', 'more words') $$, 'set_query on another''s entry');
select is((select row(owner, query)::text from partitioncache_cache_city_id where hash = 'mine'), '(roles_user,"more words")', 'makes it the role''s own');
select ok(partitioncache_delete('city_id', 'mine'), 'delete');
reset role;

-- A role that may not make temporary objects cannot have a query analysed.
revoke temporary on database :DBNAME from public;
set role roles_other;
select alike((partitioncache_explain('select id from poi where kind = 9', 'city_id')).reason, 'permission denied%', 'no temporary objects: unchanged, with the reason');
reset role;
grant temporary on database :DBNAME to public;

-- administer: what is registered later is shared with those who may use the cache.
set role roles_admin;
select lives_ok($$ select partitioncache_register('area', 'numeric') $$, 'administer: register');
select lives_ok($$ select partitioncache_register('id', 'integer', 'bit', 'another') $$, 'administer: register in another cache');
reset role;
set role roles_user;
select lives_ok($$ select partitioncache_set('area', 'x', array[1.5]) $$, 'use: a partition key that another role registered later');
select lives_ok($$ select partitioncache_apply('select * from poi where kind = 1', 'id', 'another') $$, 'use: a cache that another role made later');
select lives_ok($$ select partitioncache_clear('area') $$, 'use: clear');
reset role;

-- Row-level security of the user's tables: a query is left as it is, for owner, superuser and all.
alter table poi enable row level security;
create policy own_cities on poi using (city_id < 10);
set role roles_user;
select * from unchanged('select id from poi where kind = 1', 'row-level security is on for poi%', 'row-level security: a role that it binds');
reset role;
select * from unchanged('select id from poi where kind = 1', 'row-level security is on for poi%', 'row-level security: a role that it does not bind');
select alike((select reason from pc_entry_state('partitioncache', 'city_id', (select array_agg(hash) from partitioncache_cache_city_id where query ~ 'kind = 1')) limit 1), 'changed in its definition%poi', 'entries of before are put aside');

drop owned by roles_nobody, roles_user, roles_other, roles_admin cascade;
drop role roles_nobody, roles_user, roles_other, roles_admin;
select * from finish();
