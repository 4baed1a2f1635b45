-- Where a partition key stands: in columns of other names.
\ir _core.sql
select no_plan();
set search_path = public, partitioncache_internal, tap;

create table customer (id integer primary key, name text, segment integer);
create table orders (id integer primary key, customer_id bigint, total integer);
create table visits (id integer, who integer references customer, minutes integer);
create table calls (id integer, customer integer, seconds integer);
insert into customer select n, 'customer ' || n % 7, n % 10 from generate_series(1, 200) n;
insert into orders select n, nullif(n * 7 % 211, 210), n % 90 from generate_series(1, 900) n;
insert into visits select n, 1 + n * 11 % 190, n % 80 from generate_series(1, 700) n;
insert into calls select n, nullif(n * 13 % 203, 0), n % 70 from generate_series(1, 500) n;

create index on orders (customer_id);
analyze;

-- Placing, and what there is
select partitioncache_register('customer', 'integer', placements => '{"customer": "id", "visits": "(who)"}');
create table orders_of (id integer primary key references customer);
select throws_ok($$select partitioncache_place('orders', 'customer_id', 'customer')$$, 'PC004', 'partition key "customer" holds integer, and column customer_id of public.orders is of type bigint', 'a type that is none of the key''s');
alter table orders alter customer_id type integer;
select lives_ok($$select partitioncache_place('orders', 'customer_id', 'customer')$$, 'placed');
select lives_ok($$select partitioncache_place('orders', 'customer_id', 'customer')$$, 'placed again');
select results_eq($$select relation::text, expression, type::text, state, tracked from partitioncache_placements()$$,
    $$values ('customer', 'id', 'integer', 'used', 'no'), ('orders', 'customer_id', 'integer', 'used', 'no'), ('visits', 'who', 'integer', 'used', 'no')$$, 'placements');
