-- What PostgreSQL says of a query, and how its canonical text is split.
\ir _core.sql
select no_plan();

-- Session
select is(pc_session('a, b') ->> 'search_path', 'a, b', 'the search path is passed');
select ok(pc_session('a') ?& array['DateStyle', 'IntervalStyle', 'TimeZone', 'timezone_abbreviations', 'standard_conforming_strings', 'transform_null_equals'], 'the settings on which a text depends');
begin;
select pc_enter_session(pc_session('x') || '{"DateStyle": "SQL, DMY", "TimeZone": "Asia/Kolkata"}') is null as entered;
select is(current_setting('DateStyle'), 'SQL, DMY', 'entering a session takes on its settings');
select isnt(current_setting('search_path'), 'x', 'but not its search path, which would end with the function');
select pc_enter_canonical() is null as entered;
select is(row(current_setting('DateStyle'), current_setting('TimeZone'), current_setting('extra_float_digits'))::text, '("ISO, YMD",UTC,3)', 'the canonical settings');
rollback;

-- Shadows
create schema shadow;
select ok(not pc_is_shadowed(current_schemas(true)), 'nothing is shadowed');
select ok(not pc_is_shadowed('{shadow,pg_catalog,public}'), 'an empty schema shadows nothing');
create operator shadow.< (function = int4gt, leftarg = integer, rightarg = integer);
select ok(not pc_is_shadowed('{shadow,pg_catalog,public}'), 'other operators are seen in the text itself');
create operator shadow.= (function = int4gt, leftarg = integer, rightarg = integer);
select ok(pc_is_shadowed('{shadow,pg_catalog,public}'), 'an operator =');
select ok(not pc_is_shadowed('{pg_catalog,shadow,public}'), 'behind PostgreSQL''s own it does no harm');
drop operator shadow.= (integer, integer);
create domain shadow.uuid as text;
select ok(pc_is_shadowed('{shadow,pg_catalog}'), 'a type of keys');

-- Temporary functions
select pc_begin_temporary() is null as begun;
select isnt(pg_my_temp_schema(), 0::oid, 'the session has a schema of temporary tables');

-- Tokens
select results_eq($$ select token from pc_tokens('SELECT p."a""b", ''it''''s (''::text, -1.5e10, B''01'', x::character varying(3) FROM "S (".t1 p WHERE (p.a <@> ARRAY[1, 2])') $$,
    array['SELECT', 'p', '.', '"a""b"', ',', '''it''''s (''', '::', 'text', ',', '-', '1.5e10', ',', 'B''01''', ',', 'x', '::', 'character', 'varying', '(', '3', ')', 'FROM', '"S ("', '.', 't1', 'p', 'WHERE', '(', 'p', '.', 'a', '<@>', 'ARRAY[1, 2]', ')'], 'tokens');
select results_eq($$ select token from pc_tokens('ARRAY[''a'', ''b''::public.mood, 1::double precision, ''2''::"A b"] ARRAY[1, t.x]') $$, array['ARRAY[''a'', ''b''::public.mood, 1::double precision, ''2''::"A b"]', 'ARRAY', '[', '1', ',', 't', '.', 'x', ']'], 'a list of constants is one token');
select results_eq($$ select n, closes from pc_tokens('(a[1] (b) c)') where closes is not null order by n $$, $$ values (1, 10), (3, 5), (6, 8) $$, 'which bracket closes which');
select is((select array_agg(ends order by n) from pc_tokens('ab  ''x y'' c')), '{2,9,11}'::integer[], 'where each ends');
select is((select array_agg(spaced order by n) from pc_tokens('ab c.d')), '{f,t,f,f}'::boolean[], 'where white space comes before');
select is((select string_agg(case when spaced then ' ' else '' end || token, '' order by n) from pc_tokens(q)), q, 'nothing is lost: ' || q)
from unnest(array['SELECT a', 'SELECT ''ä ö'' || "ü"', 'SELECT $1', 'SELECT (1)::numeric(10,2)', 'SELECT x ~ ''\d''', 'SELECT a ->> b', 'SELECT a[1:2]']) q;

