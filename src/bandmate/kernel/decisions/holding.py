"""What decisions hold about a person: shown whole, given to another id, stripped of whatever tells of them.

The tables refuse changes. Only here are they opened, for one statement at a time, and even then the triggers keep
fixed what was decided, by which rule, when, and with which outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.ledger import cases
from bandmate.kernel.decisions.plain import act_as_json, case_as_json
from bandmate.kernel.decisions.rows import ACT_COLUMNS, COLUMNS, act_of
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

ERASED = "a person since erased"
"""Who decided, where that person has been erased."""

_ABOUT = OwnedRows("kernel.decision", "decision_id", owner="subject")
_DECIDED = OwnedRows("kernel.decision", "decision_id", owner="decided_by_person")
_ACTS = OwnedRows("kernel.decision_act", "act_id", owner="by_person")
_OWNED = {"kernel.decision": _ABOUT, "kernel.decision: decided": _DECIDED, "kernel.decision_act": _ACTS}

# First the words on their cases, while the cases still say whose they are.
_ERASE = (
    """
    update kernel.decision_act set words = null
      from kernel.decision where decision.decision_id = decision_act.decision_id and decision.subject = :person
    """,
    """
    update kernel.decision
       set subject = null, object_id = '', scores = '[]', alternatives = '[]', erased_at = :now,
           inputs = (select coalesce(json_agg(each), '[]') from json_array_elements(inputs) as each
                      where not coalesce(cast(each ->> 'personal' as boolean), true))
     where subject = :person
    """,
    "update kernel.decision_act set by_person = null where by_person = :person",
    """
    update kernel.decision set decided_by_person = null, decided_by_system = :erased
     where decided_by_person = :person
    """,
)


@contextmanager
def _opened(tx: Tx) -> Iterator[None]:
    """Let the tables be changed within the block, by this transaction alone."""
    setting = text("select set_config('bandmate.decisions_opened_for_persons', :value, true)")
    tx.execute(setting, {"value": "yes"})
    yield
    # Not in a finally: after an error the transaction takes no further statement, and ends.
    tx.execute(setting, {"value": "no"})


def _export(tx: Tx, person: PersonId) -> Json:
    """Return every decision about the person with what was said since, and what they did about others'."""
    asked = {"person": person}
    rows = tx.execute(
        text(
            "select " + COLUMNS + " from kernel.decision where subject = :person order by decided_at, decision_id"  # noqa: S608 - names of ours, no input
        ),
        asked,
    )
    acts = tx.execute(
        text(
            "select "  # noqa: S608 - names of ours, no input
            + ACT_COLUMNS
            + """
              from kernel.decision_act as act
             where by_person = :person
               and not exists (select from kernel.decision as own
                                where own.decision_id = act.decision_id and own.subject = :person)
             order by position
            """
        ),
        asked,
    )
    return {
        "about_you": [case_as_json(case) for case in cases(tx, rows.all())],
        "what_you_did_about_others": [
            {"decision_id": str(act.decision_id), **act_as_json(act)} for act in map(act_of, acts)
        ],
    }


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:
    with _opened(tx):
        for statement in _ERASE:
            tx.execute(text(statement), {"person": person, "now": now, "erased": ERASED})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - a holding's form
    with _opened(tx):
        return {name: move_rows(tx, rows, kept=kept, merged=merged) for name, rows in _OWNED.items()}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    with _opened(tx):
        for name, rows in _OWNED.items():
            give_back_rows(tx, rows, moved.get(name, ()), kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="decisions",
        title=later("Decisions about you, and what you said about decisions"),
        tables=("kernel.decision", "kernel.decision_act"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        kept=later(
            "What was decided, by which rule and when stays, without anything that tells of you: "
            "it is needed to check whether the rules treat people fairly."
        ),
    )
)
