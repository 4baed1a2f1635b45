"""Export and import: a cache as a file of JSON lines, readable by any backend.

The first line says what the file is; each further one is a partition key or an entry. Keys are numbers, or
texts that the data type tells how to read; null stands for rows without a partition key.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

from partitioncache.backends.protocol import Backend
from partitioncache.cli.output import in_order
from partitioncache.datatypes import INTEGER_DATATYPES, Key, parse
from partitioncache.errors import PartitionCacheError

_FORMAT: Final = {"partitioncache": "export", "version": 1}


class ExchangeError(PartitionCacheError):
    """A file that is no export."""


@contextmanager
def opened(path: str, mode: Literal["r", "w"]) -> Iterator[IO[str]]:
    """The file, compressed if its name ends in ``.gz``; ``-`` is standard input or output."""
    if path == "-":
        yield sys.stdin if mode == "r" else sys.stdout
    elif Path(path).suffix == ".gz":
        with gzip.open(path, f"{mode}t", encoding="utf-8") as file:
            yield cast("IO[str]", file)
    else:
        with open(path, mode, encoding="utf-8") as file:
            yield file


def lines(cache: Backend, partition_keys: list[str]) -> Iterator[str]:
    """The lines of an export."""
    yield json.dumps(_FORMAT)
    datatypes = dict(cache.get_partition_keys())
    for name in partition_keys:
        yield json.dumps({"partition_key": name, "datatype": datatypes[name]})
        for hash in sorted(cache.get_all_keys(name)):
            keys = cache.get(hash, name)
            if keys is None:
                continue
            entry: dict[str, Any] = {"hash": hash, "query": cache.get_query(hash, name)}
            entry["keys"] = [_written(key) for key in in_order(keys)]
            yield json.dumps(entry)


def _written(key: Key | None) -> int | str | None:
    return key if key is None or isinstance(key, int) else str(key)


def read(cache: Backend, file: IO[str], path: str) -> Iterator[str]:
    """Store what an export holds; yields the hash of each entry when it is stored.

    Raises:
        ExchangeError: the file is no export, or is damaged; what came before the damage is stored.
    """
    name, datatype = "", ""
    for number, line in enumerate(_whole(file, path), 1):
        try:
            found = json.loads(line)
            if number == 1:
                if found != _FORMAT:
                    raise ValueError
                continue
            if "partition_key" in found:
                name, datatype = found["partition_key"], found["datatype"]
                cache.register(name, datatype)
                continue
            keys = {_key(key, datatype) for key in found["keys"]}
            hash, query = found["hash"], found.get("query")
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, PartitionCacheError):
                raise
            raise ExchangeError(
                f"Line {number} of {path} is not of an export.",
                hint="Give a file that pcache-manage export wrote.",
            ) from None
        cache.set_set(hash, keys, name)
        if query is not None:
            cache.set_query(hash, query, name)
        yield hash


def _whole(file: IO[str], path: str) -> Iterator[str]:
    try:
        yield from file
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise ExchangeError(
            f"{path} is damaged: {error}.", hint="Write it anew with pcache-manage export."
        ) from error


def _key(written: int | str | None, datatype: str) -> Key | None:
    if written is None or (datatype in INTEGER_DATATYPES and isinstance(written, int)):
        return written
    return parse(str(written), datatype)
