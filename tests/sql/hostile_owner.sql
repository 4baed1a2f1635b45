-- Attacks by a role with level push that owns a tracked table, and by what it plants for more powerful roles to meet: whatever it defines, nothing of
-- it runs with other rights than those of whoever calls it, and nothing that it stores opens what it may not read.
\set prefix hostile_own
set client_min_messages = error;
\ir _hostile.sql

create schema m authorization hostile_own_push;
grant usage on schema m to public;
grant create on schema public to hostile_own_push;

-- Whatever of the attacker's runs, says as whom.
create table caught (who text, how text);
grant insert on caught to public;
set role hostile_own_push;
create function m.caught(how text) returns integer language plpgsql volatile as $$ begin insert into public.caught values (current_user, how); return 1; end $$;
create function m.caught_immutable(how text) returns integer language plpgsql immutable as $$ begin perform m.caught(how); return 1; end $$;
reset role;
create function caught_as_others() returns setof text language sql as $$ select distinct who || ': ' || how from caught where who <> 'hostile_own_push' $$;

create function superusers() returns text language sql security definer set search_path = public, pg_temp as
$$ select public.partitioncache_apply('select * from public.poi where id < 5', 'city_id') $$;
grant execute on function superusers() to public;

-- Temporary objects of the session, before a superuser's function that it calls. In a session of its own, in which nothing was compiled yet.
\c -
set client_min_messages = error;
set session authorization hostile_own_push;
create domain pg_temp.refcursor as pg_catalog.refcursor check (m.caught_immutable('temporary domain') = 1);
create domain pg_temp.regclass as pg_catalog.regclass check (m.caught_immutable('temporary domain') = 1);
create domain pg_temp.name as pg_catalog.name check (m.caught_immutable('temporary domain') = 1);
create domain pg_temp.text as pg_catalog.text check (m.caught_immutable('temporary domain') = 1);
create domain pg_temp.jsonb as pg_catalog.jsonb check (m.caught_immutable('temporary domain') = 1);
create domain pg_temp.oid as pg_catalog.oid check (m.caught_immutable('temporary domain') = 1);
create temp view pg_class as select m.caught('temporary catalog') as oid;
create temp view partitioncache_registration as select 'x'::pg_catalog.text as cache, m.caught('temporary view') as partition_key;
select superusers() \g /dev/null
select public.partitioncache_push('select * from public.poi where id < 7', 'city_id') \g /dev/null
select public.partitioncache_process_queue() \g /dev/null
select partitioncache_internal.pc_call('maintain', '{"cache": "partitioncache"}') \g /dev/null
\c -
set client_min_messages = error;
select no_plan();
select is_empty('select * from caught_as_others()', 'no temporary type or view of the session is taken for ours, in a superuser''s function that it calls');
truncate caught;

-- The log function: triggers of the attacker's own making

set role hostile_own_push;
create table m.t (id integer primary key, city_id integer);
create table m.plain (id integer, city_id integer);
create temp view new_rows as select m.caught('temporary view') as city_id;
create trigger a after insert on m.t for each statement execute function partitioncache_internal.partitioncache_log_city_id();
create trigger b after insert or update or delete on m.t for each row execute function partitioncache_internal.partitioncache_log_city_id('x', 'y');
create trigger c before insert on m.t for each row execute function partitioncache_internal.partitioncache_log_city_id();
create trigger d after truncate on m.t for each statement execute function partitioncache_internal.partitioncache_log_city_id();
create view m.v as select m.caught('view') as city_id;
create trigger e instead of insert on m.v for each row execute function partitioncache_internal.partitioncache_log_city_id();
insert into m.t values (1, 1), (2, 2);
update m.t set city_id = 3 where id = 1;
insert into m.v values (7);
delete from m.t;
truncate m.t;
drop view new_rows;
create temp table new_rows (city_id integer);
insert into new_rows values (777);
insert into m.t values (1, 1);
drop table new_rows;
alter table m.t drop column city_id;
create type m.evil as (x integer);
create function m.cast_(m.evil) returns integer language plpgsql as $$ begin perform m.caught('cast'); return 1; end $$;
create cast (m.evil as integer) with function m.cast_(m.evil) as implicit;
create function m.to_text(m.evil) returns text language plpgsql as $$ begin perform m.caught('cast to text'); return 'x'; end $$;
create cast (m.evil as text) with function m.to_text(m.evil) as implicit;
create domain m.checked as integer check (m.caught_immutable('domain') = 1);
alter table m.t add column city_id m.evil;
insert into m.t values (2, row(1));
alter table m.t drop column city_id;
alter table m.t add column city_id m.checked;
reset role;
truncate caught;  -- a domain's check runs as who inserts
insert into m.t values (3, 1);
select is_empty('select how from caught where how <> ''domain''', 'only what the insert itself calls is called');
set role hostile_own_push;
insert into m.t values (4, 1);
reset role;
truncate caught;
select is_empty('select * from caught_as_others()', 'nothing that a tracked table''s owner defines is called by the function that logs');

