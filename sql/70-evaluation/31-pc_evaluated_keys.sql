create function pc_null_possible(keyed oid[], partition_key text, cache text default null) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- Keyed tables are equal in their partition columns: one that cannot be null is enough.
        -- What children inherit they may lift, and what is said of a foreign table is not enforced.
        -- From PostgreSQL 18 on, a column may be marked although its constraint was never checked, here or in a partition.
        select not exists (
            select from unnest(keyed) k(relation)
            cross join lateral pc_placement_of(pc_null_possible.cache, pc_null_possible.partition_key, k.relation) p
            join pg_attribute a on a.attrelid = k.relation
                and case when p.template is null then a.attname = pc_null_possible.partition_key else p.plain and quote_ident(a.attname) = p.columns[1] end
            join pg_class c on c.oid = a.attrelid
            where a.attnotnull
              and (c.relkind = 'p' or c.relkind = 'r' and not c.relhassubclass)
              and not exists (
                  select from pg_constraint n
                  where n.contype = 'n' and not n.convalidated
                    and (n.conrelid = a.attrelid or n.conrelid in (select t.relid from pg_partition_tree(a.attrelid) t))))
    );
end
$$;

comment on function pc_null_possible(oid[], text, text) is
'Whether a fragment over these tables can match rows without a partition key. Example: select pc_null_possible(array[''pg_class''::regclass::oid], ''relname'')';