-- Parsing
create function canonical(query text) returns text language sql as $$ select (pc_parse(query, pc_session(current_setting('search_path')))).canonical $$;
create function squeezed(query text) returns text language sql as $$ select regexp_replace(canonical(query), '\s+', ' ', 'g') $$;
select is(squeezed('select id from poi where kind in (1,2) and name ilike ''A%'' and opened between ''2024-01-01'' and date ''2024-02-01'''),
    'SELECT poi.id FROM public.poi WHERE ((poi.kind = ANY (ARRAY[1, 2])) AND (poi.name ~~* ''A%''::text) AND ((poi.opened >= ''2024-01-01''::date) AND (poi.opened <= ''2024-02-01''::date)))', 'canonical text');
select is(squeezed('select * from kind order by 1 limit 3;'), 'SELECT kind.kind, kind.label FROM public.kind ORDER BY kind.kind LIMIT 3', 'the star is written out');
select is(squeezed('select p.id from poi p where exists (select from poi p where p.id = 1)'), 'SELECT p.id FROM public.poi p WHERE (EXISTS ( SELECT FROM public.poi p_1 WHERE (p_1.id = 1)))', 'inner names are made different');
select is(canonical(canonical(q)), canonical(q), 'canonical of canonical: ' || q)
from unnest(array['select * from poi natural join event', 'select 1', 'with a as (select 1 as x) select * from a', 'select ''a\b'', E''\n''', 'select id, count(*) over w from poi window w as (order by id)', 'values (1), (2)']) q;
select matches(canonical(E'select ''a\n          b'''), E'a\n          b', 'line breaks and spaces in literals stay');
select set_eq($$ select unnest((pc_parse('select p.id from poi p, poi q, street', pc_session('public'))).relations)::regclass::text $$, '{poi,street}'::text[], 'the relations it names');
select ok(array['upper(text)'::regprocedure, 'int4eq'::regproc, 'min(integer)'::regprocedure, 'texteq'::regproc]::oid[] <@ (pc_parse('select min(id) from poi where upper(name) = ''A'' and kind = 1 group by name', pc_session('public'))).functions, 'the functions: called, behind operators, aggregates');
select ok('int4lt'::regproc::oid = any ((pc_parse('select id from poi order by kind', pc_session('public'))).functions), 'the functions by which it sorts');
select ok('texteq'::regproc::oid = any ((pc_parse('select distinct name from poi', pc_session('public'))).functions), 'and tells different rows');
create type mood as enum ('sad');
select is((pc_parse('select ''sad''::mood', pc_session('public'))).types, array['mood'::regtype::oid], 'types of one''s own');
select is((pc_parse(q, pc_session('public'))).odd_nodes, odd, 'surely immutable: ' || q)
from (values ('select kind + 1 from poi where coalesce(kind, 2) = 3', false), ('select current_date', true), ('select kind::text from poi', true), ('select kind::text::integer from poi', true),
    ('select case when kind = 1 then 2 end from poi', false), ('select 3::money', true), ('select array[1, 2] && array[kind] from poi', false), ('select current_user', true), ('select greatest(1, kind) from poi', false), ('select (select 1)', false), ('select 1::numeric(3, 1)', false)) v(q, odd);
\ir _build.sql
\if :xml
select ok((pc_parse('select xmlelement(name x)', pc_session('public'))).odd_nodes, 'surely immutable: no XML');
\endif
select is((pc_parse(q, pc_session('public'))).holds_date, dated, 'a constant of date or time: ' || q)
from (values ('select 1', false), ('select date ''2024-01-01''', true), ('select ''[2024-01-01,)''::daterange', true), ('select ''{12:00}''::time[]', true), ('select interval ''1 day''', false), ('select now()', false), ('select ''sad''::mood', true), ('select opened from poi', false)) v(q, dated);
select throws_ok(format('select pc_parse(%L, pc_session(''public''))', q), code, message, 'refused: ' || q)
from (values ('selec', '42601', 'syntax error at or near "selec"'), ('select 1; select 2', 'PC005', 'only a single query that reads can be cached: cannot open multi-query plan as cursor'), ('delete from poi', 'PC005', 'only a single query that reads can be cached: cannot open DELETE query as cursor'),
    ('explain select 1', 'PC005', 'only a plain query can be restricted, not EXPLAIN, SHOW and the like'), ('select * from nowhere', '42P01', 'relation "nowhere" does not exist')) v(q, code, message);
