-- Queues of several roles: what each may do and see, and what nobody can do to another's.
select no_plan();

create role queue_owner nologin;
create role queue_anna login;
create role queue_bela login;
create role queue_reader login;
create role queue_monitor login;
create role queue_admin login;
create role queue_nobody login;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on all tables in schema tap to public;
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 50, i % 7 from generate_series(1, 500) i;
grant select on poi to public;
select partitioncache_register('city_id', 'integer');
select partitioncache_grant('queue_anna', 'push'), partitioncache_grant('queue_bela', 'fill'), partitioncache_grant('queue_reader', 'read'),
       partitioncache_grant('queue_monitor', 'monitor'), partitioncache_grant('queue_admin', 'administer');

-- Each works for itself
set role queue_anna;
select partitioncache_push('select * from poi where kind = 1', 'city_id') as annas \gset
select partitioncache_push('select * from poi where kind = 1', 'city_id', priority => 9);
select partitioncache_push_fragment('select * from poi where kind = 2', 'city_id', priority => 9) as annas_fragment \gset
select results_eq('select owner, status, query is not null from partitioncache_queue order by id', $$ values ('queue_anna'::name, 'ready', true), ('queue_anna', 'ready', true) $$, 'who pushes sees its own items');
set role queue_bela;
select is_empty('select * from partitioncache_queue', 'and nobody else''s');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,0)', 'nor their number');
select partitioncache_push('select * from poi where kind = 1', 'city_id') as belas \gset
select isnt(:annas::bigint, :belas::bigint, 'the same query is another item of another role');
select is(array(select id from partitioncache_queue_claim('incoming', 10)), array[:belas::bigint], 'only one''s own is claimed');
select ok(not partitioncache_queue_finish('outgoing', :annas_fragment, 0), 'what another has is not finished');
select ok(not partitioncache_queue_finish('incoming', :annas, 1, 'failed', 'mine now'), 'nor failed');
select is_empty(format('select partitioncache_queue_extend(%L, array[%s], array[0])', 'incoming', :annas), 'nor prolonged');
select is((select row(incoming, outgoing)::text from partitioncache_clear_queue()), '(1,0)', 'clearing takes one''s own');
select is(partitioncache_process_queue(), 0, 'nor is it worked on');
reset role;
select results_eq('select owner, count(*) from partitioncache_queue group by 1', $$ values ('queue_anna'::name, 2::bigint) $$, 'a superuser sees whose items wait');
select is(partitioncache_process_queue(), 0, 'and does not work on them');

-- The levels
set role queue_reader;
select throws_ok(call, 'PC007', null, 'read does not allow ' || call)
from unnest(array['select partitioncache_internal.pc_enqueue(''incoming'', ''partitioncache'', ''[{"query": "select 1", "partition_key": "city_id"}]'', true)',
                  'select partitioncache_internal.pc_claim(''{incoming}'', ''partitioncache'', 1, ''1 min'')', 'select partitioncache_internal.pc_revive(''partitioncache'')',
                  'select partitioncache_internal.pc_call(''maintain'', ''{"cache": "partitioncache"}'')', 'select partitioncache_internal.pc_call(''listen'', ''{"cache": "partitioncache"}'')',
                  'select partitioncache_internal.pc_call(''configure'', ''{"cache": "partitioncache", "max_attempts": 1}'')']) call;
select throws_ok(call, '42501', null, 'read does not allow ' || call)
from unnest(array['select partitioncache_push(''select * from poi'', ''city_id'')', 'select partitioncache_process_queue()', 'select partitioncache_listen()', 'select partitioncache_clear_queue()']) call;
select is((select (pc_call('clear_queue', '{"cache": "partitioncache"}') -> 'outgoing')::text), '0', 'what is not the role''s own is not cleared by other ways');
set role queue_anna;
select throws_ok(call, 'PC007', null, 'push does not allow ' || call)
from unnest(array['select partitioncache_push(''select * from poi'', ''city_id'', ''another'')', 'select partitioncache_queue_push(''incoming'', ''[{"query": "x", "partition_key": "y"}]'', ''another'')',
                  'select partitioncache_queue_claim(''incoming'', cache => ''another'')', 'select partitioncache_process_queue(''another'')',
                  'select partitioncache_internal.pc_call(''configure'', ''{"cache": "partitioncache", "max_attempts": 1}'')']) call;
select throws_ok(call, '42501', null, 'push does not allow ' || call)
from unnest(array['select partitioncache_enable_processor()', 'select partitioncache_update_processor_config(max_attempts => 1)', 'select partitioncache_disable_processor()']) call;
set role queue_monitor;
select results_eq('select owner, status, query, session, keyed_tables, parts from partitioncache_queue', $$ values ('queue_anna'::name, 'ready', null::text, null::jsonb, null::text[], null::text[]), ('queue_anna', 'ready', null, null, null, null) $$, 'monitor: all items, without their texts');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(1,1)', 'monitor: how many');
select ok((select count(*) > 0 from partitioncache_processor_status()), 'monitor: the status');
select throws_ok('select partitioncache_push(''select * from poi'', ''city_id'')', '42501', null, 'monitor: no more');
set role queue_nobody;
select throws_ok('select * from partitioncache_queue', '42501', null, 'without a grant: nothing');
reset role;

-- Nobody has any of these tables, by any means
create view tried (statement) as
select format(s.statement, t.name)
from unnest(array['partitioncache_queue', 'partitioncache_processor_log', 'partitioncache_listener']) t(name),
     unnest(array['select * from partitioncache_internal.%s', 'delete from partitioncache_internal.%s', 'truncate partitioncache_internal.%s', 'lock table partitioncache_internal.%s in access exclusive mode',
                  'lock table partitioncache_internal.%s in access share mode', 'create trigger t before insert on partitioncache_internal.%s for each row execute function suppress_redundant_updates_trigger()']) s(statement)