-- A table whose indexes, defaults, policies and rules call the attacker's functions, tracked, analysed, vacuumed and reindexed by a superuser

set role hostile_own_push;
create table m.u (id integer primary key, city_id integer default m.caught('default'));
create function m.index_(integer) returns integer language plpgsql immutable as $$ begin perform m.caught('index'); perform partitioncache_internal.pc_call('grant', jsonb_build_object('role', 'hostile_own_push'::regrole::oid, 'level', 'administer', 'cache', 'partitioncache')); return $1; exception when others then return $1; end $$;
insert into m.u select i, i from generate_series(1, 50) i;
create index on m.u (m.index_(city_id));
create policy p on m.u using (m.caught_immutable('policy') = 1);
alter table m.u enable row level security;
reset role;
truncate caught;
select partitioncache_track('m.u', 'city_id');
select is_empty('select * from caught_as_others()', 'a superuser tracks a table with an index, a default and a policy of the attacker''s: nothing is called');
vacuum analyze m.u;
reindex table m.u;
select is_empty('select * from caught_as_others()', 'nor when it maintains it');
select is(partitioncache_internal.pc_has_level('hostile_own_push'::regrole, 'partitioncache', 'administer'), false, 'and what an index calls is called as its owner');
insert into attempt (role, call, outcome) values ('hostile_own_push', 'index of its own', 'done'), ('hostile_own_push', 'policy of its own', 'done'), ('hostile_own_push', 'default of its own', 'done');

-- Entries that claim to have been evaluated

