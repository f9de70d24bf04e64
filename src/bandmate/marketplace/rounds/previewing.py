"""Working a preview out: read who takes part, compute outside transactions, keep it if nothing changed since."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import fields
from typing import Any

import orjson

from bandmate.engines.allocation import InvalidProblem
from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput
from bandmate.marketplace.ids import RoundId
from bandmate.marketplace.rounds.acts import begin_preview, confirm_preview, note, store_preview
from bandmate.marketplace.rounds.domain import Limits, Round, RoundState
from bandmate.marketplace.rounds.fit import VERSION, Side
from bandmate.marketplace.rounds.gathering import Gathered, gather
from bandmate.marketplace.rounds.proposing import Proposal, propose
from bandmate.marketplace.rounds.words import problem_sentence

_DIGITS = 16


class LimitsCannotBeKept(InvalidInput):
    """No pairing of those who take part keeps the limits of the round; or there is nobody to pair."""

    slug = "round-limits-cannot-be-kept"
    title = "The limits of this round cannot be kept"


def preview(database: Database, round_id: RoundId, *, clock: Clock) -> Round:
    """Work out who would meet whom and keep it as the round's preview. Takes seconds for thousands.

    Where nobody and nothing that it is made from has changed, the preview that stands is the answer.

    Raises:
        NotFound: when there is no such round.
        Conflict: when it cannot be previewed, or was changed meanwhile; nothing was kept then.
        LimitsCannotBeKept: with what to do; the round remembers why until the next preview.
    """
    with database.begin() as tx:
        held = begin_preview(tx, round_id, now=clock())
    # What changes from here on is what the preview does not know.
    read_at = clock()
    with database.read() as tx:
        gathered = gather(tx, held.format, now=read_at)
    digest = digest_of(gathered, held.limits)
    if held.state is RoundState.PREVIEW and (held.figures or {}).get("digest") == digest:
        with database.begin() as tx:
            return confirm_preview(tx, round_id, version=held.version, now=read_at)
    try:
        proposal = _propose(gathered, held.limits)
    except Exception as error:
        problem = error.extra if isinstance(error, LimitsCannotBeKept) else {"code": "failed"}
        with database.begin() as tx:
            note(tx, round_id, without=("asked_at", "started_at"), values={"problem": problem})
        raise
    with database.begin() as tx:
        return store_preview(tx, round_id, gathered, proposal, digest=digest, version=held.version, now=read_at)


def digest_of(gathered: Gathered, limits: Limits) -> str:
    """Return the same text for the same question: by which rule, within which limits, for whom."""
    asked = {
        "rule": VERSION,
        "limits": limits.as_json(),
        "mentees": [[_plain(one.side), one.wish_id, one.waited] for one in gathered.mentees],
        "mentors": [[_plain(one.side), one.offer_id, one.capacity] for one in gathered.mentors],
    }
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_DIGITS]


def _plain(side: Side) -> list[Any]:
    """Return what counts of a person in an order of its own."""
    return [
        sorted(each) if isinstance(each, frozenset) else each
        for each in (getattr(side, one.name) for one in fields(side))
    ]


def _propose(gathered: Gathered, limits: Limits) -> Proposal:
    problem = _obvious(gathered, limits)
    if problem is not None:
        raise LimitsCannotBeKept(problem_sentence(problem), **problem)
    try:
        return propose(
            [one.side for one in gathered.mentees],
            [one.side for one in gathered.mentors],
            [one.capacity for one in gathered.mentors],
            limits,
            first=[one.side.key for one in gathered.mentees if one.waited],
        )
    except InvalidProblem as error:
        problem = {"code": "limits"}
        raise LimitsCannotBeKept(problem_sentence(problem), **problem) from error


def _obvious(gathered: Gathered, limits: Limits) -> dict[str, Any] | None:
    """Return what can be said exactly of limits that cannot be kept, without searching for a pairing."""
    if not gathered.mentees or not gathered.mentors:
        return {"code": "nobody"}
    there = Counter(one.side.department for one in gathered.mentees)
    for department, least in limits.least_by_department.items():
        if least > there[department]:
            return {"code": "too_few", "department": department, "least": least, "there": there[department]}
    return None
