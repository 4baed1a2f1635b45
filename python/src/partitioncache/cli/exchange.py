"""Export and import: a cache as a file of JSON lines, readable by any backend.

The first line says what the file is; each further one is a partition key or an entry. Keys are numbers, or
texts that the data type tells how to read; null stands for rows without a partition key. An entry that a PostgreSQL
cache has evaluated says so, because a copy of its keys would not know when its tables change.

A file is read strictly, and to its end, before anything of it is stored.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal, NoReturn, cast

from partitioncache.backends.protocol import Backend, State
from partitioncache.cli.output import in_order
from partitioncache.config import checked_hash, checked_partition_key
from partitioncache.datatypes import INTEGER_DATATYPES, Key, KeySet, checked, datatype_name, parse
from partitioncache.errors import PartitionCacheError
from partitioncache.migrate import Migration, Transfer, is_fragment
from partitioncache.registry import check_datatype

_VERSION: Final = 2
_OPTIONAL: Final = {"query", "state", "as_of", "form"}
_LONGEST_LINE: Final = 2**30
"""Characters: a text of PostgreSQL's has no more."""


class ExchangeError(PartitionCacheError):
    """A file that is no export."""


@dataclass(frozen=True)
class Section:
    """The beginning of a partition key in an export."""

    partition_key: str
    datatype: str


@dataclass(frozen=True)
class Entry:
    """An entry in an export."""

    hash: str
    query: str | None
    state: State
    keys: KeySet
    as_of: float | None
    form: str | None


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
    """The lines of an export; entries that are put aside have no key set to write."""
    yield json.dumps({"partitioncache": "export", "version": _VERSION})
    datatypes = dict(cache.get_partition_keys())
    for name in partition_keys:
        yield json.dumps({"partition_key": name, "datatype": datatypes[name]})
        for hash, state in sorted(cache.states(name).items()):
            as_of, keys = cache.as_of([hash], name), cache.get(hash, name)
            if keys is None:
                continue
            entry: dict[str, Any] = {"hash": hash, "query": cache.get_query(hash, name), "state": state}
            if as_of is not None:
                entry["as_of"] = as_of
            if (form := cache.get_form(hash, name)) is not None:
                entry["form"] = form
            entry["keys"] = [_written(key) for key in in_order(keys)]
            yield json.dumps(entry)


def _written(key: Key | None) -> int | str | None:
    return key if key is None or isinstance(key, int) else str(key)


def store(cache: Backend, path: str, *, push: bool, assert_static: bool) -> dict[str, Migration]:
    """Stores what an export holds.

    Args:
        cache: where to.
        path: the file, ``-`` for standard input.
        push: as in `migrate_cache_backend`.
        assert_static: as in `migrate_cache_backend`.

    Returns:
        What was done with each partition key.

    Raises:
        ExchangeError: the file is no export, is damaged, or holds what this cache cannot. Nothing was stored.
    """
    with _twice(path) as file:
        known = dict(cache.get_partition_keys())
        for number, found in _read(file, path):
            if isinstance(found, Section):
                with _at(number, path):
                    check_datatype(cache.backend, found.datatype)
                    if known.setdefault(found.partition_key, found.datatype) != found.datatype:
                        raise ExchangeError(
                            f"{found.partition_key} is registered in this cache as {known[found.partition_key]}, "
                            f"not as {found.datatype}."
                        )
        file.seek(0)
        done: dict[str, Migration] = {}
        transfer: Transfer | None = None
        for _, found in _read(file, path):
            if isinstance(found, Section):
                transfer = Transfer(
                    cache, found.partition_key, found.datatype, push=push, assert_static=assert_static
                )
                done[found.partition_key] = transfer.done
            elif transfer is not None:
                transfer.take(found.hash, found.keys, found.query, found.state, found.as_of, found.form)
    return done


@contextmanager
def _twice(path: str) -> Iterator[IO[str]]:
    """The text of a file that can be read a second time."""
    with opened(path, "r") as file:
        if path != "-" and file.seekable():
            yield file
            return
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as copy, _damaged(path):
            while part := file.read(1 << 20):
                copy.write(part)
            copy.seek(0)
            yield copy


