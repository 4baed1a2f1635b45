create function pc_conjuncts(tokens text[], closes integer[], starts integer, ends integer, out first integer, out last integer) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    part_starts integer;
    n integer;
    is_and boolean := false;
begin
    while tokens[starts] = '(' and closes[starts] = ends and tokens[starts + 1] = '(' and closes[starts + 1] = ends - 1 loop
        starts := starts + 1;
        ends := ends - 1;
    end loop;
    if tokens[starts] = '(' and closes[starts] = ends then
        part_starts := starts + 1;
        n := part_starts;
        while n < ends loop
            if tokens[n] = 'AND' then
                is_and := true;
                return query select * from pc_conjuncts(tokens, closes, part_starts, n - 1);
                part_starts := n + 1;
            end if;
            n := coalesce(closes[n], n) + 1;
        end loop;
    end if;
    if is_and then
        return query select * from pc_conjuncts(tokens, closes, part_starts, ends - 1);
    else
        first := starts;
        last := ends;
        return next;
    end if;
end
$$;

comment on function pc_conjuncts(text[], integer[], integer, integer) is
'The AND-ed parts of a condition, however deeply nested, as first and last token. PostgreSQL writes brackets round every AND and every part of it. Example: select * from pc_conjuncts(array[''('', ''a'', ''AND'', ''b'', '')''], ''{5,null,null,null,null}'', 1, 5)';
