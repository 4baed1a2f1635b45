create function pc_template_text(query text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
begin
    if length(query) > 50000 then
        return null;
    end if;
    query := regexp_replace(query, '--[^\n'']*$|/\*(?:[^*'']|\*[^/''])*\*/', ' ', 'gn');
    query := regexp_replace(query, '[eE]?''(?:[^'']|'''')*''|\m[0-9]+(?:\.[0-9]+)?\M', '?', 'g');
    query := regexp_replace(query, '\?(?:\s*,\s*\?)+', '?, ...', 'g');
    return btrim(regexp_replace(query, '\s+', ' ', 'g'), ' ;');
end
$$;

comment on function pc_template_text(text) is
'A query without its constants, however long its lists, and without comments: what queries of one kind have in common. It is no SQL, and only told apart by. Null for a text of more than 50,000 characters. Example: select pc_template_text(''select * from poi where kind in (1, 2)'')';

create function pc_template(query text, session_path text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return pc_sha256(session_path || ' ' || pc_template_text(query));
end
$$;

comment on function pc_template(text, text) is
'Under what the times of queries are kept that differ in their constants alone; null for a very long text. Example: select pc_template(''select * from poi where kind = 1'', ''public'')';
