-- What others ask and what they may read: each role looks everywhere it can for texts with a zebra in them and for partition 987654, which are in a table
-- and in queries that only the victim may read.
\set prefix hostile_leak
set client_min_messages = error;
\ir _hostile.sql
select no_plan();

-- More of the victim's: an item that fails with a value in its message, a dead one, an entry under a telling name, one in the other cache
create function loud(text) returns integer language plpgsql immutable as $$ begin raise exception 'what is %?', $1; end $$;
set role hostile_leak_victim;
select partitioncache_push($$ select * from secret where loud(patient) = 5 $$, 'city_id') as failing \gset
select partitioncache_process_queue(max_seconds => 60);
select partitioncache_set('city_id', 'about 1', array[5], 'select ''a zebra in a text''');
select partitioncache_set('city_id', 'in the other', array[987654], 'select ''a zebra in a text''', 'other');
select partitioncache_set_query('city_id', 'text only', 'select ''a zebra in a text''');
select partitioncache_queue_push('incoming', '[{"query": "select ''zebra'' from secret", "partition_key": "city_id"}]');
select is((select count(*) from partitioncache_internal.pc_own_log where error_msg ~ 'zebra') > 0, true, 'there is a message with a value in it');
select is((select count(*) from partitioncache_internal.partitioncache_entries_city_id where query ~ 'zebra') > 2, true, 'there are entries with a text');
select is((select count(*) from partitioncache_internal.partitioncache_written_city_id where 987654 = any (keys)) > 0, true, 'there is something in the log');
reset role;
analyze;

-- Everything that can be read
create table found (role text, place text, value text);
create function look(role text, place text, query text) returns void language plpgsql as $$
declare
    value text;
    outcome text := 'done';
begin
    begin
        perform set_config('role', role, true);
        for value in execute format('select x::text from (%s) x', query) loop
            -- Administrators see the texts of entries, and messages; not the keys of tables that they may not read.
            if value ~ (case when role ~ 'admin' then '\m987654\M' else 'zebra|\m987654\M' end) then
                perform set_config('role', 'none', true);
                insert into found values (role, place, value);
                perform set_config('role', role, true);
            end if;
        end loop;
        perform set_config('role', 'none', true);
    exception when others then
        outcome := sqlstate;
        if sqlerrm ~ 'zebra|987654' and role !~ 'admin' and place !~ 'zebra|987654' then
            insert into found values (role, place, sqlerrm);
        end if;
    end;
    insert into attempt (role, call, outcome) values (role, query, outcome);
end
$$;
select count(look(a.name, c.oid::regclass::text, format('select * from %I.%I', c.relnamespace::regnamespace, c.relname)))
from attacker a, pg_class c where c.relkind in ('r', 'v', 'm', 'p', 'S') and c.relnamespace in ('partitioncache_internal'::regnamespace, 'public'::regnamespace) and c.relname not in ('found', 'attempt', 'tally')
\g /dev/null
select count(look(a.name, t, format('select * from %s', t)))
from attacker a, unnest('{pg_stats,pg_stats_ext,pg_statistic,pg_stat_activity,pg_stat_user_functions,pg_description,pg_settings,pg_prepared_statements,pg_cursors,pg_trigger,pg_rewrite,pg_seclabels,pg_listening_channels(),pg_locks}'::text[]) t
\g /dev/null
select count(look(a.name, f, format('select * from public.partitioncache_%s', f)))
from attacker a, unnest(array['entries(''city_id'')', 'entries(''city_id'', ''other'')', 'dead_items()', 'dead_items(''other'')', 'status()', 'status(''other'')', 'processor_status()', 'processor_jobs()', 'keys(''city_id'')', 'keys(''city_id'', ''other'')',
    'partition_keys()', 'partition_keys(''other'')', 'tracked_tables()', 'static_tables()', 'caches()', 'queue_counts(''incoming'')', 'queue_lengths()', 'queue_claim(''incoming'', 100)', 'queue_claim(''outgoing'', 100)', 'count()',
    'query(''city_id'', ''about 1'')', 'query(''city_id'', ''text only'')', 'query(''city_id'', ''in the other'', ''other'')', 'get(''city_id'', ''in the other'', null::integer, ''other'')',
    'explain(''select * from public.poi where id = 1'', ''city_id'')', 'requeue()', 'process_queue()']) f
