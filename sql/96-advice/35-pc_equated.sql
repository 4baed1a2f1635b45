create function pc_equated(blocks pc_advised_block[], out one oid, out one_name text, out other oid, out other_name text) returns setof record
language sql immutable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
    select b.relids[m.part[1]::integer + 1], m.part[2], b.relids[m.part[3]::integer + 1], m.part[4]
    from unnest(blocks) b, unnest(b.conditions) c(template)
    cross join lateral regexp_match(c.template, format(E'^\\(?\x01(\\d+)\x02\\.%1$s = \x01(\\d+)\x02\\.%1$s\\)?$', '("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)')) m(part)
    where m.part is not null
$$;

comment on function pc_equated(pc_advised_block[]) is
'The columns that queries equate, as often as they do: each table with its column, as the query writes it. Example: select * from pc_equated(array(select b from pc_advised_blocks(''select 1 from pg_class a join pg_class b using (relname)'', 1, pc_session(''public'')) b))';
