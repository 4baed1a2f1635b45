-- Attacks of each level of rights on what is ours: tables, views, sequences, functions and types, and the calls that are handed over to the installer.
set client_min_messages = error;
\set prefix hostile
\ir _hostile.sql
select no_plan();

-- Each relation of ours, each thing that can be done to a relation, as each role

create view target as
select format('%I.%I', c.relnamespace::regnamespace, c.relname) as name, c.relname, c.relkind, c.relnamespace = 'partitioncache_internal'::regnamespace as within,
       (select string_agg(quote_ident(a.attname), ', ') from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum = 1) as first
from pg_class c
where c.relkind in ('r', 'p', 'v', 'S') and (c.relnamespace = 'partitioncache_internal'::regnamespace or c.relname ^@ 'partitioncache_' and c.relnamespace = 'public'::regnamespace);

create table batch (role text, call text);
insert into batch
select a.name, format(f.form, t.name, t.first, t.columns)
from attacker a, target t, unnest(array[
    'insert into %1$s default values', 'insert into %1$s (%3$s) select %3$s from %1$s', 'insert into %1$s (%2$s) values (null)', 'update %1$s set %2$s = %2$s', 'update %1$s set %2$s = null',
    'delete from %1$s', 'truncate %1$s', 'lock table %1$s in row share mode', 'lock table %1$s in row exclusive mode', 'lock table %1$s in share mode',
    'lock table %1$s in exclusive mode', 'lock table %1$s in access exclusive mode', 'select * from %1$s for update', 'select * from %1$s for key share', 'copy %1$s from program ''true''',
    'merge into %1$s using (select 1) s on false when not matched then insert default values', 'merge into %1$s using (select 1) s on true when matched then delete', 'merge into %1$s using (select 1) s on false when not matched then insert (%2$s) values (null)',
    'create trigger t before insert on %1$s for each row execute function suppress_redundant_updates_trigger()', 'create rule r as on insert to %1$s do instead nothing',
    'alter table %1$s add column evil integer', 'alter table %1$s disable trigger all', 'alter table %1$s owner to current_user', 'alter table %1$s rename to evil', 'alter table %1$s set schema public',
    'alter table %1$s enable row level security', 'alter table %1$s replica identity full', 'drop table %1$s', 'drop view %1$s', 'create policy p on %1$s', 'create index on %1$s (%2$s)', 'grant all on %1$s to public', 'comment on table %1$s is ''evil''',
    'create temp table evil (x integer references %1$s)', 'create temp table evil () inherits (%1$s)', 'create temp table evil of %1$s',
    'analyze (verbose) %1$s; do $d$ begin if not pg_has_role((select relowner from pg_class where oid = ''%1$s''::regclass), ''usage'') then raise insufficient_privilege; end if; end $d$', 'cluster %1$s', 'reindex table %1$s']) f(form)
where t.relkind <> 'S'
union all
select a.name, format(f.form, t.name)
from attacker a, target t, unnest(array['select setval(%1$L, 1)', 'select nextval(%1$L)', 'alter sequence %1$s restart', 'alter sequence %1$s owned by none', 'drop sequence %1$s', 'grant all on sequence %1$s to public', 'update %1$s set last_value = 1',
    'lock table %1$s']) f(form)
where t.relkind = 'S'
union all
select a.name, format(f.form, format('%I.%I', t.typnamespace::regnamespace, t.typname))
from attacker a, pg_type t, unnest(array['alter type %s owner to current_user', 'drop type %s cascade']) f(form)
where t.typnamespace = 'partitioncache_internal'::regnamespace and t.typelem = 0
union all
select a.name, call
from attacker a, unnest(array['create table partitioncache_internal.evil (x integer)', 'create function partitioncache_internal.evil() returns integer language sql as ''select 1''',
    'create operator partitioncache_internal.=== (function = int4eq, leftarg = integer, rightarg = integer)', 'create type partitioncache_internal.evil as (x integer)', 'create view partitioncache_internal.evil as select 1',
    'alter schema partitioncache_internal rename to evil', 'drop schema partitioncache_internal cascade', 'grant usage on schema partitioncache_internal to public', 'alter schema partitioncache_internal owner to current_user',
    'drop extension partitioncache cascade', 'alter extension partitioncache update', 'alter extension partitioncache drop function public.partitioncache_version()', 'drop owned by postgres cascade', 'reassign owned by postgres to current_user',
    'create schema cron', 'alter role postgres password ''x''', 'set session_replication_role = replica']) call;

