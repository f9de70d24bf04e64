"""The messages of applying, each in its reader's language. All are of one shape: what happened, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import ENGLISH, speaking
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageRequest, MessageTemplate, Urgency, declare_template, request_message

_FOLDER = Path(__file__).parent / "messages"
_PEOPLE = text("select person_id, name, locale from kernel.person where person_id = any(:ids)")

NEWS = declare_template(MessageTemplate("marketplace.application_news", "Applications", _FOLDER)).name
EXPIRY = timedelta(days=14)
"""After this nobody wants the message any more; what it tells stands on the pages."""


@dataclass(frozen=True, slots=True)
class News:
    """What a message says, in its reader's language."""

    headline: str
    sentences: tuple[str, ...]
    href: str
    action: str
    reason: str
    words: str = ""
    """Somebody's own words, shown as such."""
    words_by: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to somebody."""

    recipient: PersonId
    key: tuple[str, ...]
    """What makes it this one: the same key is sent once."""
    write: Callable[[], News]
    """Called while the recipient's language is spoken."""
    purpose: str | None = None
    urgency: Urgency = Urgency.SOON


def send(tx: Tx, letters: Sequence[Letter], *, now: datetime) -> None:
    """Ask for messages; the same keys again change nothing."""
    if not letters:
        return
    rows = tx.execute(_PEOPLE, {"ids": [letter.recipient for letter in letters]})
    locales = {row.person_id: row.locale for row in rows}
    for letter in letters:
        with speaking(locales.get(letter.recipient) or ENGLISH):
            news = letter.write()
        request_message(
            tx,
            MessageRequest(
                request_id=EventId(fast_derived_id(NEWS, *letter.key)),
                recipient=letter.recipient,
                template=NEWS,
                variables={
                    "headline": news.headline,
                    "sentences": list(news.sentences),
                    "words": news.words,
                    "words_by": news.words_by,
                    "href": news.href,
                    "action": news.action,
                },
                purpose=letter.purpose,
                urgency=letter.urgency,
                expires_at=now + EXPIRY,
                reason=news.reason,
            ),
            now=now,
        )


def names_of(tx: Tx, ids: Sequence[PersonId]) -> Mapping[PersonId, str]:
    """Return the names of these people."""
    return {PersonId(row.person_id): row.name for row in tx.execute(_PEOPLE, {"ids": list(ids)})}


def because_you_applied() -> str:
    """Return why an applicant gets a message."""
    return _("You get this because you applied for it.")


def because_you_own() -> str:
    """Return why an owner gets a message."""
    return _("You get this because you offer it and answer who applies.")


def because_you_manage(name: str) -> str:
    """Return why a manager gets a message."""
    return _("You get this because you are {name}'s manager in the directory.").format(name=name)
