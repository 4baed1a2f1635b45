create function pc_broken_triggers(cache text, partition_key text, relation oid, out member oid, out event text, out reason text) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select w.member, w.event, case when t.oid is null then 'has no' else 'has switched off its' end
    from pc_tracking_triggers(cache, partition_key, relation) w
    left join pg_trigger t on t.tgrelid = w.member and t.tgname = w.name
        and t.tgfoid = to_regprocedure(pc_log_function(cache, partition_key) || '()')
        and t.tgargs = convert_to(relation::text, 'SQL_ASCII') || E'\\x00'
    where t.oid is null or t.tgenabled <> w.enabled
$$;

comment on function pc_broken_triggers(text, text, oid) is
'The triggers that a tracked table or a table below it lacks, or that somebody has disabled. Example: select * from pc_broken_triggers(''partitioncache'', ''city_id'', ''pg_class''::regclass)';

create function pc_tracking_state(cache text, partition_key text, relation oid) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    known partitioncache_tracked;
    reason text;
begin
    select t.* into known from partitioncache_tracked t
    where t.cache = pc_tracking_state.cache and t.partition_key = pc_tracking_state.partition_key
      and t.relation = pc_tracking_state.relation;
    if known.relation is null and not exists (
        select from pg_trigger g
        where g.tgrelid = pc_tracking_state.relation and g.tgparentid = 0
          and g.tgfoid = to_regprocedure(pc_log_function(cache, partition_key) || '()')) then
        return null;
    end if;
    if known.cluster is distinct from pc_cluster() then
        return 'broken: it was restored from another database';
    end if;
    reason := 'broken: ' || pc_tracking_refusal(relation);
    if reason is not null then
        return reason;
    end if;
    select format('broken: %s %s %s trigger', b.member::regclass, b.reason, b.event) into reason
    from pc_broken_triggers(cache, partition_key, relation) b
    order by b.member, b.event limit 1;
    return coalesce(reason, 'tracking');
end
$$;

comment on function pc_tracking_state(text, text, oid) is
'Null for a table that is not tracked, tracking, or broken and why: a new partition has no triggers yet, somebody disabled or dropped one, or the database was restored. Example: select pc_tracking_state(''partitioncache'', ''city_id'', ''pg_class''::regclass)';
