"""The course of a round up to its preview: created, opened, limited, previewed. None commits; none is public."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.tasks import defer
from bandmate.marketplace.ids import RoundId
from bandmate.marketplace.opportunities import Format
from bandmate.marketplace.rounds.domain import (
    LONGEST_NAME,
    MOST_DEPARTMENTS,
    Limits,
    Round,
    RoundState,
)
from bandmate.marketplace.rounds.gathering import Gathered
from bandmate.marketplace.rounds.proposing import Proposal
from bandmate.marketplace.rounds.queries import held_round

PREVIEW = "marketplace.preview_round"
"""The task that works a preview out (``tasks``)."""

_CREATE = text("""
    insert into marketplace.round (round_id, name, format, limits, created_by, created_at, changed_at)
    values (:round, :name, :format, cast(:limits as jsonb), :by, :now, :now) on conflict (round_id) do nothing
""")
_STATE = text("""
    update marketplace.round set state = :state, version = version + 1, changed_at = :now where round_id = :round
""")
_LIMITS = text("""
    update marketplace.round
       set limits = cast(:limits as jsonb), state = case when state = 'preview' then 'open' else state end,
           version = version + 1, changed_at = :now
     where round_id = :round
""")
# Not a change of the round itself: its version stays.
_NOTE = text("""
    update marketplace.round
       set figures = (coalesce(figures, '{}') - cast(:without as text[])) || cast(:with as jsonb)
     where round_id = :round
""")
_CLEAR = tuple(
    text("delete from marketplace." + table + " where round_id = :round")  # noqa: S608 - names of ours
    for table in ("round_mentee", "round_mentor", "round_pair", "round_waiting")
)
_MENTEES = text("""
    insert into marketplace.round_mentee (round_id, person_id, wish_id)
    select :round, person_id, wish_id
      from json_to_recordset(cast(:rows as json)) as t(person_id uuid, wish_id uuid)
""")
_MENTORS = text("""
    insert into marketplace.round_mentor (round_id, person_id, offer_id, capacity, price, wanted)
    select :round, person_id, offer_id, capacity, price, wanted
      from json_to_recordset(cast(:rows as json))
           as t(person_id uuid, offer_id uuid, capacity integer, price real, wanted integer)
""")
_PAIRS = text("""
    insert into marketplace.round_pair (round_id, mentee_id, mentor_id, value, parts, price, rank)
    select :round, mentee_id, mentor_id, value, parts, price, rank
      from json_to_recordset(cast(:rows as json))
           as t(mentee_id uuid, mentor_id uuid, value real, parts jsonb, price real, rank integer)
""")
_WAITING = text("""
    insert into marketplace.round_waiting (round_id, mentee_id, reason)
    select :round, mentee_id, reason from json_to_recordset(cast(:rows as json)) as t(mentee_id uuid, reason text)
""")
_PREVIEWED = text("""
    update marketplace.round
       set state = 'preview', figures = cast(:figures as jsonb), previewed_at = :now, version = version + 1,
           changed_at = :now
     where round_id = :round
