create function pc_forms(families pc_family[], most integer) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select (array['all'] || array(
            select f.form
            from (select max(cardinality(f.columns)) as columns, max(cardinality(f.columns) + coalesce(cardinality(f.carried), 0)) as places from unnest(families) f) c
            cross join lateral (
                select 1, 0, 'joined' union all
                select 2, n, n::text from generate_series(1, c.columns) n union all
                select 3, n, format('hidden but %s', n) from generate_series(1, c.columns) n union all
                select 4, 0, 'hidden') f(place, n, form)
            where c.places > 1
            order by f.place, f.n))[1:most]);
end
$$;

comment on function pc_forms(pc_family[], integer) is
'The forms in which a list of keys can be written into a query (see pc_restriction; joined: as a set of rows that the first column is joined to), at most so many. One list is mostly enough, for joins carry it on; on each column, the planner multiplies what they leave out, as if one knew nothing of the other. Example: select pc_forms((pc_analyse(''select * from poi'', pc_registration(''partitioncache'', ''city_id''), pc_session(''public''))).families, 12)';
