create function pc_store() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(tg_argv[0], tg_argv[1]);
    caller oid := (select r.oid from pg_roles r where r.rolname = new.caller);
    evaluated boolean := (new.evaluation).snapshot is not null;
    current_generation bigint;
begin
    perform pc_require(caller, registration.cache, 'push');
    perform pc_check_hash(new.hash);
    if evaluated then
        if new.query is null or new.hash <> pc_sha256(new.query) then
            perform pc_fail('PC001', 'the hash is not that of the fragment''s text', format('Hash: %s.', new.hash), 'Evaluate the text under its own hash; partitioncache_set stores under any name.');
        end if;
        -- Whoever clears the cache locks this row before: it waits for this transaction, or this one for it.
        select r.generation into current_generation from partitioncache_registration r
        where r.cache = registration.cache and r.partition_key = registration.partition_key
        for key share;
        if current_generation is distinct from new.generation then
            raise exception using errcode = 'PC000', message = 'the entry was discarded: the cache was cleared or changed while it was evaluated';
        end if;
        new.evaluation.cluster := pc_cluster();
    else
        new.evaluation := null;
    end if;
    perform pc_store_keys(registration, case when pc_has_level(caller, registration.cache, 'fill') then 0::oid else caller end, caller,
                          new.hash, new.keys, new.query, new.evaluation);
    return new;
end
$$;

comment on function pc_store() is
'Stores what was inserted into the view of pc_store_view: for everybody if the caller may fill the cache, else for the caller alone. Raises PC007 below push, PC001 for a fragment under another hash than its own, PC000 for one whose evaluation began before the cache was cleared.';
