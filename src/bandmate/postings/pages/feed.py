"""A search as an Atom feed (RFC 4287), paged (RFC 5005): what fits, the most recently changed first.

It holds what anybody may see and knows no reader. Its ids are drawn from the query and from the posting, the same
on every machine and under every address; ``updated`` is when a posting last changed in meaning.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Header, Request
from sqlalchemy import text
from starlette.responses import Response

from bandmate import __version__
from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Anyone
from bandmate.kernel.ids import derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import language
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.validators import IfNoneMatch, names_tag
from bandmate.postings.asking import IndexOf
from bandmate.postings.job_query import JobQuery, Sort
from bandmate.postings.pages.cards import card, pay
from bandmate.postings.pages.slices import OPEN, Names, address, sentence
from bandmate.postings.records import Record
from bandmate.postings.saved_searches.domain import write_form
from bandmate.postings.search import search
from bandmate.postings.web_query import read_query

PATH = "/jobs/feed.atom"
MEDIA_TYPE = "application/atom+xml"
ATOM = "http://www.w3.org/2005/Atom"
PAGE_SIZE = 50
CACHE_CONTROL = "no-cache"
"""Keep it, but ask each time; asking is cheap by ETag."""

# What XML 1.0 cannot hold (section 2.2, production 2), however it is written.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

IfModifiedSince = Annotated[str | None, Header(alias="If-Modified-Since")]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of a feed."""

    query: JobQuery
    title: str
    records: tuple[Record, ...]
    updated: datetime
    cursor: str | None
    next_cursor: str | None


def feed_address(query: JobQuery, **further: str) -> str:
    """Return the path of the feed of a query; the order is the feed's own."""
    page = address(replace(query, sort=Sort.RELEVANCE), **further)
    _path, mark, written = page.partition("?")
    return f"{PATH}{mark}{written}"


@router.get(PATH)
def feed(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    index: IndexOf,
    clock: ClockOf,
    if_none_match: IfNoneMatch = None,
    if_modified_since: IfModifiedSince = None,
) -> Response:
    """Answer with the postings that fit the address, the most recently changed first."""
    asked = read_query(request.query_params.multi_items(), default_status=OPEN)
    query = replace(asked, sort=Sort.CHANGED)
    cursor = request.query_params.get("cursor") or None
    found = search(tx, index, query, now=clock(), limit=PAGE_SIZE, cursor=cursor)
    page = Feed(
        query=query,
        title=sentence(query, Names.of(tx, query)),
        records=found.records,
        updated=_updated(tx, found.records),
        cursor=cursor,
        next_cursor=found.next_cursor,
    )
    body = written(page, request.app.state.settings.public_url.rstrip("/"))
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(page.updated.astimezone(UTC).replace(microsecond=0), usegmt=True),
        "Cache-Control": CACHE_CONTROL,
        "Vary": "Accept-Language, Cookie",
    }
    if _is_known(tag, page.updated, if_none_match, if_modified_since):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type=f"{MEDIA_TYPE}; charset=utf-8")


def _updated(tx: Tx, records: tuple[Record, ...]) -> datetime:
    """Return when the newest entry changed; where there is none, when anything last did."""
    if records:
        return parse_rfc3339(records[0]["last_changed_at"])
    last: datetime | None = tx.execute(text("select max(last_changed_at) from postings.job")).scalar_one()
    return last or datetime.fromtimestamp(0, UTC)


def _is_known(tag: str, updated: datetime, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether the asker has this already; the tag decides where one was sent (RFC 9110, section 13.2.2)."""
    if if_none_match is not None:
        return names_tag(if_none_match, tag)
    if if_modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since)
    except (ValueError, TypeError):
        return False
    return updated.replace(microsecond=0) <= (since if since.tzinfo else since.replace(tzinfo=UTC))


def written(page: Feed, home: str) -> bytes:
    """Return the feed as UTF-8; every text is data: escaped, and without characters that XML cannot hold.

    Args:
        page: what it holds.
        home: the public address of this installation, without a slash at its end.
    """
    asked = replace(page.query, sort=Sort.RELEVANCE)
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language()})
    _add(root, "id", _urn("feed", write_form(asked)))
    _add(root, "title", page.title)
    _add(root, "updated", _instant(page.updated))
    _add(root, "generator", "Bandmate", uri=home, version=__version__)
    _add(_add(root, "author"), "name", "Bandmate")
    _link(root, "self", home + feed_address(asked, **({"cursor": page.cursor} if page.cursor else {})), MEDIA_TYPE)
    _link(root, "alternate", home + address(asked), "text/html")
    if page.cursor:
        _link(root, "first", home + feed_address(asked), MEDIA_TYPE)
    if page.next_cursor:
        _link(root, "next", home + feed_address(asked, cursor=page.next_cursor), MEDIA_TYPE)
    for record in page.records:
        _entry(root, record, home)
    ET.register_namespace("", ATOM)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(root: ET.Element, record: Record, home: str) -> None:
    shown = card(record)
    entry = _add(root, "entry")
    _add(entry, "id", _urn("posting", record["job_id"]))
    _add(entry, "title", _("{title} at {company}").format(title=shown.title, company=shown.company))
    _add(entry, "updated", _instant(parse_rfc3339(record["last_changed_at"])))
    _add(entry, "published", _instant(shown.posted_at))
    _add(_add(entry, "author"), "name", shown.company.strip() or "Bandmate")
    _link(entry, "alternate", home + shown.href, "text/html")
    facts = [shown.place, shown.work_model, pay(record) if shown.pay else "", shown.team, shown.closed]
    _add(entry, "summary", " · ".join(fact for fact in facts if fact) or shown.company)


def _add(parent: ET.Element, name: str, content: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    if content:
        element.text = _NO_XML.sub("�", content)
    return element


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    _add(parent, "link", rel=rel, href=href, type=kind)


def _urn(*parts: str) -> str:
    return f"urn:uuid:{derived_id('postings', 'atom', *parts)}"


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
