"""Search everywhere: one field that finds jobs, companies, pages, settings, and for operators what they keep."""

from bandmate.kernel.finding.finders import Finder, Found, Group, Hit, declare_finder, find_everywhere
from bandmate.kernel.finding.places import Place, declare_places, declared_places

__all__ = [
    "Finder",
    "Found",
    "Group",
    "Hit",
    "Place",
    "declare_finder",
    "declare_places",
    "declared_places",
    "find_everywhere",
]
