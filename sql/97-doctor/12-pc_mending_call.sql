create function pc_mending_call(function text, variadic arguments text[]) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('select %s.%I(%s);', pc_people_schema(), function, string_agg(quote_literal(a.value), ', ' order by a.n))
    from unnest(arguments) with ordinality a(value, n)
$$;

comment on function pc_mending_call(text, text[]) is
'The statement that calls a function for people with these texts. Example: select pc_mending_call(''partitioncache_requeue'', ''partitioncache'')';
