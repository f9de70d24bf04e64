"""What overriding, contesting and answering share: the lock on one decision, and writing the act down.

A decision that is only derived is written into the ledger first. Then its row is locked, so that two people who
act on one decision at once do so one after the other, and the second decides on what the first has done.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import events, ledger
from bandmate.kernel.decisions.domain import Act, ActId, ActKind, Case, DecisionId, ObjectRef, Verdict
from bandmate.kernel.decisions.rules import rule_of
from bandmate.kernel.errors import Forbidden, InvalidInput, NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _

LONGEST_WORDS = 4_000
"""Characters a person may write about a decision."""

_APPEND = text("""
    insert into kernel.decision_act (act_id, decision_id, kind, by_person, at, words, outcome, verdict, contest_id)
    values (:act_id, :decision_id, :kind, :by_person, :at, :words, :outcome, :verdict, :contest_id)
""")


def checked_and_locked(tx: Tx, decision_id: DecisionId, *, asker: Asker, about: ObjectRef | None) -> Case:
    """Return a decision that the asker may see, stored, and locked until the transaction ends.

    Raises:
        NotFound: when there is none, or none that the asker may see; or whoever it was about has been erased.
    """
    seen = ledger.decision(tx, decision_id, asker=asker, about=about)
    if not seen.stored:
        ledger.record(tx, [seen.decision])
    tx.execute(text("select 1 from kernel.decision where decision_id = :id for update"), {"id": decision_id})
    # Read again: whoever held the lock before us may have acted.
    locked = ledger.decision(tx, decision_id, asker=asker)
    if locked.erased_at is not None:
        raise NotFound(_("Whoever this decision was about has been erased. Nothing more can be done about it."))
    return locked


def human(asker: Asker) -> PersonId:
    """Return the person who asks.

    Raises:
        Forbidden: when no person stands behind the request.
    """
    if asker.person_id is None:
        raise Forbidden(_("Only a person can do this, not a program of nobody's."))
    return asker.person_id


def human_other_than_subject(asker: Asker, case: Case) -> PersonId:
    """Return the person who asks, unless the decision is about themselves: nobody judges their own case.

    Raises:
        Forbidden: when it is, or when the asker is no operator.
    """
    by = human(asker)
    if not ledger.reads_all(asker):
        raise Forbidden(_("Only operators can do this."))
    if by == case.decision.subject:
        raise Forbidden(_("This decision is about you. Somebody else has to do this."))
    return by


def read_words(words: str) -> str:
    """Read what a person wrote about a decision.

    Raises:
        InvalidInput: when it is empty, too long, or cannot be kept.
    """
    said = words.replace("\r\n", "\n").strip()
    if not said or len(said) > LONGEST_WORDS or "\0" in said:
        raise InvalidInput(
            _("Write why, in 1 to {most} characters.").format(most=f"{LONGEST_WORDS:,}"), field="words"
        )
    return said


def read_outcome(case: Case, outcome: str) -> str:
    """Read what a decision shall come to from now on.

    Raises:
        InvalidInput: when the rule cannot come to it, or it is what holds already.
    """
    rule = rule_of(case.decision.rule, case.decision.rule_version)
    wanted = outcome.strip()
    if not wanted or not wanted.isprintable() or (rule and rule.outcomes and wanted not in rule.outcomes):
        known = ", ".join(rule.outcomes) if rule else ""
        raise InvalidInput(
            _("{outcome} is nothing this can come to. Choose one of: {known}.").format(
                outcome=repr(wanted[:60]), known=known or "-"
            ),
            field="outcome",
        )
    if wanted == case.outcome:
        raise InvalidInput(_("That is what holds already; choose another outcome."), field="outcome")
    return wanted


def append(
    tx: Tx,
    case: Case,
    kind: ActKind,
    *,
    by: PersonId,
    words: str,
    at: datetime,
    address: str,
    outcome: str | None = None,
    verdict: Verdict | None = None,
    contest_id: ActId | None = None,
) -> Act:
    """Write an act down, publish it, and note it in the audit trail without the words."""
    decision = case.decision
    act = Act(ActId(new_id()), decision.decision_id, kind, at, by, words, outcome, verdict, contest_id)
    tx.execute(
        _APPEND,
        {
            "act_id": act.act_id,
            "decision_id": act.decision_id,
            "kind": act.kind.value,
            "by_person": act.by,
            "at": act.at,
            "words": act.words,
            "outcome": act.outcome,
            "verdict": act.verdict.value if act.verdict else None,
            "contest_id": act.contest_id,
        },
    )
    publish(tx, [events.acted(act, decision)])
    details = {"kind": decision.kind, "rule": f"{decision.rule}@{decision.rule_version}"}
    details |= {"outcome": outcome} if outcome is not None else {}
    details |= {"verdict": verdict.value} if verdict is not None else {}
    note(
        tx,
        by=by,
        action=f"kernel.decision.{kind.value}",
        subject=str(decision.decision_id),
        at=at,
        address=address,
        details=details,
    )
    return act
