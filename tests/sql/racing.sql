-- Forms of a query race, and what was measured decides.
\ir _core.sql
select no_plan();
select setseed(0.5);
-- Small tables that are dear.
set cpu_tuple_cost = 0.2;
create table spot as select n as id, n % 200 as city_id, (random() * 100)::integer as kind, random() * 10 as x from generate_series(1, 40000) n;
create table way as select n as id, n % 200 as city_id, (random() * 100)::integer as surface, random() * 10 as x from generate_series(1, 20000) n;
create index on spot (city_id);
create index on way (city_id);
analyze spot, way;
\set q 'select s.id, w.id as way from spot s join way w on w.city_id = s.city_id and abs(s.x - w.x) < 0.01 where s.kind = 3 and w.surface > 90'
\set similar 'select s.id, w.id as way from spot s join way w on w.city_id = s.city_id and abs(s.x - w.x) < 0.01 where s.kind = 4 and w.surface > 90'

-- Two plans that do the same
select isnt(pc_plan_shape('{"Node Type": "Seq Scan", "Relation Name": "a"}'), pc_plan_shape('{"Node Type": "Seq Scan", "Relation Name": "b"}'), 'a shape: another table');
select is(pc_plan_shape('{"Node Type": "Seq Scan", "Plan Rows": 1}'), pc_plan_shape('{"Node Type": "Seq Scan", "Plan Rows": 2}'), 'a shape: other numbers');

-- Pushed, learned, raced
select partitioncache_push(:'q', 'city_id');
select ok(partitioncache_process_queue(max_seconds => 60) > 0, 'learned and raced');
select is((select string_agg(l.status, ',') from partitioncache_internal.partitioncache_processor_log l where l.queue = 'racing'), 'success', 'one race');
select ok((select original_ms > 0 and jsonb_array_length(measured) > 1 from pc_own_verdict), 'a verdict');
select is((select measured -> 0 ->> 'form' from pc_own_verdict), 'none', 'the query as it is ran, too');
select ok((select count(*) > 1 from jsonb_array_elements((select candidates from partitioncache_explain(:'q', 'city_id'))) c where c ? 'milliseconds'), 'an explanation says what was measured');
select ok((select count(*) > 2 from jsonb_array_elements((select candidates from partitioncache_explain(:'q', 'city_id'))) c where c ? 'cost'), 'and what was estimated');
select set_eq(partitioncache_apply(:'q', 'city_id'), :'q', 'the same rows');

-- A query of the kind is not raced again, nor does the verdict depend on who asks what in it.
select partitioncache_push(:'similar', 'city_id');
select ok(partitioncache_process_queue(max_seconds => 60) > 0, 'another of the kind');
select ok((select count(*) from pc_own_verdict) <= 2, 'verdicts do not pile up');
select set_eq(partitioncache_apply(:'similar', 'city_id'), :'similar', 'the same rows');
select is((select count(*) from pc_own_queue where queue = 'racing'), 0::bigint, 'nothing is left of races');

-- Nor is one queued: a further one only when three times as many were asked since as the time before.
update partitioncache_internal.partitioncache_verdict set made_at = clock_timestamp();
select partitioncache_push(:'q', 'city_id');
select partitioncache_process_queue(max_items => 1);
select is((select count(*) from pc_own_queue where queue = 'racing'), 0::bigint, 'what was raced is not queued to be raced');
create function item(query text) returns partitioncache_internal.partitioncache_queue language sql as $$
    select jsonb_populate_record(null::partitioncache_internal.partitioncache_queue, jsonb_build_object('cache', 'partitioncache', 'partition_key', 'city_id', 'query', query, 'session', pc_session(current_setting('search_path'))))
$$;
begin;
delete from partitioncache_internal.partitioncache_decision;
update partitioncache_internal.partitioncache_verdict set made_at = clock_timestamp();
select ok(not pc_may_race(item(:'q')), 'raced, and not asked since');
create function ask(numbers int4range) returns void language plpgsql as $$
begin
    for n in lower(numbers) .. upper(numbers) - 1 loop
        perform partitioncache_apply('select s.id, w.id as way from spot s join way w on w.city_id = s.city_id and abs(s.x - w.x) < 0.01 where s.kind = ' || n || ' and w.surface > 90', 'city_id');
    end loop;
end
$$;
select count(*) as raced, 3 ^ count(*) as needed from pc_own_verdict \gset
select ask(int4range(10, 9 + :needed));
select ok(not pc_may_race(item(:'q')), 'few were asked since');
select ask(int4range(10, 10 + :needed));
select ok(pc_may_race(item(:'q')) and pc_may_race(item(:'similar')), 'enough were');
select ok(not pc_may_race(item(:'q' || ' and s.id > 1'), sure => true), 'another kind, of which nothing is learned any more, and nothing was restricted');
select ok(pc_may_race(item(:'q' || ' and s.id > 1')), 'and one of which something is');
update partitioncache_internal.partitioncache_decision d set outcome.applied = true, template = pc_asked_template(item(:'q' || ' and s.id > 1'));
select ok(pc_may_race(item(:'q' || ' and s.id > 1'), sure => true), 'or was restricted');
rollback;

