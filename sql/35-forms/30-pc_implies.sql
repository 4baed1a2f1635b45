create function pc_implies(known pc_condition, wanted pc_condition) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set TimeZone = 'UTC'
as $$
declare
    ordered text := pc_ordered_as(wanted.type);
    implied boolean;
begin
    if known.expression <> wanted.expression then
        return false;
    elsif wanted.kind = 'other' or known.kind = 'other' then
        return wanted.kind = known.kind;
    elsif wanted.kind = 'present' then
        return true;  -- every comparison here is false or null for null
    elsif known.kind = 'present' then
        return false;
    elsif known.type is distinct from wanted.type and (ordered is null or pc_ordered_as(known.type) is distinct from ordered) then
        return false;
    elsif wanted.kind = 'set' then
        return known.kind = 'set' and known.type = wanted.type and known.constants <@ wanted.constants;
    elsif known.kind = 'bound' and left(known.operator, 1) <> left(wanted.operator, 1) then
        return false;
    end if;
    -- Each value that the known condition allows lies within the wanted bound. A bound that excludes its constant allows what lies beyond it.
    execute format('select bool_and(k::%1$s %2$s $2::%1$s) from unnest($1) k', ordered,
                   case when known.kind = 'bound' and length(known.operator) = 1 then left(wanted.operator, 1) || '=' else wanted.operator end)
    into implied using known.constants, wanted.constants[1];
    return coalesce(implied, known.kind = 'set');
end
$$;

comment on function pc_implies(pc_condition, pc_condition) is
'Whether rows for which a known condition is true have a wanted one true as well: the same; a bound that lies within a weaker one; constants among more, or all within a bound; or that something compared is not null. Where in doubt, no. Example: select pc_implies(pc_condition_of(E''(\x010\x02.area > 1000)''), pc_condition_of(E''(\x010\x02.area > 900)''))';
