-- The pieces of a rewrite, one by one.
\ir _core.sql
select no_plan();
create function registration() returns partitioncache_internal.partitioncache_registration language sql as $$ select pc_registration('partitioncache', 'city_id') $$;
create function family(columns text[] default '{p.city_id}', matches_null boolean default true) returns pc_family language sql as
$$ select row(1, 10, 20, true, columns, 'public.poi', matches_null, false, null, null, null, null)::pc_family $$;

-- Keys as text
select is(pc_key_literal(array[1, 2]), '''{1,2}''::integer[]', 'keys as one constant');
select is(pc_key_list(array[1, 2]), '''1''::integer, ''2''::integer', 'keys as constants');
select is(pc_key_list(array['a, b', 'c'], '(%s)'), '(''a, b''::text), (''c''::text)', 'each put into a pattern');
select is(pc_key_list('{}'::integer[]), null, 'no keys');
select is(pc_key_literal(array[E'it''s \\']), 'E''{"it''''s \\\\"}''::text[]', 'quotes and backslashes');
set datestyle = 'SQL, DMY';
set timezone = 'Asia/Kolkata';
set extra_float_digits = -10;
select is(pc_key_literal(array['2024-02-03 00:00+00'::timestamptz]), '''{"2024-02-03 00:00:00+00"}''::timestamp with time zone[]', 'the same in every session: times');
select is(pc_key_literal(array[0.1::float8 + 0.2]), '''{0.30000000000000004}''::double precision[]', 'the same in every session: floats');
select isnt(pc_key_temp_table(array[0.1::float8 + 0.2]), pc_key_temp_table(array[0.3::float8]), 'other keys, another temporary table');
reset datestyle;
reset timezone;
reset extra_float_digits;
select is(pc_key_temp_table(array[1, 2]), pc_key_temp_table(array[1, 2]), 'the same keys, the same one');
select set_eq('select partition_key from ' || pc_key_temp_table(array[1, 2]), '{1,2}'::integer[], 'with the keys in it');

-- Restrictions
select is((pc_restriction(family(c, n), m, k, w, registration())).conditions, expected, format('%s %s %s', m, k, case when w then 'and null' end))
from (values
    ('{p.city_id}'::text[], true, 'literal', '{1,2}'::integer[], false, '(p.city_id = ANY (''{1,2}''::integer[]))'),
    ('{p.city_id}', true, 'literal', '{1,2}', true, '(p.city_id = ANY (''{1,2}''::integer[]) OR p.city_id IS NULL)'),
    ('{p.city_id,s.city_id}', false, 'literal', '{1}', true, '(p.city_id = ANY (''{1}''::integer[])) AND (s.city_id = ANY (''{1}''::integer[]))'),
    ('{p.city_id}', true, 'literal', '{}', false, '(false)'),
    ('{p.city_id}', true, 'literal', '{}', true, '(false OR p.city_id IS NULL)'),
    ('{p.city_id}', true, 'IN', '{1,2}', false, '(p.city_id IN (''1''::integer, ''2''::integer))'),
    ('{p.city_id}', true, 'VALUES', '{1,2}', true, '(p.city_id IN (VALUES (''1''::integer), (''2''::integer)) OR p.city_id IS NULL)'),
    ('{p.city_id}', true, 'VALUES', '{}', false, '(false)')) v(c, n, m, k, w, expected);
select alike((pc_restriction(family(), 'TMP_TABLE_IN', '{1}'::integer[], false, registration())).conditions, '(p.city_id IN (SELECT k.partition_key FROM pg_temp.partitioncache_keys_% k))', 'TMP_TABLE_IN');
select is((pc_restriction(family(), 'TMP_TABLE_JOIN', '{1}'::integer[], false, registration())).conditions, '(p.city_id = partitioncache_1.partition_key)', 'TMP_TABLE_JOIN: the condition');
select alike((pc_restriction(family(), 'TMP_TABLE_JOIN', '{1}'::integer[], false, registration())).from_item, 'pg_temp.partitioncache_keys_% partitioncache_1', 'TMP_TABLE_JOIN: the table');
select is((pc_restriction(family(), 'TMP_TABLE_JOIN', '{1}'::integer[], true, registration())).from_item, null, 'TMP_TABLE_JOIN with null keys: a join would drop them');
select alike((pc_restriction(family(), 'subquery', '{1}'::integer[], true, registration(), '{h}')).conditions, '(p.city_id % partitioncache_internal.partitioncache_lookup(''city_id'', ''{h}''::text[], ''public.poi'', NULL::integer, ''partitioncache'')% OR p.city_id IS NULL)', 'subquery');
select alike((pc_restriction(family(), 'subquery', '{}'::integer[], true, registration())).conditions, '%partitioncache_lookup%', 'subquery without keys: there may be some when it runs');
select matches(pc_lookup_call(family(), '{h}', 10, registration()), '^= ANY \(ARRAY\(SELECT', 'few keys: an array');
select matches(pc_lookup_call(family(), '{h}', 1000, registration()), '^IN \(SELECT', 'many: a set of rows');

select is((pc_restriction(family('{p.city_id,s.city_id}', false), m, '{1}'::integer[], false, registration(), form => f)).conditions, expected, format('%s %s', m, f))
from (values
    ('literal', '2', '(s.city_id = ANY (''{1}''::integer[]))'),
    ('literal', '3', '(s.city_id = ANY (''{1}''::integer[]))'),
    ('literal', 'hidden', 'COALESCE(p.city_id = ANY (''{1}''::integer[]), false) AND COALESCE(s.city_id = ANY (''{1}''::integer[]), false)'),
    ('literal', 'hidden but 1', '(p.city_id = ANY (''{1}''::integer[])) AND COALESCE(s.city_id = ANY (''{1}''::integer[]), false)'),
    ('VALUES', 'joined', '(p.city_id IN (VALUES (''1''::integer)))')) v(m, f, expected);
select is(pc_forms(array[family('{p.city_id,s.city_id}'::text[])], 12), '{all,joined,1,2,"hidden but 1","hidden but 2",hidden}', 'forms of two columns');
select is(pc_forms(array[family('{p.city_id,s.city_id}'::text[])], 2), '{all,joined}', 'as many as may be planned');
select is(pc_forms(array[family()], 12), '{all}', 'of one');

-- Where they go
select is(pc_insert_restrictions('SELECT 1 FROM a WHERE (x) GROUP BY y', array[row(1, 15, 25, true, '{}', '', false, false, null, null, null, null)::pc_family], array[row('(k)', null, null, null, null, null, null)::pc_restriction]), E'SELECT 1 FROM a WHERE (x)\n  AND (k) GROUP BY y', 'after WHERE');
select is(pc_insert_restrictions('SELECT 1 FROM a GROUP BY y', array[row(1, 15, 15, false, '{}', '', false, false, null, null, null, null)::pc_family], array[row('(k)', 't u', null, null, null, null, null)::pc_restriction]), E'SELECT 1 FROM a, t u\n WHERE (k) GROUP BY y', 'where there is no WHERE, with a further table');
select is(pc_insert_restrictions('SELECT 1 FROM a, b', array[row(1, 18, 18, false, '{}', '', false, false, null, null, null, null), row(2, 18, 18, false, '{}', '', false, false, null, null, null, null)]::pc_family[], array[row('(k)', null, null, null, null, null, null), row('(l)', null, null, null, null, null, null)]::pc_restriction[]), E'SELECT 1 FROM a, b\n WHERE (k)\n  AND (l)', 'two families of one block');
select is(pc_insert_restrictions('SELECT 1 FROM a', array[row(1, 15, 15, false, '{}', '', false, false, null, null, null, null)::pc_family], array[null::pc_restriction]), 'SELECT 1 FROM a', 'nothing known, nothing added');
select is(pc_insert_restrictions(before, array[row(1, 15, 15, false, '{}', '', false, false, null, null, null, null)::pc_family], array[row(null, null, 'w AS (\1)', null, null, null, null)::pc_restriction]), after, 'in front: ' || before)
from (values (' SELECT 1 FROM a', 'WITH w AS (\1) SELECT 1 FROM a'), (' WITH x AS (y) SELECT 1', ' WITH w AS (\1), x AS (y) SELECT 1'),
             ('WITH RECURSIVE x AS (y) SELECT 1', 'WITH RECURSIVE w AS (\1), x AS (y) SELECT 1')) v(before, after);

-- Estimates and the gate
select is(pc_partition_estimate('public.poi', 'city_id'), 60::bigint, 'partitions, by the statistics');
select is(pc_partition_estimate('ONLY public.poi', 'city_id'), 60::bigint, 'of ONLY the table');
create table never_analysed (city_id integer);
select is(pc_partition_estimate('public.never_analysed', 'city_id'), null, 'no statistics');
select cmp_ok(pc_plan_cost('select * from poi', 'public'), '>', pc_plan_cost('select 1', 'public'), 'what a plan costs');
select throws_ok($$ select pc_plan_cost('select * from nowhere', 'public') $$, '42P01', null, 'of what PostgreSQL accepts');
create function gate(before text, after text, alternative text, measured jsonb default '[]') returns pc_rewritten language sql as
$$ select pc_gate(row(true, null, 'literal', 1, 1, 10, after, '{}', null, null, null, null)::pc_rewritten, before, pc_plan(before, 'public'),
                  array(select row(f, m, null, t, pc_plan_cost(t, 'public'), 1, pc_plan_cost(t, 'public'), false, md5(t), null, null)::pc_candidate
                        from (values ('all', 'literal', after), ('joined', 'VALUES', alternative)) c(f, m, t) where t is not null), 0, measured) $$;
select is((gate('select * from poi', 'select 1', null)).rewritten, 'select 1', 'the gate: cheaper');
select is(row((g).applied, (g).rewritten, (g).method)::text, '(f,"select 1",)', 'the gate: dearer') from (select gate('select 1', 'select * from poi', null) g) x;
select alike((gate('select 1', 'select * from poi', null)).reason, 'the planner expects the rewritten query to cost more (% instead of 0): it would not pay', 'the gate: dearer, the reason');
select is(row((g).rewritten, (g).method)::text, '("select 2",VALUES)', 'the gate: an alternative that is cheaper') from (select gate('select * from poi', 'select * from street', 'select 2') g) x;
create function ran(text text, ratio double precision) returns jsonb language sql as $$ select jsonb_build_array(jsonb_build_object('form', 'all', 'shape', md5(text), 'ratio', ratio, 'milliseconds', 100 * ratio)) $$;
select is(row((g).rewritten, (g).form, (g).measured)::text, '("select * from street",all,t)', 'the gate: what was measured to be faster, whatever it is expected to cost')
from (select gate('select 1', 'select * from street', 'select 2', ran('select * from street', 0.5)) g) x;
select is(row((g).rewritten, (g).reason, (g).measured)::text, '("select * from poi","measured: restricted, it takes 1.50 times as long as it does as it is, or more",t)', 'the gate: what was measured to be slower')
from (select gate('select * from poi', 'select 1', null, ran('select 1', 1.5)) g) x;
select is(row((g).rewritten, (g).measured)::text, '("select 1",f)', 'the gate: what was measured of another plan says nothing')
from (select gate('select * from poi', 'select 1', null, ran('select 2', 1.5)) g) x;

-- A plan that is good only for the few rows that the planner expects
create function explained(query text) returns jsonb language sql as $$ select pc_plan(query, 'public') $$;
select is(pc_blind_loops('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "InitPlan", "Node Type": "CTE Scan"}, {"Parent Relationship": "InitPlan", "Node Type": "CTE Scan"}]}'), 0::bigint, 'sub-selects are none of the sides');
select is(pc_blind_loops('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", "Node Type": "CTE Scan"}, {"Parent Relationship": "Inner", "Node Type": "CTE Scan"}]}'), 1::bigint, 'each row of a CTE with each');
select is(pc_blind_loops('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", "Node Type": "Seq Scan"}, {"Parent Relationship": "Inner", "Node Type": "Index Scan"}]}'), 0::bigint, 'an index is looked into');
select is(pc_misled_cost('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", "Node Type": "Seq Scan", "Relation Name": "poi", "Filter": "x", "Plan Rows": 2}, {"Parent Relationship": "Inner", "Node Type": "Index Scan", "Plan Rows": 1, "Total Cost": 8}]}', factor, 1000000), cost, 'loops over more rows than expected: ' || factor)
from (values (100, 1584::double precision), (10, 144), (1, 0)) v(factor, cost);
select is(pc_misled_cost('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", "Node Type": "Index Scan", "Relation Name": "poi", "Index Cond": "(city_id = ANY (''{1,2}''::integer[]))", "Plan Rows": 2}, {"Parent Relationship": "Inner", "Node Type": "Index Scan", "Plan Rows": 1, "Total Cost": 8}]}', 100, 1000000), 0::double precision, 'what the keys alone choose is as expected');
select is(pc_misled_cost(explained('select * from poi'), 100, 1000000), 0::double precision, 'no loops');
select is(pc_misled_cost(format('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", "Node Type": "Hash Join", "Plan Rows": 2, "Plans": [%s]}, {"Parent Relationship": "Inner", "Node Type": "Index Scan", "Plan Rows": 1, "Total Cost": 8}]}', scans)::jsonb, 10, 1000000), cost, 'joins of more lists are smaller still: ' || cost)
from (select string_agg('{"Node Type": "Seq Scan", "Relation Name": "poi", "Filter": "(city_id = ANY (''{1,2}''::integer[]))"}', ',') as scans, power(10, greatest(n - 1, 1)) * 16 - 16 as cost
      from generate_series(1, 3) n, generate_series(1, n) group by n) x;
select is(pc_misled_cost(format('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", "Node Type": "Seq Scan", "Relation Name": "poi", "Plan Rows": %s}, {"Parent Relationship": "Inner", "Node Type": "%s", "Plan Rows": 5, "Total Cost": 7%s}]}', loops, node, filter)::jsonb, 1, 1000000, true), cost, format('what is fetched again and again, %s times %s%s', loops, node, filter))
from (values (20, 'Index Scan', '', 20::double precision), (20, 'Index Scan', ', "Filter": "x"', 1260), (20, 'Bitmap Heap Scan', '', 1260), (2, 'Bitmap Heap Scan', '', 14), (1, 'Bitmap Heap Scan', '', 0), (20, 'Seq Scan', '', 0), (20, 'Memoize', '', 0)) v(loops, node, filter, cost);
select is(pc_misled_cost(format('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", "Node Type": "Index Scan", "Relation Name": "poi", "Alias": "p", "Index Cond": "%s", "Filter": "x", "Plan Rows": 2}, {"Parent Relationship": "Inner", "Node Type": "Index Scan", "Plan Rows": 1, "Total Cost": 8}]}', condition)::jsonb, 100, 1000000, listed => '{"p": 9}'), cost, 'no more rows than the keys leave: ' || condition)
from (values ('(city_id = ANY (''{1,2}''::integer[]))', 56::double precision), ('(city_id > 2)', 1584)) v(condition, cost);
select is(pc_misled_cost(format('{"Node Type": "Nested Loop", "Plans": [{"Parent Relationship": "Outer", %s}, {"Parent Relationship": "Inner", "Node Type": "Index Scan", "Plan Rows": 1, "Total Cost": 8}]}', outer_side)::jsonb, 1, 1000000, listed => '{"": 30000}'), cost, 'as many loops as keys are looked up: ' || outer_side)
from (values ('"Node Type": "Aggregate", "Plan Rows": 200, "Plans": [{"Node Type": "Function Scan", "Function Name": "partitioncache_lookup"}]', 238400::double precision),
             ('"Node Type": "Function Scan", "Function Name": "partitioncache_lookup", "Plan Rows": 1000', 232000),
             ('"Node Type": "Function Scan", "Function Name": "generate_series", "Plan Rows": 1000', 0)) v(outer_side, cost);
select is(pc_aliases_in(expression), aliases, 'whose columns: ' || expression)
from (values ('(public.st_geohash((p.shape)::public.geometry, 7))', '{p}'::text[]), ('((a.x = "My t"."c d") AND (a.n ~~ ''c.d''''e.f''::text))', '{a,"\"My t\""}'), ('(shape && b.shape)', '{b}'), ('(x = 1)', '{}')) v(expression, aliases);
select is(pc_guessed_join(array[condition], tables), guessed, format('what a join by %s leaves is %sknown', condition, case when guessed then 'not ' end))
from (values ('(shape <@ b.shape)', 1, true), ('((cell = ANY (''{1,2}''::integer[])) AND (kind = ''hotel''::text))', 1, false), ('(a.n <> b.n)', 2, false), ('((a.x = b.x) AND (a.s > b.s))', 2, true), ('(a.x > 5)', 2, false), ('(name ~~ (b.prefix || ''%''::text))', 1, true)) v(condition, tables, guessed);
create function joined(scan text, filter text) returns jsonb language sql as
$$ select format('{"Node Type": "Nested Loop", "Plan Rows": 900, "Total Cost": 1110, %s "Plans": [{"Parent Relationship": "Outer", "Node Type": "Seq Scan", "Relation Name": "b", "Alias": "b", "Plan Rows": 100, "Total Cost": 100}, {"Parent Relationship": "Inner", "Node Type": "Index Scan", "Relation Name": "p", "Alias": "p", "Index Cond": "%s", "Plan Rows": 9, "Total Cost": 10}]}', filter, scan)::jsonb $$;
select is(row(pc_has_guessed_joins(plan), round(s.rows), round(s.most), round(s.cost))::text, sure, 'what is sure of a plan: ' || sure)
from (values (joined('(id = b.id)', ''), '(f,900,900,1110)'), (joined('(shape && b.shape)', ''), '(t,1,1,1110)'),
             (joined('(city_id = ANY (''{1,2}''))', '"Join Filter": "(p.shape && b.shape)",'), '(t,1,1,100110)'), (joined('(city_id = ANY (''{1,2}''))', ''), '(f,9000,90000,10110)')) v(plan, sure),
     pc_sure_cost(plan, '{"p": 900}') s;
select is(pc_overflows(explained('select * from poi')), false, 'a small table fits into the buffers');
select is(pc_overflows('{"Node Type": "Seq Scan", "Relation Name": "nothing_of_this_name"}'), false, 'no table, no pages');

-- The whole
select is((r).reason, 'none of the query''s fragments is in cache "partitioncache"', 'nothing known') from (select pc_rewrite('select * from poi where kind = 1', 'city_id', 'partitioncache', 'literal', 'public') r) x;
select fill('select * from poi where kind = 1 and area > 50') is not null as filled;
select is(row((r).applied, (r).reason, (r).method, (r).hits, (r).partitions, cardinality((r).hashes))::text, '(t,,literal,3,60,1)', 'all known') from (select pc_rewrite('select * from poi where kind = 1 and area > 50', 'city_id', 'partitioncache', 'literal', 'public') r) x;
select is(pc_listed_rows(array[f], (select array[row(r.*)::pc_restricted] from pc_restrict_family(f, pc_registration('partitioncache', 'city_id'), 'literal', null::integer, '{all}') r), '{all}', 'public', null),
          jsonb_build_object('p', explained(format('select from poi where city_id = any (%L)', (select array_agg(distinct city_id) from poi where kind = 1 and area > 50))) -> 'Plan Rows'), 'how many rows the keys alone leave')
from unnest((pc_analyse('select * from poi p where kind = 1 and area > 50', pc_registration('partitioncache', 'city_id'), pc_session('public'))).families) f;
select is((r).keys, (select count(distinct city_id) from poi where kind = 1 and area > 50), 'as many keys as match') from (select pc_rewrite('select * from poi where kind = 1 and area > 50', 'city_id', 'partitioncache', 'literal', 'public') r) x;
select is((r).hits, 3, 'what follows from it') from (select pc_rewrite('select * from poi where kind = 1 and area > 51', 'city_id', 'partitioncache', 'literal', 'public') r) x;
select is((f).hits, 3, 'a family') from (select pc_restrict_family(f, registration(), 'literal', null::integer, '{all}') f from unnest((pc_analyse('select * from poi where kind = 1 and area > 50', registration(), pc_session('public'))).families) f) x;
select is(row(e.fragments, e.hits, jsonb_array_length(e.entries))::text, '(3,3,3)', 'the entries of a query') from partitioncache_explain('select * from poi where kind = 1 and area > 50', 'city_id', method => 'literal') e;
select is(row(e.fragments, e.hits, jsonb_array_length(e.entries))::text, '(5,3,3)', 'beside its own fragments, those that it contains') from partitioncache_explain('select * from poi where kind = 1 and area > 51', 'city_id', method => 'literal') e;
select is((e.entries -> 0) - 'hash', '{"state": "static", "tables": "static", "changed": 0, "implied": ["poi.kind = 1 is said by both"]}', 'what is said of an entry') from partitioncache_explain('select * from poi where kind = 1', 'city_id') e;
select is((partitioncache_explain('select 1', 'city_id')).entries, null, 'no fragments, no entries');

-- PostgreSQL 16 and later forget a default partition where a column IS NOT NULL and among constants
create table visit (city_id integer, n integer) partition by range (city_id);
create table visit_some partition of visit for values from (1) to (5);
select is(pc_prunes_wrongly('SELECT 1 WHERE (a IS NOT NULL)', array['visit'::regclass]), false, 'no default partition');
create table visit_rest partition of visit default;
insert into visit select i % 40, i from generate_series(1, 400) i;
analyze visit;
create view visits as select * from visit where city_id is not null;
select is(pc_prunes_wrongly(q, array[r::regclass]::oid[]), wrongly, q || ' of ' || r)
from (values ('SELECT 1', 'visit', false), ('SELECT 1 WHERE (a IS NOT NULL)', 'visit', true), ('SELECT 1 WHERE (NOT (a IS NULL))', 'visit', true), ('SELECT 1 WHERE (a IS NOT NULL)', 'poi', false)) v(q, r, wrongly);
select is((pc_analyse(q, registration(), pc_session('public'))).families[1].prunes_wrongly, wrongly, q)
from (values ('select * from visits where n in (3, 30)', true), ('select * from visit where n in (3, 30)', false), ('select * from visit where n in (3, 30) and city_id is not null', true)) v(q, wrongly);
select fill(q) is not null as filled from (values ('select * from visits where n in (3, 30)'), ('select * from visit where n in (3, 30)')) v(q);
select is(rows_of(partitioncache_apply(q, 'city_id', method => m)), rows_of(q), m || ': ' || q)
from unnest(array['auto', 'literal', 'IN', 'VALUES', 'subquery', 'current', 'TMP_TABLE_IN', 'TMP_TABLE_JOIN']) m,
     unnest(array['select * from visits where n in (3, 30)', 'select * from visit where n in (3, 30) and city_id is not null', 'select * from visit where n in (3, 30) and not (city_id is null)']) q;
select matches(partitioncache_apply('select * from visit where n in (3, 30) and city_id is not null', 'city_id', method => m), 'IS NULL', m || ' lets rows without a key through')
from unnest(array['literal', 'IN', 'VALUES']) m;

-- A query that says more than another one finds what the other has left
create temp table pair as select 'select p.id from poi p join street s on s.city_id = p.city_id and s.id < p.id where p.kind = 2 and s.length > 90'::text as query;
select fill(query) is not null as filled from pair;
create temp table left_by_pair as select encode(sha256(convert_to(f.fragment, 'UTF8')), 'hex') as hash
    from pair, pc_fragments(query, 'city_id', 'partitioncache', pc_session('public')) f order by cardinality(f.conjuncts) desc limit 1;
select ok(position(l.hash in e.rewritten) > 0, 'looked up as well: ' || more)
from pair, left_by_pair l,
     (values (' and p.area > 20', true), (' and s.name <> ''street 1''', true), (' and p.area > 20 and s.name <> ''street 1''', true)) v(more, found),
     partitioncache_explain(query || more, 'city_id', method => 'subquery') e;
select ok(position(l.hash in e.rewritten) = 0, 'not by one that says less')
from left_by_pair l, partitioncache_explain('select p.id from poi p join street s on s.city_id = p.city_id and s.id < p.id where p.kind = 2', 'city_id', method => 'subquery') e;
select lives_ok(format('select pc_check_method(%L)', m), m || ' is a method') from unnest('{auto,literal,current,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[]) m;
select throws_ok('select pc_check_method(''in'')', 'PC001', '"in" is no method', 'another word is none');

-- Blocks, for which the analysis gives tokens
create function block_of(query text) returns table(tokens text[], spaced boolean[], closes integer[], block pc_block) language sql as $$
    with t as materialized (select * from pc_tokens((pc_parse(query, pc_session('public'))).canonical)),
         a as materialized (select array_agg(token order by n) as tokens, array_agg(spaced order by n) as spaced, array_agg(closes order by n) as closes from t)
    select a.tokens, a.spaced, a.closes, b from a, pc_query_blocks(a.tokens, a.closes) b where b.block = 1
$$;
select is((select array_agg(concat_ws(' ', t.n, t.alias, t.relation, t.keyed) order by t.n) from block_of('select 1 from poi p left join street s on s.id = p.id, kind k, (select 1) x, pg_class c') b, pc_block_tables(b.tokens, b.closes, b.block, 'city_id', 'integer', pc_unfit_relations(array['pg_class'::regclass::oid]), 'partitioncache') t),
    array['0 p public.poi t', '1 k public.kind f'], 'the tables that fragments may take');
select is((select array_agg(f.family) is not null from block_of('select 1 from poi where kind = 1') b, pc_block_families(b.tokens, b.spaced, b.closes, b.block, registration(), '{}', false, 64, '{}') f), true, 'the families of a block');
select is((select count(*) from block_of('select 1 from kind where kind = 1') b, pc_block_families(b.tokens, b.spaced, b.closes, b.block, registration(), '{}', false, 64, '{}') f), 0::bigint, 'a block without the partition column has none');
select is((select array_agg(f.fragment) from pc_block_fragments('{public.poi}', '{1}', '{0}', array[E'(\x010\x02.kind = 1)'], '{1}', array[E'\x010\x02.city_id'], 64) f), array['SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'], 'the fragments of a block');
select ok(pc_is_immutable_template(E'(\x010\x02.kind = 1)', '{p}', '{public.poi}'), 'an immutable conjunct');
select ok(not pc_is_immutable_template(E'(\x010\x02.opened < now())', '{p}', '{public.poi}'), 'one that is not');
select is((select row(s.from_starts, s.from_ends, s.where_starts, s.where_ends)::text from pc_select_parts('{SELECT,1,FROM,p,WHERE,x,ORDER,BY,1}', '{null,null,null,null,null,null,null,null,null}', 1, 9) s), '(4,4,6,6)', 'FROM and WHERE');
select is((select array_agg(row(u.left_table, u.right_table, u.name)::text) from block_of('select 1 from poi p join street s using (city_id, name)') b, pc_from_items(b.tokens, b.closes, (b.block).from_starts, (b.block).from_ends) i,
    pc_using_equalities(b.tokens, b.closes, i.starts, i.right_starts, i.ends, '{p,s}') u where i.kind = 'using'), array['(0,1,city_id)', '(0,1,name)'], 'the equalities of USING');
select is((select count(*) from pc_relation_states(array['poi'::regclass, 'street'::regclass, 'poi'::regclass]::oid[])), 2::bigint, 'states of relations');

-- What registering is made of
select throws_ok($$ select pc_check_hash('') $$, 'PC001', 'the hash of an entry is null or empty', 'an empty hash');
select lives_ok($$ select pc_check_key_type(registration(), 'bigint') $$, 'bigint keys for integer');
select throws_ok($$ select pc_check_key_type(registration(), 'text') $$, 'PC004', 'partition key "city_id" holds integer, not text', 'text keys for integer');
select lives_ok($$ select pc_check_registration('x', 'integer', 'bit', 'partitioncache', false) $$, 'what can be registered');
select lives_ok($$ select pc_create_cache('made') $$, 'a cache is made');
select lives_ok($$ select pc_create_cache('made') $$, 'and made again');
select has_sequence('made_hits', 'with its counters');
select lives_ok($$ select pc_create_key_table('made', 'x', 'text', 'array') $$, 'a table of key sets');
select partitioncache_set('city_id', 'stored', '{3,1,null}'::integer[]);
select is((select row(keys, key_count, matches_null)::text from partitioncache_internal.partitioncache_cache_city_id where hash = 'stored'), '("{1,3}",2,t)', 'as they are kept');
select is((pc_refreshed_keys(registration(), 'stored', 'SELECT DISTINCT t1.city_id FROM public.poi t1', null::integer, '{}')).keys, null, 'an assertion cannot be refreshed');


-- Many tables are planned with care only where something is known.
select partitioncache_clear('city_id') is not null as cleared \gset
create function of_seven(kind integer) returns text language sql as $$
    select 'select a.id from poi a, poi b, poi c, poi d, poi e, poi f, poi g where a.id = b.id and b.id = c.id and c.id = d.id and d.id = e.id and e.id = f.id and f.id = g.id
            and a.city_id = b.city_id and a.kind = ' || kind
$$;
begin;
select partitioncache_apply(of_seven(5), 'city_id') = of_seven(5) as left_alone,
       current_setting('geqo_threshold') || current_setting('geqo_pool_size') = '120' as as_before \gset
commit;
select ok(:'left_alone', 'a query of seven tables of which nothing is known');
select ok(:'as_before', 'the planner''s settings are the session''s own afterwards');
select fill(of_seven(5)) > 0 as filled \gset
select is(rows_of(partitioncache_apply(of_seven(5), 'city_id')), rows_of(of_seven(5)), 'one of which something is');
select is(rows_of(partitioncache_apply(of_seven(6), 'city_id')), rows_of(of_seven(6)), 'and one beside it');
select ok((partitioncache_explain(of_seven(5), 'city_id')).hits > 0, 'it is found');
select * from finish();
