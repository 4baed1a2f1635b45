create type pc_link as (
    from_block integer,
    from_column text,
    to_block pc_block,
    to_column text,
    relation oid
);

comment on type pc_link is
'A column of one block (by the token at which its FROM list starts) whose values are wanted where those of a column of another block, further inside, or of the same one are: rows of to_block with any other value in to_column cannot matter to a row that is kept in from_block. relation: whose column to_column is.';

create type pc_handed as (
    to_block integer,
    condition text
);

comment on type pc_handed is
'A condition that stands outside of a block and holds for all its rows that matter. to_block: by the token at which its FROM list starts; condition: a template, in which an alias of that block stands between chr(3) and chr(4).';

create type pc_inner as (
    kind text,
    alias text,
    starts integer,
    ends integer,
    nullable boolean,
    on_starts integer,
    on_ends integer
);

comment on type pc_inner is
'A query expression within a block. kind: item (in FROM, or the CTE that is named there and nowhere else), lateral, in or exists; alias: what it is called, or for in the column that is looked for, as alias.column; starts, ends: its tokens; nullable: an outer join may leave it out; on_starts, on_ends: the condition of the LEFT JOIN of which it is the right side.';

create function pc_inner_queries(tokens text[], closes integer[], block pc_block) returns setof pc_inner
language plpgsql immutable parallel safe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with item as materialized (
            select * from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends)
        ), cte as (
            -- name AS [NOT] [MATERIALIZED] ( query )
            select tokens[t.n - case when tokens[t.n - 1] = 'AS' then 2 when tokens[t.n - 2] = 'NOT' then 4 else 3 end] as name, t.n + 1 as starts, closes[t.n] - 1 as ends
            from generate_subscripts(tokens, 1) t(n)
            where tokens[t.n] = '(' and tokens[t.n - 1] in ('AS', 'MATERIALIZED') and tokens[t.n + 1] = 'SELECT'
        ), named_once as (
            -- Where it is made, and here.
            select c.* from cte c
            where (select count(*) = 2 from generate_subscripts(tokens, 1) t(n)
                   where tokens[t.n] = c.name and tokens[t.n + 1] is distinct from '.' and tokens[t.n - 1] is distinct from '.')
        ), piece as (
            select c.first, c.last
            from (
                select (block).where_starts as starts, (block).where_ends as ends where (block).where_starts is not null
                union all
                select i.condition_starts, i.ends from item i where i.kind = 'on' and not i.nullable
            ) condition, pc_conjuncts(tokens, closes, condition.starts, condition.ends) c
        )
        select case when tokens[i.starts - 2] = 'LATERAL' then 'lateral' else 'item' end, tokens[i.ends + 2], i.starts, i.ends, i.nullable, o.condition_starts, o.ends
        from item i
        left join item o on o.kind = 'on' and o.right_starts = i.starts - 1 and tokens[o.right_starts - 2] = 'LEFT'
        where i.kind = 'query' and tokens[i.ends + 2] ~ '^["a-z_]' and tokens[i.ends + 3] is distinct from '('
        union all
        -- w, or w AS it is called here
        select 'item', tokens[i.ends], c.starts, c.ends, i.nullable, o.condition_starts, o.ends
        from item i join named_once c on c.name = tokens[i.starts] and i.ends <= i.starts + 1 and tokens[i.ends] ~ '^["a-z_]'
        left join item o on o.kind = 'on' and o.right_starts = i.starts and tokens[o.right_starts - 2] = 'LEFT'
        where i.kind = 'opaque'
        union all
        select 'in', s.sought, s.n + 2, closes[s.n + 1] - 1, false, null, null
        from (
            -- (p.x IN ( SELECT ...)), of a varchar ((p.x)::text IN ( SELECT ...))
            select p.last, case when tokens[p.first + 4] = 'IN' then p.first + 4 when tokens[p.first + 1] = '(' and tokens[p.first + 6] = '::' and tokens[p.first + 7] = 'text' then p.first + 8 end as n,
                   case when tokens[p.first + 4] = 'IN' then array_to_string(tokens[p.first + 1:p.first + 3], '') else array_to_string(tokens[p.first + 2:p.first + 4], '') end as sought,
                   tokens[case when tokens[p.first + 4] = 'IN' then p.first + 2 else p.first + 3 end] = '.' as plain
            from piece p where tokens[p.first] = '(' and closes[p.first] = p.last) s
        where s.plain and tokens[s.n] = 'IN' and tokens[s.n + 1] = '(' and tokens[s.n + 2] = 'SELECT' and closes[s.n + 1] = s.last - 1
        union all
        select 'exists', null, e.n + 2, closes[e.n + 1] - 1, false, null, null
        from (select p.last, p.first + case when tokens[p.first + 1] = 'NOT' then 3 else 1 end as n from piece p where tokens[p.first] = '(' and closes[p.first] = p.last) e
        where tokens[e.n] = 'EXISTS' and tokens[e.n + 1] = '(' and tokens[e.n + 2] = 'SELECT';
