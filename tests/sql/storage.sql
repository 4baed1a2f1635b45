-- The cache used directly: registering, storing and reading key sets.
select no_plan();
create function said(call text) returns text[] language plpgsql as $$
declare
    detail text; hint text;
begin
    execute call;
    return null;
exception when others then
    get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
    return array[detail, hint];
end
$$;

-- Bits
select is(pc_bits_base(keys), base, 'base of ' || keys::text) from (values ('{100,-3}'::bigint[], -64::bigint), ('{0}', 0), ('{63}', 0), ('{64}', 64), ('{-1}', -64), ('{-64}', -64), ('{-65}', -128), ('{}', null),
    ('{9223372036854775807}', 9223372036854775744), ('{-9223372036854775808}', '-9223372036854775808')) v(keys, base);
select is(pc_bits_decode(pc_bits_encode(keys), pc_bits_base(keys)), keys, 'there and back: ' || left(keys::text, 40))
from (values ('{0}'::bigint[]), ('{-1,0,1}'), ('{1,2,66}'), ('{63,64}'), ('{-64,-63,127,128}'), ('{1000000}'), ('{-5000000000,-4999999999}'),
             ('{9223372036854775800,9223372036854775807}'), ('{-9223372036854775808,-9223372036854775807}'),
             ('{0,1048575,1048576,2097151,2097152,5000000}'), (array(select i from generate_series(-1048640, -1048500) i)), ('{-9223372036854775808,-9223372036852000000}'),
             (array(select i from generate_series(-300, 300) i where i % 3 = 0)), (array(select i from generate_series(1000000000, 1000000500) i))) v(keys);
select is(pc_bits_encode('{}'), null, 'no keys, no bits');
select is(pc_bits_decode(null, null), '{}'::bigint[], 'no bits, no keys');
select is(length(pc_bits_encode('{1000000,1000001}')), 64, 'as long as what it holds');
select is(pc_bits_encode('{5,5,5}'), pc_bits_encode('{5}'), 'twice is once');
select throws_ok($$ select pc_bits_encode('{0,268435456}') $$, 'PC004', 'keys from 0 on span 268435456 values, more than the 268435456 that bit storage holds', 'further apart than bit storage holds');
select throws_ok($$ select pc_bits_encode('{-9223372036854775808,9223372036854775807}') $$, 'PC004', null, 'as far apart as can be');
select lives_ok($$ select length(pc_bits_encode('{0,1000000}')) $$, 'a million apart');

