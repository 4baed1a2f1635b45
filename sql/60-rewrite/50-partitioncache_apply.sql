create function partitioncache_apply(
    query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if params is not null then
        query := (pc_bind_if_possible(query, params, pc_session(session_path))).bound;
    end if;
    return (pc_rewrite(query, partition_key, cache, method, session_path)).rewritten;
end
$$;

comment on function partitioncache_apply(text, text, text, text, text, text[]) is
'The query, restricted to the partitions that can have a match, or the query itself where that is not safe, not known or would not pay. method: auto chooses; literal writes the keys into the query (exact for the moment of this call); current writes them and looks up while the query runs what has changed since (exact for its snapshot, also where the text is kept and run later); subquery looks them up while the query runs (exact for its snapshot); IN, VALUES, TMP_TABLE_IN, TMP_TABLE_JOIN are further forms of literal. params: the values of its parameters $1, $2, ... as texts; they stand in what is returned as constants of the types that PostgreSQL finds for them, so that it is run without parameters; where they do not fit, the query comes back with its parameters. Never fails on a query that PostgreSQL would accept. Raises PC001 for a bad method. Example: select partitioncache_apply(''select * from poi where kind = 1'', ''city_id'')';
