create function pc_asking_time(query text) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    words bigint;
    blocks bigint;
    joins bigint;
begin
    if octet_length(query) > 1000000 then
        return octet_length(query) / 2000.0;
    end if;
    select count(m[1]), count(m[2]), count(m[3]) into words, blocks, joins
    from regexp_matches(query, '[[:<:]](?:(and|or|not|when)|(select)|(join))[[:>:]]', 'gi') m;
    return octet_length(query) / 2000.0 + 0.2 * words + 7 * blocks + 3 * joins + 0.2 * joins * joins;
end
$$;

comment on function pc_asking_time(text) is
'How many milliseconds it is expected to take, by the words and the length of its text alone, to take a query apart and to plan it both ways: so that a text that is too large is left alone before anything is done with it. Factors measured on one core of 2025; what stands in strings and comments counts as well. Example: select pc_asking_time(''select * from poi'')';
