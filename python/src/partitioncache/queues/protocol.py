"""What every queue provider offers: two queues of work, claimed with a lease and acknowledged.

The *incoming* queue holds original queries waiting to be taken apart; the *outgoing* queue holds
fragments waiting to be evaluated. Both hold :class:`Item` objects and behave alike, so each method
takes the name of the queue.

An item is never lost: claiming it only lends it for the time of a lease. Who does not acknowledge in
time (because it died, or lost its connection) finds its claim taken back, and another worker gets the
item with a higher attempt number. An item that failed is tried again after a pause. One whose attempts
are used up is *dead*: it stays visible, and can be put back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from types import TracebackType
from typing import Literal, Protocol, runtime_checkable

from partitioncache.errors import ConfigurationError

QueueName = Literal["incoming", "outgoing"]
QUEUES: tuple[QueueName, QueueName] = ("incoming", "outgoing")

#: What became of a claim: finished, failed (tried again while attempts remain), stopped by its time
#: limit (likewise), or handed back unfinished (the attempt does not count).
Outcome = Literal["done", "failed", "timeout", "released"]


class ItemState(str, Enum):
    """How an item of a queue stands; what may follow is in :data:`FOLLOWS`.

    Its turn may come; or a worker has claimed it; or it failed, and is tried again after a pause; or its attempts are
    used up. What is done is an item no more.

    >>> ItemState.READY == "ready", str(ItemState.READY)
    (True, 'ready')
    """

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    DEAD = "dead"

    __str__ = str.__str__
    __hash__ = str.__hash__


#: What an item may be after each state, as long as it is there.
FOLLOWS: Mapping[ItemState, frozenset[ItemState]] = {
    # claimed
    ItemState.READY: frozenset({ItemState.RUNNING}),
    # released, or its lease ended; failed; failed for the last time
    ItemState.RUNNING: frozenset({ItemState.READY, ItemState.PAUSED, ItemState.DEAD}),
    # its pause is over
    ItemState.PAUSED: frozenset({ItemState.READY, ItemState.RUNNING}),
    # pushed again, or put back
    ItemState.DEAD: frozenset({ItemState.READY}),
}

#: Attempts after which an item is dead.
MAX_ATTEMPTS = 3


def check_queue(name: str) -> QueueName:
    """The name of a queue, if it is one.

    >>> check_queue("incoming")
    'incoming'
    """
    for known in QUEUES:
        if name == known:
            return known
    raise ConfigurationError(f"There is no queue {name!r}.", hint="Use incoming or outgoing.")


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of work: a query (incoming) or a fragment (outgoing).

    Attributes:
        query: the SQL text.
        partition_key: the column that splits the data.
        datatype: datatype of the partition key, if it is known already.
        hash: fragments only, the hash under which the key set is stored.
        parts: fragments only, hashes of smaller fragments whose key sets contain this one's.
        priority: the higher, the sooner.
        keyed_tables: fragments that a PostgreSQL server took apart only: the tables with the partition column.
    """

    query: str
    partition_key: str
    datatype: str | None = None
    hash: str | None = None
    parts: tuple[str, ...] = ()
    priority: int = 1
    keyed_tables: tuple[str, ...] | None = None

    @property
    def identity(self) -> str:
        """The same for two items that ask for the same work.

        >>> Item("select 1", "a").identity == Item("select 1", "a", priority=9).identity
        True
        >>> Item("select 1", "a").identity == Item("select 1", "b").identity
        False
        """
        what = ("fragment", self.hash) if self.hash is not None else ("query", self.query)
        return sha256("\0".join((self.partition_key, *what)).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Claim:
    """An item lent to one worker until the lease ends.

    Attributes:
        id: the item's identifier in its queue.
        token: names this very claim; an acknowledgement with an outdated token changes nothing.
        attempt: 1 for the first try.
        item: the work itself.
    """

    id: str
    token: str
    attempt: int
    item: Item


@dataclass(frozen=True, slots=True)
class DeadItem:
    """An item whose attempts are used up.

    Attributes:
        id: the item's identifier in its queue.
        attempts: how often it was tried.
        error: what the last attempt ended with.
        item: the work itself.
    """

    id: str
    attempts: int
    error: str
    item: Item = field(compare=False)


@runtime_checkable
class Queue(Protocol):
    """A pair of queues, incoming and outgoing. Thread-safe: the monitor's threads share one."""

    provider: str

    def push(self, queue: QueueName, items: Iterable[Item]) -> int:
        """Add items; return how many were new. Pushing what is there already raises its priority."""

    def claim(self, queue: QueueName, limit: int = 1, lease: float = 60.0) -> list[Claim]:
        """Borrow up to `limit` items for `lease` seconds, most urgent first. Never waits."""

    def finish(
        self,
        queue: QueueName,
        claim: Claim,
        outcome: Outcome = "done",
        error: str = "",
        key_count: int | None = None,
    ) -> bool:
        """Acknowledge a claim. False: the lease had ended and somebody else has, or had, the item.

        Args:
            queue: the queue that the claim is from.
            claim: the claim.
            outcome: what became of it.
            error: why it failed.
            key_count: how many keys the fragment has; kept where the provider keeps a log.
        """

    def finish_all(
        self, queue: QueueName, claims: Sequence[Claim], key_counts: Sequence[int | None] = ()
    ) -> list[Claim]:
        """Acknowledge claims that are all done; return those that were still held.

        Args:
            queue: which of the two.
            claims: what is done.
            key_counts: for each, how many keys the fragment has; kept where the provider keeps a log.
        """

    def extend(self, queue: QueueName, claims: Sequence[Claim], lease: float = 60.0) -> list[Claim]:
        """Prolong leases to `lease` seconds from now; return the claims that are still held."""

    def wait(self, timeout: float) -> bool:
        """Sleep until something may have been pushed (True), or for `timeout` seconds (False)."""

    def lengths(self) -> tuple[int, int]:
        """How many items are waiting or being worked on: (incoming, outgoing). Dead ones do not count."""

    def counts(self, queue: QueueName) -> dict[ItemState, int]:
        """How many items are in each state."""

    def clear(self, queue: QueueName | None = None) -> int:
        """Remove all items of one queue, or of both, whatever their state; return how many."""

    def dead(self, queue: QueueName, limit: int = 100) -> list[DeadItem]:
        """The items whose attempts are used up, the latest first."""

    def requeue(self, queue: QueueName, ids: Iterable[str] | None = None) -> int:
        """Put dead items back (all of them without `ids`), their attempts counted anew; return how many."""

    def close(self) -> None:
        """Give up the connections. A closed queue is of no further use."""

    def __enter__(self) -> Queue: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
