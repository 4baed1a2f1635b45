"""How a cache in PostgreSQL stands: what a role may do, who works on the queues, what hinders, what is not used."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.rows import dict_row

from partitioncache.setup.checks import Check, check_processor, identifier, one
from partitioncache.setup.install import (
    OLDEST_SQL,
    Connection,
    Installed,
    InstallError,
    installed,
    refuse_lesser_installer,
    refuse_without_rights,
)
from partitioncache.setup.scripts import version_order

#: Minutes after which an item that nobody has begun with, or come back to, counts as stuck.
_MINUTES_UNTIL_STUCK = 10

#: What a reason advises: the first call in it.
_ADVICE = re.compile(r"\b(partitioncache_\w+\((?:'(?:[^']|'')*'(?:, )?)+)\)")


def check_rights(connection: Connection, cache: str) -> list[Check]:
    """What the role of a connection may do in a cache. Empty where PartitionCache is not there, or too old."""
    there, user = installed(connection), connection.info.user
    if there is None or version_order(there.version) < OLDEST_SQL:
        return []
    name = "rights of this role"
    grant = _call(there, "partitioncache_grant", identifier(user), "push", cache)
    try:
        refuse_lesser_installer(connection)
    except InstallError as error:
        return [Check(name, False, error.message, f"-- {error.hint}", "elsewhere", blocks=True)]
    nothing = Check(
        name,
        False,
        f"role {user} was granted nothing in cache {cache}",
        grant,
        "as the role that installed PartitionCache, or an administrator of the cache",
        blocks=True,
    )
    try:
        refuse_without_rights(connection)
    except InstallError:
        return [nothing]
    level = one(
        connection,
        """
        select l.level from unnest('{administer,fill,push,read,monitor}'::text[]) with ordinality as l(level, place)
        where partitioncache_internal.pc_has_level(partitioncache_internal.pc_me(), %s, l.level)
        order by l.place limit 1
        """,
        cache,
    )
    if level is None:
        return [nothing]
    if level == "monitor":
        text = f"role {user} has the level monitor in cache {cache}: it sees counts, and asks nothing"
        return [Check(name, None, text, grant, "as an administrator, if it shall ask and push")]
    return [Check(name, True, f"role {user} has the level {level} in cache {cache}")]


def check_at_work(connection: Connection, cache: str) -> list[Check]:
    """Whether pg_cron can run the processor, and whether the processor is enabled, and at work for every role."""
    state = _at_work(connection, cache)
    # Where it works there is nothing left to enable.
    cron = [
        replace(each, fix="") if state.ok and "pcache-processor" in each.fix else each
        for each in check_processor(connection)
    ]
    return [*cron, state]


def _at_work(connection: Connection, cache: str) -> Check:
    status = _status(connection, cache)
    if not status["enabled"]:
        text = f"not enabled for cache {cache}"
        return Check("processor", False, text, "pcache-processor enable", "in a shell, as an administrator")
    problem = one(
        connection, "select partitioncache_internal.pc_processor_problem(%s, %s)", cache, status["workers"]
    )
    if problem:
        mend = (
            ("pcache-processor enable", "in a shell")
            if "partitioncache_enable_processor" in problem
            else ("pcache-processor logs", "in a shell to see more")
        )
        return Check("processor", False, problem, *mend)
    return Check("processor", True, f"enabled for cache {cache}, {status['workers']} sessions")


def check_settings(connection: Connection, cache: str) -> list[Check]:
    """Settings of the server and of roles that hinder."""
    found: list[Check] = []
    if one(connection, "select pg_catalog.current_setting('default_transaction_read_only')::boolean"):
        user = connection.info.user
        found.append(
            Check(
                "settings",
                False,
                f"default_transaction_read_only is on for role {user}: it can push and track nothing",
                f"alter role {identifier(user)} set default_transaction_read_only = off;",
                "as a superuser, if it is not meant so",
            )
        )
    for warning in _warnings(connection, cache):
        _, for_role, statement = warning.hint.partition("To lift it: ")
        found.append(
            Check("settings", False, warning.message, statement, "as a superuser")
            if for_role
            else Check("settings", False, warning.message, f"-- {warning.hint}", "on the server")
        )
    return found or [Check("settings", True, "none that hinders")]


@dataclass(frozen=True)
class _Warning:
    message: str
    hint: str


def _warnings(connection: Connection, cache: str) -> list[_Warning]:
    """What enabling the processor would warn of."""
    found: list[_Warning] = []

    def note(said: errors.Diagnostic) -> None:
        found.append(_Warning(said.message_primary or "", said.message_hint or ""))

    connection.add_notice_handler(note)
    try:
        with connection.transaction():
            connection.execute("set local client_min_messages = warning")
            connection.execute("select partitioncache_internal.pc_warn_of_settings(%s)", [cache])
    except psycopg.Error as error:
        if error.sqlstate != "PC006":  # there is no pg_cron, which another check says
            raise
    finally:
        connection.remove_notice_handler(note)
    return found


def check_queue(connection: Connection, cache: str) -> list[Check]:
    """Whether items are dead, fail, or wait for somebody to work on them."""
    status, found = _status(connection, cache), []
    stuck, since = connection.execute(
        """
        select count(*), min(q.due_at) from partitioncache_internal.pc_own_queue as q
        where q.cache = %s and q.died_at is null and q.due_at < pg_catalog.now() - pg_catalog.make_interval(mins => %s)
        """,
        [cache, _MINUTES_UNTIL_STUCK],
    ).fetchone() or (0, None)
    if stuck:
        text = f"{stuck} items wait since {since:%Y-%m-%d %H:%M:%S}, and nobody works on them"
        fix = "pcache-processor enable" if not status["enabled"] else "pcache-processor status"
        found.append(Check("queue", False, text, fix, "in a shell, or let pcache-monitor work on them"))
    problem = one(connection, "select partitioncache_internal.pc_queue_problem(%s)", cache)
    if problem:
        fix = "pcache-manage requeue" if status["dead"] else "pcache-processor logs --status failed"
        where = (
            "in a shell, when what pcache-manage dead names is mended"
            if status["dead"]
            else "in a shell to see more"
        )
        found.append(Check("queue", False, problem, fix, where))
    waiting = status["incoming"] + status["outgoing"] - status["running"]
    text = f"{waiting} items wait, {status['running']} are being worked on, none is dead"
    return found or [Check("queue", True, text)]


def check_tables(connection: Connection, cache: str) -> list[Check]:
    """Whether tracking is as it should be, and which entries are not used, by their reasons."""
    there = installed(connection)
    assert there is not None
    found: list[Check] = []
    tracked = _records(
        connection, "select * from partitioncache_internal.partitioncache_tracked_tables(%s)", cache
    )
    for each in tracked:
        if each["state"] != "tracking":
            arguments = (str(each["relation"]), each["partition_key"], cache)
            text = f"{each['relation']} for {each['partition_key']}: {each['state']}"
            fix = _call(there, "partitioncache_track", *arguments)
            found.append(Check("tracked table", False, text, fix, "as the owner of the table"))
    counts = {"used": 0, "aside": 0}
    for key in _records(
        connection, "select * from partitioncache_internal.partitioncache_partition_keys(%s)", cache
    ):
        for reason, entries in connection.execute(
            """
            select e.reason, count(*) from partitioncache_internal.pc_entry_state(%s, %s, scope => 'visible') as e
            group by 1 order by 2 desc, 1
            """,
            [cache, key["partition_key"]],
        ):
            if reason is None:
                counts["used"] += entries
                continue
            counts["aside"] += entries
            advice = _ADVICE.search(reason)
            fix = f"select {identifier(there.schema)}.{_advised(advice[1], cache)};" if advice else ""
            text = f"{entries} of {key['partition_key']} are not used: {reason}"
            if not fix:
                text += "; the processor evaluates them again"
            found.append(
                Check("entries", False if fix else None, text, fix, "as the owner of the table, if it is so")
            )
    if counts["used"] or not counts["aside"]:
        text = f"{counts['used']} are used; {len(tracked)} tables are tracked"
        found.append(Check("entries", True, text))
    return found


def _advised(call: str, cache: str) -> str:
    """A call that a reason advises, for this cache."""
    return f"{call}, cache => {sql.Literal(cache).as_string()})"


def _call(there: Installed, function: str, *arguments: str) -> str:
    given = ", ".join(sql.Literal(each).as_string() for each in arguments)
    return f"select {identifier(there.schema)}.{function}({given});"


def _status(connection: Connection, cache: str) -> dict[str, Any]:
    statement = "select * from partitioncache_internal.partitioncache_processor_status(%s)"
    return _records(connection, statement, cache)[0]


def _records(connection: Connection, statement: str, *parameters: object) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), parameters).fetchall()
