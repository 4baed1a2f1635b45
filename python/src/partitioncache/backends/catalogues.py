"""The forms of a store's entries, as each client holds them in memory: read once, then only what has changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final, Protocol

from partitioncache.analysis.forms import read_form
from partitioncache.analysis.matching import Catalogue, Known
from partitioncache.backends.packing import unpack_bytes

_ABOUT: Final = Struct("<Qd")
_AT_A_TIME: Final = 1000


def about(count: int, as_of: float) -> bytes:
    """What is kept of an entry beside its form: the number of its keys, and the time of its data."""
    return _ABOUT.pack(count, as_of)


class Stored(Protocol):
    """What a store tells of its entries."""

    def last_change(self, partition_key: str) -> bytes:
        """What names the last change; another one is another change, also after the store has been emptied."""

    def changed_since(self, partition_key: str, token: bytes) -> set[str] | None:
        """The entries that have changed since a change; None where that cannot be told any more."""

    def names(self, partition_key: str) -> list[str]:
        """The names of all entries."""

    def forms(self, partition_key: str, names: Sequence[str]) -> Iterator[tuple[str, bytes | None, bytes]]:
        """Of those of these entries that have a key set: the name, the form if they have one, and `about`."""


class Catalogues:
    """The catalogues of a store's partition keys. Threads take turns.

    Args:
        store: where the entries are.
    """

    def __init__(self, store: Stored) -> None:
        self._store = store
        self._held: dict[str, Catalogue] = {}
        self.lock = threading.Lock()

    def current(self, partition_key: str) -> Catalogue:
        """The catalogue as the store has it now; to be called, and used, while `lock` is held."""
        token = self._store.last_change(partition_key)
        held = self._held.get(partition_key)
        if held is not None and held.token == token:
            return held
        changed = None if held is None else self._store.changed_since(partition_key, held.token)
        if held is None or changed is None:
            held, changed = Catalogue(), set(self._store.names(partition_key))
        for name in changed:
            held.discard(name)
        names = sorted(changed)
        for start in range(0, len(names), _AT_A_TIME):
            some = self._store.forms(partition_key, names[start : start + _AT_A_TIME])
            for name, packed, told in some:
                form = None if packed is None else read_form(unpack_bytes(packed).decode())
                if len(told) == _ABOUT.size:
                    held.put(name, Known(form, *_ABOUT.unpack(told)))
        # Whatever has come since the token was read is looked at again the next time.
        held.token = token
        self._held[partition_key] = held
        return held
