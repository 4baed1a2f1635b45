create function pc_enter_session(session jsonb) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- Until the end of the surrounding subtransaction, which the caller rolls back. The path is left to the caller: it would end with this function.
    perform set_config(s.key, s.value, true) from jsonb_each_text(session) s
    where s.key <> 'search_path' and s.value is distinct from current_setting(s.key, true);
end
$$;

comment on function pc_enter_session(jsonb) is
'Takes on the settings of the session that wrote a query, all but its search path. Example: select pc_enter_session(pc_session(''public''))';

create function pc_enter_canonical() returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    perform set_config(s.name, s.value, true)
    from (values ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'), ('extra_float_digits', '3'),
                 ('standard_conforming_strings', 'on'), ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'),
                 ('transform_null_equals', 'off'), ('xmloption', 'content'), ('array_nulls', 'on')) s(name, value)
    where s.value is distinct from current_setting(s.name, true);
end
$$;

comment on function pc_enter_canonical() is
'Takes on the settings under which canonical text is written and evaluated. Example: select pc_enter_canonical()';
