create function pc_all_links(tokens text[], spaced boolean[], closes integer[], blocks pc_block[]) returns pc_link[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    links pc_link[] := '{}'::pc_link[];
    found pc_link[];
    place integer := 1;
begin
    -- Those in expressions are found on the way.
    while place <= least(cardinality(blocks), 40) loop
        found := array(select l::pc_link from pc_links(tokens, spaced, closes, blocks[place]) l);
        links := links || found;
        blocks := blocks || array(select distinct (l.to_block) from unnest(found) l
                                  where (l.to_block).from_starts <> all (array(select b.from_starts from unnest(blocks) b)));
        place := place + 1;
    end loop;
    return links;
end
$$;

comment on function pc_all_links(text[], boolean[], integer[], pc_block[]) is
'pc_links of the blocks of a query and of those that they lead to. Example: see pc_take_apart';

create function pc_with_carried(family pc_family, source integer, links pc_link[], datatype text, ends integer[]) returns pc_family
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    family.carried := array(
        with recursive link as materialized (
            select l.from_block, l.from_column, l.to_block, l.to_column
            from unnest(links) l
            where pc_column_fits(l.relation, substring(l.to_column from '\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)$'), datatype)
        ), reached(block, name, place) as (
            select source, c, null::pc_block from unnest((family).columns) c
            union
            select (l.to_block).from_starts, l.to_column, l.to_block from reached r join link l on l.from_block = r.block and l.from_column = r.name
        )
        select row(r.name, ends[coalesce((r.place).where_ends, (r.place).from_ends)], (r.place).where_ends is not null)::pc_carried
        from (select distinct on (r.block, r.name) r.* from reached r where r.block <> source order by r.block, r.name) r
        order by r.block, r.name
        limit 20);
    return family;
end
$$;

comment on function pc_with_carried(pc_family, integer, pc_link[], text, integer[]) is
'A family together with where its restriction is carried on to. source: the token at which its block''s FROM list starts; ends: where the tokens of the query end. Example: see pc_take_apart';