select world() as before \gset
select count(try(role, call)) as tried from batch \gset
-- PostgreSQL warns of a grant that grants nothing.
-- Who may ask may count, as asking does.
select is_empty($$ select role, call, outcome from attempt where outcome = 'done' and call !~ '^grant' and not (role <> 'hostile_stranger' and call ~ '^select nextval\(.*_(hits|misses)''\)$') $$,
                'nothing of that can be done by anybody');
select is(changed(:'before'), null, 'and nothing was changed');

-- Functions: who may not call one is told so before anything else.

create view callable as
select p.oid, format('%I.%I', p.pronamespace::regnamespace, p.proname) as name, p.proname, p.prokind, p.prosecdef,
       (select coalesce(string_agg('null::' || t::regtype, ', ' order by n), '') from unnest(p.proargtypes) with ordinality a(t, n)) as nulls
from pg_proc p
where (p.pronamespace = 'partitioncache_internal'::regnamespace or p.pronamespace = 'public'::regnamespace and p.proname ^@ 'partitioncache_')
  and p.prorettype <> 'trigger'::regtype and not exists (select from unnest(p.proargtypes) t where t::regtype::text ~ '^any');
truncate batch;
select world() as before \gset
insert into batch
select a.name, format('%s %s(%s)', case c.prokind when 'p' then 'call' else 'select' end, c.name, c.nulls)
from attacker a, callable c where not has_function_privilege(a.name, c.oid, 'execute') or not has_schema_privilege(a.name, (select pronamespace from pg_proc p where p.oid = c.oid), 'usage');
select next_attempts();
select count(try(role, call)) as tried from batch \gset
select is_empty($$ select role, call, outcome from attempt where outcome not in ('42501', '42704') $$, 'who may not call a function cannot, or does not even see the type that it takes');
select cmp_ok(:tried, '>', 400, 'as was tried with many');
select is(changed(:'before'), null, 'and nothing was changed by that');

-- Each function that may be called, with nothing in its arguments: an error of ours or none.
truncate batch;
insert into batch
select a.name, format('%s %s(%s)', case c.prokind when 'p' then 'call' else 'select' end, c.name, c.nulls)
from attacker a, callable c
where has_function_privilege(a.name, c.oid, 'execute') and has_schema_privilege(a.name, 'partitioncache_internal', 'usage') and c.prokind <> 'p'
  and c.proname not in ('partitioncache_uninstall') and (c.prosecdef or c.proname ~ '^partitioncache_');
select next_attempts();
select count(try(role, call)) as tried from batch \gset
select is_empty($$ select role, call, outcome from attempt where outcome = 'XX000' $$, 'functions take nulls');
select is(changed(:'before'), null, 'and do nothing with them');

-- The channel: each operation with each kind of argument, as each role

create table payload (argument jsonb);
insert into payload
select a from unnest(array[null, 'null', '[]', '{}', '"x"', '1', '[{}]', '{"cache": null}', '{"cache": 1}', '{"cache": "partitioncache"}', '{"cache": "other"}',
    '{"cache": "partitioncache", "partition_key": "city_id"}', '{"cache": "other", "partition_key": "city_id"}', '{"cache": "nowhere", "partition_key": "nothing"}',
    '{"cache": "other", "partition_key": "city_id", "hash": "asserted", "query": "evil", "hashes": ["asserted"]}',
    '{"cache": "other", "role": 10, "level": "administer"}', '{"cache": "other", "enabled": true, "max_attempts": 1, "log_limit": 0, "fragment_timeout": "1 ms"}',
    '{"cache": "other", "partition_key": "evil", "datatype": "integer", "storage": "array", "partition_local": true}',
    '{"queue": "outgoing", "cache": "other", "checked": true, "again": true, "items": [{"query": "select 1", "partition_key": "city_id", "hash": "x", "owner": 10, "owner_name": "postgres", "cluster": 1}]}',
    '{"queues": ["incoming", "outgoing"], "cache": "other", "amount": 100, "lease": "1 h", "only_checked": false, "one_transaction": true, "owner": 10}',
    '{"cache": "other", "queue": "incoming", "owner": 10, "caller": 10}', '{"cache": "other", "ids": [1, 2, 3, 4], "claims": [0, 1, 2, 3], "lease": "1 h", "queue": "incoming"}',
    '[{"queue": "incoming", "id": 1, "claim": 0, "outcome": "success", "owner": 10}, {"queue": "outgoing", "id": 2, "claim": 1, "outcome": "released"}]',
    '{"cache": "other", "error_msg": "evil", "session": "x"}', '{"cache": "other", "relation": 1259}', '{"cache": "other", "started_before": "infinity"}',
    '{"owner": 10, "digest": "x", "made_at": "infinity", "cache": "other"}', '{"cache": "other'' or true --", "partition_key": "\"; drop table poi; --"}',
    '{"cache": "%s%1$s%L", "partition_key": "%I"}', '{"cache": "$sql$", "partition_key": "$body$"}']::jsonb[]) a;
