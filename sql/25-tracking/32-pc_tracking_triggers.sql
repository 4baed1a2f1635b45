create function pc_trigger_name(event text, cache text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return format('partitioncache_%s_%s', event, left(encode(sha256(convert_to(pc_object_for('changes', cache, partition_key), 'SQL_ASCII')), 'hex'), 8));
end
$$;

comment on function pc_trigger_name(text, text, text) is
'How the names of triggers that log writes for a partition key begin. event: insert, update, remove, replica or applied. Example: select pc_trigger_name(''insert'', ''partitioncache'', ''city_id'')';

create function pc_is_subscribed(relation oid) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select exists (select from pc_relation_family(relation) m join pg_subscription_rel s on s.srrelid = m));
end
$$;

comment on function pc_is_subscribed(oid) is
'Whether logical replication writes to a relation or to one below it. Example: select pc_is_subscribed(''pg_class''::regclass)';

create function pc_tracking_triggers(
    cache text, partition_key text, relation oid,
    out member oid, out event text, out name name, out prefix text, out definition text, out type smallint, out enabled "char", out cloned boolean
) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- What logical replication applies fires row triggers only, and of these the ones that are enabled for replicas; so do
        -- sessions with session_replication_role = replica. A row trigger for deletes makes all deletes slower, so only
        -- tables that are subscribed have one. type: the bits of pg_trigger.tgtype.
        -- PostgreSQL copies row triggers to partitions: with the table in its name, one of a table's own fits in beside the copy.
        with e as materialized (
            select e.*, pc_trigger_name(e.event, cache, partition_key) as prefix
            from (values
                ('insert', 'after insert on %s referencing new table as new_rows for each statement', 4, 'O'::"char", false),
                ('update', 'after update on %s referencing new table as new_rows for each statement', 16, 'O', false),
                ('remove', 'after delete or truncate on %s for each statement', 8 + 32, 'A', false),
                ('replica', 'after insert or update on %s for each row', 1 + 4 + 16, 'R', true),
                ('applied', 'after delete on %s for each row', 1 + 8, 'R', true)) e(event, definition, type, enabled, of_rows)
            where e.event <> 'applied' or pc_is_subscribed(relation)
        )
        select m, e.event, (e.prefix || case when e.of_rows then '_' || m else '' end)::name, e.prefix, e.definition, e.type::smallint, e.enabled,
               e.of_rows and c.relispartition and m <> relation
        from pc_relation_family(relation) m
        join pg_class c on c.oid = m
        cross join e;
end
$$;

comment on function pc_tracking_triggers(text, text, oid) is
'The triggers that a tracked table and all below it must have. name: of a new one, prefix: how the names of all of them begin; cloned: PostgreSQL makes it from the one on the partitioned table. Example: select * from pc_tracking_triggers(''partitioncache'', ''city_id'', ''pg_class''::regclass)';

create function pc_our_triggers(cache text, partition_key text, relations oid[], out relation oid, out trigger oid, out name name) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- By name: what was made another thing of under our name is broken, not gone.
        with ours as materialized (
            select pc_trigger_name(e, cache, partition_key) as prefix from unnest('{insert,update,remove,replica,applied}'::text[]) e
        )
        select t.tgrelid, t.oid, t.tgname
        from unnest(relations) r
        join pg_trigger t on t.tgrelid = r
        where exists (select from ours o where t.tgname ^@ o.prefix);
end
$$;

comment on function pc_our_triggers(text, text, oid[]) is
'The triggers on these relations that log for a partition key, or are called as if they did. Example: select * from pc_our_triggers(''partitioncache'', ''city_id'', array[''pg_class''::regclass])';
