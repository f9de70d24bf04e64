"""Why a posting counts as closed or open, and which of two statements is used: decisions derived from the record.

Nothing is written when a board is folded: the history, the runs and the conflicts tell everything, and the same
pure rules that folded the board decide again when somebody asks. A decision is stored only once a person acts on
it (``kernel.decisions.sources``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.clock import parse_rfc3339, rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import (
    Alternative,
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Rule,
    Ruling,
    Values,
    declare_rule,
    declare_source,
    ruled,
)
from bandmate.kernel.ids import fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later, ngettext
from bandmate.kernel.web.formats import exact
from bandmate.postings.domain.lifecycle import ABSENCES_TO_CLOSE, GRACE, Presence, Transition, absent, sighted

JOB = "postings.job"
"""The kind of object that decisions about postings name."""

CLOSED = "postings.job.closed"
REOPENED = "postings.job.reopened"
CONFLICT = "postings.job.conflict"

DECIDED_BY = "postings"


def about(job_id: str) -> ObjectRef:
    """Return how decisions name a posting."""
    return ObjectRef(JOB, job_id)


def _close(inputs: Values) -> Ruling:
    """Fold the runs without the posting, as ``domain.lifecycle`` does when a board is read."""
    seen = _instant(inputs["last_seen_at"])
    presence = Presence(first_seen_at=seen, last_seen_at=seen, last_checked_at=seen)
    transition: Transition | None = None
    for run in cast("list[str]", inputs["absent_runs"]):
        presence, happened = absent(presence, _instant(run))
        transition = happened or transition
    if transition is Transition.CLOSED:
        return Ruling("closed", alternatives=(Alternative("open", "absent_long_enough"),))
    return Ruling("open", alternatives=(Alternative("closed", "not_absent_long_enough"),))


def _tell_of_closing(decision: Decision) -> str:
    absences = len(cast("list[str]", decision.values["absent_runs"]))
    seen = _instant(decision.values["last_seen_at"])
    hours = int((decision.decided_at - seen).total_seconds() // 3600)
    return ngettext(
        "Closed: it was absent from {count} complete run of its board in a row, and {hours} hours had passed "
        "since it was last seen on {seen}.",
        "Closed: it was absent from {count} complete runs of its board in a row, and {hours} hours had passed "
        "since it was last seen on {seen}.",
        absences,
    ).format(count=absences, hours=hours, seen=exact(seen))


def _reopen(inputs: Values) -> Ruling:
    """Fold in the run that lists the closed posting again."""
    closed = _instant(inputs["closed_at"])
    before = Presence(first_seen_at=closed, last_seen_at=closed, last_checked_at=closed, inactive_at=closed)
    seen_again = sighted(before, _instant(inputs["seen_at"]))[1] is Transition.REOPENED
    return Ruling("open" if seen_again else "closed", alternatives=(Alternative("closed", "seen_again"),))


def _tell_of_reopening(decision: Decision) -> str:
    return _("Open again: its board listed it on {seen}, after it had been closed on {closed}.").format(
        seen=exact(_instant(decision.values["seen_at"])), closed=exact(_instant(decision.values["closed_at"]))
    )


def _prefer(inputs: Values) -> Ruling:
    """Use what stands in the board's field; of prose, only what no field says."""
    if inputs["stated"] is None:
        return Ruling("text", alternatives=(Alternative("stated", "nothing_stated"),))
    return Ruling("stated", alternatives=(Alternative("text", "shown_beside"),))


def _tell_of_preference(decision: Decision) -> str:
    if decision.outcome == "text":
        return _("What the employer wrote in the text is used, because the field of the board says nothing.")
    return _(
        "The field of the board is used. We keep what the employer put into it, and what the employer wrote in "
        "the text, with its words. Where the two disagree we show both and correct neither. Filters go by the "
        "field of the board."
    )


_WORDS = {
    "closed": later("Closed"),
    "open": later("Open"),
    "absent_runs": later("Complete runs of its board without it"),
    "last_seen_at": later("Last seen before"),
    "closed_at": later("Closed on"),
    "seen_at": later("Listed again"),
    "absent_long_enough": later("It was absent from two complete runs in a row and for 24 hours or more."),
    "not_absent_long_enough": later("It was not absent from two complete runs in a row and for 24 hours."),
    "seen_again": later("A posting that its board lists is open, whatever was concluded before."),
    "postings.run": later("Runs of the board"),
    "postings.history": later("History of the posting"),
    "postings.field": later("Field of the board"),
    "postings.text": later("Text of the posting"),
    "field": later("What it is about"),
    "stated": later("The board's field"),
    "text": later("The text"),
    "quote": later("In its words"),
    "shown_beside": later("Prose is read by a program and can be misread; it is shown beside the field."),
    "nothing_stated": later("The board's field is empty."),
    "workplace_type": later("Work model"),
    "employment_type": later("Employment"),
    "salary": later("Pay"),
    "remote": later("Remote"),
    "hybrid": later("Hybrid"),
    "on_site": later("On site"),
    "full_time": later("Full time"),
    "part_time": later("Part time"),
    "contract": later("Contract"),
    "internship": later("Internship"),
    "temporary": later("Temporary"),
}

