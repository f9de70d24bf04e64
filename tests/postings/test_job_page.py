"""The page of one posting: complete, inert whatever the board sent, and there also after the job is closed."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.postings.pages_world import EVIL_TITLE, Reader, label, make_app, reader_of, studio, words

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.replay import replay

SEED = "/jobs/cecfc6b2348b2218431a037106b344e7bfd82915"
OTHERS_IDS = {"Org ID", "Source ID", "Board ID"}
"""Ids that the seed's own system gave; ours differ."""


@pytest.fixture
def reader(database: Database, settings: Settings, tmp_path: Path) -> Reader:
    """Somebody who looks at the pages of the story."""
    return reader_of(make_app(database, settings, tmp_path))


@pytest.fixture
def seed(shared: Path, database: Database, settings: Settings) -> str:
    """The markup of the recorded posting's page."""
    replay(database, shared / "postings" / "seed", settings.archive_folder, LaunchScope.of(settings), processes=1)
    return reader_of(create_app(settings, database)).read(SEED)


@pytest.fixture
def page_lines(shared: Path) -> dict[str, Any]:
    """The words of the page that the recorded posting was found on."""
    known: dict[str, Any] = json.loads((shared / "postings" / "seed" / "expected.json").read_text())["page_lines"]
    return known


def json_ld(markup: str) -> Any:
    """Return the page's structured data, as a search engine reads it."""
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', markup, re.DOTALL)
    assert block is not None
    return json.loads(block[1])


def test_the_seed_has_its_whole_description(seed: str, page_lines: dict[str, Any]) -> None:
    """Every paragraph and list item of the original page stands on ours."""
    section = seed.partition('id="description">')[2].partition("</section>")[0]
    seen = words(section)
    assert [line for line in page_lines["description_text"] if " ".join(line.split()) not in seen] == []


def test_the_seed_has_its_whole_record(seed: str, page_lines: dict[str, Any]) -> None:
    """Every key of the original page stands in our record under the same name, with the same value."""
    record = seed.partition('<dl class="facts facts-wide record" translate="no">')[2].partition("</dl>")[0]
    shown = {
        words(key): words(value) for key, value in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", record, re.DOTALL)
    }
    assert page_lines["page"].keys() <= shown.keys()
    dash = {"—": "–"}  # noqa: RUF001 - dashes, meant as such
    wrong = {
        key: (shown[key], value)
        for key, value in page_lines["page"].items()
        if shown[key] != dash.get(value, value) and key not in OTHERS_IDS | {"Raw Payload Uri"}
    }
    assert wrong == {}


def test_the_seed_shows_where_field_and_text_disagree(seed: str) -> None:
    """The board's field and the text's words stand side by side, with the reason why both do."""
    assert "The board says On site; the text says hybrid: “We ask that you come in 3 times per week”" in words(
        seed
    )
    assert "Where the two disagree we show both" in words(seed)


def test_a_closed_job_keeps_its_page(seed: str) -> None:
    """It says that it is closed, by which rule, and its structured data ends with its closing."""
    seen = words(seed)
    assert "This job is closed." in seen
    assert "absent from at least 2 complete runs of its board in a row" in seen
    assert json_ld(seed)["validThrough"] == "2026-06-12T07:56:49.356Z"
    assert "Apply at" not in seen


def test_the_seed_shows_events_structures_and_requests(seed: str) -> None:
    """Event fields to the millisecond, parsed and native JSON, and the API's four requests are on the page."""
    seen = words(seed)
    assert "Last Changed At 2026-06-12T07:56:49.356Z" in seen.partition("Event fields")[2]
    assert '"launch_scope": {' in seen
    assert '"workplaceType": "onsite"' in seen
    assert len(re.findall(r"curl &#39;", seed)) == 4


@pytest.mark.parametrize("path", ["?include=description", "/events"])
def test_the_requests_shown_are_answered(reader: Reader, path: str) -> None:
    """What the page says about the API is true."""
    address = f"/job-postings/v1/jobs/{studio('tuner')}{path}"
    assert address in html.unescape(reader.read(f"/jobs/{studio('tuner')}"))
    assert reader.client.get(address).status_code == 200


def test_a_hostile_posting_is_inert(reader: Reader) -> None:
    """Scripts, handlers, script links and styles of a posting never reach the page as markup."""
    markup = reader.read(f"/jobs/{studio('evil')}")
    assert EVIL_TITLE not in markup
    assert json_ld(markup)["title"] == EVIL_TITLE
    assert "Play <b>loud</b>" in markup
    tags = re.findall(r"<[a-z][^>]*>", markup)
    assert not [tag for tag in tags if re.search(r"\son\w+=|javascript:|<img|<style", tag)]
    assert [tag for tag in tags if tag.startswith("<script") and "src=" not in tag] == [
        '<script type="application/ld+json">'
    ]


def test_changes_are_told_with_old_and_new(reader: Reader) -> None:
    """A short value is shown before and after, a long text by its changed lines."""
    history = reader.read(f"/jobs/{studio('tuner')}").partition('id="history"')[2]
    assert re.search(r"<del[^>]*>Piano Tuner</del>.*<ins[^>]*>Grand Piano Tuner</ins>", history)
    assert "Removed: You tour in spring." in words(history)
    assert "Added: You tour in autumn." in words(history)
    assert "Removed: You tune pianos." not in words(history)


def test_an_edit_of_the_whole_board_is_marked(reader: Reader) -> None:
    """What a board changed on many postings at once is not told as this posting's own change."""
    history = reader.read(f"/jobs/{label(3)}").partition('id="history"')[2]
    assert "Company changed" in words(history)
    assert "The board made this edit on many of its postings at once" in words(history)


def test_pay_is_shown_and_structured(reader: Reader) -> None:
    """Stated pay stands on the page in words and in the structured data in schema.org's."""
    markup = reader.read(f"/jobs/{studio('paid')}")
    assert "EUR 50,000 – 60,000 a year" in words(markup)  # noqa: RUF001 - a dash, meant as one
    value = {"@type": "QuantitativeValue", "unitText": "YEAR", "minValue": 50_000, "maxValue": 60_000}
    assert json_ld(markup)["baseSalary"] == {"@type": "MonetaryAmount", "currency": "EUR", "value": value}


def test_remote_work_says_who_may_apply(reader: Reader) -> None:
    """A remote job is TELECOMMUTE with the countries it names; a hybrid one only has its place."""
    remote = json_ld(reader.read(f"/jobs/{studio('engineer-02')}"))
    assert remote["jobLocationType"] == "TELECOMMUTE"
    assert remote["applicantLocationRequirements"] == [{"@type": "Country", "name": "Germany"}]
    hybrid = json_ld(reader.read(f"/jobs/{studio('engineer-01')}"))
    assert "jobLocationType" not in hybrid
    assert hybrid["jobLocation"][0]["address"]["addressLocality"] == "Berlin"


def test_what_search_engines_require_is_there(reader: Reader) -> None:
    """Title, description, date, organisation and place are never missing."""
    found = json_ld(reader.read(f"/jobs/{label(2)}"))
    assert {"title", "description", "datePosted", "hiringOrganization", "jobLocation"} <= found.keys()
    assert found["hiringOrganization"]["name"] == "Marigold Wax Records"


@pytest.mark.parametrize("job_id", ["0" * 40, "abc", "%00", "'", "A" * 300])
def test_an_unknown_job_is_not_found(reader: Reader, job_id: str) -> None:
    """An id that nobody has, or that is none, is answered with a 404 page."""
    assert reader.get(f"/jobs/{job_id}").status_code == 404
