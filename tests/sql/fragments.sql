-- Which tables and conditions are remembered together, under which text, and how many.
\ir _core.sql
select no_plan();

create function taken(query text, cache text default 'partitioncache') returns pc_taken_apart language sql as $$ select pc_take_apart(query, 'city_id', cache, pc_session(current_setting('search_path'))) $$;
create function texts(query text, cache text default 'partitioncache') returns text[] language sql as $$ select array_agg(fragment order by fragment collate "C") from partitioncache_fragments(query, 'city_id', cache) $$;

-- Shapes
select is(texts('select * from poi where kind = 1'), array['SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'], 'one condition');
select is(texts('select * from poi where kind = 1 and area > 2'), array['SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.area > (2)::numeric)', 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.area > (2)::numeric) AND (t1.kind = 1)',
    'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'], 'two conditions: each and both');
select is(cardinality(texts('select * from poi where kind = 1 and area > 2 and id > 3')), 7, 'three: each, pairs, all');
select is(cardinality(texts('select * from poi where kind = 1 and area > 2 and id > 3 and id < 5 and opened > ''2024-01-01'' and name > ''a''')), 7, 'six: each and all');
select ok(texts('select * from poi p join street s on p.city_id = s.city_id and s.id < p.id where p.kind = 1') @> array['SELECT DISTINCT t1.city_id FROM public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t1.id > t2.id) AND (t1.kind = 1)']
    or texts('select * from poi p join street s on p.city_id = s.city_id and s.id < p.id where p.kind = 1') @> array['SELECT DISTINCT t1.city_id FROM public.poi t1, public.street t2 WHERE (t1.city_id = t2.city_id) AND (t1.kind = 1) AND (t2.id < t1.id)'], 'a join as a whole');
select is((select array_agg(tables order by tables) from partitioncache_fragments('select * from poi p, kind k where p.kind = k.kind and k.label = ''x''', 'city_id')), '{{public.poi,public.kind},{public.poi,public.kind}}'::text[], 'a dimension comes with what connects it');
select is((select array_agg(tables) from partitioncache_fragments('select * from poi p, street s where p.kind = 1 and s.length > 3', 'city_id')), '{{public.poi},{public.street}}'::text[], 'tables that nothing connects make no fragment together');
select is(texts('select * from poi where kind = 1 and city_id = 5 and city_id in (5, 6)'), texts('select * from poi where kind = 1'), 'conditions on the partition column alone are in no fragment');
select is(cardinality(texts('select * from poi where kind = city_id + 1')), 1, 'with another column they are');
select is(texts('select * from poi where city_id = 5'), null, 'a condition on the partition column only: nothing to remember');
select is((taken('select * from poi where city_id = 5')).reason, 'no condition on the tables that have the column "city_id" could be cached', 'and the reason');

-- Bounds
create table t2 as select * from poi; create table t3 as select * from poi; create table t4 as select * from poi; create table t5 as select * from poi; create table t6 as select * from poi;
create function chain(n integer) returns text language sql as $$
    select format('select * from %s where %s', string_agg(t || ' a' || i, ', ' order by i), string_agg(format('a%s.kind = %1$s and a%1$s.area > %1$s and a%1$s.id > %1$s', i) || case when i > 1 then format(' and a%s.city_id = a%s.city_id and a%1$s.area < a%2$s.area', i - 1, i) else '' end, ' and ' order by i))
    from unnest('{poi,t2,t3,t4,t5,t6}'::text[]) with ordinality u(t, i) where i <= n
