create type pc_output as (
    block pc_block,
    place integer,
    name text,
    alias text,
    column_name text,
    relation oid,
    type text,
    open boolean
);

comment on type pc_output is
'A column that one SELECT of a query expression puts out. place, name: by which it is known outside; alias, column_name, relation: the column of a FROM item that it is, null where it is anything else; type: of that column; open: a condition on it may as well be asked inside.';

create function pc_branches(tokens text[], closes integer[], first integer, last integer, out starts integer, out ends integer) returns setof record
language plpgsql immutable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    n integer := first;
    all_starts integer[] := array[first];
begin
    while n <= last loop
        -- Which rows are left by these depends on the others; FOR locks rows.
        if tokens[n] in ('LIMIT', 'OFFSET', 'FETCH', 'INTERSECT', 'EXCEPT', 'FOR') then
            return;
        elsif tokens[n] = 'UNION' then
            all_starts := all_starts || n + case when tokens[n + 1] = 'ALL' then 2 else 1 end;
        end if;
        n := coalesce(closes[n], n) + 1;
    end loop;
    if exists (select from unnest(all_starts) s where tokens[s] <> 'SELECT') then
        return;
    end if;
    return query
        select s.starts, coalesce(lead(s.starts) over (order by s.n) - case when tokens[lead(s.starts) over (order by s.n) - 1] = 'ALL' then 3 else 2 end, last)
        from unnest(all_starts) with ordinality s(starts, n);
end
$$;

comment on function pc_branches(text[], integer[], integer, integer) is
'The SELECTs of a query expression (its first and last token) whose rows are put one behind the other, by UNION if they are several; none where a row less in one could let another row in or out. Example: select * from pc_branches(array[''SELECT'', ''1''], ''{null,null}'', 1, 2)';

create function pc_outputs(tokens text[], closes integer[], first integer, last integer) returns setof pc_output
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    branch record;
    branches integer := 0;
    block pc_block;
    bare boolean;
    groups text[];
    outputs pc_output[] := '{}'::pc_output[];
begin
    for branch in select * from pc_branches(tokens, closes, first, last) loop
        branches := branches + 1;
        block := pc_select_parts(tokens, closes, branch.starts, branch.ends);
        if block.from_starts is null then
            return;
        end if;
        block.block := block.from_starts;
        -- A window looks at rows beside a row; of DISTINCT ON a row less lets another one in. Of groups only their columns may be asked for.
        bare := tokens[branch.starts + 2] is distinct from 'ON' and 'OVER' <> all (tokens[branch.starts:branch.ends]) and 'WINDOW' <> all (tokens[branch.starts:branch.ends]);
        groups := pc_grouped(tokens, closes, coalesce(block.where_ends, block.from_ends) + 1, branch.ends);
        outputs := outputs || array(
            select row(block, i.place, coalesce(case when tokens[i.ends - 1] = 'AS' then tokens[i.ends] end, i.column_name), i.alias, i.column_name, t.relid, a.type,
                       bare and (groups is null or i.alias || '.' || i.column_name = any (groups))
                       -- Where rows are made one, what is equal must be the same: 1.0 and 1.00 are equal, and written otherwise.
                       and (a.identical or groups is null and branches = 1 and tokens[branch.starts + 1] <> 'DISTINCT'))::pc_output
            from (
                select p.place, p.ends, case when p.plain then tokens[p.starts] end as alias, case when p.plain then tokens[p.starts + 2] end as column_name
                from (select s.n::integer as place, s.starts, s.ends,
                             tokens[s.starts + 1] = '.' and (s.ends = s.starts + 2 or s.ends = s.starts + 4 and tokens[s.starts + 3] = 'AS') as plain
                      from pc_listed(tokens, closes, branch.starts + case when tokens[branch.starts + 1] = 'DISTINCT' then 2 else 1 end, block.from_starts - 2) s) p) i
            left join lateral (
                select regexp_replace(f.relation, '^ONLY ', '')::regclass::oid as relid
                from pc_from_items(tokens, closes, block.from_starts, block.from_ends) f where f.kind = 'table' and f.alias = i.alias) t on true
            left join lateral (
                select concat_ws(' ', a.atttypid, a.atttypmod, a.attcollation) as type,
                       a.atttypid = any ('{smallint,integer,bigint,date,timestamp,timestamptz,uuid,boolean,text,varchar}'::regtype[])
                       and not exists (select from pg_collation c where c.oid = a.attcollation and not c.collisdeterministic) as identical
                from pg_attribute a where a.attrelid = t.relid and quote_ident(a.attname) = i.column_name and a.attnum > 0 and not a.attisdropped) a on true
            order by i.place);
    end loop;
    return query
        select o.block, o.place, n.name, o.alias, o.column_name, o.relation, o.type, o.open
        from (select u.*, min(u.type) over place = max(u.type) over place and count(u.type) over place = branches as alike, count(u.alias) over place = branches as plain,
                     bool_and(coalesce(u.open, false)) over place as all_open
              from unnest(outputs) u window place as (partition by u.place)) o
        join (select distinct on (u.place) u.place, u.name from unnest(outputs) u order by u.place, (u.block).from_starts) n on n.place = o.place
        where o.plain and o.all_open and (branches = 1 or o.alike) and n.name is not null;
end
$$;

comment on function pc_outputs(text[], integer[], integer, integer) is
'Those columns of a query expression (its first and last token) of which a row with a value that nobody wants may as well be left out inside: no LIMIT, window, DISTINCT ON or set operation but UNION comes in between, and of groups it tells them apart. Example: select * from pc_outputs(array[''SELECT'', ''1''], ''{null,null}'', 1, 2)';

create function pc_listed(tokens text[], closes integer[], first integer, last integer, out n bigint, out starts integer, out ends integer) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    at integer := first;
begin
    n := 0;
    starts := first;
    while at <= last + 1 loop
        if at = last + 1 or tokens[at] = ',' then
            n := n + 1;
            ends := at - 1;
            return next;
            starts := at + 1;
        end if;
        at := coalesce(closes[at], at) + 1;
    end loop;
end
$$;

comment on function pc_listed(text[], integer[], integer, integer) is
'The parts of a list between commas, as first and last token. Example: select * from pc_listed(array[''a'', '','', ''b''], ''{null,null,null}'', 1, 3)';

create function pc_grouped(tokens text[], closes integer[], first integer, last integer) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    n integer := first + 2;
begin
    if tokens[first] = 'HAVING' then
        return '{}'::text[];
    elsif tokens[first] is distinct from 'GROUP' or first > last then
        return null;
    end if;
    while n <= last and tokens[n] not in ('HAVING', 'ORDER') loop
        if tokens[n] in ('GROUPING', 'ROLLUP', 'CUBE', 'DISTINCT') then
            return '{}'::text[];
        end if;
        n := coalesce(closes[n], n) + 1;
    end loop;
    return array(select tokens[l.starts] || '.' || tokens[l.ends] from pc_listed(tokens, closes, first + 2, n - 1) l where l.ends = l.starts + 2 and tokens[l.starts + 1] = '.');
end
$$;

comment on function pc_grouped(text[], integer[], integer, integer) is
'The columns in the GROUP BY of one SELECT, whose part behind its WHERE these tokens are; null without one; none where it makes groups of several kinds. Example: select pc_grouped(array[''GROUP'', ''BY'', ''p'', ''.'', ''a''], ''{null,null,null,null,null}'', 1, 5)';
