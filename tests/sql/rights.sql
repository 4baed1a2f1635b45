-- Every privilege of each level of rights, how levels are given, shared and taken away, and what administrators who are not the installer may do.
select no_plan();
create role rights_stranger;
create role rights_monitor;
create role rights_read;
create role rights_push;
create role rights_fill;
create role rights_admin;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on all tables in schema tap to public;

create table poi (id integer primary key, city_id integer, area integer, kind integer);
insert into poi select i, i % 20, i % 7, i % 5 from generate_series(1, 200) i;
select partitioncache_register('city_id', 'integer');
select partitioncache_track('poi', 'city_id');
select partitioncache_grant(('rights_' || level)::regrole, case level when 'admin' then 'administer' else level end)
from unnest('{monitor,read,push,fill,admin}'::text[]) level;
select partitioncache_register('area', 'bigint', 'bit');  -- later than the grants
select partitioncache_track('poi', 'area');
select partitioncache_register('city_id', 'integer', cache => 'other');
select partitioncache_track('poi', 'city_id', 'other');

-- All that anybody but the installer has on anything in our two schemas

create view held as
select a.grantee, o.kind, o.name, a.privilege_type as privilege
from (
    select 'schema' as kind, n.nspname::text as name, n.nspowner as owner, n.nspacl as acl from pg_namespace n where n.nspname in ('public', 'partitioncache_internal')
    union all
    select case c.relkind when 'S' then 'sequence' else 'table' end, c.relnamespace::regnamespace || '.' || c.relname, c.relowner, c.relacl from pg_class c
    union all
    select 'column', format('%s.%s.%s', c.relnamespace::regnamespace, c.relname, a.attname), c.relowner, a.attacl from pg_attribute a join pg_class c on c.oid = a.attrelid
    union all
    select 'function', p.pronamespace::regnamespace || '.' || p.proname, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)) from pg_proc p
    union all
    -- of types, what is beyond the right to name them, which PUBLIC has: pg_dump warns of an extension whose types lack it
    select 'type', t.typnamespace::regnamespace || '.' || t.typname, t.typowner, t.typacl from pg_type t where t.typelem = 0 and t.typtype <> 'm'
) o, aclexplode(o.acl) a
where a.grantee <> o.owner and (o.name ~ '^partitioncache_internal(\.|$)' or o.name ~ '^public\.(pc|partitioncache)_' or o.kind = 'schema' and a.grantee <> 0);

create table expected (level text, kind text, name text, privilege text);
insert into expected
select 'monitor', 'schema', unnest('{public,partitioncache_internal}'::text[]), 'USAGE'
union all
select 'monitor', 'table', 'partitioncache_internal.' || unnest('{partitioncache_settings,partitioncache_registration,partitioncache_tracked,partitioncache_static,partitioncache_placement,partitioncache_log_trimmed,partitioncache_revision,partitioncache_role,pc_own_analysis,pc_own_decision,pc_own_verdict,pc_own_queue,pc_own_log,pc_own_learning,pc_own_deferred,pc_own_timing,pc_own_gain,pc_own_gain_log,
    partitioncache_entries_city_id,partitioncache_entries_area,partitioncache_written_city_id,partitioncache_written_area,partitioncache_matching_city_id,partitioncache_matching_area}'::text[]), 'SELECT'
union all
select 'monitor', 'table', 'public.' || unnest('{partitioncache_settings,partitioncache_registration,partitioncache_tracked,partitioncache_static,partitioncache_queue,partitioncache_processor_log,partitioncache_analysis,partitioncache_cache_city_id,partitioncache_cache_area}'::text[]), 'SELECT'
union all
select 'monitor', 'sequence', 'partitioncache_internal.partitioncache_' || unnest('{hits,misses}'::text[]), 'SELECT'
union all
select 'read', 'sequence', 'partitioncache_internal.partitioncache_' || unnest('{hits,misses}'::text[]), 'USAGE'
union all
select 'read', 'column', 'partitioncache_internal.pc_call_channel.' || c.name, c.privilege from (values ('operation', 'INSERT'), ('argument', 'INSERT'), ('result', 'SELECT')) c(name, privilege)
union all
select 'push', 'column', format('partitioncache_internal.partitioncache_store_%s.%s', key, c), 'INSERT'
from unnest('{city_id,area}'::text[]) key, unnest('{hash,keys,query,evaluation,generation}'::text[]) c
union all
select 'push', 'function', 'partitioncache_internal.partitioncache_log_' || unnest('{city_id,area}'::text[]), 'EXECUTE'
union all
select 'monitor', 'function', format('partitioncache_internal.partitioncache_%s_%s', what, key), 'EXECUTE'
from unnest('{city_id,area}'::text[]) key, unnest('{usable,keys,since,moved,held,contained}'::text[]) what
union all
-- Functions for people, here and where they lead to
select f.level, 'function', s || '.partitioncache_' || unnest(f.names), 'EXECUTE'
from unnest('{public,partitioncache_internal}'::text[]) s, (values
    ('monitor', '{version,status,processor_status,processor_jobs,caches,partition_keys,entries,count,keys,tracked_tables,static_tables,placements,suggest_placements,queue_lengths,queue_counts,dead_items,deferred,doctor,has_level,gain}'::text[]),
    ('read', '{apply,explain,open,record_times,advise,form,fragments,contained,get,exists,query,intersect,lookup,changed,changed_rows}'),
    ('push', '{push,push_many,push_fragment,take_apart,evaluate,process_queue,run_processor,queue_push,queue_claim,queue_finish,queue_finish_all,queue_extend,requeue,clear_queue,set,set_query,delete,clear,
               listen,unlisten,track,untrack,assert_static,retract_static}'),
    ('administer', '{register,place,unplace,grant,revoke,enable_processor,disable_processor,update_processor_config,force,forbid,allow,evict}')) f(level, names)
