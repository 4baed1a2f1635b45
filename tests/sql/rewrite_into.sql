-- Restrictions that are carried into what stands within a query, and conditions from outside that count inside.
\ir _core.sql
\ir _build.sql
select no_plan();

create function carried(query text) returns text language sql as $$
    select coalesce(string_agg(c.column_name, ',' order by c.column_name), '')
    from unnest((pc_take_apart(query, 'city_id', 'partitioncache', pc_session('public'))).families) f, unnest(f.carried) c
$$;

create function families(query text) returns text language sql as $$
    select coalesce(string_agg(array_to_string(f.columns, '='), ',' order by f.columns), '') from unnest((pc_take_apart(query, 'city_id', 'partitioncache', pc_session('public'))).families) f
$$;

-- The rows are those of the query itself, by whatever method.
create function goes_into(query text, expected text, name text) returns setof text language plpgsql as $$
declare
    wanted text[] := rows_of(query);
    method text;
begin
    return next is(carried(query), expected, name || ': where to');
    perform fill(query);
    foreach method in array '{literal,current,IN,VALUES,subquery,auto}'::text[] loop
        return next is(rows_of(partitioncache_apply(query, 'city_id', method => method)), wanted, format('%s: %s', name, method));
    end loop;
end
$$;

-- IN
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s where s.length > 20)', 's.city_id', 'IN');
select goes_into('select id from poi p where city_id in (select s.city_id from street s group by s.city_id having count(*) > 2)', 's.city_id', 'IN with groups');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s group by s.city_id, s.length having count(*) > 0)', 's.city_id', 'IN with groups of two columns');
select goes_into('select id from poi p where kind = 1 and city_id in (select distinct s.city_id from street s)', 's.city_id', 'IN with DISTINCT');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s union select e.city_id from event e)', 'e.city_id,s.city_id', 'IN with UNION');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s join event e on e.city_id = s.city_id)', 'e.city_id,s.city_id', 'IN with a join: both of its tables');
select goes_into('select id from poi p where kind = 1 and city_id in (select e.city_id from street s left join event e on e.city_id = s.city_id)', 'e.city_id', 'IN with what an outer join may leave out: nulls equal nothing');
select goes_into('select id from poi p where kind = 1 and city_id = any (select s.city_id from street s where s.city_id in (select e.city_id from event e))', 'e.city_id,s.city_id', 'IN within IN');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s order by s.length, s.id limit 5)', '', 'IN with LIMIT');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s order by s.length, s.id offset 5)', '', 'IN with OFFSET');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s order by s.length fetch first 5 rows with ties)', '', 'IN with FETCH');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s intersect select e.city_id from event e)', '', 'IN with INTERSECT');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s union (select e.city_id from event e order by e.id limit 3))', '', 'IN with UNION in brackets');
select goes_into('select id from poi p where kind = 1 and city_id in (select distinct on (s.length) s.city_id from street s order by s.length, s.id)', '', 'IN with DISTINCT ON');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s except select e.city_id from event e)', '', 'IN with EXCEPT');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id from street s group by rollup (s.city_id, s.length))', '', 'IN with grouping sets');
select goes_into('select id from poi p where kind = 1 and city_id in (select max(s.city_id) from street s group by s.length)', '', 'IN with an aggregate');
select goes_into('select id from poi p where kind = 1 and city_id in (select s.city_id + 1 from street s)', '', 'IN with an expression');
select goes_into('select id from poi p where kind = 1 and city_id not in (select s.city_id from street s where s.length > 90 and s.city_id is not null)', '', 'NOT IN');
select goes_into('select id from poi p where kind = 1 and (city_id in (select s.city_id from street s where s.length > 90) or area > 100)', '', 'IN under OR');
select goes_into('select id from poi p where kind = 1 and area in (select s.length from street s)', '', 'IN of another column');

