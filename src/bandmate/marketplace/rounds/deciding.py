"""A round as decisions: one about each mentee, with parts, price and who else would have suited.

A decision names mentors by the title of their offer, which everybody may see, never by name: it outlives both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import (
    Alternative,
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Rule,
    Ruling,
    Score,
    Value,
    Values,
    declare_rule,
    record,
    ruled,
)
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.marketplace.ids import RoundId
from bandmate.marketplace.rounds.domain import Reason
from bandmate.marketplace.rounds.fit import VERSION
from bandmate.marketplace.rounds.words import PARTS, WAITING_YOU

PAIRING = "marketplace.round_pairing"
ROUND = "marketplace.round"

_POINTS = 100
_TITLE = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round came to for one mentee."""

    mentee: PersonId
    parts: Mapping[str, float] | None
    """Of the pair; None for whoever waits."""
    offer: str
    """Title of the mentor's offer."""
    price: float
    rank: int
    wanted: int
    reason: Reason | None
    others: Sequence[tuple[str, float]]
    """Titles of the offers that would have suited best, with their values."""


def _pair(inputs: Values) -> Ruling:
    """Take the pair that the whole round gave, or let wait; what would have been better went to others."""
    others = cast("list[dict[str, Value]]", inputs["others"])
    if inputs["reason"]:
        alternatives = tuple(Alternative(str(one["offer"]), str(inputs["reason"]), _score(one)) for one in others)
        return Ruling("waiting", (), alternatives)
    parts = cast("dict[str, float]", inputs["parts"])
    mine = sum(parts.values())
    return Ruling(
        "paired",
        tuple(Score(name, points) for name, points in parts.items()),
        tuple(
            Alternative(str(one["offer"]), "given_to_others" if _score(one) > mine else "less_fit", _score(one))
            for one in others
        ),
    )


def _score(one: Mapping[str, Value]) -> float:
    return cast("float", one["points"])


def _tell(decision: Decision) -> str:
    values = decision.values
    if decision.outcome == "waiting":
        reason = _(WAITING_YOU.get(str(values["reason"]), ""))
        return _("The round “{round}” found no mentor for you yet. {reason}").format(
            round=values["round"], reason=reason
        )
    return _(
        "The round “{round}” paired you with the mentor who offers “{offer}”. It looked at everybody at once, so "
        "that all together suit best; the parts of why you two suit each other add up here."
    ).format(round=values["round"], offer=values["offer"])


_RULE = declare_rule(
    Rule(
        name=PAIRING,
        version=VERSION,
        title=later("All pairs together suit as well as they can, within the limits of the round"),
        decide=_pair,
        sentence=_tell,
        outcomes=("paired", "waiting", "withdrawn"),
        words={
            **PARTS,
            **WAITING_YOU,
            "paired": later("paired with a mentor"),
            "waiting": later("waiting for a mentor"),
            "withdrawn": later("taken back"),
            "round": later("Round"),
            "offer": later("What the mentor offers"),
            "parts": later("Why you suit each other"),
            "price": later("What a place with this mentor costs all others together, in points"),
            "rank": later("Place of this mentor among all for you"),
            "wanted": later("People by whom this mentor is wanted"),
            "reason": later("Why you wait"),
            "others": later("Who else would have suited"),
            "points": later("Points"),
            "mentees": later("People who wished for a mentor"),
            "places": later("Places of all mentors"),
            "across_least": later("Least share of pairs across departments"),
            "given_to_others": later("Others suit this mentor better still."),
            "less_fit": later("Suits you less than the one you got."),
            "marketplace.round": later("The round"),
            "marketplace.profile": later("Your wish and profile, the mentor's offer and profile"),
        },
    )
)


def record_round(
    tx: Tx,
    round_id: RoundId,
    name: str,
    figures: Mapping[str, Any],
    outcomes: Iterable[Outcome],
    *,
    by: PersonId,
    now: datetime,
) -> int:
    """Write down what a round decided about each mentee; again, nothing is added. Returns how many were new."""
    return record(tx, (_decision(round_id, name, figures, one, by, now) for one in outcomes))


def _decision(
    round_id: RoundId, name: str, figures: Mapping[str, Any], one: Outcome, by: PersonId, now: datetime
) -> Decision:
    version = str(round_id)
    parts: dict[str, Value] = (
        {key: _POINTS * (one.parts or {}).get(key, 0.0) for key in PARTS} if one.parts else {}
    )
    others: list[Value] = [{"offer": title[:_TITLE], "points": _POINTS * value} for title, value in one.others]
    limits = figures.get("limits") or {}
    return ruled(
        _RULE,
        (
            Input("round", name, ROUND, version, personal=False),
            Input("offer", one.offer[:_TITLE], ROUND, version),
            Input("parts", parts, "marketplace.profile", str(VERSION)),
            Input("rank", one.rank, ROUND, version),
            Input("price", _POINTS * one.price, ROUND, version),
            Input("wanted", one.wanted, ROUND, version),
            Input("reason", str(one.reason.value) if one.reason else "", ROUND, version),
            Input("others", others, ROUND, version),
            Input("mentees", figures.get("mentees", 0), ROUND, version, personal=False),
            Input("places", figures.get("places", 0), ROUND, version, personal=False),
            Input("across_least", limits.get("across_departments", 0.0), ROUND, version, personal=False),
        ),
        decision_id=decision_of(round_id, one.mentee),
        kind=PAIRING,
        about=ObjectRef(ROUND, str(round_id)),
        subject=one.mentee,
        at=now,
        by=by,
    )


def decision_of(round_id: RoundId, mentee: PersonId) -> DecisionId:
    """Return the id of what a round decided about a mentee."""
    return DecisionId(fast_derived_id(PAIRING, str(round_id), str(mentee)))