union all
select format('select setval(%L, 7)', 'partitioncache_internal.' || c.relname) from pg_class c where c.relnamespace = 'partitioncache_internal'::regnamespace and c.relname ~ '^(pc_marker|pc_since_crash|partitioncache_queue_id)' and c.relkind = 'S'
union all
select format('select partitioncache_internal.%s', f)
from unnest(array['pc_do_enqueue(10, ''{}'')', 'pc_do_claim(10, ''{}'')', 'pc_do_settle(10, ''[]'')', 'pc_do_configure(10, ''{}'')', 'pc_mark(1)', 'pc_count_fatal_attempts(10)',
                  'pc_log(10, ''partitioncache'', ''upkeep'', null, null, ''failed'', ''x'', null, 0, null)', 'pc_adopt(''partitioncache'')', 'pc_recover(''partitioncache'')', 'pc_drop_old_refreshes(''partitioncache'')']) f;
grant select on tried to public;
set role queue_admin;
select throws_ok(statement, '42501', null, 'administer: ' || statement) from tried;
set role queue_bela;
select throws_ok(statement, '42501', null, 'fill: ' || statement) from tried;
set role queue_anna;
select throws_ok($$ insert into partitioncache_internal.pc_call_channel (caller, operation, argument) values (10, 'claim', '{}') $$, '42501', null, 'nobody calls in another''s name');
select throws_ok($$ select pc_call('nothing', '{}') $$, 'PC001', 'there is no operation "nothing"', 'what nobody offers is not done');
select throws_ok($$ select pc_enqueue('outgoing', 'partitioncache', '[{"query": "SELECT DISTINCT t1.city_id FROM public.poi t1", "partition_key": "city_id", "hash": "forged"}]', true) $$, 'PC009', 'the hash of a fragment is not that of its text', 'a fragment has its own hash');
select partitioncache_internal.pc_enqueue('incoming', 'partitioncache', '[{"query": "select 2", "partition_key": "city_id", "origin": 6488065}]', true);
reset role;
select is((select origin from partitioncache_internal.partitioncache_queue where query = 'select 2'), null, 'an item comes from one''s own item or from none');
delete from partitioncache_internal.partitioncache_queue where query = 'select 2';

-- Administrators look after everybody's
set role queue_admin;
select is((select count(*) from partitioncache_queue where query is null), 2::bigint, 'administer: sees all items, not their texts');
select lives_ok('select partitioncache_update_processor_config(max_attempts => 1)', 'administer: settings');
select throws_ok('select partitioncache_update_processor_config(cache => ''other'', max_attempts => 0)', 'PC001', null, 'with their ranges');
reset role;
update partitioncache_internal.partitioncache_queue set status = 'dead', died_at = now();
set role queue_admin;
select is((select array_agg(query) from partitioncache_dead_items()), array[null, null]::text[], 'administer: dead items without their texts');
select alike((select problem from partitioncache_processor_status()), '2 items are dead: partitioncache_dead_items(%) says why%', 'which are a problem');
select is(partitioncache_requeue(), 2::bigint, 'administer: revives what is anybody''s');
set role queue_anna;
select is((select count(*) from partitioncache_queue where status = 'ready' and query is not null), 2::bigint, 'it is still whose it was');
reset role;

-- A role is its OID: renamed it keeps its items, made anew it inherits nothing
alter role queue_anna rename to queue_anne;
create role queue_anna login;
select partitioncache_grant('queue_anna', 'push');
set role queue_anna;
select is_empty('select * from partitioncache_queue', 'a role that takes over a name sees nothing of it');
select is(partitioncache_process_queue(), 0, 'and works on nothing of it');
select is((select row(incoming, outgoing)::text from partitioncache_clear_queue()), '(0,0)', 'and removes nothing');
set role queue_anne;
select results_eq('select distinct owner from partitioncache_queue', $$ values ('queue_anne'::name) $$, 'a renamed role has its items');
select ok(partitioncache_process_queue(max_seconds => 60) > 1, 'and works on them');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,0)', 'until nothing is left');
select ok((select count(*) > 1 and bool_and(owner = 'queue_anne') from partitioncache_processor_log), 'its log is its own');
set role queue_anna;
select is_empty('select * from partitioncache_processor_log', 'and nobody else''s');
set role queue_monitor;
select ok((select count(*) > 1 from partitioncache_processor_log), 'but for who monitors');
reset role;

-- Restored in another cluster
set role queue_anne;
select partitioncache_push_many(array['select * from poi where kind = 4', 'select * from poi where kind = 5'], 'city_id');
reset role;
update partitioncache_internal.partitioncache_queue set cluster = 1, owner = 4242, owner_name = 'queue_bela';
set role queue_anne;
select is_empty('select * from partitioncache_queue', 'items of another cluster are nobody''s at first');
set role queue_bela;
select partitioncache_push('select * from poi where kind = 4', 'city_id');
select cmp_ok(partitioncache_process_queue(max_seconds => 60), '>=', 3, 'and then the role''s that is called as their owner was');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(0,0)', 'each once');
reset role;
select is((select count(*) from partitioncache_queue), 0::bigint, 'nothing is left over');

drop owned by queue_owner, queue_anna, queue_anne, queue_bela, queue_reader, queue_monitor, queue_admin, queue_nobody cascade;
drop role queue_owner, queue_anna, queue_anne, queue_bela, queue_reader, queue_monitor, queue_admin, queue_nobody;
select * from finish();
