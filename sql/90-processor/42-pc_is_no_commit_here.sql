create function pc_is_no_commit_here(message text) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- A function may never do this, and is told so in the language of the session.
    commit;
exception when invalid_transaction_termination then
    return message = sqlerrm;
end
$$;

comment on function pc_is_no_commit_here(text) is
'Whether this is what PostgreSQL, in the language of this session, says to a COMMIT where no transaction may end: inside a transaction block. To a COMMIT inside BEGIN ... EXCEPTION it says something else, under the same SQLSTATE. Example: select pc_is_no_commit_here(''invalid transaction termination'')';
