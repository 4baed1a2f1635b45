create function pc_datatype_of(type oid, collation_ oid default 0) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        with recursive base(type) as (
            select pc_datatype_of.type
            union all
            select t.typbasetype from base b join pg_type t on t.oid = b.type where t.typtype = 'd'
        )
        select case b.type
            when 'smallint'::regtype then 'integer'
            when 'integer'::regtype then 'integer'
            when 'bigint'::regtype then 'bigint'
            when 'real'::regtype then 'float'
            when 'double precision'::regtype then 'float'
            when 'numeric'::regtype then 'numeric'
            when 'text'::regtype then 'text'
            when 'character varying'::regtype then 'text'
            when 'uuid'::regtype then 'uuid'
            when 'date'::regtype then 'date'
            when 'timestamp without time zone'::regtype then 'timestamp'
            when 'timestamp with time zone'::regtype then 'timestamptz'
        end
        from base b
        join pg_type t on t.oid = b.type and t.typtype <> 'd'
        -- Under a nondeterministic collation equal texts may differ, and sets of texts would not intersect rightly.
        where not exists (select from pg_collation c
                          where c.oid = pc_datatype_of.collation_ and not c.collisdeterministic)
    );
end
$$;

comment on function pc_datatype_of(oid, oid) is
'The datatype under which a column of this type and collation can be a partition key (domains count as their base type); null where none fits, as for character(n), citext or a nondeterministic collation, whose equality is not that of text. Example: select pc_datatype_of(''smallint''::regtype)';
