create function pc_analysis_state(named oid[], relations oid[], functions oid[], operators oid[], types oid[], closure pc_object[], whole boolean default false) returns bigint
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
begin
    return (
        -- Beside what was found: everything that could now be found instead of it, under the same name.
        select hashtextextended(concat_ws('|',
            (select string_agg(concat_ws(' ', s.relation, s.state), ',' order by s.relation) from pc_relation_states(relations, whole) s),
            (select string_agg(concat_ws(' ', c.oid, c.relnamespace), ',' order by c.oid)
             from pg_class c
             where c.relname = any (array(select n.relname from pg_class n where n.oid = any (named)))
               and c.relkind not in ('i', 'I', 't') and (c.relpersistence <> 't' or c.relnamespace = pg_my_temp_schema())),
            (select string_agg(concat_ws(' ', p.oid, p.xmin), ',' order by p.oid)
             from pg_proc p
             where p.proname = any (array(select n.proname from pg_proc n where n.oid = any (functions)))),
            (select string_agg(concat_ws(' ', o.oid, o.xmin), ',' order by o.oid)
             from pg_operator o
             where o.oid::bigint >= 16384  -- by its name
               -- "=" is what restrictions are written with
               and o.oprname = any (array(select n.oprname from pg_operator n where n.oid = any (operators)) || '='::name)),
            (select string_agg(concat_ws(' ', t.oid, t.xmin), ',' order by t.oid)
             from pg_type t
             where t.oid::bigint >= 16384
               -- and these are types whose names could be shadowed
               and t.typname = any (array(select n.typname from pg_type n where n.oid = any (types)) || '{text,uuid,date}'::name[])),
            pc_closure_state(closure),
            (select string_agg(concat_ws(' ', n.oid, n.xmin), ',' order by n.oid) from pg_namespace n where not (n.nspname ^@ 'pg_temp_' or n.nspname ^@ 'pg_toast_temp_'))), 0)
    );
end
$$;

comment on function pc_analysis_state(oid[], oid[], oid[], oid[], oid[], pc_object[], boolean) is
'A fingerprint of the part of the catalog that decides what a text means: the objects it uses and all of the same names, what they hang on, the schemas and the casts. whole: also the triggers of the partitions and children of a table, which decide only whether entries hold. Example: select pc_analysis_state(''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'')';
