create function pc_depends_on(dependent pc_object) returns pc_object[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return array(
        select distinct row(d.refclassid, d.refobjid)::pc_object
        from pg_depend d
        where d.classid = (dependent).class and d.objid = (dependent).object and d.refclassid <> 'pg_namespace'::regclass);
end
$$;

comment on function pc_depends_on(pc_object) is
'The objects that PostgreSQL has noted down as what one depends on, schemas left out. PostgreSQL''s own that cannot be dropped are not noted down. Example: select pc_depends_on(row(''pg_class''::regclass, ''pg_views''::regclass))';

create function pc_closure(roots pc_object[], relations oid[]) returns pc_object[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    reached pc_object[];
    unknown boolean;
    -- With all their partitions and children, which may generate columns in another way.
    families oid[] := relations || array(select m from pg_class c, unnest(pc_members(c.oid)) m where c.oid = any (relations) and c.relhassubclass);
    generated oid[] := array(select e.oid from pg_attrdef e
                             where e.adrelid = any (families)
                               and (select a.attgenerated <> '' from pg_attribute a where a.attrelid = e.adrelid and a.attnum = e.adnum));
begin
    -- Nothing of users' own, as nearly always.
    if not exists (select from unnest(roots) r where (r).object >= 12000 or (r).class not in ('pg_collation'::regclass, 'pg_ts_config'::regclass))
        and not exists (select from pg_class c where c.oid = any (relations) and c.relkind = 'v')
        and generated = '{}'
    then
        return array(select distinct r from unnest(roots || row('pg_cast'::regclass, 0)::pc_object) r order by 1);
    end if;
    with recursive reached(class, object) as (
        select s.class, s.object
        from (
            select r.class, r.object from unnest(roots) r
            union
            -- What views call, and the expressions behind generated columns.
            select t.class, t.object
            from pc_tree_facts(pc_view_trees(array(select c.oid from pg_class c where c.oid = any (relations) and c.relkind = 'v'))) f, unnest(f.roots) t
            union
            select o.class, o.object
            from pg_rewrite w, unnest(pc_depends_on(row('pg_rewrite'::regclass, w.oid)::pc_object)) o
            where w.ev_class = any (relations) and w.ev_type = '1' and o.class <> 'pg_class'::regclass
            union
            select 'pg_attrdef'::regclass, e from unnest(generated) e
            union
            -- Casts are in no text that PostgreSQL writes where they go without saying.
            select 'pg_cast'::regclass, 0
        ) s
        union
        select behind.class, behind.object
        from reached r
        cross join lateral (
            select d.refclassid as class, d.refobjid as object
            from pg_depend d
            where d.classid = r.class and d.objid = r.object
              and r.class not in ('pg_namespace'::regclass, 'pg_language'::regclass, 'pg_extension'::regclass, 'pg_am'::regclass)
              -- Of a relation, its row type is meant.
              and (r.class <> 'pg_class'::regclass or d.refclassid in ('pg_type'::regclass, 'pg_collation'::regclass))
            union all
            select 'pg_class'::regclass, t.typrelid from pg_type t where r.class = 'pg_type'::regclass and t.oid = r.object and t.typrelid <> 0
            union all
            select 'pg_rewrite'::regclass, w.oid from pg_rewrite w where r.class = 'pg_class'::regclass and w.ev_class = r.object and w.ev_type = '1'
            union all
            select 'pg_constraint'::regclass, c.oid from pg_constraint c where r.class = 'pg_type'::regclass and c.contypid = r.object
            union all
            -- Sorting, grouping and comparing arrays or rows find their operators by the type; of the access methods btree and hash.
            select 'pg_opfamily'::regclass, c.opcfamily from pg_opclass c
            where r.class = 'pg_type'::regclass and r.object >= 12000 and c.opcmethod in (403, 405) and c.opcintype = r.object
            union all
            select 'pg_opfamily'::regclass, p.amopfamily from pg_amop p where r.class = 'pg_operator'::regclass and p.amopopr = r.object and p.amopmethod in (403, 405)
            union all
            select 'pg_amop'::regclass, p.oid from pg_amop p where r.class = 'pg_opfamily'::regclass and p.amopfamily = r.object
            union all
            select 'pg_amproc'::regclass, p.oid from pg_amproc p where r.class = 'pg_opfamily'::regclass and p.amprocfamily = r.object
            union all
            -- A function written as a string hides what it calls.
            select o.class, 0
            from pg_proc p, unnest(array['pg_proc'::regclass, 'pg_ts_config'::regclass]) o(class)
            where r.class = 'pg_proc'::regclass and p.oid = r.object and (p.prolang not in (12, 13) and p.prosqlbody is null or p.proconfig is not null)
            union all
            select 'pg_ts_config'::regclass, 0
            where r.class in ('pg_ts_config'::regclass, 'pg_ts_dict'::regclass, 'pg_ts_parser'::regclass, 'pg_ts_template'::regclass)
        ) behind
    )
    -- Of the members of a family the family's fingerprint tells.
    select array_agg(row(r.class, r.object)::pc_object order by r.class, r.object) filter (where r.class not in ('pg_amop'::regclass, 'pg_amproc'::regclass)),
           bool_or(r.class not in ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass,
                                   'pg_opfamily'::regclass, 'pg_amop'::regclass, 'pg_amproc'::regclass, 'pg_cast'::regclass, 'pg_collation'::regclass,
                                   'pg_constraint'::regclass, 'pg_rewrite'::regclass, 'pg_attrdef'::regclass, 'pg_language'::regclass,
                                   'pg_namespace'::regclass, 'pg_extension'::regclass, 'pg_am'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass,
                                   'pg_ts_parser'::regclass, 'pg_ts_template'::regclass))
    into reached, unknown
    from reached r;
    return case when not unknown and cardinality(reached) <= 3000 then reached end;
end
$$;

comment on function pc_closure(pc_object[], oid[]) is
'All objects that the meaning of an expression hangs on: what it names (roots), what the views and generated columns among the relations name, and what these depend on, to the end: types with their attributes, elements, domains and constraints, operators with their functions, families and classes, functions in functions, collations, extensions, ... Three stand for many: (pg_cast, 0) for all casts of users, (pg_proc, 0) for all that a function written as a string could call, (pg_ts_config, 0) for all of text search. Null if something is reached that cannot be followed. Example: select pc_closure(''{}'', array[''pg_views''::regclass])';

create function pc_closure_state(closure pc_object[]) returns bigint
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    state bigint := 0;
    class oid;
    of_class oid[];
    part bigint;
begin
    -- Of each object its row, which is another after each change, and the rows that hang on it without an object of their own, or that may be added.
    for class, of_class in select c.class, array_agg(c.object) from unnest(closure) c group by 1 loop
        case class
            when 'pg_cast'::regclass then
                select bit_xor(hashtextextended(concat_ws(' ', 'cast', c.oid, c.xmin), 0)) into part from pg_cast c where c.oid >= 16384;
            when 'pg_collation'::regclass then
                select bit_xor(hashtextextended(concat_ws(' ', 'collation', c.oid, c.xmin, pg_collation_actual_version(c.oid), d.version), 0)) into part
                from pg_collation c
                left join lateral (select pg_database_collation_actual_version(b.oid) as version from pg_database b
                                   where b.datname = current_database() and c.oid = 100) d on true
                where c.oid = any (of_class);
            when 'pg_type'::regclass then
                select bit_xor(hashtextextended(x.t, 0)) into part
                from (select concat_ws(' ', 'type', t.oid, t.xmin) from pg_type t where t.oid = any (of_class)
                      union all
                      select concat_ws(' ', 'label', l.oid, l.xmin) from pg_enum l where l.enumtypid = any (of_class)
                      union all
                      select concat_ws(' ', 'constraint', c.oid, c.xmin) from pg_constraint c where c.contypid = any (of_class)
                      union all
                      select concat_ws(' ', 'class', c.oid, c.xmin) from pg_opclass c where c.opcmethod in (403, 405) and c.opcintype = any (of_class)) x(t);
            when 'pg_class'::regclass then
                select bit_xor(hashtextextended(x.t, 0)) into part
                from (select concat_ws(' ', 'relation', c.oid, c.relname, c.relnamespace, c.relkind) from pg_class c where c.oid = any (of_class)
                      union all
                      select concat_ws(' ', 'attribute', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attisdropped)
                      from pg_attribute a where a.attrelid = any (of_class) and a.attnum > 0
                      union all
                      select concat_ws(' ', 'rule', w.oid, w.xmin) from pg_rewrite w where w.ev_class = any (of_class) and w.ev_type = '1') x(t);
            when 'pg_proc'::regclass then
                select bit_xor(hashtextextended(x.t, 0)) into part
                from (select concat_ws(' ', 'function', p.oid, p.xmin) from pg_proc p where p.oid = any (of_class)
                      union all
                      -- All of a name: a text that calls one of them may call another tomorrow.
                      select concat_ws(' ', 'overload', p.oid, p.xmin) from pg_proc p
                      where (p.proname, p.pronamespace) in (select n.proname, n.pronamespace from pg_proc n where n.oid = any (of_class))) x(t);
                if 0 = any (of_class) then
                    part := coalesce(part, 0) # coalesce(pc_hidden_state(), 0);
                end if;
            when 'pg_operator'::regclass then
                select bit_xor(hashtextextended(x.t, 0)) into part
                from (select concat_ws(' ', 'operator', p.oid, p.xmin) from pg_operator p where p.oid = any (of_class)
                      union all
                      select concat_ws(' ', 'member', p.oid, p.xmin) from pg_amop p where p.amopopr = any (of_class)
                      union all
                      select concat_ws(' ', 'overload', p.oid, p.xmin) from pg_operator p
                      where (p.oprname, p.oprnamespace) in (select n.oprname, n.oprnamespace from pg_operator n where n.oid = any (of_class))) x(t);
            when 'pg_opfamily'::regclass then
                select bit_xor(hashtextextended(x.t, 0)) into part
                from (select concat_ws(' ', 'family', f.oid, f.xmin) from pg_opfamily f where f.oid = any (of_class)
                      union all
                      select concat_ws(' ', 'family operator', p.oid, p.xmin) from pg_amop p where p.amopfamily = any (of_class)
                      union all
                      select concat_ws(' ', 'family function', p.oid, p.xmin) from pg_amproc p where p.amprocfamily = any (of_class)) x(t);
            when 'pg_ts_config'::regclass then
                select bit_xor(hashtextextended(x.t, 0)) into part
                from (select concat_ws(' ', 'configuration', c.oid, c.xmin) from pg_ts_config c
                      union all
                      select concat_ws(' ', 'mapping', m.mapcfg, m.maptokentype, m.mapseqno, m.mapdict) from pg_ts_config_map m
                      union all
                      select concat_ws(' ', 'dictionary', d.oid, d.xmin) from pg_ts_dict d
                      union all
                      select concat_ws(' ', 'parser', p.oid, p.xmin) from pg_ts_parser p
                      union all
                      select concat_ws(' ', 'template', t.oid, t.xmin) from pg_ts_template t) x(t);
            when 'pg_namespace'::regclass then
                -- Not its row: that changes with each grant.
                select bit_xor(hashtextextended(concat_ws(' ', 'schema', n.oid, n.nspname), 0)) into part from pg_namespace n where n.oid = any (of_class);
            when 'pg_opclass'::regclass then
                select bit_xor(hashtextextended(concat_ws(' ', 'class', c.oid, c.xmin), 0)) into part from pg_opclass c where c.oid = any (of_class);
            when 'pg_extension'::regclass then
                select bit_xor(hashtextextended(concat_ws(' ', 'extension', e.oid, e.xmin), 0)) into part from pg_extension e where e.oid = any (of_class);
            else
                -- Who stores an entry says what it depends on. Nothing but PostgreSQL's own tables is read for it.
                if not exists (select from pg_class c where c.oid = class and c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r') then
                    return null;
                end if;
                execute format('select bit_xor(hashtextextended(concat_ws('' '', ''row'', c.oid, c.xmin), 0)) from %s c where c.oid = any ($1)', class::regclass)
                into part using of_class;
        end case;
        state := state # hashtextextended(concat_ws(' ', class, part), 0);
    end loop;
    return state;
end
$$;

comment on function pc_closure_state(pc_object[]) is
'A fingerprint of the objects of a closure: of the rows that the catalog has for them, and of what could be added beside them (enum labels, attributes, constraints, members of operator families, functions and operators of the same name, casts). Volatile: see pc_relation_states. Example: select pc_closure_state(pc_closure(''{}'', array[''pg_views''::regclass]))';

create function pc_hidden_state() returns bigint
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    return (
        select bit_xor(hashtextextended(x.t, 0))
        from (select concat_ws(' ', 'function', p.oid, p.xmin) from pg_proc p
              -- Functions of ours come and go with caches, and change with each grant; temporary ones are found by their full name only.
              where p.oid >= 16384
                and p.pronamespace <> all (array(select n.oid from pg_namespace n where n.nspname = 'partitioncache_internal' or n.nspname ^@ 'pg_temp_'))
                and not (p.proname ^@ 'partitioncache_' and p.proowner = (select n.nspowner from pg_namespace n where n.nspname = 'partitioncache_internal'))
              union all
              select concat_ws(' ', 'operator', o.oid, o.xmin) from pg_operator o where o.oid >= 16384
              union all
              select concat_ws(' ', 'class', c.oid, c.xmin) from pg_opclass c where c.oid >= 16384
              union all
              select concat_ws(' ', 'label', l.oid, l.xmin) from pg_enum l where l.oid >= 12000
              union all
              select concat_ws(' ', 'collation', c.oid, c.xmin) from pg_collation c where c.oid >= 16384
              union all
              select concat_ws(' ', 'constraint', c.oid, c.xmin) from pg_constraint c where c.contypid <> 0
              union all
              select concat_ws(' ', 'type', t.oid, t.xmin) from pg_type t where t.oid >= 16384 and t.typrelid = 0 and t.typelem = 0 and not pg_is_other_temp_schema(t.typnamespace)
              union all
              select concat_ws(' ', 'attribute', a.attrelid, a.attnum, a.attname, a.atttypid, a.attisdropped)
              from pg_class c join pg_attribute a on a.attrelid = c.oid
              where c.relkind = 'c' and c.relnamespace <> 'partitioncache_internal'::regnamespace and c.oid >= 16384
              union all
              select concat_ws(' ', 'schema', n.oid, n.nspname) from pg_namespace n where n.nspname !~ '^pg_(toast_)?temp_') x(t)
    );
end
$$;

comment on function pc_hidden_state() is
'A fingerprint of all that a function of a user''s could call or name unseen, because it is written as a string: functions, operators, types with labels, constraints and attributes, collations, schemas; casts and text search are looked at anyway. Example: select pc_hidden_state()';

create function pc_is_passing(closure pc_object[]) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return exists (select from unnest(closure) o where (o).object <> 0 and (o).object <> 100);
end
$$;

comment on function pc_is_passing(pc_object[]) is
'Whether a closure holds objects of users'', of which it cannot be told under an old snapshot how they are defined now. Example: select pc_is_passing(''{}'')';
