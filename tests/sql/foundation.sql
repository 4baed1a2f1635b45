-- Errors, datatypes, settings, registrations, names.
select no_plan();

select throws_ok($$ select pc_fail('PC001', 'a message', 'a detail', 'a hint') $$, 'PC001', 'a message', 'fail raises what it is told');
create function said(call text) returns text[] language plpgsql as $$
declare
    code text; message text; detail text; hint text;
begin
    execute call;
    return null;
exception when others then
    get stacked diagnostics code = returned_sqlstate, message = message_text, detail = pg_exception_detail, hint = pg_exception_hint;
    return array[code, message, detail, hint];
end
$$;
select is(said($$ select pc_fail('PC009', 'm', 'd', 'h') $$), '{PC009,m,d,h}'::text[], 'code, message, detail and hint');
select matches(partitioncache_version(), '^\d+\.\d+\.\d+$', 'version');
select is(partitioncache_version(), (select extversion from pg_extension where extname = 'partitioncache'), 'the version is that of the extension');

-- Datatypes
select results_eq($$ select d, pc_native_type(d)::text from unnest('{integer,bigint,float,numeric,text,uuid,date,timestamp,timestamptz}'::text[]) d $$,
    $$ values ('integer', 'integer'), ('bigint', 'bigint'), ('float', 'double precision'), ('numeric', 'numeric'), ('text', 'text'), ('uuid', 'uuid'),
              ('date', 'date'), ('timestamp', 'timestamp without time zone'), ('timestamptz', 'timestamp with time zone') $$, 'the type of each datatype');
select is(pc_native_type('int'), null, 'a word that is no datatype');
select is(pc_native_type(null), null, 'null is none');
create domain small as integer;
create domain smaller as small check (value > 0);
create domain name_of as varchar(20);
select results_eq($$ select t::regtype::text, pc_datatype_of(t::regtype) from unnest('{smallint,integer,bigint,real,double precision,numeric,text,varchar,uuid,date,timestamp,timestamptz,small,smaller,name_of}'::text[]) t $$,
    $$ values ('smallint', 'integer'), ('integer', 'integer'), ('bigint', 'bigint'), ('real', 'float'), ('double precision', 'float'), ('numeric', 'numeric'),
              ('text', 'text'), ('character varying', 'text'), ('uuid', 'uuid'), ('date', 'date'), ('timestamp without time zone', 'timestamp'),
              ('timestamp with time zone', 'timestamptz'), ('small', 'integer'), ('smaller', 'integer'), ('name_of', 'text') $$, 'the datatype of each type');
select is(pc_datatype_of(t::regtype), null, t || ' can hold no partition key') from unnest('{character,name,"char",boolean,jsonb,interval,time,oid,money,bytea,inet,integer[],int4range}'::text[]) t;
\ir _build.sql
select is(pc_datatype_of('text'::regtype, '"C"'::regcollation), 'text', 'text under a collation');
\if :icu
create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
select is(pc_datatype_of('text'::regtype, 'loose'::regcollation), null, 'text under a collation in which different texts are equal');
\endif

-- Settings
select is((pc_settings('partitioncache'))::text, '(partitioncache,64,f,1,2,00:30:00,3,10000,track,1,0,0,00:00:00,200,100,0.02,4,600,200)', 'the defaults');
select partitioncache_register('city_id', 'integer');
select is((pc_settings('partitioncache')), (select s from partitioncache_internal.partitioncache_settings s), 'the row that registering made is the same');
update partitioncache_internal.partitioncache_settings set max_fragments = 5;
select is((pc_settings('partitioncache')).max_fragments, 5, 'a row says otherwise');
select is((pc_settings('another')).max_fragments, 64, 'another cache has the defaults');
select throws_ok('update partitioncache_internal.partitioncache_settings set ' || change, '23514', null, 'not: ' || change)
from unnest(array['max_fragments = 0', 'frequency_seconds = 0', 'max_parallel_jobs = 0', 'fragment_timeout = ''0''', 'max_attempts = 0', 'log_limit = -1', 'cache = ''''']) change;

-- Registrations
select is((pc_registration('partitioncache', 'city_id')).datatype, 'integer', 'a registration');
select throws_ok($$ select pc_registration('partitioncache', 'nothing') $$, 'PC002', 'partition key "nothing" is not registered in cache "partitioncache"', 'none');
select is((said($$ select pc_registration('partitioncache', 'nothing') $$))[3:4],
    array['Registered there: city_id (integer).', 'Call partitioncache_register(''nothing'', <datatype>, cache => ''partitioncache'') first.'], 'what is registered there, and what to do');
select is((said($$ select pc_registration('empty', null) $$))[3], 'Registered there: nothing.', 'in a cache that nobody uses');

-- Names
select is(pc_object_for('cache', 'partitioncache', 'city_id'), 'partitioncache_internal.partitioncache_cache_city_id', 'the table of key sets');
select is(pc_object_for('changes', 'partitioncache', 'city_id'), 'partitioncache_internal.partitioncache_changes_city_id', 'the change log');
select is(pc_object_for('cache', 'My "cache"', 'a.b'), 'partitioncache_internal."My ""cache""_cache_a.b"', 'quoted where it has to be');
select is(pc_cluster(), (select system_identifier from pg_control_system()), 'the cluster');

-- Dumped with the extension
select ok('partitioncache_internal.partitioncache_settings'::regclass::oid = any ((select extconfig from pg_extension where extname = 'partitioncache')::oid[]), 'a table of the extension is dumped');
select throws_ok($$ select pc_dump_with_extension('partitioncache_internal.partitioncache_settings') $$, '0A000', null, 'which is said when the extension is created');
create table mine (x integer);
select lives_ok($$ select pc_dump_with_extension('mine') $$, 'any other table is dumped anyway');
select ok('mine'::regclass::oid <> all ((select extconfig from pg_extension where extname = 'partitioncache')::oid[]), 'any other is none of ours');

-- Literals with backslashes are read by the session's rules, unless the function says by which.
select is_empty($test$
    select p.oid::regprocedure from pg_proc p
    where p.proname ~ '^(partitioncache|pc)_'
      and regexp_replace(regexp_replace(p.prosrc, $$E'([^'\\]|\\.|'')*'$$, '', 'g'), '\$re\$.*\$re\$', '') ~ $$'[^']*\\$$
      and not coalesce('standard_conforming_strings=on' = any (p.proconfig), false) $test$, 'every function reads its own literals as they were written');

select * from finish();
