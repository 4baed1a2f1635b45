create function pc_do_count_use(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    hashes text[] := array(select h from jsonb_array_elements_text(case jsonb_typeof(argument -> 'hashes') when 'array' then argument -> 'hashes' else '[]' end) h);
    used tid;
begin
    perform pc_require(caller, argument ->> 'cache', 'read');
    -- Never a write that another transaction would have to wait for. Each entry is looked up by its whole key: before the table is analysed for
    -- the first time, PostgreSQL would rather read all entries for each.
    foreach used in array array(
        select u.ctid from unnest(hashes) h(hash)
        cross join lateral (select e.ctid, e.last_used from partitioncache_entry_use e
                            where e.cache = argument ->> 'cache' and e.partition_key = argument ->> 'partition_key' and e.hash = h.hash
                              and e.role in (0, caller)
                            order by e.role desc limit 1) u
        where u.last_used < now() - interval '1 minute')
    loop
        update partitioncache_entry_use u set uses = u.uses + 1, last_used = now()
        where u.ctid = (select s.ctid from partitioncache_entry_use s
                        where s.ctid = used and s.last_used < now() - interval '1 minute' for update skip locked);
    end loop;
    update partitioncache_decision d set counted_at = now()
    where d.ctid = any (array(select s.ctid from partitioncache_decision s
                              where s.digest = argument ->> 'digest' and s.owner = caller for update skip locked));
    return null;
end
$$;

comment on function pc_do_count_use(oid, jsonb) is
'Notes for a caller that entries were used, at most once a minute each: {cache, partition_key, hashes, digest of the decision or null}. Example: see pc_call';
