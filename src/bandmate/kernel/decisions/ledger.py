"""The ledger of decisions: recording thousands at once, and reading those that the asker may see.

Who may see a decision: the person it is about, and operators. One that is about no person is for operators too,
unless its context declares its decisions open to all (``sources``). To everybody else it is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import events
from bandmate.kernel.decisions.domain import Act, Case, Decision, DecisionId, ObjectRef
from bandmate.kernel.decisions.rows import ACT_COLUMNS, COLUMNS, act_of, decision_of, written
from bandmate.kernel.decisions.sources import derived_decisions, is_open_to_all, open_contexts
from bandmate.kernel.errors import InvalidCursor, NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.pagination import Page, decode_cursor, encode_cursor

STATEMENT_ROWS = 10_000
"""Decisions a statement, at most: about 10 MB of JSON."""

OPERATOR_SCOPE = "operator"

_RECORD = text("""
    insert into kernel.decision (decision_id, kind, subject, object_kind, object_id, rule, rule_version,
                                 inputs, scores, alternatives, outcome, decided_at,
                                 decided_by_person, decided_by_system)
    select decision_id, kind, subject, object_kind, object_id, rule, rule_version,
           inputs, scores, alternatives, outcome, decided_at, decided_by_person, decided_by_system
      from json_to_recordset(cast(:rows as json)) as t(
           decision_id uuid, kind text, subject uuid, object_kind text, object_id text, rule text,
           rule_version integer, inputs json, scores json, alternatives json, outcome text, decided_at timestamptz,
           decided_by_person uuid, decided_by_system text)
    on conflict (decision_id) do nothing
    returning decision_id
""")


def record(tx: Tx, decisions: Iterable[Decision]) -> int:
    """Write decisions down, one statement for thousands, and publish ``kernel.decision.recorded`` in batches.

    Idempotent: a decision whose id is there already stays as it was first told, and is not published again.

    Returns:
        How many were new.

    Raises:
        InvalidInput: when an input cannot be kept (see ``rows.written``).
        sqlalchemy.exc.IntegrityError: when identity has issued no such subject.
    """
    remaining, count = iter(decisions), 0
    while batch := list(islice(remaining, STATEMENT_ROWS)):
        new = set(tx.execute(_RECORD, {"rows": written(batch)}).scalars())
        # By id, because a batch may name one twice.
        publish(tx, events.recorded(list({d.decision_id: d for d in batch if d.decision_id in new}.values())))
        count += len(new)
    return count


def reads_all(asker: Asker) -> bool:
    """Tell whether the asker sees everybody's decisions: an operator; by an API key only with the scope for it."""
    is_operator = Role.OPERATOR in asker.roles
    return is_operator and (asker.via != "api_key" or OPERATOR_SCOPE in asker.scopes)


def may_read(case: Case, asker: Asker) -> bool:
    """Tell whether the asker may see a decision (see above)."""
    subject = case.decision.subject
    if reads_all(asker) or (subject is not None and subject == asker.person_id):
        return True
    return subject is None and case.erased_at is None and is_open_to_all(case.decision.object.context)


def decision(tx: Tx, decision_id: DecisionId, *, asker: Asker, about: ObjectRef | None = None) -> Case:
    """Return one decision with what was said about it.

    Args:
        tx: Any connection.
        decision_id: Which.
        asker: Who wants to know.
        about: The object it is about; needed to find one that is derived and not stored.

    Raises:
        NotFound: when there is none, or none that the asker may see: the two are not told apart.
    """
    found = _stored(tx, decision_id) or (_derived(tx, decision_id, about) if about else None)
    if found is None or not may_read(found, asker):
        raise NotFound(f"There is no decision {decision_id}, or none that you may see.")
    return found


def _stored(tx: Tx, decision_id: DecisionId) -> Case | None:
    query = "select " + COLUMNS + " from kernel.decision where decision_id = :id"  # noqa: S608 - names of ours
    return next(iter(cases(tx, tx.execute(text(query), {"id": decision_id}).all())), None)


def _derived(tx: Tx, decision_id: DecisionId, about: ObjectRef) -> Case | None:
    same = (each for each in derived_decisions(tx, about) if each.decision_id == decision_id)
    return next((Case(each, stored=False) for each in same), None)


def cases(tx: Tx, rows: Sequence[Any]) -> tuple[Case, ...]:
    """Read rows of ``COLUMNS`` and add the acts of all of them in one statement."""
    acts = acts_on(tx, [row.decision_id for row in rows])
    return tuple(
        Case(decision_of(row), tuple(acts.get(row.decision_id, ())), erased_at=row.erased_at) for row in rows
    )


