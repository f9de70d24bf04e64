"""Contesting and answering: the person concerned says why a decision is wrong, and another human answers.

A contest is open until it is answered. While one is open, no second one can be made; after the answer, the person
may contest again with what they know by then.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.acting import (
    append,
    checked_and_locked,
    human,
    human_other_than_subject,
    read_outcome,
    read_words,
)
from bandmate.kernel.decisions.domain import Act, ActKind, Case, DecisionId, ObjectRef, Verdict
from bandmate.kernel.decisions.ledger import cases, reads_all
from bandmate.kernel.decisions.rows import COLUMNS
from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _


def contest(
    tx: Tx,
    decision_id: DecisionId,
    *,
    asker: Asker,
    words: str,
    now: datetime,
    about: ObjectRef | None = None,
    address: str = "",
) -> Act:
    """Write down why the person concerned thinks a decision is wrong. Not idempotent, but a second one is refused.

    Raises:
        NotFound: when there is no such decision, or none that the asker may see.
        Forbidden: when it is not about the asker.
        Conflict: when a contest of it waits for its answer.
        InvalidInput: when the words cannot be used.
    """
    said = read_words(words)
    case = checked_and_locked(tx, decision_id, asker=asker, about=about)
    by = human(asker)
    if case.decision.subject != by:
        raise Forbidden(_("Only the person this decision is about can contest it."))
    if case.open_contest is not None:
        raise Conflict(_("You have contested this already. A person will answer you on this page."))
    return append(tx, case, ActKind.CONTESTED, by=by, words=said, at=now, address=address)


def answer(
    tx: Tx,
    decision_id: DecisionId,
    *,
    asker: Asker,
    verdict: Verdict,
    words: str,
    now: datetime,
    outcome: str | None = None,
    address: str = "",
) -> Act:
    """Answer the open contest of a decision. Not idempotent: the second of two answers is refused.

    Args:
        tx: The transaction.
        decision_id: Which decision.
        asker: An operator, and not the person it is about.
        verdict: Whether the decision stands or is changed.
        words: Why, for the person concerned.
        now: When.
        outcome: What it is changed to; only with ``changed``, and then needed.
        address: Where the request came from, for the audit trail.

    Raises:
        NotFound: when there is no such decision.
        Forbidden: when the asker may not.
        Conflict: when no contest waits: it was answered already, perhaps a moment ago, or never made.
        InvalidInput: when words or outcome cannot be used.
    """
    said = read_words(words)
    case = checked_and_locked(tx, decision_id, asker=asker, about=None)
    by = human_other_than_subject(asker, case)
    waiting = case.open_contest
    if waiting is None:
        raise Conflict(_("No contest of this decision waits for an answer; somebody may have given it just now."))
    if verdict is Verdict.UPHELD and outcome:
        raise InvalidInput(_("A decision that is upheld keeps its outcome; leave it out."), field="outcome")
    wanted = read_outcome(case, outcome or "") if verdict is Verdict.CHANGED else None
    return append(
        tx,
        case,
        ActKind.ANSWERED,
        by=by,
        words=said,
        at=now,
        address=address,
        outcome=wanted,
        verdict=verdict,
        contest_id=waiting.act_id,
    )


def open_contests(tx: Tx, *, asker: Asker, limit: int = 100) -> tuple[Case, ...]:
    """Return the decisions whose contest waits for an answer, the longest waiting first.

    Raises:
        Forbidden: when the asker is no operator.
    """
    if not reads_all(asker):
        raise Forbidden(_("Only operators can do this."))
    rows = tx.execute(
        text(
            "select "  # noqa: S608 - names of ours, no input
            + COLUMNS
            + """
              from (select decision_id as contested, min(at) as since
                      from kernel.decision_act as contest
                     where kind = 'contested'
                       and not exists (select from kernel.decision_act as answer
                                        where answer.contest_id = contest.act_id)
                     group by decision_id) as waiting
              join kernel.decision on decision_id = contested
             where erased_at is null
             order by since, decision_id limit :limit
            """
        ),
        {"limit": limit},
    )
    return cases(tx, rows.all())
