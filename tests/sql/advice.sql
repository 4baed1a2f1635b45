-- partitioncache_advise: which column would make a partition key, read off queries, statistics and samples, by the role that asks.
select no_plan();

create table city (id integer primary key, name text not null, country text);
create table place (id integer primary key, city_id integer not null references city, kind integer not null, height float8);
create table "Review" (id integer primary key, town integer not null references city(id), place_id integer not null references place, stars integer not null, text text);
insert into city select g, 'city ' || g, 'c' || g % 20 from generate_series(0, 999) g;
insert into place select g, g % 1000, abs(hashint4(g)) % 977, abs(hashint4(-g)) % 100 from generate_series(1, 50000) g;
insert into "Review" select g, g % 1000, g % 50000 + 1, abs(hashint4(-g)) % 10, 'text' from generate_series(1, 20000) g;
create index on place (city_id);
analyze;
create function queries() returns text[] language sql as $$
    select array['select count(*) from place a join place b using (city_id) where a.kind = 7 and b.kind = 8 and a.height < b.height',
                 'select count(*) from place p join "Review" r on r.town = p.city_id where p.kind = 7 and p.height > 50 and r.stars = 9',
                 'select count(*) from place p, city c where c.id = p.city_id and p.kind = $1 and c.country = $2',
                 'select * from "Review" where id = 5']
$$;

create table found as select * from partitioncache_advise(queries(), seconds => 30);
select is((select row(f.partition_key, f.datatype, array_to_string(f.stands_in, ' '), f.partitions)::text from found f limit 1), '(city_id,integer,"place.city_id ""Review"".town city.id",1000)', 'the key that a person would choose');
select ok((select f.saves between 0.15 and 1 from found f limit 1), 'it would save much of the time');
select ok((select bool_and((r ->> 'measured')::boolean) and count(*) >= 3 and max((r ->> 'kept')::numeric) < 0.5 from (select f.restricted from found f limit 1) f, jsonb_array_elements(f.restricted) r),
          'for three queries it was found out what that saves');
select is((select bool_or(q like '%$%') from found f, jsonb_array_elements(f.restricted) r, lateral (select r ->> 'query') q(q)), false, 'with values for parameters');
select ok((select (r ->> 'saves')::numeric > 0.5 from (select f.restricted from found f limit 1) f, jsonb_array_elements(f.restricted) r limit 1), 'the first saves most of its time');
select is((select f.statements[1:3] from found f limit 1), array['select partitioncache_register(''city_id'', ''integer'');', 'select partitioncache_place(''"Review"'', ''town'', ''city_id'');',
          'select partitioncache_place(''city'', ''id'', ''city_id'');'], 'what to run');
select is((select count(*) from partitioncache_registration), 0::bigint, 'nothing was done');
do $$ declare s text; begin for s in select unnest(f.statements) from (select * from found limit 1) f loop if s like 'select%' then execute s; end if; end loop; end $$;
select partitioncache_process_queue(max_seconds => 60);
select ok((select entries >= 3 from partitioncache_status()), 'it can be run');
select isnt(partitioncache_apply((queries())[1], 'city_id', method => 'literal'), (queries())[1], 'and restricts');

