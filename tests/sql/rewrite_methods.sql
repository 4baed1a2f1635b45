-- Every method for every datatype, column type and storage: always the same rows.
\ir _core.sql
select no_plan();

create table asked (column_type text, key text, query text);

create function methods_agree(column_type text, datatype text, storage text, examples text[]) returns setof text language plpgsql as $$
declare
    name text := format('%s as %s in %s storage', column_type, datatype, storage);
    key text := 'k_' || md5(name || examples::text);
    method text;
    query text;
begin
    perform partitioncache_register(key, datatype, storage);
    execute format('create table %I (%I %s, x integer)', 'd_' || key, key, column_type);
    -- Each key in several rows; half of the keys match x = 1, one null key does.
    execute format('insert into %I select v::%s, case when n %% 2 = 0 then 1 else n end from unnest($1) with ordinality u(v, n)', 'd_' || key, column_type) using examples;
    execute format('insert into %I select %I, 5 from %1$I; insert into %1$I values (null, 1), (null, 3); analyze %1$I', 'd_' || key, key);
    query := format('select * from %I where x = 1', 'd_' || key);
    insert into asked values (column_type, key, query);
    return next ok(fill(query, key) > 0, name || ': cached');
    foreach method in array '{auto,literal,current,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[] loop
        return next is(rows_of(partitioncache_apply(query, key, method => method)), rows_of(query), format('%s: rows by %s', name, method));
        if method <> 'auto' then
            return next is((partitioncache_explain(query, key, method => method)).method_used, method, format('%s: %s is used', name, method));
        end if;
    end loop;
    query := format('select a.*, b.x from %1$I a join %1$I b on a.%2$I = b.%2$I where a.x = 1 and b.x = 5', 'd_' || key, key);
    perform fill(query, key);
    foreach method in array '{literal,current,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[] loop
        return next is(rows_of(partitioncache_apply(query, key, method => method)), rows_of(query), format('%s: rows of a join by %s', name, method));
    end loop;
    return next ok((partitioncache_explain(query, key, method => 'literal')).rewritten ~ 'ANY', name || ': the join is restricted');
    query := format('select * from %I where x = 77', 'd_' || key);
    perform fill(query, key);
    foreach method in array '{literal,current,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[] loop
        return next is(rows_of(partitioncache_apply(query, key, method => method)), '{}', format('%s: no key at all by %s', name, method));
    end loop;
end
$$;

