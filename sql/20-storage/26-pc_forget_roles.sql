create function pc_forget_roles(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    here bigint := pc_cluster();
    key_table text;
    removed bigint;
    forgotten bigint := 0;
begin
    -- One day another role may have the same number.
    if exists (select from partitioncache_role g
               where g.cache = pc_forget_roles.cache and g.cluster = here and not exists (select from pg_roles r where r.oid = g.role)) then
        delete from partitioncache_role g
        where g.cache = pc_forget_roles.cache and g.cluster = here and not exists (select from pg_roles r where r.oid = g.role);
        get diagnostics forgotten = row_count;
    end if;
    delete from partitioncache_learning l
    where l.ctid = any (array(select o.ctid from partitioncache_learning o
                              where o.cache = pc_forget_roles.cache and o.cluster = here and o.owner <> 0 and not exists (select from pg_roles r where r.oid = o.owner)
                              for update skip locked));
    get diagnostics removed = row_count;
    forgotten := forgotten + removed;
    delete from partitioncache_timing t
    where t.ctid = any (array(select o.ctid from partitioncache_timing o
                              where o.cache = pc_forget_roles.cache and o.cluster = here and not exists (select from pg_roles r where r.oid = o.owner)
                              for update skip locked));
    get diagnostics removed = row_count;
    forgotten := forgotten + removed;
    delete from partitioncache_noted n
    where n.ctid = any (array(select o.ctid from partitioncache_noted o
                              where o.cache = pc_forget_roles.cache and o.cluster = here and not exists (select from pg_roles r where r.oid = o.owner)
                              for update skip locked));
    for key_table in
        select pc_object_for('cache', r.cache, r.partition_key) from partitioncache_registration r where r.cache = pc_forget_roles.cache order by 1
    loop
        execute format('delete from %1$s where (hash, role) in (
                            select e.hash, e.role from %1$s e
                            where e.role <> 0 and e.cluster = $1 and not exists (select from pg_roles r where r.oid = e.role)
                            for update skip locked)', key_table) using here;
        get diagnostics removed = row_count;
        forgotten := forgotten + removed;
    end loop;
    return forgotten;
end
$$;

comment on function pc_forget_roles(text) is
'Removes what was granted to roles that are gone, what was deferred and measured for them, and entries that served them alone; how much. Example: select pc_forget_roles(''partitioncache'')';
