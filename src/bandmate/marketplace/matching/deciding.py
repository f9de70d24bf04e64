"""Lists as decisions: recorded once for each list that somebody was shown and that differs from the last one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import text

from bandmate.engines.matching import RULES, TENTHS
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
from bandmate.kernel.languages import later, ngettext
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.matching.domain import Fit
from bandmate.marketplace.matching.sentences import PART_NAMES

FOR_YOU = "marketplace.for_you"
CANDIDATE = "marketplace.candidate"
OPPORTUNITY = "marketplace.opportunity"
DECIDED_BY = "matching"

_TITLE = 80
_MOST_ALTERNATIVES = 5
_CROWD = "crowd"


def _list(inputs: Values) -> Ruling:
    """Put the best first by score less price; equals stay in the order in which they came."""
    candidates = cast("list[dict[str, Value]]", inputs["candidates"])
    length = cast("int", inputs["length"])
    in_order = sorted(candidates, key=lambda each: -_net(each))
    if not in_order:
        return Ruling("nothing")
    return Ruling(
        "listed",
        _scores(in_order[0]),
        tuple(Alternative(str(each["title"]), "others_first", _net(each)) for each in in_order[length:]),
    )


def _suggest(inputs: Values) -> Ruling:
    return Ruling("suggested", _scores(inputs))


def _net(candidate: Mapping[str, Value]) -> float:
    return sum(part.points for part in _scores(candidate))


def _scores(candidate: Mapping[str, Value]) -> tuple[Score, ...]:
    parts = cast("dict[str, float]", candidate["parts"])
    price = cast("float", candidate.get("price") or 0.0)
    scores = tuple(Score(name, points) for name, points in parts.items())
    return (*scores, Score(_CROWD, -price)) if price else scores


def _tell_of_list(decision: Decision) -> str:
    candidates = cast("list[dict[str, Value]]", decision.values["candidates"])
    if decision.outcome == "nothing" or not candidates:
        return _("Nothing that is open to you was left to suggest.")
    count = min(len(candidates), cast("int", decision.values["length"]))
    return ngettext(
        "We suggested {count} opportunity to you. “{title}” stood first; its score is taken apart here.",
        "We suggested {count} opportunities to you. “{title}” stood first; its score is taken apart here.",
        count,
    ).format(count=count, title=str(max(candidates, key=_net)["title"]))


def _tell_of_suggestion(decision: Decision) -> str:
    return _("You were suggested to the owner of “{title}”, because you allow it and what you show fits.").format(
        title=str(decision.values["title"])
    )


_WORDS = {
    **{part.value: name for part, name in PART_NAMES.items()},
    _CROWD: later("Many are shown this"),
    "listed": later("opportunities suggested to you"),
    "nothing": later("nothing to suggest"),
    "suggested": later("suggested to an owner"),
    "candidates": later("What could stand in the list, best first"),
    "length": later("Places of the list"),
    "profile": later("Your profile"),
    "opportunity": later("Opportunity"),
    "title": later("Title"),
    "price": later("Taken off because many are shown it"),
    "parts": later("Parts of the score"),
    "others_first": later("Others fit better or are shown to fewer people."),
    "marketplace.profile": later("Your profile"),
    "marketplace.opportunities": later("Open opportunities"),
    "marketplace.rules": later("Rules of matching"),
}

FOR_YOU_RULE = declare_rule(
    Rule(
        name=FOR_YOU,
        version=RULES.version,
        title=later("The best fitting ones first, less what many are shown"),
        decide=_list,
        sentence=_tell_of_list,
        outcomes=("listed", "nothing"),
        announced=False,  # it is on the page they look at
        words=_WORDS,
    )
)
CANDIDATE_RULE = declare_rule(
    Rule(
        name=CANDIDATE,
        version=RULES.version,
        title=later("People who allow it are suggested where what they show fits"),
        decide=_suggest,
        sentence=_tell_of_suggestion,
        outcomes=("suggested", "withdrawn"),
        announced=False,  # it may be daily
        words=_WORDS | {"withdrawn": later("suggested no more")},
    )
)

_LAST = text("select about, fingerprint, decision_id from marketplace.list_decided where person_id = :person")
_LAST_OF = text("""
    select person_id, fingerprint from marketplace.list_decided where about = :about and person_id = any(:persons)
""")
_KEEP = text("""
    insert into marketplace.list_decided (person_id, about, fingerprint, decision_id, at)
    select person_id, :about, fingerprint, decision_id, :at
      from unnest(cast(:persons as uuid[]), cast(:fingerprints as text[]), cast(:decisions as uuid[]))
           as t(person_id, fingerprint, decision_id)
    on conflict (person_id, about) do update
       set fingerprint = excluded.fingerprint, decision_id = excluded.decision_id, at = excluded.at
""")
_SHOW = text("""
    insert into marketplace.shown (person_id, opportunity_id, day, list, rank)
    select person_id, opportunity_id, :day, :list, rank
      from unnest(cast(:persons as uuid[]), cast(:opportunities as uuid[]), cast(:ranks as int[]))
           as t(person_id, opportunity_id, rank)
    on conflict (person_id, opportunity_id, day, list) do nothing
