"""How an entry is divided into parts, each of which is a key of Redis; see `redis` for why.

>>> layout, parts = number_parts("v1", {5, 7}, False, 1)
>>> layout.parts, list(parts)
(((0, 1, 1),), [('0:v1:0', '5,7')])
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from partitioncache.backends.bitmaps import FULL_CHUNK, to_bitmap

NUMBERS_A_SET: Final = 400
"""A set is split so that it holds about 200 to 400 numbers: Redis packs sets of up to 512 (set-max-intset-entries)."""

Parts: TypeAlias = Iterator[tuple[str, str | list[bytes] | dict[str, bytes]]]
"""For each part: slot and name, with a colon between, and what it holds: numbers with commas between, texts, or the
chunks of a bitmap."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of one entry are.

    Attributes:
        version: the part of their names that no other entry has.
        form: how the keys are kept.
        null: whether None belongs to the set.
        count: the number of keys, without None.
        parts: for each slot that holds any: its number; for sets, into how many the keys are split and how many of
            those exist (are not empty); for bits, 1 and the number of chunks.
    """

    version: str
    form: Literal["sets", "bits"]
    null: bool
    count: int
    parts: tuple[tuple[int, int, int], ...]

    def dump(self) -> str:
        """The layout as a text."""
        return json.dumps([self.version, self.form, self.null, self.count, self.parts], separators=(",", ":"))

    @classmethod
    def load(cls, text: str | bytes) -> Layout:
        """The layout that `dump` made a text of."""
        version, form, null, count, parts = json.loads(text)
        return cls(version, form, null, count, tuple((slot, split, held) for slot, split, held in parts))


def text_parts(version: str, texts: set[str], null: bool, spread: int) -> tuple[Layout, Parts]:
    """An entry of texts: one set in each slot."""
    slots: dict[int, list[bytes]] = {}
    for text in texts:
        encoded = text.encode()
        slots.setdefault(zlib.crc32(encoded) % spread if spread > 1 else 0, []).append(encoded)
    layout = Layout(version, "sets", null, len(texts), tuple((slot, 1, 1) for slot in sorted(slots)))
    return layout, ((f"{slot}:{version}:0", members) for slot, members in slots.items())


def number_parts(version: str, numbers: set[int], null: bool, spread: int) -> tuple[Layout, Parts]:
    """An entry of numbers: in each slot a power of two of sets, so that those of two entries nest in each other."""
    split = 1 << (len(numbers) // spread // NUMBERS_A_SET).bit_length()
    sets: list[list[int]] = [[] for _ in range(spread * split)]
    mask = split - 1
    for number in numbers:
        scrambled = (((number ^ (number >> 32)) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF) >> 32
        high = scrambled >> 16
        sets[high % spread * split + ((scrambled ^ high) & mask)].append(number)
    filled = [place for place, members in enumerate(sets) if members]
    held = Counter(place // split for place in filled)
    layout = Layout(
        version,
        "sets",
        null,
        len(numbers),
        tuple((slot, split, existing) for slot, existing in sorted(held.items())),
    )
    return layout, (
        (f"{place // split}:{version}:{place % split}", ",".join(map(str, sets[place]))) for place in filled
    )


def bit_parts(version: str, ordered: Sequence[int], null: bool, spread: int) -> tuple[Layout, Parts]:
    """An entry of numbers in ascending order, as a bitmap: its chunks in one hash in each slot, full ones as b""."""
    slots: dict[int, dict[str, bytes]] = {}
    for chunk, bits in to_bitmap(ordered).items():
        slots.setdefault(chunk % spread, {})[str(chunk)] = b"" if bits == FULL_CHUNK else bits
    places = tuple((slot, 1, len(chunks)) for slot, chunks in sorted(slots.items()))
    layout = Layout(version, "bits", null, len(ordered), places)
    return layout, ((f"{slot}:{version}", chunks) for slot, chunks in slots.items())


def part_names(layout: Layout, split: int) -> list[str]:
    """The names of an entry's parts in one slot, without the slot's own prefix."""
    if layout.form == "bits":
        return [layout.version]
    return [f"{layout.version}:{place}" for place in range(split)]


def part_of(layout: Layout, slot: int) -> tuple[int, int]:
    """Into how many parts an entry is split in a slot, and how many of them exist."""
    return next((split, held) for number, split, held in layout.parts if number == slot)


def common_slots(layouts: Sequence[Layout]) -> list[int]:
    """The slots in which all entries have keys."""
    return sorted(set.intersection(*({slot for slot, _, _ in layout.parts} for layout in layouts)))
