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
        with matched as materialized (
            select m.ord::integer as n, ltrim(m.part[1], E' \t\n\r\f\x0b') as token, length(m.part[1]) as length
            from regexp_matches(canonical,
                format('[ \t\n\r\f\v]*(?:ARRAY\[%1$s(?:, %1$s)*\]|', constant) || $re$"(?:[^"]|"")*"|[BX]?'(?:[^']|'')*'|[[:alpha:]_][[:alnum:]_$]*|[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|::|[-+*/<>=~!@#%^&|`?]+|.)$re$,
                'g') with ordinality as m(part, ord)
        ), bracket as (
            -- Brackets of one depth come in turns: the one after an opening one closes it.
            select b.n, b.token, lead(b.n) over (partition by b.depth order by b.n) as closes
            from (select m.n, m.token, sum(case when m.token in ('(', '[') then 1 else -1 end) over (order by m.n) + case when m.token in (')', ']') then 1 else 0 end as depth
                  from matched m where m.token in ('(', ')', '[', ']')) b
        )
        select m.n, m.token, m.length > length(m.token), (sum(m.length) over (order by m.n))::integer, b.closes
        from matched m
        left join bracket b on b.n = m.n and b.token in ('(', '[')
        order by m.n;
end
$$;

comment on function pc_tokens(text) is
'The tokens of canonical text, which PostgreSQL wrote, so that strings never hold escapes and keywords are in capitals. n: number; spaced: white space comes before it; ends: position of its last character; closes: for an opening bracket, the number of the closing one. Example: select * from pc_tokens(''SELECT p.x FROM public.poi p'')';
