create table partitioncache_verdict (
    template text not null,
    asked text,
    role oid not null,
    cache text not null,
    partition_key text not null,
    cluster bigint not null,
    generation bigint not null,
    made_at timestamptz not null default clock_timestamp(),
    original_shape text not null,
    original_ms double precision not null,
    keys bigint not null,
    bytes double precision,
    rows double precision,
    definitions bigint,
    measured jsonb not null check (jsonb_typeof(measured) = 'array')
);

create index on partitioncache_verdict (template, role);
create index on partitioncache_verdict (asked, role);

comment on table partitioncache_verdict is
'What was found when a query was run in several forms: by its template (pc_template of its canonical text; asked: that of the text as it was written), for a role, or for everybody (0) where the role may fill the cache. original_shape: of the plan of the query as it is (see pc_plan_shape); original_ms: what that took, or how long it ran until it was stopped, twice as long as a form took; keys: how many remained; measured: all that was run, {form (see pc_forms), shape, milliseconds, ratio (to the query as it is), stopped}, milliseconds being how long it ran until it was stopped. Used while the tables are about as large (bytes, rows, definitions: see pc_basis), about as many keys remain and the plans are the same.';

create function pc_measured(registration partitioncache_registration, template text, keys bigint, original_shape text, relations oid[]) returns jsonb
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    verdict partitioncache_verdict;
    basis record;
    looked boolean := false;
    measured jsonb := '[]'::jsonb;
begin
    for verdict in
        select v.* from pc_own_verdict v
        where v.template = pc_measured.template and v.cache = (registration).cache and v.partition_key = (registration).partition_key and v.generation = (registration).generation
          and v.original_shape = pc_measured.original_shape and pc_measured.keys between v.keys / 2 - 10 and v.keys * 2 + 10
        order by v.made_at desc limit 10
    loop
        if not looked then
            basis := pc_basis(relations);
            looked := true;
        end if;
        if verdict.definitions = basis.state and pc_about_as_large(basis.bytes, basis.rows, verdict.bytes, verdict.rows) then
            measured := measured || verdict.measured;
        end if;
    end loop;
    return measured;
end
$$;

comment on function pc_measured(partitioncache_registration, text, bigint, text, oid[]) is
'What was measured of queries of this template that were much like this one: about as many keys remained, the plan of the query as it is was the same, and its tables were about as large; the latest first: [{form, shape, milliseconds, ratio, stopped}]. Example: see pc_decide';

create view pc_own_verdict with (security_barrier) as
select * from partitioncache_verdict v where v.role in (0, (select pc_me())) and v.cluster = pc_cluster();

comment on view pc_own_verdict is
'The verdicts that serve the role in force.';

create function pc_do_verdict(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    verdict partitioncache_verdict := jsonb_populate_record(null::partitioncache_verdict, argument);
begin
    perform pc_require(caller, verdict.cache, 'push');
    perform pc_registration(verdict.cache, verdict.partition_key);
    verdict.keys := least(verdict.keys, 1000000000000);
    -- Others read it, and reckon with it: no more than they need, and no message, which may quote what they may not read.
    verdict.measured := (select jsonb_agg(jsonb_strip_nulls(to_jsonb(r)))
                         from (select left(m.form, 100) as form, left(m.shape, 100) as shape, pc_plausible(m.milliseconds, 1e15) as milliseconds,
                                      greatest(pc_plausible(m.ratio, 1e15), 1e-6) as ratio, m.stopped
                               from jsonb_to_recordset(verdict.measured) m(form text, shape text, milliseconds double precision, ratio double precision, stopped boolean) limit 20) r);
    verdict.role := case when pc_has_level(caller, verdict.cache, 'fill') then 0 else caller end;
    verdict.cluster := pc_cluster();
    verdict.made_at := clock_timestamp();
    insert into partitioncache_verdict select verdict.*;
    -- Where a form is faster, times of those that ran before say nothing more: they were taken of another. The next ones will tell.
    if exists (select from jsonb_to_recordset(verdict.measured) m(form text, ratio double precision) where m.form <> 'none' and m.ratio <= 0.9) then
        update partitioncache_timing t set latest = '{}', ms = null
        where t.ctid = any (array(select o.ctid from partitioncache_timing o
                                  where o.template = argument ->> 'asked' and o.owner = caller and o.candidate = 'restricted' for update skip locked));
        perform pc_forget_decided(caller, argument ->> 'asked');
    end if;
    -- What was decided before is decided again.
    perform pc_move_revision(verdict.cache, verdict.partition_key);
    return null;
end
$$;

comment on function pc_do_verdict(oid, jsonb) is
'Keeps for a caller, or for everybody if it may fill the cache, what it has measured: a row of partitioncache_verdict. The times, as restricted, of queries that are asked so (asked; see pc_measured_reason) begin anew where a form was faster. Raises PC007 below the level push, PC002 for a partition key that is not registered. Example: see pc_call';

create function pc_forget_verdicts(most integer default 10000) returns bigint
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with old as (
        delete from partitioncache_verdict v
        where v.ctid in (
            select l.ctid from partitioncache_verdict l
            where l.ctid in (select r.ctid from (select x.ctid, row_number() over (partition by x.role order by x.made_at desc) as age from partitioncache_verdict x) r where r.age > most)
               or not exists (select from partitioncache_registration g where g.cache = l.cache and g.partition_key = l.partition_key and g.generation = l.generation)
            for update skip locked)
        returning 1
    )
    select count(*) from old
$$;

comment on function pc_forget_verdicts(integer) is
'Deletes verdicts that were made before their cache was cleared, and the oldest of each role past so many; the number deleted. Example: select pc_forget_verdicts(10000)';
