"""All that an installation has put into a database, to compare two of them."""

from __future__ import annotations

from typing import Any

from support.cluster import Database

# Everything in the two schemas of the extension, by what makes it that and not by its oid.
_CATALOG = {
    "functions": """
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner), p.proacl::text,
               obj_description(p.oid, 'pg_proc')
        from pg_proc p where p.pronamespace = any (%s) and p.prokind <> 'a'""",
    "relations": """
        select c.relnamespace::regnamespace::text, c.relname, c.relkind, c.relpersistence,
               c.reloptions, c.relacl::text, c.relrowsecurity, pg_get_userbyid(c.relowner),
               obj_description(c.oid, 'pg_class'), pg_get_partkeydef(c.oid),
               pg_get_expr(c.relpartbound, c.oid), case when c.relkind = 'v' then pg_get_viewdef(c.oid) end
        from pg_class c where c.relnamespace = any (%s)""",
    "columns": """
        select c.oid::regclass::text, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attidentity, a.attgenerated, a.attcompression, a.attacl::text, pg_get_expr(d.adbin, d.adrelid),
               col_description(c.oid, a.attnum)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = any (%s) and a.attnum > 0""",
    "indexes": """
        select c.oid::regclass::text, pg_get_indexdef(c.oid) from pg_class c
        where c.relkind in ('i', 'I') and c.relnamespace = any (%s)""",
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace = any (%s)""",
    "policies": """
        select c.relname, p.polname, p.polcmd, p.polpermissive, pg_get_expr(p.polqual, c.oid),
               pg_get_expr(p.polwithcheck, c.oid)
        from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = any (%s)""",
    "triggers": """
        select pg_get_triggerdef(t.oid), t.tgenabled from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = any (%s) and not t.tgisinternal""",
    "types": """
        select t.oid::regtype::text, t.typtype, t.typacl::text, obj_description(t.oid, 'pg_type')
        from pg_type t where t.typnamespace = any (%s)""",
    "sequences": """
        select s.seqrelid::regclass::text, s.seqtypid::regtype::text, s.seqstart, s.seqincrement, s.seqmax, s.seqcycle
        from pg_sequence s join pg_class c on c.oid = s.seqrelid where c.relnamespace = any (%s)""",
    "others": """
        select o.what::text, n.nspname from pg_namespace n
        cross join lateral (
            select o.oid::regoperator::text from pg_operator o where o.oprnamespace = n.oid
            union all select a.oid::regprocedure::text from pg_proc a where a.pronamespace = n.oid and a.prokind = 'a'
            union all select n.nspacl::text union all select obj_description(n.oid, 'pg_namespace')
            union all select pg_get_userbyid(n.nspowner)) o(what)
        where n.oid = any (%s)""",
    "members": """
        select i.type, i.identity, d.deptype from pg_depend d join pg_extension e on e.oid = d.refobjid
        cross join pg_identify_object(d.classid, d.objid, d.objsubid) i
        where d.refclassid = 'pg_extension'::regclass and e.extname = 'partitioncache' and %s is not null""",
    "dumped": """
        select c::regclass::text, e.extcondition[n] from pg_extension e, unnest(e.extconfig) with ordinality u(c, n)
        where e.extname = 'partitioncache' and %s is not null""",
    "rows": """
        select 'settings', to_jsonb(s)::text
        from partitioncache_internal.partitioncache_settings s where %s is not null""",
}
ONLY_AN_EXTENSION_HAS = ("members", "dumped")


def catalog(database: Database, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """All objects in the schema of the extension and in its own; names as with an empty search path."""
    with database.connect() as connection:
        connection.execute("set search_path = ''")
        row = connection.execute(
            "select array[%s::regnamespace, 'partitioncache_internal']::regnamespace[]::oid[]",
            [f'"{schema}"'],
        ).fetchone()
        assert row is not None
        return {
            kind: sorted(connection.execute(query.encode(), row).fetchall(), key=repr)
            for kind, query in _CATALOG.items()
        }


def assert_same(found: dict[str, list[tuple[Any, ...]]], expected: dict[str, list[tuple[Any, ...]]]) -> None:
    """Says which objects differ."""
    assert len(expected["functions"]) > 200
    for kind, objects in expected.items():
        assert [row for row in found[kind] if row not in objects] == [], f"{kind} that should not be there"
        assert [row for row in objects if row not in found[kind]] == [], f"{kind} that are missing"
    assert found.keys() == expected.keys()
