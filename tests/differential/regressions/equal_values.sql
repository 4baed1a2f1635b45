-- Values that are equal but not the same (1.0 and 1.00, 0 and -0, letter case in citext): a key set holds one of them, the rows of all are kept.
create extension if not exists partitioncache;
create extension if not exists citext;
create table n (id integer primary key, amount numeric, kind integer);
insert into n values (1, 1.0, 1), (2, 1.00, 2), (3, 1, 1), (4, 'NaN', 1), (5, 'NaN', 2), (6, 2, 2), (7, null, 1);
create table m (id integer primary key, amount numeric, kind integer);
insert into m values (1, 1.000, 1), (2, 'NaN', 1), (3, 3, 1);
create table f (id integer primary key, amount float8, kind integer);
insert into f values (1, 0, 1), (2, '-0', 2), (3, 'NaN', 1), (4, 'NaN', 2), (5, 0.1, 1), (6, 0.1::real, 1);
create table c (id integer primary key, code citext, kind integer);
insert into c values (1, 'a', 1), (2, 'A', 2), (3, 'B', 1), (4, 'b', 1);
select partitioncache_register('amount', 'numeric', 'array');
select partitioncache_register('code', 'text', 'array');
select partitioncache_push($push$select * from n where kind = 1$push$, 'amount');
select partitioncache_push($push$select * from n, m where n.amount = m.amount and n.kind = 2 and m.kind = 1$push$, 'amount');
select partitioncache_push($push$select * from n where kind = 2$push$, 'amount');
select partitioncache_push($push$select * from f where kind = 1$push$, 'amount');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select partitioncache_push($push$select * from c where kind = 1$push$, 'code');
select partitioncache_push($push$select * from c a, c b where a.code = b.code and a.kind = 1 and b.kind = 2$push$, 'code');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id, amount from n where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'amount') as rewritten \gset
:query
;
:rewritten
;
select $query$select n.id, m.id from n, m where n.amount = m.amount and n.kind = 2 and m.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'amount') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from f where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'amount') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from c where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'code') as rewritten \gset
:query
;
:rewritten
;
select $query$select a.id, b.id from c a, c b where a.code = b.code and a.kind = 1 and b.kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'code') as rewritten \gset
:query
;
:rewritten
;
