create function pc_condition_of(template text) returns pc_condition
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
set extra_float_digits = 3
set array_nulls = on
as $$
declare
    tokens text[];
    closes integer[];
    ends integer[];
    last integer;
    at integer := 2;
    whole pc_condition := row(template, 'other', null, null, null);
    found pc_condition;
    left_side text;
    right_side text;
begin
    select array_agg(t.token order by t.n), array_agg(t.closes order by t.n), array_agg(t.ends order by t.n) into tokens, closes, ends from pc_tokens(template) t;
    last := cardinality(tokens);
    if tokens[1] <> '(' or closes[1] is distinct from last then
        return whole;
    end if;
    -- PostgreSQL writes brackets round each operand that is more than a name, a call or a cast: the first operator at this depth is the only one.
    while at < last and tokens[at] not in ('<', '<=', '>', '>=', '=', 'IS') loop
        if tokens[at] ~ '^[-+*/<>=~!@#%^&|`?]+$' or tokens[at] in ('AND', 'OR', 'NOT', 'CASE', 'OPERATOR', 'COLLATE', 'AT', 'LIKE') then
            return whole;
        end if;
        at := coalesce(closes[at], at) + 1;
    end loop;
    if at >= last then
        return whole;
    end if;
    left_side := btrim(substring(template from 2 for ends[at - 1] - 1));
    right_side := btrim(substring(template from ends[at] + 1 for ends[last - 1] - ends[at]));
    if tokens[at] = 'IS' then
        if right_side = 'NOT NULL' and left_side ~ E'^\x01\\d+\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)$' then
            return row(left_side, 'present', null, null, null)::pc_condition;
        end if;
        return whole;
    end if;

    found.operator := tokens[at];
    if tokens[at + 1] = 'ANY' and tokens[at] = '=' then
        right_side := btrim(substring(right_side from 4));
        if not pc_is_constant(tokens[at + 2:last - 1], true) or left_side !~ E'\x01' then
            return whole;
        end if;
        found.kind := 'set';
        execute format('select pg_typeof(c)::text, c::text[] from (select %s) x(c)', right_side) into found.type, found.constants;
        found.type := regexp_replace(found.type, '\[\]$', '');
        found.constants := array(select distinct c from unnest(found.constants) c where c is not null order by 1);
    else
        if pc_is_constant(tokens[2:at - 1], false) then
            select right_side, left_side into left_side, right_side;
            found.operator := translate(found.operator, '<>', '><');
        elsif not pc_is_constant(tokens[at + 1:last - 1], false) then
            return whole;
        end if;
        execute format('select pg_typeof(c)::text, array[c::text] from (select %s) x(c)', right_side) into found.type, found.constants;
        found.kind := case when found.operator = '=' then 'set' else 'bound' end;
    end if;
    if left_side !~ E'\x01' or found.kind = 'bound' and pc_ordered_as(found.type) is null or found.constants = '{null}' then
        return whole;
    end if;
    found.expression := left_side;
    found.operator := nullif(found.operator, '=');
    return found;
exception when others then
    return whole;
end
$$;

comment on function pc_condition_of(text) is
'What a conjunct says: an expression compared with constants, or present, or nothing that is known of it but its text. Example: select pc_condition_of(E''(\x010\x02.area > 900)'')';

create function pc_is_constant(tokens text[], list boolean) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- Literals, and casts between types whose casts are immutable and PostgreSQL's own.
        select coalesce(bool_or(t ~ '^(''|[0-9]|ARRAY[[])' or t in ('true', 'false')), false)
           and bool_and(t ~ '^''' or t ~ '^[0-9]+([.][0-9]+)?$'
                        or t in ('(', ')', '::', 'true', 'false', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double', 'precision', 'text',
                                 'character', 'varying', 'bpchar', 'uuid', 'boolean', 'date', 'timestamp', 'without', 'with', 'time', 'zone')
                        or list and t in ('ARRAY', '[', ']', ',', 'NULL')
                        -- One token, for pc_tokens.
                        or list and t ^@ 'ARRAY[' and not exists (
                            select from (select distinct btrim(e, ' ARRAY[]') as type
                                         from string_to_table(regexp_replace(t, '''(?:[^'']|'''')*''|[0-9.]+', '', 'g'), ',') e) c
                            where c.type <> all ('{"",::smallint,::integer,::bigint,::numeric,::real,"::double precision",::text,"::character varying",::bpchar,::uuid,::boolean,::date,'
                                                 '"::timestamp without time zone","::timestamp with time zone"}'::text[])))
        from unnest(tokens) t
    );
end
$$;

comment on function pc_is_constant(text[], boolean) is
'Whether tokens of canonical text are a constant, perhaps cast, of a type that PostgreSQL has; list: or an array of such. Example: select pc_is_constant(''{900,::,numeric}'', false)';

create function pc_ordered_as(type text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- The members of a family of operators compare rightly with one another. Texts are left out: their order is that of a collation.
    return case
        when type in ('smallint', 'integer', 'bigint') then 'bigint'
        when type in ('real', 'double precision', 'numeric', 'date', 'timestamp without time zone', 'timestamp with time zone') then type end;
end
$$;

comment on function pc_ordered_as(text) is
'The type in which constants of a type are compared to tell whether one bound implies another; null for types whose order is not used. Example: select pc_ordered_as(''integer'')';
