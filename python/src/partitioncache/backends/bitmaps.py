"""Sets of whole numbers as bitmaps in chunks: a bit a number where numbers are dense, no bytes where there are none.

A number belongs to the chunk ``number // CHUNK_BITS``, which is negative for negative numbers, so that neither a
size nor an offset need be chosen in advance. A chunk's bytes begin with its lowest number (in the lowest bit of the
first byte) and end with its highest. A set in which bitmaps would not pay is better kept as numbers: `dense` decides.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Final, TypeAlias

CHUNK_BITS: Final = 65_536
"""Numbers in a chunk."""

Bitmap: TypeAlias = dict[int, bytes]
"""The bits of each chunk that has any."""

_CHUNK_OVERHEAD: Final = 64
_ONE: Final = ord("1")
_DIGITS_TO_FLAGS: Final = bytes.maketrans(b"01", b"\0\1")


def dense(ordered: Sequence[int], bytes_a_number: int = 8) -> bool:
    """Whether a bitmap takes no more room than the numbers themselves.

    Args:
        ordered: different whole numbers in ascending order.
        bytes_a_number: what a number takes otherwise.

    >>> dense(range(1_000)), dense([5, 2**40])
    (True, False)
    """
    budget = bytes_a_number * len(ordered)
    for chunk, _, end in _chunks(ordered):
        budget -= (ordered[end - 1] - chunk * CHUNK_BITS) // 8 + 1 + _CHUNK_OVERHEAD
        if budget < 0:
            return False
    return True


def to_bitmap(ordered: Sequence[int]) -> Bitmap:
    """The bitmap of different whole numbers in ascending order.

    >>> to_bitmap([0, 3, 9])
    {0: b'\\t\\x02'}
    """
    bitmap: Bitmap = {}
    for chunk, start, end in _chunks(ordered):
        base = chunk * CHUNK_BITS
        digits = bytearray(b"0") * (ordered[end - 1] - base + 1)
        for number in ordered[start:end]:
            digits[number - base] = _ONE
        digits.reverse()
        bits = int(digits, 2)
        bitmap[chunk] = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return bitmap


def from_bitmap(bitmap: Mapping[int, bytes]) -> set[int]:
    """The numbers of a bitmap.

    >>> sorted(from_bitmap(to_bitmap([-70_000, -1, 0, 2**62])))
    [-70000, -1, 0, 4611686018427387904]
    """
    numbers: set[int] = set()
    for chunk, content in bitmap.items():
        flags = format(int.from_bytes(content, "little"), "b").encode().translate(_DIGITS_TO_FLAGS)[::-1]
        base = chunk * CHUNK_BITS
        numbers.update(compress(range(base, base + len(flags)), flags))
    return numbers


def intersection(bitmaps: Sequence[Mapping[int, bytes]]) -> Bitmap:
    """What is in all of the bitmaps.

    >>> from_bitmap(intersection([to_bitmap([1, 2, 2**50]), to_bitmap([2, 3])]))
    {2}
    """
    first, *others = sorted(bitmaps, key=len)
    result: Bitmap = {}
    for chunk, content in first.items():
        bits = int.from_bytes(content, "little")
        for other in others:
            bits &= int.from_bytes(other.get(chunk, b""), "little")
        if bits:
            result[chunk] = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return result


def _chunks(ordered: Sequence[int]) -> Iterable[tuple[int, int, int]]:
    """Each chunk with the part of the sequence that lies in it."""
    start = 0
    while start < len(ordered):
        chunk = ordered[start] // CHUNK_BITS
        end = bisect_left(ordered, (chunk + 1) * CHUNK_BITS, start, min(len(ordered), start + CHUNK_BITS))
        yield chunk, start, end
        start = end
