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

create function pc_members(root oid) returns oid[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    members oid[] := array[root];
    level oid[] := array[root];
    partitioned boolean := exists (select from pg_partitioned_table p where p.partrelid = root);
begin
    loop
        level := array(select i.inhrelid from pg_inherits i where i.inhparent = any (level));
        exit when level = '{}';
        members := members || level;
        -- Of what is partitioned, few parts are partitioned again.
        if partitioned then
            level := array(select p.partrelid from pg_partitioned_table p where p.partrelid = any (level));
            exit when level = '{}';
        end if;
    end loop;
    return case when partitioned then members else array(select distinct m from unnest(members) m order by 1) end;
end
$$;

comment on function pc_members(oid) is
'A relation and all its partitions or inheriting tables, however deep, as the catalog shows them, in a few look-ups for any number. Example: select pc_members(''pg_class''::regclass)';

-- The fingerprints are volatile: so they are taken under a snapshot of their own. A stable function that is still running
-- plans its queries by the definitions of now, under the snapshot of the statement that called it.
create function pc_family_state(root oid, whole boolean) returns bigint
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_indexscan = off
set max_parallel_workers_per_gather = 0
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    partitioned boolean := exists (select from pg_partitioned_table p where p.partrelid = root);
    members oid[] := case when partitioned then array[root] else pc_members(root) end;
    level oid[] := array[root];
    reached oid[];
    -- The age of a row counts from the number that is given out next, so that what lies between two ages stays the same.
    since_then bigint := age('3'::xid);
    links bigint := 0;
    parts bigint := 0;
    more_links bigint;
    more_parts bigint;
begin
    -- Of thousands of parts: digests of numbers, which are put together in any order. A partition has one parent, and few are partitioned again.
    while partitioned and level <> '{}' loop
        select array_agg(i.inhrelid), bit_xor(hashint8extended((i.inhrelid::bigint << 32) # (age(i.xmin)::bigint - since_then), i.inhparent::bigint))
        into level, more_links from pg_inherits i where i.inhparent = any (level);
        exit when level is null;
        members := members || level;
        select array_agg(c.oid) filter (where c.relkind = 'p'),
               bit_xor(hashint8extended((c.oid::bigint << 32) | c.relfilenode::bigint, c.relnamespace::bigint)
                       # hashnameextended(c.relname, (c.oid::bigint << 16) | (ascii(c.relkind::text) << 1) | c.relrowsecurity::integer))
        into level, more_parts from pg_class c where c.oid = any (level);
        links := links # more_links;
        parts := parts # more_parts;
    end loop;
    -- A child may have further parents, through which it is written to as well; a write through a parent is logged by the parent's triggers only.
    with recursive above(relation) as (
        select i.inhparent from pg_inherits i where i.inhrelid = any (case when partitioned then array[root] else members end)
        union
        select i.inhparent from above a join pg_inherits i on i.inhrelid = a.relation
    )
    select members || coalesce(array_agg(a.relation), '{}') into reached from above a where a.relation <> all (members);
    if not partitioned then
        select bit_xor(hashint8extended((i.inhrelid::bigint << 32) # (age(i.xmin)::bigint - since_then), i.inhparent::bigint))
        into links from pg_inherits i where i.inhrelid = any (reached);
        select bit_xor(hashint8extended((c.oid::bigint << 32) | c.relfilenode::bigint, c.relnamespace::bigint)
                       # hashnameextended(c.relname, (c.oid::bigint << 16) | (ascii(c.relkind::text) << 1) | c.relrowsecurity::integer))
        into parts from pg_class c where c.oid = any (members);
    end if;
    if whole then
        -- Who switches a trigger off writes its row anew.
        select parts # coalesce(bit_xor(hashint8extended((g.oid::bigint << 32) # (age(g.xmin)::bigint - since_then), 0)), 0)
        into parts from pg_trigger g where g.tgrelid = any (reached) and g.tgname >= 'partitioncache_'::name and g.tgname < 'partitioncache`'::name;
    end if;
    return (
        select hashtextextended(concat_ws(';', 'family', root, parts, links,
            (select concat_ws(' ', c.relname, n.oid, n.nspname, c.relkind, c.relrowsecurity, c.relfilenode) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = root),
            (select string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped, a.attgenerated), ',' order by a.attnum)
             from pg_attribute a where a.attrelid = root and a.attnum > 0),
            (select string_agg(concat_ws(' ', d.oid, d.xmin), ',' order by d.oid)
             from pg_attrdef d where d.adrelid = any (case when whole then members else array[root] end)
               and exists (select from pg_attribute a where a.attrelid = d.adrelid and a.attnum = d.adnum and a.attgenerated <> '' offset 0)),
            (select string_agg(concat_ws(' ', w.oid, w.xmin), ',' order by w.oid) from pg_rewrite w where w.ev_class = root),
            (select string_agg(concat_ws(' ', i.inhrelid, i.inhparent, i.xmin), ',' order by i.inhrelid, i.inhparent)
             from pg_inherits i where i.inhrelid = any (root || reached[cardinality(members) + 1:])),
            case when whole then (select string_agg(concat_ws(' ', s.srsubid, s.srrelid), ',' order by s.srsubid, s.srrelid)
                                  from pg_subscription_rel s where s.srrelid = any (reached)) end,
            case when pc_old_snapshot() then pc_family_changes(root, members) else '' end), 0));
end
$$;

comment on function pc_family_state(oid, boolean) is
'The fingerprint of a relation that has partitions, children or parents; whole: with all that decides whether writes to them are seen; else which they are and what files they have, and what a text that names the relation means. Example: see pc_relation_states';

create function pc_relation_states(relations oid[], whole boolean default true, out relation oid, out state bigint) returns setof record
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
declare
    families oid[];
    old boolean := pc_old_snapshot();
begin
    families := array(select r from unnest(relations) r
                      -- Each looked up by an index: PostgreSQL would rather read all of what inherits in the database.
                      where exists (select from pg_inherits i where i.inhparent = r offset 0) or exists (select from pg_inherits i where i.inhrelid = r offset 0));
    -- What has neither partitions nor children nor parents, as most: the same in fewer steps.
    if families = '{}' or not relations <@ families then
        return query
            select c.oid, hashtextextended(
                concat_ws(' ', c.oid, c.relname, c.relnamespace::regnamespace, c.relkind, c.relrowsecurity, pg_relation_filenode(c.oid))
                || a.attributes
                || coalesce((select string_agg(concat_ws(' ', g.oid, g.xmin, g.tgenabled), ',' order by g.oid)
                             from pg_trigger g where g.tgrelid = c.oid and g.tgname ^@ 'partitioncache_'), '')
                || case when a.generated then (select string_agg(concat_ws(' ', d.oid, d.xmin), ';' order by d.oid) from pg_attrdef d where d.adrelid = c.oid) else '' end
                || case when c.relkind = 'v' or c.relhasrules
                        then coalesce((select string_agg(concat_ws(' ', w.oid, w.xmin), ';' order by w.oid) from pg_rewrite w where w.ev_class = c.oid), '') else '' end
                || coalesce((select string_agg(concat_ws(' ', 'subscribed', s.srsubid), ';' order by s.srsubid) from pg_subscription_rel s where s.srrelid = c.oid), '')
                || case when old then pc_family_changes(c.oid, array[c.oid]) else '' end, 0)
            from pg_class c
            cross join lateral (
                select coalesce(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped, a.attgenerated), ';' order by a.attnum), '') as attributes,
                       coalesce(bool_or(a.attgenerated <> ''), false) as generated
                from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) a
            where c.oid = any (relations) and c.oid <> all (families);
    end if;
    if families <> '{}' then
        return query select c.oid, pc_family_state(c.oid, whole) from pg_class c where c.oid = any (families);
    end if;
end
$$;

comment on function pc_relation_states(oid[], boolean) is
'A fingerprint of each relation: of its name and schema, columns, expressions of generated ones, rules, row-level security, files, partitions and children, and of our triggers on all of them. What was learned of a relation is used only while its fingerprint is the same: a rewritten, re-created, attached or altered table has another, for a transaction with an older snapshot as well. A relation that is gone has none. whole: false is cheaper where there are partitions or children, and leaves out their triggers. Example: select * from pc_relation_states(array[''pg_class''::regclass])';

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
