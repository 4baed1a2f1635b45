create function pc_passed_column(cache text, partition_key text, datatype text, relation oid) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    tree text;
    passed record;
begin
    if not exists (select from partitioncache_placement p where p.cache = pc_passed_column.cache and p.partition_key = pc_passed_column.partition_key) then
        return null;
    end if;
    select w.ev_action::text into tree from pg_rewrite w join pg_class c on c.oid = w.ev_class and c.relkind = 'v' where w.ev_class = relation and w.ev_type = '1';
    -- Names with brackets would be taken for nodes; which column it is does not matter for what is right.
    if tree is null or tree ~ '\\[{}]' then
        return null;
    end if;
    for passed in
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
        select quote_ident(a.attname) as name, c.source, quote_ident(s.attname) as source_name
        from column_ c
        join pg_attribute a on a.attrelid = relation and a.attnum = c.attnum and pc_fits(a.atttypid, a.attcollation, datatype, true)
        join pg_attribute s on s.attrelid = c.source and s.attnum = c.source_attnum
        where c.source <> relation
        order by c.attnum
    loop
        if (pc_key_of(cache, partition_key, datatype, passed.source)).plain = passed.source_name then
            return passed.name;
        end if;
    end loop;
    return null;
end
$$;

comment on function pc_passed_column(text, text, text, oid) is
'The column of a view, quoted, that is a column of a table or view in which the partition key stands; null if there is none, or if the partition key is placed nowhere. Example: select pc_passed_column(''partitioncache'', ''customer'', ''integer'', ''pg_views''::regclass)';
