create function pc_equality(template text, out left_table integer, out left_column text, out right_table integer, out right_column text)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    -- column = column, each perhaps shown as text, which is what PostgreSQL does with varchar
    select m[1]::integer, m[2], m[3]::integer, m[4] into left_table, left_column, right_table, right_column
    from regexp_match(template,
        E'^\\(\\(?\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\\)::text)? = \\(?\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\\)::text)?\\)$') m;
end
$$;

comment on function pc_equality(text) is
'The two columns that a conjunct equates; nulls if it is another kind of condition. Example: select * from pc_equality(E''(\x010\x02.city_id = \x011\x02.city_id)'')';

create function pc_column_fits(relation oid, column_name text, datatype text) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- Equality is carried on only through columns that compare as the keys do: char(n) and the like would equate more.
        select exists (
            select from pg_attribute a
            where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and quote_ident(a.attname) = column_name
              and (pc_datatype_of(a.atttypid, a.attcollation) = datatype
                   or (pc_datatype_of(a.atttypid, a.attcollation) in ('integer', 'bigint') and datatype in ('integer', 'bigint'))))
    );
end
$$;

comment on function pc_column_fits(oid, text, text) is
'Whether a column, quoted as in canonical text, compares as keys of the datatype do. Example: select pc_column_fits(''pg_class''::regclass, ''relpages'', ''integer'')';

create function pc_determined_keys(templates text[], relids oid[], keys text[], out a text, out b text) returns setof record
language plpgsql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    if not exists (select from unnest(keys) k where k is not null and pc_plain_key(k) is null) then
        return;
    end if;
    return query
        with recursive placed as materialized (
            -- Its shape is the expression without the columns, which follow in the order in which they stand there.
            select k.n::integer - 1 as n, k.key, regexp_replace(k.key, E'\x01\\d+\x02[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)', E'\x01\x02', 'g') as shape,
                   array(select format('%s.%s', k.n - 1, m[1]) from regexp_matches(k.key, E'\x01\\d+\x02[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)', 'g') with ordinality r(m, n) order by r.n) as columns
            from unnest(pc_determined_keys.keys) with ordinality k(key, n) where k.key is not null and pc_plain_key(k.key) is null
        ), equal(a, b) as (
            -- Only where what is equal is the same: 1.0 and 1.00 are equal, and written otherwise.
            select format('%s.%s', e.left_table, e.left_column), format('%s.%s', e.right_table, e.right_column)
            from unnest(templates) t
            cross join lateral pc_equality(t) e
            join pg_attribute l on l.attrelid = relids[e.left_table + 1] and quote_ident(l.attname) = e.left_column and l.attnum > 0 and not l.attisdropped
            join pg_attribute r on r.attrelid = relids[e.right_table + 1] and quote_ident(r.attname) = e.right_column and r.attnum > 0 and not r.attisdropped
            where l.atttypid = r.atttypid and l.attcollation = r.attcollation
              and l.atttypid = any ('{smallint,integer,bigint,date,timestamp,timestamptz,uuid,boolean,text,varchar}'::regtype[])
              and not exists (select from pg_collation c where c.oid = l.attcollation and not c.collisdeterministic)
        ), both_ways as (
            select e.a, e.b from equal e union select e.b, e.a from equal e
        ), reached(start, col) as (
            select c, c from placed p, unnest(p.columns) c
            union
            select r.start, e.b from reached r join both_ways e on e.a = r.col
        )
        select x.key, y.key
        from placed x join placed y on x.n < y.n and x.shape = y.shape
        where not exists (select from unnest(x.columns, y.columns) c(l, r) where not exists (select from reached w where w.start = c.l and w.col = c.r));
end
$$;

comment on function pc_determined_keys(text[], oid[], text[]) is
'Pairs of partition keys that are equal because they stand in the same expression over columns that the query equates. keys: by table number, as pc_block_tables gives them. Example: see pc_key_classes';

create function pc_key_classes(
    templates text[], relids oid[], keys text[], datatype text, partition_local boolean
) returns integer[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        with recursive key as materialized (
            select k.n::integer - 1 as n, k.key from unnest(pc_key_classes.keys) with ordinality k(key, n) where k.key is not null
        ), edge(a, b) as (
            select format(E'\x01%s\x02.%s', e.left_table, e.left_column), format(E'\x01%s\x02.%s', e.right_table, e.right_column)
            -- Few are equalities of two columns: the others need no closer look.
            from (select t from unnest(templates) t where length(t) < 600 and t like E'(%\x01%\x02.% = %\x01%\x02.%)' offset 0) t, pc_equality(t) e
            where e.left_table is not null
              and (pc_column_fits(relids[e.left_table + 1], e.left_column, datatype) or format(E'\x01%s\x02.%s', e.left_table, e.left_column) in (select k.key from key k))
              and (pc_column_fits(relids[e.right_table + 1], e.right_column, datatype) or format(E'\x01%s\x02.%s', e.right_table, e.right_column) in (select k.key from key k))
            union
            -- Where a key stands in an expression, what the query equates with it: another key or a column.
            select k.key, o.other
            from unnest(templates) t
            cross join key k
            cross join lateral (select case when starts_with(t, format('(%s = ', k.key)) then substr(t, length(k.key) + 5, length(t) - length(k.key) - 5)
                                            when right(t, length(k.key) + 4) = format(' = %s)', k.key) then substr(t, 2, length(t) - length(k.key) - 5) end as other) o
            where pc_plain_key(k.key) is null
              and (o.other in (select k.key from key k)
                   or (select pc_column_fits(relids[c.m[1]::integer + 1], c.m[2], datatype)
                       from regexp_match(o.other, E'^\x01(\\d+)\x02[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)$') c(m)))
            union
            select d.a, d.b from pc_determined_keys(templates, relids, keys) d
            union
            -- the user's assertion: tables that any condition connects lie in one partition
            select l.key, r.key
            from unnest(templates) t, key l, key r
            where partition_local and l.n < r.n and t like E'%\x01' || l.n || E'\x02%' and t like E'%\x01' || r.n || E'\x02%'
        ), both_ways(a, b) as (
            select a, b from edge union select b, a from edge
        ), reached(start, col) as (
            select k.n, k.key from key k
            union
            select r.start, e.b from reached r join both_ways e on e.a = r.col
        )
        select array_agg(case when k.key is not null then (select min(r.start) from reached r where r.col = k.key) end order by k.n)
        from unnest(pc_key_classes.keys) with ordinality k(key, n)
    );
end
$$;

comment on function pc_key_classes(text[], oid[], text[], text, boolean) is
'For each table, the number of the first table whose partition key the query makes equal to its own, directly or through other columns of such a type; null for a table without the partition key. keys: by table number, as pc_block_tables gives them. Example: select pc_key_classes(''{}'', ''{1259}'', array[E''\x010\x02.relname''], ''text'', false)';
