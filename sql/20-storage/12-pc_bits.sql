create function pc_bits_base(keys bigint[]) returns bigint
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- A multiple of 64, rounded down also below zero, so that the words of two entries lie over one another.
as $$
#variable_conflict use_column
begin
    return (select (min(k) >> 6) << 6 from unnest(keys) k);
end
$$;

comment on function pc_bits_base(bigint[]) is
'The key that the first bit of a bit string stands for; null for no keys. Example: select pc_bits_base(''{100,-3}'')';

create function pc_bits_encode(keys bigint[]) returns bit varying
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    base bigint;
    span numeric;
begin
    select pc_bits_base(array[min(k)]), max(k) into base, span from unnest(keys) k;
    span := span - base;
    if span >= 1 << 28 then
        perform pc_fail('PC004', format('keys from %s on span %s values, more than the %s that bit storage holds', base, span, 1 << 28),
            '', 'Register the partition key with storage ''array''.');
    end if;
    -- Words in hexadecimal, aggregated: setting a million single bits would copy the string a million times.
    return (
        with words as (
            select (k - base) >> 6 as word, bit_or(1::bigint << (63 - ((k - base) & 63)::integer)) as bits
            from unnest(keys) k
            group by 1
        )
        select ('x' || string_agg(lpad(to_hex(coalesce(w.bits, 0)), 16, '0'), '' order by n))::bit varying
        from generate_series(0, (span::bigint) >> 6) n left join words w on w.word = n
    );
end
$$;

comment on function pc_bits_encode(bigint[]) is
'A bit string in which bit i stands for the key pc_bits_base(keys) + i; null for no keys. Raises PC004 if the keys span more than 2^28 values. Example: select pc_bits_encode(''{1,2,66}'')';

create function pc_bits_decode(bits bit varying, base bigint) returns bigint[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    part_bits constant integer := 1 << 20;
begin
    -- A set bit ends a run of unset ones, so that the lengths of the runs tell the keys: far fewer steps than one a bit.
    return array(
        with memory as materialized (
            select pc_bits_decode.bits || B'' as bits
        ), written as materialized (
            select part, substring(m.bits from part * part_bits + 1 for part_bits)::text as digits
            from memory m, generate_series(0, (length(m.bits) - 1) / part_bits) part
        ), counted as materialized (
            select w.part, w.digits, length(replace(w.digits, '0', '')) as ones from written w
        )
        select base + (c.part::bigint * part_bits - 1
               + sum(octet_length(run.zeros) + 1) over (partition by c.part order by run.nth rows unbounded preceding))
        from counted c, string_to_table(c.digits, '1') with ordinality run (zeros, nth)
        where run.nth <= c.ones
        order by c.part, run.nth
    );
end
$$;

comment on function pc_bits_decode(bit varying, bigint) is
'The keys that a bit string stands for, sorted. Example: select pc_bits_decode(pc_bits_encode(''{1,2,66}''), 0)';
