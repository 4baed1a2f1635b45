"""The parts of entries in Redis: stored, read, intersected, removed; see `redis` for why there are parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from partitioncache.backends.bitmaps import FULL_CHUNK, from_bitmap
from partitioncache.backends.redis_layout import Layout, Parts, common_slots, part_names, part_of
from partitioncache.backends.redis_scripts import INTERSECT_BITS, INTERSECT_SETS, READ_NUMBERS, STORE_NUMBERS
from partitioncache.datatypes import INTEGER_DATATYPES, KeySet
from partitioncache.redis import Client, unordered

BATCH: Final = 1000
"""Commands, or names in a command, that are sent together."""


class Overtaken(Exception):
    """Parts of the layout that was read are not there any more."""


class PartStore:
    """The parts of all entries of one cache.

    Args:
        client: where they are.
        family: how the names of all keys of the backend begin.
        cache: the name of the cache.
    """

    def __init__(self, client: Client, family: str, cache: str) -> None:
        self._client = client
        self._family = family
        self._cache = cache

    def _slot(self, partition_key: str, slot: int) -> str:
        """The prefix of the names of parts in a slot: what is between braces decides where Redis Cluster puts them."""
        return f"{self._family}:{{{self._cache}:{partition_key}:{slot}}}:"

    def store(self, partition_key: str, parts: Parts) -> None:
        """Stores parts under names that nothing has yet."""
        pipeline = unordered(self._client)
        waiting = 0
        for name, content in parts:
            slot, _, rest = name.partition(":")
            key = self._slot(partition_key, int(slot)) + rest
            if isinstance(content, str):
                pipeline.execute_command("EVAL", STORE_NUMBERS, 1, key, content)
                waiting += len(content) // 8
            elif isinstance(content, dict):
                pipeline.hset(key, mapping=cast("Any", content))
                waiting += len(content)
            else:
                for start in range(0, len(content), 10 * BATCH):
                    pipeline.sadd(key, *content[start : start + 10 * BATCH])
                waiting += len(content)
            if waiting >= 100 * BATCH:
                pipeline.execute()
                waiting = 0
        pipeline.execute()

    def remove(self, partition_key: str, layouts: Sequence[Layout]) -> None:
        """Removes all parts of these layouts that are there."""
        for layout in layouts:
            for slot, split, _ in layout.parts:
                names = part_names(layout, split)
                stem = self._slot(partition_key, slot)
                for start in range(0, len(names), BATCH):
                    self._client.unlink(*(stem + name for name in names[start : start + BATCH]))

    def intersection(self, layouts: Sequence[Layout], partition_key: str, datatype: str) -> KeySet:
        """What the entries of these layouts have in common.

        Raises:
            Overtaken: a part is missing.
        """
        found: set[Any] | None = None
        for form, read in (("sets", self._read_sets), ("bits", self._read_bits)):
            same = [layout for layout in layouts if layout.form == form]
            if same:
                members = read(same, partition_key, datatype)
                found = members if found is None else found & members
        result: KeySet = found or set()
        if all(layout.null for layout in layouts):
            result.add(None)
        return result

    def _read_sets(self, layouts: Sequence[Layout], partition_key: str, datatype: str) -> set[Any]:
        numbers = datatype in INTEGER_DATATYPES
        if len(layouts) == 1:
            return self._read_set(layouts[0], partition_key, numbers)
        result: set[Any] = set()
        for slot in common_slots(layouts):
            arguments = [x for layout in layouts for x in (layout.version, *part_of(layout, slot))]
            answer: Any = self._client.eval(
                INTERSECT_SETS,
                1,
                self._slot(partition_key, slot),
                "numbers" if numbers else "texts",
                *arguments,
            )
            if answer is None:
                raise Overtaken
            result.update(_numbers([answer]) if numbers else map(bytes.decode, answer))
        return result

    def _read_set(self, layout: Layout, partition_key: str, numbers: bool) -> set[Any]:
        pipeline = unordered(self._client)
        result: set[Any] = set()
        names = [
            self._slot(partition_key, slot) + name
            for slot, split, _ in layout.parts
            for name in part_names(layout, split)
        ]
        for start in range(0, len(names), BATCH):
            for name in names[start : start + BATCH]:
                if numbers:
                    pipeline.execute_command("EVAL", READ_NUMBERS, 1, name)
                else:
                    pipeline.smembers(name)
            answers: list[Any] = pipeline.execute()
            if numbers:
                result.update(_numbers(answers))
            else:
                result.update(text.decode() for members in answers for text in members)
        if len(result) != layout.count:
            raise Overtaken
        return result

    def _read_bits(self, layouts: Sequence[Layout], partition_key: str, datatype: str) -> set[Any]:
        bitmap: dict[int, bytes] = {}
        for slot in common_slots(layouts):
            stem = self._slot(partition_key, slot)
            chunks: Mapping[bytes, bytes]
            if len(layouts) == 1:
                chunks = cast("dict[bytes, bytes]", self._client.hgetall(stem + layouts[0].version))
                if len(chunks) != part_of(layouts[0], slot)[1]:
                    raise Overtaken
            else:
                arguments = [x for layout in layouts for x in (layout.version, part_of(layout, slot)[1])]
                flat = cast("list[bytes] | None", self._client.eval(INTERSECT_BITS, 1, stem, *arguments))
                if flat is None:
                    raise Overtaken
                chunks = dict(zip(flat[::2], flat[1::2], strict=True))
            bitmap.update((int(chunk), bits or FULL_CHUNK) for chunk, bits in chunks.items())
        return from_bitmap(bitmap)


def _numbers(answers: Sequence[bytes]) -> map[int]:
    """The numbers of texts in which commas stand between them."""
    return map(int, b",".join(filter(None, answers)).split(b",") if any(answers) else ())
