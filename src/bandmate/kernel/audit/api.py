"""The trail over HTTP as JSON, for those who keep it elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bandmate.kernel.audit.asking import (
    ActionQuery,
    PersonQuery,
    SinceQuery,
    SubjectQuery,
    UntilQuery,
    read_filter,
)
from bandmate.kernel.audit.queries import LARGEST_PAGE, PAGE, read_entries
from bandmate.kernel.audit.writing_out import record
from bandmate.kernel.errors import InvalidCursor, InvalidInput
from bandmate.kernel.identity.access import Administrator
from bandmate.kernel.web.dependencies import Reading
from bandmate.kernel.web.problems import problem_responses

router = APIRouter(prefix="/audit/v1", tags=["Audit trail"])


class AuditEntry(BaseModel):
    """Something that was done."""

    position: int = Field(description="Its number; it never changes.")
    at: datetime = Field(description="When, in UTC.")
    by: str = Field(description="The id of the person who did it, or the name of a system.")
    action: str = Field(description="What was done, dotted and past tense.")
    subject: str = Field(description="What it was done to.")
    address: str | None = Field(
        description="The network address it came from; null where none was noted or erased."
    )
    details: dict[str, str] = Field(description="Further facts; empty where there are none or they were erased.")
    seal: int | None = Field(description="Its place in the chain of hashes; null while it waits for it.")


class AuditMeta(BaseModel):
    """About the list."""

    limit: int
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class AuditAnswer(BaseModel):
    """A page of the trail, newest first."""

    data: list[AuditEntry]
    meta: AuditMeta


@router.get("/entries", operation_id="audit_entries", responses=problem_responses(InvalidInput, InvalidCursor))
def audit_entries(
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    person: PersonQuery = "",
    action: ActionQuery = "",
    subject: SubjectQuery = "",
    since: SinceQuery = "",
    until: UntilQuery = "",
    cursor: Annotated[str | None, Query(description="Where the page starts, as the last one gave it.")] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE,
) -> AuditAnswer:
    """Who did what here, newest first; what is asked for is sought exactly as written."""
    wanted = read_filter(tx, person=person, action=action, subject=subject, since=since, until=until)
    page = read_entries(tx, wanted, cursor=cursor, limit=limit)
    return AuditAnswer.model_validate(
        {
            "data": [record(entry) for entry in page.entries],
            "meta": {"limit": limit, "next_cursor": page.next_cursor},
        }
    )
