"""The page on which a person sees what they allowed, allows more, takes it back, and downloads all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.consent import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.kernel.consent.entries import Entry, Through, deciding_entry
from bandmate.kernel.consent.ledger import export, grant, history, withdraw
from bandmate.kernel.consent.purposes import Purpose, declared_purposes, purpose_named
from bandmate.kernel.errors import Conflict
from bandmate.kernel.identity.access import Asker, InPerson
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages

TEMPLATES = Path(__file__).parent / "templates"
CONSENT = "/consent"
PRIVATE = {"Cache-Control": "private, no-store"}

Channel = Annotated[str | None, Query(description="One channel of the purpose; without it, everything of it.")]
Version = Annotated[int, Query(description="The version of the wording that was on the page.")]

_SAID = {
    (True, True): later("Allowed: “{title}”"),
    (True, False): later("Allowed: “{title}” for {channel}"),
    (False, True): later("Withdrawn: “{title}”"),
    (False, False): later("Withdrawn: “{title}” for {channel}"),
}
"""What an entry says, by whether it grants and whether it is about the whole of a purpose."""
_WAYS = {
    Through.PAGE: later("Said on the page, written down by {recorder}."),
    Through.API: later("Said through the API, written down by {recorder}."),
    Through.IMPORT: later("Said in imported records, written down by {recorder}."),
    Through.EMAIL: later("Said by e-mail, written down by {recorder}."),
    Through.PHONE: later("Said by phone, written down by {recorder}."),
    Through.PAPER: later("Said on paper, written down by {recorder}."),
    Through.IN_PERSON: later("Said in person, written down by {recorder}."),
}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be allowed: everything of a purpose, or one channel of it."""

    channel: str | None
    entry: Entry | None
    """What decides about it now."""
    in_part: bool
    """It is not allowed as a whole, but something of it is."""
    grant_at: str
    """Where a form grants it."""
    withdraw_at: str

    @property
    def allowed(self) -> bool:
        """Whether it is allowed now."""
        return self.entry is not None and self.entry.granted