create table operation (name text);
insert into operation select substr(p.proname, 7) from pg_proc p where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ~ '^pc_do_'
union all select unnest(array['', 'x', '"', 'register"(oid, jsonb); drop table poi; --', 'grant(oid, jsonb)', '../x', '%s', repeat('x', 10000), 'REGISTER']);

truncate batch;
select next_attempts();
insert into batch
select a.name, format('select partitioncache_internal.pc_call(%L, %L)', o.name, p.argument) from attacker a, operation o, payload p
-- Who is trusted clears what serves everybody, and whoever may push has the change log trimmed.
where a.level <> 'admin' and not (p.argument @> '{"cache": "partitioncache"}' and (a.level = 'fill' or o.name = 'maintain'));
select world() as before \gset
select count(try(role, call)) as tried from batch \gset
select is_empty($$ select role, call, outcome from attempt where role in ('hostile_stranger', 'hostile_monitor') and outcome <> '42501' $$, 'stranger and monitor have nobody called for them');
select is(changed(:'before'), null, 'no operation, whatever it is given, touches what is another''s');
select is_empty($$ select call from attempt where outcome = 'XX000' and call !~ 'xxxx' $$, 'nor does any of them fail within PostgreSQL');
select is_empty($$ select role, call, outcome from attempt where role = 'hostile_read' and outcome = 'done' and call !~ 'pc_call\(''(remember|decide|time|count|count_use|credit|clear_queue|requeue|extend|settle|overdue|part|credit)''' $$,
                'read: what is done is to remember, to count, and what concerns one''s own items only');

-- Nobody says who calls.

select refused(a.name, format(c.form, 'postgres'::regrole::oid), '42501', 'to name a caller')
from attacker a, unnest(array[
    'insert into partitioncache_internal.pc_call_channel (caller, operation, argument) values (%s, ''grant'', ''{}'')',
    'insert into partitioncache_internal.pc_call_channel values (%s, ''grant'', ''{}'', null)',
    'copy partitioncache_internal.pc_call_channel from program ''echo %s''',
    'insert into partitioncache_internal.partitioncache_store_city_id (caller, hash, keys) values (%s, ''x'', ''{1}'')',
    'insert into partitioncache_internal.other_store_city_id (caller, hash, keys) values (%s, ''x'', ''{1}'')',
    'insert into partitioncache_internal.other_store_city_id (hash, keys) values (''%s'', ''{1}'')']) c(form)
where a.level <> 'admin';
select refused(a.name, 'insert into partitioncache_internal.pc_call_channel (operation) values (''x'') returning caller', '42501', 'to ask who calls') from attacker a;

-- What runs with the installer's rights in a transaction of a lesser role waits for nobody, and nobody waits for it: no operation takes a lock on a row or table that stays.

select is_empty($$
    select l.relation::regclass, l.mode from pg_locks l join pg_class c on c.oid = l.relation
    where l.pid = pg_backend_pid() and c.relnamespace = 'partitioncache_internal'::regnamespace and l.mode !~ '^(AccessShare|RowShare|RowExclusive)Lock$' $$, 'no locks are left');
