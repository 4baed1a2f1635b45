-- A placement is an expression that an administrator of a cache writes, and that the installer has parsed: nothing of it runs with the installer's rights.
select no_plan();

create table poi (id integer, city_id integer);
select partitioncache_register('city_id', 'integer');
create role hostile_placer;
grant usage on schema tap to hostile_placer;
select partitioncache_grant('hostile_placer', 'administer');
create schema lair authorization hostile_placer;

set role hostile_placer;
create sequence lair.ran;
create function lair.runs(anyelement) returns boolean immutable language plpgsql as $$begin
    perform nextval('lair.ran') where current_user <> 'hostile_placer';
    return true;
end$$;
create domain lair.checked as integer check (lair.runs(value));
create type lair.composite as (x lair.checked);
create type lair.span as range (subtype = integer);
create function lair.takes(lair.checked[]) returns integer immutable language sql return 1;
create function lair.takes_row(lair.composite) returns integer immutable language sql return 1;
create function lair.equal(lair.checked[], lair.checked[]) returns boolean immutable language sql return true;
create operator lair.=== (leftarg = lair.checked[], rightarg = lair.checked[], function = lair.equal);
create domain lair.text as integer[] check (lair.runs(value));
create table lair.placed (id integer, city integer, many lair.checked[], one lair.composite);
create domain pg_temp.uuid_ as integer check (lair.runs(value));

create view lair.attempt as
select replace(t, 'c.', E'\x01\x02.') as template from unnest(array[
    'CASE WHEN (''{1}''::lair.checked[] IS NULL) THEN c.city ELSE c.city END',
    'CASE WHEN (''(1)''::lair.composite IS NULL) THEN c.city ELSE c.city END',
    'CASE WHEN (lair.composite ''(1)'' IS NULL) THEN c.city ELSE c.city END',
    'CASE WHEN (CAST(''{1}'' AS lair.checked[]) IS NULL) THEN c.city ELSE c.city END',
    'CASE WHEN (c.many = ''{1}'') THEN c.city ELSE c.city END',
    'CASE WHEN (c.many OPERATOR(lair.===) ''{1}'') THEN c.city ELSE c.city END',
    'CASE WHEN (c.one = ''(1)'') THEN c.city ELSE c.city END',
    'c.city + lair.takes(''{1}'')', 'c.city + lair.takes_row(''(1)'')',
    'c.city + lair.takes(ARRAY[''1''::lair.checked])', 'c.city + lair.takes(ARRAY[''1'', ''2''])',
    'c.city + (''{1}''::lair.text)[1]', 'c.city + (''{1}''::text.text)[1]', 'c.city + ("text" ''{1}'')[1]',
    'CASE WHEN (U&''{1}''::lair.checked[] IS NULL) THEN c.city ELSE c.city END',
    'CASE WHEN (c.many = ''{1}'' ''::text'') THEN c.city ELSE c.city END',
    'CASE WHEN c.many = ''{1}'' THEN c.city ELSE c.city END',
    'CASE WHEN (''{1}'' = c.many) THEN c.city ELSE c.city END',
    'coalesce(c.city, ''1''::lair.checked)', 'coalesce(c.city, (''{1}''::pg_temp.uuid_[])[1])',
    'CASE c.many WHEN ''{1}'' THEN c.city END',
    'c.city + lair.takes((''{1}''))', 'c.city + lair.takes(VARIADIC ''{1}'')',
    E'c.city + lair.takes(''{1}''\n)', E'c.city)) from lair.placed p where lair.runs(1) --', 'c.city + $$1$$::integer', '''{1}'''
    ]) t;
create function lair.try_to_place(template text) returns text language plpgsql as $$begin
    perform partitioncache_internal.pc_call('place', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'city_id', 'relation', 'lair.placed'::regclass::oid,
                                            'template', template, 'never_fails', true));
    return 'done';
exception when others then
    return sqlstate;
end$$;
create table lair.tried as select template, lair.try_to_place(template) as outcome from lair.attempt;
reset role;
select is_empty('select * from lair.tried where outcome = ''done''', 'none of it is taken');
select ok(not (select is_called from lair.ran), 'and nothing has run as anybody else');
select throws_ok(format($$ select pc_call('place', '{"cache": "partitioncache", "partition_key": "city_id", "relation": %s, "template": "lair.takes(''{1}'')"}') $$, 'lair.placed'::regclass::oid),
                 'PC001', 'the constant ''{1}'' in ''lair.takes(''''{1}'''')'' is not of one of PostgreSQL''s plain types', 'the answer says why');
select is_empty('select * from partitioncache_placements()', 'nor is anything placed');

-- A column's type that is exchanged after the placement was looked at.
set role hostile_placer;
create type lair.named as (name text);
create function lair.name_of(lair.named) returns text immutable language sql return 'x';
create cast (lair.named as text) with function lair.name_of(lair.named) as implicit;
create table lair.exchanged (name lair.named);
reset role;
select throws_ok($$ select pc_create_key_function(pc_registration('partitioncache', 'city_id'), jsonb_populate_record(null::partitioncache_placement, jsonb_build_object(
                        'cache', 'partitioncache', 'partition_key', 'city_id', 'relation', 'lair.exchanged'::regclass::oid, 'relation_name', 'lair.exchanged',
                        'template', E'char_length(\x01\x02.name)', 'columns', array['name']))) $$,
                 'PC008', 'what is placed in lair.exchanged has changed: its partition key calls the function lair.name_of(lair.named), the type lair.named now', 'is seen in what the log would call');

-- What PostgreSQL writes for expressions that people use is taken.
set role hostile_placer;
create table lair.fine (id integer, name text, at timestamp, moment timestamptz, city numeric);
select lives_ok(format('select partitioncache_place(''lair.fine'', %L, ''city_id'', never_fails => true)', e), e)
from unnest(array['length(name || ''x'')', '(city / 10)::integer', 'extract(year from at)::integer', 'extract(hour from (moment at time zone ''UTC''))::integer',
                  'case name when ''a'' then 1 when ''b'' then 2 else 3 end', 'case when name in (''a'', ''b'') and at > ''2024-01-01'' then 1 end',
                  'position(''x'' in name)', 'coalesce(nullif(city, 5), 7)::integer']) e;
reset role;
select partitioncache_revoke('hostile_placer');
drop owned by hostile_placer cascade;
drop role hostile_placer;
select * from finish();
