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
            from unnest(templates) t, pc_equality(t) e
            where e.left_table is not null
              and (pc_column_fits(relids[e.left_table + 1], e.left_column, datatype) or format(E'\x01%s\x02.%s', e.left_table, e.left_column) in (select k.key from key k))
              and (pc_column_fits(relids[e.right_table + 1], e.right_column, datatype) or format(E'\x01%s\x02.%s', e.right_table, e.right_column) in (select k.key from key k))
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
