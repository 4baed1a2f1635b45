-- What plpgsql_check says of the functions of the extension.
-- needs: plpgsql_check
select plan(2);

-- Trigger functions are checked with the relation that they are for.

create table checked (id integer primary key, city_id integer);
select partitioncache_register('city_id', 'integer');
select partitioncache_track('checked', 'city_id');

create view trigger_relation (name, relation) as
values ('pc_dispatch'::name, 'partitioncache_internal.pc_call_channel'::regclass),
       ('pc_store', 'partitioncache_internal.partitioncache_store_city_id'),
       ('pc_note_change', 'partitioncache_settings'),
       ('partitioncache_log_city_id', 'checked');

select is_empty(
    $$ select p.oid::regprocedure, c.lineno, c.level, c.message, c.detail, c.hint
       from pg_proc p
       join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
       left join trigger_relation t on t.name = p.proname,
       lateral plpgsql_check_function_tb(p.oid, coalesce(t.relation, 0), fatal_errors => false, other_warnings => true, extra_warnings => true,
                                         newtable => case when t.name like '%\_log\_%' then 'new_rows' end) c
       where (p.pronamespace = 'partitioncache_internal'::regnamespace or p.oid in (select d.objid from pg_depend d join pg_extension e on e.oid = d.refobjid and e.extname = 'partitioncache' where d.deptype = 'e'))
         and (p.prorettype <> 'trigger'::regtype or t.relation is not null)
         -- It wants to be refused.
         and p.proname <> 'pc_is_no_commit_here'
         -- A parameter of_type is there for its type alone, and what is done for a caller may not depend on who calls; the others are remarks on
         -- style and on plpgsql_check's own limits.
         and c.message not in ('unused parameter "of_type"', 'unused parameter "caller"', 'cannot determinate a result of dynamic SQL',
                               'cannot commit while a subtransaction is active')
         and c.message !~ '^composite OUT variable'
         and c.detail is distinct from 'cannot to determine result of dynamic SQL' $$,
    'plpgsql_check finds nothing to say about any function');

select is_empty(
    $$ select p.oid::regprocedure from pg_proc p
       where p.pronamespace = 'partitioncache_internal'::regnamespace and p.prorettype = 'trigger'::regtype and p.proname not in (select name from trigger_relation) $$,
    'and it has looked at every trigger function');

select * from finish();
