create function pc_placed(expression text, places integer[]) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    for n in 1 .. cardinality(places) loop
        expression := replace(expression, E'\x01' || n - 1 || E'\x02', E'\x03' || coalesce(places[n]::text, '?') || E'\x02');
    end loop;
    return replace(expression, E'\x03', E'\x01');
end
$$;

comment on function pc_placed(text, integer[]) is
'An expression with its tables renumbered: that of number n becomes places[n + 1]. Example: select pc_placed(E''\x010\x02.area'', ''{3}'')';

create function pc_embeds(query pc_form, entry pc_form, places integer[] default '{}') returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    number integer := cardinality(places);
    place integer;
    next_places integer[];
begin
    if number = cardinality((entry).relations) then
        return true;
    end if;
    -- Two tables of the entry never stand for one of the query: their keys would be equal only where they are not null.
    for place in
        select r.n::integer - 1 from unnest((query).relations) with ordinality r(relation, n)
        where r.relation = (entry).relations[number + 1] and r.n - 1 <> all (places)
          and (number <> all ((entry).members) or r.n - 1 = any ((query).members))
        order by 1
    loop
        next_places := places || place;
        if not exists (
            select from unnest((entry).conditions) c
            -- those of which this table is the last to be placed
            where position(E'\x01' || number || E'\x02' in c.expression) > 0
              and (select max(m[1]::integer) from regexp_matches(c.expression, E'\x01(\\d+)\x02', 'g') m) = number
              and not pc_says(query, row(pc_placed(c.expression, next_places), c.kind, c.operator, c.type, c.constants)::pc_condition))
           and pc_embeds(query, entry, next_places) then
            return true;
        end if;
    end loop;
    return false;
end
$$;

comment on function pc_embeds(pc_form, pc_form, integer[]) is
'Whether an entry''s tables can stand for tables of a query so that the query says all that the entry says: then every partition in which the query has a row is among the entry''s keys. places: tables placed already. Example: see pc_contained_entries';

create function pc_says(query pc_form, wanted pc_condition) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    equality record;
begin
    if exists (select from unnest((query).conditions) k where k.expression = wanted.expression and pc_implies(k, wanted)) then
        return true;
    elsif wanted.kind <> 'other' then
        return false;
    end if;
    -- An equality may be written the other way round, or follow from others if it is one of partition columns.
    select e.* into equality from pc_equality(wanted.expression) e;
    if equality.left_table is null then
        return false;
    end if;
    return exists (select from unnest((query).conditions) k, pc_equality(k.expression) e
                   where k.kind = 'other' and (e.left_table, e.left_column, e.right_table, e.right_column)
                                               = (equality.right_table, equality.right_column, equality.left_table, equality.left_column));
end
$$;

comment on function pc_says(pc_form, pc_condition) is
'Whether a query says what is wanted, or more. Example: see pc_embeds';
