create function pc_statements(most integer, out query text, out ms double precision, out problem text) returns setof record
language plpgsql volatile parallel unsafe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    statements text := (select format('%I.pg_stat_statements', n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements');
    others text;
    found_some boolean := false;
    mine constant text := $sql$s.dbid = (select d.oid from pg_database d where d.datname = current_database())
        and s.query ~* '^([\s(]|/\*([^*]|\*+[^*/])*\*+/|--[^\n]*\n)*(select|with)\M' and s.query !~* 'partitioncache|\mp[cg]_|information_schema'$sql$;
begin
    if statements is null then
        problem := 'The extension pg_stat_statements is not in this database: give queries, or create it.';
        return next;
        return;
    end if;
    -- What another role has asked is not run as this one: it may call what that role has made.
    for query, ms in
        execute format('select s.query, sum(s.total_exec_time) from %s s where %s and s.userid = $1 group by 1 order by 2 desc limit $2', statements, mine) using pc_me(), most
    loop
        found_some := true;
        return next;
    end loop;
    query := null;
    ms := null;
    execute format($sql$select string_agg(o.role, ', ' order by o.ms desc)
                        from (select s.userid::regrole::text as role, sum(s.total_exec_time) as ms from %s s
                              where s.userid <> $1 and s.dbid = (select d.oid from pg_database d where d.datname = current_database())
                              group by 1 order by 2 desc limit 5) o$sql$, statements)
    into others using pc_me();
    if others is not null or not found_some then
        problem := concat_ws(' ', case when not found_some then format('pg_stat_statements has no queries of role %s in this database.', pc_me()::regrole) end,
                             case when others is not null then format('Queries of other roles (%s) are not looked at: connect as these to have advice on them.', others) end);
        return next;
    end if;
exception when object_not_in_prerequisite_state or insufficient_privilege then
    query := null;
    ms := null;
    problem := format('pg_stat_statements cannot be read: %s.', sqlerrm);
    return next;
end
$$;

comment on function pc_statements(integer) is
'The queries of the role in force that have taken most time by pg_stat_statements, with $1, $2, ... for their constants; ms: milliseconds in all. problem: in a row of its own, what was not found or not looked at, as a sentence. Example: select * from pc_statements(20)';

create function pc_readable_statement(query text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
begin
    -- A field of a date is any of them: the year.
    return regexp_replace(
        regexp_replace(query, '\m(date|interval|timestamptz|timetz|(?:timestamp|time)(?:\s+with(?:out)?\s+time\s+zone)?)\s+(\$[0-9]+)', '\2::\1', 'gi'),
        '\mextract\s*\(\s*(\$[0-9]+)\s+from\M', 'date_part(left(''year'' || \1::text, 4), ', 'gi');
end
$$;

comment on function pc_readable_statement(text) is
'A query of pg_stat_statements as PostgreSQL can read it: where a constant stood that no parameter can stand for, as in date $1, interval $1 day and extract($1 from at), it is cast. Example: select pc_readable_statement(''select * from poi where opened > date $1'')';
