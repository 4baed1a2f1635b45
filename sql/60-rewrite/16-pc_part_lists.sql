create function pc_joined_parts(key text) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    tokens text[];
    closes integer[];
    ends integer[];
    at integer := 2;
    joined integer;
begin
    select array_agg(t.token order by t.n), array_agg(t.closes order by t.n), array_agg(t.ends order by t.n) into tokens, closes, ends from pc_tokens(key) t;
    if tokens[1] <> '(' or closes[1] is distinct from cardinality(tokens) then
        return array[key];
    end if;
    while at < cardinality(tokens) loop
        if tokens[at] = '||' then
            joined := at;
        end if;
        at := coalesce(closes[at], at) + 1;
    end loop;
    if joined is null then
        return array[key];
    end if;
    return pc_joined_parts(btrim(substr(key, 2, ends[joined - 1] - 1))) || pc_joined_parts(btrim(substr(key, ends[joined] + 1, length(key) - ends[joined] - 1)));
end
$$;

comment on function pc_joined_parts(text) is
'What a text is put together from by ||, in canonical text. Example: select pc_joined_parts(''((p.a || '''' ''''::text) || p.b)'')';

create function pc_part_lists(key text, relation text, keys text[]) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    name constant text := '(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)';
    part text;
    parts text[] := pc_joined_parts(key);
    columns text[] := '{}'::text[];
    kinds text[] := '{}'::text[];
    pattern text := '';
    before text := 'start';
    found text[];
    type text;
    has_minus boolean := false;
    conditions text[] := '{}'::text[];
begin
    if cardinality(parts) < 3 or cardinality(keys) = 0 then
        return null;
    end if;
    foreach part in array parts loop
        if part ~ '^''[^'']*''::text$' then
            part := substr(part, 2, length(part) - 8);
            -- The digits of a number end at it.
            if before = 'separator' or part = '' or part ~ '[0-9\\]' then
                return null;
            end if;
            has_minus := has_minus or part ~ '-';
            pattern := pattern || regexp_replace(part, '([^[:alnum:] ])', '\\\1', 'g');
            before := 'separator';
            continue;
        elsif before = 'part' then
            return null;
        end if;
        found := coalesce(regexp_match(part, '^[(]EXTRACT[(](year|month) FROM (' || name || ')[)][)]::text$'),
                          regexp_match(part, '^[(]()(' || name || ')[)]::text$'), regexp_match(part, '^()(' || name || ')$'));
        select format_type(a.atttypid, null) into type
        from pg_attribute a where a.attrelid = to_regclass(regexp_replace(relation, '^ONLY ', '')) and quote_ident(a.attname) = found[3] and a.attnum > 0 and not a.attisdropped;
        if found[1] <> '' and type in ('date', 'timestamp without time zone') then
            kinds := kinds || found[1];
            columns := columns || found[2];
            pattern := pattern || '(-?[0-9]+)';
        else
            if found[1] <> '' then
                return null;
            elsif type in ('smallint', 'integer', 'bigint') then
                type := 'bigint';
                pattern := pattern || '(-?[0-9]+)';
            elsif type in ('text', 'character varying') and position('(.*)' in pattern) = 0 then
                type := 'text';
                pattern := pattern || '(.*)';
            else
                return null;
            end if;
            kinds := kinds || type;
            columns := columns || case type when 'text' then part else found[2] end;
        end if;
        before := 'part';
    end loop;
    -- Behind a text, a minus could be the number's.
    if has_minus and position('(.*)' in pattern) > 0 or exists (select from unnest(keys) k where k !~ ('^' || pattern || '$')) then
        return null;
    end if;
    with value as materialized (
        select k.n, v.value, v.place from unnest(keys) with ordinality k(key, n), unnest(regexp_match(k.key, '^' || pattern || '$')) with ordinality v(value, place)
    ), part as (
        select c.column_name, c.kind, c.place, (select m.place from unnest(columns, kinds) with ordinality m(column_name, kind, place) where m.column_name = c.column_name and m.kind = 'month') as month
        from unnest(columns, kinds) with ordinality c(column_name, kind, place)
    )
    select array_agg(r.condition order by r.place) into conditions
    from (
        select p.place, case
            when p.kind in ('bigint', 'text')
            then (select format('%s = ANY (%L::%s[])', p.column_name, coalesce(array_agg(distinct v.value), '{}')::text, p.kind)
                  from value v where v.place = p.place and (p.kind = 'text' or v.value::numeric between -9223372036854775808 and 9223372036854775807))
            when p.kind = 'year' and p.month is not null then pc_key_ranges(format('(date_trunc(''month''::text, %s))', p.column_name), 'timestamp',
                (select array_agg(distinct make_timestamp(y.value::integer, m.value::integer, 1, 0, 0, 0)) from value y join value m on m.n = y.n and m.place = p.month where y.place = p.place))
            when p.kind = 'year' then pc_key_ranges(format('(EXTRACT(year FROM %s))', p.column_name), 'numeric', (select array_agg(distinct v.value::numeric) from value v where v.place = p.place)) end as condition
        from part p) r
    where r.condition is not null;
    return nullif(array_to_string(conditions, ' AND '), '');
exception when data_exception then
    return null;  -- numbers that are too large, years that are none
end
$$;

comment on function pc_part_lists(text, text, text[]) is
'What is said of the single columns of a partition key that is a text put together from them, so that indexes and native partitions are used: lists of numbers and texts, ranges of years and months; null where a text does not tell surely what it was put together from. key: with the name of its table, as in pc_family; relation: that table. Example: select pc_part_lists(''(((c.oid)::text || '''' ''''::text) || (c.relpages)::text)'', ''pg_class'', ''{1 2}'')';
