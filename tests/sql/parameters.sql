-- Parameters: $1, $2, ... with their values, which become constants of the types that PostgreSQL finds for them.
\ir _core.sql
select no_plan();

create function bound(query text, variadic params text[]) returns text language sql as $$
    select partitioncache_internal.pc_bind(query, params, partitioncache_internal.pc_session(current_setting('search_path')))
$$;

-- Types are those that PREPARE finds
select is(bound('select id from poi where kind = $1 and name = $2', '7', 'zoo'),
          'select id from poi where kind = (''7''::pg_catalog.int4) and name = (''zoo''::pg_catalog.text)', 'types of columns');
select is(bound('select id from poi where kind = any ($1) limit $2', '{1,2}', '5'),
          'select id from poi where kind = any ((''{1,2}''::pg_catalog._int4)) limit (''5''::pg_catalog.int8)', 'an array, and a limit');
select is(bound('select $1::date, $2::"char", $3::interval, $1', '2024-01-02', 'x', '1 day'),
          'select (''2024-01-02''::pg_catalog.date)::date, (''x''::pg_catalog."char")::"char", (''1 day''::pg_catalog."interval")::interval, (''2024-01-02''::pg_catalog.date)', 'types that the text names; a parameter twice');
select is(bound('select id from poi where kind = $1', null), 'select id from poi where kind = (NULL::pg_catalog.int4)', 'null');
select is(bound('select 1', variadic '{}'::text[]), 'select 1', 'none');
create domain "odd Type" as integer;
select is(bound('select $1::"odd Type"', '7'), 'select (''7''::public."odd Type")::"odd Type"', 'a type of users');