-- EXISTS
select goes_into('select id from poi p where kind = 1 and exists (select from street s where s.city_id = p.city_id and s.length > 60)', 's.city_id', 'EXISTS');
select goes_into('select id from poi p where kind = 1 and not exists (select from street s where p.city_id = s.city_id and s.length > 60)', 's.city_id', 'NOT EXISTS');
select goes_into('select id from poi p where kind = 1 and exists (select 1 from street s, event e where s.city_id = p.city_id and e.city_id = s.city_id limit 3)', 'e.city_id,s.city_id', 'EXISTS with a join and LIMIT');
select goes_into('select id from poi p where kind = 1 and exists (select from street s where s.length > p.area)', '', 'EXISTS with another condition');
select goes_into('select id from poi p where kind = 1 and exists (select from street s where s.city_id = p.city_id or s.length > 90)', '', 'EXISTS with OR');
select goes_into('select id from poi p where kind = 1 and exists (select s.length from street s where s.city_id = p.city_id group by s.length having 10 / count(*) > 2)', '', 'EXISTS with groups: one that was not made could be divided by');
select goes_into(format('select id from poi p where kind = 1 and exists (select 1 from street s where s.city_id = p.city_id %s)', more), '', 'EXISTS ' || more)
from unnest(array['group by s.length', 'having max(s.length) > 60', 'union all select 1 from event e where e.visitors > 45', 'intersect select e.visitors from event e', 'except select e.visitors from event e where e.visitors < 20']) more;
select is(carried('select id from poi p where kind = 1 and exists (select rank() over w from street s where s.city_id = p.city_id window w as (order by s.id))'), '', 'EXISTS with a window');
select goes_into('select id from poi p where kind = 1 and not exists (select from street s left join event e on e.city_id = p.city_id where e.city_id is null)', '', 'the condition of an outer join');

-- FROM
select goes_into('select p.id, q.n from poi p join (select s.city_id, count(*) as n from street s group by s.city_id) q on q.city_id = p.city_id where p.kind = 1', 's.city_id', 'groups that are joined');
select goes_into('select p.id, q.n from poi p left join (select s.city_id, count(*) as n from street s group by s.city_id) q on q.city_id = p.city_id where p.kind = 1', 's.city_id', 'groups on the right side of LEFT JOIN');
select goes_into('select p.id, q.n from poi p left join (select s.city_id, count(*) as n from street s group by s.city_id) q on q.city_id = p.city_id and q.n > 3 where p.kind = 1', 's.city_id', 'the same, and another condition');
select goes_into('select p.id, q.n from poi p right join (select s.city_id, count(*) as n from street s group by s.city_id) q on q.city_id = p.city_id and p.kind = 1', '', 'RIGHT JOIN');
select goes_into('select p.id, q.n from poi p full join (select s.city_id, count(*) as n from street s group by s.city_id) q on q.city_id = p.city_id where p.kind = 1', '', 'FULL JOIN');
select goes_into('select p.id, q.n from poi p, event e left join (select s.city_id, count(*) as n from street s group by s.city_id) q on q.n = e.visitors where q.city_id = p.city_id and p.kind = 1', '', 'what an outer join may leave out');
select goes_into('select p.id, e.id as e from poi p left join event e on p.city_id in (select s.city_id from street s where s.length > 60) where p.kind = 1', '', 'IN of an outer join');
select goes_into('select p.id, q.id as q from poi p, event e full join (select s.city_id, s.id from street s) q on q.city_id = e.city_id where p.city_id = e.city_id and p.kind = 1', '', 'FULL JOIN of another table');
select goes_into('select p.id, q.n from poi p left join (select s.city_id, count(*) as n from street s group by s.city_id) q on q.n = p.area where p.kind = 1', '', 'LEFT JOIN by another column');
select goes_into('select p.id, q.r from poi p, (select s.city_id, row_number() over (order by s.id) as r from street s) q where q.city_id = p.city_id and p.kind = 1', '', 'windows');
select goes_into('select p.id, q.r from poi p, (select s.city_id, count(*) over w as r from street s window w as (partition by s.length)) q where q.city_id = p.city_id and p.kind = 1', '', 'named windows');
select goes_into('select p.id, q.id from poi p, (select s.city_id, s.id from street s order by s.length, s.id limit 7) q where q.city_id = p.city_id and p.kind = 1', '', 'LIMIT');
select goes_into('select p.id, q.id from poi p, (select s.city_id, s.id from street s order by s.length, s.id fetch first 7 rows only) q where q.city_id = p.city_id and p.kind = 1', '', 'FETCH');
select goes_into('select p.id, q.id from poi p, (select distinct on (s.length) s.city_id, s.id from street s order by s.length, s.id) q where q.city_id = p.city_id and p.kind = 1', '', 'DISTINCT ON');
select goes_into('select p.id, q.n from poi p, (select s.city_id, s.length, count(*) as n from street s group by cube (s.city_id, s.length)) q where q.city_id = p.city_id and p.kind = 1', '', 'grouping sets');
select goes_into('select p.id, q.a from poi p, (select s.city_id as a from street s union all select e.city_id from event e) q where q.a = p.city_id and p.kind = 1', 'e.city_id,s.city_id', 'UNION ALL');
select goes_into('select p.id, q.a from poi p, (select s.city_id as a from street s intersect select e.city_id from event e) q where q.a = p.city_id and p.kind = 1', '', 'INTERSECT');
select goes_into('select p.id, q.a from poi p, (select s.city_id as a from street s union all select e.city_id from event e order by 1 limit 5) q where q.a = p.city_id and p.kind = 1', '', 'UNION ALL with LIMIT');
select goes_into('select p.id, q.id from poi p, lateral (select s.id from street s where s.city_id = p.city_id order by s.length desc, s.id limit 2) q where p.kind = 1', 's.city_id', 'LATERAL: the first ones of each');
select goes_into('select p.id, q.n from poi p, lateral (select count(*) as n from street s where s.city_id = p.city_id) q where p.kind = 1', 's.city_id', 'LATERAL with an aggregate');

