create function pc_present_family(relation oid) returns oid[]
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set constraint_exclusion = off
as $$
declare
    known record;
    family oid[] := array(select t.relid::oid from pg_partition_tree(relation) t);  -- of plain tables: nothing
    plan jsonb;
begin
    select o.identity, o.type into known from pg_identify_object('pg_class'::regclass, relation, 0) o;
    if family <> '{}' or known.type is null or known.type not in ('table', 'foreign table') then
        return coalesce(nullif(family, '{}'), array[relation]);
    end if;
    -- To plan a query is to call the immutable functions of its row-level security, whose they may be.
    if not has_any_column_privilege(relation, 'select')
        or not (select has_schema_privilege(c.relnamespace, 'usage') and not c.relrowsecurity and c.relkind = 'r' from pg_class c where c.oid = relation) then
        return null;
    end if;
    -- No function tells what inherits from a table now; the plan of a query does.
    execute format('explain (verbose, costs off, format json) select from %s', known.identity) into plan;
    return array(select c.oid
                 from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name"))') n
                 left join pg_namespace s on s.nspname = n ->> 'Schema'
                 left join pg_class c on c.relnamespace = s.oid and c.relname = n ->> 'Relation Name');
end
$$;

comment on function pc_present_family(oid) is
'A relation and its partitions or inheriting tables as a query reads them now, whatever the snapshot; null if that cannot be told. Volatile, because PostgreSQL explains no plan elsewhere. Example: select pc_present_family(''pg_class''::regclass)';

create function pc_family_changes(relation oid, seen oid[]) returns text
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    present oid[];
begin
    -- Under an older snapshot pg_inherits shows the partitions and children of then; a query reads those of now.
    if not pc_old_snapshot() then
        return '';
    end if;
    present := pc_present_family(relation);
    return case when present @> seen and present <@ seen then '' else format('now %s', coalesce(present::text, 'unknown')) end;
end
$$;

comment on function pc_family_changes(oid, oid[]) is
'What the partitions or children of a relation are now, if they are others than those that this transaction sees in the catalog; empty if not, and in read committed. Example: select pc_family_changes(''pg_class''::regclass, array[''pg_class''::regclass])';

-- The fingerprints are volatile: so they are taken under a snapshot of their own. A stable function that is still running
-- plans its queries by the definitions of now, under the snapshot of the statement that called it.
create function pc_relation_states(relations oid[], out relation oid, out state bigint) returns setof record
language plpgsql volatile parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return query
        with recursive family(root, member, link) as (
            select distinct r, r, '0'::xid from unnest(relations) r
            union all
            select f.root, i.inhrelid, i.xmin from family f join pg_inherits i on i.inhparent = f.member
        ), ancestry(root, member, link) as (
            select distinct r, i.inhparent, i.xmin from unnest(relations) r join pg_inherits i on i.inhrelid = r
            union all
            select a.root, i.inhparent, i.xmin from ancestry a join pg_inherits i on i.inhrelid = a.member
        )
        select f.root, hashtextextended(
            string_agg(concat_ws(' ', f.member, f.link, c.relname, c.relnamespace::regnamespace, c.relkind, c.relrowsecurity, pg_relation_filenode(c.oid), t.triggers, p.parents), ';'
                       order by f.member)
            || (select string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped, a.attgenerated), ';' order by a.attnum)
                from pg_attribute a where a.attrelid = f.root and a.attnum > 0)
            || coalesce((select string_agg(concat_ws(' ', d.oid, d.xmin), ';' order by d.oid)
                         from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                         where a.attgenerated <> '' and a.attrelid = any (array_agg(f.member))), '')
            || coalesce((select string_agg(concat_ws(' ', w.oid, w.xmin), ';' order by w.oid) from pg_rewrite w where w.ev_class = f.root), '')
            -- A write through a parent is logged by the parent's triggers only.
            || coalesce((select string_agg(concat_ws(' ', a.member, a.link, g.oid, g.xmin, g.tgenabled), ';' order by a.member, g.oid)
                         from ancestry a left join pg_trigger g on g.tgrelid = a.member and g.tgname ^@ 'partitioncache_'
                         where a.root = f.root), '')
            || coalesce((select string_agg(concat_ws(' ', 'subscribed', s.srsubid, s.srrelid), ';' order by s.srsubid, s.srrelid)
                         from pg_subscription_rel s
                         where s.srrelid = any (array_agg(f.member)) or s.srrelid in (select a.member from ancestry a where a.root = f.root)), '')
            || pc_family_changes(f.root, array_agg(f.member)), 0)
        from family f
        join pg_class c on c.oid = f.member
        left join lateral (select string_agg(concat_ws(' ', g.oid, g.xmin, g.tgenabled), ',' order by g.oid) as triggers
                           from pg_trigger g where g.tgrelid = f.member and g.tgname ^@ 'partitioncache_') t on true
        -- A child may have further parents, through which it is written to as well.
        left join lateral (select string_agg(concat_ws(' ', i.inhparent, i.xmin), ',' order by i.inhparent) as parents
                           from pg_inherits i where i.inhrelid = f.member and not c.relispartition) p on true
        group by f.root;
end
$$;

comment on function pc_relation_states(oid[]) is
'A fingerprint of each relation: of its name and schema, columns, expressions of generated ones, rules, row-level security, files, partitions and children, and of our triggers on all of them. What was learned of a relation is used only while its fingerprint is the same: a rewritten, re-created, attached or altered table has another, for a transaction with an older snapshot as well. A relation that is gone has none. Example: select * from pc_relation_states(array[''pg_class''::regclass])';

create function pc_relation_state(relation oid) returns bigint
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select s.state from pc_relation_states(array[relation]) s);
end
$$;

comment on function pc_relation_state(oid) is
'The fingerprint of one relation; null if it is gone. Example: select pc_relation_state(''pg_class''::regclass)';
