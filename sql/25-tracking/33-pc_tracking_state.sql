create function pc_broken_triggers(cache text, partition_key text, relation oid, out member oid, out event text, out reason text) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- A table's owner can make any trigger of the log function, or alter ours: so it is read to the end. The WHEN clause is a constant that is not
        -- null; one written in another way would have to be evaluated.
        select w.member, w.event,
               case when not coalesce(h.there, false) then 'has no' when not h.fits then 'has another' else 'has switched off its' end
        from pc_tracking_triggers(cache, partition_key, relation) w
        cross join lateral (
            select bool_or(true) as there, bool_or(f.fits) as fits, bool_or(f.fits and t.tgenabled = w.enabled) as works
            from pg_trigger t
            cross join lateral (
                select t.tgtype = w.type and t.tgfoid is not distinct from (select to_regprocedure(pc_log_function_of(cache, partition_key, pc_broken_triggers.relation) || '()'))
                       and t.tgnewtable is not distinct from case when w.event in ('insert', 'update') then 'new_rows' end
                       and t.tgoldtable is null and t.tgattr::text = '' and t.tgconstraint = 0
                       and coalesce(t.tgqual::text like '{NULLTEST :arg {CONST :consttype 2205 %:constisnull false %} :nulltesttype 1 %}'
                                and t.tgqual::text not like '%{%{%{%', false) as fits offset 0) f
            where t.tgrelid = w.member and t.tgname ^@ w.prefix) h
        where h.works is not true;
end
$$;

comment on function pc_broken_triggers(text, text, oid) is
'The triggers that a tracked table or a table below it lacks, or that somebody has disabled or altered. Example: select * from pc_broken_triggers(''partitioncache'', ''city_id'', ''pg_class''::regclass)';

create function pc_tracking_state(cache text, partition_key text, relation oid) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    reason text;
begin
    if not exists (select from pc_our_triggers(cache, partition_key, array[relation])) then
        return null;
    end if;
    if to_regclass(pc_object_for('changes', cache, partition_key)) is null then
        return 'broken: its change log is gone';
    end if;
    if not (select has_table_privilege(p.proowner, to_regclass(pc_object_for('changes', cache, partition_key))::oid, 'insert')
                   and has_schema_privilege(p.proowner, p.pronamespace, 'usage')
            from pg_proc p where p.oid = to_regprocedure(pc_log_function_of(cache, partition_key, relation) || '()')) then
        return 'broken: the function that logs may not write to the change log';
    end if;
    reason := 'broken: ' || pc_tracking_refusal(relation, partition_key, cache);
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
'Null for a table that is not tracked, tracking, or broken and why: a new partition has no triggers yet, or somebody disabled, dropped or altered one. What the catalog shows is all there is to know: nothing that somebody has written down. Example: select pc_tracking_state(''partitioncache'', ''city_id'', ''pg_class''::regclass)';
