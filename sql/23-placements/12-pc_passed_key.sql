create function pc_passed_columns(view oid, out name text, out source oid, out source_name text, out attnum smallint) returns setof record
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    tree text;
begin
    select w.ev_action::text into tree from pg_rewrite w join pg_class c on c.oid = w.ev_class and c.relkind = 'v' where w.ev_class = view and w.ev_type = '1';
    -- Names with brackets would be taken for nodes; which column it is does not matter for what is right.
    if tree is null or tree ~ '\\[{}]' then
        return;
    end if;
    return query
        with part as (
            select p.text, p.n, lead(p.text) over (order by p.n) as inside,
                   p.n - sum(length(p.text) - length(replace(p.text, '}', ''))) over (order by p.n) + length(p.text) - length(replace(p.text, '}', '')) - 1 as depth
            from string_to_table(tree, '{') with ordinality p(text, n)
        ), column_ as (
            -- The columns of the view itself that are columns of what it reads.
            select m[1]::smallint as attnum, m[2]::oid as source, m[3]::smallint as source_attnum
            from part p, regexp_match(p.inside, ' :resno (\d+) :resname .* :resorigtbl (\d+) :resorigcol (\d+) :resjunk false}') m
            where p.depth = 2 and p.text ^@ 'TARGETENTRY ' and p.inside ^@ 'VAR '
        )
        select quote_ident(a.attname), c.source, quote_ident(s.attname), c.attnum
        from column_ c
        join pg_attribute a on a.attrelid = view and a.attnum = c.attnum
        join pg_attribute s on s.attrelid = c.source and s.attnum = c.source_attnum and (s.atttypid, s.atttypmod, s.attcollation) = (a.atttypid, a.atttypmod, a.attcollation)
        where c.source <> view
        order by c.attnum;
end
$$;

comment on function pc_passed_columns(oid) is
'The columns of a view, quoted, that are columns of a table or view that it reads. Example: select * from pc_passed_columns(''pg_views''::regclass)';

create function pc_passed_key(cache text, partition_key text, datatype text, relation oid, out template text, out plain text)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    passed record;
    placed record;
    written text;
begin
    -- Only views pass anything on, and tables are what is asked about mostly.
    if not exists (select from pg_class c where c.oid = pc_passed_key.relation and c.relkind = 'v') then
        return;
    end if;
    for passed in
        select c.name, c.source, c.source_name
        from pc_passed_columns(relation) c
        join pg_attribute a on a.attrelid = relation and a.attnum = c.attnum and pc_fits(a.atttypid, a.attcollation, datatype, true)
        order by c.attnum
    loop
        if (pc_key_of(cache, partition_key, datatype, passed.source)).plain = passed.source_name then
            plain := passed.name;
            template := E'\x01\x02.' || plain;
            return;
        end if;
    end loop;
    -- An expression over columns all of which are passed on is one over the view's.
    for placed in
        select c.source, k.template as expression
        from (select x.source, min(x.attnum) as attnum from pc_passed_columns(relation) x group by x.source) c
        cross join lateral pc_key_of(cache, partition_key, datatype, c.source) k
        where k.template is not null and k.plain is null
        order by c.attnum
    loop
        written := placed.expression;
        for passed in select distinct on (c.source_name) c.source_name, c.name from pc_passed_columns(relation) c where c.source = placed.source order by c.source_name, c.attnum loop
            written := regexp_replace(written, pc_column_in(passed.source_name), E'\x03.' || replace(passed.name, '\', '\\'), 'g');
        end loop;
        if position(E'\x01' in written) = 0 then
            template := replace(written, E'\x03', E'\x01\x02');
            return;
        end if;
    end loop;
end
$$;

comment on function pc_passed_key(text, text, text, oid) is
'Where the partition key stands in a view that passes on the column, or all columns of the expression, in which it stands in a table or view that the view reads; as pc_key_of gives it; nulls if it does not. Example: select * from pc_passed_key(''partitioncache'', ''customer'', ''integer'', ''pg_views''::regclass)';
