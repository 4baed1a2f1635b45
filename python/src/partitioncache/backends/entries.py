"""Entries as bytes that cannot be taken for anything else: for stores that know nothing but names and bytes.

A value begins with a mark and a checksum of its name, its data type and its content; its content begins with the number
of its keys, and the time of the data that they were found in. A value that was damaged, cut, or put under another name,
or that somebody else wrote, is found out before anything of it is used.

Two forms of key sets: numbers and other keys packed (`packing`), and bitmaps (`bitmaps`). A value says which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct
from typing import Final, cast

from partitioncache.backends.bitmaps import CHUNK_BITS, Bitmap, from_bitmap, intersection, to_bitmap
from partitioncache.backends.packing import pack, pack_bytes, unpack, unpack_bytes
from partitioncache.datatypes import KeySet

_MARK: Final = b"pc2"
_CHECKSUM_BYTES: Final = 16
_COUNT_BYTES: Final = 8
_MOMENT: Final = Struct("<d")
_PACKED: Final = b"p"
_BITMAP: Final = b"b"


class Damaged(Exception):
    """A value that is not what was stored under its name."""


def seal(content: bytes, *names: str) -> bytes:
    """Content as it is stored under names.

    Args:
        content: what is to be stored.
        names: what says where, and as what, it is stored.

    >>> unseal(seal(b"1, 2, 3", "city_id", "near the sea"), "city_id", "near the sea")
    b'1, 2, 3'
    """
    return _MARK + _checksum(content, names) + content


def unseal(value: bytes, *names: str) -> bytes:
    """The content of a value that `seal` made for these names.

    Raises:
        Damaged: it did not.

    >>> unseal(seal(b"1, 2, 3", "city_id", "near the sea"), "city_id", "in the mountains")
    Traceback (most recent call last):
        ...
    partitioncache.backends.entries.Damaged
    """
    start = len(_MARK) + _CHECKSUM_BYTES
    content = value[start:]
    if value[:start] != _MARK + _checksum(content, names):
        raise Damaged
    return content


def _checksum(content: bytes, names: tuple[str, ...]) -> bytes:
    made = blake2b(digest_size=_CHECKSUM_BYTES)
    for name in names:
        encoded = name.encode("utf-8", "surrogatepass")
        made.update(len(encoded).to_bytes(4, "little") + encoded)
    made.update(content)
    return made.digest()


def written(keys: KeySet, datatype: str, bitmap: bool, as_of: float = 0) -> bytes:
    """A key set as the content of a value.

    Args:
        keys: keys that belong to the data type (`datatypes.checked`), and None.
        datatype: the data type.
        bitmap: whether to keep whole numbers a bit each.
        as_of: the time of the data that the keys were found in, in seconds since 1970.
    """
    form, body = (_BITMAP, _bits(keys)) if bitmap else (_PACKED, pack(keys, datatype))
    return form + len(keys).to_bytes(_COUNT_BYTES, "little") + _MOMENT.pack(as_of) + body


def read(contents: Sequence[bytes], datatype: str) -> KeySet:
    """The keys that are in all of these contents, which `written` made, the smallest first.

    >>> sorted(read([written({1, 2, 3}, "integer", True), written({2, 3, 9}, "integer", False)], "integer"))
    [2, 3]
    """
    bodies = {
        form: [content[1 + _COUNT_BYTES + _MOMENT.size :] for content in contents if content[:1] == form]
        for form in (_BITMAP, _PACKED)
    }
    found: KeySet | None = None
    if bits := bodies[_BITMAP]:
        found = set(from_bitmap(intersection([_split(unpack_bytes(body[1:])) for body in bits])))
        if all(body[:1] == b"n" for body in bits):
            found.add(None)
    for body in sorted(bodies[_PACKED], key=len):
        if found is not None and not found:
            break
        keys = unpack(body, datatype)
        found = keys if found is None else found & keys
    return found or set()


def count(content: bytes) -> int:
    """How many keys a content holds.

    >>> count(written({1, 2, None}, "integer", True))
    3
    """
    return int.from_bytes(content[1 : 1 + _COUNT_BYTES], "little")


def moment(content: bytes) -> float:
    """The time of the data that the keys were found in, in seconds since 1970.

    >>> moment(written({1}, "integer", False, 1700000000.5))
    1700000000.5
    """
    (as_of,) = _MOMENT.unpack_from(content, 1 + _COUNT_BYTES)
    return float(as_of)


def _bits(keys: KeySet) -> bytes:
    numbers = sorted(cast("set[int]", keys - {None}))
    joined = b"".join(
        chunk.to_bytes(8, "little", signed=True) + len(bits).to_bytes(2, "little") + bits
        for chunk, bits in to_bitmap(numbers).items()
    )
    return (b"n" if None in keys else b"-") + pack_bytes(joined)


def _split(joined: bytes) -> Bitmap:
    bitmap: Bitmap = {}
    start = 0
    while start < len(joined):
        end = start + 10 + int.from_bytes(joined[start + 8 : start + 10], "little")
        bitmap[int.from_bytes(joined[start : start + 8], "little", signed=True)] = joined[start + 10 : end]
        start = end
    return bitmap


assert CHUNK_BITS // 8 < 2**16
