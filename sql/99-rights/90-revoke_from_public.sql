do $$
declare
    routine regprocedure;
begin
    for routine in
        select p.oid from pg_proc p
        where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ~ '^(partitioncache|pc)_'
    loop
        execute format('revoke all on routine %s from public', routine);
    end loop;
end
$$;
