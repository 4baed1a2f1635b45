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
    roots oid[],
    watched oid[] not null,
    bytes double precision,
    rows double precision,
    named oid[] not null default '{}',
    entry_named oid[] not null default '{}',
    entry_schemas oid[] not null default '{}',
    entry_views oid[] not null default '{}',
    relations oid[] not null default '{}',
    functions oid[],
    names name[] not null default '{}',
    function_names name[] not null default '{}',
    operator_names name[] not null default '{}',
    type_names name[] not null default '{}',
    closure pc_object[] not null default '{}',
    special boolean not null default false,
    whole boolean not null default false,
    seed bigint not null,
    state bigint not null,
    deferred text,
    saved double precision,
    credited_at_once double precision,
    template text
);

create index on partitioncache_decision (digest, owner);
create index on partitioncache_decision (template, owner);

comment on table partitioncache_decision is
'What became of queries that were asked, by a digest of the text and of all that gives it its meaning: outcome, whose rewritten is null for the query itself; canonical: a digest of its canonical text. Used only by the role that asked, while the entries are as they were (revision: see pc_revision; looked_up: whether they mattered), no more was written to the tables (roots) of the tracked ones (hashes, roles) than to some more partitions than then (changed) and the log reaches back far enough (logged), and what it rests on is as it was (watched to state, by a seed that no other role knows, with their bytes and rows: see pc_basis); a rewritten text only while the role may read what it names (named) and what its entries name (entry_named, in entry_schemas, of which entry_views are views). deferred, saved: what it could have saved by a deferred fragment, which is credited so much at a time (credited_at_once), as often as makes up for it. template: of the text, see pc_template. Several rows of one digest do no harm.';

create view pc_own_decision with (security_barrier) as
select * from partitioncache_decision d where d.owner = quote_ident(current_user)::regrole::oid;

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

create function pc_known_decision(digest text, cache text, partition_key text, query text, session jsonb) returns partitioncache_decision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    known partitioncache_decision;
    basis record;
    moved boolean;
    aside boolean;
    changed bigint;
    relation oid;
    by_column boolean := false;
begin
    -- Few statements and few calls of other functions, here and below: in a new session each is planned and compiled, and later each costs as
    -- much as an index look-up.
    select d.* into known
    from pc_own_decision d
    where d.digest = pc_known_decision.digest and d.cluster = (pg_control_system()).system_identifier
      and d.revision = (select coalesce(sum(v.changes), 0) from partitioncache_revision v
                        where v.cache = d.cache and (v.partition_key = '' or d.looked_up and v.partition_key = d.partition_key))
    order by d.made_at desc limit 1;
    if not found then
        return null;
    end if;
    basis := pc_basis(known.watched, known.relations, known.names, known.function_names, known.operator_names, known.type_names, known.closure, known.special, known.whole, known.seed);
    if (basis.state = known.state and pc_about_as_large(basis.bytes, basis.rows, known.bytes, known.rows)) is not true then
        return null;
    end if;
    -- To leave a query as it is is right at any time.
    if (known.outcome).rewritten is null then
        return known;
    end if;

    foreach relation in array known.named loop
        if has_table_privilege(relation, 'select') is not true then
            if relation = any (known.entry_named) or has_any_column_privilege(relation, 'select') is not true then
                return null;
            end if;
            by_column := true;
        end if;
    end loop;
    foreach relation in array known.entry_named loop
        if has_table_privilege(relation, 'select') is not true or relation = any (known.entry_views) and pc_may_read(pc_me(), array[relation]) is not true then
            return null;
        end if;
    end loop;
    foreach relation in array known.entry_schemas loop
        if has_schema_privilege(relation, 'usage') is not true then
            return null;
        end if;
    end loop;
    if not has_table_privilege(pc_object_for('entries', cache, partition_key), 'select') then
        return null;
    end if;
    if known.hashes <> '{}' then
        execute format('select %s($1, $2, $3)', pc_object_for('moved', cache, partition_key)) into moved using known.roots, known.logged, known.cluster;
        if moved then
            execute format('select * from %s($1, $2)', pc_object_for('since', cache, partition_key)) into aside, changed using known.hashes, known.roles;
            if exists (select from partitioncache_log_trimmed t
                       where t.cache = known.cache and t.partition_key = known.partition_key and t.cluster = known.cluster and t.below > known.logged)
                or aside or changed > known.changed + greatest(10, 0.1 * (known.outcome).partitions) then
                return null;
            end if;
        end if;
    end if;
    -- Under an old snapshot the catalog does not show whether names still mean what they did; PostgreSQL's parser does. What the entries say is
    -- judged by the query itself, while it runs.
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') and (current_setting('transaction_read_only')::boolean or not (pc_method_of((known.outcome).method)).asks
                              or pc_sha256((pc_parse(query, session)).canonical) <> known.canonical) then
        return null;
    end if;
    if by_column then
        perform pc_plan((known.outcome).rewritten, session ->> 'search_path');
    end if;
    return known;
end
$$;

comment on function pc_known_decision(text, text, text, text, jsonb) is
'The remembered decision under a digest; null if there is none or it no longer holds. Raises PostgreSQL''s own error where the role may no longer run the rewritten text. Example: see pc_rewrite';

