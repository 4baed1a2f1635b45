create function pc_run_shared(statement text, out numbers integer[], out keys text[], out with_null boolean[])
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
        -- As in pc_run_read_only.
        perform pg_catalog.set_config('transaction_read_only', 'on', true);
        execute 'select pg_catalog.array_agg(x.n::integer), pg_catalog.array_agg(x.keys), pg_catalog.array_agg(x.with_null)
            from (select h.n, coalesce(pg_catalog.array_agg(s.k) filter (where s.k is not null), ''{}'')::text as keys, pg_catalog.bool_or(s.k is null) as with_null
                  from (' operator(pg_catalog.||) statement operator(pg_catalog.||) ') s(k, hits) cross join lateral pg_catalog.unnest(s.hits) with ordinality h(hit, n) where h.hit group by h.n) x' into numbers, keys, with_null;
        finished := true;
        raise exception using errcode = 'PC000', message = 'leaving read-only mode';
    exception when sqlstate 'PC000' then
        if not finished then
            raise;
        end if;
    end;
end
$$;

comment on function pc_run_shared(text) is
'Runs a query that gives for each key which of several conditions it meets (an array of booleans), in read-only mode and under canonical settings. numbers: of the conditions that any key meets; keys: an array of those that do, as text; with_null: whether null is among them. Example: select * from pc_run_shared(''select 1, array[true, false]'')';
