create type pc_restricted as (
    restrictions pc_restriction[],
    judged pc_restriction[],
    methods text[],
    hits integer,
    keys bigint,
    own_keys bigint,
    partitions bigint,
    used text[],
    reason text,
    stamps text[],
    tracked boolean
);

comment on type pc_restricted is
'A row of pc_restrict_family, column by column.';

create function pc_restrict_family(
    family pc_family, registration partitioncache_registration, method text, of_type anyelement, forms text[], canonical text default null, contained text[] default null,
    out restrictions pc_restriction[], out judged pc_restriction[], out methods text[], out hits integer, out keys bigint, out own_keys bigint, out partitions bigint, out used text[], out reason text, out stamps text[], out tracked boolean
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    looked_up record;
    form text;
    method_used text;
    restriction pc_restriction;
begin
    select * into looked_up from pc_lookup(registration, coalesce(contained, pc_contained_entries(registration, family.asked)), of_type);
    hits := cardinality(looked_up.usable);
    keys := cardinality(looked_up.keys);
    own_keys := looked_up.own_keys;
    used := looked_up.used;
    stamps := looked_up.stamps;
    tracked := looked_up.tracked;
    if looked_up.usable = '{}' then
        reason := format('none of the query''s fragments is in cache "%s"', (registration).cache);
        return;
    end if;
    partitions := pc_partition_estimate((family).relation, (registration).partition_key);
    if method = 'auto' and keys >= 0.75 * partitions then
        reason := format('%s of about %s partitions would remain: it would not pay', keys, partitions);
        return;
    end if;
    foreach form in array forms loop
        method_used := case
            when method <> 'auto' then method
            when keys > 5000 and form = 'all' then 'subquery'
            -- Twice as fast as a look-up, where it is good; and to plan it takes as long as it has keys.
            when keys > 20000 or form = 'joined' and looked_up.tracked then null
            -- Only a look inside the statement is exact while tracked tables are written to.
            when looked_up.tracked then 'current'
            when form = 'joined' then 'VALUES'
            else 'literal' end;
        restriction := null;
        if method_used is not null and (keys > 0 or form = 'all') then
            -- Inside the statement more may be known than now, so it must be ready for rows without a key.
            restriction := pc_restriction(family, method_used, looked_up.keys, looked_up.matches_null or (pc_method_of(method_used)).asks, registration, looked_up.used, looked_up.stamps, form, canonical);
        end if;
        methods := methods || case when restriction.conditions is not null then method_used end;
        restrictions := restrictions || restriction;
        -- What is asked while the query runs mostly leaves nothing to search: the planner shall judge the list alone.
        judged := judged || case when method = 'auto' and restriction.ranges_asked
            then pc_restriction(family, 'literal', looked_up.keys, looked_up.matches_null, registration, form => form) end;
    end loop;
end
$$;

comment on function pc_restrict_family(pc_family, partitioncache_registration, text, anyelement, text[], text, text[]) is
'Looks up what is known of a family and says how it is restricted, in each of these forms (see pc_forms): restrictions, what the planner is to judge in the place of each (judged, null: that itself), and the method of each, null where a form does not fit; contained: the entries, where they were looked for before; hits, keys that remain, own_keys that the conditions on some table alone would leave, partitions by the planner''s statistics, the entries used, which evaluation of each, and whether they follow writes; or the reason why it is not restricted. Example: see pc_rewrite';
