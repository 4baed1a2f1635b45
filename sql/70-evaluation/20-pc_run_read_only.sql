create function pc_run_read_only(statement text, candidates anyarray, out keys anyarray, out with_null boolean)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, pg_temp
set jit = off
set plan_cache_mode = auto
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
set extra_float_digits = 3
set standard_conforming_strings = on
set transform_null_equals = off
set xmloption = content
set array_nulls = on
as $$
declare
    finished boolean := false;
begin
    begin
        -- Not a SET clause: PostgreSQL 16 and later refuse that. Nothing called from here can leave read-only mode.
        perform pg_catalog.set_config('transaction_read_only', 'on', true);
        -- Not by a cursor, for which PostgreSQL makes no parallel plans. The text of a fragment was found to be one statement before.
        execute 'select pg_catalog.array_agg(r.k) filter (where r.k is not null), coalesce(pg_catalog.bool_or(r.k is null), false) from ('
            operator(pg_catalog.||) statement operator(pg_catalog.||) ') r(k)' into keys, with_null using candidates;
        finished := true;
        -- The way out of read-only mode is to roll back; variables keep what they hold.
        raise exception using errcode = 'PC000', message = 'leaving read-only mode';
    exception when sqlstate 'PC000' then
        if not finished then
            raise;
        end if;
    end;
    keys := coalesce(keys, '{}');
end
$$;

comment on function pc_run_read_only(text, anyarray) is
'Runs a query that gives keys, in read-only mode and under canonical settings; $1 in it stands for the candidates. keys: those it gave, with_null: whether null was among them. Example: select * from pc_run_read_only(''select 1 union all select null'', ''{}''::integer[])';
