create function pc_guarded(canonical text, families pc_family[], restrictions pc_restriction[], stop_at timestamptz, looks text default 'tables') returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
as $$
#variable_conflict use_column
declare
    guarded pc_restriction[];
begin
    -- As in pc_bounded: the rows that are read look at the clock.
    select array_agg(row(nullif(concat_ws(' AND ', (r.restriction).conditions,
                         (select string_agg(format('((CASE WHEN pg_catalog.clock_timestamp() OPERATOR(pg_catalog.<) %L::pg_catalog.timestamptz THEN true ELSE partitioncache_internal.pc_over_time(pg_catalog.num_nulls(%s)) END) IS NOT NULL)',
                                                   stop_at, g.seen), ' AND ' order by g.seen)
                          from (select c as seen from unnest(f.columns) with ordinality x(c, n) where looks in ('tables', 'all', n::text)
                                union all
                                select concat_ws(', ', a, b) from unnest(f.columns) with ordinality x(a, n) join unnest(f.columns) with ordinality y(b, n) on x.n < y.n where looks in ('pairs', 'all')) g)), ''),
                         (r.restriction).from_item, (r.restriction).with_item, (r.restriction).ranges_asked, (r.restriction).carried, (r.restriction).aliases, (r.restriction).items)::pc_restriction order by f.family)
    into guarded
    from unnest(families) f cross join lateral (select restrictions[f.family] as restriction) r;
    return pc_insert_restrictions(canonical, families, guarded);
end
$$;

comment on function pc_guarded(text, pc_family[], pc_restriction[], timestamptz, text) is
'A canonical text with the restriction of each family (null: none), that raises query_canceled as soon as a row of a table with the partition key is read after this moment (looks: tables), or rows of two of them are compared (pairs, which takes a little time of its own), or either (all), or a row of only one table of each family is read (its number). Example: see pc_race';
