create function partitioncache_record_times(
    query text, partition_key text, original double precision[] default '{}', restricted double precision[] default '{}',
    restricted_runs double precision default null, lost_ms double precision default 0, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('query', query, 'partition_key', partition_key, 'cache', cache);
    query := (pc_bind_if_possible(query, params, pc_session(session_path))).bound;
    perform pc_call('time', jsonb_build_object(
        'cache', cache, 'partition_key', partition_key, 'template', pc_template(query, session_path), 'query', pc_template_text(query),
        'times', jsonb_build_object('original', to_jsonb(coalesce(original, '{}')), 'restricted', to_jsonb(coalesce(restricted, '{}'))),
        'runs', jsonb_build_object('restricted', coalesce(restricted_runs, cardinality(restricted))), 'lost_ms', coalesce(lost_ms, 0)));
end
$$;

comment on function partitioncache_record_times(text, text, double precision[], double precision[], double precision, double precision, text, text, text[]) is
'Tells the cache how long a query took, in milliseconds: as it is (original), and as partitioncache_apply returned it (restricted; restricted_runs: how many runs these times stand for, by default as many as they are), and what asking took in vain (lost_ms). Queries that differ in their constants are one. partitioncache_gain shows what was saved, and method auto leaves queries alone that turn out to take longer when restricted, from three times of each on. Adapters and partitioncache_open do so by themselves. What a role records counts for its own queries alone. Raises PC007 below the level read, PC009 in a read-only transaction. Example: select partitioncache_record_times(''select * from poi where kind = 1'', ''city_id'', original => ''{120,130,125}'', restricted => ''{11}'')';
