-- Whatever an entry's meaning hangs on may be changed: then the entry is put aside, whichever kind of object it is.
\ir _core.sql
select no_plan();

-- Fills a query, changes something behind it, and asks whether the rows stay right and the entries are aside.
create function after_change(change text, query text, description text) returns setof text language plpgsql as $$
begin
    perform partitioncache_clear();
    if fill(query) = 0 then
        return next fail(description || ': nothing of it is cached');
        return;
    end if;
    return next ok((partitioncache_explain(query, 'city_id', method => 'literal')).applied, description || ': used before');
    execute change;
    return next ok((select bool_and(s.state = 'aside') from pc_entry_state('partitioncache', 'city_id') s), description || ': the entries are put aside');
    return query select is(rows_of(partitioncache_apply(query, 'city_id', method => m)), rows_of(query), format('%s: rows by %s', description, m))
    from unnest('{auto,literal,subquery}'::text[]) m;
    perform fill(query);
    return next is(rows_of(partitioncache_apply(query, 'city_id', method => 'literal')), rows_of(query), description || ': rows when it was filled again');
end
$$;

-- Types: attributes, labels, elements, domains, ranges
create type point2 as (a integer, b integer);
create type box2 as (low point2, high point2);
create type mood as enum ('sad', 'fine');
create type span as range (subtype = integer);
create domain grade as integer check (value < 1000);
create table thing (id integer primary key, city_id integer, kind integer, size point2, area box2, moods mood[], mood mood, span span, grade grade, name text);
insert into thing
select i, i % 40, i % 40, row(i % 40, 39 - i % 40)::point2, row(row(i % 40, 1), row(1, 39 - i % 40))::box2, case when i % 40 < 9 then '{sad}' else '{fine}' end::mood[],
       case when i % 40 < 9 then 'sad' else 'fine' end::mood, span(i % 40, 50), i % 40, 'name ' || i % 40
from generate_series(1, 400) i;
analyze thing;
select * from after_change('alter type point2 rename attribute a to x; alter type point2 rename attribute b to a; alter type point2 rename attribute x to b', 'select id from thing where (size).a < 5', 'attributes renamed');
select * from after_change('alter type point2 rename attribute a to x; alter type point2 rename attribute b to a; alter type point2 rename attribute x to b', 'select id from thing where ((area).low).a < 5', 'attributes of attributes renamed');
select * from after_change('alter type point2 add attribute c integer', 'select id from thing where not (size is not null)', 'an attribute added');
select * from after_change('alter type mood rename value ''sad'' to ''x''; alter type mood rename value ''fine'' to ''sad''; alter type mood rename value ''x'' to ''fine''', 'select id from thing where moods = ''{sad}''', 'labels exchanged, inside of an array');
select * from after_change('alter type mood rename value ''sad'' to ''x''; alter type mood rename value ''fine'' to ''sad''; alter type mood rename value ''x'' to ''fine''', 'select id from thing where mood = ''sad''', 'labels exchanged');
select * from after_change('alter type mood add value ''so so'' before ''fine''', 'select id from thing where mood < ''fine''', 'a label added');
select * from after_change('alter domain grade add check (value <> 999)', 'select id from thing where grade < 5', 'a constraint of a domain');
select * from after_change('alter type span rename to spun', 'select id from thing where span @> 3', 'a range type renamed');

-- Functions called by functions called by functions; what those that are strings call is not known, so all count.
create function f3(integer) returns integer language sql immutable as 'select $1 % 10';
create function f2(integer) returns integer language plpgsql immutable as 'begin return public.f3($1); end';
create function f1(integer) returns boolean language sql immutable as 'select public.f2($1) = 3';
create function parsed(integer) returns boolean language sql immutable return f3($1) = 3;
select * from after_change('create or replace function f3(integer) returns integer language sql immutable as ''select ($1 + 1) % 10''', 'select id from thing where f1(kind)', 'a function in a function in a function');
select * from after_change('create or replace function f3(integer) returns integer language sql immutable as ''select ($1 + 2) % 10''', 'select id from thing where parsed(kind)', 'a function in one whose body was parsed');
select * from after_change('alter function f3(integer) set datestyle = ''ISO, DMY''', 'select id from thing where f1(kind)', 'settings of a function');
create function named(integer) returns boolean language sql immutable as $$ select $1::text::public.mood is not null or $1 = 3 $$;
create function by_label(integer) returns boolean language sql immutable as $$ select case when $1 = 3 then 'sad'::public.mood < 'fine'::public.mood else false end $$;
select * from after_change('alter type mood rename value ''sad'' to ''x''; alter type mood rename value ''fine'' to ''sad''; alter type mood rename value ''x'' to ''fine''', 'select id from thing where by_label(kind)', 'labels that a function names');
create schema elsewhere;
create function elsewhere.f3(integer) returns integer language sql immutable as 'select 1';
select * from after_change('alter schema elsewhere rename to nowhere', 'select id from thing where f1(kind)', 'a schema renamed');
select * from after_change('create function f3(bigint) returns integer language sql immutable as ''select 3''', 'select id from thing where f3(kind) = 3', 'an overload');

