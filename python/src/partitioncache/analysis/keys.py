"""Partition keys as SQL: one exact literal each, and which key sets Python may intersect.

A key set was computed by a database and is applied by a database; in between, Python compares its keys exactly.
That is only right where the database's equality is exact too:

* Integers, decimals, UUIDs, dates and timestamps are equal to the database exactly when Python says so.
* Texts may not be: a collation may ignore case, accents or trailing blanks (``'Berlin' = 'berlin'``). Such sets are
  never intersected across tables; each is put into the query, and the database compares.
* Floats of four bytes are printed shorter than they are. Their sets stay with the table they came from.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from partitioncache.analysis.conditions import string
from partitioncache.analysis.dialects import Rules
from partitioncache.analysis.reasons import Unsure
from partitioncache.datatypes import Key


def kind(keys: Iterable[Key | None]) -> str | None:
    """How the keys of a set compare: ``number``, ``text``, … or None if they are of several kinds.

    >>> kind({1, 2, None}), kind({"a"}), kind({1, "1"}), kind(set())
    ('number', 'text', None, 'nothing')

    Raises:
        Unsure: a key is of no type that can be a partition key.
    """
    kinds = {_kind(key) for key in keys if key is not None}
    if len(kinds) > 1:
        return None
    return kinds.pop() if kinds else "nothing"


#: The kinds of keys that Python may intersect for the database.
EXACT = frozenset({"nothing", "number", "uuid", "date", "timestamp", "instant"})


def _kind(key: object) -> str:
    if isinstance(key, bool):
        raise Unsure("True and False are no partition keys")
    if isinstance(key, int):
        return "number"
    if isinstance(key, Decimal):
        return "number" if key.is_finite() else "float"
    if isinstance(key, float):
        return "float"
    if isinstance(key, str):
        return "text"
    if isinstance(key, UUID):
        return "uuid"
    if isinstance(key, datetime):
        return "timestamp" if key.tzinfo is None else "instant"
    if isinstance(key, date):
        return "date"
    raise Unsure(f"a partition key cannot be a {type(key).__name__}")


def ordered(keys: Collection[Key | None]) -> list[Key]:
    """The keys without None, in an order that does not depend on hashes."""
    found = [key for key in keys if key is not None]
    try:
        return sorted(found)
    except (TypeError, ArithmeticError):
        return sorted(found, key=lambda key: (type(key).__name__, str(key)))


def literals(keys: Collection[Key | None], rules: Rules) -> list[str]:
    """One literal for each key that the dialect's columns can hold at all; None is left out.

    >>> from partitioncache.analysis.dialects import rules
    >>> literals({1, -5, None}, rules("postgres")), literals({"O'Hara"}, rules("sqlite"))
    (['-5', '1'], ["'O''Hara'"])

    Raises:
        Unsure: a key has no sure literal.
    """
    write = {"postgres": _postgres, "mysql": _mysql, "sqlite": _sqlite}[rules.name]
    written = (text for key in ordered(keys) for text in write(key, rules))
    return list(dict.fromkeys(written))


def _postgres(key: Key, rules: Rules) -> list[str]:
    """All but integers are written as texts of no type yet: PostgreSQL reads them as what the column is.

    So a ``real`` of 0.1 is found again, which the number 0.1 would not find.
    """
    _kind(key)
    if isinstance(key, int):
        return [str(key)]
    if isinstance(key, float):
        return [f"'{_shortest(key)}'"]
    if isinstance(key, Decimal):
        return [f"'{key:f}'"]
    if isinstance(key, str) and "\x00" in key:
        return []
    return [string(_text(key), rules)]


def _mysql(key: Key, rules: Rules) -> list[str]:
    _kind(key)
    if isinstance(key, int):
        return [str(key)]
    if isinstance(key, float):
        return [f"{key!r}e0" if "e" not in repr(key) else repr(key)] if math.isfinite(key) else []
    if isinstance(key, Decimal):
        return [f"{key:f}"] if key.is_finite() else []
    if isinstance(key, datetime) and key.tzinfo is not None:
        raise Unsure("MySQL's timestamps have no time zone; give naive ones")
    return [string(_text(key), rules)]


def _sqlite(key: Key, rules: Rules) -> list[str]:
    _kind(key)
    if isinstance(key, int):
        # A longer number would be read as a float; as a text it becomes what the column's affinity makes of it.
        return [str(key) if -(2**63) <= key < 2**63 else f"'{key}'"]
    if isinstance(key, float):
        return [] if math.isnan(key) else [sqlite_real(key)]
    if isinstance(key, Decimal):
        return [f"{key:f}", f"'{key:f}'"] if key.is_finite() else []
    return [string(_text(key), rules)]


def _text(key: Key) -> str:
    return key.isoformat(sep=" ") if isinstance(key, datetime) else str(key)


def _shortest(key: float) -> str:
    if math.isnan(key):
        return "NaN"
    if math.isinf(key):
        return "Infinity" if key > 0 else "-Infinity"
    return str(int(key)) if key.is_integer() and abs(key) < 2**53 else repr(key)


def sqlite_real(key: float) -> str:
    """A float that SQLite reads as exactly this one.

    SQLite before 3.43 may read the last digit of a long decimal wrongly; a quotient of integers it computes exactly.

    >>> sqlite_real(2.5), sqlite_real(0.1)
    ('2.5', '(3602879701896397.0 / 36028797018963968)')
    """
    if math.isinf(key):
        return "9e999" if key > 0 else "-9e999"
    if Decimal(repr(key)) == Decimal(key) and len(repr(key)) <= 15 and "e" not in repr(key):
        return repr(key)
    above, below = key.as_integer_ratio()
    factors: list[str] = []
    while above and above % 2 == 0 and abs(above) >= 2**53:
        step = min(62, (above & -above).bit_length() - 1)
        above >>= step
        factors.append(f" * {2**step}")
    while below > 1:
        step = min(62, below.bit_length() - 1)
        below >>= step
        factors.append(f" / {2**step}")
    return f"({above}.0{''.join(factors)})"


def array_literal(keys: Collection[Key | None], rules: Rules) -> str:
    """PostgreSQL's array of these keys: typed for integers, else a text that takes the column's type.

    >>> from partitioncache.analysis.dialects import rules
    >>> array_literal({2, 1}, rules("postgres")), array_literal({'a"b', "c,d"}, rules("postgres"))
    ("'{1,2}'::bigint[]", 'E\\'{"a\\\\\\\\"b","c,d"}\\'')
    """
    found = ordered(keys)
    if all(isinstance(key, int) for key in found):
        return f"'{{{','.join(map(str, found))}}}'::{integer_type(found)}[]"
    elements = [_element(key) for key in found if not (isinstance(key, str) and "\x00" in key)]
    return string("{" + ",".join(elements) + "}", rules)


def _element(key: Key) -> str:
    _kind(key)
    text = (
        _shortest(key) if isinstance(key, float) else f"{key:f}" if isinstance(key, Decimal) else _text(key)
    )
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def integer_type(keys: Iterable[Key]) -> str:
    """``bigint``, or ``numeric`` if a key is too large for it."""
    return "bigint" if all(isinstance(key, int) and -(2**63) <= key < 2**63 for key in keys) else "numeric"
