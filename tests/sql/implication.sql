-- What one condition implies of another: every pair of generated conditions, held against rows with null, NaN, infinity, equal values and borders.
select no_plan();

select partitioncache_register('city_id', 'integer');

create table sample (kind text, position integer, value text);
insert into sample
select k.kind, v.position, v.value
from (values
    ('smallint', '{-32768,-7,-1,0,1,2,3,3,7,900,32767}'::text[]),
    ('integer', '{-2147483648,-900,-1,0,1,2,3,3,7,899,900,901,2147483647}'),
    ('bigint', '{-9223372036854775808,-3000000000,-1,0,1,2,3,2147483648,3000000000,9223372036854775807}'),
    ('numeric', '{-Infinity,-900,-1,0,0.0,0.1,0.10000000000000000001,1,1.50,1.5,2,900,1e30,Infinity,NaN}'),
    ('real', '{-Infinity,-1e30,-1,-0,0,0.1,1.1,1.1000001,1.5,16777216,16777217,Infinity,NaN}'),
    ('double precision', '{-Infinity,-1e300,-1,-0,0,0.1,1.1,1.1000000238418579,1.5,9007199254740993,Infinity,NaN}'),
    ('text', array['', ' ', 'a', 'A', 'a ', 'b', 'ab', '''', '"', 'ä', '{a,b}', 'NULL', '9', '10']),
    ('character varying(5)', array['', 'a', 'A', 'a ', 'b', 'ab', 'abcde', '9', '10']),
    ('character(3)', array['', 'a', 'a  ', 'b', 'ab', '9', '10']),
    ('date', '{-infinity,4713-01-01 BC,1969-12-31,2000-02-29,2024-01-01,2024-01-02,2024-12-31,infinity}'),
    ('timestamp', '{-infinity,2024-01-01,2024-01-01 00:00:00.000001,2024-01-01 12:00,2024-01-02,infinity}'),
    ('timestamptz', '{-infinity,2024-01-01 00:00+00,2024-01-01 00:00+02,2024-01-01 00:00:00.000001+00,2024-01-02 00:00-05,infinity}'),
    ('uuid', '{00000000-0000-0000-0000-000000000000,00000000-0000-0000-0000-000000000001,ffffffff-ffff-ffff-ffff-ffffffffffff}'),
    ('boolean', '{true,false}')) k(kind, values)
cross join lateral unnest(k.values) with ordinality v(value, position);

create table stated (kind text, said text, condition partitioncache_internal.pc_condition, holds boolean[]);

do $$
declare
    one record;
    said text;
begin
    for one in select s.kind, array_agg(s.value order by s.position) as values from sample s group by 1 loop
        execute format('create table rows_%s as select v.n::integer as id, 1 as city_id, v.value::%s as x from unnest($1 || null::text) with ordinality v(value, n)',
                       translate(one.kind, ' ()', '___'), one.kind) using one.values;
        for said in
            select format('x %s %L', o, v) from unnest(one.values) v, unnest('{<,<=,>,>=,=}'::text[]) o
            union all
            select format('%L %s x', v, o) from unnest(one.values[1:4]) v, unnest('{<,>=}'::text[]) o
            union all
            select format('x in (%L, %L)', a, b) from unnest(one.values) a, unnest(one.values) b where a < b
            union all
            select format('x in (%L, %L, null)', one.values[1], one.values[2])
            union all
            select format('x = any (array[%L, %L, %L]::%s[])', one.values[1], one.values[2], one.values[2], one.kind)
            union all
            select unnest('{x is not null,x is null,x is distinct from null}'::text[])
            union all
            -- constants of another type beside it
            select format('x %s %s', o, c) from unnest('{<,>,=}'::text[]) o, unnest('{1,1.5,-1,1.1,3000000000,1e20}'::text[]) c
            where one.kind in ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision')
            union all
            select format('x %s %s', o, c) from unnest('{<,>,>=}'::text[]) o, unnest(array['1.1::real', '1.1::float8', '''NaN''::float8', '2::smallint']) c
            where one.kind in ('real', 'double precision')
            union all
            select format('x %s %s', o, c) from unnest('{<,>=}'::text[]) o, unnest(array['date ''2024-01-01''', 'timestamp ''2024-01-01 12:00''']) c
            where one.kind in ('date', 'timestamp')
        loop
            execute format($sql$
                insert into stated
                select $1, $2, partitioncache_internal.pc_condition_of(regexp_replace(c, '\mt1\.', E'\x010\x02.', 'g')),
                       (select array_agg(coalesce(%1$s, false) order by id) from rows_%2$s)
                from (select f.conjuncts[1] as c from partitioncache_fragments('select * from rows_%2$s where ' || $2, 'city_id') f) f
                $sql$, said, translate(one.kind, ' ()', '___')) using one.kind, said;
        end loop;
    end loop;
end
$$;


create table pair as
select a.kind, a.said as known, b.said as wanted, partitioncache_internal.pc_implies(a.condition, b.condition) as implied,
       not exists (select from unnest(a.holds, b.holds) r(known, wanted) where r.known and not r.wanted) as holds
from stated a join stated b on a.kind = b.kind;

select cmp_ok((select count(*) from stated s where s.kind = k.kind and (s.condition).kind <> 'other'), '>', 10::bigint, 'conditions are read: ' || k.kind)
from (select distinct kind from sample) k where k.kind not in ('boolean', 'uuid');
select cmp_ok(count(*), '>', 100000::bigint, 'pairs') from pair;
select is_empty($$ select kind, known, wanted from pair where implied and not holds $$, 'what is called implied holds in every row');
select cmp_ok(count(*), '>', 5000::bigint, 'there are implied pairs') from pair where implied and known <> wanted;
select is((select array_agg(p.implied order by p.known, p.wanted) from pair p where p.kind = k and p.known in ('x > ''1''', 'x = ''2''') and p.wanted in ('x >= ''0''', 'x > ''2''', 'x is not null')),
          '{f,t,t,f,t,t}', 'an order is known: ' || k) from unnest('{smallint,integer,bigint,numeric}'::text[]) k;
select diag(format('%s: %s of %s pairs are implied, %s hold in the sample', kind, count(*) filter (where implied), count(*), count(*) filter (where holds))) from pair group by kind order by kind;
select * from finish();
