-- Values that look alike and differ, or differ and are equal: floats, padded strings, numerics of other scales, collations.
create extension partitioncache;
-- Where the server was built without ICU, any other will do.
do $$begin
    create collation anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
exception when feature_not_supported then
    create collation anycase from "C";
end$$;
create table poi (id integer, city_id integer, small real, big double precision, amount numeric, code char(5), name text, caseless text collate anycase, raw bytea);
insert into poi select n, n % 100, n / 10.0, n / 10.0, n / 10.0, 'c' || n % 90, 'Name ' || n % 90, 'Name ' || n % 90, int4send(n % 90) from generate_series(1, 20000) n;
insert into poi values (30001, 17, 'NaN', 'NaN', 'NaN', 'c  ', 'n', 'n', ''), (30002, 18, '-0', '-0', 0, 'nul', 'n', 'n', ''), (30003, 19, 'infinity', '-infinity', 1e100, '', '', '', null);
analyze poi;
\set q 'select id from poi where small = 0.1::real'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where small = 0.1'
\ir _check.sql
\ir _learn.sql
set extra_float_digits = -3;
\ir _check.sql
\set q 'select id from poi where big = 1234.5000000000002 or big = 0.30000000000000004'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where small > ''1e10'' or big < -1e300 or small = ''NaN'' or big = 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where amount = 1.50'
\ir _learn.sql
\set q 'select id from poi where amount = 1.5'
\ir _check.sql
\set q 'select id from poi where code = ''c7   '' and id > 0'
\ir _learn.sql
\set q 'select id from poi where code = ''c7'' and id > 0'
\ir _check.sql
\set q 'select id from poi where code = ''c7  ''::text and id > 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where code::text = ''c7'' and id > 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where caseless = ''NAME 7'' and id > 0'
\ir _learn.sql
\ir _check.sql
\set q 'select id from poi where name = ''NAME 7'' and id > 0'
\ir _check.sql
\set q 'select id from poi where name = ''NAME 7'' collate anycase and id > 0'
\ir _check.sql
\ir _learn.sql
insert into poi values (40001, 50, 0.1, 0.1, 1.500, 'c7', 'nAmE 7', 'nAmE 7', '\x');
\ir _check.sql
\set q 'select id from poi where raw = ''\\x00000007'' and name < ''a'' collate "C"'
\ir _learn.sql
set bytea_output = 'escape';
\ir _check.sql