def acts_on(tx: Tx, decision_ids: Sequence[UUID]) -> dict[UUID, list[Act]]:
    """Return what was said about decisions, oldest first, by their ids."""
    if not decision_ids:
        return {}
    rows = tx.execute(
        text(
            "select "  # noqa: S608 - names of ours, no input
            + ACT_COLUMNS
            + """
              from kernel.decision_act where decision_id = any(:ids) order by decision_id, position
            """
        ),
        {"ids": list(decision_ids)},
    )
    by_decision = groupby(map(act_of, rows), key=lambda act: act.decision_id)
    return {decision_id: list(acts) for decision_id, acts in by_decision}


def decisions_about(
    tx: Tx, person: PersonId, *, asker: Asker, limit: int = 20, cursor: str | None = None
) -> Page[Case]:
    """Return a page of the decisions about a person, newest first.

    Raises:
        NotFound: when it is somebody else and the asker is no operator.
        InvalidCursor: when the cursor belongs to another list.
    """
    if person != asker.person_id and not reads_all(asker):
        raise NotFound("There are no decisions about this person, or none that you may see.")
    return _page(tx, "subject = :person", {"person": person}, f"decisions about {person}", limit, cursor)


_VISIBLE: LiteralString = """
    object_kind = :kind and object_id = :id
    and (:all or subject = :me or (subject is null and erased_at is null and :context = any(:open)))
"""


def decisions_on(
    tx: Tx, about: ObjectRef, *, asker: Asker, limit: int = 20, cursor: str | None = None
) -> Page[Case]:
    """Return a page of the decisions about an object that the asker may see, newest first, derived ones too.

    Raises:
        InvalidCursor: when the cursor belongs to another list.
    """
    asked = {
        "kind": about.kind,
        "id": about.id,
        "all": reads_all(asker),
        "me": asker.person_id,
        "context": about.context,
        "open": list(open_contexts()),
    }
    derived = tuple(Case(each, stored=False) for each in derived_decisions(tx, about))
    seen = tuple(case for case in derived if may_read(case, asker))
    return _page(tx, _VISIBLE, asked, f"decisions on {about}", limit, cursor, seen)


def _page(
    tx: Tx,
    condition: LiteralString,
    asked: dict[str, object],
    fingerprint: str,
    limit: int,
    cursor: str | None,
    derived: Sequence[Case] = (),
) -> Page[Case]:
    """Return a page of stored decisions and those of ``derived`` that are not stored."""
    before = _place(cursor, fingerprint) if cursor else None
    at, decision_id = before or (None, None)
    total = tx.execute(text("select count(*) from kernel.decision where " + condition), asked).scalar_one()  # noqa: S608 - names of ours, no input
    rows = tx.execute(
        text(
            "select "  # noqa: S608 - names of ours, no input
            + COLUMNS
            + " from kernel.decision where "
            + condition
            + """
               and (cast(:at as timestamptz) is null or (decided_at, decision_id) < (:at, cast(:before as uuid)))
             order by decided_at desc, decision_id desc limit :limit
            """
        ),
        {**asked, "at": at, "before": decision_id, "limit": limit + 1},
    ).all()
    unstored = _unstored(tx, derived)
    later = (case for case in unstored if before is None or _key(case) < before)
    found = sorted((*cases(tx, rows), *later), key=_key, reverse=True)
    shown, more = found[:limit], len(found) > limit
    last = _key(shown[-1]) if more else None
    following = encode_cursor(fingerprint, [last[0].isoformat(), str(last[1])]) if last else None
    return Page(shown, following, total + len(unstored))


def _key(case: Case) -> tuple[datetime, UUID]:
    return case.decision.decided_at, case.decision.decision_id


def _unstored(tx: Tx, derived: Sequence[Case]) -> list[Case]:
    if not derived:
        return []
    ids = [case.decision.decision_id for case in derived]
    stored = set(
        tx.execute(
            text("select decision_id from kernel.decision where decision_id = any(:ids)"), {"ids": ids}
        ).scalars()
    )
    return [case for case in derived if case.decision.decision_id not in stored]


def _place(cursor: str, fingerprint: str) -> tuple[datetime, UUID]:
    try:
        at, decision_id = decode_cursor(cursor, fingerprint)
        return parse_rfc3339(str(at)), UUID(str(decision_id))
    except (ValueError, OverflowError) as error:
        raise InvalidCursor("This cursor leads nowhere in this list. Leave it out to start again.") from error
