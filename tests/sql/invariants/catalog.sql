-- What holds for every object of the extension.

-- Functions without a SET clause; they qualify every name instead.
create view unpinned_function (name, reason) as
values ('partitioncache_run_processor'::name, 'it commits, and then PostgreSQL allows no SET clause'),
       ('pc_reparse', 'to read a text under its caller''s search_path is its purpose'),
       ('pc_stored_text', 'to write one is');

-- Tables whose rows are made anew where they are missing.
create view derived_table (name, reason) as
values ('partitioncache_analysis'::name, 'what queries were found to consist of'),
       ('partitioncache_entry_use', 'which entries were used lately'),
       ('partitioncache_listener', 'which sessions listen'),
       ('partitioncache_processor_log', 'what the processor did');

create view member_function as
select p.oid::regprocedure as function, p.*
from pg_depend d
join pg_extension e on e.oid = d.refobjid and e.extname = 'partitioncache'
join pg_proc p on p.oid = d.objid
where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e';

create view member_relation as
select c.oid::regclass as relation, c.*
from pg_depend d
join pg_extension e on e.oid = d.refobjid and e.extname = 'partitioncache'
join pg_class c on c.oid = d.objid
where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e';

select no_plan();

select cmp_ok((select count(*) from member_function), '>', 50::bigint, 'the functions of the extension are found');

select is_empty(
    $$ select function from member_function where proname !~ '^(partitioncache|pc)_[a-z0-9_]+$' $$,
    'every function is named partitioncache_… or pc_…');

select is_empty(
    $$ select function, proconfig from member_function
       where not coalesce(proconfig && array['search_path=pg_catalog, public, pg_temp', 'search_path=""'], false)
         and proname not in (select name from unpinned_function) $$,
    'every function pins search_path to pg_catalog, the extension''s schema and pg_temp, in this order, or to nothing');

select is_empty(
    $$ select name from unpinned_function except select proname from member_function where proconfig is null $$,
    'the exceptions exist and are exceptions');

select is_empty(
    $$ select function from member_function where coalesce(obj_description(oid, 'pg_proc'), '') = '' $$,
    'every function has a comment');

select is_empty(
    $$ select function from member_function
       where proname like 'partitioncache\_%' and obj_description(oid, 'pg_proc') !~ 'Example: ' $$,
    'the comment of every public function ends with an example');

select is_empty(
    $$ select function from member_function where prosecdef $$,
    'no function is SECURITY DEFINER');

select is_empty(
    $$ select function, a.grantee::regrole
       from member_function, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
       where a.grantee = 0 $$,
    'PUBLIC may execute nothing');

select is_empty(
    $$ select relation, a.privilege_type
       from member_relation, aclexplode(coalesce(relacl, acldefault('r', relowner))) a
       where a.grantee = 0 $$,
    'PUBLIC may read and write nothing');

select is_empty(
    $$ select relation from member_relation
       where relkind in ('r', 'v', 'm', 'p') and coalesce(obj_description(oid, 'pg_class'), '') = '' $$,
    'every table and view has a comment');

select is_empty(
    $$ select t.oid::regtype
       from pg_depend d
       join pg_extension e on e.oid = d.refobjid and e.extname = 'partitioncache'
       join pg_type t on t.oid = d.objid
       where d.classid = 'pg_type'::regclass and d.deptype = 'e' and t.typelem = 0 and t.typrelid = 0
         and coalesce(obj_description(t.oid, 'pg_type'), '') = '' $$,
    'every type has a comment');

select is_empty(
    $$ select relation from member_relation
       where relkind = 'r' and relname not in (select name from derived_table)
         and oid <> all ((select extconfig from pg_extension where extname = 'partitioncache')::oid[]) $$,
    'pg_dump saves the rows of every table that holds what users have entered');

select is_empty(
    $$ select relation from member_relation r
       where relkind = 'r' and relname <> 'partitioncache_analysis'
         and not exists (select from pg_constraint c where c.conrelid = r.oid and c.contype = 'p') $$,
    'every table has a primary key, but for the one in which nobody may wait for another');

select is_empty(
    $$ select conrelid::regclass, conname
       from pg_constraint c
       join member_relation r on r.oid = c.conrelid
       where c.contype = 'f'
         and not exists (select from pg_index i
                         where i.indrelid = c.conrelid
                           and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey) $$,
    'every foreign key has an index');

select is_empty(
    $$ select n.nspname from pg_depend d
       join pg_extension e on e.oid = d.refobjid and e.extname = 'partitioncache'
       join pg_namespace n on n.oid = d.objid
       where d.classid = 'pg_namespace'::regclass and d.deptype = 'e' $$,
    'the extension brings no schema of its own');

select is_empty(
    $$ select function, c.lineno, c.level, c.message, c.detail, c.hint
       from member_function f
       join pg_language l on l.oid = f.prolang and l.lanname = 'plpgsql',
       lateral plpgsql_check_function_tb(f.oid, fatal_errors => false, other_warnings => true, extra_warnings => true) c
       where f.prorettype <> 'trigger'::regtype
         -- A parameter of_type is there for its type alone; the others are remarks on style and on its own limits.
         and c.message not in ('unused parameter "of_type"', 'cannot determinate a result of dynamic SQL')
         and c.message !~ '^composite OUT variable'
         and c.detail is distinct from 'cannot to determine result of dynamic SQL' $$,
    'plpgsql_check finds nothing to say about any function');

select * from finish();
