-- What holds for every object of the extension, in both of its schemas.

-- Functions without a SET clause for search_path; they qualify every name instead.
create view unpinned_function (name, reason) as
values ('partitioncache_run_processor'::name, 'it commits, and then PostgreSQL allows no SET clause'),
       ('pc_reparse', 'to read a text under its caller''s search_path is its purpose'),
       ('pc_stored_text', 'to write one is');

-- Functions in which our own names are not found, because others' texts are run in them.
create view narrow_function (name, reason) as
values ('pc_run_read_only'::name, 'it runs fragments'),
       ('pc_statement_cost', 'it plans fragments');

-- Functions that run with the installer's rights. Whoever adds one says why nothing else does.
create view definer_function (name, reason) as
values ('pc_dispatch'::name, 'what pc_call is asked for is done by the installer, who checks what the caller may do'),
       ('pc_store', 'nobody else writes entries'),
       ('pc_forget_analyses', 'nobody else sees those of all'),
       ('pc_forget_decisions', 'nobody else sees those of all'),
       ('pc_change_count', 'nobody else sees how much is in the change log'),
       ('pc_cron_home', 'nobody else may be able to see where pg_cron lives'),
       ('pc_installers_cron_jobs', 'nobody else sees the jobs of other roles in pg_cron'),
       ('pc_cron_failure', 'nor what became of them'),
       ('pc_workers', 'nobody else sees what the sessions of other roles are at');

-- Tables whose rows are made anew where they are missing.
create view derived_table (name, reason) as
values ('partitioncache_analysis'::name, 'what queries were found to consist of'),
       ('partitioncache_decision', 'what became of queries'),
       ('partitioncache_verdict', 'what was measured of them'),
       ('partitioncache_revision', 'how often entries have changed'),
       ('partitioncache_entry_use', 'which entries were used lately'),
       ('partitioncache_processor_log', 'what the processor did'),
       ('partitioncache_learning', 'what queries could have gained by what is not evaluated'),
       ('partitioncache_timing', 'how long queries took'),
       ('partitioncache_gain_log', 'what was saved when'),
       ('partitioncache_noted', 'which queries were pushed by themselves'),
       ('partitioncache_listener', 'which sessions listen');

create view member as
select d.classid, d.objid
from pg_depend d
join pg_extension e on e.oid = d.refobjid and e.extname = 'partitioncache'
where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e';

create view member_function as
select p.oid::regprocedure as function, p.pronamespace = 'partitioncache_internal'::regnamespace as within, p.*
from member m join pg_proc p on m.classid = 'pg_proc'::regclass and p.oid = m.objid;

create view member_relation as
select c.oid::regclass as relation, c.*
from member m join pg_class c on m.classid = 'pg_class'::regclass and c.oid = m.objid;

select no_plan();

select cmp_ok((select count(*) from member_function where within), '>', 200::bigint, 'the functions of the extension are found');
select cmp_ok((select count(*) from member_function where not within), '>', 30::bigint, 'and those that lead to them');

select set_eq(
    $$ select distinct n.nspname::text from member m join pg_proc p on m.classid = 'pg_proc'::regclass and p.oid = m.objid join pg_namespace n on n.oid = p.pronamespace
       union select distinct n.nspname::text from member_relation c join pg_namespace n on n.oid = c.relnamespace $$,
    '{public,partitioncache_internal}'::text[],
    'everything stands in the schema of the installer''s own or in that of the extension');

select set_eq(
    $$ select n.nspname::text from member m join pg_namespace n on m.classid = 'pg_namespace'::regclass and n.oid = m.objid $$,
    '{partitioncache_internal}'::text[],
    'the extension brings one schema');

select is_empty(
    $$ select function from member_function where proname !~ '^(partitioncache|pc)_[a-z0-9_]+$' $$,
    'every function is named partitioncache_... or pc_...');

-- What functions look up

select is_empty(
    $$ select function, proconfig from member_function
       where proconfig is null or not case
           when within and proname in (select name from narrow_function) then 'search_path=pg_catalog, pg_temp' = any (proconfig)
           when within then 'search_path=pg_catalog, partitioncache_internal, pg_temp' = any (proconfig)
           else 'search_path=pg_catalog, pg_temp' = any (proconfig) end
       except
       select function, proconfig from member_function where proname in (select name from unpinned_function) and proconfig is null $$,
    'every function pins search_path: PostgreSQL''s own objects first, ours next, temporary ones last');

select is_empty(
    $$ select name from unpinned_function except select proname from member_function where proconfig is null
       union all
       select name from narrow_function except select proname from member_function $$,
    'the exceptions exist and are exceptions');

select is_empty(
    $$ select function from member_function, unnest(array(select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'partitioncache_internal')) other
       where within and (prosrc ~ format('\m%s\.', other) or pg_get_function_sqlbody(oid) ~ format('\m%s\.', other)) $$,
    'no function looks into another schema than PostgreSQL''s and ours');

select is_empty(
    $$ select r.ev_class::regclass
       from pg_rewrite r join member_relation v on v.oid = r.ev_class
       join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refobjid >= 16384
       left join pg_class c on d.refclassid = 'pg_class'::regclass and c.oid = d.refobjid
       left join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid
       where coalesce(c.relnamespace, p.pronamespace, 'partitioncache_internal'::regnamespace) <> 'partitioncache_internal'::regnamespace and c.oid is distinct from v.oid $$,
    'nor does a view');

