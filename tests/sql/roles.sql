-- What each level of rights is for, and what roles give to one another and do not. What each may do is in rights.sql, what none may in hostile*.sql.
\ir _core.sql
select no_plan();
update partitioncache_internal.partitioncache_settings set untracked = 'static';

create role roles_nobody;
create role roles_reader;
create role roles_user;
create role roles_other;
create role roles_filler;
create role roles_admin;
grant create on schema public to roles_admin;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on all tables in schema tap to public;
create table secret (city_id integer, code integer);
insert into secret select i % 20, i from generate_series(1, 100) i;
create view window_on_secret as select city_id, code % 7 as rest from secret where code > 50;
analyze secret;
grant select on poi, street, window_on_secret to roles_reader, roles_user, roles_other, roles_filler;

-- Without a grant: nothing
set role roles_nobody;
select throws_ok(call, '42501', null, 'nobody may call ' || call)
from unnest(array['select partitioncache_version()', 'select partitioncache_apply(''select 1'', ''city_id'')', 'select partitioncache_push(''select 1'', ''city_id'')',
                  'select partitioncache_get(''city_id'', ''x'', null::integer)', 'select partitioncache_set(''city_id'', ''x'', ''{1}''::integer[])',
                  'select partitioncache_register(''x'', ''integer'')', 'select partitioncache_grant(''roles_nobody'')', 'select partitioncache_process_queue()',
                  'select partitioncache_internal.pc_call(''grant'', ''{}'')', 'select * from partitioncache_analysis', 'select * from partitioncache_internal.partitioncache_cache_city_id',
                  'select * from partitioncache_registration', 'select * from partitioncache_queue', 'select * from partitioncache_processor_log', 'select nextval(''partitioncache_internal.partitioncache_hits'')']) call;
reset role;

select partitioncache_grant('roles_reader', 'read');
select partitioncache_grant('roles_user');
select partitioncache_grant('roles_other', 'push');
select partitioncache_grant('roles_filler', 'fill');
select partitioncache_grant('roles_admin', 'administer');
select is((select level from partitioncache_internal.partitioncache_role where role = 'roles_user'::regrole), 'push', 'the level that is granted where none is said');
select ok(not has_schema_privilege('roles_filler', 'public', 'create'), 'fill: makes no objects in the extension''s schema');

