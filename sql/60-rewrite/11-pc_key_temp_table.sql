create function pc_key_temp_table(keys anyarray) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    name text := 'partitioncache_keys_' || substr(md5(pc_key_literal(keys)), 1, 16);
begin
    if to_regclass('pg_temp.' || name) is null then
        execute format('create temp table %I (partition_key %s primary key)', name,
                       (select format_type(t.typelem, null) from pg_type t where t.oid = pg_typeof(keys)));
        execute format('insert into pg_temp.%I select unnest($1)', name) using keys;
        execute format('analyze pg_temp.%I', name);
    end if;
    return format('pg_temp.%I', name);
end
$$;

comment on function pc_key_temp_table(anyarray) is
'The name of a temporary table of this session that holds these keys; made at the first call and analysed, so that the planner knows its size. Example: select pc_key_temp_table(array[1,2])';
