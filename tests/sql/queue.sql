-- The two queues, as one session sees them.
select plan(83);

create table poi (id integer primary key, city_id integer, kind integer, name text);
insert into poi select i, i % 50, i % 7, 'poi ' || i from generate_series(1, 500) i;
create function item(bigint) returns partitioncache_internal.partitioncache_queue language sql as 'select q from partitioncache_internal.partitioncache_queue q where id = $1';

-- Pushing
select is((select count(*) from partitioncache_partition_keys()), 0::bigint, 'nothing is registered');
select partitioncache_push('select * from poi where kind = 1', 'city_id') as first \gset
select is((select array[partition_key, datatype, storage] from partitioncache_partition_keys()), '{city_id,integer,array}', 'push registers the partition key with its column''s type');
select is((select row(i.queue, i.status, i.priority, i.attempts, i.checked, i.owner::regrole)::text from item(:first) i), '(incoming,ready,1,0,t,postgres)', 'the item waits');
select is((item(:first)).session ->> 'search_path', current_setting('search_path'), 'it carries the caller''s search path');
select is(partitioncache_push('select * from poi where kind = 1', 'city_id'), :first::bigint, 'pushing again gives the same item');
select is((item(:first)).priority, 2, 'and raises its priority by one');
select is(partitioncache_push('select * from poi where kind = 1', 'city_id', priority => 10), :first::bigint, 'with a higher priority too');
select is((item(:first)).priority, 10, 'which it takes on');
select partitioncache_push('select * from poi where kind = 1', 'city_id', priority => -5);
select is((item(:first)).priority, 11, 'a lower one still raises it by one');
update partitioncache_internal.partitioncache_queue set priority = 2147483647 where id = :first;
select lives_ok(format('select partitioncache_push(%L, %L)', 'select * from poi where kind = 1', 'city_id'), 'the highest priority does not overflow');
select is((item(:first)).priority, 2147483647, 'and stays');
select isnt(partitioncache_push('select * from poi where kind = 1', 'city_id', 'other'), :first::bigint, 'another cache is another queue');
set search_path = pg_catalog, public, tap;
select isnt(partitioncache_push('select * from poi where kind = 1', 'city_id'), :first::bigint, 'the same text under another search path is another query');
reset search_path;
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(2,0)', 'two items wait in this cache');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths('other')), '(1,0)', 'and one in the other');

select throws_ok('select partitioncache_push(null, ''city_id'')', 'PC001', 'query is null', 'a null query is refused');
select throws_ok('select partitioncache_push(''select 1'', null)', 'PC001', 'partition_key is null', 'a null partition key is refused');
select throws_ok('select partitioncache_push(''select 1'', ''city_id'', null)', 'PC001', 'cache is null', 'a null cache is refused');
select throws_ok('select partitioncache_push(''select 1'', ''city_id'', priority => null)', 'PC001', 'priority is null', 'a null priority is refused');
select throws_ok('select partitioncache_push_many(null, ''city_id'')', 'PC001', 'queries is null', 'null for many is refused');
select throws_ok('select partitioncache_push_many(array[null], ''city_id'')', 'PC001', 'query is null', 'a null among many is refused');
select throws_ok('select partitioncache_push(''selec 1'', ''city_id'')', '42601', 'syntax error at or near "selec"', 'PostgreSQL''s own error for a syntax error');
select throws_ok('select partitioncache_push(''select * from nowhere'', ''city_id'')', '42P01', 'relation "nowhere" does not exist', 'and for a missing table');
select throws_ok('select partitioncache_push(''select 1; drop table poi'', ''city_id'')', 'PC005', null, 'several statements are refused');
select throws_ok('select partitioncache_push(''delete from poi'', ''city_id'')', 'PC005', null, 'so is one that writes');
select throws_like('select partitioncache_push(''select * from poi'', ''region_id'')', 'partition key "region_id" is not registered in cache "partitioncache"%', 'a partition key that is in no table is refused');
select throws_ok('select partitioncache_push(''select * from poi'', ''region_id'')', 'PC002', null, 'with its own code');

select is(partitioncache_push_many('{}', 'city_id'), null, 'pushing nothing does nothing');
select partitioncache_push_many(array['select * from poi where kind = 3', 'select * from poi where kind = 2', 'select * from poi where kind = 3'], 'city_id', 'many', 4) as ids \gset
select is((select i.query from item((:'ids'::bigint[])[1]) i), 'select * from poi where kind = 3', 'many: the numbers come in the order of the queries');
select is((:'ids'::bigint[])[3], (:'ids'::bigint[])[1], 'many: the same query twice is one item');
select ok((:'ids'::bigint[])[1] < (:'ids'::bigint[])[2], 'many: what comes first goes first');

