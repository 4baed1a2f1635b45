create function pc_from_items(
    tokens text[], closes integer[], from_starts integer, from_ends integer,
    out kind text, out alias text, out relation text, out nullable boolean, out starts integer, out ends integer, out right_starts integer, out condition_starts integer
) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    todo_starts integer[] := '{}'::integer[];
    todo_ends integer[] := '{}'::integer[];
    todo_nullable boolean[] := '{}'::boolean[];
    n integer := from_starts;
    item_starts integer := from_starts;
    last integer;
    optional boolean;
    joined integer;
    joins integer;
    on_starts integer;
    how text;
    plain record;
begin
    while n <= from_ends + 1 loop
        if n = from_ends + 1 or tokens[n] = ',' then
            todo_starts := todo_starts || item_starts;
            todo_ends := todo_ends || (n - 1);
            todo_nullable := todo_nullable || false;
            item_starts := n + 1;
        end if;
        n := coalesce(closes[n], n) + 1;
    end loop;

    while cardinality(todo_starts) > 0 loop
        item_starts := todo_starts[1];
        last := todo_ends[1];
        optional := todo_nullable[1];
        todo_starts := todo_starts[2:];
        todo_ends := todo_ends[2:];
        todo_nullable := todo_nullable[2:];
        n := item_starts + case when tokens[item_starts] = 'LATERAL' then 1 else 0 end;
        alias := null; relation := null; starts := n; ends := last; right_starts := null; condition_starts := null;
        nullable := optional;

        if tokens[n] <> '(' then
            plain := pc_plain_table(tokens[item_starts:last]);
            alias := plain.alias;
            relation := plain.relation;
            kind := case when relation is null then 'opaque' else 'table' end;
            return next;
            continue;
        end if;

        -- What stands in brackets is a query or one join: PostgreSQL writes brackets round each.
        joins := 0;
        on_starts := null;
        joined := null;
        starts := n + 1;
        ends := closes[n] - 1;
        n := starts;
        if tokens[n] not in ('SELECT', 'WITH', 'VALUES') then
            while n <= ends loop
                if tokens[n] = 'JOIN' then
                    joins := joins + 1;
                    joined := n;
                elsif tokens[n] in ('ON', 'USING') and joined is not null then
                    on_starts := coalesce(on_starts, n);
                end if;
                n := coalesce(closes[n], n) + 1;
            end loop;
        end if;

        if joins = 0 then
            kind := 'query';
            return next;
        elsif joins > 1 or last > ends + 1 then
            kind := 'opaque';  -- a join with an alias of its own hides its tables
            return next;
        else
            how := case when tokens[joined - 1] in ('LEFT', 'RIGHT', 'FULL', 'CROSS') then tokens[joined - 1] else 'INNER' end;
            todo_starts := todo_starts || starts || (joined + 1);
            todo_ends := todo_ends || (joined - case when how = 'INNER' then 1 else 2 end) || (coalesce(on_starts, ends + 1) - 1);
            todo_nullable := todo_nullable || (optional or how in ('RIGHT', 'FULL')) || (optional or how in ('LEFT', 'FULL'));
            if on_starts is not null then
                right_starts := joined + 1;
                kind := case tokens[on_starts] when 'ON' then 'on' else 'using' end;
                nullable := optional or how <> 'INNER';
                condition_starts := on_starts + 1;
                return next;
            end if;
        end if;
    end loop;
end
$$;

comment on function pc_from_items(text[], integer[], integer, integer) is
'What a FROM list holds. kind: table (alias, relation), query (a sub-select, its tokens), opaque (functions, CTEs, TABLESAMPLE, renamed columns, joins with an alias), on and using (a join and its condition: starts and ends enclose the whole of it, right_starts and condition_starts say where its right side and its condition begin). nullable: it stands on the nullable side of an outer join or, for on and using, the join is not an inner one. Example: select * from pc_from_items(array[''public'', ''.'', ''poi'', ''p''], ''{null,null,null,null}'', 1, 4)';

create function pc_plain_table(item text[], out alias text, out relation text)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    n constant integer := case when item[1] = 'ONLY' then 1 else 0 end;
begin
    if item[n + 2] = '.' and cardinality(item) between n + 3 and n + 4
        and item[n + 1] ~ '^["a-z_]' and item[n + 3] ~ '^["a-z_]' and coalesce(item[n + 4], 'a') ~ '^["a-z_]' then
        alias := coalesce(item[n + 4], item[n + 3]);
        relation := concat(case when n = 1 then 'ONLY ' end, item[n + 1], '.', item[n + 3]);
    end if;
end
$$;

comment on function pc_plain_table(text[]) is
'The relation and the alias of "[ONLY] schema.relation [alias]"; nulls for anything else. Example: select * from pc_plain_table(array[''public'', ''.'', ''poi'', ''p''])';
