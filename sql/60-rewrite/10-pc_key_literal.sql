create function pc_key_literal(keys anyarray) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
set extra_float_digits = 3
as $$
#variable_conflict use_column
begin
    return (select format('%L::%s', keys::text, pg_typeof(keys)));
end
$$;

comment on function pc_key_literal(anyarray) is
'Keys as a constant that every session reads alike. Example: select pc_key_literal(array[1,2])';

create function pc_key_list(keys anyarray, pattern text default '%s') returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
set extra_float_digits = 3
as $$
#variable_conflict use_column
begin
    return (select string_agg(format(pattern, format('%L::%s', k::text, pg_typeof(k))), ', ' order by n) from unnest(keys) with ordinality u(k, n));
end
$$;

comment on function pc_key_list(anyarray, text) is
'Keys as constants, each put into the pattern, with commas between; null for no keys. Example: select pc_key_list(array[1,2])';
