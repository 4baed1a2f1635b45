create function pc_trigger_name(event text, cache text, partition_key text, relation oid) returns name
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
return format('partitioncache_%s_%s_%s', event, relation, substr(md5(pc_changes_table(cache, partition_key)), 1, 8))::name;

comment on function pc_trigger_name(text, text, text, oid) is
'The name of a trigger that logs writes to a tracked table or to one of its partitions. Example: select pc_trigger_name(''insert'', ''partitioncache'', ''city_id'', 16384)';

create function pc_tracking_triggers(
    cache text, partition_key text, relation oid,
    out member oid, out name name, out event text, out definition text, out enabled "char", out cloned boolean
) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    -- The statement triggers need the rows of a statement once; what is applied by logical replication or in a
    -- session with session_replication_role = replica fires row triggers only.
    select m, pc_trigger_name(e.event, cache, partition_key, relation), e.event, e.definition, e.enabled,
           e.event = 'replica' and c.relispartition and m <> relation
    from pc_relation_family(relation) m
    join pg_class c on c.oid = m
    cross join (values
        ('insert', 'after insert on %s referencing new table as new_rows for each statement', 'O'::"char"),
        ('update', 'after update on %s referencing new table as new_rows for each statement', 'O'),
        ('remove', 'after delete or truncate on %s for each statement', 'A'),
        ('replica', 'after insert or update or delete on %s for each row', 'R')) e(event, definition, enabled)
$$;

comment on function pc_tracking_triggers(text, text, oid) is
'The triggers that a tracked table and all below it must have; cloned: PostgreSQL makes it from the one on the partitioned table. Example: select * from pc_tracking_triggers(''partitioncache'', ''city_id'', ''pg_class''::regclass)';
