"""Key sets as bytes: small, the same on every machine, and safe to read.

Whole numbers (and dates and timestamps, which are counted in days and microseconds) are sorted and kept as the
differences from one to the next, in as few bytes each as the largest difference needs; a million consecutive keys
are a few kilobytes. Other data types are kept one after the other. Everything is compressed where that helps.

The first byte of a packed set says whether it holds None, the second how the rest is written.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import accumulate
from math import isnan
from operator import sub
from typing import Final, cast
from uuid import UUID

from partitioncache.datatypes import DECIMAL_NAN, NAN, Key, KeySet

_PLAIN: Final = b"p"
_COMPRESSED: Final = b"z"
_WORTH_COMPRESSING: Final = 64

_EPOCH: Final = datetime(1970, 1, 1)
_EPOCH_UTC: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)


def pack(keys: KeySet, datatype: str) -> bytes:
    """A key set as bytes.

    Args:
        keys: keys that belong to the data type (`datatypes.checked`), and None.
        datatype: the data type.

    >>> len(pack(set(range(1_000_000)), "integer")) < 10_000
    True
    """
    some = cast("set[Key]", keys - {None})
    return (b"n" if None in keys else b"-") + pack_bytes(_PACK[datatype](some))


def unpack(packed: bytes, datatype: str) -> KeySet:
    """The key set that `pack` made bytes of.

    >>> unpack(pack({-5, 0, 2**63 - 1, None}, "bigint"), "bigint") == {-5, 0, 2**63 - 1, None}
    True
    """
    keys: KeySet = set(_UNPACK[datatype](unpack_bytes(packed[1:])))
    if packed[:1] == b"n":
        keys.add(None)
    return keys


def pack_bytes(content: bytes) -> bytes:
    """Bytes, compressed where that makes them smaller.

    >>> len(pack_bytes(bytes(100_000))) < 1_000, pack_bytes(b"abc")
    (True, b'pabc')
    """
    packed = zlib.compress(content, 1) if len(content) >= _WORTH_COMPRESSING else content
    return _COMPRESSED + packed if len(packed) < len(content) else _PLAIN + content


def unpack_bytes(packed: bytes) -> bytes:
    """What `pack_bytes` was given."""
    return zlib.decompress(packed[1:]) if packed[:1] == _COMPRESSED else packed[1:]


def pack_integers(numbers: Iterable[int]) -> bytes:
    """Whole numbers between -2**63 and 2**63 - 1, each at most once, as bytes.

    >>> unpack_integers(pack_integers([7, -3])), pack_integers([])
    ([-3, 7], b'')
    """
    ordered = sorted(numbers)
    if not ordered:
        return b""
    steps = list(map(sub, ordered[1:], ordered))
    widest = max(steps, default=0)
    code = next(code for code in _STEP_CODES if widest < 1 << 8 * array(code).itemsize)
    return (
        ordered[0].to_bytes(8, "little", signed=True)
        + code.encode()
        + _little_endian(array(code, steps)).tobytes()
    )


def unpack_integers(packed: bytes) -> list[int]:
    """The whole numbers that `pack_integers` made bytes of, in order."""
    if not packed:
        return []
    steps = array(packed[8:9].decode())
    steps.frombytes(packed[9:])
    return list(accumulate(_little_endian(steps), initial=int.from_bytes(packed[:8], "little", signed=True)))


_STEP_CODES: Final = ("B", "H", "I", "Q")


def _little_endian(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _pack_floats(keys: Sequence[float]) -> bytes:
    values = array("d", sorted(keys, key=lambda value: (isnan(value), value)))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _unpack_floats(packed: bytes) -> list[Key]:
    values = array("d")
    values.frombytes(packed)
    if sys.byteorder == "big":
        values.byteswap()
    return [NAN if isnan(value) else value for value in values]


def _pack_texts(texts: Iterable[str]) -> bytes:
    # Text has no NUL (datatypes.checked), so that NUL can end each; an empty text is a NUL alone.
    return "".join(f"{text}\0" for text in sorted(texts)).encode()


def _unpack_texts(packed: bytes) -> list[str]:
    return packed.decode().split("\0")[:-1]


def _unpack_decimals(packed: bytes) -> list[Key]:
    values = map(Decimal, _unpack_texts(packed))
    return [DECIMAL_NAN if value.is_nan() else value for value in values]


def _unpack_uuids(packed: bytes) -> list[Key]:
    return [UUID(bytes=packed[start : start + 16]) for start in range(0, len(packed), 16)]


def _integers(packed: bytes) -> Iterable[Key]:
    return unpack_integers(packed)


_PACK: Final[dict[str, Callable[[set[Key]], bytes]]] = {
    "integer": lambda keys: pack_integers(cast("set[int]", keys)),
    "bigint": lambda keys: pack_integers(cast("set[int]", keys)),
    "float": lambda keys: _pack_floats(cast("Sequence[float]", keys)),
    "numeric": lambda keys: _pack_texts(map(str, keys)),
    "text": lambda keys: _pack_texts(cast("set[str]", keys)),
    "uuid": lambda keys: b"".join(sorted(key.bytes for key in cast("set[UUID]", keys))),
    "date": lambda keys: pack_integers(key.toordinal() for key in cast("set[date]", keys)),
    "timestamp": lambda keys: pack_integers(
        (key - _EPOCH) // _MICROSECOND for key in cast("set[datetime]", keys)
    ),
    "timestamptz": lambda keys: pack_integers(
        (key - _EPOCH_UTC) // _MICROSECOND for key in cast("set[datetime]", keys)
    ),
}
_UNPACK: Final[dict[str, Callable[[bytes], Iterable[Key]]]] = {
    "integer": _integers,
    "bigint": _integers,
    "float": _unpack_floats,
    "numeric": _unpack_decimals,
    "text": _unpack_texts,
    "uuid": _unpack_uuids,
    "date": lambda packed: map(date.fromordinal, unpack_integers(packed)),
    "timestamp": lambda packed: [_EPOCH + number * _MICROSECOND for number in unpack_integers(packed)],
    "timestamptz": lambda packed: [_EPOCH_UTC + number * _MICROSECOND for number in unpack_integers(packed)],
}
