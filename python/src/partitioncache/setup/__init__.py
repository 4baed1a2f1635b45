"""Putting the SQL into a database, keeping it up to date, and saying what is missing.

``scripts`` finds the released SQL, ``install`` puts it into a database (as an extension, or over the
connection where files cannot be put on the server), ``checks`` looks at what the server offers, ``health`` at how a
cache stands.
"""

from partitioncache.setup.checks import Check, check_installation, check_pooler, check_processor
from partitioncache.setup.health import check_cache
from partitioncache.setup.install import (
    Connection,
    Installed,
    Plan,
    apply_plan,
    call_by_name,
    installed,
    plan,
)
from partitioncache.setup.remove import Removal, apply_removal, removal
from partitioncache.setup.scripts import Scripts, released

__all__ = [
    "Check",
    "Connection",
    "Installed",
    "Plan",
    "Removal",
    "Scripts",
    "apply_plan",
    "apply_removal",
    "call_by_name",
    "check_cache",
    "check_installation",
    "check_pooler",
    "check_processor",
    "installed",
    "plan",
    "released",
    "removal",
]