-- Registering
select lives_ok($$ select partitioncache_register('city_id', 'integer') $$, 'register');
select lives_ok($$ select partitioncache_register('city_id', 'integer') $$, 'the same again changes nothing');
select lives_ok($$ select partitioncache_register(partition_key => 'city_id', datatype => 'integer', storage => 'array', cache => 'partitioncache') $$, 'by name');
select throws_ok(call, 'PC003', 'partition key "city_id" is already registered in cache "partitioncache" in another way', call)
from unnest(array['select partitioncache_register(''city_id'', ''text'')', 'select partitioncache_register(''city_id'', ''integer'', ''bit'')', 'select partitioncache_register(''city_id'', ''integer'', partition_local => true)']) call;
select is((said('select partitioncache_register(''city_id'', ''text'')'))[1], 'Registered: datatype integer, storage array, partition_local f. Asked for: datatype text, storage array, partition_local f.', 'how it is and how it was asked for');
select throws_ok(call, code, message, call)
from (values ('select partitioncache_register(null, ''integer'')', 'PC001', 'a partition key, a cache and partition_local are needed'),
             ('select partitioncache_register('''', ''integer'')', 'PC001', 'a partition key, a cache and partition_local are needed'),
             ('select partitioncache_register(''x'', ''integer'', cache => null)', 'PC001', 'a partition key, a cache and partition_local are needed'),
             ('select partitioncache_register(''x'', ''integer'', partition_local => null)', 'PC001', 'a partition key, a cache and partition_local are needed'),
             ('select partitioncache_register(''x'', ''int'')', 'PC004', '"int" is no datatype of a partition key'),
             ('select partitioncache_register(''x'', null)', 'PC004', null),
             ('select partitioncache_register(''x'', ''integer'', ''roaring'')', 'PC001', '"roaring" is no storage'),
             ('select partitioncache_register(''x'', ''integer'', null)', 'PC001', null),
             ('select partitioncache_register(''x'', ''text'', ''bit'')', 'PC004', 'bit storage holds integer and bigint, not text'),
             (format('select partitioncache_register(%L, ''integer'')', repeat('x', 60)), 'PC001', 'the names of the cache and the partition key are too long together')) v(call, code, message);
select lives_ok($$ select partitioncache_register('b_log_c', 'integer', cache => 'a') $$, 'names with underscores');
select throws_ok($$ select partitioncache_register('c', 'integer', cache => 'a_log_b') $$, 'PC003',
    'a table of partition key "c" in cache "a_log_b" would be called like one of partition key "b_log_c" in cache "a"', 'names that run into one another');
select is_empty($$ select from partitioncache_internal.partitioncache_settings where cache = 'a_log_b' $$, 'nothing is left of that');
select throws_ok(format('select partitioncache_grant(%L, ''read'', %L)', 'pg_monitor', repeat('x', 57)), 'PC001', 'the name of the cache is too long', 'a name that leaves no room for its counters');
select lives_ok($$ select partitioncache_register('Köln; drop table', 'bigint', 'bit', 'A "b" %s') $$, 'any name');
select lives_ok($$ select partitioncache_set('Köln; drop table', 'h', array[1, 2], cache => 'A "b" %s') $$, 'any name: set');
select is(partitioncache_get('Köln; drop table', 'h', null::bigint, 'A "b" %s'), '{1,2}'::bigint[], 'any name: get');
select results_eq('select partition_key, datatype, storage, entries from partitioncache_partition_keys()', $$ values ('city_id', 'integer', 'array', 0::bigint) $$, 'the partition keys');
select cmp_ok((select bytes from partitioncache_partition_keys()), '>', 0::bigint, 'and their size');
select is_empty('select * from partitioncache_partition_keys(''nothing'')', 'none in another cache');
select is(obj_description('partitioncache_internal.partitioncache_cache_city_id'::regclass), 'Key sets of partition key city_id in cache partitioncache. role: 0 for one that serves everybody, else the role that it serves alone. key_count is null where only the query is known; evaluation where the user asserted it.', 'the table says what it is');

-- Storing and reading
select partitioncache_set('city_id', 'three', array[5, 3, 8, 3]);
select is(partitioncache_get('city_id', 'three', null::integer), '{3,5,8}'::integer[], 'sorted, each once');
select is((select row(key_count, matches_null, evaluation is null, owner::regrole, owner_name, role)::text from partitioncache_internal.partitioncache_cache_city_id where hash = 'three'), '(3,f,t,postgres,postgres,0)', 'what is noted');
select partitioncache_set('city_id', 'three', array[9]::bigint[]);
select is(partitioncache_get('city_id', 'three', null::integer), '{9}'::integer[], 'what stood there is replaced; bigint goes into integer');
select partitioncache_set('city_id', 'written', '{7,5,null}');
select is(partitioncache_get('city_id', 'written', null::integer)::text, '{5,7,NULL}', 'keys may be written as a text');
select partitioncache_delete('city_id', 'written');
select partitioncache_set('city_id', 'null', array[1, null]);
select is(partitioncache_get('city_id', 'null', null::integer), '{1,NULL}'::integer[], 'null: rows without a partition key match too');
select partitioncache_set('city_id', 'empty', '{}'::integer[]);
select is(partitioncache_get('city_id', 'empty', null::integer), '{}'::integer[], 'an empty set is a set');
select is(partitioncache_get('city_id', 'nothing', null::integer), null, 'nothing is null');
select is(partitioncache_get('city_id', null, null::integer), null, 'a null hash is nothing');
select ok(partitioncache_exists('city_id', 'empty'), 'exists: an empty set');
select ok(not partitioncache_exists('city_id', 'nothing'), 'exists: nothing');
select partitioncache_set_query('city_id', 'later', 'select …');
select ok(not partitioncache_exists('city_id', 'later'), 'exists: a query alone is no key set');
select is(partitioncache_get('city_id', 'later', null::integer), null, 'get: nor here');
select is(partitioncache_query('city_id', 'later'), 'select …', 'its query is known');
select partitioncache_set('city_id', 'later', array[1]);
select is(partitioncache_query('city_id', 'later'), 'select …', 'the query stays when the keys come');
select partitioncache_set('city_id', 'later', array[1], 'select 2');
select is(partitioncache_query('city_id', 'later'), 'select 2', 'unless one comes with them');
select is(partitioncache_query('city_id', 'nothing'), null, 'no query');
select results_eq('select * from partitioncache_keys(''city_id'')', '{empty,later,"null",three}'::text[], 'all hashes');
select is(partitioncache_count('city_id'), 4::bigint, 'count');
select is(partitioncache_count(), 4::bigint, 'count: all partition keys');
select is(partitioncache_count(cache => 'nothing'), 0::bigint, 'count: another cache');
select ok(partitioncache_delete('city_id', 'empty'), 'delete');
select ok(not partitioncache_delete('city_id', 'empty'), 'delete: gone already');
select is((select count(*) from partitioncache_entry_use where hash = 'empty'), 0::bigint, 'delete: nor is its use kept');
select throws_ok(call, code, message, call)
from (values ('select partitioncache_set(''city_id'', null, ''{1}''::integer[])', 'PC001', 'the hash of an entry is null or empty'),
             ('select partitioncache_set(''city_id'', '''', ''{1}''::integer[])', 'PC001', 'the hash of an entry is null or empty'),
             ('select partitioncache_set(''city_id'', ''x'', null::integer[])', 'PC001', 'the keys are null'),
             ('select partitioncache_set(''city_id'', ''x'', ''{a}''::text[])', 'PC004', 'partition key "city_id" holds integer, not text'),
             ('select partitioncache_set(''city_id'', ''x'', ''{1.5}''::numeric[])', 'PC004', 'partition key "city_id" holds integer, not numeric'),
             ('select partitioncache_set(''city_id'', ''x'', ''{a}'')', 'PC004', 'the keys are no array of integer'),
             ('select partitioncache_set(''city_id'', ''x'', ''1'')', 'PC004', 'the keys are no array of integer'),
             ('select partitioncache_set(''city_id'', ''x'', null)', 'PC001', 'the keys are null'),
             ('select partitioncache_set(''city_id'', ''x'', ''{9000000000}''::bigint[])', '22003', 'integer out of range'),
             ('select partitioncache_get(''city_id'', ''x'', null::text)', 'PC004', 'partition key "city_id" holds integer, not text'),
             ('select partitioncache_set_query(''city_id'', null, ''x'')', 'PC001', 'the hash of an entry is null or empty')) v(call, code, message);
