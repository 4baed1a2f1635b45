"""The released SQL: ``partitioncache--X.sql`` installs version X, ``partitioncache--A--B.sql`` leads from A to B.

These are the very files that ``CREATE EXTENSION`` and ``ALTER EXTENSION … UPDATE`` run.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import partitioncache
from partitioncache.errors import PartitionCacheError

if TYPE_CHECKING:
    from importlib.abc import Traversable

_NAME = re.compile(r"partitioncache--(?P<start>[0-9][\w.]*?)(?:--(?P<end>[0-9][\w.]*?))?\.sql")


class ScriptError(PartitionCacheError):
    """There is no released SQL for what was asked."""


@dataclass(frozen=True)
class Scripts:
    """A set of released files.

    Attributes:
        installs: the script of each version that can be installed from nothing.
        upgrades: the script that leads from one version to another, by (from, to).
    """

    installs: dict[str, Traversable]
    upgrades: dict[tuple[str, str], Traversable]

    @property
    def newest(self) -> str:
        """The newest version that can be installed.

        Raises:
            ScriptError: there is no file at all.
        """
        reachable = {*self.installs, *(end for _, end in self.upgrades)}
        if not reachable:
            raise ScriptError(
                "This installation of the package lacks its SQL.", hint="Install the package again."
            )
        return max(reachable, key=version_order)

    def path(self, start: str | None, end: str) -> list[Traversable]:
        """The shortest chain of scripts that leads to a version.

        Args:
            start: the version that is installed; None for none.
            end: the version wanted.

        Raises:
            ScriptError: no chain leads there.
        """
        if start == end:
            return []
        chains: deque[tuple[str, list[Traversable]]]
        if start is None:
            chains = deque((version, [script]) for version, script in self._by_distance_to(end))
        else:
            chains = deque([(start, [])])
        seen: set[str] = set()
        while chains:
            version, chain = chains.popleft()
            if version == end:
                return chain
            if version not in seen:
                seen.add(version)
                steps = ((to, script) for (frm, to), script in self.upgrades.items() if frm == version)
                chains.extend((to, [*chain, script]) for to, script in steps)
        raise ScriptError(
            f"No script leads from version {start} to {end}." if start else f"There is no version {end}.",
            hint=f"Versions are: {', '.join(sorted(self.installs, key=version_order))}.",
        )

    def _by_distance_to(self, end: str) -> Iterable[tuple[str, Traversable]]:
        return sorted(
            self.installs.items(), key=lambda each: (each[0] != end, [-n for n in version_order(each[0])])
        )


def version_order(version: str) -> tuple[int, ...]:
    """What versions sort by.

    >>> sorted(["0.10.0", "0.9.1"], key=version_order)
    ['0.9.1', '0.10.0']
    """
    return tuple(int(number) for number in re.findall(r"\d+", version))


def released(folder: Traversable | None = None) -> Scripts:
    """The SQL that came with this package.

    Args:
        folder: look there instead.

    Raises:
        ScriptError: that of this very version is not there.
    """
    own = folder is None
    folder = files("partitioncache.setup") / "extension" if folder is None else folder
    installs: dict[str, Traversable] = {}
    upgrades: dict[tuple[str, str], Traversable] = {}
    for file in folder.iterdir():
        if match := _NAME.fullmatch(file.name):
            if match["end"]:
                upgrades[match["start"], match["end"]] = file
            else:
                installs[match["start"]] = file
    if own and installs and partitioncache.__version__ not in installs:
        raise ScriptError(
            f"This package lacks the SQL of its version {partitioncache.__version__}.",
            hint="In a checkout, run scripts/build-extension; else install the package again.",
        )
    return Scripts(installs, upgrades)
