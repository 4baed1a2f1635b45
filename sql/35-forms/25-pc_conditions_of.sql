create function pc_conditions_of(templates text[]) returns pc_condition[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    -- PostgreSQL writes brackets round each operator with its operands: the one before a constant at the end is the outermost.
    compared constant text := E'^\\((.*\x01.*) (<|<=|>|>=|=) (?:(\\d{1,9})|\\((\\d{1,9})\\)::(bigint|numeric|double precision)|(\\d+\\.\\d+)|'
        || E'''((?:[^'']|'''')*)''::(text|integer|bigint|numeric|double precision|date|timestamp without time zone|timestamp with time zone|uuid)|'
        || E'ANY \\(ARRAY\\[(\\d{1,9}(?:, \\d{1,9})*)\\]\\))\\)$';
begin
    return array(
        select case
            -- Two columns, or an operator that is none of those above after a column; or an expression compared with an integer: as nearly always.
            when k.kind = 'other' then row(t.template, 'other', null, null, null)::pc_condition
            when k.kind = 'integer' then
                row(substr(t.template, 2, length(t.template) - length(k.words[cardinality(k.words)]) - length(k.words[cardinality(k.words) - 1]) - 3),
                    case k.words[cardinality(k.words) - 1] when '=' then 'set' else 'bound' end, nullif(k.words[cardinality(k.words) - 1], '='),
                    'integer', array[rtrim(k.words[cardinality(k.words)], ')')])::pc_condition
            when c.part is null then pc_condition_of(t.template)
            when c.part[9] is not null and c.part[2] = '=' then
                row(c.part[1], 'set', null, 'integer', array(select distinct k from string_to_table(c.part[9], ', ') k order by 1))::pc_condition
            when c.part[9] is not null or c.part[2] <> '=' and pc_ordered_as(constant_.type) is null then
                row(t.template, 'other', null, null, null)::pc_condition
            else row(c.part[1], case c.part[2] when '=' then 'set' else 'bound' end, nullif(c.part[2], '='), constant_.type, array[constant_.value])::pc_condition end
        from unnest(templates) with ordinality t(template, n)
        cross join lateral (
            select x.kind, case when x.kind = 'integer' then string_to_array(t.template, ' ') end as words
            from (select case when left(t.template, 1000) ~ E'^\\((?:\x01\\d+\x02\\.[a-z_][a-z0-9_$]*|\\(\x01\\d+\x02\\.[a-z_][a-z0-9_$]*\\)::text) (?:= \x01\\d+\x02\\.[a-z_][a-z0-9_$]*\\)$|[~!@#%^&|`?*/+-]+ |<> )' then 'other'
                              when length(t.template) < 1000 and t.template ~ E'^\\(.*\x01.* (?:<|<=|>|>=|=) \\d{1,9}\\)$' then 'integer' end as kind offset 0) x
            offset 0) k
        -- A long list would be gone through once for each of its constants.
        cross join lateral (select case when k.kind is null and length(t.template) < 1000 then regexp_match(t.template, compared) end as part offset 0) c
        left join lateral (
            select coalesce(c.part[5], c.part[8], case when c.part[3] is not null then 'integer' when c.part[6] is not null then 'numeric' end) as type,
                   coalesce(c.part[3], c.part[4], c.part[6], replace(c.part[7], '''''', '''')) as value) constant_ on k.kind is null
        order by t.n);
end
$$;

comment on function pc_conditions_of(text[]) is
'pc_condition_of for each of several conjuncts, in a fraction of the time for the usual ones. Example: select pc_conditions_of(array[E''(\x010\x02.area > 900)''])';