-- A row that is locked says by whom.
create view locked as
select 'registration of ' || r.partition_key || r.xmax as name from partitioncache_internal.partitioncache_registration r
union all select 'settings of ' || r.cache || r.xmax from partitioncache_internal.partitioncache_settings r
union all select 'level of ' || r.role_name || r.xmax from partitioncache_internal.partitioncache_role r
union all select 'entry ' || r.hash || r.xmax from partitioncache_internal.partitioncache_cache_city_id r where r.owner = to_regrole('hostile_victim')
union all select 'item ' || r.id || r.xmax from partitioncache_internal.partitioncache_queue r where r.owner = to_regrole('hostile_victim');
create table locked_before as select * from locked;
begin;
set local role hostile_push;
select partitioncache_set('city_id', 'mine', array[1]), partitioncache_set_query('city_id', 'mine', 'mine'), partitioncache_delete('city_id', 'mine'), partitioncache_clear('city_id') is null,
       partitioncache_push('select * from poi where kind = 1', 'city_id') > 0, partitioncache_process_queue() is null, partitioncache_apply('select * from poi where kind = 1', 'city_id') is null \g /dev/null
reset role;
select is_empty($$
    select l.relation::regclass, l.mode from pg_locks l join pg_class c on c.oid = l.relation
    where l.pid = pg_backend_pid() and c.relnamespace = 'partitioncache_internal'::regnamespace and l.mode !~ '^(AccessShare|RowShare|RowExclusive)Lock$' $$, 'a transaction of a lesser role locks no table of ours against writers or readers');
select is_empty($$ select name from locked except select name from locked_before $$, 'nor any row that others change');
rollback;

-- Settings of the session that another's function would be led by

create table quirk (setting text);
insert into quirk values ('search_path = hostile_evil, pg_catalog'), ('row_security = off'), ('quote_all_identifiers = on'), ('standard_conforming_strings = off'), ('transform_null_equals = on'),
    ('check_function_bodies = off'), ('default_transaction_isolation = serializable'), ('default_transaction_deferrable = on'), ('plan_cache_mode = force_generic_plan'), ('array_nulls = off'), ('bytea_output = escape'),
    ('extra_float_digits = -15'), ('datestyle = ''German, DMY'''), ('intervalstyle = sql_standard'), ('timezone = ''Asia/Kathmandu'''), ('xmloption = document'), ('default_tablespace = pg_global'), ('default_table_access_method = heap'), ('enable_seqscan = off'),
    ('from_collapse_limit = 1'), ('geqo_threshold = 2'), ('partitioncache.listens = on'), ('partitioncache.notify = off'), ('partitioncache.said = x'), ('partitioncache.caller = postgres'), ('backslash_quote = on'), ('escape_string_warning = on'), ('lock_timeout = ''1 ms''');
create schema hostile_evil;
grant usage on schema hostile_evil to public;
create function hostile_evil.anything(anyelement) returns text language plpgsql as $$ begin raise exception 'called as %', current_user using errcode = 'EVIL1'; end $$;
create function hostile_evil.format(text, variadic text[]) returns text language plpgsql as $$ begin raise exception 'called as %', current_user using errcode = 'EVIL1'; end $$;
create function hostile_evil.equal(text, text) returns boolean language plpgsql as $$ begin raise exception 'called as %', current_user using errcode = 'EVIL1'; end $$;
create function hostile_evil.pc_has_level(oid, text, text) returns boolean language sql as 'select true';
create function hostile_evil.partitioncache_version() returns text language sql as $$ select 'evil' $$;
create operator hostile_evil.= (function = hostile_evil.equal, leftarg = text, rightarg = text);
create operator hostile_evil.|| (function = hostile_evil.equal, leftarg = text, rightarg = text);
select next_attempts();
create function with_setting(role text, setting text, call text) returns text language plpgsql as $$
declare
    outcome text := 'done';
begin
    begin
        perform set_config('role', role, true);
        execute 'set local ' || setting;
        execute call;
        -- back, whatever the setting did to names
        perform pg_catalog.set_config('search_path', 'public, tap, partitioncache_internal', true);
        perform pg_catalog.set_config('role', 'none', true);
        raise exception using errcode = 'PCEND';
    exception when others then
        if sqlstate <> 'PCEND' then
            outcome := sqlstate;
        end if;
    end;
    insert into attempt (role, call, outcome) values (role, setting || ': ' || call, outcome);
    return outcome;
