-- What was valid for the catalog of yesterday is checked against that of today, or not used.
\ir _core.sql
select no_plan();

-- Fills a query, changes something, and asks whether its entries are aside, the rows right, and all well after it is filled again.
create function after_change(change text, query text, reason text, description text) returns setof text language plpgsql as $$
declare
    states text[];
begin
    perform partitioncache_clear();
    perform fill(query);
    perform rows_of(partitioncache_apply(query, 'city_id', method => 'literal'));
    execute change;
    begin
        -- Entries: aside, with the reason.
        select array_agg(distinct s.state || ': ' || coalesce(s.reason, '')) into states from pc_entry_state('partitioncache', 'city_id') s;
        return next ok((select bool_and(s like 'aside: ' || after_change.reason) from unnest(states) s), description || ': the entries are put aside');
        if not (select bool_and(s like 'aside: ' || after_change.reason) from unnest(states) s) then
            return next diag(states::text);
        end if;
        return query select is(rows_of(partitioncache_apply(query, 'city_id', method => m)), rows_of(query), format('%s: rows by %s', description, m))
        from unnest('{literal,subquery}'::text[]) m;
        perform fill(query);
        return next ok((partitioncache_explain(query, 'city_id', method => 'literal')).applied, description || ': evaluated again, they are used again');
        return next is(rows_of(partitioncache_apply(query, 'city_id', method => 'literal')), rows_of(query), description || ': rows then');
    exception when undefined_table or undefined_column or undefined_function or datatype_mismatch then
        return next fail(description || ': ' || sqlerrm);
    end;
end
$$;

create function firm(integer) returns boolean language sql immutable as 'select $1 = 1';
create function poly(anyelement) returns integer language sql immutable as 'select $1';
create operator === (function = int4eq, leftarg = integer, rightarg = integer);
create type mood as enum ('sad', 'fine');
create function mood_of(integer) returns mood language sql immutable as $$ select case when $1 % 2 = 0 then 'sad' else 'fine' end::public.mood $$;
create function mood_of_name(text) returns mood language sql immutable as $$ select case when $1 > 'poi 2' then 'sad' else 'fine' end::public.mood $$;
create function other_mood_of_name(text) returns mood language sql immutable as $$ select case when $1 > 'poi 2' then 'fine' else 'sad' end::public.mood $$;
create cast (integer as mood) with function mood_of(integer);
create table feeling (id integer primary key, city_id integer, mood mood);
insert into feeling select i, i % 30, case when i % 30 < 9 then 'sad' else 'fine' end::public.mood from generate_series(1, 90) i;
create table parent (id integer, city_id integer, kind integer);
create table child (extra integer) inherits (parent);
insert into parent select id, city_id, kind from poi where id < 100;
insert into child select id, city_id, kind from poi where id > 500;
create table parted (city_id integer, kind integer) partition by range (city_id);
create table parted_1 partition of parted for values from (0) to (10);
create table parted_2 (city_id integer, kind integer);
insert into parted select i % 10, i % 3 from generate_series(1, 100) i;
insert into parted_2 values (11, 1), (12, 1), (13, 2);

