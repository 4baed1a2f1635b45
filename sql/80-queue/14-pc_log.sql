create function pc_trim_log(owner oid, cache text, written bigint default 0) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    log_limit integer := (pc_settings(cache)).log_limit;
    latest bigint;
begin
    -- Many are not counted every time.
    if log_limit >= 5000 and written % 1000 <> 0 then
        return;
    end if;
    -- Found first: "for update" would lock the rows that are kept, too.
    select o.id into latest from partitioncache_processor_log o
    where o.cache = pc_trim_log.cache and o.owner = pc_trim_log.owner
    order by o.id desc offset log_limit limit 1;
    delete from partitioncache_processor_log l
    where l.id in (select o.id from partitioncache_processor_log o
                   where o.cache = pc_trim_log.cache and o.owner = pc_trim_log.owner and o.id <= latest
                   for update skip locked);
end
$$;

comment on function pc_trim_log(oid, text, bigint) is
'Removes the oldest rows of partitioncache_processor_log, of one role in one cache, that exceed log_limit; written: the number of the latest row. Example: select pc_trim_log(pc_me(), ''partitioncache'')';

create function pc_log(
    owner oid, cache text, queue text, partition_key text, query_hash text, status text, error_msg text,
    key_count bigint, execution_time_ms double precision, attempt integer,
    cost double precision default null, time_limit interval default null
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    written bigint;
begin
    insert into partitioncache_processor_log (cache, queue, partition_key, query_hash, status, error_msg, key_count, execution_time_ms, attempt, cost, time_limit, owner, owner_name)
    values (cache, queue, partition_key, query_hash, status, left(error_msg, 10000), key_count, execution_time_ms, attempt, cost, time_limit, owner, pg_get_userbyid(owner))
    returning id into written;
    -- Now and then, so that keeping the log short costs a fraction of a row each.
    if written % 100 = 0 then
        perform pc_trim_log(owner, cache, written);
    end if;
end
$$;

comment on function pc_log(oid, text, text, text, text, text, text, bigint, double precision, integer, double precision, interval) is
'Writes a row to partitioncache_processor_log and every hundredth time removes what exceeds log_limit. Example: select pc_log(pc_me(), ''partitioncache'', ''outgoing'', ''city_id'', ''...'', ''success'', null, 12, 3.4, 1)';