CLOSING = declare_rule(
    Rule(
        "postings.closing",
        1,
        later("A posting closes after two absences and a day"),
        _close,
        _tell_of_closing,
        ("closed", "open"),
        _WORDS,
    )
)
REOPENING = declare_rule(
    Rule(
        "postings.reopening",
        1,
        later("A closed posting that is seen again is open"),
        _reopen,
        _tell_of_reopening,
        ("open", "closed"),
        _WORDS,
    )
)
PREFERENCE = declare_rule(
    Rule(
        "postings.field_before_text",
        1,
        later("The board's field goes before the text"),
        _prefer,
        _tell_of_preference,
        ("stated", "text"),
        _WORDS,
    )
)

assert (ABSENCES_TO_CLOSE, GRACE.total_seconds()) == (2, 86_400), "the words above say so"  # noqa: S101 - as it says


# A closing is told only where its last sighting is known; every closing since that is stored has it, and a replay
# of the archive adds it to older ones. The runs between the two are the absences, for no sighting lies between.
_STEPS = text("""
    select step.event_id, step.type, step.observed_at, step.last_seen_at, job.provider, job.board,
           array(select run.observed_at from postings.run
                  where run.board_id = step.board_id and run.verdict = 'complete'
                    and run.observed_at > step.last_seen_at and run.observed_at <= step.observed_at
                  order by run.observed_at) as absent_runs,
           (select max(closing.observed_at) from postings.job_event as closing
             where closing.job_id = step.job_id and closing.type = 'closed'
               and closing.observed_at < step.observed_at) as closed_at
      from postings.job_event as step join postings.job using (job_id)
     where step.job_id = :id
       and (step.type = 'reopened' or (step.type = 'closed' and step.last_seen_at is not null))
     order by step.observed_at desc
     limit :limit
""")

_CONFLICTS = text("select conflicts, last_changed_at, provider, board from postings.job where job_id = :id")

MOST_STEPS = 100
"""Closings and reopenings of one posting that are told, the newest."""


def decisions_of_job(tx: Tx, job: ObjectRef) -> Sequence[Decision]:
    """Derive every decision about a posting from its history, its board's runs and its record; two statements."""
    if job.kind != JOB:
        return ()
    steps = tx.execute(_STEPS, {"id": job.id, "limit": MOST_STEPS})
    found = tx.execute(_CONFLICTS, {"id": job.id}).one_or_none()
    return (*(_step(job, row) for row in steps), *(_conflicts(job, found) if found else ()))


def _step(job: ObjectRef, row: Any) -> Decision:
    return closing(job, row) if row.type == "closed" else reopening(job, row)


def closing(job: ObjectRef, row: Any) -> Decision:
    """Decide a closing again from the last sighting and the runs without it."""
    board = f"{row.provider}:{row.board}"
    inputs = (
        Input("last_seen_at", rfc3339(row.last_seen_at), "postings.history", personal=False),
        Input("absent_runs", [rfc3339(at) for at in row.absent_runs], "postings.run", board, personal=False),
    )
    return _ruled(CLOSING, CLOSED, job, inputs, row.observed_at, step_id(job, row.event_id))


def reopening(job: ObjectRef, row: Any) -> Decision:
    """Decide a reopening again from the closing before and the run that lists it."""
    board = f"{row.provider}:{row.board}"
    inputs = (
        Input("closed_at", rfc3339(row.closed_at or row.observed_at), "postings.history", personal=False),
        Input("seen_at", rfc3339(row.observed_at), "postings.run", board, personal=False),
    )
    return _ruled(REOPENING, REOPENED, job, inputs, row.observed_at, step_id(job, row.event_id))


def _conflicts(job: ObjectRef, row: Any) -> Iterable[Decision]:
    board = f"{row.provider}:{row.board}"
    for found in row.conflicts:
        inputs = (
            Input("field", found["field"], personal=False),
            Input("stated", found["stated"], "postings.field", board, personal=False),
            Input("text", found["text"], "postings.text", personal=False),
            Input("quote", found["quote"], "postings.text", personal=False),
        )
        yield _ruled(PREFERENCE, CONFLICT, job, inputs, row.last_changed_at, conflict_id(job, found))


def conflict_id(job: ObjectRef, found: dict[str, Any]) -> DecisionId:
    """Return the id of the decision between two statements, as they stand in the record's ``conflicts``."""
    said = (found["field"], str(found["stated"]), str(found["text"]), found["quote"])
    return _decision_id("conflict", job.id, *said)


def step_id(job: ObjectRef, event_id: UUID) -> DecisionId:
    """Return the id of the decision behind a closing or reopening, by the id of its event."""
    return _decision_id("step", job.id, str(event_id))


def _decision_id(*which: str) -> DecisionId:
    return DecisionId(fast_derived_id("postings.decision", *which))


def _ruled(
    rule: Rule, kind: str, job: ObjectRef, inputs: Sequence[Input], at: datetime, decision_id: DecisionId
) -> Decision:
    return ruled(rule, inputs, decision_id=decision_id, kind=kind, about=job, at=at, by=DECIDED_BY)


def _instant(value: object) -> datetime:
    return parse_rfc3339(str(value))


declare_source("postings", decisions_of_job, open_to_all=True)
