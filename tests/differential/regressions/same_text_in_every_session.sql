-- The canonical text and its hash do not depend on the session, the process or the day.
-- Cause: with quote_all_identifiers on, the key's name was quoted in the fragments and no longer recognised in equalities.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
select partitioncache_register('city_id', 'integer', 'array');
create temp table before as
select hash from partitioncache_fragments('select * from pois p, streets s where p.city_id = s.city_id and p.id = s.poi_id and p.kind = 1 and s.width = 2', 'city_id');
set datestyle = 'German';
set search_path = pg_catalog, public;
set quote_all_identifiers = on;
set timezone = 'Asia/Tokyo';
create temp table after as
select hash from partitioncache_fragments(
    'SELECT 1 FROM public.streets AS a JOIN public.pois AS b ON b.city_id = a.city_id WHERE a.width = 2 AND b.kind = 1 AND a.poi_id = b.id', 'city_id');
do $$ begin
    if (select count(*) from before) < 3 or exists (table before except table after) or exists (table after except table before) then
        raise exception 'the hashes depend on the session';
    end if;
end $$;
