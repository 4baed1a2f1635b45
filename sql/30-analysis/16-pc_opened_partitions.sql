create function pc_opened_partitions(query text, relations oid[] default null, out partitions bigint, out rows double precision)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set plan_cache_mode = force_generic_plan
as $$
declare
    lowered text;
begin
    partitions := 0;
    rows := 0;
    if not exists (select from pg_partitioned_table) then
        return;
    end if;
    lowered := lower(left(query, 20000));
    -- As far as the text alone shows: where the column stands beside a constant, PostgreSQL leaves partitions out when it plans.
    with root as materialized (
        -- The columns' names first: were they joined, the planner might look for each column of the database in the text.
        select p.partrelid, c.reltuples,
               array(select regexp_replace(lower(a.attname), '([][*+?(){}|^$.\\])', '\\\1', 'g')
                     from pg_attribute a where a.attrelid = p.partrelid and a.attnum = any (p.partattrs)) as column_names
        from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
        where not c.relispartition and strpos(lowered, lower(c.relname)) > 0 and (relations is null or c.oid = any (relations))
          and (strpos(lowered, '"' || lower(c.relname) || '"') > 0
               or lower(c.relname) = any (array(select w.word[1] from regexp_matches(lowered, E'(?:[a-z0-9_$]|[^\x01-\x7f])+', 'g') w(word))))
    )
    select coalesce(sum(n.partitions), 0), coalesce(sum(greatest(r.reltuples, 0)), 0) into partitions, rows
    from root r
    cross join lateral (select count(*) as partitions from pg_inherits i where i.inhparent = r.partrelid) n
    where not exists (
        select from unnest(r.column_names) e(column_name)
        where lowered ~ format('\m%s"?\s*\)*\s*(::\s*\w+\s*)?(=|<|>|in\M|between\M|is\M|like\M)[=>]?\s*(any\s*)?[(\s]*([''$0-9{-]|array\M|date\M|timestamp|null\M|true\M|false\M)', e.column_name)
           or lowered ~ format('([''0-9)]|\$[0-9]+|\M(::\s*\w+))\s*(=|<|>)[=>]?\s*(\w+\.|"[^"]*"\.)?"?%s\M', e.column_name));
end
$$;

comment on function pc_opened_partitions(text, oid[]) is
'How many partitions PostgreSQL would open at least to plan a query, and how many rows these tables have, as far as its text shows: of tables that it names and whose partition columns it compares with no constant. relations: which tables it reads, where that is known. Example: select * from pc_opened_partitions(''select * from poi'')';