select * from after_change('alter table poi add column extra integer default 7', 'select * from poi where kind = 1', 'changed in its definition%poi', 'a column added');
select * from after_change('alter table poi drop column extra', 'select * from poi where kind = 1', 'changed in its definition%poi', 'a column dropped');
select * from after_change('alter table poi rename column area to size; alter table poi rename column opened to area', 'select id, area from poi where kind = 1', 'changed in its definition%poi', 'columns renamed');
select * from after_change('alter table poi rename column area to opened; alter table poi rename column size to area', 'select id, area from poi where kind = 1', 'changed in its definition%poi', 'columns renamed back');
select * from after_change('alter table poi alter kind type integer using 11 - kind', 'select id, kind from poi where kind = 1', 'changed in its definition%poi', 'a type changed USING');
select * from after_change('alter table poi alter kind type bigint', 'select id, kind from poi where kind = 1', 'changed in its definition%poi', 'another type');
select * from after_change('alter table poi alter kind type integer', 'select id, kind from poi where kind = 1', 'changed in its definition%poi', 'and back');
select * from after_change('alter table poi alter city_id type integer using 60 - city_id', 'select id, city_id from poi where kind = 1', 'changed in its definition%poi', 'the partition column rewritten');
select * from after_change('alter table poi rename to old_poi; create table poi as select id + 1 as id, city_id + 1 as city_id, kind from old_poi', 'select id, city_id from poi where kind = 1', 'changed in its definition%poi', 'a table renamed away and another in its place');
drop table poi;
alter table old_poi rename to poi;
create view poi_view as select id, city_id, kind from poi where area > 20;
create view poi_view_view as select * from poi_view;
create materialized view poi_matview as select id, city_id, kind from poi where area > 20;
select * from after_change('create table poi_2 as select * from street; drop table street cascade; alter table poi_2 rename to street; update street set city_id = city_id + 1', 'select id, city_id from street where length > 90', 'a table of it is gone%', 'dropped and created again');
select * from after_change('truncate street; insert into street select i, 3, 99, ''new'' from generate_series(1, 5) i', 'select id, city_id from street where length > 90', 'changed in its definition%street', 'TRUNCATE');
select * from after_change('cluster event using event_pkey', 'select id, city_id from event where visitors > 40', 'changed in its definition%event', 'CLUSTER');
select * from after_change('create or replace view poi_view as select id, city_id, kind + 1 as kind from poi where area > 20', 'select id from poi_view where kind = 1', 'changed in its definition%poi_view', 'CREATE OR REPLACE VIEW');
select * from after_change('create or replace view poi_view as select id, city_id, kind from poi where area < 20', 'select id from poi_view_view where kind = 1', 'changed in its definition%poi_view', 'CREATE OR REPLACE VIEW behind a view');
select * from after_change('alter table poi add column extra integer default 7', 'select id from poi_view_view where kind = 1', 'changed in its definition%poi', 'the table behind a view altered');
select * from after_change('update poi set kind = kind + 1; refresh materialized view poi_matview', 'select id from poi_matview where kind = 1', 'changed in its definition%', 'REFRESH MATERIALIZED VIEW');
select * from after_change('create or replace function firm(integer) returns boolean language sql immutable as ''select $1 = 2''', 'select id from poi where firm(kind)', 'something that it calls or is written with was changed since%', 'CREATE OR REPLACE FUNCTION');
select * from after_change('drop function firm(integer); create function firm(integer) returns boolean language sql immutable as ''select $1 = 3''', 'select id from poi where firm(kind)', 'something that it calls or is written with was changed since%', 'a function dropped and created again');
select * from after_change('create function poly(integer) returns integer language sql immutable as ''select $1 + 1''', 'select id from poi where poly(kind) = 4', 'something that it calls or is written with was changed since%', 'an overload that fits better');
select * from after_change('drop operator === (integer, integer); create operator === (function = int4lt, leftarg = integer, rightarg = integer)', 'select id from poi where kind === 2', 'something that it calls or is written with was changed since%', 'an operator created again with another function');
select * from after_change('drop cast (integer as mood); create function mood_of_2(integer) returns mood language sql immutable as $f$ select case when $1 % 3 = 0 then ''sad'' else ''fine'' end::public.mood $f$; create cast (integer as mood) with function mood_of_2(integer)', 'select id from poi where kind::mood = ''sad''', 'something that it calls or is written with was changed since%', 'a cast created again with another function');
select * from after_change('alter type mood rename value ''sad'' to ''x''; alter type mood rename value ''fine'' to ''sad''; alter type mood rename value ''x'' to ''fine''', 'select id from feeling where mood = ''sad''', 'something that it calls%', 'enum labels exchanged');
select * from after_change('alter type mood rename value ''sad'' to ''x''; alter type mood rename value ''fine'' to ''sad''; alter type mood rename value ''x'' to ''fine''', 'select id from poi where mood_of(kind) = ''sad''', 'something that it calls or is written with was changed since%', 'enum labels exchanged, where only a function gives that type');
select * from after_change('alter type mood add value ''sadder'' before ''sad''', 'select id from feeling where mood <= ''sad''', 'something that it calls%', 'an enum label added');
select * from after_change('insert into child select id + 1000, 77, 1 from poi; alter table child no inherit parent', 'select id from parent where kind = 1', 'changed in its definition%parent', 'a child taken away');
select * from after_change('alter table child inherit parent', 'select id, city_id from parent where kind = 1', 'changed in its definition%parent', 'a child added');
select * from after_change('alter table parted attach partition parted_2 for values from (10) to (20)', 'select * from parted where kind = 1', 'changed in its definition%parted', 'ATTACH PARTITION');
select * from after_change('alter table parted detach partition parted_1', 'select * from parted where kind = 1', 'changed in its definition%parted', 'DETACH PARTITION');
create schema live;
create schema staging;
create table live.shop as select i as id, i % 7 as city_id, i % 2 as kind from generate_series(1, 30) i;
create table staging.shop as select i as id, 50 + i % 7 as city_id, i % 2 as kind from generate_series(1, 30) i;
create function live.good(integer) returns boolean language sql immutable as 'select $1 = 1';
create function staging.good(integer) returns boolean language sql immutable as 'select $1 = 0';
select * from after_change('alter schema live rename to old; alter schema staging rename to live', 'select * from live.shop where kind = 1', 'changed in its definition%shop', 'one schema put in the place of another');
select * from after_change('alter schema live rename to staging; alter schema old rename to live', 'select id from poi where live.good(kind)', 'something that it calls or is written with was changed since%', 'one schema put in the place of another, a function');