select is(pc_stored_text(), null, 'nothing stays behind');
begin;
do $$ begin execute pc_storing_statement('select id from poi'); end $$;
select matches(pc_stored_text(), 'poi.id', 'what is stored, as text');
select matches(pc_stored_tree(), ':relid ' || 'poi'::regclass::oid, 'what is stored, as a tree');
rollback;
select is(pc_stored_tree(), null, 'stored until it is rolled back');
select matches((pc_reparse('select 1 as a')).written, 'SELECT 1 AS a\) ', 'what PostgreSQL makes of a text under the settings in force');
select is(pc_inner_query(E'BEGIN ATOMIC\n SELECT 1\n    FROM ( SELECT 2 AS x) partitioncache_query;\nEND'), 'SELECT 2 AS x', 'the query inside');
select is((pc_parse(E'select ''a'' as "x\ny"', pc_session('public'))).canonical, E'SELECT ''a''::text AS "x\ny"', 'a name with a line break');

-- Blocks
create function blocks(query text) returns text[] language sql as $$
    with t as materialized (select * from pc_tokens(canonical(query))),
         a as materialized (select array_agg(token order by n) as tokens, array_agg(closes order by n) as closes from t)
    select array_agg(concat_ws(' | ', array_to_string(a.tokens[b.from_starts:b.from_ends], ' '), array_to_string(a.tokens[b.where_starts:b.where_ends], ' ')) order by b.block)
    from a, pc_query_blocks(a.tokens, a.closes) b
$$;
select is(blocks('select 1 from kind'), array['public . kind'], 'a block');
select is(blocks('select extract(year from opened), substring(name from 2) is distinct from ''x'', count(*) filter (where id > 3) from poi where kind = 1 group by 1, 2 having count(*) > 1 order by 1 limit 1 offset 2'), array['public . poi | ( poi . kind = 1 )'], 'other words FROM and WHERE');
select is(blocks('select 1'), null, 'none without FROM');
select set_eq($$ select unnest(blocks('(select 1 from kind k union all (select 2 from street order by 1 limit 1)) except select 3 from poi where id = 1')) $$, array['public . kind k', 'public . street', 'public . poi | ( poi . id = 1 )'], 'set operations');
select set_eq($$ select unnest(blocks('with a(x) as (select id from poi), b as not materialized (with c as (select id from street) select * from c), d as (values (1)) select * from a, b, d, (select id from event where id = 2) e')) $$,
    array['a , b , d , ( SELECT event . id FROM public . event WHERE ( event . id = 2 ) ) e', 'public . poi', 'c', 'public . street', 'public . event | ( event . id = 2 )'], 'CTEs and sub-selects in FROM');
select is(blocks('select (select 1 from street limit 1) from poi where exists (select from event)'), array['public . poi | ( EXISTS ( SELECT FROM public . event ) )'], 'sub-selects in expressions are no blocks');
select set_eq($$ select unnest(blocks('with recursive r(id) as (select id from poi where kind = 1 union all select p.id from r join poi p on p.id = r.id + 1 where p.kind = 2) search breadth first by id set o cycle id set c using p select * from r')) $$,
    array['r', 'public . poi | ( poi . kind = 1 )', '( r r_1 JOIN public . poi p ON ( ( p . id = ( r_1 . id + 1 ) ) ) ) | ( p . kind = 2 )'], 'WITH RECURSIVE');

-- What stands in FROM
create function from_items(query text) returns text[] language sql as $$
    with t as materialized (select * from pc_tokens(canonical(query))),
         a as materialized (select array_agg(token order by n) as tokens, array_agg(closes order by n) as closes from t),
         b as (select a.*, b.* from a, pc_query_blocks(a.tokens, a.closes) b where b.block = 1)
    select array_agg(concat_ws(' ', i.kind, i.alias, i.relation, case when i.nullable then 'nullable' end) order by i.kind = 'on', i.kind = 'using', i.starts)
    from b, pc_from_items(b.tokens, b.closes, b.from_starts, b.from_ends) i
