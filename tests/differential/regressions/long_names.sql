-- Partition keys and caches whose names agree in their first letters have key sets of their own, however long they are.
create extension if not exists partitioncache;
create table pois (id integer primary key, kind integer,
    a_partition_key_with_a_name_that_is_very_long_indeed_number_one integer,
    a_partition_key_with_a_name_that_is_very_long_indeed_number_two integer);
insert into pois select n, n % 5, n % 20, 100 + n % 10 from generate_series(1, 100) n;
do $$ begin
    perform partitioncache_register('a_partition_key_with_a_name_that_is_very_long_indeed_number_one', 'integer');
exception when others then raise notice '%', sqlerrm; end $$;
do $$ begin
    perform partitioncache_register('a_partition_key_with_a_name_that_is_very_long_indeed_number_two', 'integer');
exception when others then raise notice '%', sqlerrm; end $$;
do $$ begin
    perform partitioncache_push('select * from pois where kind = 1', 'a_partition_key_with_a_name_that_is_very_long_indeed_number_one');
    perform partitioncache_push('select * from pois where kind = 2', 'a_partition_key_with_a_name_that_is_very_long_indeed_number_two');
exception when others then raise notice '%', sqlerrm; end $$;
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'a_partition_key_with_a_name_that_is_very_long_indeed_number_one') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'a_partition_key_with_a_name_that_is_very_long_indeed_number_two') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'a_partition_key_with_a_name_that_is_very_long_indeed_number_one') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'a_partition_key_with_a_name_that_is_very_long_indeed_number_two') as rewritten \gset
:query
;
:rewritten
;