$$;
select cmp_ok((select count(*) from partitioncache_fragments(chain(n), 'city_id')), '<=', 64::bigint, n || ' tables: at most 64 fragments') from generate_series(1, 6) n;
select is((select count(*) from partitioncache_fragments(chain(6), 'city_id')), 64::bigint, 'six tables: 64');
select ok((select bool_or(cardinality(tables) = 6) from partitioncache_fragments(chain(6), 'city_id')), 'six tables: the whole is among them');
update partitioncache_settings set max_fragments = 3;
select is((select count(*) from partitioncache_fragments(chain(6), 'city_id')), 3::bigint, 'as many as the settings allow');
select ok((select bool_or(cardinality(tables) = 1) from partitioncache_fragments(chain(2), 'city_id')), 'of few, single tables come first');
update partitioncache_settings set max_fragments = 64;
select lives_ok($$ select partitioncache_fragments('select * from ' || string_agg('poi p' || i, ', ') || ' where ' || string_agg('p' || i || '.kind = ' || i, ' and '), 'city_id') from generate_series(1, 50) i $$, 'fifty tables');
select lives_ok($$ select partitioncache_fragments('select * from poi where ' || string_agg('kind <> ' || i, ' and '), 'city_id') from generate_series(1, 200) i $$, 'two hundred conditions');

-- Sets of tables
select is(pc_table_sets('{3,6}', 3, 64), '{7,3,6}'::bigint[], 'a chain of three: the whole first, then pairs');
select set_eq($$ select unnest(pc_table_sets('{3,12}', 4, 64)) $$, '{3,12}'::bigint[], 'two pairs');
select is(pc_table_sets('{}', 3, 64), '{}'::bigint[], 'nothing connected');
select is(cardinality(pc_table_sets('{3,6,12,24,48}', 6, 5)), 5, 'no more than asked for');
select is(pc_table_sets('{7}', 3, 64), '{7}'::bigint[], 'a condition on three tables connects all of them');
select is(pc_bits(5), '{0,2}'::integer[], 'the bits of a number');
select is(pc_template_tables(E'(\x010\x02.a = \x012\x02.b)'), 5::bigint, 'the tables of a conjunct');

-- Choices
select is((select count(*) from pc_fragment_choices('{1,2,3}', '{0,1}', 64) where tables = 3), (select count(*) * 2 from pc_fragment_choices('{1,2,3}', '{0,0}', 64) where tables = 3), 'each class of partition columns has its own');
select is((select max(tables) from pc_fragment_choices('{1,2,3}', '{0,0}', 1)), 1::bigint, 'one only: a single table');
select set_eq($$ select conjuncts from pc_fragment_choices('{1,1,2,3}', '{0,0}', 64) where tables = 3 $$, '{15,11,12}'::bigint[], 'of a pair all is evaluated, and what one side says');

-- Equalities and classes
select is((select row(e.*)::text from pc_equality(t) e), columns, 'equality: ' || translate(t, E'\x01\x02', '<>'))
from (values (E'(\x010\x02.city_id = \x011\x02.city_id)', '(0,city_id,1,city_id)'), (E'((\x010\x02."A b")::text = (\x0112\x02.x)::text)', '(0,"""A b""",12,x)'), (E'(\x010\x02.city_id = 3)', '(,,,)'), (E'(\x010\x02.a <> \x011\x02.b)', '(,,,)'),
    (E'((\x010\x02.a)::integer = \x011\x02.b)', '(,,,)'), (E'((\x010\x02.a = \x011\x02.b) OR true)', '(,,,)')) v(t, columns);
select is(pc_column_fits('poi'::regclass, c, d), fits, format('%s as %s', c, d)) from (values ('city_id', 'integer', true), ('city_id', 'bigint', true), ('city_id', 'text', false), ('name', 'text', true), ('nothing', 'text', false), ('opened', 'date', true), ('opened', 'timestamp', false)) v(c, d, fits);
select is(pc_key_classes(t, array['poi', 'street', 'event']::regclass[]::oid[], array[E'\x010\x02.city_id', E'\x011\x02.city_id', E'\x012\x02.city_id'], 'integer', local), classes, what)
from (values ('{}'::text[], false, '{0,1,2}'::integer[], 'nothing equated'),
    (array[E'(\x010\x02.city_id = \x012\x02.city_id)'], false, '{0,1,0}', 'two equated'),
    (array[E'(\x010\x02.city_id = \x011\x02.id)', E'(\x012\x02.city_id = \x011\x02.id)'], false, '{0,1,0}', 'through another column'),
    (array[E'(\x010\x02.city_id = \x011\x02.length)', E'(\x012\x02.city_id = \x011\x02.length)'], false, '{0,1,2}', 'not through one of another type'),
    (array[E'((\x010\x02.city_id = \x011\x02.city_id) OR true)'], false, '{0,1,2}', 'not in an OR'),
    (array[E'(\x010\x02.area > \x011\x02.length)'], true, '{0,0,2}', 'asserted: what a condition connects')) v(t, local, classes, what);
