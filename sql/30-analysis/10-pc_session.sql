create function pc_session(session_path text) returns jsonb
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select jsonb_object_agg(name, case name when 'search_path' then session_path else current_setting(name) end)
        from unnest(array['search_path', 'DateStyle', 'IntervalStyle', 'TimeZone', 'timezone_abbreviations', 'standard_conforming_strings', 'backslash_quote',
                          'transform_null_equals', 'array_nulls', 'xmloption', 'lc_monetary', 'quote_all_identifiers']) name
    );
end
$$;

comment on function pc_session(text) is
'The settings on which the meaning of a query''s text depends. The search path is passed, because a function that pins its own cannot see its caller''s. Example: select pc_session(current_setting(''search_path''))';
