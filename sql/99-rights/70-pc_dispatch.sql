-- Static calls, each of which is planned once a session.
do $generate$
begin
    execute format($create$
        create function pc_dispatch() returns trigger
        language plpgsql volatile parallel unsafe security definer
        set search_path = pg_catalog, partitioncache_internal, pg_temp
        as $dispatch$
        begin
            case new.operation
%s
            else
                perform pc_fail('PC001', format('there is no operation "%%s"', new.operation), '', 'Call the functions whose names begin with partitioncache_.');
            end case;
            return new;
        end
        $dispatch$
        $create$,
        (select string_agg(format('            when %L then new.result := %s(new.caller, new.argument);', substr(p.proname, 7), p.oid::regproc), E'\n' order by p.proname)
         from pg_proc p
         where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ^@ 'pc_do_' and p.proargtypes = '26 3802'::oidvector));
end
$generate$;

comment on function pc_dispatch() is
'Does what was inserted into pc_call_channel: calls pc_do_<operation>(caller, argument), which may believe that the caller is who it says and judges what it may do.';

create trigger dispatch instead of insert on pc_call_channel for each row execute function pc_dispatch();
