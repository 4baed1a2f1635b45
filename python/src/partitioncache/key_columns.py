"""Partition keys that stand in columns of other names, as a schema says it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

PLACED: Final = re.compile(
    r"(?:(?P<type>.*)\s)?partition key (?P<key>\S.*)\Z", re.IGNORECASE | re.DOTALL
)


def with_placements(
    schema: Mapping[str, Mapping[str, str | None]], placements: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str | None]]:
    """A schema that also says in which columns partition keys stand.

    Args:
        schema: the columns of the tables, each with what it is declared as.
        placements: for each partition key, in which column of which table it stands.

    Raises:
        ValueError: there is no such table or column.

    >>> with_placements({"orders": {"buyer": "integer"}}, {"customer": {"orders": "buyer"}})
    {'orders': {'buyer': 'integer partition key customer'}}
    """
    found = {table: dict(columns) for table, columns in schema.items()}
    for key, places in placements.items():
        for table, column in places.items():
            if column not in found.get(table, {}):
                raise ValueError(f"{key} is placed in {table}.{column}, which there is not")
            found[table][column] = " ".join(filter(None, (found[table][column], "partition key", key)))
    return found


def key_column(columns: Collection[str], partition_key: str) -> str:
    """The column of a table in which a partition key stands: the one of its name, if none is placed.

    >>> key_column({"id": "integer", "buyer": "integer partition key customer"}, "customer")
    'buyer'
    """
    if isinstance(columns, Mapping):
        for column, declared in columns.items():
            place = PLACED.fullmatch(str(declared or ""))
            if place is not None and place["key"] == partition_key:
                return str(column)
    return partition_key
