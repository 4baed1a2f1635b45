-- Any text, any session: what PostgreSQL reads is what is rewritten, and never anything else.
\ir _core.sql
select no_plan();

-- Quoting, literals, comments
select * from restricted($q$select id, 'SELECT x FROM y WHERE city_id = 1; -- /* ' as "a""b from where", E'\n  \n          x' as n from poi p where name <> '; drop table poi; --' and name <> E'line\n          break' and kind = 1 /* c */ -- d$q$, '{p.city_id}', 'literals with SQL, comments and line breaks');
select is(conjuncts_cached($q$select id from poi where name <> '; drop table poi; --'$q$), array['(t1.name <> ''; drop table poi; --''::text)'], 'a literal with SQL in it stays a literal');
select is(conjuncts_cached($q$select id from poi where name = 't1.city_id = 3) OR (true' or name = $$a $1 'b$$$q$), array['((t1.name = ''t1.city_id = 3) OR (true''::text) OR (t1.name = ''a $1 ''''b''::text))'], 'brackets, OR and quotes in literals');
select * from restricted($q$select id from poi p where name <> 'it''s ( [ " city_id' and kind = 1$q$, '{p.city_id}', 'brackets and quotes in a literal');
select * from restricted(E'select id\nfrom\tpoi -- comment with '' and (\nwhere /* nested /* comment */ ) */ kind = 1;;\n ; ', '{poi.city_id}', 'comments, white space, semicolons at the end');
select * from restricted('select "Select".id, "Select"."from" from (select id, city_id, kind as "from" from poi where kind = 1) "Select" where "Select"."from" = 1', '{poi.city_id}', 'keywords as names');
create schema "Odd ""Schema""";
create table "Odd ""Schema"""."Table (1), poi p" ("city_id" integer, "WHERE" integer, "a.b" text, "x AND y" boolean, "t1" integer);
insert into "Odd ""Schema"""."Table (1), poi p" select i % 13, i % 3, 'v' || i, i % 2 = 0, i % 5 from generate_series(1, 60) i;
select * from restricted('select * from "Odd ""Schema"""."Table (1), poi p" where "WHERE" = 1 and "a.b" > ''v1'' and "x AND y" and t1 = 2', array['"Table (1), poi p".city_id'], 'quoted names of every kind');
select * from restricted('select * from "Odd ""Schema"""."Table (1), poi p" t1 join "Odd ""Schema"""."Table (1), poi p" t2 on t2.city_id = t1.city_id where t1.t1 = 1 and t2.t1 = 2', '{t1.city_id,t2.city_id}', 'tables and columns called as the generated names');
create function firm(integer) returns boolean language sql immutable as 'select $1 = 1';
create type mood as enum ('sad', 'fine');
alter table poi add mood mood default 'fine';
select is(conjuncts_cached('select id from poi as public where public.firm(public.kind) and public.mood = ''sad'''), '{"(t1.mood = ''sad''::public.mood)",public.firm(t1.kind)}'::text[], 'a table called as a schema');
select * from restricted('select id from poi as public where public.firm(public.kind)', '{public.city_id}', 'a table called as a schema');
select * from restricted('select p.*, p from poi p where p is not null and kind = 1', '{p.city_id}', 'whole rows');
select is(rows_of('select count(*) from (' || partitioncache_apply('select id, id, kind as id from poi p where kind = 1', 'city_id', method => 'literal') || ') x'), rows_of('select count(*) from poi where kind = 1'), 'the same column name several times');
select * from restricted(format('select id from poi where kind in (%s)', (select string_agg(i::text, ',') from generate_series(1, 400) i)), '{poi.city_id}', 'a long list');
select * from restricted('select id as "ünïcödé" from poi where name <> ''日本''', '{poi.city_id}', 'letters of other alphabets');

-- What is no single query that reads
select * from unchanged('', 'the query is empty', 'nothing');
select * from unchanged(' ; ', 'the query is empty', 'a semicolon');
select * from unchanged('-- nothing', 'the query is empty', 'a comment');
select * from unchanged('select id from poi where kind = 1; select 1', 'only a single query that reads can be cached%', 'two statements');
select * from unchanged('delete from poi where kind = 1', 'only a single query that reads can be cached%', 'DELETE');
select * from unchanged('insert into kind values (99) returning kind', '%', 'INSERT … RETURNING');
select * from unchanged('with gone as (delete from poi where kind = 1 returning *) select * from gone', '%data-modifying%', 'a CTE that deletes');
select * from unchanged('create table made as select * from poi', 'only a single query that reads can be cached%', 'CREATE TABLE AS');
select * from unchanged('select * into made from poi where kind = 1', 'only a single query that reads can be cached%', 'SELECT INTO');
select * from unchanged('explain select * from poi where kind = 1', 'only a plain query can be restricted%', 'EXPLAIN');
select * from unchanged('show work_mem', 'only a plain query can be restricted%', 'SHOW');
select * from unchanged('select id from poi where kind = $1', 'its parameters have no values: pass them with params%', 'a parameter');
select * from unchanged('selec', 'syntax error at or near "selec"', 'a syntax error');
select * from unchanged('select * from nowhere', 'relation "nowhere" does not exist', 'a table that is not there');
select * from unchanged('select nothing from poi', 'column "nothing" does not exist', 'a column that is not there');
select * from unchanged('select 1) q, (select 2', 'syntax error%', 'brackets that close what they did not open');
select * from unchanged(') partitioncache_query; drop table poi; --', 'syntax error%', 'brackets that close what they did not open, and more');
select * from unchanged(null, 'the query is null', 'null');
select * from unchanged('values (1, 2)', 'no table that surely takes part%', 'VALUES');
select * from unchanged('select 1', 'no table that surely takes part%', 'no table');
select * from unchanged('table poi', 'no condition on the tables that have the column "city_id" could be cached', 'no condition');
select * from unchanged('select relname from pg_class where relname = ''poi''', 'no table that surely takes part%', 'a system catalog');
select * from unchanged('select table_name from information_schema.tables where table_name = ''poi''', 'no table that surely takes part%', 'the information schema');
select is((partitioncache_explain('select 1', 'nothing')).reason, 'partition key "nothing" is not registered in cache "partitioncache"', 'a partition key that is not registered');
select is(partitioncache_apply('select 1', 'nothing'), 'select 1', 'a partition key that is not registered: the query comes back');
select is((partitioncache_explain('select 1', null)).rewritten, 'select 1', 'a null partition key: the query comes back');
select is(rows_of('select count(*) from poi'), '{(600)}', 'nothing of all this has been run');
select hasnt_table('made', 'nor that');

-- A statement of PostgreSQL's own: push and fragments raise its error.
select throws_ok('select partitioncache_fragments(''selec'', ''city_id'')', '42601', 'syntax error at or near "selec"', 'fragments: PostgreSQL''s own error');
select throws_ok('select partitioncache_fragments(''select 1; select 2'', ''city_id'')', 'PC005', 'only a single query that reads can be cached', 'fragments: several statements');
select throws_ok('select partitioncache_fragments(null, ''city_id'')', 'PC001', 'the query is null', 'fragments: null');
select throws_ok('select partitioncache_fragments(''select 1'', ''nothing'')', 'PC002', 'partition key "nothing" is not registered in cache "partitioncache"', 'fragments: not registered');
select throws_ok('select partitioncache_apply(''select 1'', ''city_id'', method => ''magic'')', 'PC001', '"magic" is no method', 'a method that is none');
select throws_ok('select partitioncache_explain(''select 1'', ''city_id'', method => null)', 'PC001', null, 'a null method');

-- Temporary tables
create temp table mine as select * from poi;
select * from unchanged('select * from mine where kind = 1', 'no table that surely takes part%', 'a temporary table');
select * from restricted('select p.id from poi p, mine m where p.city_id = m.city_id and p.kind = 1 and m.kind = 2', '{p.city_id}', 'a temporary table beside another');

-- The search path is the caller's, and a remembered analysis lives as long as its names mean the same.
create schema before_public;
set search_path = before_public, public, tap;
select * from restricted('select id from poi where kind = 1', '{poi.city_id}', 'before anything shadows it');
create table before_public.poi as select * from public.poi where id < 100 and kind in (1, 2);
select * from restricted('select id from poi where kind = 1', '{poi.city_id}', 'a table that shadows another');
select matches(partitioncache_apply('select id from poi where kind = 1', 'city_id', method => 'literal'), 'before_public\.poi', 'a table that shadows another is the one that is read');
drop table before_public.poi;
select * from restricted('select id from poi where kind = 1', '{poi.city_id}', 'and no more');
create view before_public.poi as select id, city_id, 1 as kind from public.poi where id < 50;
select * from restricted('select id from poi where kind = 1', '{poi.city_id}', 'a view that shadows a table');
drop view before_public.poi;
create temp table poi as select * from public.poi where id < 50;
select * from unchanged('select id from poi where kind = 1', 'no table that surely takes part%', 'a temporary table that shadows a table');
drop table pg_temp.poi;
select fill('select count(*) from poi, street where length > 95') is not null as filled;
select * from restricted('select count(*) from poi, street where length > 95', '{street.city_id}', 'before a sequence shadows it');
create sequence before_public.poi;
select is(rows_of(partitioncache_apply('select count(*) from poi, street where length > 95', 'city_id', method => 'literal')), rows_of('select count(*) from poi, street where length > 95'), 'a sequence that shadows a table');
drop sequence before_public.poi;
create function before_public.firm(integer) returns boolean language sql immutable as 'select $1 = 2';
select * from restricted('select id from poi where firm(kind)', '{poi.city_id}', 'a function that shadows another');
select is(conjuncts_cached('select id from poi where firm(kind)'), '{before_public.firm(t1.kind)}'::text[], 'it is the one that is called');
create function before_public.firm(bigint) returns boolean language sql immutable as 'select $1 = 3';
drop function before_public.firm(integer);
select * from restricted('select id from poi where firm(kind)', '{poi.city_id}', 'another overload');
create function before_public.equals_three(integer, integer) returns boolean language sql immutable as 'select $2 = 3';
create operator before_public.=~= (function = before_public.equals_three, leftarg = integer, rightarg = integer);
select * from restricted('select id from poi where kind =~= 3', '{poi.city_id}', 'an operator in the search path');
reset search_path;

-- Operators that stand before PostgreSQL's own
create schema shadow;
create operator shadow.> (function = int4lt, leftarg = integer, rightarg = integer);
set search_path = shadow, pg_catalog, public, tap;
select * from restricted('select id from poi where kind > 10', '{poi.city_id}', 'an operator that shadows PostgreSQL''s own');
select is(conjuncts_cached('select id from poi where kind > 10'), array['(t1.kind OPERATOR(shadow.>) 10)'], 'it is the one that is called');
select * from restricted('select id from poi where area > 190', '{poi.city_id}', 'it does not touch other types');
reset search_path;
select fill('select id from poi where kind > 10') is not null as filled;
create operator shadow.= (function = int4lt, leftarg = integer, rightarg = integer);
set search_path = shadow, pg_catalog, public, tap;
select ok(not (e).applied and (e).reason ~ 'would mean something else', 'an operator = that shadows PostgreSQL''s own, with which restrictions are written: unchanged')
from (select partitioncache_explain('select id from poi where area > 190', 'city_id', method => 'literal') e) x;
reset search_path;
create function never(varchar, text) returns boolean language sql immutable as 'select false';
create operator public.= (function = never, leftarg = varchar, rightarg = text);
select ok(not (e).applied and (e).reason ~ 'would mean something else', 'an operator = that fits varchar better than PostgreSQL''s own')
from (select partitioncache_explain('select id from poi where kind = 1', 'city_id', method => 'literal') e) x;
drop operator public.= (varchar, text);
create schema better;
create function better.unnest(integer[]) returns setof integer language sql as 'select 1 where false';
set search_path = public, tap, better;
select * from restricted('select p.id, s.id from poi p join street s on p.city_id = s.city_id where p.kind = 1 and s.length > 90', '{p.city_id,s.city_id}', 'a function that fits better than PostgreSQL''s own');
reset search_path;
create temp table date (x integer);
select ok(not (e).applied and (e).reason ~ 'would mean something else', 'a type that shadows PostgreSQL''s own')
from (select partitioncache_explain('select id from poi where kind = 1', 'city_id', method => 'literal') e) x;
drop table pg_temp.date;

-- Settings that change what a text means
set standard_conforming_strings = off;
set escape_string_warning = off;
select is((partitioncache_explain(E'select id from poi where kind = 1 and name <> \'a\\\\b\'', 'city_id', method => 'literal')).reason, 'under the settings of this session the rewritten text would mean something else', 'a backslash in a literal, by the old rules: unchanged');
select * from restricted('select id from poi where kind = 1 and name <> ''b''', '{poi.city_id}', 'no backslash, by the old rules');
reset standard_conforming_strings;
set datestyle = 'SQL, DMY';
select * from restricted('select id from poi where opened = ''02/03/2024''', '{poi.city_id}', 'day, month, year');
select is(conjuncts_cached('select id from poi where opened = ''02/03/2024'''), array['(t1.opened = ''2024-03-02''::date)'], 'day, month, year: the second of March');
set datestyle = 'SQL, MDY';
select * from restricted('select id from poi where opened = ''02/03/2024''', '{poi.city_id}', 'month, day, year');
select is(conjuncts_cached('select id from poi where opened = ''02/03/2024'''), array['(t1.opened = ''2024-02-03''::date)'], 'month, day, year: the third of February');
reset datestyle;
set timezone = 'Asia/Kolkata';
select * from restricted('select id from event where happened < ''2024-03-20 00:00''', '{event.city_id}', 'a time zone');
select is(conjuncts_cached('select id from event where happened < ''2024-03-20 00:00'''), array['(t1.happened < ''2024-03-19 18:30:00+00''::timestamp with time zone)'], 'a time zone: as a moment');
set timezone = 'America/Lima';
select * from restricted('select id from event where happened < ''2024-03-20 00:00''', '{event.city_id}', 'another time zone');
reset timezone;
set intervalstyle = 'sql_standard';
select is(conjuncts_cached('select id from poi where opened - interval ''-1 2:03:04'' > date ''2024-03-01'''), array['((t1.opened - ''-1 days -02:03:04''::interval) > ''2024-03-01''::date)'], 'an interval by SQL''s rules');
reset intervalstyle;
set transform_null_equals = on;
select is(conjuncts_cached('select id from poi where kind = null'), array['(t1.kind IS NULL)'], '= NULL as IS NULL');
reset transform_null_equals;
select array(select fragment from partitioncache_fragments('select p.id from poi p join street s on s.city_id = p.city_id and s.length > p.area where p.kind = 1', 'city_id')) as fragments \gset
set quote_all_identifiers = on;
select is(array(select fragment from partitioncache_fragments('select p.id from poi p join street s on s.city_id = p.city_id and s.length > p.area where p.kind = 1', 'city_id')), :'fragments', 'all names quoted: the same fragments');
select is(conjuncts_cached('select id from poi where kind = 1'), array['(t1.kind = 1)'], 'all names quoted: the same fragment');
select * from restricted('select id from poi where kind = 1', '{poi.city_id}', 'all names quoted');
reset quote_all_identifiers;

-- Words that PostgreSQL turns into a date when it reads them are true today only.
delete from partitioncache_analysis;
select partitioncache_apply(q, 'city_id') is not null as asked
from unnest(array['select id from poi where kind = 1', 'select id from poi where kind = 1 and opened < ''today''', 'select id from poi where kind = 1 and opened < date ''Tomorrow''', 'select id from poi where kind = 1 and opened < ''now''::timestamp',
                  'select id from poi where kind = 1 and opened < E''to\x64ay''', 'select id from poi where kind = 1 and opened < u&''\0074oday''', 'select id from poi where kind = 1 and opened = any (''{yesterday}''::date[])',
                  'select id from poi where kind = 1 and opened <@ ''[today,tomorrow]''::daterange', 'select id from poi where kind = 1 and ''12:00''::timetz > ''11:00''::timetz']) q;
select is((select count(*) from partitioncache_analysis), 1::bigint, 'today, tomorrow, now in any disguise: not remembered');
select * from restricted('select id from poi where kind = 1 and opened < ''today''', '{poi.city_id}', 'today: restricted all the same');
select partitioncache_apply('select id from poi where kind = 1 and opened < ''2024-05-05'' and opened < now() - interval ''1 day''', 'city_id') is not null as asked;
select partitioncache_apply('select id from poi where kind = 1 and opened < ''2024-05-06''', 'city_id') is not null as asked;
select is((select count(*) from partitioncache_analysis where canonical ~ 'opened < %2[$]s'), 1::bigint, 'a date: remembered');

-- Read-only transactions
select partitioncache_apply('select id from poi where kind = 4', 'city_id') is not null as asked;
select fill('select id from poi where kind = 4') is not null as filled;
begin read only;
select is(columns_restricted(partitioncache_apply('select id from poi where kind = 4', 'city_id', method => 'literal')), '{poi.city_id}'::text[], 'read-only: a known query is restricted');
select is(rows_of(partitioncache_apply('select id from poi where kind = 4', 'city_id', method => 'subquery')), rows_of('select id from poi where kind = 4'), 'read-only: and runs');
select is((partitioncache_explain('select id from poi where kind = 4 and 1 = 1', 'city_id')).reason, 'the query is not known yet, and in a read-only transaction it cannot be analysed', 'read-only: an unknown one comes back');
select is(partitioncache_apply('select id from poi where kind = 4', 'city_id', method => 'TMP_TABLE_IN'), 'select id from poi where kind = 4', 'read-only: no temporary table can be made, so the query comes back');
commit;
begin isolation level repeatable read;
select is(rows_of(partitioncache_apply('select id from poi where kind = 4', 'city_id', method => 'literal')), rows_of('select id from poi where kind = 4'), 'repeatable read');
commit;
begin isolation level serializable;
select is(rows_of(partitioncache_apply('select id from poi where kind = 4', 'city_id', method => 'subquery')), rows_of('select id from poi where kind = 4'), 'serializable');
commit;

-- Cursors
begin;
select partitioncache_open('c', 'select id from poi where kind = 4 order by id', 'city_id') as opened;
select results_eq('fetch all from c', 'select id from poi where kind = 4 order by id', 'open: the rows of the query');
commit;
begin;
select partitioncache_open('c', 'select id from mine where kind = 4 order by id', 'city_id') as opened;
select results_eq('fetch all from c', 'select id from mine where kind = 4 order by id', 'open: also where nothing is restricted');
rollback;
select throws_ok('select partitioncache_open(''c'', ''select * from nowhere'', ''city_id'')', '42P01', null, 'open: PostgreSQL''s own error');
select throws_ok('select partitioncache_open(''c'', ''select 1'', ''city_id'', method => ''magic'')', 'PC001', null, 'open: a method that is none');

select * from finish();