-- What was slower is not done again, what was faster is, whatever the planner says.
update partitioncache_internal.partitioncache_verdict v
set measured = (select jsonb_agg(m || case when m ->> 'form' = 'none' then '{}' else '{"ratio": 1.5}'::jsonb end) from jsonb_array_elements(v.measured) m);
delete from partitioncache_internal.partitioncache_decision;
select alike((select reason from partitioncache_explain(:'q', 'city_id')), 'measured: %', 'slower: left alone');
update partitioncache_internal.partitioncache_verdict v
set measured = (select jsonb_agg(m || case when m ->> 'form' = 'none' then '{}' else '{"ratio": 0.1}'::jsonb end) from jsonb_array_elements(v.measured) m);
delete from partitioncache_internal.partitioncache_decision;
select ok((select applied from partitioncache_explain(:'q', 'city_id')), 'faster: restricted');
select partitioncache_record_times(:'q', 'city_id', original => '{1,1,1}', restricted => '{9,9,9}');
select alike((select reason from partitioncache_explain(:'q', 'city_id')), 'it was measured: %', 'times that were told since: left alone');
select pc_call('verdict', (select to_jsonb(v) || jsonb_build_object('asked', pc_template(:'q', current_setting('search_path'))) from pc_own_verdict v limit 1)) is null as raced;
select ok((select applied from partitioncache_explain(:'q', 'city_id')), 'raced since, and a form was faster: times of another say nothing more');
insert into spot select n, n % 200, 1, 1 from generate_series(1, 20000) n;
analyze spot;
select is(pc_measured(pc_registration('partitioncache', 'city_id'), v.template, v.keys, v.original_shape, array['spot'::regclass, 'way'::regclass]), '[]', 'tables have grown: nothing is measured any more')
from pc_own_verdict v limit 1;

-- Every form gives the rows of the query.
create function every_form(query text) returns table (form text, text text) language plpgsql as $$
declare
    analysis partitioncache_internal.partitioncache_analysis := pc_analyse(query, pc_registration('partitioncache', 'city_id'), pc_session('public'));
begin
    return query select c.form, c.text
                 from unnest((pc_consider(analysis, pc_registration('partitioncache', 'city_id'), 'auto', pc_plan(query, 'public'), 'public')).candidates) c;
end
$$;
select cmp_ok((select count(*) from every_form(:'q')), '>', 2::bigint, 'several forms');
select set_eq(f.text, :'q', 'form ' || f.form) from every_form(:'q') f;

-- Also where rows have no partition key, tables meet themselves, lie under outer joins or further inside, and are written to afterwards.
set cpu_tuple_cost = 100;
select partitioncache_update_processor_config(race_budget => 0, untracked => 'track');
create table asked (n serial, query text);
insert into asked (query) values
    ('select p.id, s.id as other from poi p, street s where p.city_id = s.city_id and p.kind = 3 and s.length > 60'),
    ('select p.id, q.id as other from poi p join poi q using (city_id) where p.kind = 1 and q.kind = 2 and p.area < q.area'),
    ('select p.id, s.id as other, e.id as third from poi p join street s using (city_id) join event e using (city_id) where p.kind < 3 and s.length > 80 and e.visitors < 10'),
    ('select p.id, s.id as other from poi p left join street s on s.city_id = p.city_id and s.length > 90 where p.kind = 5'),
    ('select p.city_id, count(*) from poi p where p.kind = 7 and exists (select from street s where s.city_id = p.city_id and s.length > 70) group by 1'),
    ('select count(*), min(v.area) from (select p.area from poi p, street s where p.city_id = s.city_id and p.kind = 4 and s.length < 20) v'),
    ('with v as (select p.city_id, p.id from poi p join event e using (city_id) where p.kind = 2 and e.visitors > 40) select a.id, b.id as other from v a, v b where a.city_id = b.city_id'),
    ('select id from poi where kind = 3 union all select s.id from street s, event e where s.city_id = e.city_id and s.length > 90 and e.visitors > 40'),
    ('select p.id, p.city_id from poi p where p.kind = 3');
select partitioncache_push(query, 'city_id') from asked;
select partitioncache_process_queue(max_seconds => 60);
create table written_as as select a.n, a.query, f.form, f.text from asked a, every_form(a.query) f;
create function differences() returns setof text language plpgsql as $$
declare w written_as; n bigint;
begin
    for w in select * from written_as loop
        execute format('select (select count(*) from (select * from (%1$s) x except all select * from (%2$s) y) a) + (select count(*) from (select * from (%2$s) y except all select * from (%1$s) x) b)', w.query, w.text) into n;
        if n > 0 then
            return next format('%s, %s: %s rows', w.query, w.form, n);
        end if;
    end loop;
