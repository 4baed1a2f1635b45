create function pc_session(session_path text) returns jsonb
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- An expression, not a query: it is evaluated without the executor.
    return jsonb_build_object('search_path', session_path, 'DateStyle', current_setting('DateStyle'), 'IntervalStyle', current_setting('IntervalStyle'), 'TimeZone', current_setting('TimeZone'), 'timezone_abbreviations', current_setting('timezone_abbreviations'),
                              'standard_conforming_strings', current_setting('standard_conforming_strings'), 'backslash_quote', current_setting('backslash_quote'), 'transform_null_equals', current_setting('transform_null_equals'),
                              'array_nulls', current_setting('array_nulls'), 'xmloption', current_setting('xmloption'), 'lc_monetary', current_setting('lc_monetary'), 'quote_all_identifiers', current_setting('quote_all_identifiers'));
end
$$;

comment on function pc_session(text) is
'The settings on which the meaning of a query''s text depends. The search path is passed, because a function that pins its own cannot see its caller''s. Example: select pc_session(current_setting(''search_path''))';
