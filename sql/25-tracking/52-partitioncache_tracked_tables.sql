create function pc_change_count(cache text, partition_key text, relation oid) returns bigint
language plpgsql stable parallel safe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes bigint := 0;
begin
    perform pc_registration(cache, partition_key);
    if to_regclass(pc_object_for('changes', cache, partition_key)) is not null then
        execute format('select count(*) from %s where relation in (select pc_relation_family($1))', pc_object_for('changes', cache, partition_key))
        into changes using relation;
    end if;
    return changes;
end
$$;

comment on function pc_change_count(text, text, oid) is
'How many rows the change log holds for a table. Example: select pc_change_count(''partitioncache'', ''city_id'', ''poi''::regclass)';

create function partitioncache_tracked_tables(
    cache text default 'partitioncache',
    out partition_key text, out relation regclass, out unit text, out state text, out changes bigint, out since timestamptz
) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
    select t.partition_key, t.relation,
           case when k.template is null or exists (select from pg_attribute a where a.attrelid = t.relation and a.attgenerated = 'v'
                                                   and quote_ident(a.attname) = any (coalesce(p.columns, array[k.plain]))) then 'table' else 'partition' end,
           pc_tracking_state(t.cache, t.partition_key, t.relation),
           pc_change_count(t.cache, t.partition_key, t.relation), t.created_at
    from partitioncache_tracked t
    join partitioncache_registration r using (cache, partition_key)
    cross join lateral pc_placement_of(t.cache, t.partition_key, t.relation) p
    cross join lateral pc_key_of(t.cache, t.partition_key, r.datatype, t.relation) k
    where t.cache = partitioncache_tracked_tables.cache
    order by t.partition_key, t.relation::text
$$;

comment on function partitioncache_tracked_tables(text) is
'The tracked tables of a cache. unit: partition (a write is logged with its partition) or table (it has no such column, or one that is generated when it is read, so any write puts entries aside); state: tracking, or broken and why; changes: rows in the change log; since: when it began, as a comment on the table''s triggers says. Example: select * from partitioncache_tracked_tables()';
