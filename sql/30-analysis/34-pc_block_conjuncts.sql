create function pc_block_conjuncts(
    tokens text[], spaced boolean[], closes integer[], block pc_block, aliases text[],
    out template text, out tables bigint, out resolved boolean, out holds_query boolean
) returns setof record
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return query
        with item as materialized (
            select * from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends)
        ), piece as materialized (
            select row_number() over () as piece, c.first, c.last
            from (
                select (block).where_starts as starts, (block).where_ends as ends where (block).where_starts is not null
                union all
                select i.condition_starts, i.ends from item i where i.kind = 'on' and not i.nullable
            ) condition, pc_conjuncts(tokens, closes, condition.starts, condition.ends) c
        ), merged as materialized (
            select c.name from item i, unnest(pc_using_columns(tokens, closes, i.right_starts, i.ends)) c(name) where i.kind = 'using'
        ), part as (
            select p.piece, t.n, t.token, spaced[t.n] and t.n > p.first as spaced,
                   t.token ~ '^["a-z_]' and t.token not in ('true', 'false') as is_name,
                   lag(t.token, 2) over piece as before,
                   lag(t.token) over piece as previous,
                   lead(t.token) over piece as next,
                   lead(t.token, 3) over piece as after_member,
                   bool_or(t.token = 'SELECT') over (partition by p.piece) as holds_query
            from piece p
            cross join lateral (select n, tokens[n] as token from generate_series(p.first, p.last) n) t
            window piece as (partition by p.piece order by t.n)
        ), superfluous as materialized (
            -- EXISTS (... LIMIT 1) asks for a row, as EXISTS does.
            select u.n
            from part p, unnest(array[closes[p.n + 1] - 2, closes[p.n + 1] - 1]) u(n)
            where p.token = 'EXISTS' and tokens[closes[p.n + 1] - 2] = 'LIMIT' and tokens[closes[p.n + 1] - 1] ~ '^[1-9]\d*$'
        ), judged as (
            select p.*, a.n - 1 as alias,
                   case
                       -- the characters that mark a table's place below
                       when strpos(p.token, E'\x01') > 0 or strpos(p.token, E'\x02') > 0 then false
                       when not p.is_name then true
                       -- a.x, schema.f(...), schema.type: a qualifier has to be one of the block's own tables
                       when p.next = '.' and p.previous is distinct from '.'
                           then coalesce(a.n is not null or p.holds_query or p.after_member = '(' or p.previous in ('::', 'COLLATE')
                                         or (p.previous = '(' and p.before = 'OPERATOR'), false)
                       when p.previous in ('.', '::', 'COLLATE') or p.next = '(' then true
                       when p.holds_query then p.previous = 'AS' or not exists (select from merged m where m.name = p.token)
                       when p.before = 'EXTRACT' and p.next = 'FROM' then true
                       -- the words of a type's name: only there can one word follow another
                       when p.token in ('varying', 'precision', 'without', 'with', 'time', 'zone', 'year', 'month', 'day', 'hour', 'minute', 'second', 'to')
                           then p.previous ~ '^[a-z]' or p.previous = ')'
                       else false
                   end as resolved
            from part p
            left join unnest(aliases) with ordinality as a(alias, n)
                on a.alias = p.token and p.next = '.' and p.previous is distinct from '.'
                -- a schema may be called as a table of the query is
                and p.after_member is distinct from '(' and coalesce(p.previous not in ('::', 'COLLATE'), true) and p.before is distinct from 'OPERATOR'
        )
        select string_agg(case when spaced then ' ' else '' end || case when alias is null then token else format(E'\x01%s\x02', alias) end, '' order by n),
               coalesce(bit_or(1::bigint << alias::integer), 0),
               -- In a sub-select, "p." may be a table of the query or a schema that is called so.
               bool_and(coalesce(resolved, false) and (not holds_query or alias is null or not exists (select from pg_namespace s where quote_ident(s.nspname) = token))),
               bool_or(holds_query)
        from judged
        where n not in (select n from superfluous)
        group by piece
        union all
        select format(E'(\x01%s\x02.%s = \x01%s\x02.%s)', u.left_table, u.name, u.right_table, u.name),
               (1::bigint << u.left_table) | (1::bigint << u.right_table), true, false
        from item i, pc_using_equalities(tokens, closes, i.starts, i.right_starts, i.ends, aliases) u
        where i.kind = 'using' and not i.nullable and u.name !~ E'[\x01\x02]';
end
$$;

comment on function pc_block_conjuncts(text[], boolean[], integer[], pc_block, text[]) is
'The conjuncts of a block: template = its text with each of the block''s tables as chr(1) number chr(2), counted from 0 in the order of aliases; tables = the set of them as bits; resolved = every name in it is understood, so that nothing else can be meant; holds_query = it contains a sub-select. Example: select * from pc_block_conjuncts(array[''SELECT'', ''1'', ''FROM'', ''p''], ''{f,t,t,t}'', ''{null,null,null,null}'', row(1, 4, 4, null, null)::pc_block, ''{p}'')';
