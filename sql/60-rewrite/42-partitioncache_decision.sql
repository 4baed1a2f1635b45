create table partitioncache_decision (
    owner oid not null,
    digest text not null,
    made_at timestamptz not null default clock_timestamp(),
    counted_at timestamptz not null default clock_timestamp(),
    cache text not null,
    partition_key text not null,
    outcome pc_rewritten not null,
    canonical text,
    cluster bigint not null,
    generation bigint not null,
    revision bigint not null,
    looked_up boolean not null,
    hashes text[],
    roles oid[],
    changed bigint,
    logged xid8,
    watched oid[] not null,
    bytes double precision,
    rows double precision,
    definitions bigint,
    named oid[],
    entry_named oid[],
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    closure pc_object[],
    state bigint,
    deferred text,
    saved double precision,
    template text
);

create index on partitioncache_decision (digest);
create index on partitioncache_decision (template, owner);

comment on table partitioncache_decision is
'What became of queries that were asked, by a digest of the text and of all that gives it its meaning: outcome, whose rewritten is null for the query itself; canonical: a digest of its canonical text. Used only by the role that asked, while the entries are as they were (generation, revision: see pc_revision; looked_up: whether they mattered), no more was written to the tables of the tracked ones (hashes, roles) than to some more partitions than then (changed) and the log reaches back far enough (logged), and the tables about as large (watched, with their bytes, rows and definitions: see pc_sizes); a rewritten text only while all it means is as it was (state, see pc_analysis_state), and the role may read what it names (named) and what its entries name (entry_named). template: of the text, see pc_template. Several rows of one digest do no harm.';

create view pc_own_decision with (security_barrier) as
select * from partitioncache_decision d where d.owner = (select pc_me());

comment on view pc_own_decision is
'The remembered decisions of the role in force. Whoever could write here for another role would write the text that the other one runs.';

create function pc_decision_digest(query text, cache text, partition_key text, method text, session jsonb) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return encode(sha256(convert_to(format('%L %L %L %s ', cache, partition_key, method, session) || query, 'UTF8')), 'hex');
end
$$;

comment on function pc_decision_digest(text, text, text, text, jsonb) is
'Under what a decision is remembered. Example: select pc_decision_digest(''select 1'', ''partitioncache'', ''city_id'', ''auto'', pc_session(''public''))';

create function pc_known_decision(digest text, registration partitioncache_registration, query text, session jsonb) returns partitioncache_decision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    known partitioncache_decision;
    aside boolean;
    changed bigint;
    relation oid;
    by_column boolean := false;
begin
    select d.* into known from pc_own_decision d where d.digest = pc_known_decision.digest order by d.made_at desc limit 1;
    -- Few calls of other functions, here and below: each costs as much as an index look-up.
    if not found or known.generation is distinct from registration.generation
        or known.cluster <> (select s.system_identifier from pg_control_system() s)
        or known.revision <> (select coalesce(sum(r.changes), 0) from partitioncache_revision r
                              where r.cache = registration.cache and (r.partition_key = '' or known.looked_up and r.partition_key = registration.partition_key)) then
        return null;
    end if;
    if not pc_about_as_large(pc_sizes(known.watched), row(known.bytes, known.rows, known.definitions)::pc_size)
        or known.state <> pc_analysis_state(known.named, known.relations, known.functions, known.operators, known.types, known.closure,
                                                 -- What of the change log and the entries a text asks itself, it asks of all partitions.
                                                 (known.outcome).applied and ((known.outcome).hashes <@ known.hashes) is not true) then
        return null;
    end if;
    -- To leave a query as it is is right at any time.
    if (known.outcome).rewritten is null then
        return known;
    end if;

    foreach relation in array known.named loop
        if has_any_column_privilege(relation, 'select') is not true then
            return null;
        end if;
        by_column := by_column or not has_table_privilege(relation, 'select');
    end loop;
    foreach relation in array known.entry_named loop
        if has_table_privilege(relation, 'select') is not true
            or not (select has_schema_privilege(c.relnamespace, 'usage') and (c.relkind <> 'v' or pc_may_read(pc_me(), array[c.oid])) from pg_class c where c.oid = relation) then
            return null;
        end if;
    end loop;
    if not has_table_privilege(pc_object_for('entries', registration.cache, registration.partition_key), 'select') then
        return null;
    end if;
    if known.hashes <> '{}' then
        execute format('select * from %s($1, $2)', pc_object_for('since', registration.cache, registration.partition_key))
        into aside, changed using known.hashes, known.roles;
        if exists (select from partitioncache_log_trimmed t
                   where t.cache = registration.cache and t.partition_key = registration.partition_key and t.cluster = known.cluster and t.below > known.logged)
            or aside or changed > known.changed + greatest(10, 0.1 * (known.outcome).partitions) then
            return null;
        end if;
    end if;
    -- Under an old snapshot the catalog does not show whether names still mean what they did; PostgreSQL's parser does. What the entries say is
    -- judged by the query itself, while it runs.
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') and (current_setting('transaction_read_only')::boolean or (known.outcome).method not in ('current', 'subquery')
                              or pc_sha256((pc_parse(query, session)).canonical) <> known.canonical) then
        return null;
    end if;
    if by_column then
        perform pc_plan((known.outcome).rewritten, session ->> 'search_path');
    end if;
    return known;
end
$$;

comment on function pc_known_decision(text, partitioncache_registration, text, jsonb) is
'The remembered decision under a digest; null if there is none or it no longer holds. Raises PostgreSQL''s own error where the role may no longer run the rewritten text. Example: see pc_rewrite';