select is(pc_key_classes('{}', array['kind'::regclass, 'poi'::regclass]::oid[], array[null, E'\x011\x02.city_id'], 'integer', false), '{NULL,1}'::integer[], 'a table without the partition column has no class');
select is(pc_is_key_condition(t, array[E'\x010\x02.city_id', null]), is_one, 'about the key alone: ' || translate(t, E'\x01\x02', '<>'))
from (values (E'(\x010\x02.city_id = 3)', true), (E'(\x011\x02.city_id = 3)', false), (E'(\x010\x02.city_id = \x010\x02.kind)', false), (E'(\x010\x02.city_id = ( SELECT 1))', false), (E'((\x010\x02.city_id > 3) OR (\x010\x02.kind = 1))', false)) v(t, is_one);

-- Texts
select is((f).fragment, 'SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)', 'a text') from (select pc_fragment_text('{0}', '{public.poi}', array[E'(\x010\x02.kind = 1)'], array[E'\x010\x02.city_id'], '{0}', '{0}') f) x;
select is((f).fragment, 'SELECT DISTINCT t2.city_id FROM public.kind t1, public.poi t2 WHERE (t1.a = t2.b)', 'in the order of the relations; the key is that of a table that has it') from (select pc_fragment_text('{0,1}', '{public.poi,public.kind}', array[E'(\x010\x02.b = \x011\x02.a)'], array[E'\x010\x02.city_id', null], '{0}', '{0,NULL}') f) x;
select is((select count(*) from pc_table_orders('{0,1,2}', '{a.a,a.a,a.a}', '{}')), 6::bigint, 'three alike: all orders are tried');
select is((select count(*) from pc_table_orders('{0,1,2,3}', '{a.a,a.a,a.a,a.a}', '{}')), 1::bigint, 'four alike: one order');
select is((select count(*) from pc_table_orders('{0,1,2}', '{a.a,a.a,a.a}', array[E'(\x010\x02.x = 1)', E'(\x011\x02.x = 2)'])), 1::bigint, 'their own conditions tell them apart');
select is((select array_agg(o) from pc_table_orders('{0,1}', '{public.b,public.a}', '{}') o), '{{1,0}}'::integer[], 'by name');
select is((r).fragment, 'SELECT DISTINCT t1."City Id" FROM public.poi t1, public.poi t2 WHERE (t1."City Id" = t2."City Id")', 'equality of keys is always written; quoted names') from (select pc_render_fragment('{0,1}', '{public.poi,public.poi}', '{}', array[E'\x010\x02."City Id"', E'\x011\x02."City Id"'], '{0,1}', '{0,0}') r) x;
select is(bool_and(f.hash = encode(sha256(convert_to(f.fragment, 'UTF8')), 'hex')), true, 'the hash is the SHA-256 of the text') from partitioncache_fragments(chain(3), 'city_id') f;

-- Families
select is((select array_agg(array_to_string(f.columns, ',') || ' ' || f.relation || ' ' || f.matches_null order by f.family) from unnest((taken('select * from poi p, street s, event e where p.city_id = s.city_id and p.kind = 1 and e.visitors = 2')).families) f),
    array['p.city_id,s.city_id public.poi false', 'e.city_id public.event true'], 'families: columns, a table with all keys, whether null can match');
