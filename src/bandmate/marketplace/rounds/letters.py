"""The messages of rounds and pairs: you have a mentor, you are one, you still wait, your pair has ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import ENGLISH, speaking
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageRequest, MessageTemplate, Urgency, declare_template
from bandmate.marketplace.ids import PairId
from bandmate.marketplace.rounds.domain import Reason
from bandmate.marketplace.rounds.words import WAITING_YOU, why

_FOLDER = Path(__file__).parent / "messages"
_TOPIC = "Mentoring"

MENTEE = declare_template(MessageTemplate("marketplace.round_mentee", _TOPIC, _FOLDER)).name
MENTOR = declare_template(MessageTemplate("marketplace.round_mentor", _TOPIC, _FOLDER)).name
WAITING = declare_template(MessageTemplate("marketplace.round_waiting", _TOPIC, _FOLDER)).name
ENDED = declare_template(MessageTemplate("marketplace.pair_ended", _TOPIC, _FOLDER)).name

EXPIRY = timedelta(days=14)
"""After this nobody wants the message any more; what it tells stands on the page of mentoring."""
MENTORING = "/mentoring"

_PEOPLE = text("""
    select p.person_id, p.locale, coalesce(e.display_name, p.name) as name, e.title, e.department, e.location,
           coalesce(array(select t.label from marketplace.round_mentee m
                            join marketplace.mentoring_wish_topic t using (wish_id)
                           where m.round_id = :round and m.person_id = p.person_id order by t.label),
                    '{}') as topics
      from kernel.person p left join marketplace.employee e using (person_id)
     where p.person_id = any(:persons)
""")


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of: a round, or a pair without one."""

    about: UUID
    """The round or the pair: the same is told once."""
    name: str
    """Of the round; empty where there is none."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is told, or told of, as the directory has them."""

    person_id: PersonId
    locale: str | None
    name: str
    about: str
    """Title, department and place."""
    topics: tuple[str, ...]
    """What they wished to learn, as mentee of the round."""


def who_is_told(tx: Tx, round_id: UUID | None, persons: Collection[PersonId]) -> Mapping[PersonId, Reader]:
    """Return persons as messages name them; topics are those of the round."""
    rows = tx.execute(_PEOPLE, {"round": round_id, "persons": sorted(set(persons))})
    return {
        row.person_id: Reader(
            PersonId(row.person_id),
            row.locale,
            row.name or "",
            " · ".join(each for each in (row.title, row.department, row.location) if each),
            tuple(row.topics),
        )
        for row in rows
    }


def told_mentee(told: Told, mentee: Reader, mentor: Reader, parts: Mapping[str, Any] | None) -> MessageRequest:
    """Return the message for a mentee who has a mentor now."""
    with speaking(mentee.locale or ENGLISH):
        reason = _("You get this because you wished for a mentor.")
        said = why(parts) if parts else []
    values = {"round": told.name, "name": mentor.name, "about": mentor.about, "why": list(said)}
    return _request(MENTEE, told, mentee, values, reason)


def told_mentor(told: Told, mentor: Reader, mentees: Sequence[Reader]) -> MessageRequest:
    """Return the message for a mentor, with everybody they are the mentor of now."""
    with speaking(mentor.locale or ENGLISH):
        reason = _("You get this because you offer mentoring.")
    people: list[Any] = [
        {"name": one.name, "about": one.about, "topics": list(one.topics)}
        for one in sorted(mentees, key=lambda one: one.name)
    ]
    return _request(MENTOR, told, mentor, {"round": told.name, "mentees": people}, reason)


def told_waiting(told: Told, mentee: Reader, reason: Reason) -> MessageRequest:
    """Return the message for whoever waits, with the reason in plain words and what they can do."""
    with speaking(mentee.locale or ENGLISH):
        why_told = _("You get this because you wished for a mentor.")
        said = _(WAITING_YOU[reason])
    return _request(WAITING, told, mentee, {"round": told.name, "why": said}, why_told)


def told_ended(pair_id: PairId, reader: Reader, other: Reader, words: str, *, now: datetime) -> MessageRequest:
    """Return the message for one of a pair that has ended."""
    with speaking(reader.locale or ENGLISH):
        reason = _("You get this because you were a mentoring pair.")
    values = {"name": other.name, "words": words}
    return _request(ENDED, Told(pair_id, "", now), reader, values, reason)


def _request(template: str, told: Told, reader: Reader, values: Mapping[str, Any], reason: str) -> MessageRequest:
    return MessageRequest(
        request_id=EventId(fast_derived_id(template, str(told.about), str(reader.person_id))),
        recipient=reader.person_id,
        template=template,
        variables={**values, "href": MENTORING},
        purpose=None,
        urgency=Urgency.SOON,
        expires_at=told.at + EXPIRY,
        reason=reason,
    )