create function pc_remember_decision(
    digest text, registration partitioncache_registration, outcome pc_rewritten, revision bigint, analysis partitioncache_analysis, watched oid[], stamps text[],
    deferred text default null, saved double precision default null, template text default null
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    made partitioncache_decision;
    deps oid[];
    entry_closure pc_object[];
    entry_named oid[];
    mine boolean;
    snapshot pg_snapshot;
    usable text[];
    follows boolean;
    tracked boolean := true;
    aside boolean;
begin
    if current_setting('transaction_read_only')::boolean then
        return;
    end if;
    made.digest := digest;
    made.deferred := deferred;
    made.saved := saved;
    made.template := template;
    made.cache := registration.cache;
    made.partition_key := registration.partition_key;
    made.outcome := outcome;
    made.cluster := pc_cluster();
    made.generation := registration.generation;
    made.revision := revision;
    made.looked_up := analysis.state is not null;
    made.watched := watched;
    if not outcome.applied then
        made.outcome.rewritten := null;
        -- What is refused for what it means is looked at again when that is something else.
        if analysis.reason is null then
            analysis.state := null;
        end if;
    end if;
    if analysis.state is not null then
        made.canonical := pc_sha256(analysis.canonical);
        made.named := analysis.named;
        made.entry_named := '{}';
        made.relations := analysis.relations;
        made.functions := analysis.functions;
        made.operators := analysis.operators;
        made.types := analysis.types;
        made.closure := analysis.closure;
        made.state := analysis.state;
    end if;
    if outcome.applied then
        -- All that its entries hang on, too. Read first, judged afterwards: if anything has changed in between, it shows here or in the fingerprint.
        for deps, entry_closure, entry_named, mine, snapshot, follows in
            execute format('select e.deps, e.closure, e.named, e.mine, e.snapshot, coalesce(e.keyed_roots || e.whole_roots, ''{}'') <> ''{}'' from %s e where e.hash = any ($1) and e.serves', pc_object_for('entries', registration.cache, registration.partition_key))
            using outcome.hashes
        loop
            made.relations := array(select unnest(made.relations) union select unnest(deps));
            made.closure := array(select unnest(made.closure) union select unnest(entry_closure) order by 1);
            tracked := tracked and follows;
            made.logged := least(made.logged, pg_snapshot_xmin(snapshot));
            made.entry_named := array(select unnest(made.entry_named) union select n from unnest(entry_named) n where not mine or has_table_privilege(n, 'select'));
        end loop;
        made.state := pc_analysis_state(made.named, made.relations, made.functions, made.operators, made.types, made.closure, not tracked);
        if tracked and cardinality(stamps) = cardinality(outcome.hashes) then
            -- Whether they hold, the text itself asks when it runs.
            made.hashes := outcome.hashes;
            made.roles := array(select split_part(s.stamp, '/', 1)::oid from unnest(stamps) with ordinality s(stamp, n) order by s.n);
            execute format('select * from %s($1, $2)', pc_object_for('since', registration.cache, registration.partition_key)) into aside, made.changed using made.hashes, made.roles;
        else
            select array_agg(u.stamp), array_agg(u.hash) filter (where u.tracked), array_agg(u.role) filter (where u.tracked), sum(u.changed)
            into usable, made.hashes, made.roles, made.changed
            from pc_usable_entries(registration, outcome.hashes) u where u.problem is null and u.stamp = any (stamps);
            aside := (usable @> stamps) is not true;
        end if;
        if aside or analysis.state <> pc_analysis_state(analysis.named, analysis.relations, analysis.functions, analysis.operators, analysis.types, analysis.closure) then
            return;
        end if;
    end if;
    select s.bytes, s.rows, s.definitions into made.bytes, made.rows, made.definitions from pc_sizes(watched) s;
    perform pc_call('decide', to_jsonb(made));
end
$$;

comment on function pc_remember_decision(text, partitioncache_registration, pc_rewritten, bigint, partitioncache_analysis, oid[], text[], text, double precision, text) is
'Remembers an outcome, unless something that it rests on has changed meanwhile. revision: as it was before anything was looked up; analysis: without a state if the query was left alone before; watched: the tables whose sizes matter; stamps: which evaluation of each entry it was; template: see pc_template. Example: see pc_rewrite';

create function pc_do_decide(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    decision partitioncache_decision := jsonb_populate_record(null::partitioncache_decision, argument);
begin
    decision.owner := caller;
    decision.made_at := clock_timestamp();
    decision.counted_at := decision.made_at;
    insert into partitioncache_decision select decision.*;
    return null;
end
$$;

comment on function pc_do_decide(oid, jsonb) is
'Keeps a decision (a row of partitioncache_decision) for a caller, who alone will see it. Example: see pc_call';

create function pc_forget_decisions(most integer default 10000) returns bigint
language sql volatile parallel unsafe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with old as (
        delete from partitioncache_decision d
        where d.ctid in (
            -- What another transaction is forgetting at this moment, nobody waits for.
            select l.ctid from partitioncache_decision l
            where l.ctid in (
                select r.ctid
                from (select x.ctid, row_number() over (partition by x.owner, x.digest order by x.made_at desc) as copy,
                             row_number() over (partition by x.owner order by x.made_at desc) as age
                      from partitioncache_decision x) r
                where r.copy > 1 or r.age > most)
            for update skip locked)
        returning 1
    )
    select count(*) from old
$$;

comment on function pc_forget_decisions(integer) is
'Deletes remembered decisions that a newer one replaces, and the oldest of each role past so many; the number deleted. Example: select pc_forget_decisions(10000)';
