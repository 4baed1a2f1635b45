create function pc_datatype_of(type oid, collation_ oid default 0) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    base oid := type;
    datatype text;
begin
    -- Under a nondeterministic collation equal texts may differ, and sets of texts would not intersect rightly. PostgreSQL has none of its own.
    if collation_ >= 16384 then
        if exists (select from pg_collation c where c.oid = collation_ and not c.collisdeterministic) then
            return null;
        end if;
    end if;
    loop
        datatype := pc_datatype_maps() -> 'of' ->> base::regtype::text;
        exit when datatype is not null or base < 16384;
        base := (select t.typbasetype from pg_type t where t.oid = base and t.typtype = 'd');
        exit when base is null;
    end loop;
    return datatype;
end
$$;

comment on function pc_datatype_of(oid, oid) is
'The datatype under which a column of this type and collation can be a partition key (domains count as their base type); null where none fits, as for character(n), citext or a nondeterministic collation, whose equality is not that of text. Example: select pc_datatype_of(''smallint''::regtype)';