end
$$;
select cmp_ok((select count(*) from written_as), '>', 30::bigint, 'many forms of many queries');
select cmp_ok((select count(distinct form) from written_as), '>', 6::bigint, 'of every kind');
select is_empty('select differences()', 'each gives the rows of its query');
insert into poi select 1000 + i, nullif(i % 61, 60) - 3, i % 12, 'new', i % 200, '2024-01-01' from generate_series(1, 200) i;
insert into street select 1000 + i, nullif(i % 53, 52) - 2, i % 100, 'new' from generate_series(1, 100) i;
delete from event where id % 3 = 0;
update poi set city_id = nullif(city_id + 1, 20), kind = (kind + 1) % 12 where id % 5 = 0;
select is_empty('select differences()', 'and so does a text that was kept, after writes');
set cpu_tuple_cost = 0.2;

-- A race has its limits.
select partitioncache_update_processor_config(race_budget => 0);
select partitioncache_push(:'q' || ' and s.kind < 50', 'city_id');
select partitioncache_process_queue(max_items => 1);
select is((select count(*) from pc_own_queue where queue = 'racing'), 0::bigint, 'races can be switched off');
select throws_ok('select partitioncache_update_processor_config(race_budget => -1)', 'PC001', 'race_budget is out of range', 'a budget has its range');
select partitioncache_update_processor_config(race_budget => 4);
select partitioncache_clear_queue();
create function bounded(seconds double precision) returns record language sql as
$$ select pc_timed_bounded(a.canonical, a.families, array[null::pc_restriction], pc_plan_shape(pc_plan(a.canonical, 'public')), false, clock_timestamp() + seconds * interval '1 s', 'public')
   from pc_analyse('select count(*) from spot a, way b where a.city_id = b.city_id and sqrt(a.x + b.x) > 4 and a.id < 5000', pc_registration('partitioncache', 'city_id'), pc_session('public')) a $$;
select is((select count(pc_plan(pc_guarded(a.canonical, a.families, array[null::pc_restriction], clock_timestamp(), l), 'public')) from unnest('{all,pairs,tables,1,2,3}'::text[]) l,
           pc_analyse('select a.id from spot a' || m, pc_registration('partitioncache', 'city_id'), pc_session('public')) a), 6::bigint, 'every way to look at the clock is SQL')
from unnest('{" where a.x > 1"," join way b using (city_id)"," join way b using (city_id) join spot c using (city_id)"}'::text[]) m;
select is((bounded(0.01)::text ~ ',t,\)$'), true, 'stopped in time');
select is((bounded(60)::text ~ ',f,\)$'), true, 'or done');
select throws_ok($$ select pc_timed('with x as (insert into spot values (0) returning 1) select 1 from x', 'public') $$, '25006', null, 'nothing is written in a race');
select throws_ok($$ select pc_timed('select 1; delete from spot', 'public') $$, '42P11', null, 'one statement, and no more');
select is(current_setting('transaction_read_only'), 'off', 'what comes after may write');

-- What fails is in no race, and hurts nobody.
select partitioncache_push('select s.id, w.id as way from spot s join way w on w.city_id = s.city_id and 1 / (s.kind - 3) > 0 where s.kind = 3 and w.surface > 90', 'city_id');
select partitioncache_push('select s.id, w.id as way from spot s join way w on w.city_id = s.city_id where s.kind = 3 and w.surface > 98 and 1 / (w.id - w.id) > 0', 'city_id');
select ok(partitioncache_process_queue(max_seconds => 60) > 0, 'queries that fail');
select is((select count(*) from pc_own_queue where queue = 'racing'), 0::bigint, 'do not stay in the queue');

-- For whom
create role racer;
select partitioncache_grant('racer', 'push');
grant select on spot, way to racer;
truncate partitioncache_internal.partitioncache_verdict;
set role racer;
select partitioncache_push(:'similar' || ' and s.id > 3', 'city_id');
select partitioncache_process_queue(max_seconds => 60) as finished, (select count(*) from pc_own_verdict) as verdicts \gset
reset role;
select cmp_ok(:finished, '>', 0, 'a role that may push, but not fill');
select is((select count(*) from pc_own_verdict), 0::bigint, 'has verdicts of its own, which nobody else goes by');
select is((select count(*) from partitioncache_internal.partitioncache_verdict where role = 'racer'::regrole), 1::bigint, 'though they are there');
select is(pc_forget_verdicts(0), 1::bigint, 'the oldest are forgotten');
select * from finish();
