"""The data types of partition keys: their names, their rules, and how a value is recognised.

One table for every backend, the same names as in the SQL functions:

========== ============================================ =====================
name       Python                                       PostgreSQL
========== ============================================ =====================
integer    int (32 bit in PostgreSQL, else 64 bit)      integer
bigint     int (64 bit)                                 bigint
float      float, and int where it is exact             double precision
numeric    decimal.Decimal, and int                     numeric
text       str                                          text
uuid       uuid.UUID                                    uuid
date       datetime.date                                date
timestamp  datetime.datetime without a time zone        timestamp
timestamptz datetime.datetime with a time zone          timestamptz
========== ============================================ =====================

``None`` in a key set means "rows whose partition key is NULL match too"; every data type allows it.
``bool`` is not an integer here. Timestamps with a time zone come back in UTC, the same instant.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from types import NoneType
from typing import Final, TypeAlias, cast
from uuid import UUID

from typing_extensions import LiteralString

from partitioncache.errors import DatatypeError

Key: TypeAlias = int | float | str | Decimal | UUID | date | datetime
"""One partition key. `bool` is refused although Python calls it an int."""

KeySet: TypeAlias = set[Key | None]
"""The partition keys of an entry; None stands for rows without a partition key."""

NATIVE: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "integer": ("pg_catalog.int4", "pg_catalog.int4[]"),
    "bigint": ("pg_catalog.int8", "pg_catalog.int8[]"),
    "float": ("pg_catalog.float8", "pg_catalog.float8[]"),
    "numeric": ("pg_catalog.numeric", "pg_catalog.numeric[]"),
    "text": ("pg_catalog.text", "pg_catalog.text[]"),
    "uuid": ("pg_catalog.uuid", "pg_catalog.uuid[]"),
    "date": ("pg_catalog.date", "pg_catalog.date[]"),
    "timestamp": ("pg_catalog.timestamp", "pg_catalog.timestamp[]"),
    "timestamptz": ("pg_catalog.timestamptz", "pg_catalog.timestamptz[]"),
}
"""All data types, each with PostgreSQL's type for its keys, and the array of it."""

DATATYPES: Final = tuple(NATIVE)
INTEGER_DATATYPES: Final = frozenset({"integer", "bigint"})

INT4: Final = range(-(2**31), 2**31)
INT8: Final = range(-(2**63), 2**63)

NAN: Final = math.nan
DECIMAL_NAN: Final = Decimal("NaN")
"""The one NaN of each kind that key sets hold: a NaN equals nothing, not even itself, but Python's sets
find it by identity, so that intersections of our own sets treat all NaN as one key, as PostgreSQL does."""