-- read: uses what is there, and stores nothing
set role roles_filler;
select partitioncache_push('select id from poi where kind = 1', 'city_id') > 0 as pushed;
select cmp_ok(partitioncache_process_queue(max_seconds => 60), '>', 1, 'fill: push and process');
reset role;
set role roles_reader;
select ok((partitioncache_explain('select id from poi where kind = 1', 'city_id', method => 'literal')).applied, 'read: what was evaluated as a role that may fill serves everybody');
select is(rows_of(partitioncache_apply('select id from poi where kind = 1', 'city_id', method => m)), rows_of('select id from poi where kind = 1'), 'read: rows by ' || m)
from unnest('{literal,current,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[]) m;
select is((partitioncache_explain('select id from poi where kind = 3', 'city_id')).applied, false, 'read: what is not known comes back as it is');
select throws_ok($$ select partitioncache_push('select id from poi where kind = 3', 'city_id') $$, '42501', null, 'read: pushes nothing');
select throws_ok($$ select partitioncache_internal.pc_call('enqueue', '{"cache": "partitioncache", "queue": "incoming", "items": [], "checked": true, "again": true}') $$,
                 'PC007', 'role "roles_reader" has no right to queue and evaluate queries in cache "partitioncache"', 'nor by the way that push takes');
select throws_ok($$ select partitioncache_set('city_id', 'x', array[1]) $$, '42501', null, 'read: stores nothing');
select throws_ok($$ insert into partitioncache_internal.partitioncache_store_city_id (hash, keys) values ('x', '{1}') $$, '42501', null, 'nor by the way that set takes');
reset role;

-- push: evaluates for itself
set role roles_user;
select partitioncache_push('select id from poi where kind = 2', 'city_id') > 0 as pushed;
select cmp_ok(partitioncache_process_queue(max_seconds => 60), '>', 1, 'push: push and process');
select ok((partitioncache_explain('select id from poi where kind = 2', 'city_id', method => 'literal')).applied, 'push: apply');
select is(rows_of(partitioncache_apply('select id from poi where kind = 2', 'city_id', method => m)), rows_of('select id from poi where kind = 2'), 'push: rows by ' || m) from unnest('{literal,current,subquery}'::text[]) m;
select is((select array_agg(distinct row(owner, serves)::text) from partitioncache_entries('city_id') where query ~ 'kind = 2'), '{"(roles_user,roles_user)"}', 'what it has evaluated is its own, and serves it alone');
select lives_ok($$ select partitioncache_set('city_id', 'mine', array[1, 2, 3], 'my words') $$, 'push: set');
select is(partitioncache_get('city_id', 'mine', null::integer), '{1,2,3}'::integer[], 'push: get');
select is(partitioncache_query('city_id', 'mine'), 'my words', 'push: query');
reset role;
set role roles_other;
select is((partitioncache_explain('select id from poi where kind = 2', 'city_id', method => 'literal')).applied, false, 'another role gets nothing of that');
select is(partitioncache_get('city_id', 'mine', null::integer), null, 'nor a key set under its name');
select is(partitioncache_query('city_id', 'mine'), null, 'nor its text');
select is_empty($$ select hash from partitioncache_entries('city_id') where owner = 'roles_user' $$, 'nor is it told that there is one');
select lives_ok($$ select partitioncache_set('city_id', 'mine', array[4]) $$, 'it has one of the same name of its own');
select is(partitioncache_get('city_id', 'mine', null::integer), '{4}'::integer[], 'and gets that');
select lives_ok($$ select partitioncache_set_query('city_id', 'mine', 'other words') $$, 'set_query');
select is(partitioncache_delete('city_id', 'mine'), true, 'and deletes that');
select is(partitioncache_clear(), 0::bigint, 'clear: it has no others');
reset role;
set role roles_user;
select is(partitioncache_get('city_id', 'mine', null::integer), '{1,2,3}'::integer[], 'while the first role has kept its own');
select is(partitioncache_query('city_id', 'mine'), 'my words', 'and its words');
reset role;

-- fill comes after what a role has of its own
set role roles_filler;
select partitioncache_set('city_id', 'mine', array[7]);
select partitioncache_set('city_id', 'everybody''s', array[8]);
reset role;
set role roles_user;
select is(partitioncache_get('city_id', 'mine', null::integer), '{1,2,3}'::integer[], 'what a role has stored itself comes before what serves everybody');
select is(partitioncache_get('city_id', 'everybody''s', null::integer), '{8}'::integer[], 'which it gets where it has none');
select is(partitioncache_delete('city_id', 'everybody''s'), false, 'push: deletes nothing that serves everybody');
select is(partitioncache_clear('city_id') > 0, true, 'clear: its own');
select is(partitioncache_get('city_id', 'mine', null::integer), '{7}'::integer[], 'then it gets what serves everybody');
select ok((partitioncache_explain('select id from poi where kind = 1', 'city_id', method => 'literal')).applied, 'also for rewriting');
reset role;

-- A fill role that stores over another's entry does not get its words.
set role roles_filler;
select partitioncache_set('city_id', 'told', array[1], 'words of the first');
reset role;
select partitioncache_grant('roles_other', 'fill');
set role roles_other;
select partitioncache_set('city_id', 'told', array[2]);
select is(partitioncache_query('city_id', 'told'), null, 'whoever stores over an entry stores over its text');
reset role;
select partitioncache_grant('roles_other', 'push');

-- What the role may not read, it does not read through us.
set role roles_user;
select * from unchanged('select * from secret where code > 50', 'permission denied for table secret', 'a table that the role may not read');
select throws_ok('select partitioncache_push(''select * from secret where code > 50'', ''city_id'')', '42501', 'permission denied for table secret', 'push: PostgreSQL''s own error');
select throws_ok('select partitioncache_fragments(''select * from secret where code > 50'', ''city_id'')', '42501', 'permission denied for table secret', 'fragments: the same');
select throws_ok($$ select partitioncache_internal.pc_evaluate_fragment('partitioncache', 'city_id', 'stolen', 'SELECT DISTINCT t1.city_id FROM public.secret t1', '{public.secret}', '{}') $$, '42501', 'permission denied for table secret', 'evaluating: the same');
reset role;
select is((select count(*) from partitioncache_internal.partitioncache_cache_city_id where hash = 'stolen'), 0::bigint, 'and nothing is stored');
set role roles_user;
select * from restricted('select * from window_on_secret where rest = 3', '{window_on_secret.city_id}', 'a view that the role may read');
reset role;
alter table event add kind integer default 4;
grant select (id, city_id, kind) on event to roles_user;
set role roles_user;
select * from restricted('select id, city_id from event where kind = 4 and id < 30', '{event.city_id}', 'a table of which the role may read some columns');
select * from unchanged('select * from event where kind = 4', 'permission denied for table event', 'all its columns');
reset role;
set role roles_other;
select * from unchanged('select id, city_id from event where kind = 4 and id < 30', 'permission denied for table event', 'another role, that may read none');
reset role;
revoke select (id, city_id, kind) on event from roles_user;
revoke select on event from roles_user;
set role roles_user;
select * from unchanged('select id, city_id from event where kind = 4 and id < 30', 'permission denied for table event', 'a right that was taken away: the remembered analysis is of no use');
reset role;

-- Queues: each its own
set role roles_user;
select partitioncache_push('select id from poi where kind = 5', 'city_id') > 0 as pushed;
reset role;
set role roles_other;
select is((select count(*) from partitioncache_queue), 0::bigint, 'the queued items of others are not to be seen');
select is(partitioncache_process_queue(), 0, 'nor are they worked on');
select is((select incoming from partitioncache_clear_queue()), 0::bigint, 'nor cleared away');
reset role;
set role roles_admin;
select is((select array_agg(row(owner, query)::text) from partitioncache_queue where status = 'ready'), '{"(roles_user,)"}', 'an administrator sees that there is one');
reset role;
select is((select count(*) from partitioncache_analysis where owner <> pc_me()), 0::bigint, 'the analyses of others are not to be seen');
set role roles_user;
select cmp_ok(partitioncache_process_queue(max_seconds => 60), '>', 1, 'its own role works on it');
select ok((partitioncache_explain('select id from poi where kind = 5', 'city_id', method => 'literal')).applied, 'and is served');
reset role;

-- A role that may not make temporary objects cannot have a query analysed.
revoke temporary on database :DBNAME from public;
set role roles_other;
select alike((partitioncache_explain('select id from poi where kind > 9', 'city_id')).reason, 'permission denied%', 'no temporary objects: unchanged, with the reason');
reset role;
grant temporary on database :DBNAME to public;

-- administer: what is registered later is shared with those who have the cache, and with nobody else.
set role roles_admin;
select lives_ok($$ select partitioncache_register('area', 'numeric') $$, 'administer: register');
select lives_ok($$ select partitioncache_register('id', 'integer', 'bit', 'another') $$, 'administer: register in a new cache');
reset role;
set role roles_user;
select lives_ok($$ select partitioncache_set('area', 'x', array[1.5]) $$, 'push: a partition key that was registered later');
select throws_ok($$ select partitioncache_set('id', 'x', array[1], cache => 'another') $$, '42501', null, 'push: not a cache that was not granted');
reset role;
set role roles_admin;
select cmp_ok(partitioncache_clear(), '>', 0::bigint, 'administer: clears what all have stored');
reset role;
select is_empty('select hash from partitioncache_internal.partitioncache_cache_city_id', 'there is nothing left');

-- Row-level security of the user's tables: a query is left as it is, for owner, superuser and all.
set role roles_filler;
select fill('select id from poi where kind = 1') > 0 as filled;
reset role;
alter table poi enable row level security;
create policy own_cities on poi using (city_id < 10);
set role roles_user;
select * from unchanged('select id from poi where kind = 1', 'row-level security is on for %poi%', 'row-level security: a role that it binds');
reset role;
select * from unchanged('select id from poi where kind = 1', 'row-level security is on for %poi%', 'row-level security: a role that it does not bind');
select alike((select reason from pc_entry_state('partitioncache', 'city_id', (select array_agg(hash) from partitioncache_internal.partitioncache_cache_city_id where query ~ 'kind = 1')) limit 1), 'changed in its definition%poi', 'entries of before are put aside');

drop owned by roles_nobody, roles_reader, roles_user, roles_other, roles_filler, roles_admin cascade;
drop role roles_nobody, roles_reader, roles_user, roles_other, roles_filler, roles_admin;
select * from finish();