union all
-- What runs with the rights of its caller, and lets nobody do what it could not do without
select 'monitor', 'function', 'partitioncache_internal.' || p.proname, 'EXECUTE'
from pg_proc p
where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ~ '^pc_' and p.proname !~ '^pc_do_' and not p.prosecdef and p.prorettype <> 'trigger'::regtype
union all
-- What runs with the installer's
select 'monitor', 'function', 'partitioncache_internal.' || unnest('{pc_change_count,pc_cron_home,pc_installers_cron_jobs,pc_cron_failure,pc_workers}'::text[]), 'EXECUTE';

create function of_level(level text) returns table (kind text, name text, privilege text) language sql as $$
    select distinct e.kind, e.name, e.privilege from expected e
    where array_position('{monitor,read,push,fill,administer}', e.level) <= array_position('{monitor,read,push,fill,administer}', of_level.level)
$$;
create function of_role(role text) returns table (kind text, name text, privilege text) language sql as
$$ select h.kind, h.name, h.privilege from held h where h.grantee = role::regrole $$;

select is_empty($$ select kind, name, privilege from held where grantee = 0 $$, 'PUBLIC: nothing');
select is_empty($$ select * from of_role('rights_stranger') $$, 'a stranger: nothing');
select set_eq($$ select * from of_role('rights_monitor') $$, $$ select * from of_level('monitor') $$, 'monitor: these privileges and no others');
select set_eq($$ select * from of_role('rights_read') $$, $$ select * from of_level('read') $$, 'read: these privileges and no others');
select set_eq($$ select * from of_role('rights_push') $$, $$ select * from of_level('push') $$, 'push: these privileges and no others');
select set_eq($$ select * from of_role('rights_fill') $$, $$ select * from of_level('push') $$, 'fill: the same as push; what it stores serves everybody');
select set_eq($$ select * from of_role('rights_admin') $$, $$ select * from of_level('administer') $$, 'administer: these privileges and no others');
select is_empty($$ select distinct grantee::regrole from held where grantee <> 0 and grantee::regrole::text !~ '^rights_' $$, 'nobody else has any');
select is_empty($$ select h.name from held h where h.kind in ('table', 'column', 'sequence') and h.privilege not in ('SELECT', 'INSERT') and (h.kind, h.privilege) <> ('sequence', 'USAGE') $$,
    'nobody has UPDATE, DELETE, TRUNCATE, TRIGGER or REFERENCES, nor UPDATE on a sequence, with which it could be set');
select is_empty($$ select h.name from held h where h.privilege = 'USAGE' and h.kind = 'sequence' and h.name !~ '_(hits|misses)$' $$, 'what may be counted on is what counts queries');
select is_empty($$ select h.name from held h join pg_class c on c.oid = to_regclass(regexp_replace(h.name, '^(\w+\.\w+)\..*', '\1'))
                   where h.privilege = 'INSERT' and c.relkind <> 'v' $$, 'what is inserted goes into views that ask who inserts');
select is_empty($$ select h.name from held h where h.privilege = 'INSERT' and h.name ~ '\.caller$' $$, 'and nobody may say that somebody else does');
select is_empty($$ select relname from pg_class c, aclexplode(c.relacl) a where c.relnamespace = 'partitioncache_internal'::regnamespace and a.is_grantable and a.grantee <> c.relowner $$, 'nobody may hand on what it has');

