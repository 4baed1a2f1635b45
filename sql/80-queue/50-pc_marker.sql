-- What a call in one transaction has begun is undone when its session dies, the count of the attempt too. Sequences are not undone: a session
-- writes down which claim it is about to work on, and whoever comes later finds a claim that its item has never had.
do $$
begin
    for n in 0 .. 15 loop
        execute format('create sequence pc_marker_%s minvalue -4294967296 start 0', n);
        execute format('comment on sequence pc_marker_%s is %L', n,
            'What sessions with such a process number are at work on in a single transaction: see pc_marker; below 0: the refreshes of a role, by its OID.');
    end loop;
    -- Emptied when the server crashes.
    execute 'create unlogged sequence pc_since_crash minvalue 0 start 0';
    comment on sequence pc_since_crash is
    'How many items were begun since the server crashed, up to a hundred.';
    perform setval('pc_since_crash', 100);
end
$$;

create function pc_marker(id bigint, claim bigint) returns bigint
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return id % 140737488355328 * 65536 + claim % 65536;
end
$$;

comment on function pc_marker(bigint, bigint) is
'A claim of an item in one number. Example: select pc_marker(7, 1)';

create function pc_mark(marker bigint) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform setval(format('partitioncache_internal.pc_marker_%s', pg_backend_pid() % 16)::regclass, marker);
end
$$;

comment on function pc_mark(bigint) is
'Writes down, to stay whatever becomes of this transaction, what the session is at work on; 0: nothing. Example: select pc_mark(pc_marker(7, 1))';

create function pc_marks() returns setof bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select m.marker from (select pg_sequence_last_value(format('partitioncache_internal.pc_marker_%s', n)::regclass) from generate_series(0, 15) n) m(marker)
    where m.marker <> 0
$$;

comment on function pc_marks() is
'What sessions have written down with pc_mark. Example: select * from pc_marks()';

create function pc_is_careful() returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if (select s.last_value >= 100 from pc_since_crash s) then
        return false;
    end if;
    perform nextval('pc_since_crash');
    return true;
end
$$;

comment on function pc_is_careful() is
'Whether the server has crashed not so long ago, and may crash again because of what is worked on now: then an attempt is on disk before it begins. Example: select pc_is_careful()';

create function pc_flush() returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    written pg_lsn;
begin
    if current_setting('server_version_num')::integer >= 170000 then
        execute format('select pg_logical_emit_message(false, %L, %L, true)', 'partitioncache', '');
        return;
    end if;
    -- The background writer writes whole pages: something is written to fill the one that matters.
    written := pg_current_wal_insert_lsn();
    perform pg_logical_emit_message(false, 'partitioncache', repeat(' ', 3 * current_setting('wal_block_size')::integer));
    for i in 1 .. 200 loop
        exit when pg_current_wal_flush_lsn() >= written;
        perform pg_sleep(0.05);
    end loop;
end
$$;

comment on function pc_flush() is
'Waits until what has been written to sequences is on disk, ten seconds at most. Example: select pc_flush()';
