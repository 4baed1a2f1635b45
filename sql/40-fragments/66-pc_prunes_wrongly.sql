create function pc_prunes_wrongly(canonical text, relations oid[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- Views may say IS NOT NULL, too.
    return (strpos(canonical, 'IS NULL') > 0 or strpos(canonical, 'IS NOT NULL') > 0 or exists (select from pg_class c where c.oid = any (relations) and c.relkind = 'v'))
        and exists (
            select from pg_class c
            cross join lateral pg_partition_tree(c.oid) t
            join pg_partitioned_table p on p.partrelid = t.relid
            where c.oid = any (relations) and c.relkind = 'p' and p.partstrat = 'r' and p.partdefid <> 0);
end
$$;

comment on function pc_prunes_wrongly(text, oid[]) is
'Whether PostgreSQL could answer the query wrongly if a list of constants were added to it: from 16 on it forgets the default partition of a table that is partitioned by range where a column IS NOT NULL and among constants; 18 takes VALUES for constants, too. Beside OR ... IS NULL it does not. Example: select pc_prunes_wrongly(''SELECT 1'', ''{}'')';
