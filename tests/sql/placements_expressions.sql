-- Where a partition key stands: in expressions.
\ir _core.sql
select no_plan();
set search_path = public, partitioncache_internal, tap;

create table visit (id integer, at timestamp, tz timestamptz, day date, n integer, big bigint, amount numeric, x float8, country text, code char(5), note varchar(9), flag boolean, token uuid);
insert into visit select i, nullif(timestamp '2024-01-01' + i * interval '17 h', '2024-02-01 11:00'), '2024-01-01', date '2024-01-01' + i % 300, i * 7 % 500 - 200, i, i / 3.0, i / 7.0 - 30,
    (array['DE', 'Fr', 'it', null])[1 + i % 4], 'c' || i % 9, 'n' || i % 9, i % 2 = 0, null from generate_series(1, 900) i;
analyze visit;
select partitioncache_register(key, type) from (values ('month', 'timestamp'), ('date_', 'date'), ('number', 'bigint'), ('int', 'integer'), ('num', 'numeric'), ('word', 'text'), ('float_', 'float')) v(key, type);

create function placed(expression text, key text) returns text language plpgsql as $$
begin
    perform partitioncache_place('public.visit', expression, key);
    return (select p.expression from partitioncache_placements() p where p.partition_key = key);
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
select is(placed(e, k), p, format('%s as %s', e, k)) from (values
    ('date_trunc(''month'', at)', 'month', 'date_trunc(''month''::text, at)'),
    ('date_trunc(''month'', tz at time zone ''UTC'')', 'month', 'date_trunc(''month''::text, (tz AT TIME ZONE ''UTC''::text))'),
    ('at::date', 'date_', '(at)::date'),
    ('(tz at time zone ''Europe/Berlin'')::date', 'date_', '((tz AT TIME ZONE ''Europe/Berlin''::text))::date'),
    ('n / 100', 'int', '(n / 100)'), ('n % 16', 'int', '(n % 16)'), ('n & 15', 'int', '(n & 15)'), ('hashint4(n) & 1023', 'int', '(hashint4(n) & 1023)'),
    ('big / 1000', 'number', '(big / 1000)'), ('n / 100', 'number', '(n / 100)'),
    ('extract(year from at)', 'num', 'EXTRACT(year FROM at)'), ('floor(amount / 10)', 'num', 'floor((amount / (10)::numeric))'), ('floor(x::numeric / 10)', 'num', 'floor(((x)::numeric / (10)::numeric))'),
    ('floor(x / 10)', 'float_', 'floor((x / (10)::double precision))'), ('floor(x / 2.5)', 'float_', 'floor((x / (2.5)::double precision))'),
    ('lower(country)', 'word', 'lower(country)'), ('left(country, 1)', 'word', '"left"(country, 1)'), ('n::text || '':'' || big::text', 'word', '(((n)::text || '':''::text) || (big)::text)'),
    ('note', 'word', 'note'), ('coalesce(country, ''none'')', 'word', 'COALESCE(country, ''none''::text)'), ('case when n > 0 then ''more'' else ''less'' end', 'word', 'CASE WHEN (n > 0) THEN ''more''::text ELSE ''less''::text END')) v(e, k, p);