-- What is granted for one cache holds in that one.

select is_empty($$ select name from held where name ~ 'other_' $$, 'nobody has anything of another cache');
set role rights_fill;
select throws_ok(call, code, null, 'fill in one cache, another: ' || call)
from (values ('42501', $$select partitioncache_get('city_id', 'x', null::integer, 'other')$$), ('42501', $$select partitioncache_set('city_id', 'x', array[1], cache => 'other')$$),
             ('42501', $$select partitioncache_entries('city_id', 'other')$$), ('PC007', $$select partitioncache_clear('city_id', 'other')$$),
             ('PC007', $$select partitioncache_delete('city_id', 'x', 'other')$$), ('PC007', $$select partitioncache_set_query('city_id', 'x', 'y', 'other')$$),
             ('42501', $$select * from partitioncache_internal.other_entries_city_id$$), ('42501', $$select * from partitioncache_internal.other_changes_city_id$$),
             ('42501', $$select * from partitioncache_internal.other_cache_city_id$$), ('42501', $$select last_value from partitioncache_internal.other_hits$$)) c(code, call);
reset role;
set role rights_admin;
select throws_ok(call, code, null, 'administer in one cache, another: ' || call)
from (values ('PC007', $$select partitioncache_register('area', 'bigint', cache => 'other')$$), ('PC007', $$select partitioncache_grant('rights_push', 'push', 'other')$$),
             ('PC007', $$select partitioncache_revoke('rights_push', 'other')$$), ('PC007', $$select partitioncache_clear(null, 'other')$$),
             ('42501', $$select partitioncache_entries('city_id', 'other')$$)) c(code, call);
reset role;

-- What an administrator has taken away stays away.

revoke insert (hash, keys, query, evaluation, generation) on partitioncache_internal.partitioncache_store_city_id from rights_push;
revoke select on partitioncache_internal.partitioncache_entries_city_id from rights_read;
revoke execute on function public.partitioncache_push(text, text, text, integer, text, text[]) from rights_push;
select partitioncache_grant('rights_push', 'push');
select partitioncache_grant('rights_read', 'read');
select partitioncache_register('kind', 'integer');
select is_empty($$ select name from of_role('rights_push') where name ~ 'store_(city_id|kind)|log_kind|public.partitioncache_push$' $$, 'the same level again, and a later registration: what was taken away from push stays away');
select is_empty($$ select name from of_role('rights_read') where name ~ 'entries_(city_id|kind)$' $$, 'and from read');
select isnt_empty($$ select name from of_role('rights_fill') where name ~ 'store_kind' $$, 'the others have it');
select partitioncache_grant('rights_push', 'read', 'other');
select is_empty($$ select name from of_role('rights_push') where name ~ 'partitioncache_store_(city_id|kind)|public.partitioncache_push$' $$, 'a grant in another cache brings nothing back');
select partitioncache_revoke('rights_push', 'other');
select partitioncache_revoke('rights_push');
select partitioncache_grant('rights_push', 'push');
select set_eq($$ select name, privilege from of_role('rights_push') $$,
              $$ select name, privilege from of_level('push') union select replace(name, 'city_id', 'kind'), privilege from of_level('push') where name ~ '(cache|store|entries|written|log|matching|usable|keys|since|moved|held|contained)_city_id' $$,
              'revoked and granted anew: everything');

-- A lower level takes rights away, in this cache alone.

create role rights_changing;
select partitioncache_grant('rights_changing', 'administer');
select partitioncache_grant('rights_changing', 'push', 'other');
select partitioncache_grant('rights_changing', 'read');
select set_eq($$ select name, privilege from of_role('rights_changing') where name !~ 'other_' $$,
              $$ select name, privilege from of_level('push') where name !~ '(store|log)_(city_id|area)'
                 union select replace(name, 'city_id', 'kind'), privilege from of_level('read') where name ~ '(cache|entries|written|matching|usable|keys|since|moved|held|contained)_city_id' $$,
              'from administer to read: what push needs in another cache is kept, nothing else');
