"""Arrays of numbers as PostgreSQL's binary format has them: a million keys are made in a tenth of a second."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Mapping
from typing import Final, cast

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

from partitioncache.datatypes import KeySet

_ELEMENTS: Final[Mapping[str, tuple[str, int]]] = {
    "integer": ("i", 23),
    "bigint": ("q", 20),
    "float": ("d", 701),
}
"""For each data type that has a fixed width its code in `array`, and PostgreSQL's number for the type."""


class BinaryArray(bytes):
    """An argument for a parameter that is cast to an array type, in that type's binary format."""


class _BinaryArrayDumper(Dumper):
    """Sends it as it is. It names no type: the server takes that of the cast."""

    format = Format.BINARY

    def dump(self, obj: bytes) -> Buffer:
        return obj


psycopg.adapters.register_dumper(BinaryArray, _BinaryArrayDumper)


def binary_array(keys: KeySet, datatype: str) -> BinaryArray | None:
    """Keys as an array in binary format; None for data types whose values differ in size.

    Args:
        keys: different numbers that belong to the data type (`datatypes.checked`), and None for a null.
        datatype: the data type.

    >>> binary_array({7, None}, "integer").hex(" ", 4)
    '00000001 00000001 00000017 00000002 00000001 00000004 00000007 ffffffff'
    >>> binary_array({"a"}, "text") is None
    True
    """
    if datatype not in _ELEMENTS:
        return None
    code, element = _ELEMENTS[datatype]
    numbers = list(keys)
    null = None in keys
    if null:
        numbers.remove(None)
    values = array(code, cast("list[float]", numbers))
    head = (
        struct.pack("!iiiii", 1, null, element, len(keys), 1) if keys else struct.pack("!iii", 0, 0, element)
    )
    return BinaryArray(head + _with_lengths(values) + (b"\xff\xff\xff\xff" if null else b""))


def _with_lengths(values: array[int] | array[float]) -> bytes:
    """Each value after four bytes that say how many bytes it has, in network order."""
    if sys.byteorder == "little":
        values.byteswap()
    words = array("i", values.tobytes())
    width = values.itemsize // words.itemsize
    cells = array("i", bytes(words.itemsize * (width + 1) * len(values)))
    cells[:: width + 1] = array("i", struct.pack("!i", values.itemsize)) * len(values)
    for place in range(width):
        cells[place + 1 :: width + 1] = words[place::width]
    return cells.tobytes()
