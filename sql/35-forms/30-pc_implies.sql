create function pc_implies(known pc_condition, wanted pc_condition) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    ordered text;
    constant_ text;
    compared integer;
begin
    if known.expression <> wanted.expression then
        return false;
    elsif wanted.kind = 'other' or known.kind = 'other' then
        return wanted.kind = known.kind;
    elsif wanted.kind = 'present' then
        return true;  -- every comparison here is false or null for null
    elsif known.kind = 'present' then
        return false;
    elsif wanted.kind = 'set' then
        return known.kind = 'set' and known.type = wanted.type and known.constants <@ wanted.constants;
    elsif known.kind = 'bound' and left(known.operator, 1) <> left(wanted.operator, 1) then
        return false;
    end if;
    ordered := pc_ordered_as(wanted.type);
    if ordered is null or pc_ordered_as(known.type) is distinct from ordered then
        return false;
    end if;
    -- Each value that the known condition allows lies within the wanted bound. A bound that excludes its constant allows what lies beyond it.
    foreach constant_ in array known.constants loop
        compared := pc_compared(ordered, constant_, wanted.constants[1]);
        if compared is null
            or compared = 0 and length(wanted.operator) = 1 and (known.kind = 'set' or length(known.operator) = 2)
            or compared <> 0 and (compared > 0) <> (left(wanted.operator, 1) = '>') then
            return false;
        end if;
    end loop;
    return true;
end
$$;

comment on function pc_implies(pc_condition, pc_condition) is
'Whether rows for which a known condition is true have a wanted one true as well: the same; a bound that lies within a weaker one; constants among more, or all within a bound; or that something compared is not null. Where in doubt, no. Example: select pc_implies(pc_condition_of(E''(\x010\x02.area > 1000)''), pc_condition_of(E''(\x010\x02.area > 900)''))';

create function pc_compared(type text, a text, b text) returns integer
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Texts of pc_condition_of, which mean the same under every setting.
    return case type
        when 'bigint' then btint8cmp(a::bigint, b::bigint)
        when 'numeric' then numeric_cmp(a::numeric, b::numeric)
        when 'real' then btfloat4cmp(a::real, b::real)
        when 'double precision' then btfloat8cmp(a::double precision, b::double precision)
        when 'date' then date_cmp(a::date, b::date)
        when 'timestamp without time zone' then timestamp_cmp(a::timestamp, b::timestamp)
        when 'timestamp with time zone' then timestamptz_cmp(a::timestamptz, b::timestamptz)
    end;
end
$$;

comment on function pc_compared(text, text, text) is
'How two constants of a type of pc_ordered_as compare: less than 0, 0, or more. Example: select pc_compared(''bigint'', ''9'', ''10'')';
