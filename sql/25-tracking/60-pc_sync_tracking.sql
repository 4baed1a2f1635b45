create function pc_sync_tracking(cache text, out partition_key text, out relation regclass, out problem text) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    owners oid[];
begin
    for partition_key, relation in
        select t.partition_key, t.relation
        from partitioncache_tracked t
        where t.cache = pc_sync_tracking.cache and pc_tracking_state(t.cache, t.partition_key, t.relation) <> 'tracking'
        order by 1, 2
    loop
        -- Only what is the role's own: whoever may do more than an owner does nothing for a stranger who has put a trigger somewhere.
        owners := array(select distinct c.relowner from pg_class c where c.oid in (select pc_relation_family(pc_sync_tracking.relation)));
        if owners = array[pc_me()] then
            problem := pc_try_to_track(pc_registration(cache, partition_key), relation);
        else
            problem := format('%s belongs to %s; its owner calls partitioncache_track(%L, %L, %L)', relation,
                (select string_agg(format('role "%s"', pg_get_userbyid(o)), ' and ' order by o) from unnest(owners) o), relation, partition_key, cache);
        end if;
        return next;
    end loop;
end
$$;

comment on function pc_sync_tracking(text) is
'Mends the tracking of tables of the role''s own that have new partitions or lost triggers. One row a table that needed it: problem is null where it is tracking again. Entries are put aside until then. Called by the processor. Example: select * from pc_sync_tracking(''partitioncache'')';
