create function pc_fragment_choices(
    conjunct_tables bigint[], classes integer[], most integer,
    out tables bigint, out conjuncts bigint, out class integer
) returns setof record
language plpgsql immutable parallel safe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with conjunct as materialized (
            select 1::bigint << (c.n::integer - 1) as bit, c.tables, c.tables & (c.tables - 1) = 0 as is_single
            from unnest(conjunct_tables) with ordinality c(tables, n)
        ), own as materialized (
            select c.tables, array_agg(c.bit order by c.bit) as bits, bit_or(c.bit) as all_bits from conjunct c where c.is_single group by c.tables
        ), table_set as materialized (
            select s.tables, s.rank
            from unnest(pc_table_sets(array(select distinct c.tables from conjunct c where not c.is_single), cardinality(classes), most))
                 with ordinality s(tables, rank)
        ), filled as materialized (
            -- everything that is said of a set of tables
            select s.tables, s.rank, bit_count(s.tables::bit(64)) as size,
                   (select bit_or(c.bit) from conjunct c where c.tables & s.tables = c.tables) as bits
            from table_set s
        ), choice(tables, conjuncts, value) as (
            -- one table: its conditions alone, in pairs, and all together
            select o.tables, o.all_bits, 1 from own o
            union all
            select o.tables, b, 3 from own o, unnest(o.bits) b
            union all
            select o.tables, a | b, 5 from own o, unnest(o.bits) a, unnest(o.bits) b where a < b and cardinality(o.bits) between 3 and 5
            union all
            -- several: everything that is said of them
            select f.tables, f.bits, case when f.rank = 1 then 2 else 4 end from filled f
            union all
            -- and of two, without what is said of one alone
            select f.tables, f.bits & ~o.all_bits, 6 from filled f join own o on o.tables & f.tables <> 0 where f.size = 2
        ), class_of as (
            select distinct k.class, bit_or(1::bigint << (k.n::integer - 1)) over (partition by k.class) as members
            from unnest(classes) with ordinality k(class, n) where k.class is not null
        ), distinct_choice as (
            select c.tables, c.conjuncts, k.class, min(c.value) as value
            from choice c join class_of k on k.members & c.tables <> 0
            where c.conjuncts <> 0
            group by 1, 2, 3
        ), best as (
            select *, row_number() over (order by value, bit_count(tables::bit(64)), tables, conjuncts, class) as place
            from distinct_choice
        )
        -- parts before wholes, so that what is small is known when what is large is evaluated
        select b.tables, b.conjuncts, b.class from best b
        where b.place <= most
        order by bit_count(b.tables::bit(64)), bit_count(b.conjuncts::bit(64)), b.tables, b.conjuncts, b.class;
end
$$;

comment on function pc_fragment_choices(bigint[], integer[], integer) is
'Which tables (bits) and which of the conjuncts on them (bits) make fragments for each class of partition columns: at most so many, the most telling kept, small ones first. conjunct_tables: the tables of each conjunct, as bits; classes: by table, as pc_key_classes gives them. Example: select * from pc_fragment_choices(''{1,2,3}'', ''{0,0}'', 64)';
