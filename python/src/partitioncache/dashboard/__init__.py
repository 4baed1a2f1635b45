"""A page that shows how a cache stands and what it brings, read only. Needs the extra ``dashboard``."""

from partitioncache.dashboard.figures import Figures, read
from partitioncache.dashboard.page import STATES, render
from partitioncache.dashboard.site import Site

__all__ = ["STATES", "Figures", "Site", "read", "render"]
