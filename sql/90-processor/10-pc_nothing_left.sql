create function pc_held(cache text, partition_key text, fragments jsonb) returns text[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    hashes constant text[] := array(select jsonb_object_keys(fragments));
begin
    return array(
        select e.hash from pc_entry_state(pc_held.cache, pc_held.partition_key, hashes) e where e.state in ('fresh', 'static', 'asserted')
        union
        select l.hash from pc_own_learning l
        where l.mine and l.cache = pc_held.cache and l.partition_key = pc_held.partition_key and l.hash = any (hashes)
          and case l.state when 'forbidden' then true
                  when 'unselective' then l.writes > (pc_table_writes(array(select r::oid from jsonb_array_elements_text(fragments -> l.hash) r))).writes end);
end
$$;

comment on function pc_held(text, text, jsonb) is
'Which of these fragments, {hash: [the relations it names]}, this role need not learn: their entries hold, or they are known to leave most partitions, or forbidden. Example: select pc_held(''partitioncache'', ''city_id'', ''{"pizza": []}'')';

create function pc_learned_digest(item partitioncache_queue) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- No query begins so.
    return pc_analysis_digest(format(E'\x1e%s %s', (pc_settings(item.cache)).max_fragments, item.query), pc_registration(item.cache, item.partition_key), item.session);
end
$$;

comment on function pc_learned_digest(partitioncache_queue) is
'Under what it is remembered which fragments of a pushed query are learned at once. Example: see pc_nothing_left';

create function pc_nothing_left(item partitioncache_queue) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- Under an old snapshot the catalog does not show whether names still mean what they did.
    learned jsonb := case when not pc_old_snapshot() then (pc_known_analysis(pc_learned_digest(item))).learned end;
begin
    return learned is not null and array(select jsonb_object_keys(learned)) <@ pc_held(item.cache, item.partition_key, learned);
end
$$;

comment on function pc_nothing_left(partitioncache_queue) is
'Whether a query that was pushed before, and had nothing left to learn then, still has not: without taking it apart. Example: select pc_nothing_left(q) from partitioncache_queue q where q.id = 7';

create function pc_remember_learned(item partitioncache_queue, apart pc_taken_apart, fragments jsonb) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    made partitioncache_analysis;
begin
    -- What is true at this moment only is found out each time.
    if apart.passing or apart.state is null then
        return;
    end if;
    made := pc_resting_on(apart);
    made.digest := pc_learned_digest(item);
    made.learned := fragments;
    perform pc_call('remember', to_jsonb(made));
end
$$;

comment on function pc_remember_learned(partitioncache_queue, pc_taken_apart, jsonb) is
'Remembers of a pushed query that has nothing left to learn which fragments these are (see pc_held). Example: see pc_work_queries';
