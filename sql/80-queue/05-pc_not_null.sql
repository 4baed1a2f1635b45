create function pc_not_null(variadic arguments text[]) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    missing text := (select arguments[i] from generate_series(1, cardinality(arguments), 2) i where arguments[i + 1] is null limit 1);
begin
    if missing is not null then
        perform pc_fail('PC001', format('%s is null', missing), '', format('Pass a value for %s, or leave it out if it has a default.', missing));
    end if;
end
$$;

comment on function pc_not_null(text[]) is
'Takes names and values in turn and raises PC001 for the first value that is null. Example: select pc_not_null(''cache'', ''partitioncache'')';
