create function pc_relation_states(relations oid[], out relation oid, out state bigint) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with recursive family(root, member, link) as (
            select distinct r, r, '0'::xid from unnest(relations) r
            union all
            select f.root, i.inhrelid, i.xmin from family f join pg_inherits i on i.inhparent = f.member
        )
        select f.root, hashtextextended(
            string_agg(concat_ws(' ', f.member, f.link, c.relname, c.relnamespace, c.relkind, c.relrowsecurity, c.relfilenode, t.triggers), ';'
                       order by f.member)
            || (select string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped, e.labels), ';'
                                  order by a.attnum)
                from pg_attribute a
                left join lateral (select string_agg(concat_ws(' ', l.oid, l.xmin), ',' order by l.oid) as labels
                                   from pg_enum l where a.atttypid >= 16384 and l.enumtypid = a.atttypid) e on true
                where a.attrelid = f.root and a.attnum > 0)
            || coalesce((select string_agg(concat_ws(' ', w.oid, w.xmin), ';' order by w.oid) from pg_rewrite w where w.ev_class = f.root), ''), 0)
        from family f
        join pg_class c on c.oid = f.member
        left join lateral (select string_agg(concat_ws(' ', g.oid, g.xmin, g.tgenabled), ',' order by g.oid) as triggers
                           from pg_trigger g where g.tgrelid = f.member and g.tgname ^@ 'partitioncache_') t on true
        group by f.root;
end
$$;

comment on function pc_relation_states(oid[]) is
'A fingerprint of each relation: of its name, columns, rules, enum labels, row-level security, files, partitions and children, and of our triggers on all of them. What was learned of a relation is used only while its fingerprint is the same: a rewritten, re-created, attached or altered table has another. A relation that is gone has none. Example: select * from pc_relation_states(array[''pg_class''::regclass])';

create function pc_relation_state(relation oid) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
begin
    return (select s.state from pc_relation_states(array[relation]) s);
end
$$;

comment on function pc_relation_state(oid) is
'The fingerprint of one relation; null if it is gone. Example: select pc_relation_state(''pg_class''::regclass)';

create function pc_function_state(functions oid[]) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select hashtextextended(coalesce(string_agg(concat_ws(' ', f, p.xmin), ';' order by f), ''), 0)
        from unnest(functions) f left join pg_proc p on p.oid = f
    );
end
$$;

comment on function pc_function_state(oid[]) is
'A fingerprint of some functions, which changes when one of them is replaced or dropped. Example: select pc_function_state(''{}'')';
