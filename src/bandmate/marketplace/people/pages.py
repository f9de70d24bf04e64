"""The pages of the directory: colleagues for employees, the import for operators."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from bandmate.engines.extraction import country_name
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity import InPerson, Operator
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, templates_of
from bandmate.marketplace.people.asking import employee_asking
from bandmate.marketplace.people.importing import Outlook, apply_import, try_import
from bandmate.marketplace.people.queries import all_groups, every_employee, group_names, totals
from bandmate.marketplace.people.searching import Count, PeopleQuery, count_people, find_people
from bandmate.marketplace.people.sheet import COLUMNS, write_sheet

TEMPLATES = Path(__file__).parent / "templates"
FOLDER = "marketplace_people"
"""Under which name the application knows these templates."""

PEOPLE, DIRECTORY = "/people", "/directory"
LARGEST_FILE = 2_000_000
"""Bytes of a file that the page takes; larger ones are imported by the command."""
SHOWN = 200
"""How many changes and faults a page shows of each."""

_PRIVATE = {"Cache-Control": "private, no-store"}
_TERMS = 20

Terms = Annotated[list[Annotated[str, Query(max_length=200)]], Query(max_length=_TERMS)]

router = APIRouter(include_in_schema=False)


@router.get(PEOPLE)
def people_page(
    request: Request,
    asker: InPerson,
    tx: Reading,
    pages: Pages,
    q: Annotated[str, Query(max_length=200)] = "",
    department: Terms = [],  # noqa: B006 - FastAPI copies it
    country: Terms = [],  # noqa: B006 - as above
    cursor: str | None = None,
) -> Response:
    """Find colleagues by name, title, department or place."""
    employee_asking(tx, asker)
    query = PeopleQuery(q.strip(), tuple(map(_plain, department)), tuple(map(_plain, country)))
    return pages.render(
        request,
        f"{FOLDER}/people.html",
        headers=_PRIVATE,
        query=query,
        found=find_people(tx, query, cursor=cursor or None),
        is_first=not cursor,
        departments=_options(count_people(tx, query, "department"), query.departments),
        countries=_options(count_people(tx, query, "country"), query.countries, named=country_name),
        country_of=lambda code: (country_name(code) if code else None) or code,
    )


def _plain(value: str) -> str:
    return value.replace("\0", "")


def _options(counts: Sequence[Count], chosen: Sequence[str], *, named: Any = None) -> list[dict[str, Any]]:
    return [
        {
            "value": one.value,
            "label": (named(one.value) if named else None) or one.value,
            "count": one.people,
            "checked": one.value in chosen,
            "verbatim": named is None,
        }
        for one in counts
    ]


@router.get(DIRECTORY)
def directory_page(request: Request, asker: Operator, database: DatabaseOf) -> Response:  # noqa: ARG001 - who may call
    """Show who is in the directory in figures, its groups, and the form to import a file."""
    return _directory(request, database)


@router.post(f"{DIRECTORY}/preview")
def preview(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    database: DatabaseOf,
    file: UploadFile,
    complete: Annotated[bool, Form()] = False,
) -> Response:
    """Show what a file would change; nothing is changed."""
    content = file.file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        return _directory(request, database, wrong=_too_large())
    try:
        with database.read() as tx:
            outlook = try_import(tx, content, complete=complete)
    except InvalidInput as error:
        return _directory(request, database, wrong=error)
    return _preview(request, outlook, content, complete=complete)


@router.post(f"{DIRECTORY}/import")
def carry_out(
    request: Request,
    asker: Operator,
    database: DatabaseOf,
    clock: ClockOf,
    packed: Annotated[str, Form()],
    mark: Annotated[str, Form()],
    complete: Annotated[bool, Form()] = False,
) -> Response:
    """Do what was previewed; if the directory has changed since, show what the file would change now."""
    assert asker.person_id is not None, "an operator has an account"  # noqa: S101 - what Operator ensures
    try:
        content = _unpacked(packed)
        with database.begin() as tx:
            outlook = apply_import(tx, content, complete=complete, by=asker.person_id, now=clock(), mark=mark)
    except InvalidInput as error:
        return _directory(request, database, wrong=error)
    if not outlook.applied:
        return _preview(request, outlook, content, complete=complete, is_late=True)
    response = RedirectResponse(DIRECTORY, HTTPStatus.SEE_OTHER)
    told = _("Imported: {joins} new, {returns} back, {changes} changed, {leaves} left.").format(
        **{what: outlook.count(what) for what in ("joins", "returns", "changes", "leaves")}
    )
    leave_notice(response, " ".join((told, *outlook.warnings[:3])))
    return response


@router.get(f"{DIRECTORY}/people.csv")
def export(asker: Operator, tx: Reading) -> Response:  # noqa: ARG001 - the statement who may call
    """Give the directory as the file that an import reads."""
    people = every_employee(tx)
    written = write_sheet(people, group_names(tx, [one.person_id for one in people]))
    headers = {**_PRIVATE, "Content-Disposition": 'attachment; filename="people.csv"'}
    return Response(written, headers=headers, media_type="text/csv; charset=utf-8")


def _directory(request: Request, database: DatabaseOf, *, wrong: InvalidInput | None = None) -> Response:
    with database.read() as tx:
        figures, groups = totals(tx), all_groups(tx)
    return templates_of(request).render(
        request,
        f"{FOLDER}/directory.html",
        status=wrong.status if wrong else HTTPStatus.OK.value,
        headers=_PRIVATE,
        totals=figures,
        groups=groups,
        columns=COLUMNS,
        errors=[{"name": "file", "message": wrong.detail}] if wrong else [],
    )


def _preview(
    request: Request, outlook: Outlook, content: bytes, *, complete: bool, is_late: bool = False
) -> Response:
    return templates_of(request).render(
        request,
        f"{FOLDER}/preview.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY.value if outlook.faults else HTTPStatus.OK.value,
        headers=_PRIVATE,
        outlook=outlook,
        packed=base64.b64encode(zlib.compress(content)).decode(),
        complete=complete,
        is_late=is_late,
        shown=SHOWN,
    )


def _unpacked(packed: str) -> bytes:
    """Return the file that the preview carried along, so that nothing of it is kept on the server in between."""
    opened = zlib.decompressobj()
    try:
        content = opened.decompress(base64.b64decode(packed, validate=True), LARGEST_FILE + 1)
    except (ValueError, zlib.error) as error:
        raise InvalidInput(_("The file got lost on the way. Choose it again.")) from error
    if len(content) > LARGEST_FILE or not opened.eof:
        raise _too_large()
    return content


def _too_large() -> InvalidInput:
    return InvalidInput(
        _("The file is larger than {size} MB. Import it by the command “bandmate people import”.").format(
            size=LARGEST_FILE // 1_000_000
        )
    )
