"""The events of decisions; every name here stands in docs/events.md, which a test compares.

None carries a word that a person wrote, nor who the person is: those stand in the ledger under the decision's id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bandmate.kernel.decisions.domain import Act, ActKind, Decision
from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, fast_derived_id
from bandmate.kernel.languages import later

VERSION = 1
IDS_AN_EVENT = 1_000
"""Decisions are told in batches of this many at most: one event each would double what recording costs."""

RECORDED = "kernel.decision.recorded"
OVERRIDDEN = "kernel.decision.overridden"
CONTESTED = "kernel.decision.contested"
ANSWERED = "kernel.decision.answered"

PUBLISHED = (RECORDED, OVERRIDDEN, CONTESTED, ANSWERED)

declare_event_type(RECORDED, VERSION, later("Decisions of one kind were written down."), "decisions")
declare_event_type(OVERRIDDEN, VERSION, later("A human replaced the outcome of a decision."), "decisions")
declare_event_type(CONTESTED, VERSION, later("The person concerned contested a decision."), "decisions")
declare_event_type(ANSWERED, VERSION, later("A human answered a contest."), "decisions")

_OF_ACTS = {ActKind.OVERRIDDEN: OVERRIDDEN, ActKind.CONTESTED: CONTESTED, ActKind.ANSWERED: ANSWERED}


def recorded(decisions: Sequence[Decision]) -> Iterator[Event]:
    """Tell that decisions were recorded: for each kind, batches of ids. The subject is the kind."""
    in_order = sorted(decisions, key=lambda each: each.kind)
    for kind, same in groupby(in_order, key=lambda each: each.kind):
        told = list(same)
        for start in range(0, len(told), IDS_AN_EVENT):
            batch = told[start : start + IDS_AN_EVENT]
            ids = [str(each.decision_id) for each in batch]
            yield Event(
                EventId(fast_derived_id(RECORDED, *ids)),
                RECORDED,
                VERSION,
                kind,
                max(each.decided_at for each in batch),
                {"decision_ids": ids},
            )


def acted(act: Act, decision: Decision) -> Event:
    """Tell what a person did about a decision. The subject is the decision's id, the event's id the act's."""
    data: dict[str, object] = {"kind": decision.kind}
    if act.kind is not ActKind.CONTESTED:
        data["outcome"] = act.outcome
    if act.kind is ActKind.ANSWERED:
        data |= {"verdict": act.verdict, "contest_id": str(act.contest_id)}
    return Event(EventId(act.act_id), _OF_ACTS[act.kind], VERSION, str(decision.decision_id), act.at, data)
