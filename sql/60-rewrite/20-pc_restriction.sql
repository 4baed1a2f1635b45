create type pc_restriction as (
    conditions text,
    from_item text,
    with_item text,
    ranges_asked boolean,
    carried text[],
    aliases text[],
    items text[]
);

comment on type pc_restriction is
'What is added to a block: conditions for its WHERE, a further table for its FROM or null, and a further item for WITH in front of the whole or null. ranges_asked: the conditions hold ranges that are known only while the query runs, so that the planner does not see what they leave out; carried: the conditions on the columns further inside to which they are carried on, one each, or null; aliases, items: what stands in FROM in the place of the tables of these aliases (see pc_native_item).';

create function pc_restriction(
    family pc_family, method text, keys anyarray, matches_null boolean, registration partitioncache_registration,
    used text[] default '{}', stamps text[] default '{}', form text default 'all', canonical text default null
) returns pc_restriction
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    wanted text;
    how pc_method := pc_method_of(method);
    nothing boolean := cardinality(keys) = 0 and not how.asks;
    -- Rows without a partition key are let through where they can match, and where a list alone would make PostgreSQL leave out too much.
    keep_null text := case when matches_null and (family).matches_null
                             or (family).prunes_wrongly and how.constant and not nothing
                           then ' OR %4$s IS NULL' else '' end;
    -- Where one column is joined to a set of rows, the planner joins all columns that equal it to that set, and estimates the
    -- joins well. It does not carry a list of constants on: each column gets the list, unless the form says otherwise.
    columns text[] := case when how.each_column or (registration).partition_local then (family).columns else (family).columns[1:1] end;
    -- Whichever columns are restricted, the rows are the same: the columns equal one another, and less is restricted than might be.
    listed integer := case when form not in ('all', 'joined', 'hidden') then least(replace(form, 'hidden but ', '')::integer, cardinality(columns)) end;
    on_one constant boolean := listed is not null and not form ^@ 'hidden';
    changed text;
    -- By column: those of tables that PostgreSQL itself partitions by the key.
    natives text[];
    native_names text[];
    native_types text[];
    native_nulls boolean[];
    result pc_restriction;
begin
    -- The planner opens every partition where it does not see all the keys: of thousands, that takes longer than the query should.
    if method = 'current' and canonical is not null then
        select array_agg(v.alias order by c.n), array_agg(v.column_name order by c.n), array_agg(v.type order by c.n),
               array_agg(cardinality(keys) = 0 or keep_null <> '' or v.type <> format_type(pg_typeof(keys[1]), -1) order by c.n)
        into natives, native_names, native_types, native_nulls
        from unnest((family).columns) with ordinality c(name, n)
        left join lateral pc_native_column(c.name, (((family).asked).form).relations[(((family).asked).form).members[c.n] + 1], canonical) v on true;
    end if;
    if nothing then
        wanted := 'false';
    elsif method = 'literal' then
        wanted := '%1$s = ANY (' || replace(pc_key_literal(keys), '%', '%%') || ')%2$s';
    elsif method = 'current' then
        -- Asked once, however many columns there are.
        changed := pc_changed_call(family, used, stamps, registration);
        if cardinality(columns) + coalesce(cardinality((family).carried), 0) > 1 or num_nonnulls(variadic natives) > 0 or exists (
            select from unnest(columns) with ordinality c(name, n)
            where pc_changed_range(c.name, (registration).datatype, (((family).asked).form).relations[(((family).asked).form).members[c.n] + 1], '') is not null) then
            result.with_item := format('partitioncache_changed_%s(k) AS MATERIALIZED (SELECT k.k FROM %s k(k))', (family).family, changed);
            changed := format('partitioncache_changed_%s', (family).family);
        end if;
        wanted := concat_ws(' OR ', case when cardinality(keys) > 0 then '%1$s = ANY (' || replace(pc_key_literal(keys), '%', '%%') || ')%2$s' end,
                            '%1$s = ANY (ARRAY(SELECT k.k FROM ' || replace(changed, '%', '%%') || case when result.with_item is null then ' k(k)' else ' k' end || '))%3$s');
    elsif method = 'IN' then
        wanted := '%1$s IN (' || replace(pc_key_list(keys), '%', '%%') || ')%2$s';
    elsif method = 'VALUES' then
        wanted := '%1$s IN (VALUES ' || replace(pc_key_list(keys, '(%s)'), '%', '%%') || ')%2$s';
    elsif method = 'TMP_TABLE_JOIN' and keep_null = '' then
        result.from_item := format('%s partitioncache_%s', pc_key_temp_table(keys), (family).family);
        wanted := '%1$s = ' || format('partitioncache_%s.partition_key', (family).family);
    elsif method in ('TMP_TABLE_IN', 'TMP_TABLE_JOIN') then
        wanted := '%1$s IN (SELECT k.partition_key FROM ' || pc_key_temp_table(keys) || ' k)';
    else
        wanted := '%1$s ' || replace(pc_lookup_call(family, used, cardinality(keys), registration), '%', '%%');
    end if;
    select bool_or(r.asked is not null),
           string_agg(case when natives[c.n] is null
                           then format(case when form ^@ 'hidden' and c.n is distinct from listed then 'COALESCE(' || wanted || keep_null || ', false)' else '(' || wanted || keep_null || ')' end,
                                       c.name, ' AND ' || r.ranges, ' AND ' || r.asked, r.nullable)
                           else format('(%s)', concat_ws(' OR ', case when cardinality(keys) > 0 then format('%s.partitioncache_key = ANY (%s)', natives[c.n], pc_key_literal(keys)) end,
                                                                 case when native_nulls[c.n] then natives[c.n] || '.partitioncache_key IS NULL' end)) end,
                      ' AND ' order by c.n),
           array_agg(natives[c.n]) filter (where natives[c.n] is not null),
           array_agg(pc_native_item(natives[c.n], native_names[c.n], native_types[c.n], (((family).asked).form).relations[(((family).asked).form).members[c.n] + 1],
                                    pc_key_literal(keys), case when not native_nulls[c.n] then pc_key_list(keys[1:1]) end, changed)) filter (where natives[c.n] is not null)
    into result.ranges_asked, result.conditions, result.aliases, result.items
    from unnest((family).columns) with ordinality c(name, n)
        -- Where the key of a row tells where its column lies, that is said as well: an index or native partitions may use it.
        cross join lateral (
            select case when not c.name ^@ '(' then null
                        when (registration).datatype = 'text'
                        then pc_part_lists(c.name, (((family).asked).form).relations[(((family).asked).form).members[c.n] + 1], keys::text[])
                        else pc_key_ranges(c.name, (registration).datatype, keys) end as ranges,
                   case when c.name ^@ '(' and method = 'current'
                        then pc_changed_range(c.name, (registration).datatype, (((family).asked).form).relations[(((family).asked).form).members[c.n] + 1], changed) end as asked,
                   coalesce((select s.column_name from pc_key_steps(c.name, (registration).datatype) s), c.name) as nullable) r
    where natives[c.n] is not null or case when on_one then c.n = listed else c.n <= cardinality(columns) end;
    if how.each_column and not on_one then
        result.carried := array(select format('(' || wanted || case when (family).prunes_wrongly and not nothing then ' OR %1$s IS NULL' else '' end || ')', c.column_name, '', '') from unnest((family).carried) with ordinality c(column_name, where_at, has_where, n) order by c.n);
    end if;
    return result;