end
$$;

comment on function pc_inner_queries(text[], integer[], pc_block) is
'The query expressions within a block that it asks for some of their rows. tokens: of the whole query. Example: see pc_links';

create function pc_block_aliases(tokens text[], closes integer[], block pc_block, out alias text, out relation oid) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        select i.alias, regexp_replace(i.relation, '^ONLY ', '')::regclass::oid
        from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends) i where i.kind = 'table'
        union all
        select q.alias, null::oid from pc_inner_queries(tokens, closes, block) q where q.kind in ('item', 'lateral')
        limit 60;
end
$$;

comment on function pc_block_aliases(text[], integer[], pc_block) is
'The tables of a block, and the query expressions in its FROM, by what they are called. Example: see pc_links';

create function pc_equated(tokens text[], spaced boolean[], closes integer[], block pc_block, aliases text[], out a integer, out a_column text, out b integer, out b_column text) returns setof record
language plpgsql stable parallel safe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return query
        with equal as (
            select e.*
            from (select c.template from pc_block_conjuncts(tokens, spaced, closes, block, aliases) c
                  where c.resolved and not c.holds_query and length(c.template) < 600 and c.template like E'(%\x01%\x02.% = %\x01%\x02.%)' offset 0) c,
                 pc_equality(c.template) e
            where e.left_table is not null and e.left_table <> e.right_table
        )
        select e.left_table + 1, e.left_column, e.right_table + 1, e.right_column from equal e
        union all
        select e.right_table + 1, e.right_column, e.left_table + 1, e.left_column from equal e;
end
$$;

comment on function pc_equated(text[], boolean[], integer[], pc_block, text[]) is
'The pairs of columns that a block equates, both ways round; a and b count from 1 in the aliases. Example: see pc_links';

create function pc_links(tokens text[], spaced boolean[], closes integer[], block pc_block) returns setof pc_link
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    aliases text[];
    relations oid[];
    inner_query pc_inner;
    inner_block pc_block;
    inside text[];
    inside_relations oid[];
begin
    select array_agg(t.alias order by t.n), array_agg(t.relation order by t.n) into aliases, relations
    from pc_block_aliases(tokens, closes, block) with ordinality t(alias, relation, n);
    return query
        select (pc_links.block).from_starts, aliases[e.a] || '.' || e.a_column, block, aliases[e.b] || '.' || e.b_column, relations[e.b]
        from pc_equated(tokens, spaced, closes, pc_links.block, aliases) e where relations[e.b] is not null;
    for inner_query in select * from pc_inner_queries(tokens, closes, block) loop
        if inner_query.kind = 'item' then
            return query
                select (pc_links.block).from_starts, aliases[e.a] || '.' || e.a_column, o.block, o.alias || '.' || o.column_name, o.relation
                from (
                    select * from pc_equated(tokens, spaced, closes, pc_links.block, aliases) where not inner_query.nullable
                    union
                    -- A row of the right side matters only to a row of the left side that it is joined to.
                    select l.* from pc_equated(tokens, spaced, closes, row(0, (pc_links.block).from_starts, (pc_links.block).from_ends, inner_query.on_starts, inner_query.on_ends)::pc_block, aliases) l
                    where inner_query.on_starts is not null) e
                join pc_outputs(tokens, closes, inner_query.starts, inner_query.ends) o on o.name = e.b_column and o.relation is not null
                where aliases[e.b] = inner_query.alias;
        elsif inner_query.kind = 'in' then
            return query
                select (pc_links.block).from_starts, inner_query.alias, o.block, o.alias || '.' || o.column_name, o.relation
                from pc_outputs(tokens, closes, inner_query.starts, inner_query.ends) o where o.place = 1 and o.relation is not null;
        else
            -- What stands in its WHERE is asked anew for each row outside: of the rows that it lets through, none is lost.
            inner_block := pc_select_parts(tokens, closes, inner_query.starts, inner_query.ends);
            continue when inner_block.from_starts is null
                or exists (select from generate_series(inner_block.from_ends + 1, inner_query.ends) t(n) where tokens[t.n] in ('GROUP', 'HAVING', 'UNION', 'INTERSECT', 'EXCEPT', 'WINDOW'));
            inner_block.block := inner_block.from_starts;
            select array_agg(t.alias order by t.n), array_agg(t.relation order by t.n) into inside, inside_relations
            from pc_block_aliases(tokens, closes, inner_block) with ordinality t(alias, relation, n);
            return query
                select (pc_links.block).from_starts, (inside || aliases)[e.a] || '.' || e.a_column, inner_block, inside[e.b] || '.' || e.b_column, inside_relations[e.b]
                from pc_equated(tokens, spaced, closes, inner_block, (inside || aliases)[:60]) e
                where e.a > cardinality(inside) and e.b <= cardinality(inside) and inside_relations[e.b] is not null;
        end if;
    end loop;
