create type pc_block as (
    block integer,
    from_starts integer,
    from_ends integer,
    where_starts integer,
    where_ends integer
);

comment on type pc_block is
'One SELECT ... FROM ... WHERE ... of a query, as token numbers; the WHERE part is null where there is none.';

create function pc_query_blocks(tokens text[], closes integer[]) returns setof pc_block
language plpgsql immutable parallel safe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- Query expressions still to be looked at: pairs of first and last token.
    todo_starts integer[] := array[1];
    todo_ends integer[] := array[cardinality(tokens)];
    last integer;
    branch_starts integer;
    n integer;
    found pc_block;
    inner_query record;
    blocks integer := 0;
begin
    while cardinality(todo_starts) > 0 loop
        n := todo_starts[cardinality(todo_starts)];
        last := todo_ends[cardinality(todo_ends)];
        todo_starts := trim_array(todo_starts, 1);
        todo_ends := trim_array(todo_ends, 1);

        if tokens[n] = 'WITH' then
            while n <= last and tokens[n] not in ('SELECT', 'VALUES') loop
                -- name [(columns)] as [[not] materialized] ( query ): the bracket that a query follows is the one
                if tokens[n] = '(' and tokens[n + 1] in ('SELECT', 'WITH', 'VALUES', '(') and tokens[n - 1] in ('AS', 'MATERIALIZED') then
                    todo_starts := todo_starts || n + 1;
                    todo_ends := todo_ends || closes[n] - 1;
                elsif tokens[n] = '(' and tokens[n - 1] = ')' then
                    exit;  -- the main query itself stands in brackets
                end if;
                n := coalesce(closes[n], n) + 1;
            end loop;
        end if;

        while n <= last loop
            branch_starts := n;
            while n <= last and tokens[n] not in ('UNION', 'INTERSECT', 'EXCEPT') loop
                n := coalesce(closes[n], n) + 1;
            end loop;
            if tokens[branch_starts] = '(' then
                todo_starts := todo_starts || branch_starts + 1;
                todo_ends := todo_ends || closes[branch_starts] - 1;
            elsif tokens[branch_starts] = 'SELECT' then
                found := pc_select_parts(tokens, closes, branch_starts, n - 1);
                if found.from_starts is not null then
                    blocks := blocks + 1;
                    found.block := blocks;
                    return next found;
                    for inner_query in
                        select i.starts, i.ends from pc_from_items(tokens, closes, found.from_starts, found.from_ends) i where i.kind = 'query'
                    loop
                        todo_starts := todo_starts || inner_query.starts;
                        todo_ends := todo_ends || inner_query.ends;
                    end loop;
                end if;
            end if;
            n := n + 1;
            if tokens[n] in ('ALL', 'DISTINCT') then
                n := n + 1;
            end if;
        end loop;
    end loop;
end
$$;

comment on function pc_query_blocks(text[], integer[]) is
'Every SELECT of canonical text that stands as the query itself, as a branch of a set operation, as the body of a CTE or as a sub-select in FROM, outermost first; each is restricted on its own. Sub-selects in expressions are not among them. Example: select * from pc_query_blocks(array[''SELECT'', ''1'', ''FROM'', ''p''], ''{null,null,null,null}'')';

create function pc_select_parts(tokens text[], closes integer[], starts integer, ends integer) returns pc_block
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    n integer := starts + 1;
    parts pc_block;
begin
    while n <= ends and tokens[n] <> 'FROM' loop
        n := coalesce(closes[n], n) + 1;
    end loop;
    if n > ends then
        return null;
    end if;
    parts.from_starts := n + 1;
    while n <= ends and tokens[n] not in ('WHERE', 'GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', 'FOR') loop
        n := coalesce(closes[n], n) + 1;
    end loop;
    parts.from_ends := n - 1;
    if n <= ends and tokens[n] = 'WHERE' then
        parts.where_starts := n + 1;
        while n <= ends and tokens[n] not in ('GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', 'FOR') loop
            n := coalesce(closes[n], n) + 1;
        end loop;
        parts.where_ends := n - 1;
    end if;
    return parts;
end
$$;

comment on function pc_select_parts(text[], integer[], integer, integer) is
'Where the FROM list and the WHERE condition of one SELECT stand; null parts where it has none. Example: select * from pc_select_parts(array[''SELECT'', ''1'', ''FROM'', ''p''], ''{null,null,null,null}'', 1, 4)';