$$;
select is(from_items('select 1 from poi p, only street, "public"."event" as "E x"'), array['table p public.poi', 'table street ONLY public.street', 'table "E x" public.event'], 'tables');
select is(from_items('select 1 from poi p join street s on p.id = s.id cross join event e'), array['table p public.poi', 'table s public.street', 'table e public.event', 'on'], 'inner joins');
select is(from_items('select 1 from poi p left join street s on p.id = s.id'), array['table p public.poi', 'table s public.street nullable', 'on nullable'], 'LEFT JOIN');
select is(from_items('select 1 from poi p right join street s on p.id = s.id'), array['table p public.poi nullable', 'table s public.street', 'on nullable'], 'RIGHT JOIN');
select is(from_items('select 1 from poi p full join street s using (id)'), array['table p public.poi nullable', 'table s public.street nullable', 'using nullable'], 'FULL JOIN');
select is(from_items('select 1 from poi p left join (street s join event e on e.id = s.id) on p.id = s.id'), array['table p public.poi', 'table s public.street nullable', 'table e public.event nullable', 'on nullable', 'on nullable'], 'a join on the nullable side');
select is(from_items('select 1 from (select 1 as id) x, lateral (select 2 as id) y, generate_series(1, 2) g, poi tablesample system (5), poi as r(a, b), (values (1)) v, (poi p cross join street s) as j'),
    array['query', 'query', 'opaque', 'opaque', 'opaque', 'query', 'opaque'], 'queries, and what is opaque');
\if :xml
select is(from_items('select 1 from xmltable(''/a'' passing ''<a/>'' columns b text) xt'), array['opaque'], 'XMLTABLE is opaque');
\endif
select is((select row(alias, relation)::text from pc_plain_table(array['ONLY', 'public', '.', 'poi', 'p'])), '(p,"ONLY public.poi")', 'a plain table');
select is((select row(alias, relation)::text from pc_plain_table(item)), '(,)', 'no plain table: ' || item::text) from (values ('{poi}'::text[]), ('{public,.,f,(,),p}'), ('{public,.,poi,p,(,a,)}')) v(item);

-- Conditions
create function conjuncts_of(query text) returns text[] language sql as $$
    with t as materialized (select * from pc_tokens(canonical(query))),
         a as materialized (select array_agg(token order by n) as tokens, array_agg(spaced order by n) as spaced, array_agg(closes order by n) as closes from t),
         b as (select a.tokens, a.spaced, a.closes, b::pc_block as block from a, pc_query_blocks(a.tokens, a.closes) b where b.block = 1)
    select array_agg(translate(c.template, E'\x01\x02', '<>') || case when c.resolved then '' else ' ?' end || case when c.holds_query then ' q' else '' end order by c.template collate "C")
    from b, pc_block_conjuncts(b.tokens, b.spaced, b.closes, b.block, array(select i.alias from pc_from_items(b.tokens, b.closes, (b.block).from_starts, (b.block).from_ends) i where i.kind = 'table' and not i.nullable order by i.starts)) c
$$;
select is(conjuncts_of('select 1 from poi p, street s where p.id = s.id and (p.kind = 1 and (s.id > 2 and s.length is null)) and (p.id = 1 or p.id = 2 and true) and not (p.id = 3 and p.id = 4)'),
    array['(<0>.id = <1>.id)', '(<0>.kind = 1)', '(<1>.id > 2)', '(<1>.length IS NULL)', '((<0>.id = 1) OR ((<0>.id = 2) AND true))', '(NOT ((<0>.id = 3) AND (<0>.id = 4)))'], 'the AND-ed parts, however deep');
select is(conjuncts_of('select 1 from poi p join street s on p.id = s.id and s.length > 3 left join event e on e.id = p.id and e.visitors > 1 where e.visitors is null'),
    array['(<0>.id = <1>.id)', '(<1>.length > (3)::double precision)', '(e.visitors IS NULL) ?'], 'ON of inner joins, not of outer ones; what touches another table is not understood');
