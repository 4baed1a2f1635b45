-- Who may do what, as the catalog has it.
select no_plan();
create role rights_user;
create role rights_admin;
select partitioncache_register('city_id', 'integer');
select partitioncache_grant('rights_user');
select partitioncache_grant('rights_admin', 'administer');

create view ours as select p.oid, p.oid::regprocedure::text as function, p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname ~ '^(partitioncache|pc)_' and p.prorettype <> 'trigger'::regtype;
select is_empty($$ select function from ours where has_function_privilege('public', oid, 'execute') $$, 'PUBLIC may call nothing');
select is_empty($$ select function from ours where not has_function_privilege('rights_admin', oid, 'execute') $$, 'administer: everything');
select set_eq($$ select proname::text from ours where not has_function_privilege('rights_user', oid, 'execute') $$,
    '{partitioncache_register,partitioncache_grant,partitioncache_track,partitioncache_untrack,partitioncache_enable_processor,partitioncache_disable_processor,partitioncache_update_processor_config}'::text[], 'use: everything but these');
select ok(has_schema_privilege('rights_user', 'public', 'usage'), 'use: the schema can be used');
select ok(has_table_privilege('rights_user', t, 'select, insert, update, delete'), 'use: ' || t) from unnest('{partitioncache_cache_city_id,partitioncache_registration,partitioncache_queue,partitioncache_analysis}'::text[]) t;
select ok(has_sequence_privilege('rights_user', 'partitioncache_hits', 'usage'), 'use: the counters');
select is_empty($$ select c.oid::regclass from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname ~ '^partitioncache_'
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'owner') and not (c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid)) $$, 'where a row has an owner, row-level security keeps it so');
select is_empty($$ select p.polrelid::regclass from pg_policy p join pg_class c on c.oid = p.polrelid where c.relname ~ '^partitioncache_' and pg_get_expr(p.polwithcheck, p.polrelid) is distinct from '(owner = CURRENT_USER)' $$, 'nobody writes a row of another');
select partitioncache_grant('rights_user', 'administer');
select is_empty($$ select function from ours where not has_function_privilege('rights_user', oid, 'execute') $$, 'administer can be granted later');
select lives_ok($$ select partitioncache_grant('rights_user', 'administer') $$, 'and again');
create table made (x integer);
select pc_grant_as('made', 'partitioncache_registration');
select ok(has_table_privilege('rights_user', 'made', 'select, insert, update, delete'), 'what is made later is granted as its model');
select is_empty($$ select function from ours o join pg_proc p using (oid) where p.prosecdef $$, 'no function runs with the rights of its owner');

drop owned by rights_user, rights_admin cascade;
drop role rights_user, rights_admin;
select * from finish();