end
$$;
select count(with_setting(a.name, q.setting, c)) as tried
from attacker a, quirk q, unnest(array[
    'select public.partitioncache_apply(''select * from public.poi where kind = 1'', ''city_id'')', 'select public.partitioncache_set(''city_id'', ''mine'', ''{1,2}''::integer[])',
    'select public.partitioncache_push(''select * from public.poi where kind = 2'', ''city_id'')', 'select public.partitioncache_process_queue()', 'select public.partitioncache_get(''city_id'', ''asserted'', null::integer)',
    'select public.partitioncache_clear(''city_id'', ''other'')', 'select public.partitioncache_grant(''hostile_push'', ''administer'', ''other'')', 'select public.partitioncache_register(''evil'', ''integer'', cache => ''other'')']) c
where a.level in ('read', 'push', 'fill') \gset
select is_empty($$ select role, call, outcome from attempt where outcome = 'EVIL1' $$, 'no setting of the session leads us to a stranger''s function');
select is_empty($$ select role, call, outcome from attempt where outcome = 'done' and call ~ 'other' $$, 'nor past a check');
select is_empty($$ select role, call, outcome from attempt where outcome not in ('done', '42501', 'PC007') and call !~ 'search_path|tablespace|serializable|row_security|lock_timeout' $$, 'nor does one stop what may be done');

-- What one role says of its work, and what its tables are called, changes nothing for others

create schema hostile_home authorization hostile_push;
create table wanted (id integer primary key, city_id integer, kind integer, size integer);
insert into wanted select i, i % 500, case when i % 500 < 20 then i % 20 else 100 + i % 50 end, i % 10 from generate_series(1, 20000) i;
create index on wanted (city_id);
analyze wanted;
grant select on wanted to public;
select partitioncache_track('wanted', 'city_id');
create function picky(integer, integer) returns boolean language plpgsql immutable as $$ begin
    if $2 = 13 then
        raise query_canceled;
    end if;
    return $1 = $2;
end $$;

set role hostile_push;
set search_path = partitioncache_internal, public, tap;
select pc_call('enqueue', jsonb_build_object('queue', 'outgoing', 'cache', 'partitioncache', 'checked', true, 'again', false, 'items', (
    select jsonb_agg(jsonb_build_object('partition_key', 'city_id', 'query', 'SELECT ' || i, 'hash', pc_sha256('SELECT ' || i), 'cost', 1e308)) from generate_series(1, 4) i))) is not null as queued;
select pc_call('settle', (select jsonb_agg(jsonb_build_object('queue', c.queue, 'id', c.id, 'claim', c.claim, 'outcome', 'success', 'key_count', 1))
                          from pc_claim('{outgoing}', 'partitioncache', 100, '1 min', 'w') c)) is not null as settled;
select pc_call('store', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'city_id', 'generation', r.generation, 'entries', jsonb_build_array(jsonb_build_object(
    'hash', pc_sha256(q), 'query', q, 'keys', '{1}', 'with_null', false, 'evaluation', jsonb_populate_record(pc_evaluation_of(r, q, '{public.poi}', '{}'), '{"milliseconds": 1e308}')::text)))) is null as stored
from partitioncache_registration r, unnest('{SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 99)}'::text[]) q
where r.cache = 'partitioncache' and r.partition_key = 'city_id';
select is((select max(e.evaluation_ms) from public.partitioncache_entries('city_id') e), 86400000::double precision, 'nothing took longer than a day');
select throws_ok($$ select pc_call('verdict', '{"template": "t", "cache": "partitioncache", "partition_key": "none", "generation": 1, "original_shape": "", "original_ms": 1, "keys": 1, "measured": []}') $$,
    'PC002', null, 'a verdict is on a partition key that is registered');
select pc_call('time', '{"cache": "partitioncache", "partition_key": "none", "template": "hostile", "query": "", "times": {"original": [1]}}') is null as recorded;
select pc_call('time', '{"cache": "partitioncache", "partition_key": "city_id", "template": "hostile", "query": "", "times": {"whatever": [1]}}') is null as recorded;
select is_empty($$ select * from pc_own_timing t where t.template = 'hostile' $$, 'nor are times kept of what there is not');
create table hostile_home.kind (a integer) partition by list (a);
do $$ begin
    for i in 1 .. 100 loop
        execute format('create table hostile_home.kind_%s partition of hostile_home.kind for values in (%1$s)', i);
    end loop;
