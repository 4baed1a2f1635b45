-- MERGE, COPY, ON CONFLICT, a cascading key, a trigger of the user's own, a rule's view, TRUNCATE CASCADE.
create extension partitioncache;
create table kind (kind integer primary key);
insert into kind select n from generate_series(0, 99) n;
create table poi (id integer primary key, city_id integer, kind integer references kind on update cascade on delete cascade);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze;
\set q 'select id from poi where kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
merge into poi using (values (5, 3), (9001, 3)) v(id, kind) on poi.id = v.id when matched then update set kind = v.kind when not matched then insert values (v.id, 60, v.kind);
select md5(string_agg(x::text, ',' order by x::text)) as original_merge_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_merge_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_merge_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_merge_literal from (:rewritten) x;
copy poi from stdin;
9002	61	3
\.
select md5(string_agg(x::text, ',' order by x::text)) as original_copy_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_copy_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_copy_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_copy_literal from (:rewritten) x;
insert into poi values (7, 62, 3) on conflict (id) do update set kind = excluded.kind, city_id = excluded.city_id;
select md5(string_agg(x::text, ',' order by x::text)) as original_conflict_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_conflict_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_conflict_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_conflict_literal from (:rewritten) x;
delete from kind where kind = 3; insert into kind values (3); update kind set kind = 1003 where kind = 8; update kind set kind = 3003 where kind = 3; update kind set kind = 3 where kind = 1003;
select md5(string_agg(x::text, ',' order by x::text)) as original_cascade_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_cascade_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_cascade_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_cascade_literal from (:rewritten) x;
create function also() returns trigger language plpgsql as $$ begin update poi set kind = 3 where id = new.kind; return null; end $$; create trigger also after insert on kind for each row execute function also();
insert into kind values (1111);
select md5(string_agg(x::text, ',' order by x::text)) as original_trigger_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_trigger_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_trigger_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_trigger_literal from (:rewritten) x;
create view narrow as select id, city_id, kind from poi where id > 10; insert into narrow values (9004, 63, 3); update narrow set city_id = 64 where id = 9004;
select md5(string_agg(x::text, ',' order by x::text)) as original_view_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_view_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_view_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_view_literal from (:rewritten) x;
truncate kind cascade;
select md5(string_agg(x::text, ',' order by x::text)) as original_truncate_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_truncate_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_truncate_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_truncate_literal from (:rewritten) x;