create function pc_remember_decision(
    digest text, registration partitioncache_registration, outcome pc_rewritten, revision bigint, analysis partitioncache_analysis, watched oid[], stamps text[],
    deferred text default null, saved double precision default null, template text default null, credited_at_once double precision default null,
    since pg_snapshot default null
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
    roots oid[];
    tracked boolean := true;
    aside boolean;
begin
    if current_setting('transaction_read_only')::boolean then
        return;
    end if;
    made.digest := digest;
    made.deferred := deferred;
    made.saved := saved;
    made.credited_at_once := credited_at_once;
    made.template := template;
    made.cache := registration.cache;
    made.partition_key := registration.partition_key;
    made.outcome := outcome;
    made.cluster := pc_cluster();
    made.generation := registration.generation;
    made.revision := revision;
    made.looked_up := analysis.state is not null;
    made.watched := watched;
    made.named := '{}';
    made.entry_named := '{}';
    made.relations := '{}';
    made.closure := '{}';
    made.whole := false;
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
        made.relations := analysis.relations;
        made.functions := analysis.functions;
        made.closure := coalesce(analysis.closure, '{}');
    end if;
    if outcome.applied then
        -- All that its entries hang on, too. Read first, judged afterwards: if anything has changed in between, it shows here or in the fingerprint.
        for deps, entry_closure, entry_named, mine, snapshot, roots in
            execute format('select e.deps, e.closure, e.named, e.mine, e.snapshot, coalesce(e.keyed_roots || e.whole_roots, ''{}'') from %s e where e.hash = any ($1) and e.serves', pc_object_for('entries', registration.cache, registration.partition_key))
            using outcome.hashes
        loop
            made.relations := array(select unnest(made.relations) union select unnest(deps));
            made.closure := array(select unnest(made.closure) union select unnest(entry_closure) order by 1);
            tracked := tracked and roots <> '{}';
            made.roots := array(select unnest(made.roots) union select unnest(roots));
            made.logged := least(made.logged, pg_snapshot_xmin(snapshot));
            made.entry_named := array(select unnest(made.entry_named) union select n from unnest(entry_named) n where not mine or has_table_privilege(n, 'select'));
        end loop;
        select array_agg(distinct c.relnamespace), coalesce(array_agg(c.oid) filter (where c.relkind = 'v'), '{}') into made.entry_schemas, made.entry_views
        from pg_class c where c.oid = any (made.entry_named);
        made.whole := not tracked;
    end if;
    made.entry_schemas := coalesce(made.entry_schemas, '{}');
    made.entry_views := coalesce(made.entry_views, '{}');
    -- Casts and the collation of the database are looked at anyway.
    made.closure := array(select c from unnest(made.closure) c where c <> row('pg_cast'::regclass, 0)::pc_object and c <> row('pg_collation'::regclass, 100)::pc_object);
    made.names := array(select distinct c.relname from pg_class c where c.oid = any (made.named));
    made.function_names := array(select distinct p.proname from pg_proc p where p.oid = any (made.functions));
    -- "=" is what restrictions are written with, and these are types whose names could be shadowed.
    made.operator_names := case when analysis.state is null then '{}' else array(select o.oprname from pg_operator o where o.oid = any (analysis.operators) union select '=') end;
    made.type_names := case when analysis.state is null then '{}' else array(select t.typname from pg_type t where t.oid = any (analysis.types) union select unnest('{text,uuid,date}'::name[])) end;
    made.special := pc_is_special(made.relations);
    made.seed := hashtextextended(gen_random_uuid()::text, 0);
    select b.state, b.bytes, b.rows into made.state, made.bytes, made.rows
    from pc_basis(watched, made.relations, made.names, made.function_names, made.operator_names, made.type_names, made.closure, made.special, made.whole, made.seed) b;
    if made.state is null or made.special <> pc_is_special(made.relations) then
        return;
    end if;
    if outcome.applied then
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
        -- Where nobody has committed anything meanwhile, the catalog is as it was.
        if aside or (since is null or pc_old_snapshot() or pc_others_committed(since))
            and analysis.state <> pc_analysis_state(analysis.named, analysis.relations, analysis.functions, analysis.operators, analysis.types, analysis.closure) then
            return;
        end if;
    end if;
    perform pc_call('decide', to_jsonb(made));
end
$$;

comment on function pc_remember_decision(text, partitioncache_registration, pc_rewritten, bigint, partitioncache_analysis, oid[], text[], text, double precision, text, double precision, pg_snapshot) is
'Remembers an outcome, unless something that it rests on has changed meanwhile. revision: as it was before anything was looked up; analysis: without a state if the query was left alone before; watched: the tables whose sizes matter; stamps: which evaluation of each entry it was; template: see pc_template; since: taken before it was looked at what the catalog says. Example: see pc_rewrite';

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
                      from partitioncache_decision x where (select pc_is_due('partitioncache_decision'))) r
                where r.copy > 1 or r.age > most)
            for update skip locked)
        returning 1
    )
    select count(*) from old
$$;

comment on function pc_forget_decisions(integer) is
'Deletes remembered decisions that a newer one replaces, and the oldest of each role past so many; the number deleted. Example: select pc_forget_decisions(10000)';

create function pc_forget_decided(owner oid, template text) returns void
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    delete from partitioncache_decision d
    where d.ctid = any (array(select o.ctid from partitioncache_decision o
                              where o.template = pc_forget_decided.template and o.owner = pc_forget_decided.owner for update skip locked))
$$;

comment on function pc_forget_decided(oid, text) is
'Forgets what was decided for a role''s queries of a template (see pc_template), so that it is decided anew. Example: see pc_do_time';