@dataclass(frozen=True, slots=True)
class PurposeOnPage:
    """A purpose with what the reader has chosen."""

    purpose: Purpose
    choices: tuple[Choice, ...]

    @property
    def wording_agreed_to(self) -> Entry | None:
        """The newest grant that still counts, where it was given to an earlier wording than today's."""
        granted = [choice.entry for choice in self.choices if choice.entry is not None and choice.entry.granted]
        newest = max(granted, key=lambda entry: entry.at, default=None)
        return newest if newest is not None and newest.evidence.wording != self.purpose.wording else None


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the history."""

    at: datetime
    title: str
    icon: str
    kind: str
    record: str
    """How it was said and who wrote it down, as a sentence."""
    entry: Entry


@router.get(CONSENT)
def consent_page(request: Request, asker: InPerson, tx: Reading, pages: Pages) -> Response:
    """Show what the reader allowed, for what, since when, and everything they ever said."""
    subject = _own(asker)
    entries = history(tx, subject)
    return pages.render(
        request,
        "consent/consent.html",
        headers=PRIVATE,
        purposes=[_on_page(purpose, entries) for purpose in declared_purposes()],
        steps=[_step(entry, subject) for entry in reversed(entries)],
    )


@router.get(f"{CONSENT}/export")
def download(asker: InPerson, tx: Reading) -> Response:
    """Send everything the ledger holds about the reader, as JSON to keep."""
    body = orjson.dumps(export(tx, _own(asker)), option=orjson.OPT_INDENT_2)
    headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="consent.json"'}
    return Response(body, headers=headers, media_type="application/json")


@router.post(f"{CONSENT}/{{purpose}}/grant")
def grant_consent(
    asker: InPerson, tx: Writing, clock: ClockOf, purpose: str, version: Version, channel: Channel = None
) -> Response:
    """Write down that the reader agrees to the wording they have read.

    Raises:
        Conflict: when the wording is another one by now: nobody agrees to what they have not seen.
    """
    wanted, subject = purpose_named(purpose), _own(asker)
    if version != wanted.version:
        raise Conflict(
            _(
                "The wording of “{title}” has changed since you opened the page, so nothing was written down. "
                "Open the page again, read the new wording, and decide then."
            ).format(title=wanted.title)
        )
    undo = _undo(wanted, channel, history(tx, subject), granted=True)
    grant(tx, subject, purpose, channel, evidence=wanted.shown(to=subject, through=Through.PAGE), at=clock())
    told = _("You allow “{title}”.") if channel is None else _("You allow “{title}” for {channel}.")
    return _back(told.format(title=wanted.title, channel=channel), undo)


@router.post(f"{CONSENT}/{{purpose}}/withdraw")
def withdraw_consent(
    asker: InPerson, tx: Writing, clock: ClockOf, purpose: str, channel: Channel = None
) -> Response:
    """Write down that the reader takes their consent back; nothing ever stands in the way of that."""
    wanted, subject = purpose_named(purpose), _own(asker)
    undo = _undo(wanted, channel, history(tx, subject), granted=False)
    withdraw(tx, subject, purpose, channel, evidence=wanted.shown(to=subject, through=Through.PAGE), at=clock())
    told = (
        _("You no longer allow “{title}”.")
        if channel is None
        else _("You no longer allow “{title}” for {channel}.")
    )
    return _back(told.format(title=wanted.title, channel=channel), undo)


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "InPerson admits persons only"  # noqa: S101 - what the statement ensures
    return asker.person_id


def _back(told: str, undo: str | None) -> Response:
    response = RedirectResponse(CONSENT, HTTPStatus.SEE_OTHER.value)
    leave_notice(response, told, undo=undo)
    return response


def _undo(purpose: Purpose, channel: str | None, entries: Sequence[Entry], *, granted: bool) -> str | None:
    """Return where the opposite entry is made, if that would restore exactly what was chosen before.

    It would not where the step reaches choices that differed: after "withdraw all" from somebody who had allowed
    e-mail alone, "grant all" would allow more than they ever did.
    """
    page = _on_page(purpose, entries)
    reached = [choice for choice in page.choices if channel is None or choice.channel == channel]
    if any(choice.allowed == granted for choice in reached):
        return None
    return _address(purpose, channel, granted=not granted)


def _on_page(purpose: Purpose, entries: Sequence[Entry]) -> PurposeOnPage:
    ours = [entry for entry in entries if entry.purpose == purpose.name]
    deciding = {channel: deciding_entry(ours, channel) for channel in purpose.choices}
    any_allowed = any(entry is not None and entry.granted for entry in deciding.values())
    return PurposeOnPage(
        purpose,
        tuple(
            Choice(
                channel,
                entry,
                channel is None and any_allowed and not (entry is not None and entry.granted),
                _address(purpose, channel, granted=True),
                _address(purpose, channel, granted=False),
            )
            for channel, entry in deciding.items()
        ),
    )


def _address(purpose: Purpose, channel: str | None, *, granted: bool) -> str:
    """Return the path of a button; a grant names the version of the wording that its reader has before them."""
    query = {"version": str(purpose.version)} if granted else {}
    if channel is not None:
        query["channel"] = channel
    path = f"{CONSENT}/{purpose.name}/{'grant' if granted else 'withdraw'}"
    return f"{path}?{urlencode(query)}" if query else path


def _step(entry: Entry, reader: PersonId) -> Step:
    title = next((each.title for each in declared_purposes() if each.name == entry.purpose), entry.purpose)
    return Step(
        entry.at,
        _(_SAID[entry.granted, entry.channel is None]).format(title=title, channel=entry.channel),
        "circle-check" if entry.granted else "circle-x",
        "good" if entry.granted else "warn",
        _record(entry, reader),
        entry,
    )


def _record(entry: Entry, reader: PersonId) -> str:
    by = entry.evidence.recorded_by
    recorder = _("you") if by == reader else by if isinstance(by, str) else _("another person")
    return _(_WAYS[entry.evidence.through]).format(recorder=recorder)
