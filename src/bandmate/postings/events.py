"""The events postings publishes; every name here stands in docs/events.md, which a test compares.

``postings.job.*`` tell of one posting: subject is its job id. ``postings.board.*`` tell of a board: subject is its
board id. The occurrence time is the observation's, so a replay tells the same story at the same times. Only
``postings.board.skills_read`` is no observation: it tells when our own reading of known words gave something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, fast_derived_id
from bandmate.kernel.languages import later
from bandmate.postings.domain.identity import BoardName, JobId

VERSION = 1

JOB_CREATED = "postings.job.created"
JOB_UPDATED = "postings.job.updated"
JOB_CLOSED = "postings.job.closed"
JOB_REOPENED = "postings.job.reopened"
BOARD_UPDATED = "postings.board.updated"
BOARD_REFRESHED = "postings.board.refreshed"
BOARD_REBUILT = "postings.board.rebuilt"
SKILLS_READ = "postings.board.skills_read"

PUBLISHED = (
    JOB_CREATED,
    JOB_UPDATED,
    JOB_CLOSED,
    JOB_REOPENED,
    BOARD_UPDATED,
    BOARD_REFRESHED,
    BOARD_REBUILT,
    SKILLS_READ,
)

for _name, _description in (
    (JOB_CREATED, later("A posting was seen for the first time.")),
    (JOB_UPDATED, later("One field of a posting means something else now.")),
    (JOB_CLOSED, later("The closing rule was met.")),
    (JOB_REOPENED, later("A closed posting was seen again, under the same id.")),
    (BOARD_UPDATED, later("A board made the same edit to many of its postings in one run.")),
    (BOARD_REFRESHED, later("Records of postings were read anew without an event of their own.")),
    (BOARD_REBUILT, later("All records of a board may have changed.")),
    (SKILLS_READ, later("Other skills or another occupation were read out of postings of a board.")),
):
    declare_event_type(_name, VERSION, _description, "postings", public=True)


def history_id(subject: str, kind: str, at: datetime, field: str = "") -> EventId:
    """Return the id of one step of a history; the same step has the same id on every machine."""
    return EventId(fast_derived_id("postings", subject, kind, rfc3339(at), field))


def job_event(
    event_id: EventId, kind: str, job_id: JobId, board: BoardName, at: datetime, field: str | None
) -> Event:
    """Tell that a posting was created, updated (in one field), closed or reopened."""
    data: dict[str, Any] = {"provider": board.provider, "board": board.board, "board_id": str(board.board_id)}
    if field is not None:
        data["field_name"] = field
    return Event(event_id, f"postings.job.{kind}", VERSION, job_id, at, data)


def board_event(
    kind: str, board: BoardName, at: datetime, *, job_ids: Sequence[JobId] = (), field: str = "", number: int = 0
) -> Event:
    """Tell of a board: edited across its postings, refreshed without a lifecycle event, or rebuilt.

    ``number`` tells several edits of one field in one run apart.
    """
    board_id = str(board.board_id)
    data: dict[str, Any] = {"provider": board.provider, "board": board.board, "job_ids": list(job_ids)}
    if field:
        data["field_name"] = field
    return Event(history_id(board_id, kind, at, f"{field}{number}"), kind, VERSION, board_id, at, data)


def skills_read(board: BoardName, job_ids: Sequence[JobId], *, version: str, at: datetime) -> Event:
    """Tell that filters by skills and occupations find these postings differently now.

    ``job_ids`` is never empty. Nothing was observed: ``at`` is when they were read, ``version`` what read them.
    """
    board_id = str(board.board_id)
    data: dict[str, Any] = {"provider": board.provider, "board": board.board, "job_ids": list(job_ids)}
    event_id = history_id(board_id, SKILLS_READ, at, f"{version} {job_ids[0]}")
    return Event(event_id, SKILLS_READ, VERSION, board_id, at, data)