select alike(placed(e, k), p, format('refused: %s as %s', e, k)) from (values
    ('date_trunc(''month'', tz)', 'month', 'PC001 %may give another value for the same row'), ('tz::date', 'date_', 'PC001 %may give another value for the same row'),
    ('random()::integer', 'int', 'PC001 %may give another value for the same row'), ('to_char(at, ''YYYY'')', 'word', 'PC001 %may give another value for the same row'), ('x::text', 'word', 'PC001 %may give another value for the same row'),
    ('at::text', 'word', 'PC001 %may give another value for the same row'), ('count(*)', 'number', 'PC001 %may give another value for the same row'), ('sum(n) over ()', 'number', 'PC001 %may give another value for the same row'),
    ('substr(country, 1, n)', 'word', 'PC001 %may fail for some row: it calls substr%'), ('substr(country, 1, 2)', 'word', 'substr(country, 1, 2)'), ('tz at time zone country', 'month', 'PC001 %may fail for some row: it calls ZONE%'), ('tz at time zone ''Nowhere/City''', 'month', 'PC001 %may fail for some row: it calls ZONE%'), ('n / 0', 'int', 'PC001 %may fail for some row: it divides by something else than a number of at least 1: / 0'), ('n / n', 'int', 'PC001 %may fail for some row: it divides by%'), ('n / (n + 1)', 'int', 'PC001 %may fail for some row: it calls int4pl%'),
    ('n / (-1)', 'int', 'PC001 %may fail for some row: it divides by%'), ('x / 0.001', 'float_', 'PC001 %may fail for some row: it divides by%'), ('n + 1', 'int', 'PC001 %may fail for some row: it calls int4pl%'), ('floor(x)::integer', 'int', 'PC001 %may fail for some row: it calls%int4%'),
    ('country::integer', 'int', 'PC001 %may give another value for the same row'), ('date_trunc(''mouth'', at)', 'month', 'PC001 %may fail for some row: it takes no part of a date that there is: ''mouth''::text'),
    ('extract(mouth from at)', 'num', 'PC001 %may fail for some row: it takes no part of a date that there is: mouth'),
    ('at', 'date_', 'PC004 %'), ('at::date', 'month', 'PC004 %'), ('code', 'word', 'PC004 %'), ('lower(code)', 'word', 'lower((code)::text)'), ('flag', 'int', 'PC004 %'), ('row(n, big)', 'word', 'PC001 %is a row, and a partition key is one value'), ('(n, big)', 'word', 'PC001 %is a row, and a partition key is one value'),
    ('visit.*', 'word', '%'), ('partitioncache_row', 'word', 'PC%'), ('n[1]', 'int', '42%'), ('nothing / 10', 'int', '42703 %'), ('xmin::text::bigint', 'number', 'PC001 %'), ('tableoid', 'number', 'PC%'),
    ('lower(''X'')', 'word', 'PC001 %is no expression over the columns of %')) v(e, k, p);

