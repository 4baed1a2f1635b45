create function partitioncache_suggest_placements(
    relation regclass, partition_key text default null, cache text default 'partitioncache',
    out placed regclass, out expression text, out reason text, out call text
) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    key text := coalesce(partition_key, (select c.relname from pg_class c where c.oid = partitioncache_suggest_placements.relation));
    held text := (select r.datatype from partitioncache_registration r where r.cache = partitioncache_suggest_placements.cache and r.partition_key = key);
begin
    return query
        with recursive own as materialized (
            -- Its primary key, if that is one column; foreign keys of others lead to it, and to columns that lead to it.
            select i.indrelid as relation, i.indkey[0] as attnum, 'its primary key'::text as why, 1 as depth
            from pg_index i where i.indrelid = partitioncache_suggest_placements.relation and i.indisprimary and i.indnkeyatts = 1
        ), reached(relation, attnum, why, depth) as (
            select o.relation, o.attnum::integer, o.why collate "C", o.depth from own o
            union
            select f.conrelid, k.attnum::integer, format('its foreign key %I', f.conname) collate "C", r.depth + 1
            from reached r
            join pg_constraint f on f.contype = 'f' and f.confrelid = r.relation and f.conparentid = 0
            cross join lateral unnest(f.conkey, f.confkey) k(attnum, refers)
            where k.refers = r.attnum and r.depth < 10
        )
        select distinct on (n.name) c.oid::regclass, quote_ident(a.attname), r.why,
               format('select partitioncache_place(%L, %L, %L%s)', c.oid::regclass, quote_ident(a.attname), key,
                      case when partitioncache_suggest_placements.cache <> 'partitioncache' then format(', %L', partitioncache_suggest_placements.cache) end)
        from reached r
        join pg_class c on c.oid = r.relation and pc_top(c.oid) = c.oid
        join pg_attribute a on a.attrelid = r.relation and a.attnum = r.attnum
        cross join lateral (select c.oid::regclass::text as name) n
        where a.attname <> key and case when held is null then pc_datatype_of(a.atttypid, a.attcollation) is not null
                                        else pc_fits(a.atttypid, a.attcollation, held, true) end
          and (pc_placement_of(partitioncache_suggest_placements.cache, key, c.oid)).template is null
        order by n.name, r.depth, a.attnum;
end
$$;

comment on function partitioncache_suggest_placements(regclass, text, text) is
'Where a partition key could be placed: in the primary key of a table, and in the columns of other tables whose foreign keys lead there; one row a table that has it not placed yet, with the reason and the call that places it. partition_key: by default the name of the table. Example: select placed, expression, reason from partitioncache_suggest_placements(''poi'')';
