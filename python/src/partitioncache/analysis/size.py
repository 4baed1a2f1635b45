"""How long it takes to take a text apart, by its words and its length alone."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r"\b(?:and|or|not|when|select|join)\b", re.IGNORECASE)


def asking_time(query: str) -> float:
    """How many milliseconds it is expected to take to take a query apart.

    What stands in strings and comments counts as well: a text that is too large is to be left alone before anything
    is done with it.

    >>> asking_time("SELECT * FROM poi WHERE kind = 3 AND stars IN (1, 2)") < 1
    True
    >>> asking_time("SELECT * FROM poi WHERE kind IN (" + ", ".join(map(str, range(100_000))) + ")") > 1000
    True
    """
    if len(query) > 1_000_000:
        return len(query) / 2000
    return len(query) / 10_000 + 0.4 * len(_WORDS.findall(query)) + 0.03 * query.count(",")
