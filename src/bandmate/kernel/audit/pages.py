"""The page on which administrators read the trail, narrow it down and take it along as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from bandmate.kernel.audit import tasks as _tasks  # noqa: F401 - the worker knows the tasks of what the app imports
from bandmate.kernel.audit.actions import sentence_of
from bandmate.kernel.audit.asking import (
    ActionQuery,
    PersonQuery,
    SinceQuery,
    SubjectQuery,
    UntilQuery,
    read_filter,
)
from bandmate.kernel.audit.queries import (
    Entry,
    EntryPage,
    TrailFilter,
    every_entry,
    names_of,
    noted_actions,
    read_entries,
)
from bandmate.kernel.audit.writing_out import comma_separated, ndjson
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.access import Administrator
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading
from bandmate.kernel.web.reader import zone_of
from bandmate.kernel.web.templating import Pages

TEMPLATES = Path(__file__).parent / "templates"
AUDIT = "/operator/audit"
PRIVATE = {"Cache-Control": "private, no-store"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words."""

    entry: Entry
    sentence: str | None
    by: str
    subject: str


@router.get(AUDIT)
def audit_page(
    request: Request,
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    pages: Pages,
    person: PersonQuery = "",
    action: ActionQuery = "",
    subject: SubjectQuery = "",
    since: SinceQuery = "",
    until: UntilQuery = "",
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Show who did what here, newest first."""
    asked = {"person": person, "action": action, "subject": subject, "since": since, "until": until}
    found, errors = EntryPage((), None), []
    try:
        found = read_entries(tx, read_filter(tx, **asked, zone=zone_of(request)), cursor=cursor)
    except InvalidInput as error:
        errors = [{"name": error.extra.get("field", "person"), "message": error.detail}]
    return pages.render(
        request,
        "audit/audit.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY.value if errors else HTTPStatus.OK.value,
        headers=PRIVATE,
        lines=_lines(found.entries, names_of(tx, found.entries)),
        next_cursor=found.next_cursor,
        cursor=cursor,
        asked=asked,
        is_filtered=any(asked.values()),
        actions=[("", _("Everything")), *((each, each) for each in noted_actions(tx))],
        export_as={form: _export_at(asked, form) for form in ("csv", "ndjson")},
        errors=errors,
    )


@router.get(f"{AUDIT}/export")
def audit_export(
    request: Request,
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    database: DatabaseOf,
    clock: ClockOf,
    format: Annotated[Literal["csv", "ndjson"], Query()] = "csv",  # noqa: A002 - the address says `format`
    person: PersonQuery = "",
    action: ActionQuery = "",
    subject: SubjectQuery = "",
    since: SinceQuery = "",
    until: UntilQuery = "",
) -> Response:
    """Send the trail, as filtered, as a file.

    Raises:
        InvalidInput: when the filter cannot be read.
    """
    asked = {"person": person, "action": action, "subject": subject, "since": since, "until": until}
    with database.read() as tx:
        wanted = read_filter(tx, **asked, zone=zone_of(request))
    write, kind = (comma_separated, "text/csv") if format == "csv" else (ndjson, "application/x-ndjson")
    name = f"audit-{clock():%Y-%m-%d}.{format}"
    return StreamingResponse(
        write(_streamed(database, wanted)),
        media_type=kind,
        headers={**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def _export_at(asked: Mapping[str, str], form: str) -> str:
    return (
        f"{AUDIT}/export?{urlencode({**{name: value for name, value in asked.items() if value}, 'format': form})}"
    )


def _streamed(database: Database, wanted: TrailFilter) -> Iterator[Entry]:
    """Give the entries in one snapshot that lasts as long as the answer."""
    with database.read() as tx:
        yield from every_entry(tx, wanted)


def _lines(entries: Sequence[Entry], names: Mapping[str, str]) -> list[Line]:
    return [_line(entry, names) for entry in entries]


def _line(entry: Entry, names: Mapping[str, str]) -> Line:
    by = _system(entry.by_system) if entry.by_system else names.get(str(entry.by_person), _("somebody unknown"))
    subject = names.get(entry.subject, entry.subject)
    return Line(entry, sentence_of(entry.action, by=by, subject=subject, details=entry.details), by, subject)


def _system(name: str) -> str:
    """Return what the systems that act most are called in a sentence; any other is shown by its name."""
    names = {
        "command line": _("the command line"),
        "sign-in": _("the sign-in page"),
        "erasure": _("an erasure"),
    }
    return names.get(name, name)