select is_empty(
    $$ select function, prosrc from member_function
       where not within and prosrc !~ format('partitioncache_internal\.%I\(', proname) $$,
    'what stands in the extension''s schema leads to the function of the same name');

-- With whose rights

select set_eq(
    $$ select proname from member_function where prosecdef $$,
    $$ select name from definer_function $$,
    'these functions run with the installer''s rights, each for a reason');

select is_empty(
    $$ select function from member_function where prosecdef and has_function_privilege('pg_monitor', oid, 'execute') $$,
    'and nobody may call them before it is granted');

select is_empty(
    $$ select function from member_function where prosecdef and exists (select from unnest(proargtypes) t where t::regtype::text ~ '^any') $$,
    'none of them takes values of any type, whose operators and functions could be anybody''s');

select is_empty(
    $$ select function from member_function where proname like 'pc\_do\_%' and (prosecdef or pc_function_level(proname, prosecdef) is not null) $$,
    'what is done for a caller is reached through pc_call alone');

select is_empty(
    $$ select function::text, a.grantee::regrole, a.privilege_type
       from member_function, aclexplode(coalesce(proacl, acldefault('f', proowner))) a where a.grantee <> proowner
       union all
       select relation::text, a.grantee::regrole, a.privilege_type from member_relation, aclexplode(relacl) a where a.grantee <> relowner
       union all
       select t.oid::regtype::text, a.grantee::regrole, a.privilege_type
       from pg_type t, aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a
       where t.typnamespace = 'partitioncache_internal'::regnamespace and t.typelem = 0 and a.grantee not in (0, t.typowner)
       union all
       select n.nspname, a.grantee::regrole, a.privilege_type
       from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'partitioncache_internal' and a.grantee <> n.nspowner $$,
    'nobody but the installer has any right before it is granted, PUBLIC on types alone, which pg_dump would mention in every backup');

select is_empty(
    $$ select relation from member_relation where relrowsecurity or exists (select from pg_policy p where p.polrelid = oid) $$,
    'no row-level security, at which pg_dump would stop');

select is_empty(
    $$ select conrelid::regclass, conname from pg_constraint c join member_relation r on r.oid = c.conrelid where c.contype = 'f' $$,
    'no foreign keys, over which a parallel restore would stumble');

select is_empty(
    $$ select relation from member_relation
       where relkind = 'v' and not coalesce(array(select o.option_name from pg_options_to_table(reloptions) o where o.option_value::boolean) @> '{security_barrier}', false) $$,
    'no condition of a stranger is asked before those of a view');

-- Levels of rights, and the functions that people call

select set_eq(
    $$ select proname::text from member_function where within and proname like 'partitioncache\_%' and pc_function_level(proname, prosecdef) is null $$,
    '{partitioncache_uninstall}'::text[],
    'every function for people has a level, but for what only the installer may do');

select is_empty(
    $$ select function from member_function i
       where within and proname like 'partitioncache\_%'
         and not exists (select from member_function w
                         where not w.within and w.proname = i.proname and w.prokind = i.prokind
                           and pg_get_function_arguments(w.oid) = pg_get_function_arguments(i.oid)
                           and pg_get_function_result(w.oid) is not distinct from pg_get_function_result(i.oid)
                           and (w.provolatile = i.provolatile or i.prokind = 'p') and (w.proparallel = i.proparallel or i.prokind = 'p') and w.prorows = i.prorows
                           and obj_description(w.oid, 'pg_proc') = obj_description(i.oid, 'pg_proc')) $$,
    'every function for people is led to by one with the same parameters, defaults, result and comment');

select is_empty(
    $$ select function from member_function w
       where not within and not exists (select from member_function i where i.within and i.proname = w.proname and i.proargtypes = w.proargtypes) $$,
    'and nothing else stands beside those');

-- Comments

select is_empty(
    $$ select function from member_function where coalesce(obj_description(oid, 'pg_proc'), '') = '' $$,
    'every function has a comment');

select is_empty(
    $$ select function from member_function
       where (proname like 'partitioncache\_%' or prorettype <> 'trigger'::regtype) and obj_description(oid, 'pg_proc') !~ 'Example: ' $$,
    'and the comment ends with an example');

select is_empty(
    $$ select relation from member_relation
       where relkind in ('r', 'v', 'm', 'p') and coalesce(obj_description(oid, 'pg_class'), '') = '' $$,
    'every table and view has a comment');

select is_empty(
    $$ select t.oid::regtype
       from member m
       join pg_type t on m.classid = 'pg_type'::regclass and t.oid = m.objid
       where t.typelem = 0 and t.typrelid = 0
         and coalesce(obj_description(t.oid, 'pg_type'), '') = '' $$,
    'every type has a comment');

-- Tables

select is_empty(
    $$ select relation from member_relation
       where relkind = 'r' and relname not in (select name from derived_table)
         and oid <> all ((select extconfig from pg_extension where extname = 'partitioncache')::oid[]) $$,
    'pg_dump saves the rows of every table that holds what users have entered');

select is_empty(
    $$ select relation from member_relation r
       where relkind = 'r' and relname not in ('partitioncache_analysis', 'partitioncache_decision', 'partitioncache_verdict', 'partitioncache_timing', 'partitioncache_gain_log', 'partitioncache_noted')
         and not exists (select from pg_constraint c where c.conrelid = r.oid and c.contype = 'p') $$,
    'every table has a primary key, but for those in which nobody may wait for another');

select * from finish();
