create function pc_tokens(
    canonical text, out n integer, out token text, out spaced boolean, out ends integer, out closes integer
) returns setof record
language plpgsql immutable strict parallel safe rows 200
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    quoted text := '"(?:[^"]|"")*"';
    constant text := format('(?:[BX]?''(?:[^'']|'''')*''|[0-9]+(?:\.[0-9]+)?)(?:::(?:%1$s|[a-z_][a-z0-9_$]*)(?:\.(?:%1$s|[a-z_][a-z0-9_$]*)|(?: [a-z]+)+)?)?', quoted);
begin
    return query
        with matched as (
            select m.ord::integer as n, m.part[2] as token, m.part[1] <> '' as spaced,
                   sum(length(m.part[1]) + length(m.part[2])) over (order by m.ord)::integer as ends,
                   sum(case m.part[2] when '(' then 1 when '[' then 1 when ')' then -1 when ']' then -1 else 0 end) over (order by m.ord)
                       + case when m.part[2] in (')', ']') then 1 else 0 end as depth
            from regexp_matches(canonical,
                format('(\s*)(ARRAY\[%1$s(?:, %1$s)*\]|', constant) || $re$"(?:[^"]|"")*"|[BX]?'(?:[^']|'')*'|[[:alpha:]_][[:alnum:]_$]*|[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|::|[-+*/<>=~!@#%^&|`?]+|.)$re$,
                'g') with ordinality as m(part, ord)
        )
        -- Brackets of one depth come in turns: the one after an opening one closes it.
        select m.n, m.token, m.spaced, m.ends,
               case when m.token in ('(', '[') then lead(m.n) over (partition by m.token in ('(', ')', '[', ']'), m.depth order by m.n) end
        from matched m
        order by m.n;
end
$$;

comment on function pc_tokens(text) is
'The tokens of canonical text, which PostgreSQL wrote, so that strings never hold escapes and keywords are in capitals. n: number; spaced: white space comes before it; ends: position of its last character; closes: for an opening bracket, the number of the closing one. Example: select * from pc_tokens(''SELECT p.x FROM public.poi p'')';
