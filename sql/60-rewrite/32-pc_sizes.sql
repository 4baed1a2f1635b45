create type pc_size as (
    bytes double precision,
    rows double precision,
    definitions bigint
);

comment on type pc_size is
'How large some relations are, and a fingerprint of their rows in pg_class and their indexes; see pc_sizes.';

create function pc_sizes(relations oid[]) returns pc_size
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    size pc_size;
    parents boolean;
begin
    select coalesce(sum(case when cardinality(pc_sizes.relations) <= 50 then pg_relation_size(c.oid) else c.relpages * 8192.0 end), 0),
           coalesce(sum(greatest(c.reltuples, 0)), 0),
           bit_xor(hashtextextended(concat_ws(' ', c.oid, c.xmin, (select string_agg(concat_ws(' ', i.indexrelid, i.indisvalid), ',' order by i.indexrelid)
                                                                   from pg_index i where i.indrelid = c.oid)), 0)),
           bool_or(c.relhassubclass)
    into size.bytes, size.rows, size.definitions, parents
    from pg_class c where c.oid = any (pc_sizes.relations);
    if parents then
        -- The newest of them: a table of thousands of partitions grows there, or everywhere.
        select size.bytes + coalesce(sum(c.relpages * 8192.0), 0), size.rows + coalesce(sum(greatest(c.reltuples, 0)), 0)
        into size.bytes, size.rows
        from pg_class c
        where c.oid = any (array(select i.inhrelid from pg_inherits i where i.inhparent = any (pc_sizes.relations) order by i.inhrelid desc limit 50));
    end if;
    return size;
end
$$;

comment on function pc_sizes(oid[]) is
'How large some relations are with the newest fifty of their partitions and children, and a fingerprint of their rows in pg_class and their indexes: while these stay, the planner will say much the same of a query. Example: select * from pc_sizes(array[''pg_class''::regclass])';

create function pc_about_as_large(now pc_size, before pc_size) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return now.definitions is not distinct from before.definitions
       and coalesce(abs(now.bytes - before.bytes) <= 0.2 * before.bytes + 65536 and abs(now.rows - before.rows) <= 0.2 * before.rows + 1000, false);
end
$$;

comment on function pc_about_as_large(pc_size, pc_size) is
'Whether what the planner said of some relations is still much the same: their definitions are, and they have grown or shrunk by no more than a fifth, 64 kB and 1,000 rows. Example: select pc_about_as_large(pc_sizes(array[''pg_class''::regclass]), pc_sizes(array[''pg_class''::regclass]))';