select * from methods_agree('integer', 'integer', 'array', '{0,-1,-2147483648,2147483647,5,7,64,63,-64,-65}');
select * from methods_agree('smallint', 'integer', 'array', '{0,-1,-32768,32767,5}');
select * from methods_agree('integer', 'integer', 'bit', '{0,-1,-70,63,64,65,127,128,1000,5}');
select * from methods_agree('smallint', 'integer', 'bit', '{0,-1,-70,63,64}');
select * from methods_agree('bigint', 'bigint', 'array', '{0,-1,-9223372036854775808,9223372036854775807,5}');
select * from methods_agree('bigint', 'bigint', 'bit', '{9223372036854775800,9223372036854775807,9223372036854775801,9223372036854775790}');
select * from methods_agree('bigint', 'bigint', 'bit', '{-9223372036854775808,-9223372036854775800,-9223372036854775700}');
select * from methods_agree('double precision', 'float', 'array', '{0,-0,0.1,1e308,-1e-300,NaN,Infinity,-Infinity,0.30000000000000004}');
select * from methods_agree('real', 'float', 'array', '{0,0.1,3.4e38,NaN,-Infinity}');
select * from methods_agree('numeric', 'numeric', 'array', '{0,0.10,0.1,1e30,-5.5,NaN,Infinity}');
select * from methods_agree('numeric(10,2)', 'numeric', 'array', '{0,0.10,-5.5}');
select * from methods_agree('text', 'text', 'array', array['', ' ', 'a', 'A', 'Frankfurt, Main', 'a), (b', '''; drop table poi; --', '"', '\', '\x41', '{a,b}', 'NULL', 'null', '%s %1$s %%', E'two\nlines', 'ä', '$1', '$$']);
select * from methods_agree('character varying(40)', 'text', 'array', array['', 'a', 'Frankfurt, Main', 'a'' or ''1''=''1', '\']);
select * from methods_agree('text collate "C"', 'text', 'array', '{a,B,ä}');
select * from methods_agree('uuid', 'uuid', 'array', '{00000000-0000-0000-0000-000000000000,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,ffffffff-ffff-ffff-ffff-ffffffffffff}');
select * from methods_agree('date', 'date', 'array', '{2024-02-29,0044-03-15 BC,infinity,-infinity,1999-12-31}');
select * from methods_agree('timestamp', 'timestamp', 'array', '{2024-02-29 12:34:56.789012,infinity,0044-03-15 01:02:03 BC,1999-12-31 23:59:59.999999}');
select * from methods_agree('timestamptz', 'timestamptz', 'array', '{2024-02-29 12:34:56.789012+05:30,-infinity,1999-12-31 23:59:59.999999+00,2024-10-27 02:30 CEST}');
create domain small as integer check (value < 1000);
create domain smaller as small;
create domain word as varchar(30);
select * from methods_agree('small', 'integer', 'array', '{0,-1,5,900}');
select * from methods_agree('smaller', 'integer', 'bit', '{0,-1,5,900}');
select * from methods_agree('word', 'text', 'array', '{a,b,c}');
set datestyle = 'SQL, DMY';
set timezone = 'Asia/Kolkata';
set extra_float_digits = -5;
select is(rows_of(partitioncache_apply(a.query, a.key, method => m)), rows_of(a.query), format('%s, written and read under other settings, by %s', a.column_type, m))
from asked a, unnest('{literal,current,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[]) m
where a.column_type in ('date', 'timestamptz', 'timestamp', 'double precision', 'real', 'numeric');
reset datestyle;
reset timezone;
reset extra_float_digits;

-- What cannot be a partition key
create table odd (id integer, c character(5), b boolean, j jsonb, i interval, n name, t text collate "C");
\ir _build.sql
\set odd_columns c,b,j,i,n
\if :icu
create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
alter table odd add loose text collate loose default 'z';
\set odd_columns :odd_columns,loose
\endif
insert into odd values (1, 'a', true, '1', '1 day', 'x', 'y');
select partitioncache_register(name, 'text') from unnest(string_to_array(:'odd_columns', ',')) name;
select r from unnest(string_to_array(:'odd_columns', ',')) name,
    unchanged('select * from odd where id = 1', 'no table that surely takes part in every row has a column "' || name || '" of the registered datatype (text)%', 'a column of type ' || name, name) r;
create table side (city_id bigint, x integer);
insert into side select i % 40, i % 5 from generate_series(1, 100) i;
select is((select array_agg(f.columns) from unnest((pc_take_apart('select 1 from poi p join side s on p.city_id = s.city_id where p.kind = 1 and s.x = 1', 'city_id', 'partitioncache', pc_session('public'))).families) f), '{{p.city_id}}'::text[], 'a bigint column is none of an integer partition key');
select * from restricted('select p.id from poi p join side s on p.city_id = s.city_id where p.kind = 1 and s.x = 1 and p.area > s.x', '{p.city_id}', 'it is joined as any other column');

-- auto
analyze;
select is((partitioncache_explain('select * from poi where kind = 11', 'city_id')).reason, 'none of the query''s fragments is in cache "partitioncache"', 'auto: nothing known');
create table large (city_id integer, kind integer, filler text);
insert into large select i % 2000, case when i % 2000 < 20 then i % 7 else 10 + i % 2 end, repeat('x', 100) from generate_series(1, 40000) i;
create index on large (city_id);
analyze large;
select fill(q) is not null as filled from unnest(array['select * from large where kind = 3', 'select * from large where kind >= 0', 'select * from large where kind = 10']) q;
select is((e).method_used, 'literal', 'auto: few keys, nothing tracked: literal') from (select partitioncache_explain('select * from large where kind = 3', 'city_id') e) x;
select is((e).partitions, 2000::bigint, 'auto: the number of partitions comes from the statistics') from (select partitioncache_explain('select * from large where kind = 3', 'city_id') e) x;
select alike((partitioncache_explain('select * from large where kind >= 0', 'city_id')).reason, '2000 of about 2000 partitions would remain: it would not pay', 'auto: nearly everything remains: unchanged');
create table unindexed as select * from large;
analyze unindexed;
select fill('select * from unindexed where kind = 10') is not null as filled;
select alike((partitioncache_explain('select * from unindexed where kind = 10', 'city_id')).reason, '%it would not pay%', 'auto: the planner expects no gain: unchanged');
select ok((e).applied, 'auto can be overruled') from (select partitioncache_explain('select * from large where kind >= 0', 'city_id', method => 'literal') e) x;
select partitioncache_track('large', 'city_id');
select fill('select * from large where kind = 3') is not null as filled;
select is((e).method_used, 'current', 'auto: tracked tables: a list, and what has changed') from (select partitioncache_explain('select * from large where kind = 3', 'city_id') e) x;
select matches((e).entries::text, 'tracked', 'explain says so') from (select partitioncache_explain('select * from large where kind = 3', 'city_id') e) x;

-- Native partitions are pruned when the query is planned.
create table parted (city_id integer, kind integer) partition by range (city_id);
select format('create table parted_%s partition of parted for values from (%s) to (%s)', i, i * 10, i * 10 + 10) from generate_series(0, 9) i \gexec
insert into parted select i % 100, case when i % 100 between 30 and 39 then 1 else 2 end from generate_series(1, 2000) i;
select * from restricted('select * from parted where kind = 1', '{parted.city_id}', 'a partitioned table');
create function plan_of(query text) returns text language plpgsql as $$
declare
    plan json;
begin
    execute 'explain (format json) ' || query into plan;
    return plan::text;
end
$$;
select ok(plan_of(partitioncache_apply('select * from parted where kind = 1', 'city_id', method => 'literal')) !~ 'parted_[0-24-9]', 'literal: only the partition that holds the keys is planned for');

-- A temporary table of keys is made once.
select partitioncache_apply('select * from large where kind = 3', 'city_id', method => 'TMP_TABLE_IN') = partitioncache_apply('select * from large where kind = 3', 'city_id', method => 'TMP_TABLE_IN') as same \gset
select ok(:'same', 'the same keys, the same temporary table');
select is((select count(*) from pg_class where relname ^@ 'partitioncache_keys_' and relpersistence = 't' and relname = substring(partitioncache_apply('select * from large where kind = 3', 'city_id', method => 'TMP_TABLE_IN') from 'partitioncache_keys_\w+')), 1::bigint, 'one temporary table');

select * from finish();