select is((select array_agg(cardinality(f.parts) order by cardinality(f.conjuncts)) from pc_fragments('select * from poi where kind = 1 and area > 2', 'city_id', 'partitioncache', pc_session('public')) f), '{0,0,2}'::integer[], 'the parts of a fragment');
select is((select array_agg(distinct f.keyed_tables) from pc_fragments('select * from poi p, kind k where p.kind = k.kind and k.label = ''x''', 'city_id', 'partitioncache', pc_session('public')) f), '{{public.poi}}'::text[], 'of which tables a change stays in its partition');
select is((select f.keyed_tables from pc_fragments('select * from poi p, poi q where p.id = q.kind', 'city_id', 'partitioncache', pc_session('public')) f limit 1), '{}'::text[], 'not of one that is there twice without being equated');
select is(pc_keyed_tables('{0}', '{"ONLY public.poi"}', '{1}', '{0}', 0, '{}'), '{public.poi}', 'ONLY: writes are those of the table');

-- Refusals
select is(pc_refusal('{}', '{}'), null, 'nothing speaks against it');
select is(pc_refusal('{}', array['random()'::regprocedure]::oid[]), 'it calls random, which is volatile: fewer rows read would mean fewer calls', 'volatile');
alter table kind enable row level security;
select is(pc_refusal(array['kind'::regclass]::oid[], '{}'), 'row-level security is on for public.kind, so that roles see different rows', 'row-level security');
alter table kind disable row level security;

-- The type of a key
select is(pc_key_type('select * from poi', 'city_id', pc_session('public')), 'integer', 'by the column');
select is(pc_key_type('select * from kind k, poi', 'name', pc_session('public')), 'text', 'of any table');
select is(pc_key_type('select * from kind', 'city_id', pc_session('public')), null, 'none');
select throws_ok($$ select pc_key_type('selec', 'city_id', pc_session('public')) $$, '42601', null, 'PostgreSQL''s own error');

-- Checks before a queue
select lives_ok($$ select pc_push_check('select * from poi', pc_session('public')) $$, 'push check: a query');
select throws_ok(format('select pc_push_check(%L, pc_session(''public''))', q), code, null, 'push check: ' || coalesce(q, 'null')) from (values (null, 'PC001'), ('selec', '42601'), ('select 1; select 2', 'PC005'), ('delete from poi', 'PC005'), ('select * from nowhere', '42P01'), ('select $1', 'PC005')) v(q, code);
select is((select count(*) from poi), 600::bigint, 'nothing is run');

-- Remembering
select is((pc_analyse('select * from poi where kind = 1', pc_registration('partitioncache', 'city_id'), pc_session('public'))).reason, null, 'analyse');
select is((select count(*) from partitioncache_analysis), 1::bigint, 'it is remembered');
select is((pc_known_analysis(pc_analysis_digest(E'\x1f' || pc_masked('select * from poi where kind = 1'), pc_registration('partitioncache', 'city_id'), pc_session('public')))).canonical, (select canonical from partitioncache_analysis), 'and known');
select is((pc_analyse('select * from poi where kind = 2', pc_registration('partitioncache', 'city_id'), pc_session('public'))).canonical,
          replace((pc_analyse('select * from poi where kind = 1', pc_registration('partitioncache', 'city_id'), pc_session('public'))).canonical, 'kind = 1', 'kind = 2'), 'for every other constant');
select is((select count(*) from partitioncache_analysis), 1::bigint, 'which need not be remembered');
select is(pc_known_analysis('nothing'), null, 'what was never asked is not');
select isnt(pc_analysis_digest('select 1', pc_registration('partitioncache', 'city_id'), pc_session('public')), pc_analysis_digest('select 1', pc_registration('partitioncache', 'city_id'), pc_session('public, x')), 'another search path, another digest');
select is((pc_analyse('selec', pc_registration('partitioncache', 'city_id'), pc_session('public'))).reason, 'syntax error at or near "selec"', 'analyse never fails');
select is((select count(*) from partitioncache_analysis), 1::bigint, 'what PostgreSQL does not accept is not remembered');
select is(pc_analysis_state('{}', '{}', '{}', '{}', '{}', '{}'), pc_analysis_state('{}', '{}', '{}', '{}', '{}', '{}'), 'a state does not change by itself');
select pc_analysis_state('{}', '{}', '{}', '{}', '{}', '{}') as before \gset
create schema another;
select isnt(pc_analysis_state('{}', '{}', '{}', '{}', '{}', '{}'), :before, 'a new schema could be in the search path');

select * from finish();
