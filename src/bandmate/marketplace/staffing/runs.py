"""Teams for many: asked for on a page, worked out in the background, once for the same question.

A run says how it comes along; what comes of it are proposals as any. Its digest is that of the question it
answers: where the question becomes another one meanwhile, it is answered anew, and a proposal whose question has
changed since is shown as such (``is_stale``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import BandmateError, NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.tasks import defer
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.staffing.acts import (
    Question,
    keep,
    propose_now,
    question,
    question_of,
    standing_answer,
)
from bandmate.marketplace.staffing.asking import no_project
from bandmate.marketplace.staffing.domain import LONG_EFFORT, Proposal, Run, RunState, compute, digest_of
from bandmate.marketplace.staffing.gathering import gather
from bandmate.marketplace.staffing.sizing import is_large

TASK = "marketplace.staff_projects"
"""The task that works a run out (``tasks``)."""
KEPT = timedelta(days=30)
"""How long a run is remembered that has ended."""
_TRIES = 3

_FORGET = text("delete from marketplace.staffing_run where ended_at < :before")
_BEGIN = text("""
    insert into marketplace.staffing_run (run_id, opportunity_ids, digest, asked_by, state, asked_at)
    values (:run, :ids, :digest, :by, 'waiting', :now)
    on conflict (asked_by, digest) where state in ('waiting', 'computing') do nothing
""")
_SAME = text("""
    select * from marketplace.staffing_run
     where asked_by = :by and digest = :digest and state in ('waiting', 'computing')
""")
# One that failed and is tried again by the worker is under way again, unless somebody asked anew.
_START = text("""
    update marketplace.staffing_run r
       set state = 'computing', started_at = :now, ended_at = null, problem = null
     where run_id = :run and state <> 'ready'
       and not exists (select from marketplace.staffing_run other
                        where other.asked_by = r.asked_by and other.digest = r.digest and other.run_id <> r.run_id
                          and other.state in ('waiting', 'computing'))
    returning *
""")
# The question may have become that of another run of the same person; a run that has ended may have any.
_END = text("""
    update marketplace.staffing_run
       set state = :state, ended_at = :now, problem = cast(:problem as jsonb),
           digest = coalesce(cast(:digest as text), digest)
     where run_id = :run
""")
_ONE = text("select * from marketplace.staffing_run where run_id = :run")
_OF_PROJECT = text("""
    select * from marketplace.staffing_run where opportunity_ids @> array[cast(:id as uuid)]
     order by asked_at desc, run_id limit 1
""")
_OWN = text("""
    select * from marketplace.staffing_run where asked_by = :by order by asked_at desc, run_id limit 1
