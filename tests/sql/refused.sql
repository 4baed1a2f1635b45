-- What push refuses, and why; what apply leaves alone without an error.
\ir _core.sql
select no_plan();

select throws_ok(format('select partitioncache_push(%L, ''city_id'')', query), 'PC005', message, 'push: ' || query)
from (values ('', 'the query is empty'), (E' -- nothing\n ; /* at\nall */', 'the query is empty'),
    ('select 1; select 2', 'only a single query that reads can be cached'), ('delete from poi', 'only a single query that reads can be cached'), ('vacuum', 'only a single query that reads can be cached'),
    ('explain select * from poi', 'only a plain query can be cached, not EXPLAIN, SHOW and the like'), ('show work_mem', 'only a plain query can be cached, not EXPLAIN, SHOW and the like'),
    ('with gone as (delete from poi returning *) select * from gone', 'this query cannot be cached: WITH clause containing a data-modifying statement must be at the top level'),
    ('select ''postgres''::regrole, id from poi', 'this query cannot be cached: constant of the type regrole cannot be used here'),
    ('select * from poi where kind = $1', 'the query has parameters without values: there is no parameter $1'),
    ('select * from poi where kind = %s', 'the query seems to have parameters without values: syntax error at or near "%"'),
    ('select * from poi where kind = %(kind)s', 'the query seems to have parameters without values: syntax error at or near "%"'),
    ('select * from poi where kind = :kind', 'the query seems to have parameters without values: syntax error at or near ":"'),
    ('select * from poi where kind = ?', 'the query seems to have parameters without values: syntax error at end of input')) v(query, message);
select throws_ok('select partitioncache_push(''selec'', ''city_id'')', '42601', 'syntax error at or near "selec"', 'push: what PostgreSQL does not accept');
select ok(pc_is_empty(E'--\n;') and not pc_is_empty('select'), 'what is empty');

-- A function of one's own that fails while it is planned; texts that are long.
create function broken(integer) returns integer language plpgsql immutable as 'begin raise exception ''broken''; end';
select * from unchanged('select id from poi where kind = broken(1)', 'broken', 'a function that fails while PostgreSQL plans');
select * from unchanged(repeat('select 1 ', 120000), 'the text is too long (1080000 bytes) to be taken apart', 'a very long text');
select * from unchanged('select id from poi where kind in (' || repeat('1, ', 10000) || '1)', 'to take so long a text apart (30036 characters) would cost more than the query itself', 'a long text of a small query');
select * from unchanged('select id from poi where kind <> 1' || repeat(' and kind <> 2', 300), 'to take so many conditions apart would cost more than the query itself', 'many conditions of a small query');
select * from unchanged('select id from poi where kind in (' || repeat('1, ', 1000) || '1)', 'to take so long a list of constants apart would cost more than the query itself', 'a long list of a small query');
select is(pc_too_long('select 1', 0.01), null, 'what is not too long');
-- Nor is time lost with a text that is too large to be asked for.
\set branches 'select repeat(''select id from poi where kind = 3 union all '', 20) || ''select id from poi where kind = 3'''
select is((select reason from partitioncache_explain((:branches), 'city_id')), 'to ask for so large a query is expected to take 147 ms, more than 100 (apply_limit)', 'many branches');
select partitioncache_update_processor_config(apply_limit => 0);
select unalike((select reason from partitioncache_explain((:branches), 'city_id')), '%apply_limit%', 'no limit');
select partitioncache_update_processor_config(apply_limit => 100);

-- Rights: a rewrite never fails where the query itself runs.
create role refused_reader;
create role refused_without_temp;
select partitioncache_grant('refused_reader'), partitioncache_grant('refused_without_temp');
grant select (id, kind) on poi to refused_reader;
grant select on poi to refused_without_temp;
create view poi_ids as select id, kind, city_id from poi;
grant select (id, kind) on poi_ids to refused_reader;
select fill('select id from poi where kind = 3') > 0 and fill('select id from poi_ids where kind = 3') > 0 as filled;
create function tried(query text) returns setof text language plpgsql as $$
begin
    return query select is(rows_of((partitioncache_explain(query, 'city_id', method => m)).rewritten), rows_of(query), format('%s by %s: %s', current_user, m, query))
    from unnest('{auto,literal,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[]) m;
end
$$;
grant usage on schema tap to refused_reader, refused_without_temp;
grant execute on all functions in schema tap to refused_reader, refused_without_temp;
grant all on all tables in schema tap to refused_reader, refused_without_temp;
grant all on all sequences in schema tap to refused_reader, refused_without_temp;
grant temporary on database :DBNAME to refused_reader;
set role refused_reader;
select * from tried('select id from poi where kind = 3');
select * from tried('select id from poi_ids where kind = 3');
reset role;
revoke temporary on database :DBNAME from public;
set role refused_without_temp;
select * from tried('select id from poi where kind = 3');
reset role;
drop owned by refused_reader, refused_without_temp;
drop role refused_reader, refused_without_temp;

-- Foreign tables show each role what its user mapping shows.
create foreign data wrapper nothing;
create server nowhere foreign data wrapper nothing;
create foreign table remote (id integer, city_id integer, kind integer) server nowhere;
create view seen_remote as select * from remote;
create table in_parts (id integer, city_id integer, kind integer) partition by range (city_id);
create foreign table remote_part partition of in_parts for values from (0) to (10) server nowhere;
create table parent (id integer, city_id integer, kind integer);
create foreign table remote_child () inherits (parent) server nowhere;
select is(pc_refusal(array(select c.relation from pc_relation_closure(array[r::regclass]) c), '{}'), format('public.%s, a foreign table, may show each role other rows', f), 'foreign: ' || r)
from (values ('remote', 'remote'), ('seen_remote', 'remote'), ('in_parts', 'remote_part'), ('parent', 'remote_child')) v(r, f);

-- A table without its children goes through the queues as any other.
select partitioncache_push('select id from only poi where kind = 6', 'city_id') > 0 as pushed;
select partitioncache_process_queue(max_seconds => 60) > 0 as processed;
select ok(applied, 'FROM ONLY: ' || coalesce(reason, '')) from partitioncache_explain('select id from only poi where kind = 6', 'city_id', method => 'literal');

-- REPEATABLE READ: what was found out is remembered once and used again.
select fill('select id from poi where kind = 4') > 0 as filled;
set default_transaction_isolation = 'repeatable read';
select partitioncache_apply('select id from poi where kind = 4', 'city_id') is not null as once;
select count(*) as remembered from partitioncache_internal.partitioncache_analysis \gset
select partitioncache_apply('select id from poi where kind = 4', 'city_id') is not null as twice;
select is((select count(*) from partitioncache_internal.partitioncache_analysis a), :remembered::bigint, 'remembered once');
select is(rows_of(partitioncache_apply('select id from poi where kind = 4', 'city_id', method => 'literal')), rows_of('select id from poi where kind = 4'), 'and right');
reset default_transaction_isolation;

select * from finish();
