create function pc_block_tables(
    tokens text[], closes integer[], block pc_block, partition_key text, datatype text, unfit oid[], cache text,
    out n integer, out alias text, out relation text, out relid oid, out keyed boolean, out key text
) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return query
        with item as materialized (
            select i.*, (case when i.relation ^@ 'ONLY ' then substr(i.relation, 6) else i.relation end)::regclass::oid as relid
            from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends) i
            where i.kind = 'table' and not i.nullable
        )
        select t.n, t.alias, t.relation, t.relid, k.template is not null, replace(k.template, E'\x01\x02', format(E'\x01%s\x02', t.n))
        from (select (row_number() over (order by i.starts) - 1)::integer as n, i.* from item i where i.relid <> all (unfit)) t
        cross join lateral pc_key_of(cache, partition_key, datatype, t.relid) k
        order by t.n
        limit 40;
end
$$;

comment on function pc_block_tables(text[], integer[], pc_block, text, text, oid[], text) is
'The tables of a block that fragments may take: plain relations that no outer join can leave out. keyed: it has the partition key, with the registered datatype; key: where that stands, as a template (see pc_block_conjuncts). unfit: relations that are no part of fragments, of pc_unfit_relations. Example: see pc_block_conjuncts';
