"""Why an option was chosen for a person, or what it lacked, in terms of the prices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bandmate.engines.allocation.plan import Plan
from bandmate.engines.allocation.problem import Candidates, Group, Kind, Limits, Row
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext


class Reason(StrEnum):
    """What decided about an option."""

    CHOSEN = "chosen"
    NO_CANDIDATE = "no_candidate"
    TOO_DEAR = "too_dear"
    """It is worth less than what it uses of the rows at their prices."""
    GROUP_FULL = "group_full"
    PERSON_FULL = "person_full"
    LAST_UNITS = "last_units"
    """It would have been worth its price, but choices are whole and a row was used up to its last units."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What an option uses of a row, and what that costs (below 0: what it earns towards a floor)."""

    row: Row
    use: float
    cost: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one person did or did not get one option."""

    reason: Reason
    value: float
    worth: float
    """Value less the charges."""
    lacks: float
    """How much more value would have made the difference at these prices; 0 for a chosen one."""
    charges: tuple[Charge, ...]
    """The dearest first; rows without a price are left out."""
    stronger: tuple[int, ...] = ()
    """The options that took its place, the strongest first."""
    group: Group | None = None
    """The group that is full."""

    def sentence(self) -> str:  # noqa: PLR0911 - one line for each reason
        """Say it in words."""
        dearest = next((charge for charge in self.charges if charge.cost > 0), None)
        if self.reason is Reason.CHOSEN:
            return _("Chosen: worth {worth:+.4g} after the price of what it uses.").format(worth=self.worth)
        if self.reason is Reason.NO_CANDIDATE:
            return _("Not among this person's candidates.")
        if self.reason is Reason.TOO_DEAR and dearest is not None:
            return _("Needs {lacks:+.4g} at the present price of {row}.").format(
                lacks=self.lacks, row=dearest.row.name
            )
        if self.reason is Reason.TOO_DEAR:
            return _("Worth nothing by itself; needs {lacks:+.4g}.").format(lacks=self.lacks)
        if self.reason is Reason.LAST_UNITS:
            return _("Worth its price, but the last units went to others.")
        stronger = ngettext(
            "{count} stronger option was chosen", "{count} stronger options were chosen", len(self.stronger)
        )
        words = stronger.format(count=len(self.stronger))
        if self.group is not None:
            return _("Needs {lacks:+.4g}: {stronger} of the group {group}.").format(
                lacks=self.lacks, stronger=words, group=self.group.name
            )
        return _("Needs {lacks:+.4g}: {stronger}.").format(lacks=self.lacks, stronger=words)


def explain(candidates: Candidates, limits: Limits, plan: Plan, person: int, option: int) -> Explanation:
    """Explain what a plan did with an option of a person.

    Raises:
        LookupError: when the plan knows no such person.
    """
    at = int(np.searchsorted(candidates.person, person))
    if at == candidates.persons or candidates.person[at] != person:
        raise LookupError(f"The plan knows no person {person}.")
    start, end = int(candidates.first[at]), int(candidates.first[at + 1])
    options = candidates.option[start:end]
    place = int(np.searchsorted(options, option))
    if place == len(options) or options[place] != option:
        return Explanation(Reason.NO_CANDIDATE, 0.0, 0.0, 0.0, ())
    signed = np.array([row.sign for row in limits.rows]) * plan.prices
    worth = candidates.value[start:end].astype(np.float64) - candidates.columns[start:end] @ signed
    charges = tuple(
        Charge(row, float(use), float(use * price))
        for row, use, price in zip(limits.rows, candidates.columns[start + place], signed, strict=True)
        if price and use
    )
    charges = tuple(sorted(charges, key=lambda charge: -charge.cost))
    value, own = float(candidates.value[start + place]), float(worth[place])
    chosen = {int(options[i]): float(worth[i]) for i in np.flatnonzero(plan.chosen[start:end])}
    if option in chosen:
        return Explanation(Reason.CHOSEN, value, own, 0.0, charges)
    full = next((group for group in limits.groups if _is_full(group, option, chosen)), None)
    in_the_way = _strongest_first(chosen, full.options if full is not None else chosen)
    if own <= 0:
        return Explanation(Reason.TOO_DEAR, value, own, -own, charges)
    if full is None and len(chosen) < limits.per_person_max:
        return Explanation(Reason.LAST_UNITS, value, own, 0.0, charges)
    reason = Reason.PERSON_FULL if full is None else Reason.GROUP_FULL
    lacks = max(min(chosen[each] for each in in_the_way) - own, 0.0) if in_the_way else 0.0
    return Explanation(reason, value, own, lacks, charges, in_the_way, full)


def cost_of_a_limit(row: Row, price: float) -> str:
    """Say what a unit more of a row's limit does to the objective."""
    if not price:
        return _("{row} binds nothing: another limit near this one changes nothing.").format(row=row.name)
    if row.kind is Kind.CAP:
        return _("One more unit of {row} adds {price:.4g} to the total value.").format(row=row.name, price=price)
    return _("One more unit of the floor {row} costs {price:.4g} of the total value.").format(
        row=row.name, price=price
    )


def _is_full(group: Group, option: int, chosen: dict[int, float]) -> bool:
    return option in group.options and len(group.options & chosen.keys()) >= group.max


def _strongest_first(chosen: dict[int, float], among: frozenset[int] | dict[int, float]) -> tuple[int, ...]:
    return tuple(sorted((each for each in chosen if each in among), key=lambda each: -chosen[each]))
