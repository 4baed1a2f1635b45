create function pc_snapshot() returns pg_snapshot
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select case
        when own is null or not pg_visible_in_snapshot(own, s) then s
        else format('%s:%s:%s', least(own, pg_snapshot_xmin(s)), pg_snapshot_xmax(s),
                    (select string_agg(x::text, ',' order by x)
                     from (select pg_snapshot_xip(s) union all select own) running(x)))::pg_snapshot
        end
    from (select pg_current_snapshot() as s, pg_current_xact_id_if_assigned() as own) now
$$;

comment on function pc_snapshot() is
'The current snapshot, with the own transaction counted as running: it may go on writing, so what it has done cannot count as seen. Example: select pc_snapshot()';
