"""A decision as everyone outside reads it: one JSON object, the same in the API and in a person's export."""

from __future__ import annotations

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.decisions.domain import Act, Case
from bandmate.kernel.decisions.explaining import page_of, sentence_of
from bandmate.kernel.holdings import Json


def case_as_json(case: Case) -> dict[str, Json]:
    """Return a decision with its sentence and what was said about it; instants RFC 3339 in UTC."""
    decision = case.decision
    waiting = case.open_contest
    return {
        "decision_id": str(decision.decision_id),
        "context": decision.context,
        "kind": decision.kind,
        "subject": str(decision.subject) if decision.subject else None,
        "object": str(decision.object),
        "sentence": sentence_of(case),
        "outcome": case.outcome,
        "decided_outcome": decision.outcome,
        "rule": decision.rule,
        "rule_version": decision.rule_version,
        "inputs": [
            {
                "name": each.name,
                "value": each.value,
                "source": each.source or None,
                "version": each.version or None,
            }
            for each in decision.inputs
        ],
        "score": decision.score,
        "scores": [{"name": each.name, "points": each.points} for each in decision.scores],
        "alternatives": [
            {"option": each.option, "score": each.score, "why_not": each.why_not} for each in decision.alternatives
        ],
        "decided_at": rfc3339(decision.decided_at),
        "decided_by": decision.decided_by if isinstance(decision.decided_by, str) else "person",
        "acts": [act_as_json(act) for act in case.acts],
        "open_contest": str(waiting.act_id) if waiting else None,
        "stored": case.stored,
        "href": page_of(case),
    }


def act_as_json(act: Act) -> dict[str, Json]:
    """Return what a person did, without who it was."""
    return {
        "act_id": str(act.act_id),
        "kind": act.kind.value,
        "at": rfc3339(act.at),
        "words": act.words,
        "outcome": act.outcome,
        "verdict": act.verdict.value if act.verdict else None,
        "contest_id": str(act.contest_id) if act.contest_id else None,
    }