select is((select count(*) from partitioncache_advise(array['select count(*) from place where city_id = 5 and kind = 7'], seconds => 0) a where a.partition_key = 'city_id'), 0::bigint, 'one partition is asked for anyway');
select is((select count(*) from partitioncache_advise(array['select count(*) from place p join city c on c.id = p.city_id'], seconds => 0) a where a.partition_key is not null), 0::bigint, 'nothing is said but how they are joined');
select matches((select a.remark from partitioncache_advise(array['select count(*) from place p join city c on c.id = p.city_id'], seconds => 0) a), '^No partition key would save time for these queries, neither .*city_id', 'and that is said');
select is((select a.remark from partitioncache_advise(array['selec 1', 'insert into place values (1)'], seconds => 0) a limit 1), '2 queries could not be read, and were left out, the first of them: syntax error at or near "selec".', 'what is no query is said');
select matches((select a.remark from partitioncache_advise() a limit 1), '^The extension pg_stat_statements is not in this database', 'so is what is not there');
select is((select a.partition_key from partitioncache_advise(seconds => 0) a where a.stands_in @> '{place.city_id,city.id}'), 'city_id', 'then statistics and foreign keys alone speak');
select ok((select bool_and(a.saves is null) from partitioncache_advise(seconds => 0) a), 'of which nobody knows what they save');
select lives_ok($$ select partitioncache_advise(array['select * from place p join city c on c.id = p.city_id where false'], seconds => 0) $$, 'a query that costs nothing');
select is(partitioncache_internal.pc_readable_statement(q), r, 'a constant that no parameter can stand for') from (values
    ('select 1 from t where d >= date $1 and d < date $2 + interval $3 month and d <> Timestamp with time zone $4', 'select 1 from t where d >= $1::date and d < $2::date + $3::interval month and d <> $4::Timestamp with time zone'),
    ('select extract($1 from d), update $2, "date" from t', 'select date_part(left(''year'' || $1::text, 4),  d), update $2, "date" from t')) v(q, r);
select throws_ok('select partitioncache_advise(seconds => -1)', 'PC001', 'seconds or most is out of range', 'time is not negative');
select throws_ok('select partitioncache_advise(most => null)', 'PC001', null, 'nor null');
select is((select (r ->> 'measured')::boolean from (select * from partitioncache_advise(queries(), seconds => 0) limit 1) a, jsonb_array_elements(a.restricted) r limit 1), false, 'without time the planner speaks');

-- Values for parameters
create table sold (id integer primary key, city_id integer references city, item integer, amount integer, kind text, at timestamptz, note text) with (autovacuum_enabled = false);
insert into sold select g, g % 500, g % 5000, g % 50, 'kind ' || g % 20, '2020-01-01'::timestamptz + g * interval '1 hour', 'large ' || case g % 10 when 0 then 'blue' else 'green' end || ' box' from generate_series(1, 20000) g;
select is((select a.remark from partitioncache_advise(array['select count(*) from sold a join sold b using (item) where a.amount = 3'], seconds => 0) a limit 1),
          'There are no statistics, without which nothing is advised, of: sold. Run analyze. No column has few enough values, each in enough rows, to be a partition key for these queries.', 'what was never analysed');
