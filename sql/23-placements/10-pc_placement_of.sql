create function pc_placement_of(cache text, partition_key text, relation oid) returns partitioncache_placement
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    placement partitioncache_placement;
    top oid := relation;
    here oid;
    this_cluster bigint;
begin
    if pc_placement_of.cache = '' and partition_key ^@ E'\x01' then
        return pc_imagined_placement(partition_key, pc_top(relation));
    end if;
    -- Hardly any partition key is placed: this is the whole way then.
    if not exists (select from partitioncache_placement p where p.cache = pc_placement_of.cache and p.partition_key = pc_placement_of.partition_key) then
        return null;
    end if;
    -- What is a part of another table is placed as that is. Each of these is asked once: it is more than looking at the placements.
    if exists (select from pg_inherits i where i.inhrelid = relation) then
        top := pc_top(relation);
    end if;
    here := pc_database();
    this_cluster := pc_cluster();
    select p.* into placement
    from partitioncache_placement p
    where p.cache = pc_placement_of.cache and p.partition_key = pc_placement_of.partition_key
      and case when (p.database, p.cluster) = (here, this_cluster) then p.relation = top else p.relation_name = pc_relation_name(top) end
    order by (p.database, p.cluster) = (here, this_cluster) desc
    limit 1;
    return placement;
end
$$;

comment on function pc_placement_of(text, text, oid) is
'Where a partition key stands in a table, if it is not the column of its name; null if it is. Example: select pc_placement_of(''partitioncache'', ''customer'', ''pg_class''::regclass)';

create function pc_column_type(type oid, collation_ oid) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select concat_ws(' collate ', format_type(type, null), (select format('%I.%I', c.collnamespace::regnamespace, c.collname) from pg_collation c where c.oid = collation_))
$$;

comment on function pc_column_type(oid, oid) is
'The type and the collation of a column in words. Example: select pc_column_type(''text''::regtype, 100)';

create function pc_placement_problem(placement partitioncache_placement, relation oid) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (
        select case when a.attname is null then format('column %s is gone or renamed', c.name)
                    else format('column %s was of type %s and is of type %s', c.name, c.type, pc_column_type(a.atttypid, a.attcollation)) end
        from unnest((placement).columns, (placement).column_types) c(name, type)
        left join pg_attribute a on a.attrelid = relation and a.attnum > 0 and not a.attisdropped and quote_ident(a.attname) = c.name
        where pc_column_type(a.atttypid, a.attcollation) is distinct from c.type
        limit 1);
end
$$;

comment on function pc_placement_problem(partitioncache_placement, oid) is
'Why a placement says nothing of a table any more, because its columns are others than they were; null if it does. Example: select pc_placement_problem(pc_placement_of(''partitioncache'', ''customer'', ''pg_class''::regclass), ''pg_class''::regclass)';

create function pc_fits(type oid, collation_ oid, datatype text, placed boolean) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select coalesce(d.datatype = pc_fits.datatype or placed and d.datatype = 'integer' and pc_fits.datatype = 'bigint', false)
        from pc_datatype_of(type, collation_) d(datatype));
end
$$;

comment on function pc_fits(oid, oid, text, boolean) is
'Whether values of a type are keys of a datatype; where it is placed, integers are keys of a bigint, too. Example: select pc_fits(''integer''::regtype, 0, ''bigint'', true)';

create function pc_key_of(cache text, partition_key text, datatype text, relation oid, out template text, out plain text)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    placement partitioncache_placement;
begin
    placement := pc_placement_of(cache, partition_key, relation);
    if placement.template is null then
        select quote_ident(a.attname) into plain
        from pg_attribute a
        where a.attrelid = relation and a.attname = partition_key and a.attnum > 0 and not a.attisdropped and pc_fits(a.atttypid, a.attcollation, datatype, false);
        if plain is null then
            select p.template, p.plain into template, plain from pc_passed_key(cache, partition_key, datatype, relation) p;
        else
            template := E'\x01\x02.' || plain;
        end if;
    elsif pc_placement_problem(placement, relation) is null then
        template := placement.template;
        plain := case when placement.plain then placement.columns[1] end;
    end if;
end
$$;

comment on function pc_key_of(text, text, text, oid) is
'Where the partition key stands in a table. template: canonical text with chr(1) chr(2) for the table, null if it has none; plain: the column, quoted, if it is one. Example: select * from pc_key_of(''partitioncache'', ''relname'', ''text'', ''pg_class''::regclass)';

create function pc_column_in(column_name text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
    -- Names that are not quoted hold none of these.
    select E'\x01\x02[.]' || regexp_replace(column_name, '([][*+?(){}|^$.\\])', '\\\1', 'g') || '(?![a-zA-Z0-9_$])'
$$;

comment on function pc_column_in(text) is
'A pattern for a column of a template, whose name is quoted as in canonical text. Example: select pc_column_in(''id'')';
