create function pc_block_tables(
    tokens text[], closes integer[], block pc_block, partition_key text, datatype text, unfit oid[],
    out n integer, out alias text, out relation text, out relid oid, out keyed boolean
) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with item as materialized (
            select i.*, regexp_replace(i.relation, '^ONLY ', '')::regclass::oid as relid
            from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends) i
            where i.kind = 'table' and not i.nullable
        )
        select (row_number() over (order by i.starts) - 1)::integer, i.alias, i.relation, i.relid,
               coalesce(pc_datatype_of(a.atttypid, a.attcollation) = pc_block_tables.datatype, false)
        from item i
        left join pg_attribute a on a.attrelid = i.relid and a.attname = partition_key and a.attnum > 0 and not a.attisdropped
        where i.relid <> all (unfit)
        order by i.starts
        limit 40;
end
$$;

comment on function pc_block_tables(text[], integer[], pc_block, text, text, oid[]) is
'The tables of a block that fragments may take: plain relations that no outer join can leave out. keyed: it has the partition column, with the registered datatype. unfit: relations that are no part of fragments, of pc_unfit_relations. Example: see pc_block_conjuncts';