def _read(file: IO[str], path: str) -> Iterator[tuple[int, Section | Entry]]:
    """What the lines say, each with its number."""
    number, version, section = 1, 0, None
    with _damaged(path):
        while line := file.readline(_LONGEST_LINE + 1):
            with _at(number, path):
                if len(line) > _LONGEST_LINE:
                    raise ExchangeError("It is too long.")
                fields = _fields(line)
                if number == 1:
                    version = _version(fields)
                elif "partition_key" in fields:
                    section = _section(fields)
                    yield number, section
                elif section is None:
                    raise ExchangeError("An entry comes before its partition key.")
                else:
                    yield number, _entry(fields, section, version)
            number += 1
        if number == 1:
            raise ExchangeError(f"{path} is empty.", hint="Give a file that pcache-manage export wrote.")


@contextmanager
def _damaged(path: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError) as error:
        raise ExchangeError(
            f"{path} is damaged: {' '.join(str(error).split()).rstrip('.')}. Nothing was stored.",
            hint="Write it anew with pcache-manage export.",
        ) from None


@contextmanager
def _at(number: int, path: str) -> Iterator[None]:
    """Tells for an error in which line it is."""
    try:
        yield
    except PartitionCacheError as error:
        raise ExchangeError(
            f"Line {number} of {path} is not of an export for this cache: {error.message} Nothing was stored.",
            hint=error.hint or "Give a file that pcache-manage export wrote.",
        ) from None


def _fields(line: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ExchangeError("A name occurs twice.")
        return dict(pairs)

    def refuse(constant: str) -> NoReturn:
        raise ExchangeError(f"{constant} is no number.")

    try:
        found = json.loads(line, object_pairs_hook=once, parse_constant=refuse)
    except RecursionError:
        raise ExchangeError("It is nested too deeply.") from None
    except ValueError as error:
        raise ExchangeError(f"It is no JSON: {' '.join(str(error).split())}.") from None
    if not isinstance(found, dict):
        raise ExchangeError("It is no JSON object.")
    return found


def _version(fields: dict[str, Any]) -> int:
    """The version of the format, from the first line."""
    version = fields.get("version")
    if fields.keys() != {"partitioncache", "version"} or fields["partitioncache"] != "export":
        raise ExchangeError("The first line does not say that it is one.")
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= _VERSION:
        raise ExchangeError(f"Version {version!r} is none that this program knows.")
    return version


def _section(fields: dict[str, Any]) -> Section:
    _check_names(fields, {"partition_key", "datatype"})
    if not isinstance(fields["datatype"], str):
        raise ExchangeError("Its datatype is no text.")
    return Section(checked_partition_key(fields["partition_key"]), datatype_name(fields["datatype"]))


def _entry(fields: dict[str, Any], section: Section, version: int) -> Entry:
    _check_names(fields, {"hash", "keys"}, _OPTIONAL if version > 1 else {"query"})
    hash, query, keys = checked_hash(fields["hash"]), fields.get("query"), fields["keys"]
    if query is not None and (not isinstance(query, str) or "\0" in query or not _is_unicode(query)):
        raise ExchangeError("Its query is no text.")
    # Version 1 did not say what was evaluated by a PostgreSQL cache: what can have been, counts as such.
    state = fields.get("state", "evaluated" if version == 1 and is_fragment(hash, query) else "asserted")
    if state not in [each.value for each in State]:
        raise ExchangeError(f"{state!r} is no state of an entry.")
    if not isinstance(keys, list):
        raise ExchangeError("Its keys are no list.")
    found = checked([_key(key, section.datatype) for key in keys], section.datatype)
    if len(found) < len(keys):
        raise ExchangeError("A key occurs twice.")
    as_of = fields.get("as_of")
    if as_of is not None and (
        isinstance(as_of, bool) or not isinstance(as_of, (int, float)) or abs(as_of) > 1e12
    ):
        raise ExchangeError("Its as_of is no time in seconds since 1970.")
    form = fields.get("form")
    if form is not None and not isinstance(form, str):
        raise ExchangeError("Its form is no text.")
    return Entry(hash, query, State(state), found, as_of, form)


def _check_names(fields: dict[str, Any], needed: set[str], allowed: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    if missing := needed - fields.keys():
        raise ExchangeError(f"It has no {min(missing)}.")
    if others := fields.keys() - needed - allowed:
        raise ExchangeError(f"It has an unknown {min(others)!r}.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(written: object, datatype: str) -> Key | None:
    if written is None:
        return None
    if datatype in INTEGER_DATATYPES:
        if isinstance(written, bool) or not isinstance(written, int):
            raise ExchangeError(f"{_shown(written)} is no whole number.")
        return written
    if datatype == "numeric" and isinstance(written, int) and not isinstance(written, bool):
        return written
    if not isinstance(written, str):
        raise ExchangeError(f"{_shown(written)} is no text, as a key of type {datatype} is written.")
    return parse(written, datatype)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
