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

create function pc_embeds(query pc_form, entry pc_form, most integer default 200, out embedded boolean, out tried integer, out places integer[])
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    known constant pc_condition[] := (query).conditions;
    wanted constant pc_condition[] := (entry).conditions;
    query_relations constant text[] := (query).relations;
    entry_relations constant text[] := (entry).relations;
    members constant integer[] := (query).members;
    selected constant integer[] := (entry).members;
    tables constant integer := cardinality(entry_relations);
    -- For each condition of the entry, the table with which it can be judged: the last of its tables.
    due constant integer[] := case when tables > 1 then array(
        select (select max(split_part(p.part, E'\x02', 1)::integer) from string_to_table(c.expression, E'\x01') with ordinality p(part, place) where p.place > 1)
        from unnest(wanted) with ordinality c(expression, kind, operator, type, constants, n) order by c.n) end;
    place integer := 0;
    number integer;
begin
    tried := 0;
    places := '{}';
    loop
        number := cardinality(places);
        embedded := number = tables;
        exit when embedded or tried >= most;
        -- Two tables of the entry never stand for one of the query: their keys would be equal only where they are not null.
        while place < cardinality(query_relations)
            and (query_relations[place + 1] <> entry_relations[number + 1] or place = any (places) or number = any (selected) and place <> all (members)) loop
            place := place + 1;
        end loop;
        if place = cardinality(query_relations) then
            exit when number = 0;
            place := places[number] + 1;
            places := trim_array(places, 1);
            continue;
        end if;
        tried := tried + 1;
        if exists (
            select from unnest(wanted) with ordinality c(expression, kind, operator, type, constants, n)
            cross join lateral (select case when tables = 1 and place = 0 then c.expression else pc_placed(c.expression, places || place) end as expression offset 0) w
            where (due is null or due[c.n] = number)
              and not exists (select from unnest(known) k
                              where k.expression = w.expression and pc_implies(k, row(w.expression, c.kind, c.operator, c.type, c.constants)::pc_condition))
              -- an equality may be written the other way round
              and not (c.kind = 'other' and exists (select from unnest(known) k where k.kind = 'other' and k.expression = pc_turned(w.expression))))
        then
            place := place + 1;
        else
            places := places || place;
            place := 0;
        end if;
    end loop;
end
$$;

comment on function pc_embeds(pc_form, pc_form, integer) is
'Whether an entry''s tables can stand for tables of a query so that the query says all that the entry says: then every partition in which the query has a row is among the entry''s keys. places: the tables of the query, by number, that the entry''s stand for. No more than so many places are tried, past which it is not known. Example: see pc_contained_entries';

create function pc_turned(expression text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- With its casts: as texts, 1.0 and 1.00 are not equal.
        select format('(%s = %s)', m[2], m[1])
        from regexp_match(expression, format(E'^\\((%1$s) = (%1$s)\\)$', E'\\(?\x01\\d+\x02\\.(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)(?:\\)::text)?')) m
    );
end
$$;

comment on function pc_turned(text) is
'An equality of two columns, written the other way round; null for any other condition. Example: select pc_turned(E''(\x010\x02.a = \x011\x02.b)'')';
