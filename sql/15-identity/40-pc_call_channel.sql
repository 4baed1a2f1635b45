-- A function that runs with its owner's rights cannot tell who called it. An insert can: the default of "caller" is evaluated as the role that
-- inserts, and nobody has the right to name another one. What is inserted here is a call, and nothing is kept.
create view pc_call_channel with (security_barrier) as
select null::oid as caller, null::text as operation, null::jsonb as argument, null::jsonb as result
where false;

comment on view pc_call_channel is
'Where pc_call hands a call over to the installer''s rights, with the caller on it, by its OID.';

alter view pc_call_channel alter column caller set default quote_ident(current_user)::regrole::oid;

create function pc_dispatch() returns trigger
language plpgsql volatile parallel unsafe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    operation regprocedure := to_regprocedure(format('partitioncache_internal.%I(oid, jsonb)', 'pc_do_' || new.operation));
begin
    if operation is null or new.caller is null then
        perform pc_fail('PC001', format('there is no operation "%s"', new.operation), '', 'Call the functions whose names begin with partitioncache_.');
    end if;
    execute format('select %s($1, $2)', operation::regproc)
    into new.result using new.caller, new.argument;
    return new;
end
$$;

comment on function pc_dispatch() is
'Does what was inserted into pc_call_channel: calls pc_do_<operation>(caller, argument), which may believe that the caller is who it says and judges what it may do.';

create trigger dispatch instead of insert on pc_call_channel for each row execute function pc_dispatch();
