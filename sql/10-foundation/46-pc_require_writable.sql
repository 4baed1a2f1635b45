create function pc_require_writable(purpose text) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if pg_is_in_recovery() then
        perform pc_fail('PC009', format('a standby cannot %s', purpose), '', 'Do it on the primary server; what is evaluated there serves here as well.');
    elsif current_setting('transaction_read_only')::boolean then
        perform pc_fail('PC009', format('a read-only transaction cannot %s', purpose), '', 'Do it in a transaction of its own: begin read write.');
    end if;
end
$$;

comment on function pc_require_writable(text) is
'Raises PC009 on a standby and in a read-only transaction, which cannot do what purpose says. Example: select pc_require_writable(''push queries'')';
