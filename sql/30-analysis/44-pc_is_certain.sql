create function pc_old_snapshot() returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return current_setting('transaction_isolation') in ('repeatable read', 'serializable');
end
$$;

comment on function pc_old_snapshot() is
'Whether this transaction goes on reading under the snapshot that it began with. PostgreSQL runs its queries by the definitions of now, while whoever reads the catalog with a query sees those of then. Example: select pc_old_snapshot()';

create function pc_is_certain(relation oid) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- pg_identify_object knows what is there now, the tables of the catalog what the snapshot sees.
        select coalesce(bool_and(
                   -- The row of a view's rule that the snapshot sees bears a mark as soon as anybody has begun to replace it. Tables in views are judged by themselves.
                   (c.relkind <> 'v' or c.xmax = '0' and exists (select from pg_rewrite w where w.ev_class = c.oid and w.ev_type = '1' and w.xmax = '0'))
                   and (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity is not distinct from format('%I.%I', n.nspname, c.relname)
                   and not exists (
                       select from generate_series(1, c.relnatts + 1) attnum
                       left join pg_attribute a on a.attrelid = c.oid and a.attnum = attnum.attnum and not a.attisdropped
                       where (pg_identify_object('pg_class'::regclass, c.oid, attnum.attnum)).identity
                             is distinct from case when a.attnum is not null then format('%I.%I.%I', n.nspname, c.relname, a.attname) end
                          or exists (select from pg_type t where t.oid = a.atttypid and t.typtype in ('e', 'd', 'c')))), false)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = pc_is_certain.relation
    );
end
$$;

comment on function pc_is_certain(oid) is
'Whether a relation is now defined as the snapshot in force shows it, as far as that can be told: of enums, domains and composite types in columns it cannot, and of a view only while nobody has begun to change it, with or without success. Example: select pc_is_certain(''pg_class''::regclass)';
