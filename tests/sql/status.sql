-- partitioncache_status: everything about a cache in one row.
select plan(25);

create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 50, i % 7 from generate_series(1, 500) i;
analyze poi;
create function shown(variadic columns text[]) returns text language plpgsql as $$
declare answer text;
begin
    execute format('select row(%s)::text from partitioncache_status()', array_to_string(columns, ', ')) into answer;
    return answer;
end $$;

select is((select count(*) from partitioncache_status()), 1::bigint, 'one row, also for a cache that is not there');
select is(shown('partition_keys', 'entries', 'bytes', 'hits', 'misses', 'hit_rate', 'error_rate'), '(0,0,0,0,0,,)', 'with nothing in it');
select throws_ok('select partitioncache_status(null)', 'PC001', 'cache is null', 'the cache is not null');

select partitioncache_push('select * from poi where kind = 1', 'city_id');
select partitioncache_push_fragment('select * from poi where 1 / (kind - 3) > 5', 'city_id', priority => -1);
select partitioncache_set('city_id', 'by hand', array[1, 2]);
select is(shown('incoming', 'outgoing', 'running', 'dead'), '(1,1,0,0)', 'what waits');
select partitioncache_process_queue(max_seconds => 60);
select is(shown('incoming', 'outgoing', 'running', 'dead'), '(0,1,0,0)', 'what is to be tried again still waits');
select is(shown('partition_keys', 'entries', 'fresh', 'changed', 'aside', 'asserted', 'tracked_tables'), '(1,2,1,0,0,1,1)', 'entries, by how they stand');
select ok((select bytes > 0 from partitioncache_status()), 'and what they take on disk');
select is(shown('processed', 'failed', 'error_rate'), '(2,1,0.500)', 'fragments processed and failed');
select ok((select avg_time_ms > 0 and p95_time_ms <= max_time_ms and avg_time_ms <= max_time_ms from partitioncache_status()), 'and how long they took');
select ok((select last_activity > now() - interval '1 min' from partitioncache_status()), 'the last of it just now');
update partitioncache_internal.partitioncache_queue set status = 'dead', died_at = now();
select is(shown('incoming', 'outgoing', 'running', 'dead'), '(0,0,0,1)', 'what is dead no longer waits');

select is(partitioncache_apply('select * from poi where kind = 1', 'city_id', method => 'literal') <> 'select * from poi where kind = 1', true, 'a query that profits');
select is(partitioncache_apply('select * from poi where kind = 2', 'city_id'), 'select * from poi where kind = 2', 'and one that does not');
select is(shown('hits', 'misses', 'hit_rate'), '(1,1,0.500)', 'are a hit and a miss');

select partitioncache_untrack('poi', 'city_id');
select partitioncache_track('poi', 'city_id');
select is(shown('tracked_tables', 'aside'), '(1,1)', 'tracking puts earlier entries aside');
select partitioncache_clear_queue();
update partitioncache_internal.partitioncache_cache_city_id set evaluated_at = now() - interval '1 h';
select partitioncache_process_queue(max_seconds => 60);
select is(shown('fresh', 'aside'), '(1,0)', 'until they are refreshed');
insert into poi values (1000, 77, 1);
select is(shown('fresh', 'changed'), '(0,1)', 'a write changes them');

-- Entry by entry
select partitioncache_set_query('city_id', 'no keys', 'select 1');
select results_eq($$ select hash, state, changed, tracked, key_count, owner from partitioncache_entries('city_id') where length(hash) < 60 $$,
    $$ values ('by hand', 'asserted', 0::bigint, false, 2::bigint, current_user), ('no keys', null, null, null, null, current_user) $$, 'entries stored by hand');
select is((select row(state, changed, tracked, reason)::text from partitioncache_entries('city_id') where length(hash) > 60), '(changed,1,t,)', 'and one that was evaluated');
select ok((select bytes > 0 and uses >= 0 and evaluation_ms > 0 and evaluated_at <= now() and query like 'SELECT DISTINCT%' from partitioncache_entries('city_id') where length(hash) > 60), 'with its size, age and text');
select is_empty($$ select * from partitioncache_entries('city_id') where (bytes is null) <> (key_count is null) $$, 'only keys take room');
select throws_ok($$ select * from partitioncache_entries('nothing') $$, 'PC002', null, 'a partition key that is not registered');

select is(shown('enabled', 'workers', 'problem'), '(f,0,)', 'the processor is not enabled');
update partitioncache_internal.partitioncache_settings set enabled = true;
select matches(shown('problem'), 'no worker is running|pg_cron is not loaded', 'one that is enabled and does not run is a problem');
select is((select count(*) from partitioncache_status('other')), 1::bigint, 'another cache has a status of its own');

select * from finish();
