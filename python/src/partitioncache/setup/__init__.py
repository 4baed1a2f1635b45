"""Putting the SQL into a database, keeping it up to date, and saying what is missing.

``scripts`` finds the released SQL, ``install`` puts it into a database (as an extension, or over the
connection where files cannot be put on the server), ``checks`` looks at what the server offers.
"""

from partitioncache.setup.checks import Check, check_installation, check_processor
from partitioncache.setup.install import Installed, Plan, apply_plan, installed, plan
from partitioncache.setup.scripts import Scripts, released

__all__ = [
    "Check",
    "Installed",
    "Plan",
    "Scripts",
    "apply_plan",
    "check_installation",
    "check_processor",
    "installed",
    "plan",
    "released",
]