select is(conjuncts_of('select 1 from poi p join street s using (city_id, name)'), array['(<0>.city_id = <1>.city_id)', '(<0>.name = <1>.name)'], 'USING');
select is(conjuncts_of('select 1 from poi p where exists (select from street s where s.id = p.id)'), array['(EXISTS ( SELECT FROM public.street s WHERE (s.id = <0>.id))) q'], 'a sub-select');
select is(conjuncts_of('select 1 from poi p, (select 1 as n) x where p.id = x.n'), array['(<0>.id = x.n) ?'], 'a column of a sub-select is not understood');
select is_empty($q$ select c from unnest(conjuncts_of('select 1 from poi p where p.name collate "C" > ''a'' and opened > timestamp with time zone ''2024-01-01 00:00+00'' and extract(year from p.opened) = 2024 and p.name::varchar(3) = ''x'' and p.area::double precision > 1 and p.opened::timestamp without time zone > ''2024-01-01'' and p.kind in (1, 2) and (p.kind = 1) is true')) c where c ~ ' \?$' $q$, 'types, collations and other words are understood');
select is((select array_agg(row(first, last)::text) from pc_conjuncts(array['(', '(', 'a', ')', 'AND', '(', '(', 'b', ')', 'AND', 'c', ')', ')'], '{13,4,null,null,null,12,9,null,null,null,null,null,null}', 1, 13)), array['(2,4)', '(7,9)', '(11,11)'], 'conjuncts as tokens');
select is(pc_using_columns(array['q', 'USING', '(', 'x', ',', 'y', ')'], '{null,null,7,null,null,null,null}', 1, 7), '{x,y}', 'the columns of USING');
select is(pc_side_ends(array['public', '.', 'poi', 'p', 'JOIN', 'x'], '{null,null,null,null,null,null}', 1, 6), 4, 'where a side of a join ends');

-- Relations behind views
create view one as select id, city_id from poi;
create view two as select o.id, s.city_id from one o, street s;
select set_eq($$ select relation::regclass::text from pc_relation_closure(array['two'::regclass::oid]) $$, '{two,one,poi,street}'::text[], 'all that a view reads');
select is(pc_relation_state('poi'::regclass), pc_relation_state('poi'::regclass), 'a fingerprint does not change by itself');
select isnt(pc_relation_state('poi'::regclass), pc_relation_state('street'::regclass), 'relations differ');
select is(pc_relation_state(0), null, 'a relation that is gone has none');
select pc_relation_state('poi'::regclass) as before \gset
insert into poi (id) values (1000);
delete from poi where id = 1000;
analyze poi;
select is(pc_relation_state('poi'::regclass), :before, 'rows do not change it');

-- What their meaning hangs on
create function grade(integer) returns integer language sql immutable as 'select $1 % 10';
create function graded(integer) returns boolean language sql immutable return grade($1) = 3;
create view graded_poi as select id, city_id from poi where graded(kind);
create function closure_of(query text) returns text[] language sql as $$
    with parsed as materialized (select p.* from pc_parse(query, pc_session(current_setting('search_path'))) p)
    select array_agg(case when (o).object = 0 then (o).class::regclass::text else (select i.type || ' ' || i.identity from pg_identify_object((o).class, (o).object, 0) i) end order by 1)
    from parsed, unnest(pc_closure(parsed.roots, array(select c.relation from pc_relation_closure(parsed.relations) c))) o