end $$;
set role hostile_fill;
select pc_call('verdict', jsonb_build_object('template', 't', 'cache', 'partitioncache', 'partition_key', 'city_id', 'generation', 1, 'original_shape', '', 'original_ms', 1, 'keys', 9e18,
    'measured', '[{"form": "all", "shape": "s", "milliseconds": 1e308, "ratio": 1e-308, "problem": "zebra 7 is no number"}]'::jsonb)) is null as kept;
set role hostile_monitor;
select is((select jsonb_build_object('keys', v.keys, 'measured', v.measured) from pc_own_verdict v where v.template = 't'),
    '{"keys": 1000000000000, "measured": [{"form": "all", "ratio": 1e-6, "shape": "s", "milliseconds": 1e15}]}', 'of what a query says when it fails, others see nothing');
select set_eq($$ select o.partitions from unnest('{select kind from poi,select mankind from poi,select kinds from kind_of}'::text[]) q, pc_opened_partitions(q) o $$, '{100,0}'::bigint[], 'a table is named by a whole word');
reset search_path;

set role hostile_victim;
select matches((partitioncache_explain('select * from wanted where kind = 3 and id = 7', 'city_id')).reason, 'cheaper than asking', 'a table of another that is called like a column makes no query dear');
select count(partitioncache_push(format('select * from wanted where picky(kind, %s)', i), 'city_id')) as pushed from generate_series(8, 17) i \gset
select count(partitioncache_push(format('select w.* from wanted w join poi p using (city_id) where picky(w.kind + p.kind, %s)', i), 'city_id')) as pushed from generate_series(11, 15) i \gset
select partitioncache_process_queue(max_seconds => 60) as worked \gset
select results_eq($$ select distinct q.query ~ '13' from partitioncache_internal.pc_own_queue q where q.mine and q.queue <> 'racing' and q.query ~ 'picky' $$, '{true}'::boolean[],
    'what is worked on beside an item that fails as if it were cancelled is done, and nothing that others say of theirs stops it');
select is((select count(*) from partitioncache_internal.pc_own_log l where l.status = 'failed' and l.error_msg = 'query_canceled'),
          (select count(*) from partitioncache_internal.pc_own_queue q where q.mine and q.queue <> 'racing' and q.query ~ 'picky'), 'and nothing else has failed');
reset role;

-- A name in advice is no statement

create role "hostile
drop table poi; --";
alter table wanted owner to "hostile
drop table poi; --";
set role hostile_victim;
select is_empty($$ select s from partitioncache_advise(array['select count(*) from wanted a join wanted b using (city_id) where a.kind = 3 and a.size < b.size']), unnest(statements) s where s ~ E'-- as [^\n]*\n' $$, 'the name of an owner does not end the comment in which it stands');
select isnt_empty($$ select s from partitioncache_advise(array['select count(*) from wanted a join wanted b using (city_id) where a.kind = 3 and a.size < b.size']), unnest(statements) s where s ~ '-- as "hostile ' $$, 'it is there, in one line');
reset role;
alter table wanted owner to current_user;
drop role "hostile
drop table poi; --";

select * from attempts();
select format('drop owned by %I cascade', name) from attacker \gexec
drop owned by hostile_victim cascade;
drop role hostile_stranger, hostile_monitor, hostile_read, hostile_push, hostile_fill, hostile_admin, hostile_victim;

-- Nobody's look-ups become longer by what another role has put there under the same name: each index begins with what is looked for, and goes on with whose it is.
select is_empty($$
    select i.indexrelid::regclass
    from pg_index i
    where i.indrelid = any ('{partitioncache_internal.partitioncache_analysis,partitioncache_internal.partitioncache_decision,partitioncache_internal.partitioncache_verdict,
                              partitioncache_internal.partitioncache_timing,partitioncache_internal.partitioncache_noted,partitioncache_internal.partitioncache_gain_log}'::regclass[])
      and not exists (select from pg_attribute a where a.attrelid = i.indexrelid and a.attname in ('owner', 'role')) $$, 'what roles remember is filed by role');
select * from finish();