_ALIASES: Final = {
    "int": "integer", "int4": "integer", "int2": "integer", "smallint": "integer",
    "int8": "bigint", "long": "bigint",
    "float8": "float", "float4": "float", "double": "float", "double precision": "float", "real": "float",
    "decimal": "numeric",
    "str": "text", "string": "text", "varchar": "text", "character varying": "text", "char": "text",
    "datetime": "timestamp", "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}  # fmt: skip


def datatype_name(name: str) -> str:
    """The data type that a name stands for.

    Args:
        name: one of `DATATYPES`, or a common other name of one.

    Raises:
        DatatypeError: the name means none of them.

    >>> datatype_name("integer"), datatype_name("VARCHAR"), datatype_name("int8")
    ('integer', 'text', 'bigint')
    >>> datatype_name("timestmp")
    Traceback (most recent call last):
        ...
    partitioncache.errors.DatatypeError: There is no data type 'timestmp'. Did you mean timestamp?
    """
    wanted = " ".join(str(name).lower().split())
    found = _ALIASES.get(wanted, wanted)
    if found in DATATYPES:
        return found
    close = difflib.get_close_matches(wanted, [*DATATYPES, *_ALIASES], n=1)
    raise DatatypeError(
        f"There is no data type {name!r}.",
        hint=f"Did you mean {_ALIASES.get(close[0], close[0])}?"
        if close
        else f"Use one of: {', '.join(DATATYPES)}.",
    )


def collected(keys: Iterable[Key | None]) -> Collection[Key | None]:
    """The keys as something that can be read twice; a generator is read into a list.

    Raises:
        DatatypeError: this is no collection of keys.

    >>> collected("abc")
    Traceback (most recent call last):
        ...
    partitioncache.errors.DatatypeError: Keys come as a set, not as str. Write {1, 2, 3}, or {'a'} for one text.
    """
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise DatatypeError(
            f"Keys come as a set, not as {type(keys).__name__}.",
            hint="Write {1, 2, 3}, or {'a'} for one text.",
        )
    return keys if isinstance(keys, (set, frozenset, list, tuple)) else list(keys)


def infer(keys: Iterable[Key | None]) -> str:
    """The data type that holds all of these keys.

    Args:
        keys: the keys; None says nothing about the type.

    Raises:
        DatatypeError: no key says anything, the keys are of different kinds, or of a kind that cannot be a key.

    >>> infer({1, 2}), infer({1, 2**40}), infer({1, 2.5}), infer({"2024-01"}), infer({date(2024, 1, 1), None})
    ('integer', 'bigint', 'float', 'text', 'date')
    """
    kinds: dict[str, Key] = {}
    for key in keys:
        if key is not None:
            kinds.setdefault(_kind(key), key)
    found = set(kinds)
    if found == {"integer", "bigint"}:
        return "bigint"
    if found and found <= {"integer", "bigint", "float"} and "float" in found:
        return "float"
    if found and found <= {"integer", "bigint", "numeric"} and "numeric" in found:
        return "numeric"
    if len(found) == 1:
        return found.pop()
    if not found:
        raise DatatypeError(
            "The data type of an empty set cannot be told.",
            hint="Register the partition key first: register(partition_key, datatype).",
        )
    examples = ", ".join(f"{value!r} is {kind}" for kind, value in sorted(kinds.items()))
    raise DatatypeError(
        f"The keys of one set must be of one data type, but {examples}.",
        hint="Convert them to one type before storing them.",
    )


def checked(keys: Iterable[Key | None], datatype: str, integers: range = INT8) -> KeySet:
    """The keys as a set in which every key is what the data type wants.

    Args:
        keys: any iterable of keys; None stands for rows without a partition key.
        datatype: one of `DATATYPES`.
        integers: the integers that ``integer`` may hold here; ``bigint`` always holds 64 bit.

    Raises:
        DatatypeError: a key does not belong to the data type. The text names the key.

    >>> sorted(checked([3, 1, 3], "integer"))
    [1, 3]
    >>> checked({True}, "integer")
    Traceback (most recent call last):
        ...
    partitioncache.errors.DatatypeError: True is a bool, and the partition key holds integer. Store 0 and 1 as integers, or as text.
    """  # noqa: E501
    keys = collected(keys)
    if datatype not in INTEGER_DATATYPES:
        convert = _CONVERT[datatype]
        return {None if key is None else convert(key, datatype) for key in keys}
    bounds = integers if datatype == "integer" else INT8
    if set(map(type, keys)) <= {int, NoneType}:
        # A quick look at all of them together; only if it finds something wrong they are looked at one by one.
        found = set(keys)
        numbers = cast("set[int]", found - {None} if None in found else found)
        if not numbers or (min(numbers) in bounds and max(numbers) in bounds):
            return found
    return {None if key is None else _integer(key, datatype, bounds) for key in keys}


def parse(text: str, datatype: str) -> Key:
    """The key that a text, such as an argument of a command, stands for.

    Args:
        text: the key as text; dates and times in ISO 8601.
        datatype: one of `DATATYPES`.

    Raises:
        DatatypeError: the text is no key of that type.

    >>> parse("42", "integer"), parse("2024-01-31", "date"), parse("a'b", "text")
    (42, datetime.date(2024, 1, 31), "a'b")
    """
    read: dict[str, Callable[[str], Key]] = {
        "integer": int, "bigint": int, "float": float, "numeric": Decimal, "text": str, "uuid": UUID,
        "date": date.fromisoformat, "timestamp": datetime.fromisoformat, "timestamptz": datetime.fromisoformat,
    }  # fmt: skip
    try:
        key = read[datatype](text)
    except (ValueError, ArithmeticError):
        raise DatatypeError(
            f"{text!r} is no {datatype}.", hint=f"Write it like {EXAMPLES[datatype]}."
        ) from None
    (result,) = checked([key], datatype)
    assert result is not None
    return result


EXAMPLES: Final = {
    "integer": "42", "bigint": "9000000000", "float": "1.5", "numeric": "12.30", "text": "north",
    "uuid": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "date": "2024-01-31",
    "timestamp": "2024-01-31T12:00:00", "timestamptz": "2024-01-31T12:00:00+00:00",
}  # fmt: skip
"""One key of each data type, as it is written in messages and commands."""


def _kind(key: object) -> str:
    if isinstance(key, bool):
        raise _wrong(key, "a partition key", "Store 0 and 1 as integers, or as text.")
    if isinstance(key, int):
        return "integer" if key in INT4 else "bigint"
    for kind, name in ((float, "float"), (str, "text"), (Decimal, "numeric"), (UUID, "uuid")):
        if isinstance(key, kind):
            return name
    if isinstance(key, datetime):
        return "timestamp" if key.tzinfo is None else "timestamptz"
    if isinstance(key, date):
        return "date"
    raise DatatypeError(
        f"A {type(key).__name__} cannot be a partition key.", hint=f"Data types are: {', '.join(DATATYPES)}."
    )


def _wrong(key: object, holds: str, hint: str) -> DatatypeError:
    shown = repr(key) if len(repr(key)) <= 60 else repr(key)[:57] + "…"
    kind = type(key).__name__
    article = "an" if kind[0] in "aeiouAEIO" else "a"
    return DatatypeError(f"{shown} is {article} {kind}, and the partition key holds {holds}.", hint=hint)


def _refuse(key: object, datatype: str) -> DatatypeError:
    if isinstance(key, bool):
        return _wrong(key, datatype, "Store 0 and 1 as integers, or as text.")
    return _wrong(
        key,
        datatype,
        f"Write it like {EXAMPLES[datatype]}, or use a partition key of data type {_kind(key)}.",
    )


def _integer(key: object, datatype: str, bounds: range) -> int:
    if isinstance(key, bool) or not isinstance(key, int):
        raise _refuse(key, datatype)
    if key not in bounds:
        wider = datatype == "integer" and key in INT8
        raise DatatypeError(
            f"{key} does not fit into {datatype}, which is {bounds.stop.bit_length()} bit wide.",
            hint="Register the partition key as bigint."
            if wider
            else "Use a partition key of data type numeric or text.",
        )
    return int(key)


def _integer_key(key: object, datatype: str) -> Key:
    return _integer(key, datatype, INT8)


def _float(key: object, datatype: str) -> Key:
    if isinstance(key, bool) or not isinstance(key, (int, float)):
        raise _refuse(key, datatype)
    try:
        value = float(key)
    except OverflowError:
        value = math.inf
    if isinstance(key, int) and (math.isinf(value) or int(value) != key):
        raise DatatypeError(
            f"{key} is not exact as a float.", hint="Use a partition key of data type bigint or numeric."
        )
    if math.isnan(value):
        return NAN
    return value + 0.0  # -0.0 and 0.0 are one key


def _numeric(key: object, datatype: str) -> Key:
    if isinstance(key, bool) or not isinstance(key, (int, Decimal)):
        raise _refuse(key, datatype)
    value = Decimal(key)
    if value.is_nan():
        return DECIMAL_NAN
    return value


def _text(key: object, datatype: str) -> Key:
    if not isinstance(key, str):
        raise _refuse(key, datatype)
    if "\0" in key:
        raise DatatypeError(f"{key!r} contains the character NUL, which text cannot hold.", hint="Remove it.")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise DatatypeError(
            f"{key!r} is no valid Unicode text.", hint="Replace its lone surrogates."
        ) from None
    return str(key)


def _uuid(key: object, datatype: str) -> Key:
    if not isinstance(key, UUID):
        raise _refuse(key, datatype)
    return key


def _date(key: object, datatype: str) -> Key:
    if not isinstance(key, date) or isinstance(key, datetime):
        raise _refuse(key, datatype)
    return key


def _timestamp(key: object, datatype: str) -> Key:
    if not isinstance(key, datetime) or key.tzinfo is not None:
        raise _refuse(key, datatype)
    return key.replace(fold=0)


def _timestamptz(key: object, datatype: str) -> Key:
    if not isinstance(key, datetime) or key.utcoffset() is None:
        raise _refuse(key, datatype)
    try:
        return key.astimezone(timezone.utc)
    except OverflowError:
        raise DatatypeError(
            f"{key} lies outside the years 1 to 9999 in UTC.", hint="Store it as text."
        ) from None


_CONVERT: Final[dict[str, Callable[[object, str], Key]]] = {
    "integer": _integer_key, "bigint": _integer_key, "float": _float, "numeric": _numeric, "text": _text,
    "uuid": _uuid, "date": _date, "timestamp": _timestamp, "timestamptz": _timestamptz,
}  # fmt: skip