analyze sold;
create function filled(query text) returns text language sql as $$ select regexp_replace(partitioncache_internal.pc_with_usual_values(query, partitioncache_internal.pc_session('public')), '[(](''[^'']*'')::[^()]*[)]', '\1', 'g') $$;
select matches(filled(q), r, q) from (values
    ('select 1 from sold where kind = $1', '= ''kind \d+''$'),
    ('SELECT 1 FROM SOLD S WHERE S.KIND = $1', '= ''kind \d+''$'),
    ('select 1 from sold where kind in ($1, $2, $3)', 'in [(]''kind \d+'', ''kind \d+'', ''kind \d+''[)]$'),
    ('select 1 from sold where kind = any ($1)', '= any [(]''[{]"kind \d+"[}]''[)]$'),
    ('select 1 from sold where note like $1 limit $2', 'like ''%box%'' limit ''10''$'),
    ('select 1 from sold where extract($1 from at) = $2', '= ''202\d''$'),
    ('select 1 from sold where length(kind) = $1', '= ''1''$'),
    ('select 1 from sold where at > now() - interval $1', '''30 days''::interval$'),
    ('select 1 from sold s, city c where c.id = s.city_id and c.name = $1', '= ''city \d+''$'),
    ('select 1 from sold where at between $1 and $2', 'between ''2021-\S+ \S+'' and ''2021-\S+ \S+''$'),
    ('select city_id from sold group by city_id having sum(amount) > $1 and count(*) >= $2', '> ''19\d\d'' and count[(][*][)] >= ''80''$'),
    ('select city_id from sold where kind = $1 group by city_id having sum(sold.amount) > $2', '> ''19\d''$'),
    ('select city_id from sold group by city_id having avg(amount) > $1 and max(amount) < $2', '> ''4\d'' and max[(]amount[)] < ''[3-6]''$')) v(q, r);
select is((select count(distinct m) from regexp_matches(filled('select 1 from sold where kind in ($1, $2, $3)'), 'kind \d+', 'g') m), 3::bigint, 'different ones in a list');
create table timed_planning as select clock_timestamp() as began;
create table many_alike as select * from partitioncache_advise(array(
    select format('select count(*) from place a1 join place a2 using (city_id) join sold a3 using (city_id) join "Review" a4 on a4.town = a3.city_id join place a5 using (city_id) join sold a6 using (city_id) where a1.kind = %s and a6.item = 7', n) from generate_series(1, 400) n),
    seconds => 0);
select ok((select clock_timestamp() - began < interval '12 s' from timed_planning), 'planning ends');
select matches((select a.remark from many_alike a limit 1), 'For \d+ queries there was no time: pass more seconds', 'which is said');
select ok((select count(a.partition_key) > 0 from many_alike a), 'of many queries alike, none is too little');

create table correlated (region integer, kind integer, v float8);
insert into correlated select g % 300, g % 50, g from generate_series(1, 60000) g order by 1;
create index on correlated (region);
analyze correlated;
select is((select a.partition_key from partitioncache_advise(array['select count(*) from correlated a join correlated b using (region) where a.kind = 7 and b.v > 59000'], seconds => 30) a limit 1), 'region', 'what the planner cannot know is found out');
-- Of many columns of one table, that by which it is joined to itself.
create table spot as select i as id, i % 50 as area, i % 60 as borough, i % 70 as county, i % 1000 as zone, abs(hashint4(i)) % 997 as kind, i as v from generate_series(1, 60000) i;
create index on spot (zone);
analyze spot;
select is((select a.partition_key from partitioncache_advise(array['select count(*) from spot a join spot b using (zone) where a.kind = 7 and b.kind = 8'], seconds => 10) a limit 1), 'zone', 'what joins a table to itself comes before what only stands in it');
select is((select row(a.partition_key, a.remark)::text from partitioncache_advise(array['nothing'], seconds => 0) a), '(,"1 query could not be read, and was left out: syntax error at or near ""nothing"".")', 'queries that cannot be read are no reason to guess');
begin read only;
select throws_ok($$ select partitioncache_advise(queries()) $$, 'PC009', 'a read-only transaction cannot take queries apart', 'not where nothing can be taken apart');
rollback;

-- With the rights of who asks, and nothing is written
create role advised;
select partitioncache_grant('advised', 'read');
grant usage on schema tap to public;
grant execute on all functions in schema tap to public;
grant select on all tables in schema tap to public;
grant execute on function queries() to advised;
set role advised;
select is((select count(*) from partitioncache_advise(queries(), seconds => 5) a where a.partition_key is not null), 0::bigint, 'who may not read a table gets no advice on it');
reset role;
create table written (n integer);
create function writes(n integer) returns integer language plpgsql as $$ begin insert into written values (n); return n; end $$;
create function waits(n integer) returns integer language plpgsql as $$ begin perform pg_sleep(0.01); return n; end $$;
select lives_ok($$ select partitioncache_advise(array['select count(*) from place a join place b using (city_id) where writes(a.kind) = 7 and a.kind < 3'], seconds => 5) $$, 'a query that writes');
select is((select count(*) from written), 0::bigint, 'has not written');
create domain checked as integer check (writes(value) < 40);
select lives_ok($$ select partitioncache_advise(array['select count(*) from place a join place b using (city_id) where a.kind = $1::checked'], seconds => 5) $$, 'a type that writes');
select is((select count(*) from written), 0::bigint, 'has not written either');
create table timed as select clock_timestamp() as began;
select lives_ok($$ select partitioncache_advise(array['select count(*) from place a join place b using (city_id) where waits(a.kind) = 7'], seconds => 1) $$, 'a query that takes long');
select ok((select clock_timestamp() - began < interval '5 s' from timed), 'ends in time');
drop owned by advised;
drop role advised;
select * from finish();
