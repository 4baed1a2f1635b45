"""What the tests of the processor share: a small world, fragments that can be held back, and patience."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

from support.cluster import Database

#: A table to ask about. `passes` is true once its door is open; it is not immutable in truth, and stands for a
#: condition that takes its time.
WORLD = """
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 50, i % 7 from generate_series(1, 500) i;
analyze poi;
create function passes(kind integer, door integer) returns boolean immutable language plpgsql as
$$begin
    -- It does not wait for the lock: a processor waits for locks a moment only.
    while not pg_try_advisory_xact_lock_shared(77, door) loop perform pg_sleep(0.01); end loop;
    return kind >= 0;
end$$;
"""


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Waits until `condition` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.05)
    return answer


class Door:
    """Holds back every fragment with `passes(kind, number)` until it is opened."""

    def __init__(self, database: Database, number: int = 1) -> None:
        self.number = number
        self._holder = database.connect()
        self._holder.execute("select pg_advisory_lock(77, %s)", [number])

    def query(self) -> str:
        """A query that waits at this door."""
        return f"select * from poi where passes(kind, {self.number})"

    def open(self) -> None:
        """Lets everybody pass."""
        self._holder.close()

    def is_broken(self) -> bool:
        """Whether the server has ended the session that holds the door, as it does to all when one is killed."""
        try:
            self._holder.execute("select 1")
        except psycopg.OperationalError:
            return True
        return False
