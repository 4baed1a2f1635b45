create function pc_create_written_view(cache text, partition_key text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    written text := pc_object_for('written', cache, partition_key);
begin
    -- Whoever may use an entry learns which partitions its tables were written in since, also of tables that it reads through a view only.
    execute format($sql$
        create view %s with (security_barrier) as
        select e.hash, e.role, c.relation, case when a.serves then c.keys end as keys, c.whole, c.removal,
               c.relation = any ((e.evaluation).keyed_roots) as keyed, c.relation = any ((e.evaluation).whole_roots) as of_whole
        from %s e
        join %s c on c.relation = any ((e.evaluation).keyed_roots || (e.evaluation).whole_roots) and c.xid >= pg_snapshot_xmin((e.evaluation).snapshot)
                 and not pg_visible_in_snapshot(c.xid, (e.evaluation).snapshot)
        cross join lateral (select %s as serves offset 0) a
        where a.serves or e.owner = (select pc_me()) and e.cluster = (select pc_cluster()) or (select pc_has_level(pc_me(), %L, 'monitor'))
        $sql$, written, pc_object_for('cache', cache, partition_key), pc_object_for('changes', cache, partition_key), pc_serves(), cache);
    execute format('comment on view %s is %L', written,
        format('What was written to the tables of each entry of partition key %I in cache %I since it was evaluated.', partition_key, cache));
    perform pc_take_back(written::regclass);
    perform pc_share(cache, written, 'read', 'select');
    perform pc_share(cache, written, 'monitor', 'select');
end
$$;

comment on function pc_create_written_view(text, text) is
'Makes the view in which roles see what was written to the tables of their entries, beside a new change log. Example: select pc_create_written_view(''partitioncache'', ''city_id'')';