-- One fragment
select partitioncache_push_fragment('select * from poi a join poi b using (city_id) where a.kind = 1 and b.kind = 2', 'city_id', 'whole', 3) as whole \gset
select is((select row(i.queue, i.priority)::text from item(:whole) i), '(outgoing,3)', 'push_fragment goes to the outgoing queue');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths('whole')), '(0,1)', 'it is the only item');
select is((select count(*) from partitioncache_fragments('select * from poi a join poi b using (city_id) where a.kind = 1 and b.kind = 2', 'city_id', 'whole') f
           where cardinality(f.tables) > (select count(*) from regexp_matches((item(:whole)).query, '\mpublic\.poi\M', 'g'))), 0::bigint, 'no fragment of the query has more tables');
select throws_ok('select partitioncache_push_fragment(''select * from poi order by random()'', ''city_id'')', 'PC005', 'this query has no fragment that can be cached', 'a query without fragments is refused');

-- Claiming
select partitioncache_clear_queue('partitioncache');
select partitioncache_push_many(array['select * from poi where kind = 1', 'select * from poi where kind = 2', 'select * from poi where kind = 3'], 'city_id') as ids \gset
select partitioncache_push('select * from poi where kind = 4', 'city_id', priority => 5) as urgent \gset
select id as id, claim as claim from partitioncache_queue_claim('incoming', 1, '5 min', 'me') \gset
select is(:id::bigint, :urgent::bigint, 'the most urgent item is claimed first');
select is((select row(status, attempts, claim, worker_id)::text from item(:id)), '(running,1,1,me)', 'it is running, its first attempt');
select is(array(select c.id from partitioncache_queue_claim('incoming', 2) c), (:'ids'::bigint[])[1:2], 'then the oldest, as many as asked for');
select is(array(select c.id from partitioncache_queue_claim('incoming', 5) c), (:'ids'::bigint[])[3:3], 'never what somebody else holds');
select is((select items from partitioncache_queue_counts('incoming') where status = 'running'), 4::bigint, 'all are running');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths()), '(4,0)', 'running items still count as to be done');
select is(array(select partitioncache_queue_extend('incoming', array[:id, (:'ids'::bigint[])[1]], array[:claim, 99], '1 h')), array[:id::bigint], 'only who holds a claim prolongs it');
select ok((item(:id)).due_at > clock_timestamp() + interval '59 min', 'by the time asked for');
select ok(not partitioncache_queue_finish('incoming', :id, :claim + 1), 'nor does anybody else finish it');
select ok(partitioncache_queue_finish('incoming', :id, :claim), 'who holds it does');
select is((item(:id)).id, null, 'a finished item is gone');
select ok(not partitioncache_queue_finish('incoming', :id, :claim), 'and is not finished twice');

-- Attempts
\set id (:'ids'::bigint[])[1]
select ok(partitioncache_queue_finish('incoming', :id, 1, 'released'), 'an item can be given back');
select is((select row(status, attempts)::text from item(:id)), '(ready,0)', 'uncounted');
select is((select c.claim from partitioncache_queue_claim('incoming', 1) c), 2::bigint, 'and claimed again, under a new number');
select partitioncache_queue_finish('incoming', :id, 2, 'failed', 'first');
select is((select row(status, attempts, error_msg)::text from item(:id)), '(failed,1,first)', 'a failure is kept');
select is_empty('select * from partitioncache_queue_claim(''incoming'', 1)', 'and pauses');
update partitioncache_internal.partitioncache_queue set due_at = now() where id = :id;
select partitioncache_queue_claim('incoming', 1);
select partitioncache_queue_finish('incoming', :id, 3, 'timeout', 'second');
select is((select row(status, attempts)::text from item(:id)), '(timeout,2)', 'so does a timeout');
update partitioncache_internal.partitioncache_queue set due_at = now() where id = :id;
select partitioncache_queue_claim('incoming', 1, '1 h');
update partitioncache_internal.partitioncache_queue set due_at = now() where id = :id;
select is_empty('select * from partitioncache_queue_claim(''incoming'', 1)', 'after three attempts an expired lease is not claimed again');
select is((select row(status, attempts, error_msg)::text from item(:id)), '(dead,3,"the worker did not answer within its lease")', 'the item is dead');
select is((select array_agg(d.error_msg) from partitioncache_dead_items() d), '{the worker did not answer within its lease}', 'and visible');
select is((select incoming from partitioncache_queue_lengths()), 2::bigint, 'it does not count as to be done');
select ok(not partitioncache_queue_finish('incoming', :id, 4), 'who held it before cannot finish it any more');
select is(partitioncache_requeue(ids => array[-1]::bigint[]), 0::bigint, 'requeue takes the numbers it is given');
select is(partitioncache_requeue(), 1::bigint, 'or all dead items');
select is((select row(status, attempts)::text from item(:id)), '(ready,0)', 'which begin anew');
update partitioncache_internal.partitioncache_queue set status = 'dead', died_at = now(), attempts = 3 where id = :id;
select is(partitioncache_push('select * from poi where kind = 1', 'city_id'), :id, 'pushing a dead item again');
select is((select row(status, attempts, died_at is null)::text from item(:id)), '(ready,0,t)', 'revives it');
select is((select error_msg from partitioncache_processor_log where query_hash = (item(:id)).hash and status = 'timeout'), 'second', 'failures are logged');