end
$$;

comment on function pc_links(text[], boolean[], integer[], pc_block) is
'The columns to which a restriction of a block''s columns may be carried on: those inside IN (SELECT ...), [NOT] EXISTS (...), sub-selects in FROM and CTEs that are named once, and those that the block equates with one another. Whether the two compare as partition keys do is left to the caller. tokens: of the whole query. Example: see pc_carried';

create function pc_handed_down(tokens text[], spaced boolean[], closes integer[], block pc_block, handed text[]) returns setof pc_handed
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    inner_queries pc_inner[] := array(select q from pc_inner_queries(tokens, closes, block) q where q.kind in ('item', 'lateral') and not q.nullable);
    aliases text[] := array(select a.alias from pc_block_aliases(tokens, closes, block) a);
    conditions text[];
    inner_query pc_inner;
    output pc_output;
    branch integer;
    condition text;
    inside text;
begin
    if inner_queries = '{}' then
        return;
    end if;
    conditions := handed || array(
        select (select string_agg(case when p.n % 2 = 0 then E'\x03' || aliases[p.part::integer + 1] || E'\x04' else p.part end, '' order by p.n)
                from string_to_table(replace(c.template, E'\x02', E'\x01'), E'\x01') with ordinality p(part, n))
        from pc_block_conjuncts(tokens, spaced, closes, block, aliases) c
        where c.resolved and not c.holds_query and bit_count(c.tables::bit(64)) = 1 and c.template !~ E'[\x03\x04]');
    foreach inner_query in array inner_queries loop
        foreach condition in array conditions loop
            continue when condition !~~ (E'%\x03' || inner_query.alias || E'\x04.%');
            for branch in select distinct (o.block).from_starts from pc_outputs(tokens, closes, inner_query.starts, inner_query.ends) o loop
                inside := condition;
                for output in
                    select * from pc_outputs(tokens, closes, inner_query.starts, inner_query.ends) o where (o.block).from_starts = branch order by length(o.name) desc
                loop
                    inside := pc_renamed(inside, E'\x03' || inner_query.alias || E'\x04.', output.name, E'\x05' || output.alias || E'\x06.' || output.column_name);
                end loop;
                if inside !~ E'[\x03\x04]' then
                    return next row(branch, translate(inside, E'\x05\x06', E'\x03\x04'))::pc_handed;
                end if;
            end loop;
        end loop;
    end loop;
end
$$;

comment on function pc_handed_down(text[], boolean[], integer[], pc_block, text[]) is
'The conditions of a block, and those handed down to it, on one sub-select in its FROM or one CTE that is named once, as conditions on the columns inside. tokens: of the whole query. Example: see pc_take_apart';

create function pc_renamed(condition text, prefix text, name text, new_name text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        select string_agg(case when p.n = 1 then p.part when starts_with(p.part, name) and substr(p.part, length(name) + 1, 1) !~ '[[:alnum:]_$"]' or p.part = name
                               then new_name || substr(p.part, length(name) + 1) else prefix || p.part end, '' order by p.n)
        from string_to_table(condition, prefix) with ordinality p(part, n)
    );
end
$$;

comment on function pc_renamed(text, text, text, text) is
'A text in which what stands behind the prefix, if it is this name and no longer one, is replaced together with the prefix. Example: select pc_renamed(''(q.a = q.ab)'', ''q.'', ''a'', ''p.x'')';
