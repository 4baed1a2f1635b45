-- Collations, text search configurations, types, roles and the names in reg… literals can come to mean something else, too.
create extension if not exists partitioncache;
create schema early;
create collation folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create collation early_plain from "C";
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois values (1, 1, 'a', 1), (2, 2, 'A', 2), (3, 3, 'running dogs', 1), (4, 4, 'x', 3);
create text search configuration words (copy = pg_catalog.english);
create type rank as enum ('low', 'high');
create domain level as integer;
select partitioncache_register('city_id', 'integer', 'array');
set search_path = early, public;
select partitioncache_push($push$select * from pois where name = 'a' collate folding$push$, 'city_id');
select partitioncache_push($push$select * from pois where tableoid = 'pois'::regclass and kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois where to_tsvector('words', name) @@ to_tsquery('words', 'run')$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind::level > 1$push$, 'city_id');
select partitioncache_push($push$select * from pois where case kind when 1 then 'low'::rank else 'high' end < 'high'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where name = 'a' collate folding$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where tableoid = 'pois'::regclass and kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where to_tsvector('words', name) @@ to_tsquery('words', 'run')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind::level > 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where case kind when 1 then 'low'::rank else 'high' end < 'high'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create collation early.folding from "C";
select $query$select id from pois where name = 'a' collate folding$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create text search configuration early.words (copy = pg_catalog.simple);
select $query$select id from pois where to_tsvector('words', name) @@ to_tsquery('words', 'run')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create domain early.level as text;
select $query$select id from pois where kind::level > '1'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create type early.rank as enum ('high', 'low');
select $query$select id from pois where case kind when 1 then 'low'::rank else 'high' end < 'high'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create sequence early.some_seq;
create sequence public.some_seq;
select partitioncache_push($push$select * from public.pois p where 'some_seq'::regclass::oid > 5 and p.kind = 1 and p.id < 3$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
create table early.pois (like public.pois);
select $query$select id from public.pois where tableoid = 'pois'::regclass and kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
