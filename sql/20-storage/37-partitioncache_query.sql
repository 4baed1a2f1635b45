create function partitioncache_query(partition_key text, hash text, cache text default 'partitioncache') returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    stored text;
begin
    perform pc_registration(cache, partition_key);
    execute format('select query from %s where hash = $1', pc_key_table(cache, partition_key)) into stored using hash;
    return stored;
end
$$;

comment on function partitioncache_query(text, text, text) is
'The query that is stored with an entry; null if there is none. Example: select partitioncache_query(''city_id'', ''pizza'')';

create function partitioncache_set_query(partition_key text, hash text, query text, cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    perform pc_check_hash(hash);
    -- An evaluated entry is refreshed by its query, so only what the user stored may be relabelled.
    execute format('insert into %s as e (hash, query) values ($1, $2)
                    on conflict (hash) do update set query = excluded.query, owner = current_user where e.deps is null', pc_key_table(cache, partition_key))
    using hash, query;
end
$$;

comment on function partitioncache_set_query(text, text, text, text) is
'Stores the text of the query that an entry answers, for people and tools to read; the entry may be stored before or after. The query of an entry that the processor evaluated stays what it is. Example: select partitioncache_set_query(''city_id'', ''pizza'', ''select ...'')';
