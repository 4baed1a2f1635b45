create function pc_basis(
    watched oid[], relations oid[] default '{}', names name[] default '{}', functions name[] default '{}', operators name[] default '{}', types name[] default '{}',
    closure pc_object[] default '{}', special boolean default false, whole boolean default false, seed bigint default 0, out state bigint, out bytes double precision, out rows double precision
)
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    parents boolean;
begin
    -- Two statements, of which most need the first alone, because each is planned once a session. A row of the catalog is told from every other,
    -- and from all that it was before, by where it lies and who wrote it.
    select coalesce(bit_xor(hashtextextended(x.row, seed)), 0), coalesce(sum(x.bytes), 0), coalesce(sum(x.rows), 0), bool_or(x.parent)
    into state, bytes, rows, parents
    from (
        select concat_ws(' ', 'relation', c.oid, c.ctid, c.xmin, pg_relation_filenode(c.oid)) as row,
               case when c.oid = any (watched) then case when cardinality(watched) <= 50 then pg_relation_size(c.oid) else c.relpages * 8192.0 end end as bytes,
               case when c.oid = any (watched) then greatest(c.reltuples, 0) end as rows, c.relhassubclass and c.oid = any (watched) as parent
        from pg_class c where c.oid = any (watched || relations)
        union all
        select concat_ws(' ', 'index', i.indexrelid, i.ctid, i.xmin), null, null, null from pg_index i where i.indrelid = any (watched)) x;
    if operators <> '{}' then
        state := state # (
            select bit_xor(hashtextextended(x.row, seed))
            from (
                select concat_ws(' ', 'attribute', a.attrelid, a.ctid, a.xmin) as row from pg_attribute a where a.attrelid = any (relations) and a.attnum > 0
                union all
                select concat_ws(' ', 'trigger', g.oid, g.ctid, g.xmin) from pg_trigger g where g.tgrelid = any (relations)
                union all
                select concat_ws(' ', 'subscribed', s.srrelid, s.srsubid) from pg_subscription_rel s where s.srrelid = any (relations)
                union all
                -- Everything that could now be found instead, under the same name
                select concat_ws(' ', 'named', c.oid, c.relnamespace)
                from pg_class c
                where c.relname = any (names) and c.relkind not in ('i', 'I', 't') and (c.relpersistence <> 't' or c.relnamespace = pg_my_temp_schema())
                union all
                select concat_ws(' ', 'function', p.oid, p.ctid, p.xmin) from pg_proc p where p.proname = any (functions)
                union all
                select concat_ws(' ', 'operator', o.oid, o.ctid, o.xmin) from pg_operator o where o.oprname = any (operators) and o.oid::bigint >= 16384
                union all
                select concat_ws(' ', 'type', t.oid, t.ctid, t.xmin) from pg_type t where t.typname = any (types) and t.oid::bigint >= 16384
                union all
                select concat_ws(' ', 'cast', t.oid, t.ctid, t.xmin) from pg_cast t where t.oid >= 16384
                union all
                select concat_ws(' ', 'collation', d.oid, d.xmin, pg_database_collation_actual_version(d.oid)) from pg_database d where d.datname = current_database()
                union all
                select concat_ws(' ', 'schema', n.oid, n.ctid, n.xmin) from pg_namespace n where n.nspname !~ '^pg_(toast_)?temp_') x);
    end if;
    if special then
        state := state # (select bit_xor(hashtextextended(concat_ws(' ', 'state', s.relation, s.state), seed)) from pc_relation_states(relations, whole) s);
    end if;
    if parents then
        -- The newest of them: a table of thousands of partitions grows there, or everywhere.
        select bytes + coalesce(sum(c.relpages * 8192.0), 0), rows + coalesce(sum(greatest(c.reltuples, 0)), 0)
        into bytes, rows
        from pg_class c
        where c.oid = any (array(select i.inhrelid from pg_inherits i where i.inhparent = any (watched) order by i.inhrelid desc limit 50));
    end if;
    if closure <> '{}' then
        state := state # hashtextextended(pc_closure_state(closure)::text, seed);
    end if;
    -- Under an old snapshot the catalog shows the partitions of then.
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        and exists (select from unnest(relations) r where pc_family_changes(r, pc_members(r)) is distinct from '') then
        state := null;
    end if;
end
$$;

comment on function pc_basis(oid[], oid[], name[], name[], name[], name[], pc_object[], boolean, boolean, bigint) is
'What a decision rests on, by the catalog alone. state: a fingerprint of watched and their indexes, which decide what the planner says; where operators are given, also of the definitions of relations, of all relations, functions, operators and types that are called so (names, functions, ...), of casts, schemas and the database''s collation, and of a closure (see pc_closure) beyond these two; special: and of what only some have (see pc_is_special), whole: with the triggers of partitions and children; null where partitions have changed that an old snapshot does not show. seed: what the fingerprint is made with; who does not know it cannot make objects whose traces cancel out a change. bytes, rows: how large watched are, with the newest fifty of their partitions. Example: select * from pc_basis(array[''pg_class''::regclass])';

create function pc_about_as_large(bytes double precision, rows double precision, bytes_before double precision, rows_before double precision) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return coalesce(abs(bytes - bytes_before) <= 0.2 * bytes_before + 65536 and abs(rows - rows_before) <= 0.2 * rows_before + 1000, false);
end
$$;

comment on function pc_about_as_large(double precision, double precision, double precision, double precision) is
'Whether what the planner said of some relations is still much the same: they have grown or shrunk by no more than a fifth, 64 kB and 1,000 rows. Example: select pc_about_as_large(8192, 100, 8192, 101)';

create function pc_is_special(relations oid[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return exists (select from pg_class c where c.oid = any (relations) and (c.relkind = 'v' or c.relhasrules or c.relhassubclass or c.relispartition))
        or exists (select from pg_inherits i where i.inhrelid = any (relations))
        or exists (select from pg_attribute a where a.attrelid = any (relations) and a.attgenerated <> '');
end
$$;

comment on function pc_is_special(oid[]) is
'Whether there is more to know of some relations than their rows in pg_class and pg_attribute, their indexes and triggers: rules, partitions, children, parents or generated columns. What becomes so has other such rows from then on. Example: select pc_is_special(array[''pg_views''::regclass])';