end
$$;

comment on function pc_restriction(pc_family, text, anyarray, boolean, partitioncache_registration, text[], text[], text, text) is
'How a family''s columns, which equal one another, are restricted to the keys by one of the methods literal, current, subquery, IN, VALUES, TMP_TABLE_IN, TMP_TABLE_JOIN; rows without a partition key stay where they can match. used, stamps: the entries that the keys come from, for current; form: all, each column; 2, the second alone, and the joins carry it on; hidden, each so that the planner does not see the list in it, and thinks that it leaves half; hidden but 2, the second in plain sight; canonical: the text that is restricted, where tables in it may be replaced. Example: see pc_rewrite';

create function pc_changed_call(family pc_family, used text[], stamps text[], registration partitioncache_registration) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return format('partitioncache_internal.partitioncache_changed(%L, %L::text[], %L::text[], %L, NULL::%s, %L)', (registration).partition_key, used, stamps,
                  (family).relation, pc_native_type((registration).datatype), (registration).cache);
end
$$;

comment on function pc_changed_call(pc_family, text[], text[], partitioncache_registration) is
'The call by which a query finds, while it runs, what was written since its list of keys was made. Example: see pc_restriction';

create function pc_lookup_call(family pc_family, used text[], expected integer, registration partitioncache_registration) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- The planner takes an array of unknown content for ten keys and the function for a thousand: the nearer guess gives the better plan.
        select format(
            case
                when expected > 100 then 'IN (SELECT k.k FROM %s k(k))'
                when cardinality((family).columns) = 1 then '= ANY (ARRAY(SELECT k.k FROM %s k(k)))'
                else 'IN (SELECT k.k FROM pg_catalog.unnest(ARRAY(SELECT k.k FROM %s k(k))) k(k))'
            end,
            format('partitioncache_internal.partitioncache_lookup(%L, %L::text[], %L, NULL::%s, %L)',
                   (registration).partition_key, used, (family).relation,
                   pc_native_type((registration).datatype), (registration).cache))
    );
end
$$;

comment on function pc_lookup_call(pc_family, text[], integer, partitioncache_registration) is
'The part of a condition that looks the keys up while the query runs. used: the entries; expected: how many there are now. Example: see pc_restriction';
