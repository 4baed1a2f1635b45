create type pc_shared_keys as (
    number integer,
    keys text,
    with_null boolean
);

comment on type pc_shared_keys is
'What was found of one of several fragments: its number, an array of its keys, as text, and whether null is among them.';

create function pc_run_shared(statement text, out numbers integer[], out keys text[], out with_null boolean[])
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    select array_agg(f.number), array_agg(f.keys), array_agg(f.with_null)
    into numbers, keys, with_null
    from unnest((pc_run_read_only(
             'SELECT ROW(s.n, coalesce(pg_catalog.array_agg(s.k) FILTER (WHERE s.k IS NOT NULL), ''{}'')::text, pg_catalog.bool_or(s.k IS NULL))::text FROM ('
             || statement || ') s(n, k) GROUP BY s.n', '{}'::text[])).keys) r(found)
    cross join lateral (select (r.found::pc_shared_keys).*) f;
end
$$;

comment on function pc_run_shared(text) is
'Runs a query that gives numbers of fragments and keys that they have, as pc_run_read_only does. numbers: of those that have any; keys: an array of them, as text; with_null: whether null is among them. Example: select * from pc_run_shared(''select 1, 7'')';
