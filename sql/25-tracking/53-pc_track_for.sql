create function pc_try_to_track(registration partitioncache_registration, relation oid) returns text
language plpgsql volatile parallel unsafe
-- The triggers wait for writers, and new writers wait behind them: better to try again later.
set lock_timeout = '200ms'
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    refusal text := pc_tracking_refusal(relation, registration.partition_key, registration.cache);
    again text := format('partitioncache_track(%L, %L, %L)', relation::regclass, registration.partition_key, registration.cache);
begin
    if refusal is not null then
        return refusal;
    end if;
    perform pc_prepare_tracking(registration.cache, registration.partition_key);
    perform pc_install_triggers(registration, relation);
    return null;
exception
    when lock_not_available or deadlock_detected then
        return format('%s is being written to; the next push tries again, or you call %s', relation::regclass, again);
    when insufficient_privilege then
        return format('%s; its owner calls %s', sqlerrm, again);
    when read_only_sql_transaction then
        return format('this transaction is read-only; call %s in another', again);
    when others then
        return format('%s; %s tells more', sqlerrm, again);
end
$$;

comment on function pc_try_to_track(partitioncache_registration, oid) is
'Begins to track a table, or mends what is broken, without waiting for its writers; what is in the way, or null. Example: select pc_try_to_track(pc_registration(''partitioncache'', ''city_id''), ''poi''::regclass)';

create function pc_say_once(about text, message text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    said text := coalesce(current_setting('partitioncache.said', true), '');
begin
    if not starts_with(said || ';', about || ';') and strpos(said || ';', ';' || about || ';') = 0 then
        perform set_config('partitioncache.said', right(said || ';' || about, 4000), false);
        raise notice using message = message;
    end if;
end
$$;

comment on function pc_say_once(text, text) is
'Raises a notice, unless this session has already heard one about the same. Example: select pc_say_once(''partitioncache 16384'', ''poi is not tracked'')';

create function pc_track_for(relations oid[], cache text, partition_key text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    top regclass;
    problem text;
begin
    if (pc_settings(cache)).untracked <> 'track' then
        return;
    end if;
    for top in
        select distinct pc_top(u)
        from unnest(pc_untracked(cache, partition_key, array(select c.relation from pc_relation_closure(relations) c))) u
        where not pc_is_static(cache, u)
        order by 1
    loop
        if pc_tracking_refusal(top, partition_key, cache) is not null then
            perform pc_say_once(concat_ws(' ', cache, partition_key, top::oid),
                format('%s cannot be tracked: %s; entries on it are not used until partitioncache_assert_static(%L) says that it does not change',
                       top, pc_tracking_refusal(top, partition_key, cache), top));
        elsif pg_has_role((select c.relowner from pg_class c where c.oid = top), 'usage') then
            problem := pc_try_to_track(registration, top);
            if problem is null then
                raise notice 'writes to % are logged from now on for % (partitioncache_track); partitioncache_untrack(%, %) ends it',
                    top, partition_key, quote_literal(top), quote_literal(partition_key);
            else
                perform pc_say_once(concat_ws(' ', cache, partition_key, top::oid), format('writes to %s are not logged yet, and entries on it not used: %s', top, problem));
            end if;
        else
            perform pc_say_once(concat_ws(' ', cache, partition_key, top::oid),
                format('%s belongs to another role; entries on it are not used until its owner calls partitioncache_track(%L, %L) or partitioncache_assert_static(%L)',
                       top, top, partition_key, top));
        end if;
    end loop;
end
$$;

comment on function pc_track_for(oid[], text, text) is
'Tracks the tables of a query that are neither tracked nor asserted to be static and that the role owns, as the setting untracked of the cache says, and tells what became of it in a notice. Never waits long for writers. Example: select pc_track_for(array[''poi''::regclass], ''partitioncache'', ''city_id'')';