create function forged(hash text, query text, claims jsonb) returns text language sql as $$
    select format('insert into partitioncache_internal.partitioncache_store_city_id (hash, keys, query, evaluation, generation)
                   select %L, ''{1}'', %L, jsonb_populate_record(null::partitioncache_internal.pc_evaluation, %L), generation from partitioncache_internal.partitioncache_registration where cache = ''partitioncache'' and partition_key = ''city_id''',
                  hash, query, jsonb_build_object('named', '[]'::jsonb, 'deps', '[]'::jsonb, 'dep_states', '[]'::jsonb, 'keyed_roots', '[]'::jsonb, 'whole_roots', '[]'::jsonb,
                                                  'snapshot', pg_current_snapshot()::text, 'keyed_tables', '[]'::jsonb, 'parts', '[]'::jsonb) || claims)
$$;
set role hostile_own_push;
create view m.peep as select * from public.secret;
reset role;
create view ids as select 'secret'::regclass::oid as secret, 'm.peep'::regclass::oid as peep, 'poi'::regclass::oid as poi;
select refused('hostile_own_push', forged(partitioncache_internal.pc_sha256('q'), 'q', c.claims), 'PC000', c.what)
from ids, lateral (values (jsonb_build_object('keyed_roots', jsonb_build_array(secret), 'snapshot', '3:3:'), 'to name a table in the log that the entry does not name'),
                          (jsonb_build_object('named', jsonb_build_array(secret), 'keyed_roots', jsonb_build_array(secret), 'snapshot', '3:3:'), 'to name a table that it may not read'),
                          (jsonb_build_object('named', jsonb_build_array(peep), 'whole_roots', jsonb_build_array(secret), 'snapshot', '3:3:'), 'to name a view of its own on a table that it may not read'),
                          (jsonb_build_object('named', jsonb_build_array(poi), 'whole_roots', jsonb_build_array(poi, secret), 'snapshot', '3:3:'), 'to name one beside another')) c(claims, what);
select refused('hostile_own_push', forged('another hash', 'q', '{}'), 'PC001', 'another hash than that of the text');
select refused('hostile_own_push', replace(forged(partitioncache_internal.pc_sha256('q'), 'q', '{}'), 'generation from', 'generation - 1 from'), 'PC000', 'a generation that is over');
select harmless('hostile_own_push', forged(partitioncache_internal.pc_sha256('q' || n), 'q' || n, c), 'a claim: ' || c::text)
from unnest(array['{}', '{"closure": [{"class": 1260, "object": 10}], "closure_state": 1}', '{"snapshot": "9000000000000000000:9000000000000000000:"}', '{"cluster": 1}', '{"deps": [1, null, 4294967295], "dep_states": [null]}',
                  '{"keyed_tables": ["no.table", "\"; drop table poi; --"], "parts": ["x"]}', '{"milliseconds": "Infinity"}', '{"filed_under": "x"}']::jsonb[]) with ordinality x(c, n);
set role hostile_own_push;
create view m.catalog as select m.caught('catalog') as oid;
create table m.fake (oid m.evil);
insert into m.fake values (row(1));
create function m.to_oid(m.evil) returns oid language plpgsql as $$ begin perform m.caught('cast to oid'); return 1; end $$;
create cast (m.evil as oid) with function m.to_oid(m.evil) as implicit;
reset role;
select harmless('hostile_own_push', forged(partitioncache_internal.pc_sha256('c' || t), 'c' || t, jsonb_build_object('named', jsonb_build_array(poi), 'keyed_roots', jsonb_build_array(poi), 'closure', jsonb_build_array(jsonb_build_object('class', t::regclass::oid, 'object', 1)), 'closure_state', 1)), 'a catalog of its own')
from ids, unnest('{m.catalog,m.fake,m.u}'::text[]) t;
truncate caught;
select try('hostile_own_push', 'select partitioncache_internal.pc_call(''maintain'', ''{"cache": "partitioncache"}'')') as outcome \gset
select partitioncache_process_queue();
select count(*) >= 0 as seen from partitioncache_entries('city_id') \gset
select is_empty('select * from caught_as_others()', 'nor is anything called for entries that claim to depend on it');
begin isolation level repeatable read;
select count(*) >= 0 as seen from pg_class \gset
select try('hostile_own_push', 'select partitioncache_internal.pc_call(''maintain'', ''{"cache": "partitioncache"}'')') as outcome \gset
select partitioncache_process_queue();
select is_empty('select * from caught_as_others()', 'under an old snapshot neither');
commit;

-- What it stored serves nobody else, whatever it says.
set role hostile_own_fill;
select is((select count(*) from partitioncache_entries('city_id') e where e.owner = 'hostile_own_push' and e.serves is null), 0::bigint, 'no entry of it serves everybody');
select is(partitioncache_get('city_id', partitioncache_internal.pc_sha256('q1'), null::integer), null, 'and another role does not get one');
reset role;

-- Queries and names that lead more powerful roles to its functions

set role hostile_own_push;
create function public.format(text, text) returns text language plpgsql as $$ begin perform m.caught('overload'); return 'x'; end $$;
create function public.partitioncache_version(integer) returns text language sql as $$ select m.caught('overload')::text $$;
create function m.less(text, text) returns boolean language plpgsql immutable as $$ begin perform m.caught('operator'); return true; end $$;
create operator public.= (function = m.less, leftarg = text, rightarg = text);
create operator public.|| (function = m.less, leftarg = text, rightarg = text);
create operator public.~ (function = m.less, leftarg = text, rightarg = text);
create type public.regclass as (x integer);
create domain public.jsonb as text check (m.caught_immutable('domain') = 1);
reset role;
truncate caught;
set search_path = public, partitioncache_internal, pg_catalog, tap;
select pg_catalog.count(*) operator(pg_catalog.>=) 0 as seen from public.partitioncache_status() \gset
select public.partitioncache_grant('hostile_own_read', 'read', 'other') \g /dev/null
select public.partitioncache_push('select * from public.poi where id < 5', 'city_id') \g /dev/null
select public.partitioncache_process_queue() \g /dev/null
select public.partitioncache_apply('select * from public.poi where id < 5', 'city_id') \g /dev/null
select public.partitioncache_track('public.poi', 'city_id') \g /dev/null
select public.partitioncache_clear('city_id', 'other') \g /dev/null
reset search_path;
select is_empty('select * from caught_as_others()', 'operators, functions and types beside ours are never taken for what we mean');
drop operator public.= (text, text), public.|| (text, text), public.~ (text, text);
drop type public.regclass;
drop domain public.jsonb;
drop function public.format(text, text), public.partitioncache_version(integer);

-- A function of its own with its own rights, called by a superuser, and temporary objects of its own before a superuser's function
set role hostile_own_push;
create function m.as_me() returns text language plpgsql security definer as $$
begin
    perform partitioncache_internal.pc_call('grant', jsonb_build_object('role', 'hostile_own_push'::regrole::oid, 'level', 'administer', 'cache', 'partitioncache'));
    return 'granted';
exception when others then
    return sqlstate;
end
$$;
reset role;
select is(m.as_me(), 'PC007', 'a superuser that calls a function of its own calls us as the function''s owner');
insert into attempt (role, call, outcome) select 'hostile_own_push', 'planted', 'done' from generate_series(1, 40);

select * from attempts();
drop schema m cascade;
select format('drop owned by %I cascade', name) from attacker \gexec
drop owned by hostile_own_victim cascade;
drop role hostile_own_stranger, hostile_own_monitor, hostile_own_read, hostile_own_push, hostile_own_fill, hostile_own_admin, hostile_own_victim;
select * from finish();
