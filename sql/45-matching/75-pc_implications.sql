create function pc_condition_text(condition pc_condition, relations text[]) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    constants constant text[] := array(
        select case when condition.type in ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean') then c else quote_literal(c) end
        from unnest(condition.constants) with ordinality x(c, n) order by n);
    said text := case condition.kind
        when 'bound' then format('%s %s %s', condition.expression, condition.operator, constants[1])
        when 'set' then condition.expression || case when cardinality(constants) = 1 then ' = ' || constants[1] else format(' in (%s)', array_to_string(constants, ', ')) end
        when 'present' then condition.expression || ' is not null'
        else condition.expression end;
    names constant text[] := array(
        select regexp_replace(r, '^("([^"]|"")*"|[^".]*)\.', '') from unnest(relations) with ordinality x(r, n) order by n);
begin
    for n in 1 .. cardinality(names) loop
        said := replace(said, E'\x01' || n - 1 || E'\x02', names[n] || case when cardinality(array_positions(names, names[n])) > 1 then '#' || n - 1 else '' end);
    end loop;
    return said;
end
$$;

comment on function pc_condition_text(pc_condition, text[]) is
'A condition as people read it, with the names of the tables; where several are of one name, with their numbers as partitioncache_form has them. Example: select pc_condition_text(pc_condition_of(E''(\x010\x02.area > 900)''), ''{public.poi}'')';

create function pc_implications(query pc_form, entry pc_form) returns text[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    relations constant text[] := (query).relations;
    conditions constant pc_condition[] := (query).conditions;
    found_ record;
begin
    if entry is null or not (entry).relations <@ relations then
        return null;
    end if;
    found_ := pc_embeds(query, entry);
    if not found_.embedded then
        return null;
    end if;
    return array(
        select case when known.said = w.said then w.said || ' is said by both' else known.said || ' implies ' || w.said end
        from unnest((entry).conditions) with ordinality c(expression, kind, operator, type, constants, n)
        cross join lateral (select pc_placed(c.expression, found_.places) as expression offset 0) p
        cross join lateral (select row(p.expression, c.kind, c.operator, c.type, c.constants)::pc_condition as wanted offset 0) x
        cross join lateral (select pc_condition_text(x.wanted, relations) as said offset 0) w
        -- The same first, else what says most.
        cross join lateral (
            select pc_condition_text(k::pc_condition, relations) as said
            from unnest(conditions) k
            where k.expression = p.expression and pc_implies(k::pc_condition, x.wanted) or c.kind = 'other' and k.expression = pc_turned(p.expression)
            order by k = x.wanted desc, k.kind = 'set' desc, k.kind = 'bound' desc, 1
            limit 1) known
        order by c.n);
end
$$;

comment on function pc_implications(pc_form, pc_form) is
'For each condition of an entry the one of the query from which it follows, as sentences; null if the query does not contain the entry. Example: select pc_implications(f, f) from pc_fragment_form(''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', pc_registration(''partitioncache'', ''city_id'')) f';