select throws_ok(call, 'PC002', null, call)
from unnest(array['select partitioncache_set(''nothing'', ''x'', ''{1}''::integer[])', 'select partitioncache_get(''nothing'', ''x'', null::integer)', 'select partitioncache_exists(''nothing'', ''x'')',
                  'select partitioncache_delete(''nothing'', ''x'')', 'select partitioncache_keys(''nothing'')', 'select partitioncache_query(''nothing'', ''x'')', 'select partitioncache_set_query(''nothing'', ''x'', ''y'')',
                  'select partitioncache_count(''nothing'')', 'select partitioncache_clear(''nothing'')', 'select partitioncache_intersect(''nothing'', ''{x}'', null::integer)',
                  'select partitioncache_get(''city_id'', ''x'', null::integer, ''nothing'')', 'select partitioncache_lookup(''nothing'', ''{x}'', ''public.poi'', null::integer)']) call;

-- Every datatype in every storage
select partitioncache_register('k_' || d || '_' || s, d, s)
from unnest('{integer,bigint,float,numeric,text,uuid,date,timestamp,timestamptz}'::text[]) d, unnest('{array,bit}'::text[]) s where s = 'array' or d in ('integer', 'bigint');
create function round_trip(datatype text, storage text, first text, second text, common text) returns setof text language plpgsql as $$
declare
    key text := format('k_%s_%s', datatype, storage);
    native text := pc_native_type(datatype);
    found text;
begin
    execute format('select partitioncache_set(%L, ''first'', %L::%s[])', key, first, native);
    execute format('select partitioncache_set(%L, ''second'', %L::%s[])', key, second, native);
    execute format('select partitioncache_get(%L, ''first'', null::%s) = (select array_agg(x order by x) from unnest(%L::%2$s[]) x)', key, native, first) into found;
    return next is(found, 'true', format('%s in %s storage: there and back', datatype, storage));
    execute format('select ((select array_agg(x order by x) from unnest(i.keys) x) = %L::%s[] and i.hits = 2)::text from partitioncache_intersect(%L, ''{first,second,third}'', null::%2$s) i', common, native, key) into found;
    return next is(found, 'true', format('%s in %s storage: what two have in common', datatype, storage));