select set_eq($$ select level, cache from partitioncache_internal.partitioncache_role where role = 'rights_changing'::regrole $$, $$ values ('read', 'partitioncache'), ('push', 'other') $$, 'one level a cache');
select partitioncache_grant('rights_changing', 'monitor');
select set_eq($$ select level from partitioncache_internal.partitioncache_role where role = 'rights_changing'::regrole and cache = 'partitioncache' $$, '{read,monitor}'::text[], 'monitor stands beside it');
select ok(partitioncache_revoke('rights_changing', level => 'read'), 'one level is taken away');
select set_eq($$ select level from partitioncache_internal.partitioncache_role where role = 'rights_changing'::regrole and cache = 'partitioncache' $$, '{monitor}'::text[], 'the other stays');
select ok(partitioncache_revoke('rights_changing'), 'and the rest');
select ok(partitioncache_revoke('rights_changing', 'other'), 'and in the other cache');
select is_empty($$ select * from of_role('rights_changing') $$, 'then nothing is left');
select ok(not partitioncache_revoke('rights_changing'), 'there is nothing more to take');
select lives_ok('drop role rights_changing', 'and nothing stands in the way of dropping the role');
select throws_ok(call, 'PC001', message, call)
from (values ($$select partitioncache_grant('rights_read', 'everything')$$, '"everything" is no level of rights'), ($$select partitioncache_grant('rights_read', null)$$, null),
             ($$select partitioncache_grant('rights_read', 'use')$$, '"use" is no level of rights'), ($$select partitioncache_grant(null)$$, 'a role and a cache are needed'),
             ($$select partitioncache_grant('rights_read', 'read', '')$$, 'a role and a cache are needed'), ($$select partitioncache_revoke(null)$$, 'a role and a cache are needed')) c(call, message);

-- Members of a group have what the group was granted, if they inherit.

create role rights_group;
create role rights_member in role rights_group;
create role rights_holder noinherit;
grant rights_group to rights_holder;
select partitioncache_grant('rights_group', 'fill');
grant select on poi to rights_group;
set role rights_member;
select lives_ok($$ select partitioncache_set('city_id', 'of a member', array[1, 2]) $$, 'a member stores');
select is((select row(owner, serves)::text from partitioncache_entries('city_id') where hash = 'of a member'), '(rights_member,)', 'in its own name, for everybody');
reset role;
set role rights_holder;
select throws_ok($$ select partitioncache_set('city_id', 'of a holder', array[1, 2]) $$, '42501', null, 'who does not inherit has nothing');
set role rights_group;
select lives_ok($$ select partitioncache_set('city_id', 'of a holder', array[1, 2]) $$, 'until it takes the role on');
reset role;
revoke rights_group from rights_member;
set role rights_member;
select throws_ok($$ select partitioncache_set('city_id', 'of a member', array[1]) $$, '42501', null, 'and who has left has nothing either');
reset role;

-- pg_monitor

select partitioncache_grant('pg_monitor', 'monitor');
create role rights_watcher in role pg_monitor;
set role rights_watcher;
select cmp_ok((select count(*) from partitioncache_entries('city_id')), '>=', 2::bigint, 'who has pg_monitor sees that there are entries');
select is_empty($$ select hash from partitioncache_entries('city_id') where query is not null $$, 'but no texts');
select is_empty($$ select hash from partitioncache_internal.partitioncache_entries_city_id where keys is not null and not serves $$, 'and no keys');
select throws_ok($$ select partitioncache_get('city_id', 'of a member', null::integer) $$, '42501', null, 'nor may it ask for any');
reset role;

-- An administrator that is not the installer

set role rights_admin;
select lives_ok($$ select partitioncache_register('day', 'date') $$, 'registers');
select lives_ok($$ select partitioncache_set('day', 'x', array[date '2024-01-01']) $$, 'and fills');
select lives_ok(format('select partitioncache_grant(%L, %L)', 'rights_stranger', level), 'grants ' || level) from unnest('{read,push,fill,monitor}'::text[]) level;
select throws_ok($$ select partitioncache_grant('rights_stranger', 'administer') $$, 'PC007', 'role "rights_admin" may not make administrators', 'but makes no administrators');
select throws_ok($$ select partitioncache_grant('rights_admin', 'administer', 'other') $$, 'PC007', null, 'and does not make itself one elsewhere');
select lives_ok($$ select partitioncache_revoke('rights_stranger') $$, 'takes away');
select ok(not partitioncache_revoke('rights_admin'), 'but not the right to administer');
select lives_ok($$ select partitioncache_register('city_id', 'integer', cache => 'rights_new') $$, 'makes a new cache');
select lives_ok($$ select partitioncache_set('city_id', 'x', array[1], cache => 'rights_new') $$, 'which it administers');
select lives_ok($$ select partitioncache_grant('rights_read', 'read', 'rights_new') $$, 'and shares');
select lives_ok($$ select partitioncache_clear('city_id') $$, 'clears what others stored');
reset role;
set role rights_fill;
select throws_ok($$ select partitioncache_register('city_id', 'integer', cache => 'rights_newer') $$, '42501', null, 'fill makes no caches');
reset role;

-- Roles are what they are, not what they are called.

