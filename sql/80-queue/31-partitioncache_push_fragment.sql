create function partitioncache_push_fragment(
    query text,
    partition_key text,
    cache text default 'partitioncache',
    priority integer default 1,
    session_path text default pg_catalog.current_setting('search_path'),
    params text[] default null
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    session jsonb := pc_session(session_path);
    items jsonb;
begin
    perform pc_require_writable('push queries');
    perform pc_not_null('query', query, 'partition_key', partition_key, 'cache', cache, 'priority', priority::text, 'session_path', session_path);
    query := pc_bind(query, params, session);
    perform pc_accept(query, partition_key, cache, session);

    select jsonb_agg(to_jsonb(w)) into items
    from (select f.hash, f.fragment as query, f.keyed_tables, f.parts,
                 partitioncache_push_fragment.partition_key, partitioncache_push_fragment.priority
          from pc_fragments(partitioncache_push_fragment.query, partitioncache_push_fragment.partition_key, partitioncache_push_fragment.cache, session)
               with ordinality f
          order by cardinality(f.tables) desc, cardinality(f.conjuncts) desc, f.ordinality limit 1) w;
    if items is null then
        perform pc_fail('PC005', 'this query has no fragment that can be cached', format('Partition key: %s.', partition_key),
            'partitioncache_explain says why.');
    end if;
    return (select e.ids[1] from pc_enqueue('outgoing', cache, items, true) e);
end
$$;

comment on function partitioncache_push_fragment(text, text, text, integer, text, text[]) is
'Puts only the largest fragment of a query, most tables and most conditions, straight into the outgoing queue; returns its number. Otherwise as partitioncache_push. Raises PC005 if the query has no fragment. Example: select partitioncache_push_fragment(''select * from poi where kind = 7'', ''city_id'')';
