"""What is to be allocated under which limits.

Persons ``u`` have candidate options ``m`` with a value ``v``. At most ``per_person_max`` are chosen for a
person, at most ``max`` of each named group of options, and at most one of the options that exclude each
other. Rows bind the choices of all persons together:

* a *cap*:   sum of its column over what is chosen <= limit, always;
* a *floor*: sum of its column over what is chosen + shortfall >= limit, where each unit of shortfall costs
  ``exchange_rate``. So a floor that cannot be met is not an error: the plan says what was given up.

The objective is the value of what is chosen less the price of all shortfalls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.errors import InvalidProblem

MOST_LIMITS = 64
"""Groups and exclusions of a problem, at most: those that hold an option are bits of one machine word."""


_ANY_NUMBER = 2**31
"""More options than a person can have."""


class Kind(StrEnum):
    """Which side of its limit a row must stay on."""

    CAP = "cap"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Row:
    """A limit that binds all persons together."""

    name: str
    column: str
    """The column of the candidates that is summed up; ``value`` sums the values themselves."""
    kind: Kind
    limit: float
    exchange_rate: float | None = None
    """What a unit of shortfall of a floor costs, in units of value; a cap has none."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.limit):
            raise InvalidProblem(f"The row {self.name!r} has the limit {self.limit}; give it a finite number.")
        if self.kind is Kind.CAP and self.exchange_rate is not None:
            raise InvalidProblem(
                f"The row {self.name!r} is a cap, which is never exceeded: it takes no exchange_rate."
            )
        if self.kind is Kind.FLOOR and not (self.exchange_rate is not None and 0 <= self.exchange_rate < math.inf):
            raise InvalidProblem(
                f"The floor {self.name!r} needs an exchange_rate of 0 or more: what a unit of shortfall costs, "
                "in units of value."
            )

    @property
    def sign(self) -> float:
        """1 for a cap, -1 for a floor: the side on which a price counts against a choice."""
        return 1.0 if self.kind is Kind.CAP else -1.0

    @property
    def highest_price(self) -> float:
        """A floor's price never exceeds its exchange rate: beyond it, falling short is cheaper."""
        return math.inf if self.exchange_rate is None else self.exchange_rate


@dataclass(frozen=True, slots=True)
class Group:
    """Options of which a person gets at most ``max``; with 1 they exclude each other."""

    name: str
    options: frozenset[int]
    max: int = 1

    def __post_init__(self) -> None:
        if self.max < 0:
            raise InvalidProblem(f"The group {self.name!r} allows {self.max} of its options; give 0 or more.")
        beyond = next((option for option in self.options if not -(2**31) <= option < 2**31), None)
        if beyond is not None:
            raise InvalidProblem(f"The group {self.name!r} names the option {beyond}; options have 32 bits.")


@dataclass(frozen=True, slots=True)
class Limits:
    """Everything that binds, for each person and for all of them."""

    per_person_max: int
    rows: tuple[Row, ...] = ()
    groups: tuple[Group, ...] = ()
    """Named groups and exclusions alike."""

    def __post_init__(self) -> None:
        if self.per_person_max < 0:
            raise InvalidProblem(f"per_person_max is {self.per_person_max}; give 0 or more.")
        for what, names in (
            ("rows", [row.name for row in self.rows]),
            ("groups", [each.name for each in self.groups]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise InvalidProblem(f"Two {what} have the name {twice[0]!r}; give each its own.")
        if len(self.groups) > MOST_LIMITS:
            raise InvalidProblem(
                f"There are {len(self.groups)} groups and exclusions; at most {MOST_LIMITS} can be handled."
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the candidates that the rows sum up, in the order of the rows; a name may come twice."""
        return tuple(row.column for row in self.rows)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of some persons, grouped by person and sorted by option within each.

    ``first[u]`` to ``first[u + 1]`` are the places of person ``u``. The arrays may be memory maps of files.
    """

    person: NDArray[np.int64]
    """Ids of the persons, ascending, each once."""
    first: NDArray[np.int64]
    """Length persons + 1; starts with 0."""
    option: NDArray[np.int32]
    value: NDArray[np.float32]
    columns: NDArray[np.float32]
    """One line a candidate, one column a row of the problem."""

    def __len__(self) -> int:
        return len(self.option)

    @property
    def persons(self) -> int:
        """How many persons there are."""
        return len(self.person)

    def between(self, begin: int, end: int) -> Candidates:
        """Return the candidates of persons ``begin`` to ``end``, as views."""
        start, stop = self.first[begin], self.first[end]
        return Candidates(
            self.person[begin:end],
            self.first[begin : end + 1] - start,
            self.option[start:stop],
            self.value[start:stop],
            self.columns[start:stop],
        )

    def of(self, places: NDArray[np.int64]) -> tuple[Candidates, NDArray[np.int64]]:
        """Return the candidates of the persons at these places, and where each of them stands here."""
        counts = self.first[places + 1] - self.first[places]
        first = np.concatenate([[0], np.cumsum(counts)])
        origin = np.repeat(self.first[places] - first[:-1], counts) + np.arange(first[-1])
        taken = Candidates(
            self.person[places], first, self.option[origin], self.value[origin], self.columns[origin]
        )
        return taken, origin


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits as arrays, one place a row, as the compiled passes take them."""

    signs: NDArray[np.float64]
    """1 for each cap, -1 for each floor."""
    bounds: NDArray[np.float64]
    highest_prices: NDArray[np.float64]
    """Infinity for each cap, the exchange rate for each floor."""
    exchange_rates: NDArray[np.float64]
    """What a unit of shortfall costs; 0 for caps, which have none."""
    most: int
    known: NDArray[np.int32]
    """The options that some group names, ascending."""
    memberships: NDArray[np.uint64]
    """For each of ``known`` the groups that hold it, as bits."""
    maxima: NDArray[np.int64]
    """How many of each group a person may get."""
    laminar: bool
    """Whether each two groups are nested or disjoint."""

    @classmethod
    def of(cls, limits: Limits) -> Terms:
        """Write limits as arrays."""
        rows, groups = limits.rows, limits.groups
        known = sorted({option for group in groups for option in group.options})
        holding = [sum(1 << at for at, group in enumerate(groups) if option in group.options) for option in known]
        return cls(
            np.array([row.sign for row in rows], np.float64),
            np.array([row.limit for row in rows], np.float64),
            np.array([row.highest_price for row in rows], np.float64),
            np.array([row.exchange_rate or 0.0 for row in rows], np.float64),
            min(limits.per_person_max, _ANY_NUMBER),
            np.array(known, np.int32),
            np.array(holding, np.uint64),
            np.array([min(group.max, _ANY_NUMBER) for group in groups], np.int64),
            all(_nested_or_disjoint(one.options, other.options) for one, other in combinations(groups, 2)),
        )

    def shortfalls(self, usage: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each floor lacks; 0 for caps."""
        return np.where(self.signs < 0, np.maximum(self.bounds - usage, 0.0), 0.0)

    def excesses(self, usage: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much each cap is exceeded; 0 for floors."""
        return np.where(self.signs > 0, np.maximum(usage - self.bounds, 0.0), 0.0)

    def objective(self, value: float, usage: NDArray[np.float64]) -> float:
        """Return the value less the price of what the floors fall short."""
        return value - float(self.exchange_rates @ self.shortfalls(usage))


def _nested_or_disjoint(one: frozenset[int], other: frozenset[int]) -> bool:
    return one <= other or other <= one or not one & other
