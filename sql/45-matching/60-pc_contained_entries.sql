create function pc_rank(type text, constant_ text, direction text) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    value double precision;
begin
    -- Rounded, which keeps the order, as it may make two that differ equal. What does not fit would be an error. Times are in ISO format, read alike everywhere.
    value := case
        when length(constant_) > 300 then null
        when type in ('date', 'timestamp without time zone') then extract(epoch from constant_::timestamp)
        when type = 'timestamp with time zone' then extract(epoch from constant_::timestamptz)
        else constant_::double precision end;
    -- NaN is more than infinity.
    return case when direction = '>' then value when value = 'NaN' then '-Infinity' else 0 - value end;
end
$$;

comment on function pc_rank(text, text, text) is
'The rank of a bound (see pc_filing): the tighter, the higher. type: of its constant, one of pc_ordered_as; direction: > or <. Null for what cannot be ranked. Example: select pc_rank(''integer'', ''900'', ''>'')';

create function pc_named_conditions(form pc_form, out kind text, out operator text, out type text, out constants text[], out named text)
returns setof record
language plpgsql immutable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    texts text[] := array(select c.expression from unnest(form.conditions) with ordinality c(expression, kind, operator, type, constants, n) order by c.n);
    turned text[] := array(select case when c.kind <> 'other' or c.expression not like E'(%\x02.% = %\x02.%)' then null
                                      -- Two columns of plain names, as nearly always.
                                      when length(translate(c.expression, '"()', '')) = length(c.expression) - 2 and split_part(c.expression, ' ', 4) = '' and split_part(c.expression, ' ', 2) = '='
                                          then format('(%s = %s)', rtrim(split_part(c.expression, ' ', 3), ')'), ltrim(split_part(c.expression, ' ', 1), '('))
                                      else pc_turned(c.expression) end
                           from unnest(form.conditions) with ordinality c(expression, kind, operator, type, constants, n) order by c.n);
begin
    -- Of a text that says more than a form can, there is none.
    for number in 1 .. coalesce(cardinality(form.relations), 0) loop
        texts := array(select replace(x.text, E'\x01' || number - 1 || E'\x02', E'\x01' || form.relations[number] || E'\x02') from unnest(texts) with ordinality x(text, n) order by x.n);
        turned := array(select replace(x.text, E'\x01' || number - 1 || E'\x02', E'\x01' || form.relations[number] || E'\x02') from unnest(turned) with ordinality x(text, n) order by x.n);
    end loop;
    return query
        select c.kind, c.operator, c.type, c.constants, case when turned[c.n] collate "C" < texts[c.n] collate "C" then turned[c.n] else texts[c.n] end
        from unnest(form.conditions) with ordinality c(expression, kind, operator, type, constants, n);
end
$$;

comment on function pc_named_conditions(pc_form) is
'The conditions of a form, with the names of relations in the place of the numbers of tables; of the two ways to write an equality, one. Example: see pc_filings';

create function pc_filings(form pc_form) returns setof pc_filing
language plpgsql immutable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- A digest, because conditions may be longer than what an index holds. One constant is rare, an expression is, an equality of columns is not.
        select md5(concat_ws(E'\x1f', c.named, case c.kind
                       when 'bound' then left(c.operator, 1) || pc_ordered_as(c.type)
                       when 'set' then concat_ws(' ', '=', c.type, case when cardinality(c.constants) = 1 then c.constants[1] end)
                       else c.kind end)),
               coalesce(case when c.kind = 'bound' then pc_rank(c.type, c.constants[1], left(c.operator, 1)) end, '-Infinity')
        from pc_named_conditions(form) c
        order by c.kind = 'set' and cardinality(c.constants) = 1 desc, c.named like E'(\x01%\x02.% = \x01%\x02.%)', c.kind = 'present', length(c.named) desc, c.named collate "C";
end
$$;

comment on function pc_filings(pc_form) is
'Where each condition of an entry may be filed: the rarest first, as far as can be guessed. Example: select pc_filings(pc_fragment_form(''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', pc_registration(''partitioncache'', ''city_id'')))';

create function pc_sought(form pc_form) returns pc_filing[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        with condition as materialized (
            select c.*, case when c.kind in ('bound', 'set') then pc_ordered_as(c.type) end as ordered from pc_named_conditions(form) c
        ), implied(named, what, rank) as (
            select c.named, c.kind, null::double precision from condition c where c.kind in ('other', 'present')
            union all
            select c.named, 'present', null from condition c where c.kind in ('set', 'bound')
            union all
            select c.named, concat_ws(' ', '=', c.type, k.constant_), null from condition c
            cross join lateral (select null as constant_ union all select c.constants[1] where cardinality(c.constants) = 1) k
            where c.kind = 'set'
            union all
            -- A bound implies those of its own rank and below, constants those that hold all of them; of many it is not asked first which those are.
            select c.named, d.direction || c.ordered, case when cardinality(c.constants) <= 100 then (select min(pc_rank(c.type, k, d.direction)) from unnest(c.constants) k) end
            from condition c
            cross join lateral unnest(case c.kind when 'bound' then array[left(c.operator, 1)] when 'set' then '{>,<}'::text[] end) d(direction)
            where c.ordered is not null
        )
        select coalesce(array_agg(row(s.signature, s.rank)::pc_filing order by s.signature), '{}')
        from (select md5(concat_ws(E'\x1f', i.named, i.what)) as signature, max(coalesce(i.rank, 'Infinity')) as rank from implied i group by 1) s
    );
end
$$;

comment on function pc_sought(pc_form) is
'Where every condition may be filed that follows from those of a query. Example: see pc_contained_entries';

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

create function pc_contained_entries(registration partitioncache_registration, asked pc_asked) returns text[]
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    contained text[];
begin
    -- The view asks whether entries are contained, and tells that alone: the forms of others hold the constants of their queries.
    perform set_config('partitioncache.asked', asked::text, true);
    execute format('select %s()', pc_object_for('contained', (registration).cache, (registration).partition_key)) into contained;
    perform set_config('partitioncache.asked', '', true);
    return contained;
end
$$;

comment on function pc_contained_entries(partitioncache_registration, pc_asked) is
'The hashes of entries of which a query''s block says every condition, or more: the partitions in which it has rows are among their keys. Those with the fewest keys, and no more than a few: a further one would hardly leave fewer. Example: see pc_restrict_family';

create function pc_all_contained(registration partitioncache_registration, families pc_family[]) returns text[]
language plpgsql stable parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return array(select pc_contained_entries(registration, f.asked)::text from unnest(families) f order by f.family);
end
$$;

comment on function pc_all_contained(partitioncache_registration, pc_family[]) is
'pc_contained_entries of each family, as a text, since arrays hold no arrays of different lengths. Example: see pc_decide';