select throws_ok($$select partitioncache_place('orders', 'nothing', 'customer')$$, '42703', null, 'no such column');
select throws_ok(format('select partitioncache_place(''orders'', %L, ''customer'')', e), 'PC001', null, 'no expression: ' || e)
from unnest(array['id; drop table orders', 'id) from orders; --', 'id -- x', '', '(select 1)', $$E'\''$$, '$$x$$', 'id)', '(id', '"', '''']) e;
select throws_ok($$select partitioncache_place('orders', '(select 1)', 'customer')$$, 'PC001', $$'(select 1)' is no expression over one row of a table$$, 'a sub-select');
select throws_ok($$select partitioncache_place('orders', 'id;', 'customer')$$, 'PC001', $$the expression 'id;' cannot be read surely$$, 'a semicolon');
select throws_ok($$select partitioncache_place('orders', 'id', 'nothing')$$, 'PC002', null, 'not registered');
select throws_ok($$select partitioncache_register('customer', 'integer', placements => '[]')$$, 'PC001', 'the placements are no object of tables and expressions', 'placements that are none');
select throws_ok($$select partitioncache_register('customer', 'integer', placements => '{"nowhere": "id"}')$$, 'PC001', 'there is no table nowhere', 'a table that is not there');
create table parted (id integer, c integer) partition by list (id);
create table part_1 partition of parted for values in (1);
select throws_ok($$select partitioncache_place('part_1', 'c', 'customer')$$, 'PC001', 'no partition key can be placed in public.part_1', 'a partition');
select throws_ok($$select partitioncache_internal.pc_call('place', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'customer', 'relation', 'orders'::regclass::oid, 'template', E'\x01\x02.nothing'))$$, 'PC001', '''nothing'' is no column of public.orders', 'a template that names no column');

-- Suggested
select results_eq($$select placed::text, expression, reason from partitioncache_suggest_placements('customer', 'someone')$$,
    $$values ('customer', 'id', 'its primary key'), ('orders_of', 'id', 'its foreign key orders_of_id_fkey'), ('visits', 'who', 'its foreign key visits_who_fkey')$$, 'suggested by foreign keys');
select results_eq($$select call from partitioncache_suggest_placements('customer')$$, $$values ($c$select partitioncache_place('public.orders_of', 'id', 'customer')$c$)$$, 'what is placed is not suggested');

-- Fragments and restriction
select is((select array_agg(fragment) from partitioncache_fragments('select 1 from customer c join orders o on o.customer_id = c.id where c.segment = 3 and o.total > 20 * c.segment', 'customer') where cardinality(tables) = 2 and fragment ~ '= 3'),
    array['SELECT DISTINCT t1.id FROM public.customer t1, public.orders t2 WHERE (t1.id = t2.customer_id) AND (t1.segment = 3) AND (t2.total > (20 * t1.segment))'], 'a join by keys of different names');
select * from restricted('select * from customer c join orders o on o.customer_id = c.id where c.segment = 3 and o.total > 80', '{c.id,o.customer_id}', 'a join', 'customer');
select * from restricted('select * from customer c, orders o, visits v, calls x where o.customer_id = c.id and c.id = v.who and x.customer = v.who and v.minutes > 75 and o.total > 70 and x.seconds > 60', '{c.id,o.customer_id,v.who,x.customer}', 'four tables', 'customer');
select * from restricted('select * from customer c, orders o where o.id = c.id and c.segment = 3 and o.total > 80', '{c.id,o.customer_id}', 'not equated: each by itself', 'customer');
select * from restricted('select * from orders where total = 7', '{orders.customer_id}', 'rows without a key', 'customer');
select * from restricted('select * from calls where seconds = 7', '{calls.customer}', 'the column of its name stays', 'customer');
select * from restricted('select * from orders o left join visits v on v.who = o.customer_id where o.total = 7', '{o.customer_id}', 'an outer join', 'customer');
select * from restricted('select * from orders where total = 7 and customer_id > 100', '{orders.customer_id}', 'a condition on the key', 'customer');
select is(conjuncts_cached('select * from orders where total = 7 and customer_id > 100', 'customer'), '{"(t1.total = 7)"}'::text[], 'is in no fragment');
select * from restricted('select who, count(*) from visits where minutes = 7 group by who', '{visits.who}', 'the entry form', 'customer');
select ok((partitioncache_explain('select id from visits where minutes = 7 and id < 400', 'customer', method => 'literal')).hits > 0, 'contained');
select fill('select 1 from customer c join orders o on o.customer_id = c.id where c.segment = 3 and o.total > 20 * c.segment and o.total > 60', 'customer');
select ok((select count(*) from partitioncache_entries('customer') where query ~ 'total > 60' and query ~ 'orders t2') > 0, 'an entry on both');
select is(rows_of(partitioncache_apply(q, 'customer', method => m)), rows_of(q), 'rows of a contained entry by ' || m)
from unnest(array['literal', 'subquery', 'current', 'IN', 'VALUES']) m, (values ('select c.id, o.total from customer c join orders o on c.id = o.customer_id where o.total > 80 and o.total > 20 * c.segment and c.segment = 3 and c.id <> 4')) v(q);
create view big_orders as select id, customer_id as buyer, total from orders where total > 50;
select partitioncache_place('big_orders', 'buyer', 'customer');
select * from restricted('select * from big_orders b join customer c on c.id = b.buyer where b.total = 60', '{b.buyer,c.id}', 'a view that is placed', 'customer');

-- Views pass it on
create view bought as select o.total, o.customer_id as by_whom, o.id from orders o where total > 10;
create view bought_much as select b.*, (select max(id) from customer) as most, b.by_whom as again from (select * from bought) x join bought b using (id) where b.total > 50;
create view buyers as select customer_id, count(*) as n, sum(total) as total from orders group by customer_id;
create view joined as select c.name, v.who, v.minutes from customer c join visits v on v.who = c.id;
create view other_names as select o.id as customer_id from orders o;
select is((pc_key_of('partitioncache', 'customer', 'integer', v::regclass)).plain, c, 'passed by ' || v) from (values ('bought', 'by_whom'), ('bought_much', 'by_whom'), ('buyers', 'customer_id'), ('joined', 'who'), ('other_names', null)) x(v, c);
select * from restricted('select * from bought b join customer c on c.id = b.by_whom where b.total = 60', '{b.by_whom,c.id}', 'a view', 'customer');
select * from restricted('select * from bought_much where total = 60', '{bought_much.by_whom}', 'a view of a view', 'customer');
select * from restricted('select * from buyers where n = 4', '{buyers.customer_id}', 'a view that groups', 'customer');
select * from restricted('select * from joined j, calls x where x.customer = j.who and j.minutes > 70 and x.seconds > 60', '{j.who,x.customer}', 'a view that joins', 'customer');

-- What is placed elsewhere meanwhile
select ok((select count(*) from partitioncache_entries('customer') where query ~ 'public.orders') > 0, 'entries on orders');
select ok((select count(*) from partitioncache_entries('customer') where query !~ 'public.((big_)?orders|b[ou])' and state <> 'aside') > 0, 'and on others');
create temp table before as select hash, state, query ~ 'public.((big_)?orders|b[ou])' as gone from partitioncache_entries('customer');
select partitioncache_place('orders', 'id', 'customer');
select is((select count(*) from partitioncache_entries('customer') where query ~ 'public.((big_)?orders|b[ou])'), 0::bigint, 'its entries are gone');
select set_eq($$select hash, state from partitioncache_entries('customer')$$, $$select hash, state from before where not gone$$, 'the others are not');
select * from restricted('select * from customer c join orders o on o.customer_id = c.id where c.segment = 3 and o.total > 80', '{c.id,o.id}', 'placed elsewhere', 'customer');
select ok(partitioncache_unplace('orders', 'customer'), 'taken back');
select ok(not partitioncache_unplace('orders', 'customer'), 'once');
select * from restricted('select * from customer c join orders o on o.customer_id = c.id where c.segment = 3 and o.total > 80', '{c.id}', 'not placed', 'customer');
select partitioncache_place('orders', 'customer_id', 'customer');
select isnt_empty($$select fill('select 1 from orders where total > 80', 'customer')$$, 'filled');
alter table orders rename customer_id to buyer_id;
select is((partitioncache_explain('select 1 from orders where total > 80', 'customer', method => 'literal')).reason,
    'no table that surely takes part in every row has a column "customer" of the registered datatype (integer); public.orders is placed, but column customer_id is gone or renamed', 'a column that was renamed');
select is((select state from partitioncache_placements() where relation = 'orders'::regclass), 'not used: column customer_id is gone or renamed', 'it is said');
select is((select state from partitioncache_entries('customer') where query ~ 'orders' limit 1), 'aside', 'and its entries are aside');
select partitioncache_place('orders', 'buyer_id', 'customer');
alter table orders rename buyer_id to customer_id;
select partitioncache_place('orders', 'customer_id', 'customer');

-- What is stored by hand, of a fragment, is read by where the key stood then
create function by_hand(query text) returns void language sql as $$
    select partitioncache_set('customer', f.hash, '{1,2,3}'::integer[], f.fragment) from partitioncache_fragments(query, 'customer') f
$$;
select by_hand('select 1 from orders where total = 59'), by_hand('select 1 from visits where minutes = 59'), partitioncache_set('customer', 'mine', '{1}'::integer[]);
select ok((partitioncache_explain('select 1 from orders where total = 59', 'customer', method => 'literal')).applied, 'used');
select partitioncache_place('orders', 'id', 'customer');
select ok(not (partitioncache_explain('select 1 from orders where total = 59', 'customer', method => 'literal')).applied, 'not where the key stands elsewhere');
select is((select reason from partitioncache_entries('customer') where query ~ 'total = 59'), 'it was stored when the partition key stood elsewhere; store it again', 'aside');
select ok((partitioncache_explain('select 1 from visits where minutes = 59', 'customer', method => 'literal')).applied, 'of other tables it is');
select is((select state from partitioncache_entries('customer') where hash = 'mine'), 'asserted', 'and what has a name of one''s own');
select partitioncache_place('orders', 'customer_id', 'customer');
select ok(not (partitioncache_explain('select 1 from orders where total = 59', 'customer', method => 'literal')).applied, 'nor where it stands there again');
select by_hand('select 1 from orders where total = 59');
select ok((partitioncache_explain('select 1 from orders where total = 59', 'customer', method => 'literal')).applied, 'stored again');

-- Tracking
select partitioncache_update_processor_config(untracked => 'track');
select partitioncache_track('orders', 'customer');
select partitioncache_track('customer', 'customer');
select results_eq($$select relation::text, unit, state from partitioncache_tracked_tables()$$, $$values ('customer', 'partition', 'tracking'), ('orders', 'partition', 'tracking')$$, 'tracked by where the key stands');
select fill('select 1 from customer c join orders o on o.customer_id = c.id where c.segment = 3 and o.total > 80', 'customer');
insert into orders values (5000, 43, 85), (5001, null, 85);
update orders set customer_id = 53 where id = 5000;
select is((select array_agg(distinct k order by k) from partitioncache_internal.partitioncache_changes_customer c, unnest(c.keys) k), '{43,53,null}', 'the placed column is logged');
select is(rows_of(partitioncache_apply(q, 'customer', method => m)), rows_of(q), 'rows after writes by ' || m)
from unnest(array['literal', 'subquery', 'current']) m, (values ('select c.id, o.id as o from customer c join orders o on c.id = o.customer_id where o.total > 80 and c.segment = 3')) v(q);
select isnt(columns_restricted(partitioncache_apply('select 1 from customer c join orders o on c.id = o.customer_id where o.total > 80 and c.segment = 3', 'customer', method => 'literal')), '{}', 'and it is restricted');
select partitioncache_place('orders', 'id', 'customer');
select is((select state from partitioncache_tracked_tables() where relation = 'orders'::regclass), 'tracking', 'tracked as it is placed now');
insert into orders values (6000, 99, 85);
select ok(exists (select from partitioncache_internal.partitioncache_changes_customer c where c.keys = '{6000}'), 'which is logged');
select partitioncache_place('orders', 'customer_id', 'customer');

-- Keys that are integers in one table and bigint in another
create table account (id bigint primary key, kind integer);
create table payment (id integer, account_id integer, amount integer);
insert into account select n, n % 10 from generate_series(1, 100) n;
insert into payment select n, n % 110, n % 50 from generate_series(1, 500) n;
select partitioncache_register('account', 'bigint', placements => '{"account": "id", "payment": "account_id"}');
select partitioncache_update_processor_config(untracked => 'static');
select * from restricted('select * from account a join payment p on p.account_id = a.id where a.kind = 3 and p.amount > 40', '{a.id,p.account_id}', 'integer and bigint', 'account');
select partitioncache_track('payment', 'account');
insert into payment values (9, 13, 41);
select is((select array_agg(k) from partitioncache_internal.partitioncache_changes_account c, unnest(c.keys) k), '{13}', 'tracked');

-- Partitioned by the key: the plan reads fewer partitions
create table sales (id integer, buyer integer, amount integer) partition by list (buyer);
do $$ begin for n in 1 .. 20 loop execute format('create table sales_%s partition of sales for values in (%s)', n, n); end loop; end $$;
insert into sales select n, 1 + n % 20, case when n % 20 < 3 then n % 97 else 0 end from generate_series(1, 2000) n;
analyze sales;
select partitioncache_place('sales', 'buyer', 'customer');
select fill('select 1 from sales where amount > 90', 'customer');
create function partitions_read(query text) returns bigint language plpgsql as $$
declare
    plan jsonb;
begin
    execute 'explain (format json) ' || query into plan;
    return (select count(*) from jsonb_path_query(plan, 'strict $.**."Relation Name"'));
end
$$;
select is(partitions_read(partitioncache_apply('select * from sales where amount > 90', 'customer', method => 'literal')), 3::bigint, 'partitions that are pruned');

-- Rights: the level administer, and no more; the owner writes on
create role placer; create role owner_of_orders;
grant usage on schema tap to placer, owner_of_orders;
select partitioncache_grant('placer', 'push');
grant select on customer, orders to placer;
set role placer;
select throws_ok($$select partitioncache_place('customer', 'segment', 'customer')$$, '42501', null, 'push is not enough');
select throws_ok($$select partitioncache_internal.pc_call('place', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'customer', 'relation', 'customer'::regclass::oid, 'template', E'\x01\x02.segment'))$$, 'PC007', null, 'nor past the function');
select throws_ok($$select partitioncache_internal.pc_call('unplace', jsonb_build_object('cache', 'partitioncache', 'partition_key', 'customer', 'relation', 'customer'::regclass::oid))$$, 'PC007', null, 'nor');
select throws_ok($$select partitioncache_unplace('customer', 'customer')$$, '42501', null, 'nor to take away');
select isnt_empty($$select * from partitioncache_placements()$$, 'placements may be seen');
reset role;
alter table orders owner to owner_of_orders;
grant all on schema public to owner_of_orders;
set role owner_of_orders;
select lives_ok($$insert into orders values (7000, 1, 1)$$, 'the owner writes');
select lives_ok($$alter table orders drop column customer_id cascade$$, 'and drops the column');
select lives_ok($$insert into orders values (7001, 1)$$, 'and writes on');
select lives_ok($$drop table orders cascade$$, 'and drops the table');
reset role;
select is_empty($$select * from partitioncache_placements() where relation::text = 'orders'$$, 'a table that is gone is placed nowhere');
select * from finish();
