-- Keys from an extension's type, as H3's cells are: a type that is a number inside, of an extension that a superuser owns.
\ir _core.sql
select no_plan();
set search_path = public, partitioncache_internal, tap;
set client_min_messages = warning;

create type h3index;
create function h3index_in(cstring) returns h3index language internal immutable strict as 'int8in';
create function h3index_out(h3index) returns cstring language internal immutable strict as 'int8out';
create type h3index (input = h3index_in, output = h3index_out, like = bigint);
create cast (h3index as bigint) without function;
create cast (bigint as h3index) without function;
create function h3_latlng_to_cell(at point, resolution integer) returns h3index language sql immutable strict
return (floor(at[0] * resolution)::bigint * 1000 + floor(at[1] * resolution)::bigint)::h3index;
alter extension plpgsql add type h3index;
alter extension plpgsql add function h3index_in(cstring);
alter extension plpgsql add function h3index_out(h3index);
alter extension plpgsql add cast (h3index as bigint);
alter extension plpgsql add cast (bigint as h3index);
alter extension plpgsql add function h3_latlng_to_cell(point, integer);
create table shop (id integer primary key, at point, kind integer);
insert into shop select i, point(i % 50, i % 40), i % 7 from generate_series(1, 2000) i;
analyze shop;

select partitioncache_register('cell', 'bigint');
select throws_ok($$select partitioncache_place('shop', 'h3_latlng_to_cell(at, 2)', 'cell', never_fails => true)$$, 'PC004', null, 'a key is of a type that keys have');
select throws_ok($$select partitioncache_place('shop', 'h3_latlng_to_cell(at, 2)::bigint', 'cell')$$, 'PC001', null, 'whether it has a value for every row is for the user to say');
select lives_ok($$select partitioncache_place('shop', 'h3_latlng_to_cell(at, 2)::bigint', 'cell', never_fails => true)$$, 'as a number it is');
select lives_ok($$select partitioncache_track('shop', 'cell')$$, 'its writes can be logged: whose the type is, is known');
select is((select array_agg(relation::text || ' ' || state) from partitioncache_tracked_tables()), '{shop tracking}', 'it is tracked');
create function q() returns text language sql as $$ select 'select * from shop where kind = 3 and id < 100' $$;
select ok(fill(q(), 'cell') > 0, 'evaluated');
select matches(partitioncache_apply(q(), 'cell', method => 'literal'), 'h3_latlng_to_cell.*bigint.* = ANY', 'restricted');
select is(rows_of(partitioncache_apply(q(), 'cell', method => m)), rows_of(q()), 'its rows by ' || m) from unnest('{literal,current,IN,VALUES,subquery}'::text[]) m;
insert into shop values (0, point(1000, 1000), 3);
select is(rows_of(partitioncache_apply(q(), 'cell', method => m)), rows_of(q()), 'its rows after a write by ' || m) from unnest('{literal,current}'::text[]) m;
select * from finish();
