create function pc_time_limit(cache text) returns interval
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- What statement_timeout cuts off would be cut off again and again; an item that had half of that time had its turn.
    return least((pc_settings(cache)).fragment_timeout, nullif(current_setting('statement_timeout')::interval, interval '0') / 2);
end
$$;

comment on function pc_time_limit(text) is
'How long an item may take before its cancellation counts as its time limit: fragment_timeout, or half of this session''s statement_timeout if that is less. Example: select pc_time_limit(''partitioncache'')';

create function pc_item_limit(item partitioncache_queue) returns interval
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Doubled on each retry: an estimate may have been too low.
    return least(item.time_limit * 2 ^ greatest(item.attempts - 1, 0), pc_time_limit(item.cache));
end
$$;

comment on function pc_item_limit(partitioncache_queue) is
'How long this attempt of an item may take: by what was estimated for it, twice that the second time and so on, and never longer than pc_time_limit. Example: select pc_item_limit(q) from partitioncache_queue q where q.id = 7';
