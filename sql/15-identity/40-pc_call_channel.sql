-- A function that runs with its owner's rights cannot tell who called it. An insert can: the default of "caller" is evaluated as the role that
-- inserts, and nobody has the right to name another one. What is inserted here is a call, and nothing is kept.
create view pc_call_channel with (security_barrier) as
select null::oid as caller, null::text as operation, null::jsonb as argument, null::jsonb as result
where false;

comment on view pc_call_channel is
'Where pc_call hands a call over to the installer''s rights, with the caller on it, by its OID.';

alter view pc_call_channel alter column caller set default quote_ident(current_user)::regrole::oid;
