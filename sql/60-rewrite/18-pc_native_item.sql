create function pc_native_column(name text, relation text, canonical text, out alias text, out column_name text, out type text)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- With ONLY nothing but the table itself is read.
    if name ^@ '(' or relation ^@ 'ONLY ' then
        return;
    end if;
    -- Not what a sub-select could not stand for: a row as a whole has the table's type.
    if not exists (select from pg_partitioned_table p where p.partrelid = to_regclass(relation)) then
        return;
    end if;
    select min(t.token) filter (where t.n = 1), (parse_ident(max(t.token) filter (where t.n = 3)))[1] into alias, column_name from pc_tokens(name) t;
    select format_type(a.atttypid, -1) into type
    from pg_attribute a join pg_type y on y.oid = a.atttypid and y.typtype = 'b'
    where a.attrelid = to_regclass(relation) and a.attname = column_name and strpos(canonical, alias || '.*') = 0
      and exists (select from pg_partitioned_table p join pg_attribute l on l.attrelid = p.partrelid and l.attnum = any (p.partattrs)
                  where p.partrelid = any (pc_members(to_regclass(relation))) and l.attname = column_name);
    if type is null then
        alias := null;
        column_name := null;
    end if;
end
$$;

comment on function pc_native_column(text, text, text) is
'Whether PostgreSQL itself partitions a table by the partition key, so that it opens few partitions where a list says which: the alias under which the canonical text reads it, its column and the type of that; nulls if not. name: the column as the text names it. Example: select * from pc_native_column(''p.city_id'', ''public.poi'', ''SELECT p.id FROM public.poi p'')';

create function pc_native_item(alias text, column_name text, type text, relation text, listed text, first text, changed text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- The second part is a sub-select for itself: into one, PostgreSQL can loop, into a function it cannot.
    select format('(SELECT r.*, r.%1$I AS partitioncache_key FROM %2$s r UNION ALL (SELECT c.*, %3$s FROM partitioncache_internal.partitioncache_changed_rows(NULL::%2$s, %1$L, %4$s, ARRAY(SELECT k.k FROM %5$s k)) c OFFSET 0)) %6$s',
                  column_name, relation, coalesce(first || '::', 'NULL::') || type, listed, changed, alias)
$$;

comment on function pc_native_item(text, text, text, text, text, text, text) is
'What stands in FROM in the place of a table that PostgreSQL itself partitions by the partition key: its rows, with the key once more as partitioncache_key, on which the restriction is put, and what was written to since. listed: the keys that the restriction lets through; first: one of them, null where it lets nulls through; changed: where the keys are that were written to since. Example: see pc_restriction';
