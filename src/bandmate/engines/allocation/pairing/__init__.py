"""Mentees and mentors: the best pairing there is, within quotas too, with prices and figures that explain it.

The names below are loaded when they are first used: compiler and solvers take a second, which every command of the
program would pay.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bandmate.engines.allocation.pairing.candidates import CandidateSearch, find_pairing
    from bandmate.engines.allocation.pairing.figures import PairingFigures, figures_of
    from bandmate.engines.allocation.pairing.flow import Pairing, Wishes, pair
    from bandmate.engines.allocation.pairing.prices import MentorPrices, prices_of
    from bandmate.engines.allocation.pairing.quotas import Quota, pair_within

__all__ = [
    "CandidateSearch",
    "MentorPrices",
    "Pairing",
    "PairingFigures",
    "Quota",
    "Wishes",
    "figures_of",
    "find_pairing",
    "pair",
    "pair_within",
    "prices_of",
]

_MODULES = {
    "candidates": ("CandidateSearch", "find_pairing"),
    "figures": ("PairingFigures", "figures_of"),
    "flow": ("Pairing", "Wishes", "pair"),
    "prices": ("MentorPrices", "prices_of"),
    "quotas": ("Quota", "pair_within"),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
