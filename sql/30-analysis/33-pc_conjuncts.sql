create function pc_conjuncts(tokens text[], closes integer[], starts integer, ends integer, out first integer, out last integer) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- What is still to be looked at, in the order in which it stands.
    todo_starts integer[] := array[starts];
    todo_ends integer[] := array[ends];
    part_starts integer[];
    part_ends integer[];
    n integer;
begin
    while todo_starts <> '{}' loop
        starts := todo_starts[1];
        ends := todo_ends[1];
        todo_starts := todo_starts[2:];
        todo_ends := todo_ends[2:];
        while tokens[starts] = '(' and closes[starts] = ends and tokens[starts + 1] = '(' and closes[starts + 1] = ends - 1 loop
            starts := starts + 1;
            ends := ends - 1;
        end loop;
        part_starts := array[starts + 1];
        part_ends := '{}';
        if tokens[starts] = '(' and closes[starts] = ends then
            n := starts + 1;
            while n < ends loop
                if tokens[n] = 'AND' then
                    part_ends := part_ends || (n - 1);
                    part_starts := part_starts || (n + 1);
                end if;
                n := coalesce(closes[n], n) + 1;
            end loop;
        end if;
        if part_ends = '{}' then
            first := starts;
            last := ends;
            return next;
        else
            todo_starts := part_starts || todo_starts;
            todo_ends := part_ends || (ends - 1) || todo_ends;
        end if;
    end loop;
end
$$;

comment on function pc_conjuncts(text[], integer[], integer, integer) is
'The AND-ed parts of a condition, however deeply nested, as first and last token. PostgreSQL writes brackets round every AND and every part of it. Example: select * from pc_conjuncts(array[''('', ''a'', ''AND'', ''b'', '')''], ''{5,null,null,null,null}'', 1, 5)';
