create function pc_is_many(partitions bigint) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select partitions >= 200
$$;

comment on function pc_is_many(bigint) is
'Whether there are so many partitions that a key set which holds most of them is worth nothing, and its share can be told by a sample. Example: select pc_is_many(1000)';

create function pc_forced_among(registration partitioncache_registration, hashes text[]) returns text[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return array(select l.hash from pc_own_learning l
                 where l.mine and l.cache = (registration).cache and l.partition_key = (registration).partition_key and l.state = 'forced' and l.hash = any (hashes));
end
$$;

comment on function pc_forced_among(partitioncache_registration, text[]) is
'Which fragments of this role among these an administrator wants to be kept, whatever they are worth, by their hashes. Example: select pc_forced_among(pc_registration(''partitioncache'', ''city_id''), ''{pizza}'')';

create function pc_unselective_note(cache text, partition_key text, hash text) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('unselective: it leaves %s %% of the partitions; remembered without its keys', round(l.kept * 100))
    from pc_own_learning l
    where l.mine and l.cache = pc_unselective_note.cache and l.partition_key = pc_unselective_note.partition_key and l.hash = pc_unselective_note.hash and l.state = 'unselective'
$$;

comment on function pc_unselective_note(text, text, text) is
'What the log says of a fragment of this role that was found to be unselective; null if it was not. Example: select pc_unselective_note(''partitioncache'', ''city_id'', ''pizza'')';

create function pc_table_writes(relations oid[], out writes bigint, out rows double precision)
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with recursive family(member) as (
        select unnest(relations)
        union
        select i.inhrelid from family f join pg_inherits i on i.inhparent = f.member
    )
    select coalesce(sum(pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)), 0)::bigint,
           coalesce(sum(greatest(c.reltuples, 0)), 0)
    from family f join pg_class c on c.oid = f.member
$$;

comment on function pc_table_writes(oid[]) is
'How many rows of these relations, and of their partitions, were written so far by PostgreSQL''s own count, and how many there are by its estimate. Example: select * from pc_table_writes(array[''pg_class''::regclass])';

create function pc_writes_until_looked_at(relations oid[]) returns bigint
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- From so many on, much has changed.
    select (w.writes + 0.2 * w.rows + 1000)::bigint from pc_table_writes(relations) w
$$;

comment on function pc_writes_until_looked_at(oid[]) is
'How many rows of these relations will have been written when it is time to look anew whether a fragment leaves most partitions. Example: select pc_writes_until_looked_at(array[''pg_class''::regclass])';

create function pc_note_unselective(registration partitioncache_registration, hash text, fragment text, evaluation pc_evaluation, kept double precision) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_call('note_unselective', jsonb_build_object('cache', (registration).cache, 'partition_key', (registration).partition_key, 'notes', jsonb_build_array(
        jsonb_build_object('hash', hash, 'query', fragment, 'kept', least(kept, 1), 'keyed_tables', evaluation.keyed_tables, 'parts', evaluation.parts,
                           'writes', pc_writes_until_looked_at(evaluation.deps)))));
end
$$;

comment on function pc_note_unselective(partitioncache_registration, text, text, pc_evaluation, double precision) is
'Remembers that a fragment leaves this share of the partitions, and removes what was stored of it. Example: see pc_keep';

create function pc_do_note_unselective(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(argument ->> 'cache', argument ->> 'partition_key');
    notes partitioncache_learning[] := array(select jsonb_populate_record(null::partitioncache_learning, n) from jsonb_array_elements(argument -> 'notes') n order by n ->> 'hash');
begin
    perform pc_require(caller, registration.cache, 'push');
    insert into partitioncache_learning as l (cache, partition_key, hash, owner, owner_name, state, query, keyed_tables, parts, kept, writes)
    select registration.cache, registration.partition_key, n.hash, caller, pg_get_userbyid(caller), 'unselective', n.query, n.keyed_tables, n.parts, n.kept, n.writes
    from unnest(notes) n
    on conflict (hash, cache, partition_key, owner, cluster) do update
    set state = case when l.state in ('forced', 'forbidden') then l.state else 'unselective' end, kept = excluded.kept, writes = excluded.writes, credit = 0, changed_at = clock_timestamp();
    execute format('delete from %s e where e.hash = any ($1) and e.role = $2 and e.owner = $3 and e.evaluation is not null', pc_object_for('cache', registration.cache, registration.partition_key))
    using array(select n.hash from unnest(notes) n), case when pc_has_level(caller, registration.cache, 'fill') then 0::oid else caller end, caller;
    return null;
end
$$;

comment on function pc_do_note_unselective(oid, jsonb) is
'pc_note_unselective for a caller: {cache, partition_key, notes: [{hash, query, keyed_tables, parts, kept, writes}]}. Example: see pc_call';
