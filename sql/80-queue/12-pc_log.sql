create function pc_log(
    cache text, queue text, partition_key text, query_hash text, status text, error_msg text,
    key_count bigint, execution_time_ms double precision, attempt integer
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    log_limit integer := (pc_settings(cache)).log_limit;
    written bigint;
begin
    insert into partitioncache_processor_log (cache, queue, partition_key, query_hash, status, error_msg, key_count, execution_time_ms, attempt)
    values (cache, queue, partition_key, query_hash, status, error_msg, key_count, execution_time_ms, attempt)
    returning id into written;
    -- Now and then, so that keeping the log short costs a fraction of a row each.
    if written % 100 = 0 then
        delete from partitioncache_processor_log l
        where l.id in (select o.id from partitioncache_processor_log o
                       where o.cache = pc_log.cache and o.owner = current_user
                       order by o.id desc offset log_limit
                       for update skip locked);
    end if;
end
$$;

comment on function pc_log(text, text, text, text, text, text, bigint, double precision, integer) is
'Writes a row to partitioncache_processor_log and every hundredth time removes what exceeds log_limit. Example: select pc_log(''partitioncache'', ''outgoing'', ''city_id'', ''...'', ''success'', null, 12, 3.4, 1)';
