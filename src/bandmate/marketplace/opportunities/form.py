"""The form of an opportunity: texts as they were typed, and what they mean; nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from bandmate.kernel.config import Settings
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.domain import Fault, Format, Opportunity, Part, Terms, WorkModel, Wrong
from bandmate.marketplace.opportunities.skills import labels_in, linked

FIELDS = (
    "title", "summary", "description", "format", "department", "location", "country", "time_zone", "work_model",
    "seats", "hours_per_week", "starts_on", "ends_on", "cadence", "internal_until", "closes_at", "wanted", "learn",
)  # fmt: skip
"""The names of the form's fields."""

LONGEST_TYPED = 40_000
"""Characters of a field that are looked at; more is cut, for no field holds that much."""

Choice = TypeVar("Choice", Format, WorkModel)

_LAST_INSTANT = time(23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as somebody filled it in."""

    kind: Kind
    values: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def typed(kind: Kind, values: Mapping[str, str]) -> Typed:
    """Keep what was typed: line ends as one, no NUL, which no database keeps."""
    return Typed(
        kind,
        {
            name: values.get(name, "")[:LONGEST_TYPED].replace("\x00", "").replace("\r\n", "\n").strip()
            for name in FIELDS
        },
    )


def typed_of(held: Opportunity) -> Typed:
    """Return the form of what is kept."""
    values = {
        "title": held.title,
        "summary": held.summary,
        "description": held.description,
        "format": held.format or "",
        "department": held.department or "",
        "location": held.location or "",
        "country": held.country or "",
        "time_zone": held.time_zone or "",
        "work_model": held.work_model or "",
        "seats": str(held.seats),
        "hours_per_week": "" if held.hours_per_week is None else f"{held.hours_per_week:f}".removesuffix(".0"),
        "starts_on": "" if held.starts_on is None else held.starts_on.isoformat(),
        "ends_on": "" if held.ends_on is None else held.ends_on.isoformat(),
        "cadence": held.cadence or "",
        "internal_until": _day_of(held.internal_until),
        "closes_at": _day_of(held.closes_at),
        "wanted": ", ".join(skill.label for skill in held.of(Part.WANTED)),
        "learn": ", ".join(skill.label for skill in held.of(Part.LEARN)),
    }
    return Typed(held.kind, values)


def differences(mine: Typed, theirs: Typed) -> tuple[str, ...]:
    """Return the names of the fields that differ."""
    return tuple(name for name in FIELDS if mine[name] != theirs[name])


def read(form: Typed, settings: Settings) -> Terms:
    """Return what a form says; what else is wanted of it is for ``domain.check``.

    Raises:
        Wrong: with every field that cannot be read.
    """
    reader = _Reader(form)
    mentoring = form.kind is Kind.MENTORING
    terms = Terms(
        kind=form.kind,
        title=" ".join(form["title"].split()),
        summary=" ".join(form["summary"].split()),
        description=form["description"],
        format=reader.choice("format", Format) if mentoring else None,
        department=form["department"] or None,
        location=form["location"] or None,
        country=reader.country(),
        time_zone=form["time_zone"] or None,
        work_model=reader.choice("work_model", WorkModel),
        seats=reader.seats(),
        hours_per_week=reader.hours(),
        starts_on=reader.day("starts_on"),
        ends_on=reader.day("ends_on"),
        cadence=form["cadence"] or None,
        internal_until=reader.end_of("internal_until") if form.kind is Kind.JOB else None,
        closes_at=reader.end_of("closes_at"),
        skills=(
            *linked(settings, labels_in(form["wanted"]), Part.WANTED),
            *(() if mentoring else linked(settings, labels_in(form["learn"]), Part.LEARN)),
        ),
    )
    if reader.faults:
        raise Wrong(reader.faults)
    return terms


def with_skills(form: Typed, name: str, more: Iterable[str]) -> Typed:
    """Return the form with further labels in one of its fields of skills."""
    labels: Sequence[str] = labels_in(", ".join((form[name], *more)))
    return Typed(form.kind, {**form.values, name: ", ".join(labels)})


class _Reader:
    def __init__(self, form: Typed) -> None:
        self._form = form
        self.faults: list[Fault] = []

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        written = self._form[name]
        if not written:
            return None
        try:
            return kind(written)
        except ValueError:
            self.faults.append(Fault(name, _("Choose one of those offered.")))
            return None

    def country(self) -> str | None:
        written = self._form["country"].upper()
        if not written:
            return None
        if not (len(written) == 2 and written.isascii() and written.isalpha()):  # noqa: PLR2004 - ISO 3166-1 alpha-2
            self.faults.append(Fault("country", _("Write the country as two letters, such as SE or DE.")))
            return None
        return written

    def seats(self) -> int:
        written = self._form["seats"] or "1"
        if written.isascii() and written.isdigit() and len(written) < 6:  # noqa: PLR2004 - far beyond any team
            return int(written)
        self.faults.append(Fault("seats", _("Write how many as a whole number.")))
        return 1

    def hours(self) -> Decimal | None:
        written = self._form["hours_per_week"].replace(",", ".")
        if not written:
            return None
        try:
            hours = Decimal(written)
        except InvalidOperation:
            hours = Decimal("NaN")
        if not hours.is_finite() or abs(hours) >= 1000:  # noqa: PLR2004 - of numeric(4,1)
            self.faults.append(Fault("hours_per_week", _("Write the hours as a number, such as 4 or 2.5.")))
            return None
        return hours.quantize(Decimal("0.1"))

    def day(self, name: str) -> date | None:
        written = self._form[name]
        if not written:
            return None
        try:
            return date.fromisoformat(written)
        except ValueError:
            self.faults.append(Fault(name, _("Write the day as 2026-11-30.")))
            return None

    def end_of(self, name: str) -> datetime | None:
        day = self.day(name)
        return None if day is None else datetime.combine(day, _LAST_INSTANT)


def _day_of(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(UTC).date().isoformat()