-- CTEs
select goes_into('with w as (select s.city_id, count(*) as n from street s group by s.city_id) select p.id, w.n from poi p, w where w.city_id = p.city_id and p.kind = 1', 's.city_id', 'a CTE');
select goes_into('with w as materialized (select s.city_id as c from street s) select p.id from poi p, w x where x.c = p.city_id and p.kind = 1', 's.city_id', 'a CTE of another name');
select goes_into('with w as (select s.city_id from street s) select p.id from poi p, w where w.city_id = p.city_id and p.kind = 1 and (select count(*) from w) > 3', '', 'a CTE that is named twice');
select goes_into('with w(c) as (select s.city_id from street s) select p.id from poi p, w where w.c = p.city_id and p.kind = 1', '', 'a CTE with names for its columns');
select goes_into('with v as (select s.city_id from street s), w as (select v.city_id from v join event e on e.city_id = v.city_id) select p.id from poi p, w where w.city_id = p.city_id and p.kind = 1', '', 'a CTE whose column is one of another CTE');
select goes_into('with recursive w as (select s.city_id from street s union select w.city_id + 1 from w where w.city_id < 9) select p.id from poi p, w where w.city_id = p.city_id and p.kind = 1', '', 'a recursive CTE');

-- Conditions from outside count inside.
select * from restricted('select w.id from (select * from poi) w where w.kind = 1', '{poi.city_id}', 'a condition outside of a sub-select');
select * from restricted('with w as (select id, kind as k, city_id from poi) select w.id from w where w.k = 1', '{poi.city_id}', 'a condition outside of a CTE');
create table bigs (city_id integer, kind bigint);
select goes_into('select id from poi p where kind = 1 and city_id in (select b.kind from bigs b)', 'b.kind', 'IN of wider integers');
select is(families('with w as (select * from poi) select w.id from w where w.kind = 1 and exists (select from w)'), '', 'not of one that is named twice');
select is(families('select * from (select * from poi limit 100) w where w.kind = 1'), '', 'not where LIMIT lies between');
select is(families('select * from (select p.*, row_number() over (order by id) from poi p) w where w.kind = 1'), '', 'not where a window lies between');
select is(families('select * from (select distinct on (area) p.* from poi p order by area, id) w where w.kind = 1'), '', 'not where DISTINCT ON lies between');
select is(families('select * from (select kind, count(*) from poi p group by kind) w where w.kind = 1'), 'p.city_id', 'of groups, their columns');
select is(families('select * from (select kind, count(*) from poi p group by grouping sets ((kind), ())) w where w.kind = 1'), '', 'not of several kinds of groups');
select is(families('select * from (select kind, max(area) as a from poi p group by kind) w where w.a = 1'), '', 'and nothing else');
select is(families(format('select * from (select kind from poi p group by %s) w where w.kind = 1', sets)), '', 'not of ' || sets) from unnest('{"rollup (kind)","cube (kind)","distinct kind, rollup (area)"}'::text[]) sets;
select is(families('select * from (select 1 as n from poi p having max(kind) = 1) w where w.n = 1'), '', 'not of all rows as one group');
select is(families(format('select * from (%s) w where w.area > 1', inside)), expected, 'numbers that are equal and written otherwise: ' || inside)
from (values ('select area from poi p', 'p.city_id'), ('select distinct area from poi p', ''), ('select area, count(*) from poi p group by area', ''),
             ('select area from poi p union select area from poi q', '')) v(inside, expected);
