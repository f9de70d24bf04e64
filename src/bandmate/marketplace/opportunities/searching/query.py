"""What somebody looks for, and how it stands in an address; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.domain import MOST_HOURS, Format, WorkModel

LONGEST_WORDS = 300
LONGEST_VALUE = 500
MOST_VALUES = 50
"""Values of one filter."""
MOST_DAYS = 3650

Choice = TypeVar("Choice", bound=StrEnum)


class Order(StrEnum):
    """In which order a search shows what it found; the set is the same in each."""

    RELEVANCE = "relevance"
    """Words in the title first, then in skills, then anywhere; of equals the newest."""
    NEWEST = "newest"
    FOR_YOU = "for_you"
    """By how well it fits the asker (``ranking``)."""


@dataclass(frozen=True, slots=True)
class OpportunityQuery:
    """A question: all of its filters hold, of several values of one filter any."""

    q: str = ""
    kind: tuple[Kind, ...] = ()
    format: tuple[Format, ...] = ()
    department: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    work_model: tuple[WorkModel, ...] = ()
    skill: tuple[str, ...] = ()
    """URIs; wanted or to be learned."""
    hours_max: Decimal | None = None
    """At most so many hours a week; what states none does not fit."""
    seats: bool = False
    """Only with a seat that nobody has yet."""
    internal_first: bool = False
    """Only jobs that are for our own people first at the moment."""
    since: int | None = None
    """Opened within so many days."""
    order: Order | None = None
    """None: relevance where words are asked for, else the newest first."""

    @property
    def chosen_order(self) -> Order:
        """The order that holds."""
        return self.order or (Order.RELEVANCE if self.q else Order.NEWEST)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is asked for."""
        return replace(self, order=None) == OpportunityQuery()


NAMES = tuple(field.name for field in fields(OpportunityQuery))


def read_query(pairs: Iterable[tuple[str, str]], *, besides: Sequence[str] = ()) -> OpportunityQuery:
    """Read a question from the pairs of an address; ``besides`` names others that may stand there.

    Raises:
        InvalidInput: for a value that cannot be used or a name there is not; says which.
    """
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in NAMES:
            shown = value.replace("\x00", "").strip()
            if shown:
                found.setdefault(name, []).append(shown)
        elif name not in besides:
            known = ", ".join((*NAMES, *besides))
            raise InvalidInput(
                _("There is no filter {name}. There are: {known}.").format(name=repr(name[:40]), known=known)
            )
    read = _Reader(found)
    return OpportunityQuery(
        q=" ".join(read.one("q", LONGEST_WORDS).split()),
        kind=read.choices("kind", Kind),
        format=read.choices("format", Format),
        department=read.many("department"),
        country=tuple(value.upper() for value in read.many("country")),
        location=read.many("location"),
        work_model=read.choices("work_model", WorkModel),
        skill=read.many("skill"),
        hours_max=read.hours(),
        seats=read.flag("seats"),
        internal_first=read.flag("internal_first"),
        since=read.days(),
        order=next(iter(read.choices("order", Order)), None),
    )


def written(query: OpportunityQuery) -> str:
    """Write a question as the query part of an address, its values sorted: alike for those who ask alike."""
    pairs: list[tuple[str, str]] = []
    for name in NAMES:
        value: Any = getattr(query, name)
        if isinstance(value, tuple):
            pairs += [(name, str(each)) for each in sorted(value)]
        elif value is True:
            pairs.append((name, "true"))
        elif value not in (None, "", False):
            pairs.append((name, str(value)))
    return urlencode(pairs, errors="replace")


def parsed(written_query: str) -> OpportunityQuery | None:
    """Read what ``written`` wrote, perhaps in another release; None where it cannot be read any more."""
    try:
        return read_query(parse_qsl(written_query))
    except InvalidInput:
        return None


class _Reader:
    def __init__(self, found: dict[str, list[str]]) -> None:
        self._found = found

    def one(self, name: str, longest: int) -> str:
        value = self._found.get(name, [""])[-1]
        if len(value) > longest:
            raise _wrong(
                name, _("It has {count} characters; up to {most} are read.").format(count=len(value), most=longest)
            )
        return value

    def many(self, name: str) -> tuple[str, ...]:
        values = tuple(dict.fromkeys(self._found.get(name, ())))
        if len(values) > MOST_VALUES:
            raise _wrong(name, _("It has more than {most} values.").format(most=MOST_VALUES))
        if any(len(value) > LONGEST_VALUE for value in values):
            raise _wrong(name, _("A value is longer than {most} characters.").format(most=LONGEST_VALUE))
        return tuple(sorted(values))

    def choices(self, name: str, kind: type[Choice]) -> tuple[Choice, ...]:
        try:
            return tuple(kind(value) for value in self.many(name))
        except ValueError as error:
            known = ", ".join(each.value for each in kind)
            raise _wrong(name, _("Choose among: {known}.").format(known=known)) from error

    def flag(self, name: str) -> bool:
        value = self.one(name, 10).casefold()
        if value not in {"", "true", "false", "yes", "on", "1", "0", "no"}:
            raise _wrong(name, _("Write true or false."))
        return value in {"true", "yes", "on", "1"}

    def hours(self) -> Decimal | None:
        value = self.one("hours_max", 20)
        if not value:
            return None
        try:
            hours = Decimal(value.replace(",", "."))
        except InvalidOperation as error:
            raise _wrong("hours_max", _("Write a number of hours.")) from error
        if not (hours.is_finite() and 0 < hours <= 10 * MOST_HOURS):
            raise _wrong("hours_max", _("Write a number of hours."))
        return hours.normalize() if hours != hours.to_integral() else hours.quantize(Decimal(1))

    def days(self) -> int | None:
        value = self.one("since", 10)
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= MOST_DAYS):
            raise _wrong("since", _("Write a number of days."))
        return int(value)


def _wrong(name: str, why: str) -> InvalidInput:
    return InvalidInput(_("The filter {name} cannot be used. {why}").format(name=name, why=why), field=name)
