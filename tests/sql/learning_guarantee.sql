-- The guarantee, with what is really read: learning reads no more rows than the queries have read without it, and one budget each. Races have a
-- budget of their own.
select no_plan();

create function rows_read() returns bigint language sql volatile as $$
    select sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid))::bigint
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')
$$;
-- Small tables that cost what large ones do: a query that costs less than 10,000 counts as one of 10,000.
set seq_page_cost = 40;
set random_page_cost = 160;
set cpu_tuple_cost = 0.4;
set cpu_index_tuple_cost = 0.2;
set cpu_operator_cost = 0.1;
create table place as
    select i as id, i * 37 % 1000 as city_id, i % 97 as kind, i % 13 as stars, i % 1009 as height, case when i * 37 % 1000 < 40 then i % 5 end as rare from generate_series(1, 30000) i;
create table street as select i as id, i * 11 % 1000 as city_id, i % 53 as surface, i % 1013 as length from generate_series(1, 20000) i;
create index on place (city_id);
create index on street (city_id);
vacuum analyze place, street;
select partitioncache_register('city_id', 'integer');

create function one_query() returns text language sql volatile as $$
    select case when n < 2 then format('select id from place where kind = %s and stars > %s', (random() * 96)::integer, (random() * 12)::integer)
                when n < 3 then format('select count(*) from place where height between %s and 1000 and stars in (%s, %s)', (random() * 1000)::integer, (random() * 12)::integer, (random() * 12)::integer)
                when n < 4 then format('select id from place where rare = %s', (random() * 5)::integer)
                when n < 6 then format('select p.id, s.id from place p join street s using (city_id) where p.kind = %s and s.surface = %s and p.height < s.length', (random() * 9)::integer, (random() * 5)::integer)
                when n < 7 then format('select p.id from place p join street s using (city_id) where p.rare = %s and s.length > %s', (random() * 5)::integer, (900 + random() * 100)::integer)
                else format('select p.id, q.id from place p join place q using (city_id) where p.kind = %s and q.kind = %s and p.height + q.height > %s', (random() * 9)::integer, (random() * 9)::integer, (random() * 2000)::integer) end
    from (select random() * 9 as n) r
$$;
create function lived(seed double precision, budget double precision, queries integer, out asked bigint, out learning bigint, out entries bigint) language plpgsql as $$
declare
    query text;
    before bigint;
    found record;
begin
    perform partitioncache_clear(), partitioncache_clear_queue(), partitioncache_update_processor_config(learning_budget => budget, race_budget => 0);
    perform setseed(seed);
    asked := 0; learning := 0;
    for n in 1 .. queries loop
        query := one_query();
        before := rows_read();
        for found in execute query loop end loop;
        asked := asked + rows_read() - before;
        before := rows_read();
        perform partitioncache_push(query, 'city_id');
        perform partitioncache_process_queue(max_seconds => 60);
        learning := learning + rows_read() - before;
    end loop;
    entries := partitioncache_count('city_id');
end
$$;
select unnest(array[cmp_ok(learning::double precision, '<=', (1 + budget) * asked, format('budget %s: %s rows for %s', budget, learning, asked)), cmp_ok(entries, '>', 0::bigint, 'and something is known')])
from unnest('{0.5,1}'::double precision[]) budget, lateral lived(0.3 + budget / 10, budget, 20);

select * from finish();
