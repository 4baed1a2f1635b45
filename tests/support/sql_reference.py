"""docs/sql-reference.md, written from what the extension says of itself.

    python -m support.sql_reference > docs/sql-reference.md     # PG* variables lead to a database with the extension

The comments of functions and tables are the text; what stands here is the order and the headings.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

import psycopg

INTRODUCTION = """\
# SQL reference

Every public function and table of the extension. The text is that of the objects' own comments (`\\df+` in psql shows
it too), so it holds for the installed version. Parameters have names, and named notation works:
`partitioncache_apply(q, 'city_id', method => 'subquery')`. `cache` is the name of an independent set of entries,
queues and settings; the default is `partitioncache`. `session_path` is the search path under which a query is read;
its default is the caller's.

The examples run, in this order, after these statements:

```sql
{setup}
```
"""

SETUP = """\
create table poi (id integer primary key, city_id integer, kind integer, name text);
insert into poi select n, n % 500, case when n % 500 < 20 then n % 7 else 7 end, 'poi ' || n
from generate_series(1, 100000) n;
create index on poi (city_id);
analyze poi;
create role app;"""

# Names without their prefix, in the order of the page.
SECTIONS = {
    "Partition keys": "register partition_keys caches",
    "Where partition keys stand": "place placements suggest_placements unplace",
    "Filling the cache": "push push_many push_fragment process_queue",
    "What is learned, and what is kept": "deferred force forbid allow evict",
    "Asking": "apply explain open form contained fragments",
    "What it brought": "gain record_times",
    "What it would bring": "advise",
    "The cache by hand": "set get exists set_query query keys entries count intersect lookup changed"
    " changed_rows delete clear",
    "Tables that are written to": "track tracked_tables untrack assert_static retract_static static_tables",
    "Queues": "queue_lengths queue_counts dead_items requeue clear_queue",
    "The processor": "run_processor enable_processor update_processor_config processor_status processor_jobs"
    " disable_processor status doctor",
    "Queues, for programs": "take_apart evaluate queue_push queue_claim queue_extend queue_finish queue_finish_all"
    " listen unlisten",
    "Rights, version, removal": "grant revoke has_level version uninstall",
}

ERRORS = """\
## Errors

Errors of the extension have codes of their own, a DETAIL with the value in question where there is one, and a HINT
with the next step. What PostgreSQL has against a query is raised as PostgreSQL's own error.

| code | meaning |
|---|---|
| PC001 | an argument is missing or is none of those allowed |
| PC002 | the partition key is not registered |
| PC003 | the partition key is registered in another way, or its table is taken |
| PC004 | the datatype is none, does not fit the storage, or is not that of the partition key |
| PC005 | the query cannot be cached |
| PC006 | the processor cannot be scheduled: a prerequisite of pg_cron is missing |
| PC007 | the role may not do that |
| PC008 | writes to this relation cannot be tracked |
| PC009 | an item or a claim of a queue is not as it was said to be |
"""

Connection = psycopg.Connection[tuple[Any, ...]]

_ROUTINES = """
    select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), obj_description(p.oid, 'pg_proc')
    from pg_proc p where p.proname like 'partitioncache\\_%%'
    order by 1, 2 desc  -- of two of one name the one with anyarray
"""
_TABLES = """
    select c.relname, obj_description(c.oid, 'pg_class')
    from pg_class c
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
    where e.extname = 'partitioncache' and c.relkind in ('r', 'p', 'v') order by 1, 2
"""


def render(connection: Connection) -> str:
    """The whole page, for the extension as it is in a database."""
    routines = {name: (name, *others) for name, *others in connection.execute(_ROUTINES)}
    parts = [INTRODUCTION.format(setup=SETUP)]
    for heading, names in SECTIONS.items():
        parts.append(f"## {heading}\n")
        parts.extend(_routine(*routines.pop(f"partitioncache_{name}")) for name in names.split())
    if routines:
        raise ValueError(f"in no section of support/sql_reference.py: {', '.join(routines)}")
    parts.append("## Tables\n")
    parts.extend(_wrapped(f"**{name}.** {comment}") + "\n" for name, comment in connection.execute(_TABLES))
    parts.append(ERRORS)
    return "\n".join(parts)


def examples(page: str) -> str:
    """All SQL of a page, in its order, as one script."""
    return "\n".join(re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL))


def _routine(name: str, arguments: str, result: str | None, comment: str) -> str:
    text, example = re.fullmatch(r"(.*?)\s*Example: (.*)", comment, re.DOTALL).groups()  # type: ignore[union-attr]
    inputs = [
        a for a in re.split(r", (?=(?:[^']*'[^']*')*[^']*$)", arguments) if a and not a.startswith("OUT ")
    ]
    outputs = [a[4:] for a in re.split(r", ", arguments) if a.startswith("OUT ")]
    returned = result if not outputs else f"({', '.join(outputs)})"
    if returned is not None and returned.startswith("TABLE("):
        returned = f"({returned[6:]}"
    rows = "rows of " if result is not None and result.startswith(("SETOF", "TABLE")) else ""
    signature = f"{name}({', '.join(_plain(a) for a in inputs)})"
    if returned:
        signature += f" → {rows}{_plain(returned.removeprefix('SETOF '))}"
    return f"### {name}\n\n`{signature}`\n\n{_wrapped(text)}\n\n```sql\n{example};\n```\n"


def _plain(declaration: str) -> str:
    declaration = re.sub(r"^IN ", "", declaration).replace(" DEFAULT ", " default ")
    declaration = re.sub(r"('[^']*')::[a-z]+", r"\1", declaration)
    return re.sub(r"NULL(::[a-z \[\]]+)?", "null", declaration)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    with psycopg.connect() as _connection:
        print(render(_connection), end="")
