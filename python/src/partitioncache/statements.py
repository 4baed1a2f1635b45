"""Every SQL text with which this package asks the extension.

Most of what is asked is one `call` of one function, whose name stands where it is asked. Here is how such a call is
written, and every text that is more than a call. In `written` texts a name in braces is a function or view of the
extension; only documented ones, whose names begin with ``partitioncache_``, are used. What looks for the extension, and
installs it, is in ``setup``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Final

from psycopg import sql
from typing_extensions import LiteralString

INNER_SCHEMA: Final = "partitioncache_internal"
"""The schema that the extension makes for itself.

Its functions are called there: the schema belongs to the installer alone. Beside the ones for people, in a schema such
as public, somebody else may have put one that fits better.
"""

VIEWS: Final = frozenset({"partitioncache_settings", "partitioncache_queue", "partitioncache_processor_log"})
"""What is looked at in the extension's own schema, among its views for people."""


@dataclass(frozen=True, slots=True)
class Typed:
    """An argument of a call that is cast to a type.

    Attributes:
        type: a type of PostgreSQL's own, such as ``pg_catalog.int4[]``; it becomes a part of the statement.
        value: the argument.
    """

    type: LiteralString
    value: object


def call(
    function: str, arguments: Sequence[object], named: Mapping[str, object], columns: LiteralString = "*"
) -> tuple[bytes, list[object]]:
    """A call of a function of the extension: its text, and its parameters.

    Args:
        function: its name.
        arguments: its arguments in their order, as `Typed` where their type is not plain to see.
        named: arguments by name, for the ones that have defaults.
        columns: what of its result is wanted.

    >>> call("partitioncache_count", ["city_id"], {"cache": "shops"})
    (b'select * from "partitioncache_internal"."partitioncache_count"(%s, "cache" => %s)', ['city_id', 'shops'])
    """
    values = (*arguments, *named.values())
    types = tuple(each.type if isinstance(each, Typed) else None for each in values)
    return (
        _call(function, types, tuple(named), columns),
        [each.value if isinstance(each, Typed) else each for each in values],
    )


@lru_cache(maxsize=1000)
def _call(function: str, types: tuple[str | None, ...], names: tuple[str, ...], columns: str) -> bytes:
    """The text of a call; the last of its arguments have these names."""
    placeholders = ["%s" if type is None else f"%s::{type}" for type in types]
    for place, name in enumerate(names, len(types) - len(names)):
        placeholders[place] = f"{sql.Identifier(name).as_string(None)} => {placeholders[place]}"
    qualified = sql.Identifier(INNER_SCHEMA, function).as_string(None)
    return f"select {columns} from {qualified}({', '.join(placeholders)})".encode()


def written(text: LiteralString, schema: str = "") -> sql.Composed:
    """A statement in which names in braces stand for the extension's functions, and for its views.

    Args:
        text: one of those below.
        schema: the extension's own schema, for texts with views.

    >>> written("select {partitioncache_version}()").as_string(None)
    'select "partitioncache_internal"."partitioncache_version"()'
    """
    names = {name for _, name, _, _ in Formatter().parse(text) if name}
    return sql.SQL(text).format(
        **{name: sql.Identifier(schema if name in VIEWS else INNER_SCHEMA, name) for name in names}
    )


# Asking, from within the session that runs the query: `partitioncache.adapters`.

ASK: Final = (
    "select case when pg_catalog.current_setting('transaction_isolation') <> 'serializable' then "
    "partitioncache_internal.partitioncache_apply({query}, {key}, {cache}, {method}{params}) end, "
    "case when current_user = session_user then pg_catalog.current_setting('search_path') end, session_user::text"
)
"""The text to run, the search_path if the role is the session's, that role; arguments are SQL literals."""

PUSH: Final = (
    "select partitioncache_internal.partitioncache_push("
    "%s, %s, cache => %s, session_path => %s, params => %s)"
)
RECORD_TIMES: Final = (
    "select partitioncache_internal.partitioncache_record_times(%s, %s, %s::float8[], %s::float8[], "
    "restricted_runs => %s, lost_ms => %s, cache => %s, session_path => %s, params => %s)"
)
PROCESS_QUEUE: Final = "select partitioncache_internal.partitioncache_process_queue(%s, max_seconds => %s)"

# Which column would make a partition key: `partitioncache.advice`.

ADVISE: Final = """
    select a.partition_key, a.datatype, a.stands_in, a.partitions, a.saves::float8,
           array(select q ->> 'query' from pg_catalog.jsonb_array_elements(a.restricted) q),
           array(select array[q ->> 'of_time', q ->> 'saves']::float8[]
                 from pg_catalog.jsonb_array_elements(a.restricted) q),
           a.statements, a.remark
    from {partitioncache_advise}(%s, seconds => %s, most => %s) a
"""

# How caches stand: `partitioncache.metrics`, the dashboard, and the command that shows the log.

MONITORED_CACHES: Final = """
    select s.cache from {partitioncache_settings} as s where {partitioncache_has_level}('monitor', s.cache) order by 1
"""

QUEUE_COUNTS: Final = """
    select s.cache, n.queue, t.status, count(q.id) as items,
           greatest(0, extract(epoch from max(pg_catalog.clock_timestamp() - q.due_at)
                    filter (where q.died_at is null and q.status <> 'running')))::double precision as oldest
    from {partitioncache_settings} as s
    cross join (values ('incoming'), ('outgoing')) as n(queue)
    cross join (values ('ready'), ('running'), ('failed'), ('timeout'), ('dead')) as t(status)
    left join {partitioncache_queue} as q on q.cache = s.cache and q.queue = n.queue and q.status = t.status
    where s.cache = any (%s)
    group by 1, 2, 3
"""

LOG_COUNTS: Final = """
    select cache, queue, status, count(*) as items
    from {partitioncache_processor_log} where cache = any (%s) group by 1, 2, 3
"""

LATEST_TIMES: Final = """
    select queue, status, execution_time_ms, created_at from {partitioncache_processor_log}
    where cache = %s order by id desc limit %s
"""

LOG: Final = """
    select created_at, status, queue, partition_key, query_hash, key_count, execution_time_ms, attempt, error_msg
    from {partitioncache_processor_log}
    where cache = %(cache)s and (%(status)s::text is null or status = %(status)s)
      and (%(since)s::interval is null or created_at > now() - %(since)s::interval)
    order by id desc limit %(limit)s
"""

# What is left of a query's attempts: `partitioncache.queues`.

DEAD_ITEMS: Final = "select * from {partitioncache_dead_items}(%s, %s) limit %s"
