"""Decisions as rows: JSON on the way in, values of ours on the way out. What goes in comes out equal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString

import orjson

from bandmate.kernel.decisions.domain import (
    Act,
    ActKind,
    Alternative,
    Decision,
    Input,
    ObjectRef,
    Score,
    Verdict,
)
from bandmate.kernel.errors import InvalidInput

COLUMNS: LiteralString = """
    decision_id, kind, subject, object_kind, object_id, rule, rule_version, inputs, outcome, decided_at,
    coalesce(decided_by_person::text, decided_by_system) as decider, decided_by_person, scores, alternatives,
    erased_at
"""
"""What a statement selects so that ``decision_of`` can read its rows."""

ACT_COLUMNS: LiteralString = "act_id, decision_id, kind, at, by_person, words, outcome, verdict, contest_id"


def written(decisions: Iterable[Decision]) -> str:
    """Return decisions as one JSON document, a row each.

    Raises:
        InvalidInput: when an input holds what JSON or PostgreSQL cannot: NUL, a lone surrogate, an integer of more
            than 64 bits, a number that is not finite, or a type that JSON has not.
    """
    try:
        document = orjson.dumps([_row(each) for each in decisions])
    except TypeError as error:
        raise InvalidInput(f"A decision cannot be written as JSON: {error}.", field="inputs") from error
    # The escape may also be a backslash that somebody really wrote, before the letters u0000.
    if b"\\u0000" in document and _holds_nul(orjson.loads(document)):
        raise InvalidInput("A decision cannot hold the character NUL.", field="inputs")
    return document.decode()


def _row(decision: Decision) -> dict[str, object]:
    by_system = isinstance(decision.decided_by, str)
    return {
        "decision_id": decision.decision_id,
        "kind": decision.kind,
        "subject": decision.subject,
        "object_kind": decision.object.kind,
        "object_id": decision.object.id,
        "rule": decision.rule,
        "rule_version": decision.rule_version,
        "inputs": [_input_row(each) for each in decision.inputs],
        "scores": [[each.name, each.points] for each in decision.scores],
        "alternatives": [[each.option, each.why_not, each.score] for each in decision.alternatives],
        "outcome": decision.outcome,
        "decided_at": decision.decided_at,
        "decided_by_person": None if by_system else decision.decided_by,
        "decided_by_system": decision.decided_by if by_system else None,
    }


def _input_row(each: Input) -> dict[str, object]:
    """Return an input with its members that say something; most have few."""
    row: dict[str, object] = {"name": each.name, "value": each.value}
    if each.source:
        row["source"] = each.source
    if each.version:
        row["version"] = each.version
    if not each.personal:
        row["personal"] = False
    return row


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def decision_of(row: Any) -> Decision:
    """Read a row of ``COLUMNS``."""
    return Decision(
        row.decision_id,
        row.kind,
        row.subject,
        ObjectRef(row.object_kind, row.object_id),
        row.rule,
        row.rule_version,
        tuple(Input(**each) for each in row.inputs),
        row.outcome,
        row.decided_at,
        row.decided_by_person or row.decider,
        tuple(Score(*each) for each in row.scores),
        tuple(Alternative(*each) for each in row.alternatives),
    )


def act_of(row: Any) -> Act:
    """Read a row of ``ACT_COLUMNS``."""
    return Act(
        row.act_id,
        row.decision_id,
        ActKind(row.kind),
        row.at,
        row.by_person,
        row.words,
        row.outcome,
        Verdict(row.verdict) if row.verdict else None,
        row.contest_id,
    )
