create function pc_median(times double precision[]) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select percentile_disc(0.5) within group (order by t) from unnest(times) t);
end
$$;

comment on function pc_median(double precision[]) is
'The median of some times; null if there are none. Example: select pc_median(''{3,1,2}'')';

create function pc_slower(original double precision[], restricted double precision[]) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- The quickest of each are what is least disturbed by whatever else the machine does.
    return coalesce(least(cardinality(original), cardinality(restricted)) >= 3 and pc_median(restricted) > 1.05 * pc_median(original)
                    and (select min(t) from unnest(restricted) t) > (select min(t) from unnest(original) t), false);
end
$$;

comment on function pc_slower(double precision[], double precision[]) is
'Whether queries that were restricted have been found to take longer than as they are, from the latest times of both: three or more of each. Example: select pc_slower(''{1,1,1}'', ''{2,2,2}'')';

create function pc_measured_reason(template text) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    original double precision[];
    restricted double precision[];
begin
    -- Of several rows, the latest.
    select t.latest into original from pc_own_timing t
    where t.template = pc_measured_reason.template and t.candidate = 'original' and t.latest <> '{}' order by t.measured_at desc limit 1;
    select t.latest into restricted from pc_own_timing t
    where t.template = pc_measured_reason.template and t.candidate = 'restricted' and t.latest <> '{}' order by t.measured_at desc limit 1;
    if pc_slower(original, restricted) then
        return format('it was measured: restricted, such queries took %s ms instead of %s', round(pc_median(restricted)::numeric, 1), round(pc_median(original)::numeric, 1));
    end if;
    return null;
end
$$;

comment on function pc_measured_reason(text) is
'Why queries of this role and template are left alone, if they have been measured to take longer when restricted; else null. Example: select pc_measured_reason(pc_template(''select 1'', ''public''))';
