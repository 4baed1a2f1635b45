create function pc_others_committed(since pg_snapshot) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    this_moment pg_snapshot := pg_current_snapshot();
begin
    -- Those that were running then, and those that began since. Our own subtransactions that were rolled back are among them.
    return exists (
        select from (select pg_snapshot_xip(since)
                     union all
                     select x::text::xid8 from generate_series(pg_snapshot_xmax(since)::text::bigint, pg_snapshot_xmax(this_moment)::text::bigint - 1) x) t(id)
        where pg_visible_in_snapshot(t.id, this_moment) and pg_xact_status(t.id) = 'committed');
end
$$;

comment on function pc_others_committed(pg_snapshot) is
'Whether a transaction that changed anything has been committed since a snapshot, as the caller''s transaction can see. Example: select pc_others_committed(pg_current_snapshot())';

create function pc_still_parses_so(query text, session jsonb, tree bigint, since pg_snapshot) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
as $$
declare
    -- Qualified: PostgreSQL looks names up again when its caches were reset, then perhaps under the path of the query.
    again bigint;
begin
    if not pc_others_committed(since) then
        return true;
    end if;
    begin
        if session is null then
            perform pc_enter_canonical();
        else
            perform pc_enter_session(session);
        end if;
        perform pg_catalog.set_config('search_path', coalesce(session ->> 'search_path', ''), true);
        execute partitioncache_internal.pc_storing_statement(pg_catalog.rtrim(query, E' \t\r\n;'));
        again := partitioncache_internal.pc_stored_digest();
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        -- Something that it names is gone; to parse it anew will say what.
        when others then
            return false;
    end;
    return again = tree;
end
$$;

comment on function pc_still_parses_so(text, jsonb, bigint, pg_snapshot) is
'Whether PostgreSQL parses a query, which it has accepted, to the same tree as when the snapshot was taken, or soon after; session: null for canonical text. PostgreSQL is asked only if somebody has committed in between. Example: select pc_still_parses_so(''select 1'', pc_session(''public''), (pc_parse(''select 1'', pc_session(''public''))).tree, pg_current_snapshot())';
