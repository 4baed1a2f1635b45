create function pc_mending_call(function text, variadic arguments text[]) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
    -- On one line: else the name of a table could pass for a statement beside this one.
    select format('select %s.%I(%s);', pc_people_schema(), function, string_agg(case when l.plain is not false then quote_literal(a.value) else l.escaped end, ', ' order by a.n))
    from unnest(arguments) with ordinality a(value, n)
    cross join lateral (
        select a.value !~ '[[:cntrl:]]' as plain,
               format('E''%s''', string_agg(case when c ~ '[[:cntrl:]]' then '\u' || lpad(to_hex(ascii(c)), 4, '0') when c in ('\', '''') then c || c else c end, '' order by o)) as escaped
        from regexp_split_to_table(a.value, '') with ordinality r(c, o)) l
$$;

comment on function pc_mending_call(text, text[]) is
'The statement that calls a function for people with these texts. Example: select pc_mending_call(''partitioncache_requeue'', ''partitioncache'')';