\g /dev/null
-- With every hash that there is, as if it had been guessed
select count(look(a.name, f.call || ' of another''s entry', format('select * from public.partitioncache_' || f.call, h.hash)))
from attacker a, (select hash from partitioncache_internal.partitioncache_cache_city_id where hash !~ 'about 1') h,
     unnest(array['get(''city_id'', %L, null::integer)', 'intersect(''city_id'', array[%L], null::integer)', 'exists(''city_id'', %L)', 'query(''city_id'', %L)', 'lookup(''city_id'', array[%L], ''public.poi'', null::integer)']) f(call)
\g /dev/null
-- What a condition of one's own is asked with, a barrier view does not hand out
set role hostile_leak_monitor;
create function pg_temp.shout(text) returns boolean language plpgsql cost 0.0001 as $$ begin raise exception '%', $1; end $$;
reset role;
select count(look(a.name, 'a condition of its own on ' || v, format($$ select * from partitioncache_internal.%1$I v where (v.%2$I::text || (1 / (1 - (v.%2$I::text ~ 'zebra')::integer)))::text = 'x' $$, v, c)))
from attacker a, (values ('partitioncache_entries_city_id', 'query'), ('pc_own_queue', 'query'), ('pc_own_queue', 'error_msg'), ('pc_own_log', 'error_msg'), ('pc_own_analysis', 'canonical'), ('other_entries_city_id', 'query')) t(v, c)
\g /dev/null
select is_empty('select distinct role, place, left(value, 200) from found', 'nobody finds a text, a message or a key of another''s');
select is_empty($$ select role, call from attempt where outcome = '22012' and role !~ 'admin' $$, 'and no condition of one''s own is asked what is hidden');

-- Whoever may read the table is served by the victim's entries, and is still not told what the victim asked.
set role hostile_leak_victim;
select count(*) as known from pc_block_form('{public.secret}', array[E'(\x010\x02.patient = ''zebra 7''::text)'], '{0}', 0, array[E'\x010\x02.city_id']) f, unnest(pc_contained_entries(pc_registration('partitioncache', 'city_id'), row(f, pc_sought(f))::pc_asked)) h \gset
reset role;
select cmp_ok(:known, '>', 0, 'the victim finds an entry by its form');
set role hostile_leak_read;
select is_empty($$ select h from pc_block_form('{public.secret}', array[E'(\x010\x02.patient = ''zebra 7''::text)'], '{0}', 0, array[E'\x010\x02.city_id']) f, unnest(pc_contained_entries(pc_registration('partitioncache', 'city_id'), row(f, pc_sought(f))::pc_asked)) h $$, 'who may not read the table does not, with the same form');
reset role;
grant select on secret to public;
truncate found;
select count(look(a.name, c.oid::regclass::text, format('select * from %I.%I', c.relnamespace::regnamespace, c.relname)))
from attacker a, pg_class c where c.relkind in ('r', 'v', 'm', 'p') and (c.relnamespace = 'partitioncache_internal'::regnamespace or c.relname ^@ 'partitioncache_')
\g /dev/null
select is_empty($$ select distinct role, place, left(value, 200) from found where value ~ 'zebra' $$, 'who may read a table does not learn what others ask of it');
select cmp_ok((select count(*) from found where place ~ 'entries_city_id|written_city_id'), '>', 0::bigint, 'though it is told the partitions');
revoke select on secret from public;

