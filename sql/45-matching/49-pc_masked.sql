create function pc_literal_pattern() returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
    -- A quoted name is passed over; a number behind chr(1) is that of a table.
    select E'("[^"]*")|(''[^''\\\\]*''|(?<!\x01)\\m[0-9]+(?:\\.[0-9]+)?\\M)'
$$;

comment on function pc_literal_pattern() is
'Where plain constants stand in a query''s text: its second group; its first is a quoted name. Example: select pc_literal_pattern()';

create function pc_literals(query text) returns text[]
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return array(select m.found[2] from regexp_matches(query, pc_literal_pattern(), 'g') with ordinality m(found, n) where m.found[2] is not null order by m.n);
end
$$;

comment on function pc_literals(text) is
'The plain constants in a query''s text, in their order, as they are written. Example: select pc_literals(''select * from poi where kind = 7'')';

create function pc_literal_kinds(literals text[]) returns text[]
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    -- Those that PostgreSQL writes out as they are.
    return array(
        select case when l.l = '0' then 'zero' when k.part[1] is not null then 'integer' when k.part[2] is not null then 'numeric' when k.part[3] is not null then 'date'
                    when k.part[4] is not null then 'timestamp without time zone' when k.part[5] is not null then 'uuid' when l.l ^@ '''' then 'text' end
        from unnest(literals) with ordinality l(l, n)
        cross join lateral (select regexp_match(l.l, '^(?:(0|[1-9][0-9]{0,8})|((?:0|[1-9][0-9]{0,8})[.][0-9]{1,15})|'
            '(''[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:[01][0-9]|2[0-8])'')|(''[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:[01][0-9]|2[0-8]) (?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}'')|'
            '(''[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}''))$') as part offset 0) k
        order by l.n);
end
$$;

comment on function pc_literal_kinds(text[]) is
'What kinds of plain constants these are: two of one kind have the same type wherever they stand, and mean what is written. 0 is alone of its kind: LIMIT 0 asks for something else than LIMIT 1. Null for one that could be read in another way. Example: select pc_literal_kinds(array[''7''])';

create function pc_masked(query text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    masked text := regexp_replace(query, pc_literal_pattern(), E'\\1\x03', 'g');
    literals text[];
    kinds text;
    odd boolean;
begin
    -- Where quotes could mean something else, or a word could be no word, nothing is told apart. Nor where a number need not stand in the canonical text:
    -- one that names a column of the result, or the length of a type.
    if position(E'\x03' in query) > 0
        or masked ~* E'[\\\\$'']|--|/\\*|[^\n\r\t\x03 -~]|\\mby\\M(?:.*[,(])?\\s*(?:(?:all|distinct)\\M\\s*)?\x03|\\mdistinct\\s+on\\M|\\m(?:float|dec|decimal|numeric|n?char|character|varying|varchar|bpchar|bit|varbit|interval|timetz|timestamptz|time|timestamp)\\s*\\(\\s*\x03'
    then
        return null;
    end if;
    literals := pc_literals(query);
    select string_agg(k.kind || array_position(literals, k.l), ',' order by k.n), bool_or(k.kind is null) into kinds, odd
    from unnest(literals, pc_literal_kinds(literals)) with ordinality k(l, kind, n);
    return case when odd is not true then concat_ws(E'\x03', masked, kinds) end;
end
$$;

comment on function pc_masked(text) is
'A query''s text without its plain constants, and of which kinds these are and which of them are the same: of queries that have all that in common, one may be taken apart for all (see pc_stands_for). Null for a text in which they cannot surely be told. Example: select pc_masked(''select * from poi where kind = 7'')';

create function pc_pattern(written text, literals text[], out pattern text, out sure boolean)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    -- What stands between constants and the constants, in turns. Behind a quoted name stands an empty one.
    select string_agg(case when l.number is null then replace(p.p, '%', '%%') else format('%%%s$s', l.number) end, '' order by p.n),
           -- A string of another type than these, which are written out as they are, may be written in more ways than one.
           coalesce(bool_and(coalesce(t.type in ('text', 'character varying', 'bpchar') or t.type = (pc_literal_kinds(array[p.p]))[1], false))
                    filter (where l.number is not null and p.p ^@ ''''), true)
    into pattern, sure
    from (select x.p, x.n, lead(x.p) over (order by x.n) as behind
          from string_to_table(regexp_replace(written, pc_literal_pattern(), E'\\1\x03\\2\x03', 'g'), E'\x03') with ordinality x(p, n)) p
    cross join lateral (select case when p.n % 2 = 0 and p.p <> '' then array_position(literals, p.p) end as number offset 0) l
    cross join lateral (select case when l.number is not null and p.p ^@ '''' then
        (regexp_match(p.behind, '^::(text|character varying|bpchar|date|timestamp without time zone|uuid)\M'))[1] end as type offset 0) t;
end
$$;

comment on function pc_pattern(text, text[]) is
'A text as a pattern for format, with a place for each of these constants; sure: each string among them has behind it a type of which it is written out as it is. Example: select (pc_pattern(''(t1.kind = 7)'', array[''7''])).pattern';

create function pc_places(canonical text, literals text[]) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    made record;
begin
    select p.pattern, p.sure into made from pc_pattern(canonical, literals) p;
    return case when made.sure then made.pattern end;
end
$$;

comment on function pc_places(text, text[]) is
'A canonical text as a pattern for format, with a place for each of these constants; null where one of them could be written in another way. Example: select format(pc_places(''(t1.kind = 7)'', array[''7'']), ''8'')';

create function pc_changed_literals(literals text[]) returns text[]
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    kinds constant text[] := pc_literal_kinds(literals);
begin
    return array(
        select case kinds[l.n]
                   when 'integer' then (900000000 + o.first)::text
                   when 'numeric' then format('%s.5', 900000000 + o.first)
                   when 'text' then quote_literal(format('another constant %s', o.first))
                   when 'date' then quote_literal(format('%s-01-01', 1000 + o.first))
                   when 'timestamp without time zone' then quote_literal(format('%s-01-01 01:01:01', 1000 + o.first))
                   when 'uuid' then quote_literal(format('00000000-0000-4000-8000-%s', lpad(o.first::text, 12, '0')))
                   else l.l end
        from unnest(literals) with ordinality l(l, n)
        cross join lateral (select array_position(literals, l.l) as first) o
        order by l.n);
end
$$;

comment on function pc_changed_literals(text[]) is
'Other plain constants in the place of these: of the same kinds, and equal where they are. Example: select pc_changed_literals(array[''7''])';

create function pc_stands_for(canonical text, literals text[]) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return pc_places(canonical, literals) is not null
       and array(select l from unnest(literals) l order by l collate "C") = array(select l from unnest(pc_literals(canonical)) l where l = any (literals) order by l collate "C")
       and array_position(pc_literal_kinds(literals), null) is null;
end
$$;

comment on function pc_stands_for(text, text[]) is
'Whether a canonical text can stand for all that differ from it in their plain constants alone: each of these stands in it as often as it was written, and as it was. Example: select pc_stands_for(''(t1.kind = 7)'', array[''7''])';

create function pc_speaks_for(query text, session jsonb, canonical text) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
as $$
declare
    literals constant text[] := pc_literals(query);
    others text[];
    expected text;
    statement text;
    written text;
begin
    if not pc_stands_for(canonical, literals) then
        return false;
    end if;
    perform pc_begin_temporary();
    begin
        others := pc_changed_literals(literals);
        expected := format(pc_places(canonical, literals), variadic others);
        statement := pc_storing_statement(rtrim(format((pc_pattern(query, literals)).pattern, variadic others), E' \t\r\n;'));
        -- PostgreSQL itself is asked, with other constants: a number may be that of a column, and a text may be a word of the language. That what it
        -- writes out is read as it was meant, the query itself has shown: it has the same names and types, and constants that are written as they are.
        perform pc_enter_session(session);
        perform pg_catalog.set_config('search_path', session ->> 'search_path', true);
        execute statement;
        perform pg_catalog.set_config('search_path', '', true);
        perform partitioncache_internal.pc_enter_canonical();
        written := partitioncache_internal.pc_stored_text();
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when others then
            return false;
    end;
    return pc_inner_query(written) = expected;
end
$$;

comment on function pc_speaks_for(text, jsonb, text) is
'Whether what a query is found to consist of holds for all that differ from it in their plain constants alone (see pc_masked): PostgreSQL writes another of them out just like this one, with its own constants in their places. Example: select pc_speaks_for(''select * from poi where kind = 7'', pc_session(''public''), ''SELECT ...'')';
