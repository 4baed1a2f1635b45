create type pc_shared_keys as (
    number integer,
    keys text,
    with_null boolean
);

comment on type pc_shared_keys is
'What a shared scan found of one of its conditions: its number, an array of the keys that meet it, as text, and whether null is among them.';

create function pc_run_shared(statement text, out numbers integer[], out keys text[], out with_null boolean[])
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    select array_agg(f.number), array_agg(f.keys), array_agg(f.with_null)
    into numbers, keys, with_null
    from unnest((pc_run_read_only(
             'SELECT ROW(h.n, coalesce(pg_catalog.array_agg(s.k) FILTER (WHERE s.k IS NOT NULL), ''{}'')::text, pg_catalog.bool_or(s.k IS NULL))::text FROM ('
             || statement || ') s(k, hits) CROSS JOIN LATERAL pg_catalog.unnest(s.hits) WITH ORDINALITY h(hit, n) WHERE h.hit GROUP BY h.n', '{}'::text[])).keys) r(found)
    cross join lateral (select (r.found::pc_shared_keys).*) f;
end
$$;

comment on function pc_run_shared(text) is
'Runs a query that gives for each key which of several conditions it meets (an array of booleans), as pc_run_read_only does. numbers: of the conditions that any key meets; keys: an array of those that do, as text; with_null: whether null is among them. Example: select * from pc_run_shared(''select 1, array[true, false]'')';
