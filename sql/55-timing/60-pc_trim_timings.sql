create function pc_trim_timings(cache text, roles oid[] default null) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    trimmed bigint;
    total bigint := 0;
begin
    -- What was slower may be tried again after a day: data, statistics and entries have changed.
    update partitioncache_timing t set latest = '{}', ms = null
    where t.ctid = any (array(
        select o.ctid from partitioncache_timing o
        where o.cache = pc_trim_timings.cache and (roles is null or o.owner = any (roles)) and o.candidate = 'restricted' and o.latest <> '{}'
          and o.measured_at < clock_timestamp() - interval '1 day' and pc_slower(pc_latest_times(o.owner, o.template, 'original'), o.latest)
        for update skip locked));
    get diagnostics trimmed = row_count;
    if trimmed > 0 then
        delete from partitioncache_decision d
        where d.ctid = any (array(select o.ctid from partitioncache_decision o
                                  where o.cache = pc_trim_timings.cache and (pc_trim_timings.roles is null or o.owner = any (pc_trim_timings.roles)) and not (o.outcome).applied for update skip locked));
    end if;
    delete from partitioncache_timing t
    where t.ctid = any (array(
        select o.ctid from partitioncache_timing o
        where o.ctid in (
            select r.ctid
            from (select x.ctid, row_number() over (partition by x.owner order by abs(x.saved_ms) > 0 and x.measured_at > clock_timestamp() - interval '30 days' desc, x.measured_at desc) as place
                  from partitioncache_timing x
                  where x.cache = pc_trim_timings.cache and (roles is null or x.owner = any (roles))) r
            where r.place > 2000)
        for update skip locked));
    get diagnostics trimmed = row_count;
    total := total + trimmed;
    delete from partitioncache_gain_log l
    where l.ctid = any (array(
        select o.ctid from partitioncache_gain_log o
        where o.cache = pc_trim_timings.cache and (roles is null or o.owner = any (roles)) and o.hour < clock_timestamp() - interval '90 days'
        for update skip locked));
    get diagnostics trimmed = row_count;
    return total + trimmed;
end
$$;

comment on function pc_trim_timings(text, oid[]) is
'Forgets the times of each role''s queries beyond 2,000, and what was saved more than 90 days ago; lets what was measured to be slower be tried again after a day; how many rows were removed. Example: select pc_trim_timings(''partitioncache'')';
