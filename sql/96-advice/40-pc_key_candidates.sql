create type pc_key_candidate as (
    partition_key text,
    datatype text,
    relids oid[],
    columns text[],
    partitions bigint
);

comment on type pc_key_candidate is
'A partition key that could be registered: its name and datatype, the tables in which it stands and the column in each, and how many values it has by the statistics.';

create function pc_key_candidates(blocks pc_advised_block[], fewest_partitions integer default 16, fewest_rows integer default 2) returns setof pc_key_candidate
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with recursive asked as materialized (
            select distinct r.relid from unnest(blocks) b, unnest(b.relids) r(relid)
            union
            select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where blocks = '{}' and c.relkind in ('r', 'p', 'm') and not c.relispartition and c.reltuples >= 1000
              and n.nspname not in ('pg_catalog', 'information_schema', 'partitioncache_internal') and n.nspname !~ '^pg_t'
        ), referenced as (
            select f.conrelid, f.confrelid, k.one, k.other
            from pg_constraint f, unnest(f.conkey, f.confkey) k(one, other)
            where f.contype = 'f' and f.conparentid = 0
        ), reached as (
            select a.relid from asked a
            union
            select f.confrelid from referenced f join asked a on a.relid = f.conrelid
        ), col as materialized (
            select c.oid::bigint * 10000 + a.attnum as node, c.oid as relid, c.relname, a.attname, quote_ident(a.attname) as quoted, a.atttypid, pc_datatype_of(a.atttypid, a.attcollation) as datatype,
                   greatest(c.reltuples, 0)::double precision as rows,
                   case when s.n_distinct >= 0 then s.n_distinct else - s.n_distinct * greatest(c.reltuples, 0) end::double precision as distinct_values
            from reached r
            join pg_class c on c.oid = r.relid
            join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            left join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and s.inherited = (c.relkind = 'p')
            where pc_datatype_of(a.atttypid, a.attcollation) not in ('float', 'numeric')
            limit 3000
        ), equal as materialized (
            select * from pc_equated(blocks)
        ), edge as (
            select a.node as a, b.node as b
            from referenced f join col a on a.relid = f.conrelid and a.node % 10000 = f.one join col b on b.relid = f.confrelid and b.node % 10000 = f.other
            union
            select a.node, b.node
            from equal e join col a on a.relid = e.one and a.quoted = e.one_name join col b on b.relid = e.other and b.quoted = e.other_name
            union
            select a.node, min(b.node)
            from col a join col b on b.attname = a.attname and b.atttypid = a.atttypid
            where a.attname not in ('id', 'name')  -- each table's own
            group by a.node
        ), both_ways as materialized (
            select e.a, e.b from edge e union select e.b, e.a from edge e
        ), reach (root, node) as (
            select c.node, c.node from col c
            union
            select r.root, e.b from reach r join both_ways e on e.a = r.node
        ), class as (
            select r.node, min(r.root) as class from reach r group by r.node
        ), used as (
            select u.node, count(*) as uses
            from (select a.node from equal e join col a on a.relid = e.one and a.quoted = e.one_name
                  union all select a.node from equal e join col a on a.relid = e.other and a.quoted = e.other_name) u
            group by u.node
        ), member as (
            -- Of two columns of a table that hold the same, the one by which it is joined.
            select distinct on (k.class, c.relid) k.class, c.*, coalesce(u.uses, 0) as uses
            from class k join col c on c.node = k.node left join used u on u.node = c.node
            order by k.class, c.relid, coalesce(u.uses, 0) desc, c.node
        ), judged as (
            select m.class, max(m.distinct_values) filter (where m.rows > 0) as partitions, max(m.rows) as most_rows, min(m.datatype) as datatype, count(distinct m.datatype) as datatypes,
                   array_agg(m.relid order by m.rows desc, m.relid) as relids, array_agg(m.quoted order by m.rows desc, m.relid) as columns
            from member m group by m.class
        )
        select (select n.attname::text from (select m.attname, count(*) as times, max(m.rows) as rows, bool_or(exists (select from member o where o.class = j.class and m.attname like '%' || o.relname || '%')) as says_it
                                             from member m where m.class = j.class group by 1) n
                order by n.times desc, n.says_it desc, n.rows desc, n.attname limit 1),
               j.datatype, j.relids, j.columns, round(j.partitions)::bigint
        from judged j
        where j.datatypes = 1 and j.partitions >= fewest_partitions and j.most_rows / j.partitions >= fewest_rows;
end
$$;

comment on function pc_key_candidates(pc_advised_block[], integer, integer) is
'Columns that hold the same: by foreign keys, by equalities in the queries, or by name and type; those with enough values (fewest_partitions) of which each stands in enough rows of the largest table (fewest_rows) could be a partition key. Without queries, those of all large tables. Example: select * from pc_key_candidates(array(select b from pc_advised_blocks(''select 1 from pg_class'', 1, pc_session(''public'')) b))';

create function pc_likely_candidates(candidates pc_key_candidate[], blocks pc_advised_block[], times double precision[]) returns setof pc_key_candidate
language plpgsql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    if blocks = '{}' then
        return query select * from unnest(candidates);
        return;
    end if;
    -- By what they would restrict: the rows of their tables among those that a query reads, each for as long as the query takes. What joins
    -- tables, or a table to itself, restricts all of them; what does neither is looked at where it is not nearly unique.
    return query
        with equal as materialized (
            select distinct e.one, e.one_name from pc_equated(blocks) e where e.one = e.other and e.one_name = e.other_name
        )
        select (c.candidate).*
        from (
            select k as candidate, j.joins, row_number() over (partition by j.joins order by s.score desc, k.partition_key) as place
            from unnest(candidates) k
            cross join lateral (
                select cardinality(k.relids) > 1 or exists (
                    select from unnest(k.relids, k.columns) o(relid, column_name) join equal e on e.one = o.relid and e.one_name = o.column_name)) j(joins)
            cross join lateral (
                select coalesce(sum(times[b.query] * r.keyed / r.read), 0) as score
                from unnest(blocks) b
                cross join lateral (select sum(greatest(c.reltuples, 0)) filter (where c.oid = any (k.relids)) as keyed, nullif(sum(greatest(c.reltuples, 0)), 0) as read
                                    from unnest(b.relids) u(relid) join pg_class c on c.oid = u.relid) r) s
            where j.joins or (select max(c.reltuples) from pg_class c where c.oid = any (k.relids)) >= 5 * k.partitions) c
        where c.place <= case when c.joins then 8 else 2 end
        order by not c.joins, c.place;
end
$$;

comment on function pc_likely_candidates(pc_key_candidate[], pc_advised_block[], double precision[]) is
'Those candidates with which the queries are looked at more closely. times: what each query takes. Example: see partitioncache_advise';