end
$$;
select * from round_trip('integer', 'array', '{-2147483648,0,5,2147483647}', '{5,-2147483648,7}', '{-2147483648,5}');
select * from round_trip('integer', 'bit', '{-70,0,5,600}', '{5,-70,700}', '{-70,5}');
select * from round_trip('bigint', 'array', '{-9223372036854775808,0,9223372036854775807}', '{0,9223372036854775807}', '{0,9223372036854775807}');
select * from round_trip('bigint', 'bit', '{9223372036854775807,9223372036854775700}', '{9223372036854775807,9223372036854775000}', '{9223372036854775807}');
select * from round_trip('float', 'array', '{0.1,-Infinity,NaN,1e300}', '{NaN,0.1}', '{0.1,NaN}');
select * from round_trip('numeric', 'array', '{0.10,99999999999999999999.5}', '{0.1}', '{0.1}');
select * from round_trip('text', 'array', '{"","a, b","NULL",ä}', '{"a, b","",x}', '{"","a, b"}');
select * from round_trip('uuid', 'array', '{00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff}', '{ffffffff-ffff-ffff-ffff-ffffffffffff}', '{ffffffff-ffff-ffff-ffff-ffffffffffff}');
select * from round_trip('date', 'array', '{2024-02-29,infinity}', '{infinity}', '{infinity}');
select * from round_trip('timestamp', 'array', '{2024-02-29 01:02:03.456789,-infinity}', '{2024-02-29 01:02:03.456789}', '{2024-02-29 01:02:03.456789}');
select * from round_trip('timestamptz', 'array', '{2024-02-29 01:02:03.456789+00,2024-01-01 00:00+02}', '{2023-12-31 22:00+00}', '{2023-12-31 22:00+00}');

-- Intersections
select partitioncache_set('k_integer_bit', 'far', array[100000, 200000]);
select partitioncache_set('k_integer_bit', 'none', '{}'::integer[]);
select partitioncache_set('k_integer_bit', 'with null', array[5, null]);
select partitioncache_set('k_integer_bit', 'null alone', array[null]::integer[]);
select is((i).keys, keys, 'bits: ' || hashes::text) from (values ('{first,second}'::text[], '{-70,5}'::integer[]), ('{first,far}', '{}'), ('{first,none}', '{}'), ('{none}', '{}'), ('{first,with null}', '{5}'),
    ('{with null}', '{5,NULL}'), ('{null alone}', '{NULL}'), ('{null alone,with null}', '{NULL}'), ('{first,second,with null}', '{5}'), ('{far}', '{100000,200000}'), ('{}', null), ('{nothing}', null)) v(hashes, keys),
    lateral (select partitioncache_intersect('k_integer_bit', hashes, null::integer) i) x;
select is((partitioncache_intersect('k_integer_bit', '{first,first,nothing}', null::integer)).hits, 1, 'hits: each entry once, and only what is there');
select throws_ok($$ select partitioncache_set('k_integer_bit', 'wide', array[0, 2000000000]) $$, 'PC004', null, 'keys too far apart for bits');
select is(partitioncache_get('k_integer_bit', 'wide', null::integer), null, 'nothing is stored then');
select set_eq('select unnest(pc_intersect_arrays(''{1,2,3}''::integer[], ''{3,4,1}''))', '{1,3}'::integer[], 'what two arrays have in common');

-- Clearing
select is(partitioncache_clear('k_text_array'), 2::bigint, 'clear one partition key');
select is(partitioncache_count('k_text_array'), 0::bigint, 'it is empty');
select cmp_ok(partitioncache_clear(), '>', 10::bigint, 'clear all');
select is(partitioncache_count(), 0::bigint, 'all are empty');
select is((select count(*) from partitioncache_entry_use), (select count(*) from partitioncache_entry_use where cache <> 'partitioncache'), 'nor is their use kept');
select is(partitioncache_count('Köln; drop table', 'A "b" %s'), 1::bigint, 'another cache keeps its own');

select * from finish();
