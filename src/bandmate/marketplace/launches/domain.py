"""What a launch is, and what the figures of a kind recommend; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from babel.numbers import format_decimal

from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import language, later, locale_of
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.kinds import Kind

LONGEST_REASON = 500
MOST_DAYS = 365
FEW_AWARE = 0.2
"""Share of employees who know of a kind below which telling comes first."""
ENOUGH_SEATS = 0.5
"""Open seats for each who waits, below which supply comes first."""


class LaunchState(StrEnum):
    """To whom a kind is open."""

    OFF = "off"
    PILOT = "pilot"
    """To the named groups."""
    ON = "on"
    """To every active employee."""


STATES: Mapping[LaunchState, str] = {
    LaunchState.OFF: later("Off"),
    LaunchState.PILOT: later("Pilot"),
    LaunchState.ON: later("On"),
}


@dataclass(frozen=True, slots=True)
class Launch:
    """Where a kind stands."""

    kind: Kind
    state: LaunchState = LaunchState.OFF
    group_ids: tuple[GroupId, ...] = ()
    internal_first_days: int = 0
    """Of jobs: for so many days a posting is for our own people first."""
    version: int = 0
    """0 where nobody ever changed it and no row stands for it."""
    changed_at: datetime | None = None
    changed_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a launch, as it left it."""

    change_id: int
    kind: Kind
    state: LaunchState
    group_ids: tuple[GroupId, ...]
    internal_first_days: int
    at: datetime
    by: PersonId
    by_name: str
    reason: str
    undoable: bool = False
    """Whether it is the last one, and another came before it."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The figures of a kind, all as of now; persons are counted once each, active employees alone."""

    employees: int
    aware: int
    """Who visited a page of the kind or was told of it."""
    interested: int
    """Who wishes for it, saved a search for it, or says on the profile to be open to it."""
    offers: int
    """Open opportunities."""
    providers: int
    """Persons who offer them."""
    seats: int
    """Seats of them that nobody has yet."""
    demand: int
    """Applications under way, and of mentoring the open wishes."""

    @property
    def aware_share(self) -> float:
        """Share of employees who know of it; 0 where there is nobody."""
        return self.aware / self.employees if self.employees else 0.0

    @property
    def wanted(self) -> int:
        """The larger of demand and interest: how many may want a seat."""
        return max(self.demand, self.interested)


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation in words; ``good`` where nothing stands in the way."""

    good: bool
    sentence: str


def advice(kind: Kind, state: LaunchState, figures: Readiness) -> Advice:
    """Return what the figures recommend next, the first hindrance first."""
    hindrance = _hindrance(kind, state, figures)
    if hindrance is not None:
        return Advice(False, hindrance)
    if state is LaunchState.ON:
        return Advice(
            True,
            _("It is open to everyone. Free seats: {seats}; people who may want one: {wanted}.").format(
                seats=_written(figures.seats), wanted=_written(figures.wanted)
            ),
        )
    if state is LaunchState.OFF:
        return Advice(True, _("There is something to offer: start a pilot with the groups that wait for it."))
    return Advice(
        True,
        _("Free seats: {seats}; people who may want one: {wanted}. It can be opened for everyone.").format(
            seats=_written(figures.seats), wanted=_written(figures.wanted)
        ),
    )


def _written(count: int) -> str:
    return format_decimal(count, locale=locale_of(language()))


def _hindrance(kind: Kind, state: LaunchState, figures: Readiness) -> str | None:
    if not figures.employees:
        return _("Nobody is in the directory yet: bring in your people first.")
    if not figures.offers:
        return _NOTHING_OFFERED[kind]()
    if figures.demand and figures.seats < ENOUGH_SEATS * figures.demand:
        return _SHORT[kind]().format(supply=_supply(kind, figures), demand=figures.demand)
    if state is not LaunchState.ON and figures.aware_share < FEW_AWARE:
        return _("{aware} of {employees} people know of it: tell more of them before you open it.").format(
            aware=figures.aware, employees=figures.employees
        )
    return None


def _supply(kind: Kind, figures: Readiness) -> int:
    return figures.providers if kind is Kind.MENTORING else figures.seats


_NOTHING_OFFERED = {
    Kind.JOB: lambda: _("No job is open here yet: choose the companies whose postings are yours."),
    Kind.PROJECT: lambda: _("No project is offered yet: begin a pilot with the teams that would host one."),
    Kind.MENTORING: lambda: _("Nobody offers mentoring yet: begin a pilot with the people who would."),
}
_SHORT = {
    Kind.JOB: lambda: _("{supply} open places for {demand} applications: expect many to be turned down."),
    Kind.PROJECT: lambda: _("{supply} free seats for {demand} applications: find more projects before you open."),
    Kind.MENTORING: lambda: _("{supply} mentors for {demand} wishes: find more mentors before you open."),
}