""")
_CONFIRMED = text("update marketplace.round set previewed_at = :now where round_id = :round")


def create_round(tx: Tx, by: PersonId, round_id: RoundId, name: str, format_: str, *, now: datetime) -> Round:
    """Begin a round; the same id again changes nothing.

    Raises:
        InvalidInput: without a name, with a longer one than can be kept, or for a format there is not.
    """
    named = " ".join(name.replace("\x00", "").split())
    if not named:
        raise InvalidInput(_("Give the round a name, such as “Spring 2027”."), field="name")
    if len(named) > LONGEST_NAME:
        raise InvalidInput(
            _("The name has {count} characters; {most} are enough.").format(count=len(named), most=LONGEST_NAME),
            field="name",
        )
    if format_ not in set(Format):
        raise InvalidInput(_("Choose one of the formats."), field="format")
    values = {"round": round_id, "name": named, "format": format_, "limits": _json(Limits().as_json())}
    tx.execute(_CREATE, {**values, "by": by, "now": now})
    return held_round(tx, round_id)


def open_round(tx: Tx, round_id: RoundId, *, version: int, now: datetime) -> Round:
    """Open a draft: it takes up wishes and offers from now on. An open one stays as it is.

    Raises:
        Conflict: when it was changed since ``version``.
    """
    held = _checked(held_round(tx, round_id, lock=True), version, (RoundState.DRAFT, RoundState.OPEN))
    if held.state is RoundState.DRAFT:
        tx.execute(_STATE, {"round": round_id, "state": RoundState.OPEN, "now": now})
    return held_round(tx, round_id)


def close_round(tx: Tx, round_id: RoundId, *, version: int, now: datetime) -> Round:
    """Close a published round: its waiting list ends with it. A closed one stays closed.

    Raises:
        Conflict: when it was changed since ``version``, or is not published.
    """
    held = held_round(tx, round_id, lock=True)
    if held.state is not RoundState.CLOSED:
        _checked(held, version, (RoundState.PUBLISHED,))
        tx.execute(_STATE, {"round": round_id, "state": RoundState.CLOSED, "now": now})
    return held_round(tx, round_id)


def set_limits(tx: Tx, round_id: RoundId, limits: Limits, *, version: int, now: datetime) -> Round:
    """Set what a round has to keep. A preview by other limits cannot be published: it is worked out anew first.

    Raises:
        InvalidInput: for more departments than anybody has.
        Conflict: when it was changed since ``version``, or is published.
    """
    before = (RoundState.DRAFT, RoundState.OPEN, RoundState.PREVIEW)
    held = _checked(held_round(tx, round_id, lock=True), version, before)
    if len(limits.least_by_department) > MOST_DEPARTMENTS:
        raise InvalidInput(
            _("More than {most} departments have a least number; keep those that matter most.").format(
                most=MOST_DEPARTMENTS
            ),
            field="least_by_department",
        )
    if held.limits != limits:
        tx.execute(_LIMITS, {"round": round_id, "limits": _json(limits.as_json()), "now": now})
    return held_round(tx, round_id)


def ask_preview(tx: Tx, round_id: RoundId, *, version: int, now: datetime) -> Round:
    """Have a preview worked out in the background; asked twice, it is worked out once at a time.

    Raises:
        Conflict: when the round was changed since ``version``, is a draft, or is published.
    """
    _checked(held_round(tx, round_id, lock=True), version, (RoundState.OPEN, RoundState.PREVIEW))
    note(tx, round_id, without=("problem", "started_at"), values={"asked_at": rfc3339(now)})
    defer(tx, PREVIEW, round_id=str(round_id))
    return held_round(tx, round_id)


def begin_preview(tx: Tx, round_id: RoundId, *, now: datetime) -> Round:
    """Note that a preview is being worked out; return the round as it stands.

    Raises:
        Conflict: when the round is a draft, or published meanwhile.
    """
    held = held_round(tx, round_id, lock=True)
    _checked(held, held.version, (RoundState.OPEN, RoundState.PREVIEW))
    stamp = rfc3339(now)
    note(
        tx,
        round_id,
        without=("problem",),
        values={"asked_at": held.asked_at or stamp, "started_at": stamp},
    )
    return held


def confirm_preview(tx: Tx, round_id: RoundId, *, version: int, now: datetime) -> Round:
    """Note that the preview that stands holds as of an instant; its version stays.

    Raises:
        Conflict: when the round was changed while it was looked at.
    """
    _checked(held_round(tx, round_id, lock=True), version, (RoundState.PREVIEW,))
    note(tx, round_id, without=("asked_at", "started_at", "problem"), values={})
    tx.execute(_CONFIRMED, {"round": round_id, "now": now})
    return held_round(tx, round_id)


def store_preview(
    tx: Tx,
    round_id: RoundId,
    gathered: Gathered,
    proposal: Proposal,
    *,
    digest: str,
    version: int,
    now: datetime,
) -> Round:
    """Keep a preview in place of the one before.

    Args:
        tx: writes.
        round_id: of the round.
        gathered: who takes part.
        proposal: what was worked out.
        digest: of the question that it answers.
        version: of the round when it was begun.
        now: as of when everybody was looked at.

    Raises:
        Conflict: when the round was changed while it was worked out.
    """
    held = held_round(tx, round_id, lock=True)
    _checked(held, version, (RoundState.OPEN, RoundState.PREVIEW))
    for statement in _CLEAR:
        tx.execute(statement, {"round": round_id})
    for statement, rows in (
        (_MENTEES, [{"person_id": one.person_id, "wish_id": one.wish_id} for one in gathered.mentees]),
        (_MENTORS, _mentor_rows(gathered, proposal)),
        (_PAIRS, _pair_rows(proposal)),
        (_WAITING, [{"mentee_id": key, "reason": reason} for key, reason in proposal.waiting.items()]),
    ):
        tx.execute(statement, {"round": round_id, "rows": _json(rows)})
    waited = sum(one.waited for one in gathered.mentees)
    figures = {**figures_json(proposal, held.limits, waited=waited), "digest": digest}
    tx.execute(_PREVIEWED, {"round": round_id, "figures": _json(figures), "now": now})
    return held_round(tx, round_id)


def note(tx: Tx, round_id: UUID, *, without: tuple[str, ...] = (), values: Mapping[str, Any]) -> None:
    """Change single entries of the figures; the version stays."""
    tx.execute(_NOTE, {"round": round_id, "without": list(without), "with": _json(values)})


def figures_json(proposal: Proposal, limits: Limits, *, waited: int) -> dict[str, Any]:
    """Return what is stored of a proposal beside its pairs."""
    figures = proposal.figures
    return {
        "mentees": figures.mentees,
        "mentors": figures.mentors,
        "places": figures.places,
        "matched": figures.matched,
        "waited": waited,
        "value": figures.value,
        "bound": figures.bound,
        "ranks": {str(rank): count for rank, count in figures.ranks.items()},
        "blocking_pairs": figures.blocking_pairs,
        "across_departments": figures.across_departments,
        "across_by_chance": figures.across_by_chance,
        "matched_by_department": {name: list(both) for name, both in figures.matched_by_department.items()},
        "limits": limits.as_json(),
        # For the decisions about those who wait; gone once they are written.
        "others": {key: proposal.others[key] for key in proposal.waiting},
    }


def _mentor_rows(gathered: Gathered, proposal: Proposal) -> list[dict[str, Any]]:
    return [
        {
            "person_id": one.person_id,
            "offer_id": one.offer_id,
            "capacity": one.capacity,
            "price": proposal.wanted[one.side.key].price,
            "wanted": proposal.wanted[one.side.key].by,
        }
        for one in gathered.mentors
    ]


def _pair_rows(proposal: Proposal) -> list[dict[str, Any]]:
    return [
        {
            "mentee_id": one.mentee,
            "mentor_id": one.mentor,
            "value": one.parts.value,
            "parts": {
                "topics": one.parts.topics,
                "outlook": one.parts.outlook,
                "hours": one.parts.hours,
                "across": one.parts.across,
                "others": proposal.others[one.mentee],
            },
            "price": one.price,
            "rank": one.rank,
        }
        for one in proposal.pairs
    ]


def _checked(held: Round, version: int, states: tuple[RoundState, ...]) -> Round:
    if held.version != version:
        raise Conflict(_("Somebody changed this round since you opened the page. Look at it again, then decide."))
    if held.state not in states:
        raise Conflict(_REFUSED[held.state]())
    return held


_REFUSED = {
    RoundState.DRAFT: lambda: _("This round is a draft. Open it first."),
    RoundState.OPEN: lambda: _("This round has no preview by its present limits. Look at a preview first."),
    RoundState.PREVIEW: lambda: _("This round is in preview. Publish it first."),
    RoundState.PUBLISHED: lambda: _("This round is published. Begin a new one for those who wait."),
    RoundState.CLOSED: lambda: _("This round is closed. Begin a new one."),
}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