-- Items of other databases
select is(partitioncache_queue_push('outgoing', '[{"query": "select `x`", "partition_key": "x", "hash": "a", "parts": ["b"], "priority": 7}, {"query": "select 2", "partition_key": "x", "hash": "b"}]', 'foreign'),
          2::bigint, 'texts that this server does not read are taken unchecked');
select is(partitioncache_queue_push('outgoing', '[{"query": "select `x`", "partition_key": "x", "hash": "a"}]', 'foreign'), 0::bigint, 'and known again');
select is((select row(c.query, c.parts, c.priority, c.attempt)::text from partitioncache_queue_claim('outgoing', 1, cache => 'foreign') c), '("select `x`",{b},8,1)', 'and lent with what they came with');
select is(partitioncache_process_queue('foreign'), 0, 'the processor in this database leaves them alone');
select throws_ok('select partitioncache_queue_push(''outgoing'', ''[{"query": "x", "partition_key": "y"}]'')', 'PC001', 'items is no array of items', 'a fragment needs a hash');
select throws_ok('select partitioncache_queue_push(''outgoing'', ''{}'')', 'PC001', 'items is no array of items', 'items are an array');
select throws_ok('select partitioncache_queue_push(''sideways'', ''[]'')', 'PC001', 'there is no such queue', 'a queue is incoming or outgoing');
select throws_ok('select partitioncache_queue_finish(''incoming'', 1, 1, ''gone'')', 'PC001', 'there is no such outcome', 'an outcome is one of four');

-- Clearing
select is((select row(incoming, outgoing)::text from partitioncache_clear_queue('foreign', 'incoming')), '(0,0)', 'clearing one queue leaves the other');
select is((select row(incoming, outgoing)::text from partitioncache_clear_queue('foreign')), '(0,2)', 'clearing counts what was there');
select is((select row(incoming, outgoing)::text from partitioncache_queue_lengths('foreign')), '(0,0)', 'and leaves nothing');

-- Many at once
select partitioncache_queue_push('incoming', (select jsonb_agg(jsonb_build_object('query', n::text, 'partition_key', 'k')) from generate_series(1, 5) n), 'many');
create temporary table held as select id, claim from partitioncache_queue_claim('incoming', 4, cache => 'many');
select is(array(select partitioncache_queue_finish_all('incoming', array_agg(id), array_agg(case when n = 2 then claim + 1 else claim end), array_agg(10 * n)) from (select *, row_number() over (order by id) n from held) h),
          array(select id from held order by id limit 1) || array(select id from held order by id offset 2), 'those whose claim is still held');
select is_empty('select partitioncache_queue_finish_all(''incoming'', ''{}'', ''{}'')', 'or none');
select results_eq($$ select key_count from partitioncache_processor_log where cache = 'many' and status = 'success' order by 1 $$, $$ values (10::bigint), (30), (40) $$, 'each is logged, with the number of its keys');

-- Where the way to what is due is long
select partitioncache_queue_push('incoming', (select jsonb_agg(jsonb_build_object('query', n::text, 'partition_key', 'k')) from generate_series(1, 6) n), 'long');
select partitioncache_internal.pc_note_claim_place(partitioncache_internal.pc_me(), 'incoming', 'long', 1, (select id from partitioncache_internal.partitioncache_queue where cache = 'long' and query = '4'), '1 s');
select is((select c.query from partitioncache_queue_claim('incoming', cache => 'long') c), '4', 'a session begins where it was');
select is((select c.query from partitioncache_queue_claim('incoming', cache => 'long') c), '5', 'and goes on from there');
select partitioncache_queue_push('incoming', '[{"query": "urgent", "partition_key": "k", "priority": 3}]', 'long');
select is((select c.query from partitioncache_queue_claim('incoming', cache => 'long') c), 'urgent', 'what is more urgent comes first');
select is(array(select c.query from partitioncache_queue_claim('incoming', 2, cache => 'long') c), '{1,2}', 'where too little is left, it looks from the start');
select is(array(select c.query from partitioncache_queue_claim('incoming', 9, cache => 'long') c), '{3,6}', 'and nothing is left out');

select * from finish();
