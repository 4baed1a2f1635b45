create type pc_restricted as (
    restriction pc_restriction,
    alternative pc_restriction,
    alternative_method text,
    hits integer,
    keys bigint,
    own_keys bigint,
    partitions bigint,
    method_used text,
    used text[],
    reason text,
    stamps text[],
    tracked boolean,
    judged_by pc_restriction
);

comment on type pc_restricted is
'A row of pc_restrict_family, column by column.';

create function pc_restrict_family(
    family pc_family, registration partitioncache_registration, method text, of_type anyelement,
    out restriction pc_restriction, out alternative pc_restriction, out alternative_method text, out hits integer, out keys bigint, out own_keys bigint, out partitions bigint, out method_used text, out used text[], out reason text, out stamps text[], out tracked boolean, out judged_by pc_restriction
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    looked_up record;
begin
    select * into looked_up from pc_lookup(registration, pc_contained_entries(registration, family.asked), of_type);
    hits := cardinality(looked_up.usable);
    keys := cardinality(looked_up.keys);
    own_keys := looked_up.own_keys;
    used := looked_up.used;
    stamps := looked_up.stamps;
    tracked := looked_up.tracked;
    partitions := pc_partition_estimate((family).relation, (registration).partition_key);
    if looked_up.usable = '{}' then
        reason := format('none of the query''s fragments is in cache "%s"', (registration).cache);
        return;
    end if;
    if method = 'auto' and keys >= 0.75 * partitions then
        reason := format('%s of about %s partitions would remain: it would not pay', keys, partitions);
        return;
    end if;
    method_used := case
        when method <> 'auto' then method
        when keys > 5000 then 'subquery'
        -- Only a look inside the statement is exact while tracked tables are written to.
        when looked_up.tracked then 'current'
        else 'literal' end;
    -- Inside the statement more may be known than now, so it must be ready for rows without a key.
    restriction := pc_restriction(family, method_used, looked_up.keys, looked_up.matches_null or method_used in ('subquery', 'current'), registration, looked_up.used, looked_up.stamps);
    -- What is asked while the query runs mostly leaves nothing to search: the planner shall judge the list alone.
    if method = 'auto' and restriction.ranges_asked then
        judged_by := pc_restriction(family, 'literal', looked_up.keys, looked_up.matches_null, registration);
    end if;
    if method = 'auto' and method_used in ('literal', 'current') and keys > 0 and cardinality((family).columns) + coalesce(cardinality((family).carried), 0) > 1 then
        alternative_method := case method_used when 'literal' then 'VALUES' else 'current' end;
        alternative := pc_restriction(family, alternative_method, looked_up.keys, looked_up.matches_null or method_used = 'current', registration,
                                      looked_up.used, looked_up.stamps, one_column => true);
    end if;
end
$$;

comment on function pc_restrict_family(pc_family, partitioncache_registration, text, anyelement) is
'Looks up what is known of a family and says how it is restricted: restriction, an alternative that the planner may like better (null: none) and its method, the method that was used, hits, keys that remain, own_keys that the conditions on some table alone would leave, partitions by the planner''s statistics, the entries used, which evaluation of each, and whether they follow writes; judged_by: what the planner is to judge in the place of the restriction (null: that itself); or the reason why it is not. Example: see pc_rewrite';