create role rights_first;
select partitioncache_grant('rights_first', 'push');
set role rights_first;
select lives_ok($$ select partitioncache_set('city_id', 'own', array[3]) $$, 'a role stores for itself');
reset role;
alter role rights_first rename to rights_renamed;
create role rights_first;
set role rights_renamed;
select is(partitioncache_get('city_id', 'own', null::integer), '{3}'::integer[], 'renamed, it has what it had');
reset role;
set role rights_first;
select throws_ok($$ select partitioncache_get('city_id', 'own', null::integer) $$, '42501', null, 'another of its name has nothing');
reset role;
select partitioncache_grant('rights_first', 'push');
set role rights_first;
select is(partitioncache_get('city_id', 'own', null::integer), null, 'nor, when it has rights of its own, what the other stored');
select is_empty($$ select hash from partitioncache_entries('city_id') where hash = 'own' $$, 'which it does not even see');
reset role;
drop owned by rights_renamed;
drop role rights_renamed;
set role rights_admin;
select is((select row(owner, serves)::text from partitioncache_entries('city_id') where hash = 'own'), format('("unknown (OID=%s)","unknown (OID=%s)")', o, o), 'an entry whose role is gone says so')
from (select e.owner as o from partitioncache_internal.partitioncache_entries_city_id e where e.hash = 'own') e;
select lives_ok($$ select partitioncache_register('later', 'integer') $$, 'a role that is gone stands in nobody''s way');
reset role;
select cmp_ok(partitioncache_internal.pc_forget_roles('partitioncache'), '>=', 2::bigint, 'what it was granted and what served it alone are forgotten');
select is_empty($$ select role from partitioncache_internal.partitioncache_role g where not exists (select from pg_roles r where r.oid = g.role) $$, 'no grant is left');
select is_empty($$ select hash from partitioncache_internal.partitioncache_cache_city_id where hash = 'own' and role <> 'rights_first'::regrole $$, 'nor an entry');

-- A dump that is restored in another cluster brings grants of roles with other OIDs.

create role rights_swapped;
select partitioncache_grant('rights_swapped', 'fill', 'other');
select partitioncache_grant('rights_fill', 'read', 'other');
update partitioncache_internal.partitioncache_role set cluster = 1,
    role = case role when 'rights_swapped'::regrole then 'rights_fill'::regrole when 'rights_fill'::regrole then 'rights_swapped'::regrole else role end
where cache = 'other';
insert into partitioncache_internal.partitioncache_role (cache, role, role_name, cluster, level) values ('other', 1, 'rights_nowhere', 1, 'push');
set role rights_swapped;
select lives_ok($$ select partitioncache_set('city_id', 'restored', array[1], cache => 'other') $$, 'restored: a role is found by its name');
reset role;
set role rights_fill;
select throws_ok($$ select partitioncache_set('city_id', 'restored', array[1], cache => 'other') $$, '42501', null, 'and not by its number');
reset role;
select is(partitioncache_internal.pc_adopt_roles('other'), 2::bigint, 'the grants of the roles that are here are adopted');
select set_eq($$ select role::regrole::text, level, cluster = partitioncache_internal.pc_cluster() from partitioncache_internal.partitioncache_role where cache = 'other' $$,
              $$ values ('rights_swapped', 'fill', true), ('rights_fill', 'read', true), ('1', 'push', false) $$, 'each for its own; one whose role is not here waits');
select partitioncache_grant('rights_swapped', 'fill', 'other');
drop owned by rights_swapped;
drop role rights_swapped;

-- What the installer's own default privileges would give, nobody gets.

alter default privileges grant select, insert, update, delete on tables to rights_stranger;
alter default privileges grant all on sequences to rights_stranger;
alter default privileges grant execute on functions to rights_stranger;
select partitioncache_register('city_id', 'integer', cache => 'rights_defaults');
select partitioncache_track('poi', 'city_id', 'rights_defaults');
select is_empty($$ select * from of_role('rights_stranger') $$, 'default privileges reach nothing that is made later');
alter default privileges revoke all on tables from rights_stranger;
alter default privileges revoke all on sequences from rights_stranger;
alter default privileges revoke all on functions from rights_stranger;

drop owned by rights_stranger, rights_monitor, rights_read, rights_push, rights_fill, rights_admin, rights_group, rights_member, rights_holder, rights_watcher, rights_first cascade;
drop role rights_stranger, rights_monitor, rights_read, rights_push, rights_fill, rights_admin, rights_group, rights_member, rights_holder, rights_watcher, rights_first;
select partitioncache_revoke('pg_monitor');
select * from finish();
