-- The functions for people, in the schema of the extension: each leads to the one of the same name in partitioncache_internal.
-- plpgsql, because it keeps the plan of a call as long as the session lasts. An error of ours is raised again here, so that it comes without
-- the lines of where it came from; not in functions that may run in a parallel worker, where there are no subtransactions.
do $generate$
declare
    f record;
    target text;
    call text;
    body text;
    kind text;
    twice boolean;
    again constant text := E'exception when ' || (select string_agg(format('sqlstate %L', 'PC00' || n), ' or ') from generate_series(1, 9) n) || E' then
    get stacked diagnostics error_message = message_text, error_detail = pg_exception_detail, error_hint = pg_exception_hint;
    if length(error_detail) = 0 then
        raise exception using errcode = sqlstate, message = error_message, hint = error_hint;
    end if;
    raise exception using errcode = sqlstate, message = error_message, detail = error_detail, hint = error_hint;\n';
    path text := current_setting('search_path');
begin
    -- Everything is written qualified.
    perform set_config('search_path', '', true);
    for f in
        select p.*, pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result,
               pg_get_function_identity_arguments(p.oid) as identity, obj_description(p.oid, 'pg_proc') as meaning,
               (select string_agg('$' || n, ', ' order by n) from generate_series(1, p.pronargs) n) as passed,
               (select string_agg(quote_ident(a.name), ', ' order by a.n)
                from unnest(p.proargnames, p.proargmodes) with ordinality a(name, mode, n) where a.mode = 'o') as outs
        from pg_proc p
        where p.pronamespace = 'partitioncache_internal'::regnamespace
          -- and three that scripts have called since the first version; nobody but the installer may
          and (p.proname ^@ 'partitioncache_' or p.proname in ('pc_plan_cost', 'pc_upkeep', 'pc_evaluate_fragment')) and p.prorettype <> 'trigger'::regtype
        order by p.oid
    loop
        target := '@extschema@.' || quote_ident(f.proname);
        call := format('partitioncache_internal.%I(%s)', f.proname, f.passed);
        kind := case f.prokind when 'p' then 'procedure' else 'function' end;
        -- In SQL a column of the result may be called as a parameter is.
        twice := exists (select from unnest(f.proargnames) name group by name having count(*) > 1);
        body := case
            when twice then 'select * from ' || call
            when f.prokind = 'p' then 'call ' || call
            when f.proretset then 'return query select * from ' || call
            when f.outs is not null then format('select * into %s from %s', f.outs, call)
            when f.prorettype = 'void'::regtype then 'perform ' || call
            else 'return ' || call end;
        execute format(case when twice then E'create %s %s(%s) %s language sql %s as $wrapper$\n%s    %s;\n%s$wrapper$'
                            else E'create %s %s(%s) %s language plpgsql %s as $wrapper$\n#variable_conflict use_column\n%sbegin\n    %s;\n%send\n$wrapper$' end,
            kind, target, f.arguments,
            case when f.prokind = 'p' then '' else 'returns ' || f.result end,
            case when f.prokind = 'p' then '' else
                case f.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end
                || case f.proparallel when 's' then ' parallel safe' when 'r' then ' parallel restricted' else ' parallel unsafe' end
                || case when f.proretset then format(' rows %s', f.prorows) else '' end
                || ' set search_path = pg_catalog, pg_temp' end,
            case when f.prokind = 'f' and f.proparallel <> 's' and not twice then E'declare\n    error_message text;\n    error_detail text;\n    error_hint text;\n' else '' end,
            body,
            case when f.prokind = 'f' and f.proparallel <> 's' and not twice then again else '' end);
        execute format('comment on %s %s(%s) is %L', kind, target, f.identity, f.meaning);
        execute format('revoke all on %s %s(%s) from public', kind, target, f.identity);
    end loop;
    perform set_config('search_path', path, true);
end
$generate$;