-- Strings, names and comments hold no parameters
create table odd ("Id$1" integer, id$1 integer, city_id integer);
select is(bound(before || '$1' || after, '7'), before || '(''7''::pg_catalog.int4)' || after, before)
from (values ($q$select '$1', 'a''$1', E'\'$1 \\', N'$1', U&'$1', $$ $1 ' $$, B'01' -- $1 '
              /* $1 ' ***/ from odd where "Id$1" = 1 and id$1 = $q$, $q$ and '$2' = '$2' -- ' $2$q$),
             ('select 1 where 1=', ';  -- $1'), ('select 5-', '-1'), ('select 2*3/', '')) v(before, after);
select throws_ok(format('select bound(%L, ''1'')', q), 'PC005', message, 'refused: ' || q)
from (values
    ('select $1; drop table poi', 'only a single query that reads can be cached'),
    ('$1; select $1', 'only a single query that reads can be cached'),
    ('select $1 /* /* */ */', 'a query with parameters cannot have a comment within a comment'),
    (E'select E''a''\n''b\\'', $1', 'a query with parameters cannot have a string with escapes that goes on after a line break'),
    ('select $1, $a$ $a$', 'a string or a quoted name in the query cannot be read surely at ''$a$'''),
    ('select $1, ''', 'a string or a quoted name in the query cannot be read surely at '''''''''),
    ('select $1, "', 'a string or a quoted name in the query cannot be read surely at ''"'''),
    ('select $1, $', 'a string or a quoted name in the query cannot be read surely at ''$'''),
    ('select $1, $x', 'a string or a quoted name in the query cannot be read surely at ''$''')) v(q, message);
select throws_ok($q$select bound(repeat(' ', 1000001) || 'select $1::text', '1')$q$, 'PC005', 'the text is too long to have values put into it', 'a very long text');
set standard_conforming_strings = off;
set escape_string_warning = off;
set backslash_quote = on;
select is(bound(E'select ''\\''$1'' , $1::int', '7'), E'select ''\\''$1'' , (''7''::pg_catalog.int4)::int', 'strings with backslashes');
reset standard_conforming_strings;
reset backslash_quote;

-- Hostile values stay values
create table victim (id integer);
do $hostile$
declare
    value text;
    got text;
begin
    foreach value in array array['''; drop table victim; --', E'\\', E'a\\''; drop table victim; --', '$1', '$$', '%s', '*/ ; --', E'\n', 'u'')::int', ''] loop
        foreach got in array array['on', 'off'] loop
            perform set_config('standard_conforming_strings', got, true);
            perform set_config('backslash_quote', 'off', true);
            execute bound('select $1::text /* */ -- x', value) into got;
            if got is distinct from value then
                raise 'value % became %', value, got;
            end if;
        end loop;
    end loop;
end
$hostile$;
select pass('hostile values come back as they are');
select ok(to_regclass('victim') is not null, 'and do nothing');
select throws_ok($q$select bound('select id from poi where kind = $1', '1) or (true')$q$, 'PC001',
                 'parameter $1 cannot have the value ''1) or (true'': invalid input syntax for type integer: "1) or (true"', 'a value that its type does not have');
select throws_ok($q$select bound('select id from poi where kind = $1', '1', '2')$q$, 'PC001', 'the query has 1 parameter, and 2 values were given', 'too many');
select throws_ok($q$select bound('select id from poi where kind = $1 and id = $2', '1')$q$, 'PC001', 'the query has 2 parameters, and 1 value was given', 'too few');
select throws_ok($q$select bound('select id from poi where kind = $2', '1', '2')$q$, 'PC005', 'could not determine data type of parameter $1', 'a gap');
select throws_ok($q$select partitioncache_push('select id from poi where kind = $1', 'city_id', params => '{{1},{2}}')$q$, 'PC001', 'the parameters are not a list of values', 'two dimensions');
select throws_ok($q$select bound('select id from nowhere where kind = $1', '1')$q$, '42P01', null, 'a table that is not there');
select is((select count(*) from pg_prepared_statements), 0::bigint, 'nothing stays prepared');

-- From push to apply
select ok(partitioncache_push('select id from poi where kind = $1 and name <> $2', 'city_id', params => array['3', 'it''s']) > 0, 'pushed');
select ok(partitioncache_process_queue() > 0, 'evaluated');
select matches((partitioncache_explain('select id from poi where name <> $2 and kind = $1', 'city_id', method => 'literal', params => array['3', 'it''s'])).rewritten,
               'city_id = ANY', 'found with parameters');
select ok((partitioncache_explain('select id from poi where kind = 3', 'city_id', method => 'literal')).applied, 'the same with the value written in');
select is(rows_of(partitioncache_apply('select id from poi where kind = $1', 'city_id', method => 'literal', params => '{3}')), rows_of('select id from poi where kind = 3'), 'rows');
select is(partitioncache_apply('select id from poi where kind = $1', 'city_id', params => '{99}'), 'select id from poi where kind = (''99''::pg_catalog.int4)', 'not known: it runs without parameters all the same');
select is((x).reason, 'its values cannot be put in: the query has 1 parameter, and 2 values were given', 'a wrong count is a reason')
from (select partitioncache_explain('select id from poi where kind = $1', 'city_id', params => '{3,4}') x) y;
select is(partitioncache_apply('select id from poi where kind = $1', 'city_id', params => '{x}'), 'select id from poi where kind = $1', 'unchanged');

-- Without values: what pg_stat_statements keeps
select is((x).reason || (x).applied || (x).rewritten, 'its parameters have no values: pass them with params => array[...]; what does not depend on them is shown herefalseselect id from poi where kind = $1', 'without values')
from (select partitioncache_explain('select id from poi where kind = $1', 'city_id') x) y;
select is((x).hits || ' of ' || (x).fragments, '1 of 3', 'without values: what does not depend on them is found, and nothing else')
from (select partitioncache_explain('select id from poi where name <> ''it''''s'' and kind = $1', 'city_id') x) y;
select is((partitioncache_explain('select id from poi where opened = date $1', 'city_id')).reason,
          'its parameters have no values, and nothing is known of them: with its parameters the query cannot be read: syntax error at or near "$1"', 'where no parameter can stand');
select is((partitioncache_explain('select $1, ''$2', 'city_id')).applied, false, 'what cannot be read');
select throws_ok($q$select partitioncache_form('select extract($1 from opened) from poi', 'city_id')$q$, 'PC005', 'with its parameters the query cannot be read: syntax error at or near "$1"', 'a form of what cannot be read');
select is((select string_agg(said, ' ' order by number) from partitioncache_form('select id from poi where kind in ($1 /*, ... */) and name = $2 limit $3', 'city_id') where part = 'condition'),
          '(#0.kind = NULL::integer) (#0.name = NULL::text)', 'a form with NULL in the place of what is not known');
select is((select count(*) from partitioncache_form('select id from poi where name = ''$1''', 'city_id') where part = 'condition'), 1::bigint, 'no parameter at all');
select is((partitioncache_explain('select id from poi where kind = %s', 'city_id')).reason,
          'syntax error at or near "%"; %s is a placeholder that a driver fills before it sends the text: let the driver put the values in, or write $1, $2, ... and pass params', 'a placeholder of a driver');
select isnt_empty($q$select * from partitioncache_fragments('select id from poi where kind = $1', 'city_id', params => '{3}')$q$, 'fragments');
begin;
select partitioncache_open('c', 'select id from poi where kind = $1 order by id', 'city_id', params => '{3}');
fetch 0 from c;
commit;
select throws_ok($q$select partitioncache_open('c', 'select id from poi where kind = $1', 'city_id', params => '{x}')$q$, 'PC001', null, 'open says what is wrong');
select * from finish();