create function pc_evaluated_keys(
    registration partitioncache_registration, fragment text, parts text[], of_type anyelement, keyed oid[], whatever_it_keeps boolean default true, form pc_form default null,
    out keys anyarray, out with_null boolean, out kept double precision
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    null_possible boolean := pc_null_possible(keyed, (registration).partition_key, (registration).cache);
    source text := pc_key_source(fragment, (registration).partition_key);
    partitions bigint := pc_partition_estimate(source, (registration).partition_key);
    known record;
    statement text;
    full_cost double precision;
    may_keep_most boolean;
begin
    select * into known from pc_lookup(registration, parts || pc_implied_entries(registration, fragment, form), of_type);
    if cardinality(known.keys) = 0 and not (known.matches_null and null_possible) then
        keys := known.keys;
        with_null := false;
        return;
    end if;
    may_keep_most := known.keys is null or cardinality(known.keys) >= 0.75 * partitions;
    -- The fragment says itself what these say. Of many, to compare with each takes longer than they save, and so does planning with them.
    if cardinality(known.keys) > 0.25 * partitions and pc_is_many(partitions) then
        known.keys := null;
    end if;
    statement := pc_evaluation_statement(fragment, (registration).partition_key, known.keys, source, null_possible and coalesce(known.matches_null, true));
    -- What takes long, and may leave most partitions, is tried on some first.
    if not whatever_it_keeps and pc_is_many(partitions) and may_keep_most
        and pc_can_be_probed(fragment, (registration).partition_key, source) then
        full_cost := pc_statement_cost(statement, known.keys);
        if full_cost > 5000 then
            kept := pc_sampled_share(fragment, pc_sample_of_keys(source, (registration).partition_key, of_type, partitions), full_cost);
        end if;
        if kept is not null then
            return;
        end if;
    end if;
    select r.keys, r.with_null into keys, with_null from pc_run_read_only(statement, known.keys) r;
end
$$;

comment on function pc_evaluated_keys(partitioncache_registration, text, text[], anyelement, oid[], boolean, pc_form) is
'The keys of a fragment, evaluated in full, though only among those that its parts leave, and what else is known that it (form) implies; or, unless whatever_it_keeps, the share of the partitions that it keeps, if a sample shows that it keeps most. Example: see pc_evaluate_fragment';

create function pc_implied_entries(registration partitioncache_registration, fragment text, form pc_form) returns text[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    hashes text[];
begin
    -- To look for them takes some milliseconds.
    if form is null or pc_statement_cost(fragment, null::integer[]) < 5000 then
        return '{}'::text[];
    end if;
    hashes := pc_contained_entries(registration, row(form, pc_sought(form))::pc_asked);
    if hashes <> '{}' then
        -- What somebody asserted may be taken back: nothing is derived from it, nor from what is taken for static.
        execute format('select coalesce(array_agg(h.hash), ''{}'')
                        from (select e.hash from %s e where e.hash = any ($1) group by e.hash having bool_and(not e.asserted and e.untracked = ''{}'')) h',
                       pc_object_for('entries', (registration).cache, (registration).partition_key))
        into hashes using hashes;
    end if;
    return hashes;
end
$$;

comment on function pc_implied_entries(partitioncache_registration, text, pc_form) is
'Which entries, by their hashes, have all keys of a fragment of this form, as they were evaluated and are kept up to date; none for a fragment of little cost. Example: see pc_evaluated_keys';

create function pc_key_source(fragment text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    tokens text[];
    spaced boolean[];
    closes integer[];
    block pc_block;
    alias text;
    at integer;
begin
    -- "SELECT DISTINCT tN.key FROM a t1, b t2 ...": the relation of the table whose key is selected
    select array_agg(t.token order by t.n), array_agg(t.spaced order by t.n), array_agg(t.closes order by t.n) into tokens, spaced, closes from pc_tokens(fragment) t;
    block := pc_select_parts(tokens, closes, 1, cardinality(tokens));
    alias := (select t.token from unnest(tokens) with ordinality t(token, n)
              where t.n < block.from_starts and t.token ~ '^t_*\d+$' and tokens[t.n + 1] = '.' order by t.n limit 1);
    at := (select min(t.n) from unnest(tokens) with ordinality t(token, n) where t.n > block.from_starts and t.token = alias);
    return pc_keys_of(case when tokens[at - 4] = 'ONLY' then 'ONLY ' else '' end || tokens[at - 3] || '.' || tokens[at - 1],
                      (select string_agg(case when spaced[t.n] and t.n > 3 then ' ' else '' end
                                         || case when t.token = alias and tokens[t.n + 1] = '.' then E'\x01\x02' else t.token end, '' order by t.n)
                       from unnest(tokens) with ordinality t(token, n) where t.n between 3 and block.from_starts - 2), partition_key);
end
$$;

comment on function pc_key_source(text, text) is
'What all keys of the table whose key a fragment selects are read from: see pc_keys_of. Example: select pc_key_source(''SELECT DISTINCT t1.o_custkey FROM public.orders t1'', ''customer'')';

create function pc_mostly_changed(registration partitioncache_registration, hash text) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    mostly boolean;
begin
    if to_regclass(pc_object_for('changes', (registration).cache, (registration).partition_key)) is null then
        return false;
    end if;
    -- Only so much of the log is read as must hold too many partitions, if no partition occurs more than twice in it.
    execute format('select count(distinct w.key) > e.enough
                    from (select e.hash, e.role, greatest(1000, e.key_count / 4) as enough from %s e where e.hash = $1 and e.role = $2) e
                    cross join lateral (
                        select k.key
                        from %s c, unnest(c.keys) k(key)
                        where c.hash = e.hash and c.role = e.role and c.keyed and not c.whole
                        limit 2 * e.enough + 2) w
                    group by e.enough',
                   pc_object_for('entries', (registration).cache, (registration).partition_key), pc_object_for('written', (registration).cache, (registration).partition_key))
    into mostly using hash, pc_stored_as((registration).cache);
    return coalesce(mostly, false);
end
$$;

comment on function pc_mostly_changed(partitioncache_registration, text) is
'Whether the log, as far as a bounded look into it tells, holds so many partitions that to evaluate an entry anew costs less than to evaluate those. Example: select pc_mostly_changed(pc_registration(''partitioncache'', ''city_id''), ''pizza'')';

create function pc_refreshed_keys(
    registration partitioncache_registration, hash text, fragment text, of_type anyelement, keyed oid[],
    out keys anyarray, out with_null boolean
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    entry pc_usable_entry;
    known boolean;
    held keys%type;
    held_null boolean;
    written keys%type;
    written_null boolean;
begin
    -- Nearly always, it is new.
    execute format('select exists (select from %s e where e.hash = $1 and e.role = $2)', pc_object_for('entries', (registration).cache, (registration).partition_key))
    into known using hash, pc_stored_as((registration).cache);
    -- Where a large part has changed, evaluating everything anew costs less, and forgets what deletes have emptied.
    if not known or pc_mostly_changed(registration, hash) then
        return;
    end if;
    select u.* into entry from pc_usable_entries(registration, array[hash]) u where u.role = pc_stored_as((registration).cache) and u.problem is null and u.changed > 0;
    if not found or entry.changed > greatest(1000, entry.key_count / 4) then
        return;
    end if;
    -- One statement, so that the keys and the writes since belong to the same evaluation, whoever else stores or trims meanwhile.
    execute format('select pc_entry_keys($1, e.hash, e.role, false, $2), e.matches_null, w.keys, w.with_null
                    from %s e
                    cross join lateral (
                        select coalesce(array_agg(distinct k.key) filter (where k.key is not null), ''{}'') as keys,
                               coalesce(bool_or(k.key is null), false) as with_null
                        from %s c, unnest(c.keys) k(key)
                        where c.hash = e.hash and c.role = e.role and c.keyed and not c.whole) w
                    where e.hash = $3 and e.role = $4 and e.snapshot is not null',
                   pc_object_for('entries', (registration).cache, (registration).partition_key), pc_object_for('written', (registration).cache, (registration).partition_key))
    into held, held_null, written, written_null using registration, of_type, hash, pc_stored_as((registration).cache);
    if held is null then
        return;
    end if;
    select r.keys, r.with_null into keys, with_null
    from pc_run_read_only(
        pc_evaluation_statement(fragment, (registration).partition_key, written, pc_key_source(fragment, (registration).partition_key),
                                written_null and pc_null_possible(keyed, (registration).partition_key, (registration).cache)), written) r;
    keys := array(select k from unnest(held) k
                  except select k from unnest(written) k
                  union all select k from unnest(keys) k);
    with_null := case when written_null then with_null else held_null end;
end
$$;

comment on function pc_refreshed_keys(partitioncache_registration, text, text, anyelement, oid[]) is
'The keys of an entry after only those partitions were evaluated again that tracked tables were written to since; null if that is not possible or would not pay. Example: see pc_evaluate_fragment';
