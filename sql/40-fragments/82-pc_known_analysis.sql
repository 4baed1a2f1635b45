create function pc_analysis_digest(query text, registration partitioncache_registration, session jsonb) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return pc_sha256(concat_ws(E'\x1f', (registration).cache, (registration).partition_key, (registration).datatype,
                               (registration).partition_local, (registration).placed, session, query));
end
$$;

comment on function pc_analysis_digest(text, partitioncache_registration, jsonb) is
'Under what an analysis is remembered. Example: select pc_analysis_digest(''select 1'', pc_registration(''partitioncache'', ''city_id''), pc_session(''public''))';

create function pc_known_analysis(digest text) returns partitioncache_analysis
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    known partitioncache_analysis;
begin
    for known in
        select a.* from pc_own_analysis a
        where a.digest = pc_known_analysis.digest
        order by a.made_at desc
        limit 1
    loop
        if known.state = pc_analysis_state(known.named, known.relations, known.functions, known.operators, known.types, known.closure)
            and not exists (select from unnest(known.named) n where not has_any_column_privilege(n, 'select'))
        then
            return known;
        end if;
    end loop;
    return null;
end
$$;

comment on function pc_known_analysis(text) is
'The remembered analysis under a digest; null if there is none, if the catalog has changed since, or if the role may no longer read all its tables. Example: select pc_known_analysis(''...'')';

create function pc_resting_on(apart pc_taken_apart) returns partitioncache_analysis
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    made partitioncache_analysis;
begin
    made.named := apart.named;
    made.relations := apart.relations;
    made.functions := apart.functions;
    made.operators := apart.operators;
    made.types := apart.types;
    made.closure := apart.closure;
    made.state := apart.state;
    return made;
end
$$;

comment on function pc_resting_on(pc_taken_apart) is
'A row of partitioncache_analysis that says only what a query that was taken apart hangs on. Example: see pc_remember';

create function pc_remember(digest text, apart pc_taken_apart, query text default null, session jsonb default null, general_digest text default null) returns partitioncache_analysis
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    made partitioncache_analysis;
    kept partitioncache_analysis;
begin
    if not apart.passing then
        made := pc_resting_on(apart);
    end if;
    made.digest := digest;
    made.reason := apart.reason;
    made.canonical := apart.canonical;
    made.families := apart.families;
    if apart.passing then
        return made;
    end if;
    if general_digest is not null and pc_speaks_for(query, session, made.canonical) then
        kept := pc_general_analysis(made, pc_literals(query));
        kept.digest := general_digest;
    end if;
    perform pc_call('remember', to_jsonb(case when kept.canonical is not null then kept else made end));
    return made;
end
$$;

comment on function pc_remember(text, pc_taken_apart, text, jsonb, text) is
'Remembers what a query was found to consist of, unless that is true at this moment only: for all that differ from the query in their constants alone, under general_digest, where it speaks for them. Example: see pc_analyse';

create function pc_too_long(query text, cost double precision) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- To take a text apart takes about a second a megabyte, in which PostgreSQL does much that the planner gives a cost of a million.
    return case
        when length(query) > 20000 and cost < length(query)
            then format('to take so long a text apart (%s characters) would cost more than the query itself', length(query))
        when length(query) > 2000 and cost < 5 * length(query) and regexp_count(query, '[^[:alnum:]_](and|or)[^[:alnum:]_]', 1, 'i') > 200
            then 'to take so many conditions apart would cost more than the query itself'
        when length(query) > 2000 and cost < length(query) - length(pc_template_text(query))
            then 'to take so long a list of constants apart would cost more than the query itself' end;
end
$$;

comment on function pc_too_long(text, double precision) is
'Why a text is too long to be taken apart, as measured by what the planner expects the query to cost; null if it is not. Example: select pc_too_long(''select 1'', 0.01)';

create function pc_analyse(query text, registration partitioncache_registration, session jsonb, accepted boolean default false) returns partitioncache_analysis
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- Where the partition key stands in an expression, that may be written like a condition. Of very many constants it is not asked which are the same.
    masked text := case when registration.placed = 0 and length(query) < 10000 and translate(query, E'\x01\x02\x03\x04\x05\x06\x07\x08\x1f', '') = query then pc_masked(query) end;
    literals text[] := case when masked is not null then pc_literals(query) end;
    digest text;
    general_digest text;
    analysis partitioncache_analysis;
    read_only boolean := current_setting('transaction_read_only')::boolean;
begin
    begin
        digest := pc_analysis_digest(query, registration, session);
        if masked is not null then
            general_digest := pc_analysis_digest(E'\x1f' || masked, registration, session);
            analysis := pc_known_analysis(general_digest);
        end if;
        if analysis.digest is not null then
            analysis := pc_particular_analysis(analysis, literals);
        else
            analysis := pc_known_analysis(digest);
        end if;
        -- Under an old snapshot the catalog does not show whether names still mean what they did; PostgreSQL's parser does.
        if analysis.digest is not null and (not pc_old_snapshot() or not read_only and (pc_parse(query, session)).canonical = analysis.canonical) then
            return analysis;
        end if;
        analysis := null;
        if read_only then
            analysis.reason := case when pc_old_snapshot()
                then 'in a read-only transaction it cannot be analysed whether the query still means under this old snapshot what it meant'
                when pg_is_in_recovery() then 'the query is not known yet, and a standby cannot analyse it; once it was asked on the primary server, it is known here as well'
                else 'the query is not known yet, and in a read-only transaction it cannot be analysed' end;
            return analysis;
        end if;
        return pc_remember(digest, pc_take_apart_as(query, registration, session, true, 0, accepted), query, session, general_digest);
    exception when others then
        analysis := null;
        -- The caller asked for a faster query, not for an opinion on it: running it will show what is wrong.
        analysis.reason := concat_ws('; ', sqlerrm, case when sqlstate in ('42601', '42P02') then pc_placeholder_advice(query) end);
        return analysis;
    end;
end
$$;

comment on function pc_analyse(text, partitioncache_registration, jsonb, boolean) is
'What a query consists of, remembered or found out now; never fails: whatever PostgreSQL has against the query is the reason for leaving it unchanged. accepted: see pc_parse. Example: select (pc_analyse(''select 1'', pc_registration(''partitioncache'', ''city_id''), pc_session(''public''))).reason';

create function pc_forget_analyses(most integer default 10000) returns bigint
language sql volatile parallel unsafe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with old as (
        delete from partitioncache_analysis a
        where a.ctid in (
            -- What another transaction is forgetting at this moment, nobody waits for.
            select l.ctid from partitioncache_analysis l
            where l.ctid in (
            select r.ctid
            from (select x.ctid, row_number() over (partition by x.owner, x.digest order by x.made_at desc) as copy,
                         row_number() over (partition by x.owner order by x.made_at desc) as age
                  from partitioncache_analysis x where (select pc_is_due('partitioncache_analysis'))) r
            where (r.copy > 1 or r.age > most))
            for update skip locked)
        returning 1
    )
    select count(*) from old
$$;

comment on function pc_forget_analyses(integer) is
'Deletes remembered analyses that a newer one replaces, and the oldest of each role past so many; the number deleted. Example: select pc_forget_analyses(10000)';
