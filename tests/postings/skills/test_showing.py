"""What was read, as people and programs see it: page, search page, API, feed, saved searches, operators' line."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.postings.pages_world import NOW, Reader, make_app, reader_of, sign_in, studio
from tests.postings.reading_by_words import WordReader, occupation_uri, skill_uri

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.postings.export import write_rows
from bandmate.postings.indexing import drain_if_alone
from bandmate.postings.records import all_records
from bandmate.postings.saved_searches.domain import FORM, read_form, write_form
from bandmate.postings.skills import queue
from bandmate.postings.skills.working import read_due
from bandmate.postings.web_query import read_query

API = "/job-postings/v1"
_OTHER_WORDS = text("update postings.content set text = 'Something else.' where job_id = :id")
EARS, HAND, TOUR, PIANO = map(skill_uri, ("listen closely", "steady work", "work on tour", "tune pianos"))


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path) -> FastAPI:
    """The application over boards whose postings were read."""
    application = make_app(database, settings, tmp_path)
    read_due(database, WordReader, lambda: NOW)
    drain_if_alone(database, settings)
    return application


@pytest.fixture
def reader(app: FastAPI) -> Reader:
    """Somebody who looks at the pages."""
    return reader_of(app)


def named(uri: str) -> str:
    """Return an address as it stands in a query string."""
    return quote(uri, safe="")


def test_the_page_of_a_posting_shows_skills_with_their_words(reader: Reader) -> None:
    """Each skill leads to its like; the fold shows the words within their line, how sure, and by which version."""
    page = reader.read(f"/jobs/{studio('engineer-02')}")
    assert f'href="/jobs?skill={named(EARS)}"' in page
    assert "Patient <strong>ears</strong>" in page
    assert "words/test-1/1" in page
    seen = reader.see(f"/jobs/{studio('engineer-02')}")
    assert "How was this read?" in seen
    assert "Very likely" in seen
    assert "Occupation sound engineer" in seen


def test_a_posting_that_was_not_read_shows_none(database: Database, settings: Settings, tmp_path: Path) -> None:
    """Until then, and without a vocabulary for ever, the page is as it was."""
    seen = reader_of(make_app(database, settings, tmp_path)).see(f"/jobs/{studio('tuner')}")
    assert "How was this read?" not in seen
    assert "Occupation sound" not in seen
    assert "Skills What the title" not in seen


def test_evidence_of_hostile_postings_is_text(database: Database, settings: Settings, tmp_path: Path) -> None:
    """Words of a posting and labels of a vocabulary stand on the page as text, never as markup."""
    application = make_app(database, settings, tmp_path)
    words = {"loud": "<script>alert(1)</script>", "script": "'\"><img src=x>"}
    read_due(database, lambda: WordReader(words=words), lambda: NOW)
    page = reader_of(application).read(f"/jobs/{studio('evil')}")
    assert "<strong>loud</strong>" in page
    assert "<script>alert" not in page
    assert "<img" not in page


def test_words_that_moved_are_shown_without_their_sentence(
    reader: Reader, database: Database, app: FastAPI
) -> None:
    """Between an edit and the next reading, a span may point at other words: then only the quote is shown."""
    with database.begin() as tx:
        tx.execute(_OTHER_WORDS, {"id": studio("tuner")})
    page = reader.read(f"/jobs/{studio('tuner')}")
    assert "<strong>tour</strong></span>" in page
    assert app


def test_the_search_page_offers_skills_and_occupations(reader: Reader) -> None:
    """Filters carry labels and counts, chips and the sentence too."""
    seen = reader.see("/jobs")
    assert "listen closely" in seen
    assert "piano technician" in seen
    page = reader.read(
        f"/jobs?skill={named(EARS)}&skill={named(HAND)}&occupation={named(occupation_uri('sound engineer'))}"
    )
    assert "Jobs as sound engineer that ask for" in page
    assert "Remove filter: </span>listen closely" in page


def test_the_api_filters_by_all_skills_and_any_occupation(reader: Reader) -> None:
    """Two skills narrow, two occupations widen; with words and without the same."""

    def total(*pairs: tuple[str, str]) -> int:
        return int(reader.client.get(f"{API}/jobs/search", params=list(pairs)).json()["meta"]["total"])

    assert total(("skill", EARS)) == total(("skill", EARS), ("skill", HAND)) > 0
    assert total(("skill", EARS), ("skill", PIANO)) == 0
    both = ("occupation", occupation_uri("sound engineer")), ("occupation", occupation_uri("piano technician"))
    assert total(*both) == total(both[0]) + total(both[1])
    assert total(both[0], ("q", "sound")) == total(both[0])


@pytest.mark.parametrize("words", ["", "engineer"])
def test_counted_values_come_with_labels(reader: Reader, words: str) -> None:
    """Values of skills and occupations are addresses, so the API gives their labels along; others have none."""
    params = {"fields": "skill,occupation,company", "q": words}
    counted = reader.client.get(f"{API}/jobs/facets", params=params).json()["data"]
    first = counted["skill"][0]
    assert first["value"] == skill_uri(first["label"])
    assert counted["occupation"][0]["label"] == "sound engineer"
    assert set(counted["company"][0]) == {"value", "count"}


def test_the_api_gives_the_words_behind_the_skills(reader: Reader) -> None:
    """With ``include=evidence``, in the order of the record's skills, with their span in the description."""
    params = {"include": "evidence,description"}
    job: dict[str, Any] = reader.client.get(f"{API}/jobs/{studio('tuner')}", params=params).json()["data"]
    evidence = job["evidence"]["skills"]
    assert [one["uri"] for one in evidence] == [one["uri"] for one in job["skills"]]
    in_text = [one for one in evidence if one["where"] == "description"]
    assert in_text
    assert all(job["description_text"][one["start"] : one["end"]] == one["quote"] for one in in_text)


