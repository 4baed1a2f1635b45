create function pc_untracked(cache text, partition_key text, relations oid[]) returns oid[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (
    select coalesce(array_agg(c.oid order by c.oid), '{}')
    from pg_class c
    cross join (select pc_trigger_name('insert', cache, partition_key)::name as name offset 0) i
    where c.oid = any (relations) and c.oid >= 16384 and c.relkind in ('r', 'p', 'm', 'f') and c.relpersistence <> 't'
      and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = i.name));
end
$$;

comment on function pc_untracked(text, text, oid[]) is
'Those of the relations that hold rows and whose writes nobody logs. Example: select pc_untracked(''partitioncache'', ''city_id'', array[''pg_class''::regclass])';

create function pc_is_static(cache text, relation oid) returns boolean
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select exists (
        select from pc_family_up(array[relation]) u
        join partitioncache_static s on s.cache = pc_is_static.cache
            and case when (s.database, s.cluster) = (pc_database(), pc_cluster()) then s.relation = u.relation
                     else s.relation_name = pc_relation_name(u.relation) end)
$$;

comment on function pc_is_static(text, oid) is
'Whether somebody asserts of a relation, or of what it is a part of, that it does not change. Example: select pc_is_static(''partitioncache'', ''pg_class''::regclass)';

create function pc_untracked_advice(relations oid[], cache text, partition_key text, out reason text, out call text[]) returns setof record
language plpgsql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    untracked oid[];
begin
    if (pc_settings(cache)).untracked = 'static' then
        return;
    end if;
    untracked := pc_untracked(cache, partition_key, array(select c.relation from pc_relation_closure(relations) c));
    return query
        select case
                   when r.refusal is null
                       then format('%1$s may change: partitioncache_track(%2$L, %3$L) logs its writes, partitioncache_assert_static(%2$L) says that it stays as it is',
                                   u::regclass, r.top, pc_untracked_advice.partition_key)
                   else format('%s cannot be tracked (%s); partitioncache_assert_static(%L) says that it stays as it is', u::regclass, r.refusal, u::regclass) end,
               case when r.refusal is null then array['partitioncache_track', r.top::text, pc_untracked_advice.partition_key, pc_untracked_advice.cache]
                    else array['partitioncache_assert_static', u::regclass::text, pc_untracked_advice.cache] end
        from unnest(untracked) u
        cross join lateral (select pc_top(u)::regclass as top, pc_tracking_refusal(pc_top(u), pc_untracked_advice.partition_key, pc_untracked_advice.cache) as refusal) r
        where not pc_is_static(pc_untracked_advice.cache, u)
        order by u;
end
$$;

comment on function pc_untracked_advice(oid[], text, text) is
'The tables for whose sake entries on these relations are not used (see pc_untracked_reason): reason says why, call is the function that mends it and its arguments. Example: select * from pc_untracked_advice(array[''poi''::regclass], ''partitioncache'', ''city_id'')';

create function pc_untracked_reason(relations oid[], cache text, partition_key text) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (select string_agg(a.reason, '; ' order by a.ordinality) from pc_untracked_advice(relations, cache, partition_key) with ordinality a);
end
$$;

comment on function pc_untracked_reason(oid[], text, text) is
'Why entries on these relations, or on what they read through views, are not used: a table that holds rows is neither tracked nor asserted to be static; null if there is none, or if the cache takes untracked tables for static. Example: select pc_untracked_reason(array[''poi''::regclass], ''partitioncache'', ''city_id'')';

create function pc_top(relation oid) returns oid
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select u.relation from pc_family_up(array[relation]) u where not exists (select from pg_inherits i where i.inhrelid = u.relation) order by 1 limit 1
$$;

comment on function pc_top(oid) is
'What a partition or child is a part of, at the top; any other relation itself. Example: select pc_top(''pg_class''::regclass)';

create function pc_relation_name(relation oid) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation
$$;

comment on function pc_relation_name(oid) is
'A relation by schema and name; null if it is gone. Example: select pc_relation_name(''pg_class''::regclass)';

create function pc_database() returns oid
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select d.oid from pg_database d where d.datname = current_database()
$$;

comment on function pc_database() is
'This database, by its OID. Example: select pc_database()';
