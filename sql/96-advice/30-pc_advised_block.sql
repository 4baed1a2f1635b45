create type pc_advised_block as (
    query integer,
    block integer,
    relations text[],
    relids oid[],
    conditions text[],
    tables bigint[]
);

comment on type pc_advised_block is
'One SELECT of a query, for advice: its tables, as text and OID, and its conditions as templates (see pc_block_conjuncts) with the set of their tables as bits.';

create function pc_advised_blocks(query text, number integer, session jsonb) returns setof pc_advised_block
language plpgsql volatile parallel unsafe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set quote_all_identifiers = off
as $$
#variable_conflict use_column
declare
    parsed pc_parsed := pc_parse(query, session);
    tokens text[];
    spaced boolean[];
    closes integer[];
    one pc_block;
    aliases text[];
    found pc_advised_block;
begin
    select array_agg(t.token order by t.n), array_agg(t.spaced order by t.n), array_agg(t.closes order by t.n) into tokens, spaced, closes
    from pc_tokens(parsed.canonical) t;
    for one in select * from pc_query_blocks(tokens, closes) b order by b.block loop
        select array_agg(i.alias order by i.starts), array_agg(i.relation order by i.starts), array_agg(i.relid order by i.starts)
        into aliases, found.relations, found.relids
        from (select i.alias, i.relation, i.starts, regexp_replace(i.relation, '^ONLY ', '')::regclass::oid as relid
              from pc_from_items(tokens, closes, one.from_starts, one.from_ends) i where i.kind = 'table' and not i.nullable limit 30) i
        join pg_class c on c.oid = i.relid and c.relkind in ('r', 'p', 'm');
        continue when aliases is null;
        select coalesce(array_agg(c.template), '{}'), coalesce(array_agg(c.tables), '{}') into found.conditions, found.tables
        from pc_block_conjuncts(tokens, spaced, closes, one, aliases) c where c.resolved and not c.holds_query and c.tables <> 0;
        found.query := number;
        found.block := one.block;
        return next found;
    end loop;
end
$$;

comment on function pc_advised_blocks(text, integer, jsonb) is
'The SELECTs of a query that read tables. number: what it is called in the result. Raises PostgreSQL''s own error for what it does not accept. Example: select * from pc_advised_blocks(''select 1 from pg_class'', 1, pc_session(''public''))';
