create function pc_store() returns trigger
language plpgsql volatile parallel unsafe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(tg_argv[0], tg_argv[1]);
    evaluated boolean := (new.evaluation).snapshot is not null;
    asserted pc_evaluation;
begin
    perform pc_require(new.caller, registration.cache, 'push');
    perform pc_check_hash(new.hash);
    if evaluated then
        if new.query is null or new.hash <> pc_sha256(new.query) then
            perform pc_fail('PC001', 'the hash is not that of the fragment''s text', format('Hash: %s.', new.hash), 'Evaluate the text under its own hash; partitioncache_set stores under any name.');
        end if;
        -- Who clears the cache at this very moment need not wait: an entry of an older generation is not used.
        if registration.generation is distinct from new.generation then
            raise exception using errcode = 'PC000', message = 'the entry was discarded: the cache was cleared or changed while it was evaluated';
        end if;
        -- The entry opens the change log of its tables to the caller, whatever it is said to be.
        if not pc_may_read(new.caller, (new.evaluation).named)
            or exists (select r.root from unnest((new.evaluation).keyed_roots || (new.evaluation).whole_roots) r(root)
                       except
                       select t.root from pc_tracked_roots(registration.cache, registration.partition_key, array(
                           select c.relation from pc_relation_closure((new.evaluation).named) c)) t) then
            raise exception using errcode = 'PC000', message = 'the entry was discarded: what may be read of its tables, or which of them are tracked, was changed while it was evaluated';
        end if;
        new.evaluation.cluster := pc_cluster();
        new.evaluation := pc_file(registration, new.evaluation);
    elsif ((new.evaluation).form).relations is not null then
        asserted.form := (new.evaluation).form;
        new.evaluation := pc_file(registration, asserted);
    else
        new.evaluation := null;
    end if;
    perform pc_store_keys(registration, case when pc_has_level(new.caller, registration.cache, 'fill') then 0::oid else new.caller end, new.caller,
                          new.hash, new.keys, new.query, new.evaluation);
    return new;
end
$$;

comment on function pc_store() is
'Stores what was inserted into the view called store (see pc_object_for): for everybody if the caller may fill the cache, else for the caller alone. Raises PC007 below push, PC001 for a fragment under another hash than its own, PC000 for one whose evaluation began before the cache was cleared, its tables tracked or rights taken away.';
