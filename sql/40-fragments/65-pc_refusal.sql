create function pc_refusal(relations oid[], functions oid[]) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- From the foreign tables up: there are few, and may be thousands of partitions.
        with recursive above(member, relation) as (
            select f.ftrelid, f.ftrelid from pg_foreign_table f
            union
            select a.member, i.inhparent from above a join pg_inherits i on i.inhrelid = a.relation
        )
        select coalesce(
            (select format('row-level security is on for %s, so that roles see different rows', string_agg(c.oid::regclass::text, ', ' order by c.oid))
             from pg_class c where c.oid = any (relations) and c.relrowsecurity having count(*) > 0),
            (select format('%s, a foreign table, may show each role other rows', string_agg(distinct a.member::regclass::text, ', '))
             from above a where a.relation = any (relations) having count(*) > 0),
            (select format('it calls %s, which is volatile: fewer rows read would mean fewer calls', string_agg(distinct coalesce(nullif(n.nspname, 'pg_catalog') || '.', '') || p.proname, ', '))
             from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = any (functions) and p.provolatile = 'v' having count(*) > 0))
    );
end
$$;

comment on function pc_refusal(oid[], oid[]) is
'Why a query on these relations with these functions is never restricted, in words; null if nothing speaks against it. Of a foreign table, each role sees what its user mapping shows, also where it is a partition or a child. Example: select pc_refusal(''{}'', array[''random''::regproc])';
