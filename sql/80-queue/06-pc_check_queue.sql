create function pc_check_queue(queue text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if queue is null or queue not in ('incoming', 'outgoing') then
        perform pc_fail('PC001', 'there is no such queue', format('Queue: %s.', coalesce(queue, 'null')), 'Name ''incoming'' (queries) or ''outgoing'' (fragments).');
    end if;
end
$$;

comment on function pc_check_queue(text) is
'Raises PC001 unless queue is ''incoming'' or ''outgoing''. Example: select pc_check_queue(''incoming'')';
