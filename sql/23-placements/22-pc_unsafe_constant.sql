create function pc_unsafe_constant(canonical text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    other constant text := E'[^\x01-\x7f]';
begin
    -- To parse 'x' as a value of a type calls the type's input function, and that of a domain in an array or a row its checks: with the rights of
    -- whoever parses. So each string says its type, one of PostgreSQL's own, and stands where it cannot belong to another type's name.
    return (
        select t.token
        from (select m.token, lag(upper(m.token), 3) over w as third, lag(upper(m.token), 2) over w as second, lag(m.token) over w as before,
                     lead(m.token) over w as sign, lead(m.token, 2) over w as type, lead(m.token, 3) over w as after
              from (select r.part[1] as token, r.n
                    from regexp_matches(canonical, format('''(?:[^'']|'''')*''|"(?:[^"]|"")*"|(?:[A-Za-z_]|%1$s)(?:[A-Za-z0-9_$]|%1$s)*|[0-9]+|::|\s+|.', other), 'g')
                         with ordinality r(part, n)) m
              where m.token !~ '^\s'
              window w as (order by m.n)) t
        where t.token ^@ ''''
          and (coalesce(t.before ~ '^[(,[<>=+*/%|-]$' or upper(t.before) in ('CASE', 'WHEN', 'THEN', 'ELSE', 'AND', 'OR', 'NOT', 'FROM', 'IN')
                            or upper(t.before) = 'ZONE' and t.second = 'TIME' and t.third = 'AT', true)
                   and t.sign = '::'
                   and t.type in ('text', 'integer', 'smallint', 'bigint', 'numeric', 'real', 'double', 'boolean', 'character', 'date', 'time', 'timestamp', 'interval', 'uuid')
                   and t.after is distinct from '.') is not true
        limit 1);
end
$$;

comment on function pc_unsafe_constant(text) is
'The first string in an expression, as PostgreSQL writes it, that is not surely a constant of one of PostgreSQL''s own plain types; null if there is none. Example: select pc_unsafe_constant(''lower(r.name) = ''''x''''::text'')';
