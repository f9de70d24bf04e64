"""What page, export and API are asked: the filter of the trail as it stands in an address."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import text

from bandmate.kernel.audit.queries import TrailFilter
from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.persons import email_key
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _

LONGEST = 300

PersonQuery = Annotated[
    str, Query(max_length=LONGEST, description="Who acted or was acted on: a person's id, or an account's e-mail.")
]
ActionQuery = Annotated[
    str, Query(max_length=LONGEST, description="An action, or the beginning of its name up to a dot.")
]
SubjectQuery = Annotated[str, Query(max_length=LONGEST, description="What it was done to, exactly.")]
SinceQuery = Annotated[
    str, Query(max_length=LONGEST, description="From this day (2026-11-22) or instant (RFC 3339) on.")
]
UntilQuery = Annotated[str, Query(max_length=LONGEST, description="Up to this day's end, or before this instant.")]

_BY_EMAIL = text("select person_id from kernel.account where email_key = :key")


def read_filter(
    tx: Tx, *, person: str, action: str, subject: str, since: str, until: str, zone: tzinfo = UTC
) -> TrailFilter:
    """Read a filter; empty texts ask for everything. Days are days in ``zone``.

    Raises:
        InvalidInput: for a person nobody is, or what is no time; the message says what to write.
    """
    return TrailFilter(
        person=_person(tx, person.strip()) if person.strip() else None,
        action=_plain(action),
        subject=_plain(subject),
        since=_instant(since, zone, "since", timedelta()) if since.strip() else None,
        until=_instant(until, zone, "until", timedelta(days=1)) if until.strip() else None,
    )


def _plain(written: str) -> str | None:
    return written.strip().replace("\0", "") or None


def _person(tx: Tx, written: str) -> PersonId:
    try:
        return PersonId(UUID(written))
    except ValueError:
        found = tx.execute(_BY_EMAIL, {"key": email_key(written)}).scalar_one_or_none()
    if found is None:
        raise InvalidInput(
            _(
                "Nobody here has the address {written}. Give a person's id or the e-mail address of an account."
            ).format(written=written),
            field="person",
        )
    return PersonId(found)


def _instant(written: str, zone: tzinfo, field: str, after_day: timedelta) -> datetime:
    try:
        day = date.fromisoformat(written.strip()) + after_day
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return parse_rfc3339(written.strip())
    except ValueError as error:
        raise InvalidInput(
            _("{written} is no day; write it as 2026-11-22.").format(written=repr(written[:40])), field=field
        ) from error
