"""Who gets what under limits: prices with a certificate, whole choices, explanations, for millions of persons.

The names below are loaded when they are first used: compiler and solvers take a second, which every command of the
program would pay.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bandmate.engines.allocation.errors import InvalidProblem, WorkerLost
    from bandmate.engines.allocation.plan import Plan, RowOutcome
    from bandmate.engines.allocation.problem import Candidates, Group, Kind, Limits, Row
    from bandmate.engines.allocation.solver import allocate

__all__ = [
    "Candidates",
    "Group",
    "InvalidProblem",
    "Kind",
    "Limits",
    "Plan",
    "Row",
    "RowOutcome",
    "WorkerLost",
    "allocate",
]

_MODULES = {
    "errors": ("InvalidProblem", "WorkerLost"),
    "plan": ("Plan", "RowOutcome"),
    "problem": ("Candidates", "Group", "Kind", "Limits", "Row"),
    "solver": ("allocate",),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