-- Functions of others
create role stranger; create role owner_of_visit;
grant create on schema public to stranger, owner_of_visit;
set role stranger;
create function theirs(integer) returns integer language sql immutable as 'select $1';
reset role;
create function ours(integer) returns integer language sql immutable as 'select $1';
select alike(placed('theirs(n)', 'int'), 'PC001 %may fail for some row: it calls public.theirs(integer)', 'a function that may fail');
select throws_ok($$select partitioncache_place('visit', 'theirs(n)', 'int', never_fails => true)$$, 'PC007', '''public.theirs(n)'' calls public.theirs(integer), which belongs neither to a superuser nor to the owner of public.visit', 'a stranger''s function would run in the queries of others');
select lives_ok($$select partitioncache_place('visit', 'ours(n)', 'int', never_fails => true)$$, 'a superuser''s');
select matches((select tracked from partitioncache_placements() where partition_key = 'int'), 'no: the partition key is placed in public.visit by an expression that calls the function public.ours', 'is not called when writes are logged');
select throws_ok($$select partitioncache_track('visit', 'int')$$, 'PC008', 'writes to public.visit cannot be tracked', 'so the table is not tracked for it');
select is(placed('n / 100', 'int'), '(n / 100)', 'placed otherwise');
select lives_ok($$select partitioncache_track('visit', 'int')$$, 'it is');

-- Past the function
create function channel(template text) returns jsonb language sql as $$
    select partitioncache_internal.pc_call('place', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'int', 'relation', 'visit'::regclass::oid, 'template', template, 'never_fails', true))
$$;
select throws_ok(format('select channel(%L)', E'\x01\x02.n / 100'), 'PC001', '''n / 100'' cannot be written in a way that means the same everywhere', 'a template that is not canonical');
select throws_ok(format('select channel(%L)', t), null, null, 'a template that is none: ' || t)
from unnest(array['1) as k from public.visit; drop table visit; --', E'(\x01\x02.n / 100)) as k from public.visit partitioncache_row) q; end; drop table visit; --', E'\x01\x02', '', '(select 1)', E'E''\\''', '$$', 'pg_sleep(1)',
    E'(\x01\x02.n / 100)) as partitioncache_key from public.visit partitioncache_row where (true']) t;
select has_table('public', 'visit', 'and nothing happens');

-- Fragments, restriction, writes
create table booking (id integer, month timestamp, at timestamp, day date, land text, n integer, total integer);
insert into booking select i, date_trunc('month', timestamp '2024-01-01' + i * interval '41 h'), timestamp '2024-01-01' + i * interval '17 h', date '2024-01-01' + i % 200, (array['de', 'FR', null])[1 + i % 3], i * 7 % 500 - 200, i % 60
from generate_series(1, 500) i;
analyze booking;
select partitioncache_place('visit', 'date_trunc(''month'', at)', 'month'), partitioncache_place('visit', 'at::date', 'date_'), partitioncache_place('visit', 'lower(country)', 'word');
select partitioncache_place('booking', 'day', 'date_'), partitioncache_place('booking', 'lower(land)', 'word'), partitioncache_place('booking', 'n / 100', 'int');
create index on booking (n, lower(land));
analyze booking;
select is(pc_expression_estimate(format('(SELECT %s(s.land) AS word FROM public.booking s)', f)), partitions, f || ': what is known of an expression that has an index')
from (values ('lower', (select count(distinct lower(land)) from booking)), ('upper', null)) v(f, partitions);
drop index booking_n_lower_idx;
select is((select c.kept from partitioncache_fragments('select 1 from booking where total = 7', 'int') f cross join lateral pc_fragment_cost(f.fragment, 'int') c), null, 'how many are left of an unknown number is not known');
select is(array[pc_share(3, 12), pc_share(30, 12), pc_share(3, null)], '{0.25,1,null}', 'shares');
select is((select array_agg(fragment) from partitioncache_fragments('select 1 from visit v join booking b on b.month = date_trunc(''month'', v.at) where v.n > b.total and v.n < 0', 'month') where cardinality(tables) = 2 and cardinality(conjuncts) = 3),
    array['SELECT DISTINCT t1.month FROM public.booking t1, public.visit t2 WHERE (t1.month = date_trunc(''month''::text, t2.at)) AND (t2.n < 0) AND (t2.n > t1.total)'], 'a join of an expression with a column');
create function same(query text, key text) returns setof text language plpgsql as $$
declare
    method text;
    found record;
begin
    perform fill(query, key);
    foreach method in array array['literal', 'subquery', 'current', 'IN', 'VALUES', 'TMP_TABLE_IN', 'TMP_TABLE_JOIN', 'auto'] loop
        select * into found from partitioncache_explain(query, key, method => method);
        if method <> 'auto' then
            return next ok(found.applied, format('%s by %s: %s', query, method, found.reason));
        end if;
        return next is(rows_of(found.rewritten), rows_of(query), format('rows of %s by %s', query, method));
    end loop;
end
$$;
select * from same('select id, at from visit where n between -190 and -180', 'month');
select * from same('select v.id, b.id as i from visit v join booking b on b.month = date_trunc(''month'', v.at) where v.n < -150 and b.total = 7', 'month');
select * from same('select v.id, b.id as i from visit v join booking b on v.at::date = b.day where v.n < -150 and b.total < 20', 'date_');
select * from same('select v.id, b.id as i from visit v join booking b on lower(b.land) = lower(v.country) where v.n < -190 and b.total = 7', 'word');
select * from same('select v.id, b.id as i from visit v join booking b on v.n = b.n where v.n < -150 and b.total < 20', 'int');
select is((select array_agg(distinct cardinality(tables)) from partitioncache_fragments('select v.id, b.id as i from visit v join booking b on v.n = b.n where v.id > b.id and b.total < 20', 'int') where fragment ~ 'total'), '{1,2}', 'columns that determine the key');
select is(pc_key_classes(array[e], array['visit', 'booking']::regclass[]::oid[], array[k1, k2], d, false), c, e) from (values
    (E'(\x010\x02.n = \x011\x02.n)', E'(\x010\x02.n / 100)', E'(\x011\x02.n / 100)', 'integer', '{0,0}'::integer[]),
    (E'(\x010\x02.n = \x011\x02.n)', E'(\x010\x02.n / 100)', E'(\x011\x02.n / 10)', 'integer', '{0,1}'),
    (E'(\x010\x02.n = \x011\x02.total)', E'(\x010\x02.n / 100)', E'(\x011\x02.n / 100)', 'integer', '{0,1}'),
    (E'(\x010\x02.big = \x011\x02.n)', E'(\x010\x02.big / 100)', E'(\x011\x02.n / 100)', 'bigint', '{0,1}'),
    (E'((\x010\x02.n / 100) = (\x011\x02.n / 100))', E'(\x010\x02.n / 100)', E'(\x011\x02.n / 100)', 'integer', '{0,0}'),
    (E'((\x011\x02.n / 100) = (\x010\x02.n / 100))', E'(\x010\x02.n / 100)', E'(\x011\x02.n / 100)', 'integer', '{0,0}'),
    (E'((\x010\x02.n / 100) = \x011\x02.total)', E'(\x010\x02.n / 100)', E'\x011\x02.total', 'integer', '{0,0}'),
    (E'((\x010\x02.n / 100) >= \x011\x02.total)', E'(\x010\x02.n / 100)', E'\x011\x02.total', 'integer', '{0,1}'),
    (E'(((\x010\x02.n / 100) = \x011\x02.total) OR true)', E'(\x010\x02.n / 100)', E'\x011\x02.total', 'integer', '{0,1}')) v(e, k1, k2, d, c);
select partitioncache_update_processor_config(untracked => 'track');
select partitioncache_track('visit', k) from unnest('{month,date_,word}'::text[]) k;
select partitioncache_track('booking', k) from unnest('{month,date_,word,int}'::text[]) k;
select fill('select v.id, b.id as i from visit v join booking b on b.month = date_trunc(''month'', v.at) where v.n < -150 and b.total = 7', 'month');
insert into visit (id, at, n) values (5000, '2024-05-05', -160), (5001, null, -160), (5002, 'infinity', -160), (5003, '-infinity', -160);
update booking set month = '2024-05-01', total = 7 where id = 3;
select is((select array_agg(distinct k order by k) from partitioncache_changes_month c, unnest(c.keys) k), array['-infinity', '2024-05-01', 'infinity', null]::timestamp[], 'expressions are logged');
select is(rows_of(partitioncache_apply(q, 'month', method => m)), rows_of(q), 'rows after writes by ' || m)
from unnest(array['literal', 'subquery', 'current', 'auto']) m, (values ('select v.id, b.id as i from visit v join booking b on b.month = date_trunc(''month'', v.at) where v.n < -150 and b.total = 7')) v(q);

-- Ranges of the column beside the list, for indexes and native partitions
select is(pc_key_ranges(k, d, a), r, format('%s: %s', k, a)) from (values
    ('(date_trunc(''month''::text, v.at))', 'timestamp', '{2024-01-01,2024-02-01,2024-05-01}'::timestamp[], '(v.at >= ''2024-01-01 00:00:00''::timestamp without time zone AND v.at < ''2024-03-01 00:00:00''::timestamp without time zone OR v.at >= ''2024-05-01 00:00:00''::timestamp without time zone AND v.at < ''2024-06-01 00:00:00''::timestamp without time zone)'),
    ('(date_trunc(''month''::text, (v.day)::timestamp without time zone))', 'timestamp', '{2024-01-01}', '(v.day >= ''2024-01-01 00:00:00''::timestamp without time zone AND v.day < ''2024-02-01 00:00:00''::timestamp without time zone)'),
    ('(date_trunc(''month''::text, v.at))', 'timestamp', '{2024-01-01,infinity}', null),
    ('(date_trunc(''month''::text, v.at))', 'timestamp', '{}', null),
    ('(date_trunc(''dow''::text, v.at))', 'timestamp', '{2024-01-01}', null)) v(k, d, a, r);
select is(pc_key_ranges('(v."A b")::date', 'date', '{2024-02-29,2024-03-01}'::date[]), '(v."A b" >= ''2024-02-29 00:00:00''::timestamp without time zone AND v."A b" < ''2024-03-02 00:00:00''::timestamp without time zone)', 'days');
select is(pc_key_ranges('(EXTRACT(year FROM v.at))', 'numeric', '{2023,2024}'::numeric[]), '(v.at >= ''2023-01-01''::date AND v.at < ''2025-01-01''::date)', 'years');
select is(pc_key_ranges('(v.n / 100)', 'integer', a), r, 'blocks ' || a::text) from (values
    ('{0}'::integer[], '(v.n >= ''-99''::bigint AND v.n < ''100''::bigint)'), ('{3}', '(v.n >= ''300''::bigint AND v.n < ''400''::bigint)'), ('{-3}', '(v.n >= ''-399''::bigint AND v.n < ''-299''::bigint)'),
    ('{-1,0,1}', '(v.n >= ''-199''::bigint AND v.n < ''200''::bigint)')) v(a, r);
select is((select count(*) from generate_series(-1000, 1000) n where (n / 7 = any ('{-2,0,5}') and not (n >= -20 and n < -13 or n >= -6 and n < 7 or n >= 35 and n < 42))), 0::bigint, 'division, as PostgreSQL does it');
select is(pc_key_ranges('(v.n / 7)', 'integer', '{-2,0,5}'::integer[]), '(v.n >= ''-20''::bigint AND v.n < ''-13''::bigint OR v.n >= ''-6''::bigint AND v.n < ''7''::bigint OR v.n >= ''35''::bigint AND v.n < ''42''::bigint)', 'is what the ranges say');
select is(pc_key_ranges('(floor((v.x / (10)::double precision)))', 'float', '{3}'::float8[]), '(v.x >= ''20''::double precision AND v.x < ''50''::double precision)', 'cells');
select is(pc_key_ranges('(floor((v.x / (10)::double precision)))', 'float', '{3,NaN}'::float8[]), null, 'not a number');
select is(pc_key_ranges('v.n', 'integer', '{3}'::integer[]), null, 'a column');
select is(pc_key_ranges('(v.n / 9)', 'bigint', '{9223372036854775807}'::bigint[]) is null, false, 'the largest');
select is((select count(*) from regexp_matches(pc_key_ranges('(v.n / 7)', 'integer', array(select 2 * i from generate_series(1, 40) i)), ' OR ', 'g')), 0::bigint, 'many are one');

create table log (id integer, at timestamp, kind integer) partition by range (at);
do $$ begin for n in 0 .. 23 loop execute format('create table log_%s partition of log for values from (%L) to (%L)', n, timestamp '2023-01-01' + n * interval '1 month', timestamp '2023-01-01' + (n + 1) * interval '1 month'); end loop; end $$;
create table log_other partition of log default;
insert into log select n, timestamp '2023-01-01' + n % 730 * interval '1 day', case when n % 730 between 40 and 65 or n % 730 between 300 and 310 then n % 11 else 99 end from generate_series(1, 40000) n;
insert into log values (0, null, 3);
create index on log (at);
analyze log;
select partitioncache_place('log', 'date_trunc(''month'', at)', 'month');
create function partitions_read(query text) returns bigint language plpgsql as $$
declare
    plan jsonb;
begin
    execute 'explain (analyze, format json) ' || query into plan;
    return (select count(*) from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name") && @."Actual Loops" > 0)') n);
end
$$;
select partitioncache_update_processor_config(untracked => 'track');
select partitioncache_track('log', 'month');
select fill('select * from log where kind = 3', 'month');
select is((select key_count from partitioncache_entries('month') where query ~ 'log'), 4::bigint, 'months');
select is(partitions_read(partitioncache_apply('select * from log where kind = 3', 'month', method => m)), n, 'partitions read by ' || m) from (values ('literal', 5::bigint), ('current', 5), ('auto', 5)) v(m, n);
select is(rows_of(partitioncache_apply(q, 'month', method => m)), rows_of(q), 'rows by ' || m) from unnest(array['literal', 'current', 'auto', 'IN', 'VALUES']) m, (values ('select * from log where kind = 3'), ('select * from log where kind = 3 and at is not null')) v(q);
insert into log values (-1, '2024-07-31 23:59:59.999999', 3), (-2, '2024-07-01', 3), (-3, null, 3), (-4, 'infinity', 3);
select is(rows_of(partitioncache_apply(q, 'month', method => m)), rows_of(q), 'rows after writes by ' || m) from unnest(array['literal', 'current', 'auto', 'IN', 'VALUES']) m, (values ('select * from log where kind = 3'), ('select * from log where kind = 3 and at is not null')) v(q);
delete from log where at = 'infinity';
-- At the end of what there is, there is no next month and no next day.
select fill('select * from log where kind = 3', 'month');
create temp table last_days as
select k, partitioncache_apply('select * from log where kind = 3', k, method => 'current') as query from unnest('{month}'::text[]) k;
insert into log values (-5, '294276-12-31 10:00', 3);
select is(rows_of(query), rows_of('select * from log where kind = 3'), 'rows after a write on the last day that there is, by ' || k) from last_days;
select ok(query ~ 'SELECT CASE WHEN max', 'a range of what was written is asked for') from last_days;
delete from log where id = -5;

-- A column that becomes another puts the placement aside, and no write fails
alter table visit alter country type varchar(30);
select matches((select state from partitioncache_placements() where relation = 'visit'::regclass and partition_key = 'word'), 'not used: column country was of type text', 'a column of another type');
select lives_ok($$insert into visit (id, country) values (6000, 'XX')$$, 'writes go on');
create function evil(varchar) returns text language plpgsql as $$ begin raise 'called'; end $$;
select ok((select whole from partitioncache_changes_word order by xid desc limit 1), 'what was written is not known then');

-- A session in which the expression would mean something else
create schema shadow;
create function shadow.lower(text) returns text language sql immutable as $$ select 'x' $$;
alter table visit alter country type text;
set search_path = shadow, pg_catalog, public, partitioncache_internal, tap;
select is((partitioncache_explain('select * from visit where n = 3', 'word', method => 'literal')).reason, 'under the settings of this session the placement of the partition key in public.visit would mean something else', 'shadowed');

-- Several columns in one key: a text that tells them apart, and what is said of each
set search_path = public, partitioncache_internal, tap;
select partitioncache_update_processor_config(untracked => 'static');
create table ledger (id integer, tenant integer, month date, code varchar(9), at timestamp, n smallint, flag boolean, big bigint, span interval) partition by list (tenant);
create table ledger_1 partition of ledger for values in (1, 2);
create table ledger_2 partition of ledger for values in (3, 4) partition by range (month);
create table ledger_2a partition of ledger_2 for values from (minvalue) to ('2024-04-01');
create table ledger_2b partition of ledger_2 for values from ('2024-04-01') to (maxvalue);
create table ledger_other partition of ledger default;
insert into ledger select i, nullif(i * 7 % 9 - 2, 5), date '2024-01-01' + i % 300, nullif('c' || i % 7 || repeat(' ', i % 3), 'c3'), timestamp '2023-06-01' + i * interval '5 h', i % 9 - 4, i % 3 = 0, i * 10000000000, '1 day'
from generate_series(1, 3000) i;
insert into ledger values (0, null, 'infinity', '', 'infinity', 3, null, 0, null), (-1, 4, '-infinity', null, '-infinity', 3, null, 0, null);
analyze ledger;

create function place_typed(expression text, key text) returns text language plpgsql as $$
begin
    perform partitioncache_place('public.typed', expression, key);
    return '';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;

create function parts(expression text, keys text[]) returns text language plpgsql as $$
begin
    perform partitioncache_place('public.ledger', expression, 'word');
    return pc_part_lists((select pc_named(replace(p.template, E'\x01\x02', E'\x01' || '0' || E'\x02'), 0, 'l') from pc_placement_of('partitioncache', 'word', 'public.ledger'::regclass) p), 'public.ledger', keys);
end
$$;
select is(parts(e, k), r, e || ': ' || k::text) from (values
    ('tenant::text || '' '' || n::text', '{1 2,1 -3}'::text[], 'l.tenant = ANY (''{1}''::bigint[]) AND l.n = ANY (''{-3,2}''::bigint[])'),
    ('tenant::text || ''-'' || n::text', '{1-2,-1--3}', 'l.tenant = ANY (''{-1,1}''::bigint[]) AND l.n = ANY (''{-3,2}''::bigint[])'),
    ('tenant::text || '' '' || code', '{1 a,2 b 3}', 'l.tenant = ANY (''{1,2}''::bigint[]) AND (l.code)::text = ANY (''{a,"b 3"}''::text[])'),
    ('code || ''.*'' || big::text', '{a.*1,.*.*2}', '(l.code)::text = ANY (''{.*,a}''::text[]) AND l.big = ANY (''{1,2}''::bigint[])'),
    ('code || ''-'' || n::text', '{a-1}', null),
    ('tenant::text || n::text', '{11}', null), ('tenant::text || '' 1 '' || n::text', '{1 1 1}', null), ('tenant::text || '' '' || n::text', '{1 2,x}', null), ('tenant::text || '' '' || n::text', '{}', null),
    ('tenant::text || '' '' || flag::text', '{1 true}', null), ('lower(code) || '' '' || tenant::text', '{a 1}', null),
    ('code || '' '' || code || '' '' || n::text', '{a a 1}', null),
    ('tenant::text || '' '' || n::text', '{99999999999999999999 1}', 'l.tenant = ANY (''{}''::bigint[]) AND l.n = ANY (''{1}''::bigint[])'),
    ('tenant::text || '' '' || extract(year from month)::text', '{1 2024}', 'l.tenant = ANY (''{1}''::bigint[]) AND (l.month >= ''2024-01-01''::date AND l.month < ''2025-01-01''::date)'),
    ('tenant::text || '' '' || extract(year from span)::text', '{1 2024}', null),
    ('tenant::text || '' '' || extract(year from month)::text', '{1 Infinity}', null),
    ('tenant::text || '' '' || extract(year from month)::text || ''-'' || extract(month from month)::text', '{1 2024-12,2 2024-11}',
     'l.tenant = ANY (''{1,2}''::bigint[]) AND (l.month >= ''2024-11-01 00:00:00''::timestamp without time zone AND l.month < ''2025-01-01 00:00:00''::timestamp without time zone)'),
    ('extract(month from at)::text || '' '' || extract(year from month)::text', '{3 2024}', '(l.month >= ''2024-01-01''::date AND l.month < ''2025-01-01''::date)')) v(e, k, r);
create function all_same(expression text, query text) returns setof text language plpgsql as $$
declare
    method text;
begin
    perform parts(expression, '{}');
    perform fill(query, 'word');
    foreach method in array '{literal,current,IN,VALUES}'::text[] loop
        return next is(rows_of(partitioncache_apply(query, 'word', method => method)), rows_of(query), concat_ws(': ', expression, method, query));
    end loop;
end
$$;
select all_same(e, q)
from (values ('tenant::text || '' '' || extract(year from month)::text || ''-'' || extract(month from month)::text'), ('code || ''/'' || tenant::text'), ('tenant::text || ''-'' || n::text'),
             ('n::text || '' '' || code'), ('extract(year from at)::text || '' '' || big::text')) x(e),
     unnest(array['select id from ledger where id % 50 = 3 and tenant > 1', 'select id from ledger where code < ''c2'' and id < 200', 'select id from ledger where id < 2', 'select id from ledger where at > ''2024-12-01'' and n = 2']) q;
select isnt(parts('tenant::text || '' '' || extract(year from month)::text || ''-'' || extract(month from month)::text', '{}'), 'x', 'placed');
select fill('select id from ledger where tenant = 4 and month between ''2024-06-01'' and ''2024-06-30''', 'word') > 0 as filled;
select is(partitions_read(partitioncache_apply('select id from ledger where tenant = 4 and month between ''2024-06-01'' and ''2024-06-30''', 'word', method => 'literal')), 1::bigint, 'each column leaves out partitions');

-- Types: what a partition key may be, and how what it may not be is placed
create type mood as enum ('glad', 'sad');
create table typed (id integer, flag boolean, small smallint, code char(4), mood mood, host inet);
insert into typed select i, i % 3 = 0, i % 50, 'c' || i % 20, (array['glad', 'sad', null])[1 + i % 3]::mood, ('10.0.0.' || i % 100)::inet from generate_series(1, 500) i;
analyze typed;
select alike(place_typed(e, k), said, e || ' as ' || k) from (values ('flag', 'int', 'PC004 %holds integer, and column flag of public.typed is of type boolean'), ('code', 'word', 'PC004 %holds text, and column code of public.typed is of type character%'),
    ('mood', 'word', 'PC004 %holds text, and column mood of public.typed is of type public.mood'), ('host', 'word', 'PC004 %holds text, and column host of public.typed is of type inet'), ('mood::text', 'word', 'PC001 %may give another value%'),
    ('flag::integer', 'int', ''), ('small', 'int', ''), ('lower(code)', 'word', ''), ('host::text', 'word', ''), ('flag::text', 'word', ''), ('case mood when ''glad'' then 1 end', 'int', 'PC001 the constant ''glad'' in %is not of one of PostgreSQL''s plain types')) v(e, k, said);
create function all_same_typed(expression text, key text, query text) returns setof text language plpgsql as $$
begin
    perform place_typed(expression, key);
    perform fill(query, key);
    return next is(rows_of(partitioncache_apply(query, key, method => 'literal')), rows_of(query), concat_ws(': ', expression, query));
    return next matches(partitioncache_apply(query, key, method => 'literal'), 'ANY', concat_ws(': ', expression, query));
end
$$;
select all_same_typed(e, k, q)
from (values ('flag::integer', 'int'), ('small', 'int'), ('lower(code)', 'word'), ('host::text', 'word'), ('flag::text', 'word')) v(e, k),
     unnest(array['select id from typed where id < 20', 'select id from typed where flag and small > 40', 'select a.id, b.id from typed a, typed b where a.code = b.code and a.host = b.host and a.flag = b.flag and a.mood = b.mood and a.id < 9']) q;

-- A view passes on an expression if it passes on all of its columns
create view renamed as select v.id, v.at as "When?", v.n as k, v.big from visit v where v.n < 250;
create view of_view as select r."When?" as t, r.id, w.country from renamed r join visit w on w.id = r.id;
create view moved as select id, at + interval '1 month' as at, n + 1 as n from visit;
create view cast_ as select id, at::timestamptz::timestamp(0) as at, n::bigint as n from visit;
create view grouped as select at, count(*) as c, max(n) as n from visit group by at;
select partitioncache_place('visit', 'date_trunc(''month'', at)', 'month'), partitioncache_place('visit', 'n::text || '' '' || big::text', 'word');
select is(replace((pc_key_of('partitioncache', k, d, v::regclass)).template, E'\x01\x02', '#'), t, v || ' ' || k) from (values
    ('renamed', 'month', 'timestamp', 'date_trunc(''month''::text, #."When?")'), ('of_view', 'month', 'timestamp', 'date_trunc(''month''::text, #.t)'), ('grouped', 'month', 'timestamp', 'date_trunc(''month''::text, #.at)'),
    ('moved', 'month', 'timestamp', null), ('cast_', 'month', 'timestamp', null), ('renamed', 'word', 'text', '(((#.k)::text || '' ''::text) || (#.big)::text)'), ('of_view', 'word', 'text', null)) x(v, k, d, t);
create function same_by_view(query text) returns setof text language plpgsql as $$
declare
    key text;
begin
    foreach key in array '{month,word}'::text[] loop
        perform fill(query, key);
        return query select is(rows_of(partitioncache_apply(query, key, method => m)), rows_of(query), concat_ws(': ', key, m, query)) from unnest('{literal,current,IN}'::text[]) m;
    end loop;
end
$$;
select same_by_view(q) from unnest(array['select * from renamed where k = 7', 'select * from of_view where country = ''DE'' and t < ''2024-06-01''', 'select r.id, o.country from renamed r, of_view o where r."When?" = o.t and r.k > 200 and o.country = ''it''',
    'select * from grouped where n > 290', 'select * from moved where n = 8', 'select r.k, v.id from renamed r, visit v where r."When?" = v.at and r.k = 14 and v.n < 0']) q;
select matches(partitioncache_apply('select * from renamed where k = 7', 'month', method => 'literal'), 'date_trunc.*"When[?]".* = ANY', 'restricted by the expression');
select * from finish();
