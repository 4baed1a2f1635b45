create function pc_signature(form pc_form, condition pc_condition) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- Which relations it speaks of, and how, without the numbers of tables and the bounds. A single constant belongs to it: there are many.
    -- A digest, because conditions may be longer than what an index holds.
    select md5(concat_ws(E'\x1f', (select string_agg(distinct form.relations[m[1]::integer + 1], ',') from regexp_matches(condition.expression, E'\x01(\\d+)\x02', 'g') m),
                     regexp_replace(condition.expression, E'\x01\\d+\x02', E'\x01\x02', 'g'),
                     case when condition.kind = 'set' and cardinality(condition.constants) = 1 then condition.constants[1] end))
$$;

comment on function pc_signature(pc_form, pc_condition) is
'Under what a condition of a form is filed: what every condition that implies it has in common with it. Example: see pc_filed_under';

create function pc_filed_under(form pc_form) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- One constant is rare, an expression is, an equality of columns is not.
    select pc_signature(form, c)
    from unnest(form.conditions) c
    order by c.kind = 'set' and cardinality(c.constants) = 1 desc, c.kind = 'other', c.kind = 'present', length(c.expression) desc, c.expression collate "C"
    limit 1
$$;

comment on function pc_filed_under(pc_form) is
'The signature of the condition of an entry by which it is looked for: its rarest, as far as can be guessed. Example: select pc_filed_under(pc_fragment_form(''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', pc_registration(''partitioncache'', ''city_id'')))';

create function pc_looked_under(form pc_form) returns text[]
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select coalesce(array_agg(distinct s.signature), '{}')
    from unnest(form.conditions) c
    cross join lateral (
        select pc_signature(form, c) as signature
        union all
        -- A set, and a bound, that holds these constants is filed without them.
        select pc_signature(form, row(c.expression, 'bound', null, null, null)::pc_condition) where c.kind = 'set'
        union all
        -- That something is not null is filed under the column; and an equality may be written the other way round.
        select pc_signature(form, row(pc_turned(c.expression), 'other', null, null, null)::pc_condition) where c.kind = 'other' and pc_turned(c.expression) is not null) s
$$;

comment on function pc_looked_under(pc_form) is
'All signatures under which an entry may be filed that a query contains. Example: see pc_contained_entries';

create function pc_is_contained(entry pc_form, query pc_form) returns boolean
language plpgsql stable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (entry).relations <@ (query).relations and (pc_embeds(query, entry, 40)).embedded;
end
$$;

comment on function pc_is_contained(pc_form, pc_form) is
'Whether a query contains an entry: see pc_embeds. Example: select pc_is_contained(f, f) from pc_fragment_form(''SELECT DISTINCT t1.city_id FROM public.poi t1'', pc_registration(''partitioncache'', ''city_id'')) f';

create function pc_contained_entries(registration partitioncache_registration, query pc_form, signatures text[], known text[], most integer default 200) returns text[]
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    contained text[];
begin
    -- The view of the entries asks whether they are contained, and tells that alone: the forms of others hold the constants of their queries.
    perform set_config('partitioncache.asked', query::text, true);
    execute format('select array(select c from %s($1, $2, $3) c)', pc_reader((registration).cache, (registration).partition_key, 'filed'))
    into contained using signatures, known, most;
    perform set_config('partitioncache.asked', '', true);
    return contained;
end
$$;

comment on function pc_contained_entries(partitioncache_registration, pc_form, text[], text[], integer) is
'The hashes of entries, beside those that are known already, whose every condition a block of a query implies: the partitions in which it has rows are among their keys. Those with the fewest keys, and no more than a few: a further one would hardly leave fewer. signatures: of pc_looked_under. Looks at no more than so many. Example: see pc_restrict_family';
