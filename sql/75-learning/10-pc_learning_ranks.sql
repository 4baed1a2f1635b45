create function pc_learning_ranks(fragments pc_fragment[], out hash text, out rank text) returns setof record
language sql immutable parallel safe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with f as materialized (
        select * from unnest(fragments) x
    ), ranked as (
        select f.hash,
               case when not exists (select from f o where o.family = f.family and f.hash = any (o.parts)) then 1
                    when cardinality(f.tables) = 1 and (cardinality(f.conjuncts) = 1 or not exists (
                             select from f o where o.family = f.family and cardinality(o.tables) = 1 and f.hash = any (o.parts))) then 2
                    else 3 end as place
        from f
    )
    -- The same text can be the whole of one block and a part in another one.
    select r.hash, (array['whole', 'own', 'weaker'])[min(r.place)] from ranked r group by r.hash
$$;

comment on function pc_learning_ranks(pc_fragment[]) is
'In which order the fragments of a query are worth learning. whole: all that is said of a table, or of tables that conditions connect; own: what is said of one of several tables, and each condition on one; weaker: what is between, joins without some of the conditions: only other queries can gain by it. Example: select * from pc_learning_ranks((pc_take_apart(''select 1'', ''city_id'', ''partitioncache'', pc_session(''public''))).fragments)';

create function pc_learned_first(query text, partition_key text, cache text, session jsonb) returns setof pc_fragment
language plpgsql volatile parallel unsafe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    fragments pc_fragment[] := (pc_take_apart(query, partition_key, cache, session)).fragments;
begin
    return query
        select (fragments[u.n]).*
        from (select min(n) as n, (fragments[n]).hash from generate_subscripts(fragments, 1) n group by 2) u
        join pc_learning_ranks(fragments) r on r.hash = u.hash
        where r.rank <> 'weaker'
        order by r.rank = 'whole', u.n;
end
$$;

comment on function pc_learned_first(text, text, text, jsonb) is
'The fragments of a query that are evaluated when it is pushed: what is said of each table, then the wholes. Together they serve every later query that says more. Raises PostgreSQL''s own error for a query that it does not accept. Example: select * from pc_learned_first(''select 1'', ''city_id'', ''partitioncache'', pc_session(''public''))';
