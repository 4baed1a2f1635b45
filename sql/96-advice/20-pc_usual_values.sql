create function pc_usual_value(query text, parameter integer) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    -- A parameter as it may stand there: bare, or cast.
    cast_ constant text := '(?:cast\s*\(\s*)?';
    context text[] := regexp_match(query, concat('"?(\w+)"?(?:\s*::\s*\w+)?\)?\s*(=|<>|!=|<=|>=|<|>|(?:not\s+)?i?like|(?:not\s+)?in|(?:not\s+)?between(?:\s+', cast_,
        '\$\d+(?:\s*::\s*\w+|\s+as\s+\w+\s*\))?\s+and)?)\s*(?:any\s*)?\(?\s*(?:', cast_, '\$\d+\s*,\s*)*', cast_, '\$', parameter, '(?!\d)'), 'i');
    operator text := lower(context[2]);
    common text[];
    bounds text[];
    place double precision;
begin
    if query ~* format('\m(limit|offset|fetch\s+first|fetch\s+next)\s+\$%s(?!\d)', parameter) then
        return '10';
    elsif context is null then
        return case when query ~* format('\$%s(?:\s*::\s*|\s+as\s+)(?:date|timestamp)', parameter) then '2000-01-01' else '1' end;
    elsif operator ~ 'like' then
        return '%a%';
    end if;
    select s.most_common_vals::text::text[], s.histogram_bounds::text::text[] into common, bounds
    from pg_stats s
    where s.attname = context[1] and query ~* format('\m%s\M', regexp_replace(s.tablename, '\W', '\\\&', 'g')) and coalesce(s.most_common_vals::text, s.histogram_bounds::text) is not null
    order by s.schemaname, s.tablename limit 1;
    if operator in ('=', 'in', '<>', '!=') and common is not null then
        return common[(cardinality(common) + 1) / 2];
    end if;
    bounds := coalesce(bounds, (select array_agg(c order by c) from unnest(common) c), '{1}');
    -- A condition that is there for a reason leaves out most rows.
    place := case when operator in ('>', '>=') then 0.9 when operator in ('<', '<=') then 0.1 when operator ~ 'between$' then 0.45 when operator ~ '^.*between' then 0.55 else 0.5 end;
    return bounds[1 + floor(place * (cardinality(bounds) - 1))::integer];
end
$$;

comment on function pc_usual_value(text, integer) is
'A value for a parameter of a query that the statistics of the column with which it is compared hold to be usual, as a text; a guess where there is none. Example: select pc_usual_value(''select * from poi where kind = $1'', 1)';

create function pc_with_usual_values(query text, session jsonb) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    parameters integer;
    values_ text[];
begin
    if query !~ '\$[0-9]' then
        return pc_with_usual_values.query;
    end if;
    parameters := (select max(p.number) from pc_parameters(query, (session ->> 'standard_conforming_strings')::boolean) p);
    if parameters is null or parameters > 1000 then
        return pc_with_usual_values.query;
    end if;
    values_ := array(select pc_usual_value(query, n) from generate_series(1, parameters) n);
    begin
        return pc_bind(query, values_, session);
    exception when undefined_function or datatype_mismatch or ambiguous_function then
        -- Constants that are summed up, or reckoned with, are numbers.
        return pc_bind(regexp_replace(regexp_replace(query, '\m(then|else)\s+(\$[0-9]+)(?!\d|\s*::)', '\1 \2::numeric', 'gi'),
                                      '(\$[0-9]+)(\s*[-+*/]\s*\$[0-9])', '\1::numeric\2', 'g'), values_, session);
    end;
end
$$;

comment on function pc_with_usual_values(text, jsonb) is
'A query of pg_stat_statements with usual values for its parameters. Raises PostgreSQL''s own error, or PC005, where that is no query. Example: select pc_with_usual_values(''select * from poi where kind = $1'', pc_session(''public''))';
