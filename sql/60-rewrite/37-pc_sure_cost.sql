create function pc_aliases_in(condition text) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
begin
    -- Neither the schema of a function, nor that of a type.
    return array(
        select distinct m[1]
        from regexp_matches(regexp_replace(condition, '''(?:[^'']|'''')*''', '', 'g'),
                            '(?<![:.a-z0-9_$"])("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)\.(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)(?![a-z0-9_$"(.])', 'g') m);
end
$$;

comment on function pc_aliases_in(text) is
'What stands in front of the columns in an expression, as PostgreSQL writes it. Example: select pc_aliases_in(''(public.st_geohash((p.shape)::public.geometry, 7))'')';

create function pc_guessed_join(conditions text[], tables integer) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return exists (
        select from unnest(conditions) c, string_to_table(replace(c, ' OR ', ' AND '), ' AND ') part
        where part not like all ('{% = %,% <> %,% IS %}') and cardinality(pc_aliases_in(part)) >= tables);
end
$$;

comment on function pc_guessed_join(text[], integer) is
'Whether some condition of a plan compares columns of so many tables that it names by something else than equality: how many rows that leaves, the planner mostly does not know. Example: select pc_guessed_join(''{(a.shape && b.shape)}'', 2)';

create function pc_scan_conditions(plan jsonb) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return array(select concat_ws(' AND ', n ->> 'Index Cond', n ->> 'Recheck Cond', n ->> 'Filter') from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name"))') n);
end
$$;

comment on function pc_scan_conditions(jsonb) is
'The conditions of the tables that a plan (as EXPLAIN gives it in JSON) reads, in which a column has the name of its table only where it is that of another one. Example: select pc_scan_conditions(''{"Node Type": "Result"}'')';

create function pc_has_guessed_joins(plan jsonb) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return pc_guessed_join(pc_scan_conditions(plan), 1)
        or pc_guessed_join(array(select c #>> '{}' from jsonb_path_query(plan, 'strict $.**."Join Filter"') c), 2);
end
$$;

comment on function pc_has_guessed_joins(jsonb) is
'Whether a plan (as EXPLAIN gives it in JSON) joins by something of which the planner mostly does not know how many rows it leaves (see pc_guessed_join). Example: select pc_has_guessed_joins(''{"Node Type": "Result"}'')';

create type pc_sure as (
    rows double precision,
    most double precision,
    cost double precision
);

comment on type pc_sure is
'What is sure of a node of a plan, or as good as that: how many rows come out of it, at most, and what it costs; see pc_sure_cost.';

create function pc_sure_cost(plan jsonb, listed jsonb default '{}') returns pc_sure
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    below jsonb;
    inside pc_sure;
    planned double precision;
    rows double precision := greatest((plan ->> 'Plan Rows')::double precision, 1);
    most double precision := rows;
    own_cost double precision := (plan ->> 'Total Cost')::double precision;
    cost double precision := 0;
    outer_rows double precision := 1;
    -- Of how many times as many rows the node is made as the planner expects.
    times double precision := 1;
    looked_up constant boolean := plan ->> 'Node Type' = 'Nested Loop' and pc_guessed_join(pc_scan_conditions(pc_side(plan, 'Inner')), 1);
    compared constant boolean := plan ? 'Join Filter' and pc_guessed_join(array[plan ->> 'Join Filter'], 2);
    listed_rows constant double precision := (listed ->> (plan ->> 'Alias'))::double precision;
begin
    for below in select b from jsonb_array_elements(plan -> 'Plans') b where b ->> 'Parent Relationship' in ('Outer', 'Inner', 'Member', 'Subquery') loop
        inside := pc_sure_cost(below, listed);
        planned := greatest((below ->> 'Plan Rows')::double precision, 1);
        own_cost := own_cost - (below ->> 'Total Cost')::double precision;
        cost := cost + inside.cost;
        if below ->> 'Parent Relationship' in ('Outer', 'Subquery') then
            outer_rows := inside.rows;
            times := inside.rows / planned;
            rows := rows * times;
            most := most * inside.most / planned;
        elsif below ->> 'Parent Relationship' = 'Inner' then
            -- Where each is compared with each, all hangs on how many there are.
            times := case when compared then times * inside.most / planned
                          when plan ->> 'Node Type' = 'Nested Loop' then times * inside.rows / planned
                          else greatest(times, inside.rows / planned) end;
            rows := rows * inside.rows / planned;
            most := most * inside.most / planned;
        end if;
    end loop;
    if looked_up or compared then
        rows := case when plan ->> 'Join Type' in ('Left', 'Anti', 'Full') then outer_rows else 1 end;
        most := rows;
    elsif listed_rows > rows and pc_restricted_scans(plan) > 0 and cardinality(pc_aliases_in((pc_scan_conditions(plan - 'Plans'))[1])) = 0 then
        -- Between what there would be if the keys had nothing to do with the other conditions, and if they said the same.
        rows := sqrt(rows * listed_rows);
        most := listed_rows;
    end if;
    return row(rows, most, cost + greatest(own_cost, 0) * times)::pc_sure;
end
$$;

comment on function pc_sure_cost(jsonb, jsonb) is
'What a plan (as EXPLAIN gives it in JSON) costs and how many rows it gives if nothing comes of its joins by something else than equality (see pc_guessed_join), and if the keys say in part what the other conditions on a table say, so that more rows are there than the planner expects, though no more than the keys alone leave (listed, by alias: see pc_listed_rows). The joins are made all the same: two plans that differ here differ whatever the planner has guessed. Example: select pc_sure_cost(''{"Node Type": "Result", "Plan Rows": 1, "Total Cost": 1}'')';
