create function pc_forget_learning(registration partitioncache_registration, roles oid[]) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- What an administrator has said stays.
    delete from partitioncache_learning l
    where l.ctid = any (array(
        select o.ctid from partitioncache_learning o
        where o.cache = (registration).cache and o.partition_key = (registration).partition_key and o.state in ('deferred', 'unselective')
          and (roles is null or 0 = any (roles) or o.owner = any (roles))
        for update skip locked))
$$;

comment on function pc_forget_learning(partitioncache_registration, oid[]) is
'Forgets what was deferred or found to be unselective, when the entries of these roles (null: all) are cleared. Example: see pc_do_clear';

create function pc_trim_learning(cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    trimmed bigint;
begin
    delete from partitioncache_learning l
    where l.ctid = any (array(
        select o.ctid from partitioncache_learning o
        where o.ctid in (
            select r.ctid
            from (select x.ctid, row_number() over (partition by x.owner order by x.state = 'deferred', x.credit / nullif(x.cost, 0) desc nulls last, x.changed_at desc) as place
                  from partitioncache_learning x
                  where x.cache = pc_trim_learning.cache and (roles is null or x.owner = any (roles))) r
            where r.place > 1000)
        for update skip locked));
    get diagnostics trimmed = row_count;
    return trimmed;
end
$$;

comment on function pc_trim_learning(text, oid[]) is
'Forgets deferred fragments of each role beyond a thousand, those that are furthest from being bought; how many. Example: select pc_trim_learning(''partitioncache'')';