-- A query on what the role may not read is no way either.
select refused(a.name, format(c.call, 'select * from public.secret where patient = ''zebra 7'''), c.codes, c.what)
from attacker a, (values ('select public.partitioncache_push(%L, ''city_id'')', '42501', 'to push what it may not read'), ('select public.partitioncache_fragments(%L, ''city_id'')', '42501', 'to take apart what it may not read'),
                         ('select public.partitioncache_open(''x'', %L, ''city_id'')', '42501', 'to open what it may not read')) c(call, codes, what)
where a.level <> 'monitor';
set role hostile_leak_read;
select is((partitioncache_explain($$ select * from public.secret where patient = 'zebra 7' $$, 'city_id')).reason, 'permission denied for table secret', 'read: explain tells no more than PostgreSQL does');
reset role;
set role hostile_leak_push;
select is((partitioncache_explain($$ select * from public.secret where patient = 'zebra 7' $$, 'city_id')).reason, 'permission denied for table secret', 'push: explain tells no more than PostgreSQL does');
reset role;
set role hostile_leak_fill;
select is((partitioncache_explain($$ select * from public.secret where patient = 'zebra 7' $$, 'city_id')).reason, 'permission denied for table secret', 'fill: explain tells no more than PostgreSQL does');
reset role;

-- Rights that were taken away, tables that are gone, row-level security
grant select on secret to hostile_leak_read;
select hash as known from partitioncache_internal.partitioncache_cache_city_id where query ~ 'zebra 7' order by key_count desc limit 1 \gset
set role hostile_leak_read;
select isnt(partitioncache_get('city_id', :'known', null::integer), null, 'who may read the table is served');
reset role;
create schema hostile_leak_closed;
alter table secret set schema hostile_leak_closed;
set role hostile_leak_read;
select is((select count(*) from partitioncache_internal.partitioncache_entries_city_id e where e.hash = :'known'), 0::bigint, 'but not while its schema is closed to the role');
reset role;
alter table hostile_leak_closed.secret set schema public;
drop schema hostile_leak_closed;
create role hostile_leak_through;
create view window_on_secret as select * from secret;
alter view window_on_secret owner to hostile_leak_victim;
grant select on window_on_secret to hostile_leak_push;
set role hostile_leak_victim;
select partitioncache_push($$ select * from window_on_secret where patient = 'zebra 11' $$, 'city_id');
select partitioncache_process_queue(max_seconds => 60);
reset role;
select hash as through from partitioncache_internal.partitioncache_cache_city_id where query ~ 'zebra 11' order by key_count desc limit 1 \gset
set role hostile_leak_push;
select isnt(partitioncache_get('city_id', :'through', null::integer), null, 'who may read the view is served');
reset role;
revoke select on secret from hostile_leak_victim;
set role hostile_leak_push;
select is(partitioncache_get('city_id', :'through', null::integer), null, 'until the view''s owner may no longer read what stands in it');
reset role;
revoke select on secret from hostile_leak_read;
set role hostile_leak_read;
select is(partitioncache_get('city_id', :'known', null::integer), null, 'who may no longer read the table is not');
reset role;
grant select on secret to hostile_leak_read;
alter table secret enable row level security;
set role hostile_leak_read;
select is(partitioncache_get('city_id', :'known', null::integer), null, 'nor whom row-level security shows other rows');
reset role;
drop table secret cascade;
set role hostile_leak_read;
select is((select count(*) from partitioncache_internal.partitioncache_entries_city_id e where e.hash = :'known'), 0::bigint, 'nor is anybody shown the entry of a table that is gone');
reset role;

select * from attempts();
drop role hostile_leak_through;
select format('drop owned by %I cascade', name) from attacker \gexec
drop owned by hostile_leak_victim cascade;
drop role hostile_leak_stranger, hostile_leak_monitor, hostile_leak_read, hostile_leak_push, hostile_leak_fill, hostile_leak_admin, hostile_leak_victim;
select * from finish();
