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
        select case when k.part[1] is not null then 'integer' when k.part[2] is not null then 'numeric' when k.part[3] is not null then 'date'
                    when k.part[4] is not null then 'timestamp without time zone' when k.part[5] is not null then 'uuid' when l.l ^@ '''' then 'text' end
        from unnest(literals) with ordinality l(l, n)
        cross join lateral (select regexp_match(l.l, '^(?:(0|[1-9][0-9]{0,8})|((?:0|[1-9][0-9]{0,8})[.][0-9]{1,15})|'
            '(''[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:[01][0-9]|2[0-8])'')|(''[12][0-9]{3}-(?:0[1-9]|1[0-2])-(?:[01][0-9]|2[0-8]) (?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}'')|'
            '(''[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}''))$') as part offset 0) k
        order by l.n);
end
$$;

comment on function pc_literal_kinds(text[]) is
'What kinds of plain constants these are: two of one kind have the same type wherever they stand, and mean what is written. Null for one that could be read in another way. Example: select pc_literal_kinds(array[''7''])';

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
        or masked ~* E'[\\\\$'']|--|/\\*|[^\n\r\t\x03 -~]|\\mby\\s*\x03|\\mby\\M.*,\\s*\x03|\\mdistinct\\s+on\\M|\\m(?:float|dec|decimal|numeric|n?char|character|varying|varchar|bpchar|bit|varbit|interval|timetz|timestamptz|time|timestamp)\\s*\\(\\s*\x03'
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

create function pc_places(written text, literals text[]) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    result text := '';
    between_ text[] := string_to_array(regexp_replace(written, pc_literal_pattern(), E'\\1\x03', 'g'), E'\x03');
    found record;
    at integer := 1;
    number integer;
    -- Of which types a string is that is written out as it is.
    typed constant text := '^::(text|character varying|bpchar|date|timestamp without time zone|uuid)\M';
    type text;
begin
    for found in
        select m.match[2] as literal from regexp_matches(written, pc_literal_pattern(), 'g') with ordinality m(match, n) order by m.n
    loop
        number := array_position(literals, found.literal);
        type := (regexp_match(between_[at + 1], typed))[1];
        result := result || replace(between_[at], '%', '%%')
            || case when found.literal is null then ''
                    when number is null then replace(found.literal, '%', '%%')
                    else format('%%%s$s', number) end;
        -- A string of another type may be written in more ways than one.
        if number is not null and found.literal ^@ '''' and not coalesce(type in ('text', 'character varying', 'bpchar') or type = (pc_literal_kinds(array[found.literal]))[1], false) then
            return null;
        end if;
        at := at + 1;
    end loop;
    return result || replace(between_[at], '%', '%%');
end
$$;

comment on function pc_places(text, text[]) is
'A canonical text as a pattern for format, with a place for each of these constants; null where one of them could be written in another way. Example: select format(pc_places(''(t1.kind = 7)'', array[''7'']), ''8'')';

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
'Whether a query can be taken apart for all that differ from it in their plain constants alone: each of its own stands in its canonical text as often as it was written, and as it was. Example: select pc_stands_for(''(t1.kind = 7)'', array[''7''])';
