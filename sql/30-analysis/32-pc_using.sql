create function pc_using_columns(tokens text[], closes integer[], right_starts integer, ends integer) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    n integer := right_starts;
begin
    while n <= ends and tokens[n] <> 'USING' loop
        n := coalesce(closes[n], n) + 1;
    end loop;
    return array(select t from unnest(tokens[n + 2:closes[n + 1] - 1]) t where t <> ',');
end
$$;

comment on function pc_using_columns(text[], integer[], integer, integer) is
'The columns of JOIN ... USING (...), whose right side begins at right_starts. Example: select pc_using_columns(array[''q'', ''USING'', ''('', ''x'', '')''], ''{null,null,5,null,null}'', 1, 5)';

create function pc_side_ends(tokens text[], closes integer[], starts integer, ends integer) returns integer
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select case when tokens[starts] = '(' and closes[starts] is not null then closes[starts]
                    else coalesce((select min(n) - 1 from generate_series(starts, ends) n
                                   where tokens[n] in ('JOIN', 'USING', 'LEFT', 'RIGHT', 'FULL', 'CROSS')), ends) end
    );
end
$$;

comment on function pc_side_ends(text[], integer[], integer, integer) is
'The last token of the side of a join that begins at starts. Example: select pc_side_ends(array[''public'', ''.'', ''poi'', ''USING''], ''{null,null,null,null}'', 1, 4)';

create function pc_using_equalities(
    tokens text[], closes integer[], starts integer, right_starts integer, ends integer, aliases text[],
    out left_table integer, out right_table integer, out name text
) returns setof record
language plpgsql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- A merged column is that of the preserved tables which have it: were there two that are not merged, PostgreSQL would
        -- have called the name ambiguous. Where none is seen to have it, the equality is left out.
        with side as materialized (
            select s.is_right, a.n::integer - 1 as n, i.relation
            from (values (false, starts, right_starts - 2), (true, right_starts, ends)) s(is_right, starts, ends),
                 pc_from_items(tokens, closes, s.starts, pc_side_ends(tokens, closes, s.starts, s.ends)) i
            join unnest(aliases) with ordinality as a(alias, n) on a.alias = i.alias
            where i.kind = 'table' and not i.nullable
        )
        select min(s.n) filter (where not s.is_right), min(s.n) filter (where s.is_right), c.name
        from unnest(pc_using_columns(tokens, closes, right_starts, ends)) c(name)
        join side s on exists (
            select from pg_attribute t
            where t.attrelid = regexp_replace(s.relation, '^ONLY ', '')::regclass and t.attnum > 0 and not t.attisdropped
              and quote_ident(t.attname) = c.name)
        group by c.name
        having count(*) filter (where s.is_right) > 0 and count(*) filter (where not s.is_right) > 0;
end
$$;

comment on function pc_using_equalities(text[], integer[], integer, integer, integer, text[]) is
'The equalities of an inner JOIN ... USING: numbers of a table on either side (from 0, in the order of aliases) and the column. Example: see pc_block_conjuncts';
