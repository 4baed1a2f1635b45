create function pc_trigger_name(event text, cache text, partition_key text, relation oid) returns name
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('partitioncache_%s_%s_%s', event, relation, substr(md5(pc_changes_table(cache, partition_key)), 1, 8))::name
$$;

comment on function pc_trigger_name(text, text, text, oid) is
'The name of a trigger that logs writes to a tracked table or to one of its partitions. Example: select pc_trigger_name(''insert'', ''partitioncache'', ''city_id'', 16384)';

create function pc_is_subscribed(relation oid) returns boolean
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select exists (select from pc_relation_family(relation) m join pg_subscription_rel s on s.srrelid = m)
$$;

comment on function pc_is_subscribed(oid) is
'Whether logical replication writes to a relation or to one below it. Example: select pc_is_subscribed(''pg_class''::regclass)';

create function pc_tracking_triggers(
    cache text, partition_key text, relation oid,
    out member oid, out name name, out event text, out definition text, out enabled "char", out cloned boolean
) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- What logical replication applies fires row triggers only, and of these the ones that are enabled for replicas; so do
    -- sessions with session_replication_role = replica. A row trigger for deletes makes all deletes slower, so only
    -- tables that are subscribed have one.
    select m, pc_trigger_name(e.event, cache, partition_key, relation), e.event, e.definition, e.enabled,
           e.event in ('replica', 'applied') and c.relispartition and m <> relation
    from pc_relation_family(relation) m
    join pg_class c on c.oid = m
    cross join (values
        ('insert', 'after insert on %s referencing new table as new_rows for each statement', 'O'::"char"),
        ('update', 'after update on %s referencing new table as new_rows for each statement', 'O'),
        ('remove', 'after delete or truncate on %s for each statement', 'A'),
        ('replica', 'after insert or update on %s for each row', 'R'),
        ('applied', 'after delete on %s for each row', 'R')) e(event, definition, enabled)
    where e.event <> 'applied' or pc_is_subscribed(relation)
$$;

comment on function pc_tracking_triggers(text, text, oid) is
'The triggers that a tracked table and all below it must have; cloned: PostgreSQL makes it from the one on the partitioned table. Example: select * from pc_tracking_triggers(''partitioncache'', ''city_id'', ''pg_class''::regclass)';
