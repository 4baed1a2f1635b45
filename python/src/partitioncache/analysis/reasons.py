"""How the parts of the analyser tell each other that no rule covers what they see."""

from __future__ import annotations


class Unsure(Exception):
    """No rule covers this: the condition is left out, or the query stays as it is. Never leaves the package.

    The text is a phrase that a user understands; it becomes part of ``Analysis.reason`` or ``Analysis.notes``.
    """
