create function pc_key_steps(key text, datatype text, out kind text, out column_name text, out step text)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    name constant text := '((?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)[.](?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*))';
    m text[];
begin
    -- An expression stands in brackets.
    if not key ^@ '(' then
        return;
    end if;
    m := case datatype
        -- Of a date, too: it is compared with timestamps as if it were one.
        when 'timestamp' then regexp_match(key, '^[(]date_trunc[(]''(second|minute|hour|day|week|month|quarter|year)''::text, [(]?' || name || '(?:[)]::timestamp without time zone)?[)][)]$')
        when 'date' then regexp_match(key, '^()[(]' || name || '[)]::date$')
        when 'numeric' then coalesce(regexp_match(key, '^[(]EXTRACT[(](year) FROM ' || name || '[)][)]$'),
                                     regexp_match(key, '^[(]floor[(][(]()' || name || ' / [(]([0-9]{1,9})[)]::numeric[)][)][)]$'))
        when 'float' then regexp_match(key, '^[(]floor[(][(]()' || name || ' / [(]([0-9]{1,9})[)]::double precision[)][)][)]$')
        else case when datatype in ('integer', 'bigint') then regexp_match(key, '^[(]()' || name || ' / ([0-9]{1,9})[)]$') end end;
    if m is null then
        return;
    end if;
    column_name := m[2];
    kind := case when m[1] = 'year' and datatype = 'numeric' then 'year' when cardinality(m) = 3 then case when datatype in ('integer', 'bigint') then 'divide' else 'floor' end
                 when datatype = 'date' then 'date' else 'trunc' end;
    step := case kind when 'trunc' then case m[1] when 'week' then '7 days' when 'quarter' then '3 months' else '1 ' || m[1] end else m[3] end;
end
$$;

comment on function pc_key_steps(text, text) is
'Where the values of a column that have one partition key lie side by side: kind: trunc (date_trunc, step: how long), date (::date of a timestamp), year (extract), divide and floor (by step); column_name; nulls for a partition key that is none of these. Example: select * from pc_key_steps(''(o.id / 1000)'', ''bigint'')';

create function pc_key_ranges(key text, datatype text, keys anyarray) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
set extra_float_digits = 3
as $$
declare
    steps record;
    ranges text;
begin
    select * into steps from pc_key_steps(key, datatype);
    if steps.kind is null or cardinality(keys) = 0 or exists (select from unnest(keys) k where k::text ~* '^-?infinity|nan|BC') then
        return null;
    end if;
    -- Ranges that touch are one; too many are one as well. Those of floor are wider than they need be: its argument has been rounded.
    execute format($sql$
        with range as (
            select r.lo, r.hi, sum(r.new) over (order by r.lo) as run
            from (select x.lo, x.hi, case when x.lo <= lag(x.hi) over (order by x.lo) then 0 else 1 end as new from (select %1$s as lo, %2$s as hi from unnest($1) k) x) r
        ), few as (
            select min(r.lo) as lo, max(r.hi) as hi from range r group by case when (select max(a.run) from range a) <= 16 then r.run end
        )
        select string_agg(format('%%1$s >= %%2$L::%3$s AND %%1$s < %%3$L::%3$s', %4$L, f.lo, f.hi), ' OR ' order by f.lo) from few f
        $sql$,
        case steps.kind when 'trunc' then 'k' when 'date' then 'k::timestamp' when 'year' then 'make_date(k::integer, 1, 1)'
                        when 'divide' then format('case when k > 0 then k::numeric * %1$s else greatest(k::numeric * %1$s - %1$s + 1, -9223372036854775808) end', steps.step)
                        else format('(k::numeric - 1) * %s', steps.step) end,
        case steps.kind when 'trunc' then format('k + interval %L', steps.step) when 'date' then '(k + 1)::timestamp' when 'year' then 'make_date(k::integer + 1, 1, 1)'
                        when 'divide' then format('case when k < 0 then k::numeric * %1$s + 1 else least(k::numeric * %1$s + %1$s, 9223372036854775807) end', steps.step)
                        else format('(k::numeric + 2) * %s', steps.step) end,
        case steps.kind when 'divide' then 'bigint' when 'year' then 'date' when 'floor' then case datatype when 'float' then 'double precision' else 'numeric' end else 'timestamp without time zone' end,
        steps.column_name)
    into ranges using keys;
    return '(' || ranges || ')';
exception when others then
    return null;  -- at the ends of what there is
end
$$;

comment on function pc_key_ranges(text, text, anyarray) is
'The ranges of a column in which the rows with these partition keys lie, as a condition that an index on the column or its native partitions serve; null where that cannot be told. key: with the name of its table, as in pc_family. Example: select pc_key_ranges(''(o.id / 1000)'', ''bigint'', array[3, 4]::bigint[])';

create function pc_changed_range(key text, datatype text, relation text, changed text) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    steps record;
begin
    select * into steps from pc_key_steps(key, datatype);
    -- Two further questions while the query runs: only where an index or native partitions use the answer.
    if steps.kind is null or steps.kind not in ('trunc', 'date', 'divide') or not exists (
        select from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and quote_ident(a.attname) = (select t.token from pc_tokens(steps.column_name) t order by t.n desc limit 1)
        where c.oid = to_regclass(case when relation ^@ 'ONLY ' then substr(relation, 6) else relation end)
          and (exists (select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null)
               or exists (select from pg_partitioned_table p where p.partrelid = c.oid and a.attnum = any (p.partattrs)))) then
        return null;
    end if;
    -- At the ends of what there is, nothing can be added.
    return format('%1$s >= (SELECT %2$s FROM %4$s k(k)) AND %1$s <= (SELECT %3$s FROM %4$s k(k))', steps.column_name,
        case steps.kind when 'trunc' then 'min(k.k)' when 'date' then 'min(k.k)::timestamp without time zone'
                        else format('CASE WHEN min(k.k) > 0 THEN min(k.k)::bigint * %1$s ELSE GREATEST(min(k.k)::numeric * %1$s - %1$s, -9223372036854775808)::bigint END', steps.step) end,
        case steps.kind when 'trunc' then format('CASE WHEN max(k.k) < ''9999-01-01''::timestamp without time zone THEN max(k.k) + %L::interval - ''00:00:00.000001''::interval ELSE ''infinity'' END', steps.step)
                        when 'date' then 'CASE WHEN max(k.k) < ''9999-01-01''::date THEN (max(k.k) + 1)::timestamp without time zone - ''00:00:00.000001''::interval ELSE ''infinity'' END'
                        else format('CASE WHEN max(k.k) < 0 THEN max(k.k)::bigint * %1$s ELSE LEAST(max(k.k)::numeric * %1$s + %1$s - 1, 9223372036854775807)::bigint END', steps.step) end,
        changed);
end
$$;

comment on function pc_changed_range(text, text, text, text) is
'The range of a column in which the rows lie whose partition keys were written to since, asked while the query runs; null where nothing would use it. changed: the call of pc_changed_call. Example: see pc_restriction';
