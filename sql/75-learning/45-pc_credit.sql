create view pc_own_deferred with (security_barrier) as
select l.cache, l.partition_key, l.hash, l.cost, l.kept, l.credit, l.form, l.filed_under, l.filed_rank
from partitioncache_learning l
where l.owner = (select pc_me()) and l.cluster = (select pc_cluster()) and l.state = 'deferred';

comment on view pc_own_deferred is
'What is deferred of the queries of the role in force.';

create function pc_deferred_for(registration partitioncache_registration, families pc_family[], out hash text, out kept double precision, out cost double precision)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    -- One fragment gets all that one query could save, so that together they never get more: the one that promises most.
    select d.hash, d.kept, d.cost into hash, kept, cost
    from (select distinct o.hash, coalesce(o.kept, 0.5) as kept, o.cost, o.cost - o.credit as missing, o.form, n
          from generate_subscripts(families, 1) n
          cross join lateral unnest(((families[n]).asked).sought) s
          join pc_own_deferred o on o.cache = registration.cache and o.partition_key = registration.partition_key
                                and o.filed_under = s.signature and o.filed_rank <= s.rank) d
    where pc_is_contained(d.form, ((families[d.n]).asked).form)
    order by d.kept, d.missing, d.hash
    limit 1;
end
$$;

comment on function pc_deferred_for(partitioncache_registration, pc_family[]) is
'That deferred fragment of this role which a query contains and could gain most by; kept: which share of the partitions it is expected to leave; cost: what it would take to find it out. Nulls if there is none. Example: see pc_decide';

create function pc_credit(cache text, partition_key text, hash text, saved double precision, digest text default null) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if hash is not null and saved > 100 and current_setting('transaction_isolation') = 'read committed' and not current_setting('transaction_read_only')::boolean then
        perform pc_call('credit', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'hash', hash, 'saved', saved, 'digest', digest));
    end if;
exception when others then
    null;  -- a query never fails because of what it might have saved
end
$$;

comment on function pc_credit(text, text, text, double precision, text) is
'Adds to the credit of a deferred fragment of this role what a query could have saved by it, in the planner''s units; when the credit reaches the cost, it is queued. digest: of the decision that says so, which does no more where the fragment is not deferred any more. Example: see pc_decide';

create function pc_do_credit(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    deferred partitioncache_learning;
begin
    perform pc_require(caller, argument ->> 'cache', 'read');
    -- Nobody waits for a count.
    update partitioncache_learning l set credit = l.credit + (argument -> 'saved')::double precision, asked = l.asked + 1, changed_at = clock_timestamp()
    where l.ctid = (select o.ctid from partitioncache_learning o
                    where o.hash = argument ->> 'hash' and o.cache = argument ->> 'cache' and o.partition_key = argument ->> 'partition_key'
                      and o.owner = caller and o.cluster = pc_cluster() and o.state = 'deferred'
                    for update skip locked)
    returning l.* into deferred;
    if deferred.credit >= deferred.cost and pc_has_level(caller, argument ->> 'cache', 'push') then
        delete from partitioncache_learning l
        where l.hash = deferred.hash and l.cache = deferred.cache and l.partition_key = deferred.partition_key and l.owner = caller and l.cluster = deferred.cluster;
        perform pc_buy(deferred);
    end if;
    if deferred.hash is null and not exists (select from partitioncache_learning l
                                             where l.hash = argument ->> 'hash' and l.cache = argument ->> 'cache' and l.partition_key = argument ->> 'partition_key'
                                               and l.owner = caller and l.cluster = pc_cluster() and l.state = 'deferred') then
        update partitioncache_decision d set deferred = null
        where d.ctid = any (array(select o.ctid from partitioncache_decision o where o.digest = argument ->> 'digest' and o.owner = caller for update skip locked));
    end if;
    return null;
end
$$;

comment on function pc_do_credit(oid, jsonb) is
'pc_credit for a caller: {cache, partition_key, hash, saved, digest}. Example: see pc_call';
