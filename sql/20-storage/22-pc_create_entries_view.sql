create function pc_serves() returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- The role may be told which partitions match, because it may read what the fragment reads.
    select $sql$e.role in (0, (select pc_me()))
                   and not exists (
                       select from unnest((e.evaluation).named) n(relation)
                       left join lateral (select c.relkind, c.relnamespace from pg_class c where c.oid = n.relation offset 0) c on true
                       where not coalesce(has_schema_privilege(c.relnamespace, 'usage')
                                          and (has_table_privilege(n.relation, 'select')
                                               or e.owner = (select pc_me()) and has_any_column_privilege(n.relation, 'select'))
                                          and (c.relkind <> 'v' or pc_may_read((select pc_me()), array[n.relation])),
                                          -- a table that is gone
                                          e.owner = (select pc_me()) or (select pg_has_role(pc_installer(), 'usage'))))$sql$
$$;

comment on function pc_serves() is
'The condition under which an entry (e, a row of a table of key sets) may be used by the role in force. Example: select pc_serves()';

create function pc_create_entries_view(cache text, partition_key text, storage text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    entries text := pc_object_for('entries', cache, partition_key);
    matching text := pc_object_for('matching', cache, partition_key);
begin
    -- Who watches over the cache sees that there are entries, how they stand and whose they are, not what they say.
    execute format($sql$
        create view %1$s with (security_barrier) as
        select e.hash, e.role, a.serves,
               %2$s, case when a.serves then e.matches_null end as matches_null, e.key_count, pg_column_size(%3$s)::bigint as bytes,
               case when a.tells then e.query end as query, case when a.tells then (e.evaluation).form end as form,
               (e.evaluation).snapshot is null as asserted, e.generation, (e.evaluation).keyed_tables, (e.evaluation).parts, (e.evaluation).named, (e.evaluation).deps,
               (e.evaluation).dep_states, (e.evaluation).keyed, (e.evaluation).keyed_roots, (e.evaluation).whole_roots, (e.evaluation).untracked, (e.evaluation).closure,
               (e.evaluation).closure_state, (e.evaluation).snapshot, (e.evaluation).cluster, (e.evaluation).milliseconds as evaluation_ms,
               cardinality(((e.evaluation).form).relations) as tables, e.owner, e.owner_name, e.owner = (select pc_me()) and e.cluster = (select pc_cluster()) as mine, e.created_at, e.evaluated_at, u.uses, u.last_used
        from %4$s e
        left join partitioncache_entry_use u on u.cache = %5$L and u.partition_key = %6$L and u.hash = e.hash and u.role = e.role
        cross join lateral (
            select %7$s as serves, e.owner = (select pc_me()) and e.cluster = (select pc_cluster()) or (select pc_has_level(pc_me(), %5$L, 'administer')) as tells
            -- Said once, not wherever it is mentioned.
            offset 0) a
        where a.serves or e.owner = (select pc_me()) and e.cluster = (select pc_cluster()) or (select pc_has_level(pc_me(), %5$L, 'monitor'))
        $sql$, entries,
        (select string_agg(format('case when a.serves then e.%1$I end as %1$I', c.name), ', ' order by c.n) from unnest((pc_storage_of(storage)).columns) with ordinality c(name, n)),
        'e.' || (pc_storage_of(storage)).columns[1],
        pc_object_for('cache', cache, partition_key), cache, partition_key, pc_serves());
    execute format('comment on view %s is %L', entries,
        format('The entries of partition key %I in cache %I that the role in force may see. serves: it may use them; mine: it stored them.', partition_key, cache));
    perform pc_take_back(entries::regclass);
    perform pc_share(cache, entries, 'read', 'select');
    perform pc_share(cache, entries, 'monitor', 'select');
    -- Asked here, so that nobody is told what the fragments of others say. Of each signature, the tightest that are not too tight come first.
    execute format($sql$
        create view %1$s with (security_barrier) as
        with asked as materialized (
            select (x.asked).form, (x.asked).sought, array(select s.signature from unnest((x.asked).sought) s) as signatures
            from (select nullif(current_setting('partitioncache.asked', true), '')::pc_asked as asked offset 0) x
        ), candidate as materialized (
            -- Of those that differ in one bound alone, the tightest; a few, because they may be aside.
            select f.hash, f.form
            from asked a
            cross join unnest(a.sought) s
            cross join lateral (
                select l.*, row_number() over (partition by l.bound_alone order by l.place) as nearest
                from (
                    select e.hash, e.key_count, (e.evaluation).form as form, row_number() over () as place,
                           s.rank < 'Infinity' and cardinality((e.evaluation).signatures) = 1 as bound_alone
                    from (select i.* from %2$s i
                          where (i.evaluation).filed_under = s.signature and (i.evaluation).filed_rank <= s.rank
                          order by (i.evaluation).filed_rank desc, i.key_count
                          limit 1000) e
                    where (e.evaluation).signatures <@ a.signatures and e.key_count is not null and %3$s
                    limit 50) l) f
            where not f.bound_alone or f.nearest <= 3
            order by f.key_count, f.place, f.hash
            limit 64
        )
        select c.hash from candidate c cross join asked a where pc_is_contained(c.form, a.form)
        $sql$, matching, pc_object_for('cache', cache, partition_key), pc_serves());
    execute format('comment on view %s is %L', matching,
        format('The entries of partition key %I in cache %I that the role in force may use and that are contained in what it asks (see pc_contained_entries).', partition_key, cache));
    perform pc_take_back(matching::regclass);
    perform pc_share(cache, matching, 'read', 'select');
    perform pc_share(cache, matching, 'monitor', 'select');
    perform pc_create_people_view(cache, partition_key, storage);
end
$$;

comment on function pc_create_entries_view(text, text, text) is
'Makes the views in which roles see the entries of a partition key and find those that a query contains, and shares them with those that were granted the cache. Example: select pc_create_entries_view(''partitioncache'', ''city_id'', ''array'')';