-- Operators, families, casts
create function like_three(integer, integer) returns boolean language sql immutable as 'select $1 % 10 = $2';
create operator ~=~ (function = like_three, leftarg = integer, rightarg = integer);
select * from after_change('drop operator ~=~ (integer, integer); create operator ~=~ (function = int4gt, leftarg = integer, rightarg = integer)', 'select id from thing where kind ~=~ 3', 'an operator created again');
create function as_mood(integer) returns mood language sql immutable as $$ select case when $1 < 9 then 'sad' else 'fine' end::public.mood $$;
create function as_other_mood(integer) returns mood language sql immutable as $$ select case when $1 < 9 then 'fine' else 'sad' end::public.mood $$;
create cast (integer as mood) with function as_mood(integer);
select * from after_change('drop cast (integer as mood); create cast (integer as mood) with function as_other_mood(integer)', 'select id from thing where kind::mood = ''sad''', 'a cast created again');
create function point2_less(point2, point2) returns boolean language sql immutable return ($1).b < ($2).b;
create operator <<<< (function = point2_less, leftarg = point2, rightarg = point2);
create operator family point_ops using btree;
select * from after_change('alter operator family point_ops using btree add operator 1 <<<< (point2, point2)', 'select id from thing where size <<<< size or kind = 3', 'an operator put into a family');

-- Text search
create text search dictionary plain (template = simple);
create text search configuration words (copy = pg_catalog.simple);
alter text search configuration words alter mapping for asciiword with plain;
select * from after_change('alter text search dictionary plain (stopwords = english)', 'select id from thing where to_tsvector(''words'', name) @@ to_tsquery(''words'', ''name'') and to_tsvector(''words'', name || '' the'') @@ to_tsquery(''words'', ''the & 3'')', 'a dictionary');
select * from after_change('alter text search configuration words alter mapping for asciiword with english_stem', 'select id from thing where to_tsvector(''words'', name) @@ to_tsquery(''words'', ''name & 3'')', 'a configuration');
create table worded (id integer, city_id integer, words regconfig, name text);
insert into worded select i, i % 40, 'words', case when i % 40 < 9 then 'running' else 'walk' end from generate_series(1, 400) i;
select * from after_change('alter text search configuration words alter mapping for asciiword with simple', 'select id from worded where to_tsvector(words, name) @@ ''run''::tsquery or id = 3', 'a configuration that a column names');
select * from after_change('alter text search configuration words alter mapping for asciiword with english_stem', 'select id from worded where to_tsvector(words, name) @@ ''running''::tsquery', 'and back');

-- Collations
create collation mine from "C";
select * from after_change('drop collation mine; create collation mine from "POSIX"', 'select id from thing where name collate mine < ''name 2''', 'a collation created again');

-- Views, also in views, and generated columns
create view seen as select id, city_id, kind, f3(kind) as third from thing;
create view seen_again as select * from seen;
select * from after_change('create or replace view seen as select id, city_id, kind, f3(kind + 1) as third from thing', 'select id from seen_again where third = 3', 'a view in a view');
select * from after_change('create or replace function f3(integer) returns integer language sql immutable as ''select ($1 + 5) % 10''', 'select id from seen_again where third = 3', 'a function in a view in a view');
select * from after_change('alter table thing alter name type varchar(20)', 'select id from thing where name = ''name 3''', 'the type of a column');
create table made (id integer, city_id integer, kind integer, doubled integer generated always as (kind * 2) stored);
insert into made select i, i % 40, i % 40 from generate_series(1, 400) i;
select * from after_change('alter table made drop column doubled; alter table made add column doubled integer generated always as (kind * 3) stored', 'select id from made where doubled = 6', 'the expression of a generated column');

