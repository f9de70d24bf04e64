"""Overriding: an operator sets another outcome, and says why. What the rule gave stays on record beside it.

An override is a statement of a human on the record. The context that decided hears of it by
``kernel.decision.overridden`` and does what follows from it.
"""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.acting import (
    append,
    checked_and_locked,
    human_other_than_subject,
    read_outcome,
    read_words,
)
from bandmate.kernel.decisions.domain import Act, ActKind, DecisionId, ObjectRef
from bandmate.kernel.identity.access import Asker


def override(
    tx: Tx,
    decision_id: DecisionId,
    *,
    asker: Asker,
    outcome: str,
    reason: str,
    now: datetime,
    about: ObjectRef | None = None,
    address: str = "",
) -> Act:
    """Set another outcome. Not idempotent, but the same outcome twice is refused.

    Args:
        tx: The transaction.
        decision_id: Which decision.
        asker: An operator, and not the person it is about.
        outcome: One of the rule's outcomes, another than the present one.
        reason: Why, in the operator's words; the person concerned reads them.
        now: When.
        about: The object, for a decision that is only derived so far.
        address: Where the request came from, for the audit trail.

    Raises:
        NotFound: when there is no such decision.
        Forbidden: when the asker may not.
        InvalidInput: when outcome or reason cannot be used.
    """
    words = read_words(reason)
    case = checked_and_locked(tx, decision_id, asker=asker, about=about)
    by = human_other_than_subject(asker, case)
    wanted = read_outcome(case, outcome)
    return append(tx, case, ActKind.OVERRIDDEN, by=by, words=words, at=now, address=address, outcome=wanted)
