"""The feed of a search: what RFC 4287 and RFC 5005 ask for, conditions, hostile text, the search's own meaning."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from httpx import Response
from tests.postings.pages_world import EVIL_TITLE, Reader, make_app, reader_of

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/jobs/feed.atom"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path) -> FastAPI:
    """The story of the pages behind the application."""
    return make_app(database, settings, tmp_path)


@pytest.fixture
def reader(app: FastAPI) -> Reader:
    """Somebody whom nobody knows."""
    return reader_of(app)


def parsed(answer: Response) -> ET.Element:
    """Return the root of a feed that was answered."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content)


def links(element: ET.Element) -> dict[str, str]:
    """Return the links of a feed or an entry by their relation."""
    found = element.findall(f"{ATOM}link")
    assert len({each.get("rel") for each in found}) == len(found)
    return {str(each.get("rel")): str(each.get("href")) for each in found}


def one(element: ET.Element, name: str) -> str:
    """Return the text of a child that must be there exactly once, and not empty."""
    (child,) = element.findall(f"{ATOM}{name}")
    assert child.text
    return child.text


def check(root: ET.Element) -> None:
    """Hold a feed against the requirements of RFC 4287, sections 4.1.1 and 4.1.2, and 3.3 for dates."""
    assert root.tag == f"{ATOM}feed"
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    assert links(root)["self"].startswith("http")
    for element in (root, *root.findall(f"{ATOM}entry")):
        assert UUID(one(element, "id").removeprefix("urn:uuid:"))
        assert one(element, "title")
        assert _RFC3339.fullmatch(one(element, "updated"))
        assert links(element)["alternate"].startswith("http")
    for entry in root.findall(f"{ATOM}entry"):
        assert _RFC3339.fullmatch(one(entry, "published"))
        assert one(entry, "summary")
    ids = [one(entry, "id") for entry in root.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("query", ["", "?q=engineer", "?work_model=hybrid&city=Berlin", "?q=nothingofthesort"])
def test_a_feed_has_what_the_standard_asks_for(reader: Reader, query: str) -> None:
    """Ids, titles, dates, authors and links are there once, as RFC 4287 wants them, also in an empty feed."""
    check(parsed(reader.get(FEED + query)))


def test_a_feed_holds_what_the_page_holds(reader: Reader) -> None:
    """The feed and the page of a search name the same postings, the last changed first."""
    root = parsed(reader.get(f"{FEED}?work_model=remote"))
    entries = root.findall(f"{ATOM}entry")
    page = reader.read("/jobs?work_model=remote")
    assert {links(entry)["alternate"].rpartition("/")[2] for entry in entries} == set(
        re.findall(r'href="/jobs/([0-9a-f]{40})"', page)
    )
    updated = [datetime.fromisoformat(one(entry, "updated")) for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert one(root, "updated") == one(entries[0], "updated")


def test_ids_are_the_same_however_the_question_is_written(reader: Reader) -> None:
    """Another order of parameters, or a sort, is the same feed; its entries keep their ids in other feeds."""
    one_way = parsed(reader.get(f"{FEED}?city=Berlin&work_model=hybrid"))
    other_way = parsed(reader.get(f"{FEED}?work_model=hybrid&sort=salary&city=Berlin"))
    assert one(one_way, "id") == one(other_way, "id")
    everything = parsed(reader.get(FEED))
    assert one(everything, "id") != one(one_way, "id")
    all_ids = {one(entry, "id") for entry in everything.findall(f"{ATOM}entry")}
    assert {one(entry, "id") for entry in one_way.findall(f"{ATOM}entry")} <= all_ids


def test_pages_follow_each_other(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Following next (RFC 5005) meets every posting once; each further page leads back to the first."""
    whole = {one(entry, "id") for entry in parsed(reader.get(FEED)).findall(f"{ATOM}entry")}
    monkeypatch.setattr("bandmate.postings.pages.feed.PAGE_SIZE", 10)
    met: list[str] = []
    path: str | None = FEED
    while path:
        root = parsed(reader.get(path))
        check(root)
        met += [one(entry, "id") for entry in root.findall(f"{ATOM}entry")]
        assert ("first" in links(root)) == ("cursor" in path)
        following = links(root).get("next")
        path = following and following[following.index("/jobs") :]
    assert sorted(met) == sorted(whole)
    assert len(met) > 20


def test_who_has_it_already_is_told_so(reader: Reader) -> None:
    """A tag or a date that still holds is answered 304 without a body; another tag outweighs the date."""
    first = reader.get(FEED)
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    for condition in ({"If_None_Match": tag}, {"If_None_Match": f"W/{tag}"}, {"If_Modified_Since": changed}):
        again = reader.get(FEED, **condition)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for condition in (
        {"If_None_Match": '"other"', "If_Modified_Since": changed},
        {"If_Modified_Since": "Sun, 01 Mar 2026 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
    ):
        assert reader.get(FEED, **condition).status_code == 200


def test_hostile_text_stays_text(reader: Reader) -> None:
    """Markup in a title is a title, and what XML cannot hold does not break the feed."""
    root = parsed(reader.get(FEED))
    assert any(one(entry, "title").startswith(EVIL_TITLE) for entry in root.findall(f"{ATOM}entry"))
    check(parsed(reader.get(f"{FEED}?q=%01%ED%A0%80%3C/title%3E%EF%BF%BF%22")))


def test_a_senseless_question_is_refused(reader: Reader) -> None:
    """A filter that cannot be read is a problem, not a feed of everything."""
    assert reader.get(f"{FEED}?salary_min=lots").status_code == 422
    assert reader.get(f"{FEED}?cursor=abc").status_code == 400


def test_the_search_page_names_its_feed(reader: Reader) -> None:
    """The page of a search has its feed in the head and as a link."""
    page = reader.read("/jobs?work_model=hybrid")
    discovered = re.search(r'<link rel="alternate" type="application/atom\+xml"[^>]*href="([^"]+)"', page)
    assert discovered is not None
    assert discovered[1] == f"{FEED}?work_model=hybrid"
    assert page.count(f'href="{FEED}?work_model=hybrid"') == 2
    check(parsed(reader.get(discovered[1])))