-- VACUUM FULL cannot run in a function.
select partitioncache_clear() >= 0 as cleared;
select fill('select id from poi where kind = 5') is not null as filled;
select is((select array_agg(state || '') from pc_entry_state('partitioncache', 'city_id')), '{static}', 'static');
vacuum full poi;
select alike((select reason from pc_entry_state('partitioncache', 'city_id')), 'changed in its definition%poi', 'VACUUM FULL: aside');
select fill('select id from poi where kind = 5') is not null as filled;
vacuum poi;
analyze poi;
create index on poi (kind);
reindex table poi;
comment on table poi is 'places';
grant select on poi to public;
select is((select array_agg(state || '') from pc_entry_state('partitioncache', 'city_id')), '{static}', 'VACUUM, ANALYZE, an index, REINDEX, COMMENT, GRANT: as before');

-- Another cluster: its transactions are numbered otherwise.
update partitioncache_internal.partitioncache_cache_city_id set evaluation.cluster = 1;
select is((select array_agg(state || ': ' || reason) from pc_entry_state('partitioncache', 'city_id')), '{"aside: it was computed in another database cluster, whose transactions are numbered otherwise"}', 'another cluster: aside');
select is(partitioncache_get('city_id', (select hash from partitioncache_internal.partitioncache_cache_city_id), null::integer), null, 'get: as if it were not there');
select is((select hits from partitioncache_intersect('city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id), null::integer)), 0, 'intersect: no hit');
select is((select count(k) from partitioncache_lookup('city_id', array(select hash from partitioncache_internal.partitioncache_cache_city_id), 'public.poi', null::integer) k), (select count(distinct city_id) from poi), 'lookup: every key, which restricts nothing');
select * from restricted('select id from poi where kind = 5', '{poi.city_id}', 'evaluated here, it is used again');

-- What a role stores by hand is its assertion.
select partitioncache_set('city_id', 'mine', array[1, 2]);
alter table poi add column another integer;
select is((select state from pc_entry_state('partitioncache', 'city_id') where hash = 'mine'), 'asserted', 'stored by hand: an assertion, whatever happens');

-- Remembered analyses
select cmp_ok(fill('select * from poi where kind = 5'), '>', 0::bigint, 'evaluated once more');
select partitioncache_apply('select * from poi where kind = 5', 'city_id', method => 'literal') is not null as asked;
select count(*) as known from partitioncache_analysis \gset
alter table poi drop column another;
select partitioncache_apply('select * from poi where kind = 5', 'city_id', method => 'literal') is not null as asked;
select is((select count(*) from partitioncache_analysis), :known + 1::bigint, 'remembered anew after a change of the catalog');
select partitioncache_apply('select * from poi where kind = 5', 'city_id', method => 'literal') is not null as asked;
select is((select count(*) from partitioncache_analysis), :known + 1::bigint, 'and used from then on');
select cmp_ok(pc_forget_analyses(), '>', 0::bigint, 'what a newer one replaces can be forgotten');
select is((select count(*) from partitioncache_analysis), (select count(distinct digest) from partitioncache_analysis), 'each is then remembered once');
select is(pc_forget_analyses(1) >= 0, true, 'and the oldest past so many');
select is((select count(*) from partitioncache_analysis), 1::bigint, 'and the oldest past so many: one is left');

-- and decisions
select isnt(pc_forget_decisions(), null, 'what a newer one replaces can be forgotten');
select is((select count(*) from partitioncache_internal.partitioncache_decision), (select count(distinct digest) from partitioncache_internal.partitioncache_decision), 'each is then remembered once');
select is(pc_forget_decisions(1) >= 0, true, 'and the oldest past so many');
select is((select count(*) from partitioncache_internal.partitioncache_decision), 1::bigint, 'and the oldest past so many: one is left');
select partitioncache_internal.pc_revision('partitioncache', 'city_id') as revision \gset
select cmp_ok(partitioncache_internal.pc_sum_revisions(), '>', 0::bigint, 'revisions are summed up');
select is(partitioncache_internal.pc_revision('partitioncache', 'city_id'), :revision::bigint, 'and stay what they are');

select * from finish();
