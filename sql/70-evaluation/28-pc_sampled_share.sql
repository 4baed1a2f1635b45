create function pc_sample_of_keys(relation text, partition_key text, of_type anyelement, partitions bigint, out keys anyarray)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    wanted bigint := least(greatest(100, partitions / 20), 2000);
    -- From key to key takes some microseconds each; numbers can be drawn at random.
    walked bigint := case when pg_typeof(of_type) in ('integer'::regtype, 'bigint'::regtype) then 2000 else 20000 end;
begin
    if partitions <= walked then
        -- From key to key along the index.
        execute format($query$
            with recursive step(k) as (
                (select min(r.%1$I) from %2$s r)
                union all
                select (select min(r.%1$I) from %2$s r where r.%1$I > s.k) from step s where s.k is not null
            )
            select array(select k::%3$s from step where k is not null order by pg_catalog.random() limit $1)
            $query$, partition_key, relation, pg_typeof(of_type)) into keys using wanted;
    elsif pg_typeof(of_type) in ('integer'::regtype, 'bigint'::regtype) then
        execute format($query$
            select array(
                select distinct (select min(r.%1$I) from %2$s r where r.%1$I >= (e.least + (e.most - e.least) * s.share)::%3$s)
                from (select min(r.%1$I)::numeric as least, max(r.%1$I)::numeric as most from %2$s r) e,
                     (select pg_catalog.random()::numeric from generate_series(1, $1)) s(share))
            $query$, partition_key, relation, pg_typeof(of_type)) into keys using wanted;
    end if;
end
$$;

comment on function pc_sample_of_keys(text, text, anyelement, bigint) is
'Some of the partition keys that stand in a table, in no order: a twentieth, and 100 to 2,000; null where they could not be found without reading the table. Example: select pc_sample_of_keys(''public.poi'', ''city_id'', null::integer, 1000)';

create function pc_sampled_share(fragment text, sample anyarray, full_cost double precision default 'infinity') returns double precision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    statement text := pc_probing_statement(fragment, (select format_type(t.typelem, null) from pg_type t where t.oid = pg_typeof(sample)), 'pg_catalog.unnest($1) c(k)');
    seen integer := 0;
    hits integer := 0;
    doubt double precision;
begin
    if sample[1] is null or pc_statement_cost(statement, sample[1:24]) > 0.1 * full_cost then
        return null;
    end if;
    -- Two dozen at a time, until the share is surely on one side of three quarters: three standard deviations.
    loop
        exit when seen >= coalesce(cardinality(sample), 0);
        hits := hits + cardinality((pc_run_read_only(statement, sample[seen + 1:seen + 24])).keys);
        seen := least(seen + 24, cardinality(sample));
        -- Of 24 that all match: if it were no more than three quarters, one time in a thousand.
        doubt := case when hits = seen and seen >= 24 then 0.2 else 3 * sqrt(0.75 * 0.25 / seen) end;
        exit when hits::double precision / seen not between 0.75 - doubt and 0.75 + doubt;
    end loop;
    return case when hits > (0.75 + doubt) * seen then hits::double precision / seen end;
end
$$;

comment on function pc_sampled_share(text, anyarray, double precision) is
'Which share of some partitions a fragment leaves, if it is surely three quarters or more of all; else null. Stops when it is sure, and does not begin where the planner expects a first look to cost more than a tenth of full_cost. Example: select pc_sampled_share(''SELECT DISTINCT t1.city_id FROM public.poi t1'', ''{1,2,3}''::integer[])';

create function pc_sampled_shares(fragments text[], sample anyarray, full_cost double precision) returns double precision[]
language sql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select array(select case when f.f is not null then pc_sampled_share(f.f, sample, full_cost) end from unnest(fragments) with ordinality f(f, n) order by f.n)
$$;

comment on function pc_sampled_shares(text[], anyarray, double precision) is
'pc_sampled_share for several fragments; null for null. Example: select pc_sampled_shares(array[null], ''{1}''::integer[], 1000)';