-- Rows of tables as types
create function first_of(thing) returns integer language sql immutable return ($1).kind;
select * from after_change('alter table thing rename kind to x; alter table thing rename grade to kind; alter table thing rename x to grade', 'select t.id from thing t where first_of(t) = 3', 'columns of a row type');

-- Names of objects as constants
create table named_thing ();
select * from after_change('alter table named_thing rename to other_thing; create table named_thing ()', 'select id from thing where id::bigint <> ''named_thing''::regclass::bigint', 'a table that a constant names');

-- What cannot be followed, or does not say what it means, is in no fragment.
select is(conjuncts_cached('select id from thing where grade = 3 and ' || c), '{(t1.grade = 3)}', 'opaque: ' || c)
from unnest(array['size = ''(1,2,3)''::point2', '(''{named_thing}''::regclass[] is not null or id > 0)', 'row(size, 1) is distinct from row(''(1,2,3)''::point2, 1)', 'grade::grade > 0']) c;
-- A transform is of a kind that is not followed.
create transform for int language sql (from sql with function prsd_lextype(internal), to sql with function int4recv(internal));
create function transformed(a integer) returns integer transform for type integer language sql immutable return a;
select is(conjuncts_cached('select id from thing where grade = 3 and transformed(id) = 1'), '{(t1.grade = 3)}', 'opaque: what cannot be followed');
create view transforming as select id, city_id, transformed(id) as kind from thing;
select is(conjuncts_cached('select id from transforming where kind = 3'), '{}', 'behind a view');
select throws_ok($$ select pc_fragment_dependencies('SELECT DISTINCT t1.city_id FROM public.thing t1 WHERE (public.transformed(t1.id) = 1)') $$, 'PC005', 'what this query depends on cannot be followed to the end', 'such a fragment is not evaluated');

-- The values of constants are compared, not their texts.
create type short;
create function short_in(cstring) returns short language internal immutable strict as 'int4in';
create function short_out(short) returns cstring language internal immutable strict as 'int2out';
create type short (input = short_in, output = short_out, internallength = 4, passedbyvalue, alignment = int4);
create function as_integer(short) returns integer language internal immutable strict as 'int4abs';
select * from unchanged('select id from thing where grade = 3 and as_integer(''65537''::short) = 65537', 'a constant in it does not read back from its text as the same value', 'a constant that its text does not hold');
select is(conjuncts_cached('select id from thing where as_integer(''5''::short) = id'), '{"(public.as_integer(''5''::public.short) = t1.id)"}', 'a constant of the same type that it does');

-- Operators are found wherever they stand.
create table moment (id integer, city_id integer, kind integer, at timestamptz);
insert into moment select i, i % 40, i % 40, '2024-01-01 00:00+00'::timestamptz + i * interval '1 hour' from generate_series(1, 400) i;
select is(conjuncts_cached('select id from moment where kind = 3 and ' || c), '{(t1.kind = 3)}', 'stable: ' || c)
from unnest(array['(at, id) < (date ''2024-01-02'', 5)', '(at, id) >= (date ''2024-01-02'', 5)', 'case when (at, id) < (date ''2024-01-02'', 5) then true else kind = 9 end',
    'exists (select from moment m where (m.at, m.id) < (date ''2024-01-02'', 5) and m.id = moment.id)', '(at, id) > all (select date ''2024-01-02'', 5)', '(at, kind) in (select date ''2024-01-02'', 5)',
    'at between date ''2024-01-02'' and date ''2024-01-03''', '(select count(*) filter (where (m.at, m.id) < (date ''2024-01-02'', 5)) from moment m) > kind',
    '(select max(m.id) from moment m group by (m.at, m.id) < (date ''2024-01-02'', 5) having max(m.id) > 0) > kind', 'id in (select m.id from moment m order by (m.at < date ''2024-01-02''))',
    '(at < date ''2024-01-02'') = any (array[true])', 'nullif(at, date ''2024-01-02'') is not null', 'at is distinct from date ''2024-01-02''', '(at, 1) is distinct from (date ''2024-01-02'', 1)']) c;
create view early as select id, city_id, kind from moment where (at, id) < (date '2024-01-02', 5);
select is(conjuncts_cached('select id from early where kind = 3'), '{}', 'behind a view');

select * from finish();