""")


def decided_list(tx: Tx, person_id: PersonId) -> DecisionId | None:
    """Return the newest decision about a person's for-you list."""
    found = {row.about: row.decision_id for row in tx.execute(_LAST, {"person": person_id})}
    return found.get("for_you")


def record_list(
    tx: Tx,
    person_id: PersonId,
    listed: Sequence[Fit],
    behind: Sequence[Fit],
    *,
    profile_version: int,
    now: datetime,
) -> DecisionId | None:
    """Write down that a person was shown this list: once a day for exposure, and as a decision where it changed.

    Args:
        tx: Writes.
        person_id: Whose list it is.
        listed: What was shown, best first.
        behind: What came next and was not shown.
        profile_version: Of the person's profile.
        now: When.

    Returns:
        The decision that tells of the list.
    """
    ids = [fit.opportunity_id for fit in listed]
    _show(tx, [person_id] * len(ids), ids, range(1, len(ids) + 1), "for_you", now)
    fingerprint = _fingerprint(map(str, ids))
    last = {row.about: row for row in tx.execute(_LAST, {"person": person_id})}.get("for_you")
    if last is not None and last.fingerprint == fingerprint:
        return DecisionId(last.decision_id)
    candidates: list[Value] = [_plain(fit) for fit in (*listed, *behind[:_MOST_ALTERNATIVES])]
    decision = ruled(
        FOR_YOU_RULE,
        (
            Input("candidates", candidates, "marketplace.opportunities", now.date().isoformat()),
            Input("profile", str(profile_version), "marketplace.profile", str(profile_version)),
            Input("length", max(1, len(listed)), "marketplace.rules", str(RULES.version), personal=False),
        ),
        decision_id=DecisionId(fast_derived_id(FOR_YOU, str(person_id), now.isoformat())),
        kind=FOR_YOU,
        about=ObjectRef(FOR_YOU, str(person_id)),
        subject=person_id,
        at=now,
        by=DECIDED_BY,
    )
    record(tx, [decision])
    _keep(tx, "for_you", {person_id: (fingerprint, decision.decision_id)}, now)
    return decision.decision_id


def record_candidates(
    tx: Tx, opportunity_id: OpportunityId, title: str, people: Mapping[PersonId, Fit], *, now: datetime
) -> None:
    """Write down that an owner was shown these people: each once a day, and as a decision where it changed."""
    ranks = [fit.rank for fit in people.values()]
    _show(tx, list(people), [opportunity_id] * len(people), ranks, "candidates", now)
    about = f"candidates:{opportunity_id}"
    rows = tx.execute(_LAST_OF, {"about": about, "persons": list(people)})
    last = {row.person_id: row.fingerprint for row in rows}
    prints = {person: _fingerprint(str(part.tenths) for part in fit.parts) for person, fit in people.items()}
    changed = [person for person in people if last.get(person) != prints[person]]
    decisions = [_suggestion(person, opportunity_id, title, people[person], now) for person in changed]
    record(tx, decisions)
    made = zip(changed, decisions, strict=True)
    _keep(tx, about, {person: (prints[person], decision.decision_id) for person, decision in made}, now)


def _suggestion(person: PersonId, opportunity_id: OpportunityId, title: str, fit: Fit, now: datetime) -> Decision:
    parts: dict[str, Value] = {part.part.value: part.points for part in fit.parts}
    return ruled(
        CANDIDATE_RULE,
        (
            Input("parts", parts, "marketplace.profile", str(RULES.version)),
            Input("title", title[:_TITLE], "marketplace.opportunities", personal=False),
        ),
        decision_id=DecisionId(fast_derived_id(CANDIDATE, str(person), str(opportunity_id), now.isoformat())),
        kind=CANDIDATE,
        about=ObjectRef(OPPORTUNITY, str(opportunity_id)),
        subject=person,
        at=now,
        by=DECIDED_BY,
    )


def _plain(fit: Fit) -> dict[str, Value]:
    parts: dict[str, Value] = {part.part.value: part.points for part in fit.parts}
    return {
        "opportunity": str(fit.opportunity_id),
        "title": fit.title[:_TITLE],
        "parts": parts,
        "price": fit.price_tenths / TENTHS,
    }


def _show(
    tx: Tx,
    persons: Sequence[PersonId],
    opportunities: Sequence[UUID],
    ranks: Sequence[int],
    which: str,
    now: datetime,
) -> None:
    if not persons:
        return
    tx.execute(
        _SHOW,
        {
            "persons": list(persons),
            "opportunities": list(opportunities),
            "ranks": list(ranks),
            "list": which,
            "day": now.date(),
        },
    )


def _keep(tx: Tx, about: str, made: Mapping[PersonId, tuple[str, DecisionId]], now: datetime) -> None:
    if not made:
        return
    tx.execute(
        _KEEP,
        {
            "about": about,
            "at": now,
            "persons": list(made),
            "fingerprints": [fingerprint for fingerprint, _id in made.values()],
            "decisions": [decision_id for _print, decision_id in made.values()],
        },
    )


def _fingerprint(parts: object) -> str:
    joined = "|".join(cast("Sequence[str]", parts))
    return hashlib.blake2b(f"{RULES.version}|{joined}".encode(), digest_size=12).hexdigest()