$$;
select is(closure_of('select id from poi where kind = 3 and opened > ''2024-01-01'''), '{pg_cast}', 'PostgreSQL''s own needs nothing but that there are no casts');
select ok(closure_of('select id from poi where name > ''x''') @> '{"collation pg_catalog.\"default\""}', 'the collation by which texts are compared');
select ok(closure_of('select id from poi where graded(kind)') @> '{"function public.graded(integer)","function public.grade(integer)",pg_proc,pg_ts_config}', 'functions called by functions; what one that is a string calls is unknown');
select ok(closure_of('select id from graded_poi') @> '{"function public.graded(integer)","function public.grade(integer)"}', 'through views');
select ok(closure_of('select id from poi where id = any (select 1 from (values (''{sad}''::mood[])) v)') @> '{"type public.mood"}', 'the elements of arrays');
select ok(not pc_is_passing(pc_closure('{}', '{}')), 'nothing of users'' own');
select is(pc_closure(array[row('pg_policy'::regclass, 1)::pc_object], '{}'), null, 'what cannot be followed');
select is(pc_closure_state(pc_closure('{}', array['graded_poi'::regclass])), pc_closure_state(pc_closure('{}', array['graded_poi'::regclass])), 'its fingerprint does not change by itself');
select pc_hidden_state() as before \gset
create type other_mood as enum ('sad');
select isnt(pc_hidden_state(), :before, 'functions that are strings may name any type');
select ok(pc_plain_types(array['integer', 'text[]', 'mood[]', 'int4range', 'regclass']::regtype[]::oid[]), 'types of constants');
select ok(not pc_plain_types(array[t::regtype]), 'not surely meant as written: ' || t) from unnest('{regclass[],money,poi,information_schema.sql_identifier}'::text[]) t;
select is(pc_tree_constants('{CONST :consttype 23 :constisnull false :location 7 :constvalue 4 [ 1 ]} {CONST :consttype 23 :constisnull false :location 9 :constvalue 4 [ 2 ]}'),
    pc_tree_constants('{CONST :consttype 23 :constisnull false :location 1 :constvalue 4 [ 2 ]} {CONST :consttype 23 :constisnull false :location 2 :constvalue 4 [ 1 ]}'), 'values of constants, wherever they stand');
select isnt((select count(*) from pc_known_fields()), 0::bigint, 'fields of nodes that are known');

-- What cannot be in a fragment
create temp table mine (x integer);
create view limited as select * from poi limit 3;
create view windowed as select id, row_number() over () from poi;
create view first_of as select distinct on (kind) * from poi;
create view sampled as select * from poi tablesample system (10);
create view joined_text as select string_agg(name, ',') from poi;
create view floats as select sum(length) from street;
create view counted as select city_id, count(*), sum(kind), max(name) from poi group by city_id;
create view today as select * from poi where opened <= current_date;
create view recent as select * from poi where opened > now() - interval '1 year';
create view who as select current_user as me, id from poi;
create view as_text as select opened::text from poi;
create view behind as select * from today;
create materialized view stored as select * from poi where opened <= current_date;
create sequence numbers;
select is(pc_unfit_relations(array[r::regclass::oid]) <> '{}', unfit, r || case when unfit then ' is opaque' else ' is not' end)
from (values ('poi', false), ('one', false), ('two', false), ('counted', false), ('stored', false), ('mine', true), ('pg_class', true), ('information_schema.tables', true), ('limited', true), ('windowed', true), ('first_of', true), ('sampled', true),
    ('joined_text', true), ('floats', true), ('today', true), ('recent', true), ('who', true), ('as_text', true), ('behind', true), ('numbers', true)) v(r, unfit);
select is(pc_is_immutable_condition(c, 'public.poi t'), immutable, c)
from (values ('(t.kind = 1)', true), ('(t.opened < now())', false), ('(t.opened < CURRENT_DATE)', false), ('(t.opened::text = ''x'')', false), ('(t.opened < ''2024-01-01''::timestamp with time zone)', false), ('(EXISTS (SELECT FROM public.street s WHERE s.id = t.id))', true),
    ('(EXISTS (SELECT FROM public.street s WHERE s.id = t.id LIMIT 1))', false), ('(EXISTS (SELECT FROM public.today s))', false), ('(EXISTS (SELECT FROM pg_catalog.pg_class))', false), ('(t.kind = nowhere.x)', false), ('(t.kind = public.nowhere(1))', false), ('(random() < 1)', false)) v(c, immutable);
begin;
do $$ begin execute pc_storing_statement('select id from poi where kind = 1'); end $$;
select is((select relations from pc_tree_facts(array[pc_stored_tree()])), array['poi'::regclass::oid], 'facts: relations');
rollback;
select ok(order_dependent, 'facts: order') from pc_tree_facts(pc_view_trees(array['limited'::regclass]));

select * from finish();
