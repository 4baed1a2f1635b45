create function pc_forget_use(registration partitioncache_registration, hashes text[], roles oid[]) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- What a transaction is counting at this moment is left: nobody waits for a count.
    delete from partitioncache_entry_use u
    where u.ctid = any (array(
        select s.ctid from partitioncache_entry_use s
        where s.cache = (registration).cache and s.partition_key = (registration).partition_key
          and (hashes is null or s.hash = any (hashes)) and (roles is null or s.role = any (roles))
        for update skip locked))
$$;

comment on function pc_forget_use(partitioncache_registration, text[], oid[]) is
'Forgets how much entries were used: those under these hashes (null: all) that serve one of these roles (null: all). Example: see pc_do_delete';