def test_feeds_and_saved_searches_understand_skills(reader: Reader) -> None:
    """The feed of a slice by skill is that slice, and a kept search reads back as it was."""
    feed = reader.get(f"/jobs/feed.atom?skill={named(PIANO)}").text
    assert feed.count("<entry>") == 1
    query = read_query([("skill", TOUR), ("skill", EARS), ("occupation", occupation_uri("x"))])
    kept = read_form(FORM, write_form(query))
    assert kept is not None
    assert set(kept.skill) == {TOUR, EARS}


def test_a_query_of_too_many_or_odd_skills_is_answered(reader: Reader) -> None:
    """Nobody has a skill that is no address; more than fifty are refused."""
    assert reader.client.get(f"{API}/jobs/search?skill='%20or%201=1").json()["meta"]["total"] == 0
    many = [("skill", f"urn:{number}") for number in range(51)]
    assert reader.client.get(f"{API}/jobs/search", params=many).status_code == 422
    assert reader.client.get(f"{API}/jobs/search?skill=%00").status_code == 422


@pytest.mark.parametrize("name", ["jobs.ndjson", "jobs.parquet"])
def test_exports_carry_what_was_read(app: FastAPI, database: Database, tmp_path: Path, name: str) -> None:
    """Every row has the keys, in every format."""
    with database.read() as tx:
        records = list(all_records(tx, NOW))
        write_rows(records, str(tmp_path / name))
    assert app
    assert (tmp_path / name).stat().st_size
    assert all(record["skills"] is not None and record["skills_version"] for record in records)


@pytest.fixture
def operator(app: FastAPI, database: Database) -> Reader:
    """An operator who is signed in."""
    return sign_in(app, database, Role.OPERATOR)


def test_operators_see_how_far_it_has_come(operator: Reader, database: Database) -> None:
    """The line says that all are read, that some are not, that only words count, or why nothing can be read."""
    assert "postings are read." in operator.see("/operator")

    def told(version: str | None, notice: str | None) -> str:
        with database.begin() as tx:
            queue.set_state(tx, version=version, notice=notice, now=NOW)
        return operator.see("/operator")

    assert "0 of 40 postings are read" in told("lexical/esco-1/1", None)
    assert "by their words alone" in told("lexical/esco-1/1", None)
    assert "No skills can be read: It is gone. Postings work as before." in told(None, "It is gone.")