""")


def ask(
    tx: Tx, asker: Asker, ids: Sequence[OpportunityId], *, chosen: Sequence[PersonId] = (), now: datetime
) -> Mapping[OpportunityId, Proposal] | Run:
    """Propose teams: at once where that is quick or the answer stands already, in the background otherwise.

    Arguments and errors are those of ``acts.question``. The same question while it is worked out is the same run.
    """
    asked = question(tx, asker, ids, chosen=chosen, now=now)
    if asked.chosen or not is_large(asked.field):
        return propose_now(tx, asked, now=now)
    return standing_answer(tx, asked) or _begin(tx, asked, now)


def work_out(database: Database, run_id: UUID, *, clock: Clock) -> None:
    """Answer the question of a run; again, it changes nothing. Computes outside transactions."""
    with database.begin() as tx:
        row = tx.execute(_START, {"run": run_id, "now": clock()}).one_or_none()
    if row is None:
        return
    run = _run(row)
    try:
        for left in reversed(range(_TRIES)):
            if _try(database, run, clock, last=not left):
                return
    except BandmateError as error:
        _end(database, run_id, RunState.FAILED, clock, problem={"reason": "gone", **error.extra})
    except Exception:
        _end(database, run_id, RunState.FAILED, clock, problem={"reason": "failed"})
        raise


def run_of(tx: Tx, asker_id: PersonId, run_id: UUID) -> Run:
    """Return a run of somebody's own.

    Raises:
        NotFound: when there is none, or it is another's.
    """
    row = tx.execute(_ONE, {"run": run_id}).one_or_none()
    if row is None or row.asked_by != asker_id:
        raise NotFound(_("There is no such computation, or it is not yours. Ask for the team again."))
    return _run(row)


def run_for(tx: Tx, opportunity_id: OpportunityId) -> Run | None:
    """Return the last run of a project, whoever asked; for who staffs it."""
    row = tx.execute(_OF_PROJECT, {"id": opportunity_id}).one_or_none()
    return None if row is None else _run(row)


def last_run_of(tx: Tx, person_id: PersonId) -> Run | None:
    """Return the run that somebody asked for last."""
    row = tx.execute(_OWN, {"by": person_id}).one_or_none()
    return None if row is None else _run(row)


def is_stale(tx: Tx, held: Proposal, *, now: datetime) -> bool:
    """Tell whether the question that a proposal answers is another one today, as who asked it would ask it."""
    ids = [OpportunityId(UUID(each)) for each in held.figures["projects"]]
    projects = by_ids(tx, ids)
    if len(projects) < len(ids):
        return True
    chosen = [place.person_id for place in held.places] if held.figures["by_hand"] else []
    field = gather(tx, held.created_by, {key: projects[key] for key in ids}, now=now)
    return digest_of(field, chosen) != str(held.figures["digest"])


def _begin(tx: Tx, asked: Question, now: datetime) -> Run:
    ids = list(asked.field.projects)
    tx.execute(_FORGET, {"before": now - KEPT})
    about = {"by": asked.by, "digest": asked.digest}
    tx.execute(_BEGIN, {**about, "run": new_id(), "ids": ids, "now": now})
    run = _run(tx.execute(_SAME, about).one())
    defer(tx, TASK, run_id=str(run.run_id), asked_by=str(asked.by))
    return run


def _try(database: Database, run: Run, clock: Clock, *, last: bool) -> bool:
    """Answer the question as it is now; False where it became another one before the answer was there."""
    with database.read() as tx:
        asked = _question(tx, run, clock())
        standing = standing_answer(tx, asked)
    computed = compute(asked.field, effort=LONG_EFFORT) if standing is None else None
    with database.begin() as tx:
        now = clock()
        if computed is not None:
            if _question(tx, run, now).digest != asked.digest and not last:
                return False
            keep(tx, asked, computed, now=now)
        tx.execute(_END, _ended(run.run_id, RunState.READY, now, digest=asked.digest))
    return True


def _question(tx: Tx, run: Run, now: datetime) -> Question:
    """Ask again what somebody asked who might ask it then."""
    found = by_ids(tx, list(run.projects))
    if any(each not in found or found[each].kind is not Kind.PROJECT for each in run.projects):
        raise no_project()
    return question_of(tx, run.asked_by, {each: found[each] for each in run.projects}, now=now)


def _end(database: Database, run_id: UUID, state: RunState, clock: Clock, *, problem: Mapping[str, Any]) -> None:
    with database.begin() as tx:
        tx.execute(_END, _ended(run_id, state, clock(), problem=problem))


def _ended(
    run_id: UUID,
    state: RunState,
    now: datetime,
    *,
    digest: str | None = None,
    problem: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    written = None if problem is None else orjson.dumps(problem).decode()
    return {"run": run_id, "state": state, "now": now, "digest": digest, "problem": written}


def _run(row: Any) -> Run:
    return Run(
        row.run_id,
        tuple(OpportunityId(each) for each in row.opportunity_ids),
        PersonId(row.asked_by),
        RunState(row.state),
        row.problem,
        row.digest,
        row.asked_at,
        row.started_at,
        row.ended_at,
    )
