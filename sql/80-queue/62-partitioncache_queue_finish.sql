create function partitioncache_queue_finish(
    queue text, id bigint, claim bigint, outcome text default 'done', error_msg text default null, key_count bigint default null
) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    if id is null or claim is null then
        perform pc_not_null('id', id::text, 'claim', claim::text);
    end if;
    if outcome is null or outcome not in ('done', 'failed', 'timeout', 'released') then
        perform pc_fail('PC001', 'there is no such outcome', format('Outcome: %s.', coalesce(outcome, 'null')), 'Say ''done'', ''failed'', ''timeout'' or ''released''.');
    end if;
    return pc_settle(queue, id, claim, case outcome when 'done' then 'success' else outcome end, error_msg, key_count);
end
$$;

comment on function partitioncache_queue_finish(text, bigint, bigint, text, text, bigint) is
'For monitors and other clients: says what became of a claim, done, failed or timeout (tried again after a pause, while attempts remain), released (back at once, the attempt does not count), and logs it. False, and nothing changes, if the claim was lost: its lease was over and somebody else has the item, or it was removed. Example: select partitioncache_queue_finish(''outgoing'', 7, 1, ''failed'', ''no such table'')';
