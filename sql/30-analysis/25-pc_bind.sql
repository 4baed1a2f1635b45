create function pc_parameters(
    query text, conforming boolean, out number integer, out starts integer, out ends integer
) returns setof record
language plpgsql immutable strict parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    other constant text := E'[^\x01-\x7f]';
    token record;
    ended boolean := false;
    after_escape boolean := false;
begin
    -- As PostgreSQL's own scanner cuts a text, which takes the longest token, too: a parameter is one only outside of strings, quoted names and
    -- comments. Whatever is not surely read as PostgreSQL reads it is refused.
    for token in
        select m.part[1] as text, sum(length(m.part[1])) over (order by m.n)::integer as ends
        from regexp_matches(query, concat_ws('|',
            '([eE]''(?:[^''\\]|\\.|'''')*''', case when conforming then '''(?:[^'']|'''')*''' else '''(?:[^''\\]|\\.|'''')*''' end, '"(?:[^"]|"")*"',
            '--[^\n\r]*', '/\*(?:[^*]|\*+[^*/])*\*+/', '\$\$(?:[^$]|\$[^$])*\$\$', format('\$(?:[A-Za-z_]|%1$s)(?:[A-Za-z0-9_]|%1$s)*\$', other),
            '\$[0-9]+', format('(?:[A-Za-z_]|%1$s)(?:[A-Za-z0-9_$]|%1$s)*', other), '[ \t\n\r\f\v]+', '[0-9.()\[\],=<>+*%]+', '.)'), 'g')
            with ordinality m(part, n)
        order by m.n
    loop
        if token.text in ('''', '"', '$') or token.text ~ '^\$.' and token.text !~ '^\$[$0-9]' then
            perform pc_fail('PC005', format('a string or a quoted name in the query cannot be read surely at %L', token.text), '', 'Write strings between single quotes, and close them.');
        elsif token.text ^@ '/*' and strpos(substr(token.text, 3), '/*') > 0 then
            perform pc_fail('PC005', 'a query with parameters cannot have a comment within a comment', '', 'Take the inner comment out.');
        elsif token.text ~ '^\$[0-9]' then
            number := least(substr(token.text, 2)::numeric, 100000);
            starts := token.ends - length(token.text) + 1;
            ends := token.ends;
            return next;
        end if;
        if token.text !~ '^([ \t\n\r\f\v]|--|/\*)' then
            if ended and token.text <> ';' then
                perform pc_fail('PC005', 'only a single query that reads can be cached', 'The text has several statements.', 'Pass one SELECT, without a semicolon between statements.');
            elsif after_escape and token.text ^@ '''' then
                perform pc_fail('PC005', 'a query with parameters cannot have a string with escapes that goes on after a line break', '', 'Write it as one string.');
            end if;
            ended := ended or token.text = ';';
            after_escape := token.text ~ '^[eE]''';
        end if;
    end loop;
end
$$;

comment on function pc_parameters(text, boolean) is
'Where the parameters $1, $2, ... of a text of people stand: number, first and last character. conforming: standard_conforming_strings of its session. Raises PC005 for a text that cannot be cut surely, and for several statements. Example: select * from pc_parameters(''select $1, ''''$2'''''', true)';

create function pc_parameter_types(query text, session jsonb) returns oid[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    types oid[];
begin
    begin
        if exists (select from pg_prepared_statements s where s.name = 'partitioncache_bind') then
            deallocate partitioncache_bind;
        end if;
        perform pc_enter_session(session);
        perform set_config('search_path', session ->> 'search_path', true);
        execute 'prepare partitioncache_bind as ' operator(pg_catalog.||) query;
        perform pg_catalog.set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
        select s.parameter_types::oid[] into types from pg_prepared_statements s where s.name = 'partitioncache_bind';
        deallocate partitioncache_bind;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when indeterminate_datatype then
            perform partitioncache_internal.pc_fail('PC005', sqlerrm, '', 'Write its type into the query, as in $1::integer; each number from 1 on must occur.');
    end;
    return types;
end
$$;

comment on function pc_parameter_types(text, jsonb) is
'The types that PostgreSQL finds for the parameters of one query, as PREPARE does, in the session that wrote it; nothing is executed. The query must be known to be a single one. Raises PostgreSQL''s own error if it does not accept it, PC005 where the type of a parameter cannot be told. Example: select pc_parameter_types(''select $1 + 1'', pc_session(''public''))';

create function pc_bind(query text, params text[], session jsonb) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    parameter record;
    types oid[];
    constants text[];
    bound text := '';
    done integer := 0;
begin
    if params is null or query is null then
        return pc_bind.query;
    end if;
    if array_ndims(params) > 1 or array_lower(params, 1) <> 1 then
        perform pc_fail('PC001', 'the parameters are not a list of values', format('They are %L.', params),
            'Pass one text a parameter, as in params => array[''7'', ''zoo'']; the text of an array is ''{1,2}''.');
    end if;
    if octet_length(query) > 1000000 then
        perform pc_fail('PC005', 'the text is too long to have values put into it', format('It has %s bytes.', octet_length(query)), 'Write the values into it.');
    end if;
    -- Before PostgreSQL is given the text: it is one statement.
    perform from pc_parameters(query, (session ->> 'standard_conforming_strings')::boolean);
    types := pc_parameter_types(query, session);
    if cardinality(types) <> cardinality(params) then
        perform pc_fail('PC001', format('the query has %s, and %s given', pc_counted(cardinality(types), 'parameter'),
                                        pc_counted(cardinality(params), 'value') || case cardinality(params) when 1 then ' was' else ' were' end),
            '', 'Pass a value for each of $1, $2, ..., null among them.');
    end if;
    constants := pc_typed_constants(params, types, session);
    for parameter in select * from pc_parameters(query, (session ->> 'standard_conforming_strings')::boolean) p order by p.starts loop
        bound := bound || substr(query, done + 1, parameter.starts - done - 1) || constants[parameter.number];
        done := parameter.ends;
    end loop;
    return bound || substr(query, done + 1);
end
$$;

comment on function pc_bind(text, text[], jsonb) is
'A query with the values of its parameters $1, $2, ... put in as constants of the types that PostgreSQL finds for them; the query itself if params is null. Raises PC001 for a wrong number of values and for one that its type does not have, PC005 where that cannot be done surely, and PostgreSQL''s own error for a query that it does not accept. Example: select pc_bind(''select 1 + $1'', array[''7''], pc_session(''public''))';

create function pc_typed_constants(params text[], types oid[], session jsonb) returns text[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    constants text[] := array(
        select format('(%L::%I.%I)', p.value, s.nspname, t.typname)
        from unnest(params, types) with ordinality p(value, type, n)
        join pg_type t on t.oid = p.type join pg_namespace s on s.oid = t.typnamespace
        order by p.n);
    wrong integer := 1;
    said text;
begin
    begin
        perform pc_enter_session(session);
        while wrong <= cardinality(constants) loop
            execute 'select ' || constants[wrong];
            wrong := wrong + 1;
        end loop;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when others then
            said := sqlerrm;
    end;
    if said is not null then
        perform pc_fail('PC001', format('parameter $%s cannot have the value %s: %s', wrong, coalesce(quote_literal(left(params[wrong], 100)), 'NULL'), said), '',
            format('PostgreSQL takes it for %s; write another type into the query, as in $%s::text.', types[wrong]::regtype, wrong));
    end if;
    return constants;
end
$$;

comment on function pc_typed_constants(text[], oid[], jsonb) is
'Values as constants of these types, as the session will read them. Raises PC001 for a value that its type does not have. Example: select pc_typed_constants(array[''7''], array[''integer''::regtype], pc_session(''public''))';

create function pc_counted(number bigint, noun text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('%s %s%s', number, noun, case when number <> 1 then 's' end)
$$;

comment on function pc_counted(bigint, text) is
'A number of things in words. Example: select pc_counted(2, ''parameter'')';

create function pc_bind_unknown(query text, session jsonb) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    parameters integer;
begin
    if query !~ '[$][0-9]' then
        return pc_bind_unknown.query;
    end if;
    begin
        parameters := (select max(p.number) from pc_parameters(query, (session ->> 'standard_conforming_strings')::boolean) p);
    exception when sqlstate 'PC005' then
        null;  -- to parse it will say what is wrong
    end;
    return case when parameters is null then query else pc_bind(query, array_fill(null::text, array[parameters]), session) end;
exception when syntax_error then
    perform pc_fail('PC005', format('with its parameters the query cannot be read: %s', sqlerrm), '',
        'pg_stat_statements writes $1 also where no parameter can stand, as in interval $1 and extract($1 from ...): write a value there.');
    return null;
end
$$;

comment on function pc_bind_unknown(text, jsonb) is
'A query of whose parameters $1, $2, ... nobody knows the values, such as a text of pg_stat_statements: NULL of its type stands for each. The query itself if it has none. Such a text says what is asked for, and must not be run. Raises PC005 where the type of a parameter cannot be told, and PostgreSQL''s own error for a query that it does not accept. Example: select pc_bind_unknown(''select 1 + $1'', pc_session(''public''))';

create function pc_bind_if_possible(query text, params text[], session jsonb, out bound text, out reason text)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    bound := pc_bind(query, params, session);
exception when others then
    bound := query;
    reason := 'its values cannot be put in: ' || sqlerrm;
end
$$;

comment on function pc_bind_if_possible(text, text[], jsonb) is
'pc_bind that never fails: the query as it is, and the reason. Example: select * from pc_bind_if_possible(''select 1 + $1'', array[''7''], pc_session(''public''))';

create function pc_placeholder_advice(query text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
    select case
        when query ~ '%s|%\(\w+\)s' then format('%s is a placeholder that a driver fills before it sends the text: let the driver put the values in, or write $1, $2, ... and pass params',
                                               substring(query from '%s|%\(\w+\)s'))
        when query ~ '\$[0-9]' then 'pass the values of $1, $2, ... with params => array[...]'
        when query ~ '[=(,]\s*[?:]' then 'for a placeholder of a driver (? or :name), write $1, $2, ... and pass params' end
$$;

comment on function pc_placeholder_advice(text) is
'What to do with a text that PostgreSQL does not accept and that seems to have placeholders of a driver; null if it does not. Example: select pc_placeholder_advice(''select * from poi where kind = %s'')';
