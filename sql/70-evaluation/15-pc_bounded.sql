create function pc_over_time(seen integer) returns boolean
language plpgsql stable parallel safe cost 0.0001
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if seen is not null then
        raise query_canceled using message = 'the time limit of this item is over';
    end if;
    return null;
end
$$;

comment on function pc_over_time(integer) is
'Raises query_canceled; seen: what ties the call to a row. Example: see pc_bounded';

create function pc_fragment_tables(fragment text, out relation text, out alias text, out rest text) returns setof record
language plpgsql immutable parallel safe rows 3
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    name constant text := '(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)';
    read text[];
begin
    rest := (regexp_match(fragment, format('^SELECT DISTINCT .*? FROM ((?:ONLY )?%1$s\.%1$s t_*\d+.*)$', name)))[1];
    loop
        read := regexp_match(rest, format('^(?:, )?((?:ONLY )?%1$s\.%1$s) (t_*\d+)(.*)$', name));
        exit when read is null;
        relation := read[1];
        alias := read[2];
        rest := read[3];
        return next;
    end loop;
end
$$;

comment on function pc_fragment_tables(text) is
'The tables of a fragment in their order, and what stands in the text after each. Example: select * from pc_fragment_tables(''SELECT DISTINCT t1.city_id FROM public.poi t1'')';

create function pc_fragment_key(fragment text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
begin
    return (regexp_match(fragment, format('^SELECT DISTINCT (.*?) FROM (?:ONLY )?%1$s\.%1$s t_*\d+', '(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)')))[1];
end
$$;

comment on function pc_fragment_key(text) is
'What a fragment selects: where its partition key stands. Example: select pc_fragment_key(''SELECT DISTINCT t1.city_id FROM public.poi t1'')';

create function pc_bounded(fragment text, partition_key text, stop_at timestamptz) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
as $$
#variable_conflict use_column
declare
    guards text;
    rest text;
begin
    -- PostgreSQL sets the timer of a statement when it begins, and none within. So the rows that are read look at the clock; that costs some
    -- thirty nanoseconds each. IS NOT NULL, because the planner believes that of nearly every row.
    select string_agg(format('((CASE WHEN pg_catalog.clock_timestamp() OPERATOR(pg_catalog.<) %L::pg_catalog.timestamptz THEN true ELSE partitioncache_internal.pc_over_time(pg_catalog.num_nulls(%s.%I)) END) IS NOT NULL)',
                             stop_at, t.alias, c.attname), ' AND ' order by t.n),
           (array_agg(t.rest order by t.n desc))[1]
    into guards, rest
    from pc_fragment_tables(fragment) with ordinality t(relation, alias, rest, n)
    left join lateral (
        select a.attname from pg_attribute a
        where a.attrelid = to_regclass(regexp_replace(t.relation, '^ONLY ', '')) and a.attnum > 0 and not a.attisdropped
          and has_column_privilege(a.attrelid, a.attnum, 'select')
        order by a.attname <> partition_key, a.attgenerated <> '', a.attnum limit 1) c on true
    where c.attname is not null and t.rest ~ '^(,|$| WHERE )';
    return case when guards is null or stop_at is null then fragment
                else fragment || case when rest = '' then ' WHERE ' else ' AND ' end || guards end;
end
$$;

comment on function pc_bounded(text, text, timestamptz) is
'A fragment that raises query_canceled as soon as a row of one of its tables is read after this moment; null: the fragment as it is. Example: select pc_bounded(''SELECT DISTINCT t1.city_id FROM public.poi t1'', ''city_id'', now() + interval ''1 min'')';
