create function pc_inner_query(written text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    -- The whole is "BEGIN ATOMIC SELECT 1 FROM ( <query>) partitioncache_query; END", with names of columns after the alias where two are called alike.
    opening integer := position('(' in written);
    closing integer := length(written) - position(reverse(') partitioncache_query') in reverse(written)) - length(' partitioncache_query') + 1;
    body text := ltrim(substr(written, opening + 1, closing - opening - 1));
begin
    -- Its indentation may go where no literal and no name spans lines.
    return case
        when position('''' in body) + position('"' in body) > 0
             and regexp_count(regexp_replace(body, $re$'(?:[^']|'')*'|"(?:[^"]|"")*"$re$, '', 'g'), E'\n') <> regexp_count(body, E'\n') then body
        else replace(body, E'\n' || repeat(' ', 11), E'\n') end;
end
$$;

comment on function pc_inner_query(text) is
'The query inside of what pc_stored_text wrote. Example: select pc_inner_query(E''BEGIN ATOMIC\n SELECT 1\n    FROM ( SELECT 2) partitioncache_query;\nEND'')';
