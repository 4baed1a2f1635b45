create function pc_native_type(datatype text) returns regtype
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select case datatype
            when 'integer' then 'integer'::regtype
            when 'bigint' then 'bigint'::regtype
            when 'float' then 'double precision'::regtype
            when 'numeric' then 'numeric'::regtype
            when 'text' then 'text'::regtype
            when 'uuid' then 'uuid'::regtype
            when 'date' then 'date'::regtype
            when 'timestamp' then 'timestamp without time zone'::regtype
            when 'timestamptz' then 'timestamp with time zone'::regtype
        end
    );
end
$$;

comment on function pc_native_type(text) is
'The PostgreSQL type that holds keys of a datatype; null for a word that is no datatype. Example: select pc_native_type(''float'')';