\if :icu
create collation ci (provider = icu, locale = 'und', deterministic = false);
create table town (city_id integer, name text collate ci);
select is(families('select * from (select distinct name from town t) w where w.name > ''a'''), '', 'texts that are equal and written otherwise');
\endif
select is(families('select * from (select kind from poi p union all select visitors from event e) w where w.kind = 1'), 'e.city_id,p.city_id', 'in every branch of UNION');
select is(families('select * from (select kind from poi p union all select s.length::numeric from street s) w where w.kind = 1'), '', 'not if their types differ');
select is(families('select * from (select kind from poi p union all select b.kind from bigs b) w where w.kind = 1'), '', 'nor of two columns');
select is(families('select * from (select kind from poi p except select s.length from street s) w where w.kind = 1'), '', 'not in EXCEPT');
select is(families('select * from street s left join (select * from poi p) w on w.city_id = s.city_id where w.kind is null'), '', 'not where an outer join may leave it out');
select is(families('select * from (select * from (select city_id, kind as a from poi p) v) w where w.a = 1'), 'p.city_id', 'through two of them');
select is(families('select * from (select kind, city_id from poi p) w where (select w.kind) = 1'), '', 'no condition with a sub-select');
select is(families('select * from (select kind, city_id from poi p) w where w::text = ''(1,2)'''), '', 'none on a whole row');
select goes_into(q, '', q) from unnest(array[
    'select * from (select kind, count(*) from poi p group by kind) w where w.kind = 1',
    'select * from (select kind, name from poi p union all select length, name from street s) w where w.kind > 3 and w.name > ''poi 2''',
    'select * from (select distinct kind, name from poi p) w where w.kind = 2 or w.name is null',
    'with w as (select p.*, s.length from poi p left join street s on s.city_id = p.city_id) select w.id from w where w.kind = 1 and w.length is null',
    'select * from (select kind, city_id from poi p) w full join street s on s.city_id = w.city_id where w.kind = 1']) q;
select matches(partitioncache_apply('with w as (select city_id, kind as a from poi p) select a from w where a = 3 union all select a from (select kind as a, city_id from poi p where area > 20) v where a = 3', 'city_id', method => 'literal'), 'city_id', 'texts with several blocks');

select finish();
