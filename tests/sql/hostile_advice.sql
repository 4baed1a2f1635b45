-- What is advised is run by somebody with more rights than whoever made the tables and roles that it names: names decide nothing in it.
set client_min_messages = error;
create role hostile_advice_evil login;
create role "Hostile_Advice_Evil" login;
create schema hostile_advice authorization hostile_advice_evil;
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
select no_plan();
select partitioncache_register('city_id', 'integer');
select partitioncache_grant('hostile_advice_evil', 'push');

create table named (name text);
insert into named values ('partitioncache_grant(''hostile_advice_evil'', ''administer'')'), (E'x\nselect partitioncache_grant(''"z\\''"'', ''read''); --');
grant select on named to public;

set role hostile_advice_evil;
select format('create table hostile_advice.%I as select i as id, i %% 30 as city_id, i %% 97 as kind from generate_series(1, 900) i', name) from named \gexec
select partitioncache_push(format('select * from hostile_advice.%I where kind = 3', name), 'city_id') from named;
select partitioncache_process_queue(max_seconds => 60);
select partitioncache_untrack(format('hostile_advice.%I', name)::regclass, 'city_id') from named;
reset role;

create table advised as select row_number() over () as n, d.detail, d.fix from partitioncache_doctor(with_cron => false) d where not d.ok;
select is((select count(*) from advised where detail ~ 'may change'), 2::bigint, 'the entries of both tables are not used');
select is((select array_agg(distinct substring(fix from '^select public[.](\w+)[(]')) from advised), '{partitioncache_track}'::text[], 'to track them is all that is advised');
select is((select count(*) from advised where fix ~ '[[:cntrl:]]'), 0::bigint, 'a statement is on one line');
select format('set standard_conforming_strings = %s', s) || '; ' || fix from advised, unnest('{off,on}'::text[]) s order by n, s \gexec
set standard_conforming_strings = on;
select is((select array_agg(t.relation::text order by 1) from partitioncache_tracked_tables() t),
          (select array_agg(format('hostile_advice.%I', name) order by 1) from named), 'run, it tracks them');
select is((select array_agg(level) from partitioncache_internal.partitioncache_role where role = 'hostile_advice_evil'::regrole), '{push}', 'and grants nothing');
select is(partitioncache_internal.pc_mending_call('f', E'a\n\\''b', 'c''d'), E'select public.f(E''a\\u000a\\\\''''b'', ''c''''d'');', 'texts in statements');

-- A role is named so that no other is meant.
select throws_ok($$ select partitioncache_internal.pc_require('"Hostile_Advice_Evil"'::regrole, 'partitioncache', 'push') $$, 'PC007');
create function hint_of(statement text) returns text language plpgsql as $$
declare
    hint text;
begin
    execute statement;
    return null;
exception when sqlstate 'PC007' then
    get stacked diagnostics hint = pg_exception_hint;
    return hint;
end
$$;
select is(hint_of($$ select partitioncache_internal.pc_require('"Hostile_Advice_Evil"'::regrole, 'partitioncache', 'push') $$),
          $$Let an administrator call: select partitioncache_grant('"Hostile_Advice_Evil"', 'push', 'partitioncache');$$, 'the right one of two roles');

select * from finish();
drop owned by hostile_advice_evil, "Hostile_Advice_Evil" cascade;
drop role hostile_advice_evil, "Hostile_Advice_Evil";
