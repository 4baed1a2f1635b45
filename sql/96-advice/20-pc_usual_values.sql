create type pc_column_statistics as (
    common text[],
    bounds text[],
    rows double precision,
    distinct_values double precision
);

comment on type pc_column_statistics is
'What the statistics say of a column: its most common values, those that cut its values into parts of the same size, how many rows its table has, and how many values it has.';

create function pc_statistics_of(query text, column_name text, qualifier text, session_path text) returns pc_column_statistics
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    found pc_column_statistics;
begin
    select s.most_common_vals::text::text[], coalesce(s.histogram_bounds::text::text[], (select array_agg(v.v order by v.n) from unnest(s.most_common_vals::text::text[]) with ordinality v(v, n))),
           greatest(c.reltuples, 0), case when s.n_distinct >= 0 then s.n_distinct else - s.n_distinct * greatest(c.reltuples, 0) end
    into found
    from pg_stats s
    join pg_namespace n on n.nspname = s.schemaname
    join pg_class c on c.relnamespace = n.oid and c.relname = s.tablename
    cross join lateral (select regexp_replace(s.tablename, '(\W)', '\\\1', 'g')) t(escaped)
    where s.attname = column_name and query ~* ('(?<!\w)' || t.escaped || '(?!\w)')
    -- Another table with such a column may be named as well.
    order by query ~* ('(?<!\w)' || t.escaped || '"?(?:\s+as)?\s+"?' || regexp_replace(qualifier, '(\W)', '\\\1', 'g') || '(?!\w)') desc nulls last, s.tablename = qualifier desc nulls last,
             array_position(pc_path_of(session_path), s.schemaname), s.inherited desc, s.schemaname, s.tablename
    limit 1;
    return found;
end
$$;

comment on function pc_statistics_of(text, text, text, text) is
'The statistics of a column by its name and that of its table in a query (qualifier: null if it stands there without), as far as the text tells. Example: select pc_statistics_of(''select * from poi p where p.kind = $1'', ''kind'', ''p'', ''public'')';

create function pc_path_of(session_path text) returns name[]
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select array(select trim(both '"' from trim(p)) from regexp_split_to_table(session_path, ',') p)::name[]
$$;

comment on function pc_path_of(text) is
'The schemas that a search path names, to prefer these to others. Example: select pc_path_of(''public, "My Shop"'')';

create function pc_usual_value(query text, starts integer, session_path text) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    name constant text := '(?:"((?:[^"]|"")+)"|([[:alpha:]_][\w$]*))';
    compares constant text := '(=|<>|!=|<=|>=|<|>|(?:not\s+)?i?like|(?:not\s+)?in|(?:not\s+)?between)';
    -- A parameter as it may stand there: bare, or cast.
    another constant text := '(?:cast\s*\(\s*)?\$\d+(?:\s*::\s*\w+|\s+as\s+\w+\s*\))?';
    before text := substr(query, greatest(1, starts - 600), least(600, starts - 1));
    context text[] := regexp_match(before, concat('(?:', name, '\s*\.\s*)?', name, '(?:\s*::\s*\w+)?\)?\s*', compares, '(?:\s+(', another, '\s+and))?\s*(?:(?:any|some)\s*)?\(?\s*((?:', another, '\s*,\s*)*)(?:cast\s*\(\s*)?$'), 'i');
    aggregate text[] := regexp_match(before, concat('\m(sum|count)\s*\(((?:[^()]|\([^()]*\))*)\)\s*', compares, '\s*(?:cast\s*\(\s*)?$'), 'i');
    operator text;
    known pc_column_statistics;
    place double precision;
    listed integer;
begin
    if before ~* '\m(limit|offset|fetch\s+first|fetch\s+next)\s+$' then
        return '10';
    elsif aggregate is not null then
        return pc_usual_total(query, starts, lower(aggregate[1]), aggregate[2], aggregate[3], session_path);
    elsif context is null then
        return null;
    end if;
    operator := lower(context[5]);
    known := pc_statistics_of(query, coalesce(replace(context[3], '""', '"'), lower(context[4])), coalesce(replace(context[1], '""', '"'), lower(context[2])), session_path);
    if operator ~ 'like' then
        -- A word of what stands there.
        return coalesce('%' || (regexp_match((known).bounds[(cardinality((known).bounds) + 1) / 2], '(\w+)\W*$'))[1] || '%', '%a%');
    elsif operator in ('=', 'in', '<>', '!=', 'not in') and (known).common is not null then
        -- Constants of a list are different ones.
        listed := (select count(*) from regexp_matches(context[7], '\$\d', 'g'));
        return (known).common[1 + ((cardinality((known).common) - 1) / 2 + listed) % cardinality((known).common)];
    end if;
    -- A condition that is there for a reason leaves out most rows.
    place := case when operator in ('>', '>=') then 0.9 when operator in ('<', '<=') then 0.1 when operator ~ 'between' then case when context[6] is null then 0.45 else 0.55 end else 0.5 end;
    return (known).bounds[1 + floor(place * (cardinality((known).bounds) - 1))::integer];
end
$$;

comment on function pc_usual_value(text, integer, text) is
'A value for the parameter that begins at this character of a query, which the statistics of the column with which it is compared hold to be usual, as a text; null where they say nothing. Example: select pc_usual_value(''select * from poi where kind = $1'', 32, ''public'')';

create function pc_usual_total(query text, starts integer, aggregate text, argument text, operator text, session_path text) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    name constant text := '(?:(?:"((?:[^"]|"")+)"|([[:alpha:]_][\w$]*))\s*\.\s*)?(?:"((?:[^"]|"")+)"|([[:alpha:]_][\w$]*))';
    grouped text := (regexp_match(left(query, starts - 1), '^.*\mgroup\s+by\M(.*?)\mhaving\M', 'i'))[1];
    rows double precision;
    groups double precision;
    middle numeric;
    total numeric;
begin
    select max((k.known).distinct_values) into groups
    from regexp_matches(grouped, name, 'g') m(part)
    cross join lateral (select pc_statistics_of(query, coalesce(replace(m.part[3], '""', '"'), lower(m.part[4])), coalesce(replace(m.part[1], '""', '"'), lower(m.part[2])), session_path)) k(known);
    select max((k.known).rows), exp(sum(ln(nullif(abs(k.middle), 0)))) into rows, middle
    from (select s.known, (s.known).bounds[(cardinality((s.known).bounds) + 1) / 2]::numeric as middle
          from regexp_matches(argument, name, 'g') m(part)
          cross join lateral (select pc_statistics_of(query, coalesce(replace(m.part[3], '""', '"'), lower(m.part[4])), coalesce(replace(m.part[1], '""', '"'), lower(m.part[2])), session_path)) s(known)
          where aggregate = 'sum' and s.known is not null) k;
    -- Joined rows are those of the largest table.
    rows := coalesce(rows, (select max(c.reltuples) from pg_class c where c.relkind in ('r', 'p', 'm') and c.reltuples > 0
                            and query ~* ('(?<!\w)' || regexp_replace(c.relname, '(\W)', '\\\1', 'g') || '(?!\w)')));
    -- Conditions leave most of the rows out.
    rows := rows * case when substring(left(query, starts - 1), '^.*\mselect\M(.*?)\mgroup\s+by\M.*?$') ~ '\$\d' then 0.1 else 1 end;
    total := greatest(rows / coalesce(groups, 1), 1)::numeric * case when aggregate = 'sum' then middle else 1 end
        * case when operator in ('>', '>=') then 2 when operator in ('<', '<=') then 0.5 else 1 end;
    return case when abs(total) > 10 then round(total) else total end;
exception when others then
    return null;  -- a sum of what is no number
end
$$;

comment on function pc_usual_total(text, integer, text, text, text, text) is
'A value that a sum or count of a group would be compared with, by the rows of a group and the middle value of the columns in it: twice that where it shall be more, half where it shall be less. The arguments are those of pc_usual_value, and how the aggregate stands there. Example: select pc_usual_total(''select city_id from poi group by city_id having count(*) > $1'', 61, ''count'', ''*'', ''>'', ''public'')';

create function pc_fitting_value(value text, type oid, unit boolean) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    tried text;
    shown constant text := (select format('%I.%I', n.nspname, t.typname) from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.oid = type);
begin
    foreach tried in array array[
        value, substring(value from '^-?\d+'), '{' || quote_ident(value) || '}',
        case when type = 'interval'::regtype and not unit then '30 days' end,
        (select e.enumlabel from pg_enum e where e.enumtypid = type order by e.enumsortorder limit 1),
        '1', '2000-01-01', '{}', '00000000-0000-0000-0000-000000000000']
    loop
        continue when tried is null;
        begin
            execute format('select %L::%s', tried, shown);
            -- A domain may call what writes.
            raise exception using errcode = 'PC000';
        exception
            when sqlstate 'PC000' then
                return tried;
            when others then
                null;
        end;
    end loop;
    return null;
end
$$;

comment on function pc_fitting_value(text, oid, boolean) is
'A text that a type takes as a value: the one given, if it does, else the number that it begins with, a list of it, or a guess; null if it takes none of these. Whatever the type''s own functions write is undone. unit: a unit of time stands behind it. Example: select pc_fitting_value(''1995-03-15'', ''float8''::regtype, false)';

create function pc_with_usual_values(query text, session jsonb) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    conforming constant boolean := (session ->> 'standard_conforming_strings')::boolean;
    asked text := query;
    types oid[];
    values_ text[];
begin
    if query !~ '\$[0-9]' or not exists (select from pc_parameters(query, conforming)) or (select max(p.number) from pc_parameters(query, conforming) p) > 1000 then
        return asked;
    end if;
    asked := pc_readable_statement(asked);
    begin
        types := pc_parameter_types(asked, session);
    exception when undefined_function or datatype_mismatch or ambiguous_function then
        -- Constants that are summed up, or reckoned with, are numbers.
        asked := regexp_replace(regexp_replace(asked, '\m(then|else)\s+(\$[0-9]+)(?!\d|\s*::)', '\1 \2::numeric', 'gi'),
                                '(\$[0-9]+)(\s*[-+*/]\s*\$[0-9])', '\1::numeric\2', 'g');
        types := pc_parameter_types(asked, session);
    end;
    values_ := array(
        select pc_fitting_value(pc_usual_value(asked, p.starts, session ->> 'search_path'), types[p.number], substr(asked, p.ends + 1, 40) ~* '^\s*::\s*interval\s+(year|month|day|hour|minute|second)')
        from (select distinct on (a.number) a.* from pc_parameters(asked, conforming) a order by a.number, a.starts) p
        order by p.number);
    return pc_bind(asked, values_, session);
end
$$;

comment on function pc_with_usual_values(text, jsonb) is
'A query of pg_stat_statements with usual values for its parameters. Raises PostgreSQL''s own error, or PC005, where that is no query. Example: select pc_with_usual_values(''select * from poi where kind = $1'', pc_session(''public''))';
