"""Saving a search with a browser: sign-in on the way, consent on the form, changing, deleting, bringing back."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text
from tests.postings.pages_world import NOW, PASSWORD, Reader, make_app, reader_of, sign_in

from bandmate.kernel.config import Settings
from bandmate.kernel.consent import history
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.postings.saved_searches.domain import MOST_SEARCHES

QUERY = "q=engineer&work_model=hybrid&status=active"
FIELDS = {"query": QUERY, "key": "k1", "name": "Hybrid", "frequency": "never", "time_zone": "Europe/Berlin"}
NEW = f"/saved/new?{QUERY}"


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The story of the pages behind the application."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return make_app(database, settings, tmp_path)


@pytest.fixture
def reader(app: FastAPI, database: Database) -> Reader:
    """Somebody with an account."""
    return sign_in(app, database, Role.MEMBER)


def only_id(database: Database) -> str:
    """Return the id of the one search there is."""
    with database.read() as tx:
        return str(tx.execute(text("select search_id from postings.saved_search")).scalar_one())


def test_saving_leads_through_sign_in_and_back(app: FastAPI, database: Database) -> None:
    """Somebody we do not know is sent to sign in, and from there to the form of their very search."""
    with database.begin() as tx:
        person = create_person(tx, name="Mia Kern", now=NOW)
        create_account(tx, person, email="mia@bandmate.example", password=PASSWORD, role=Role.MEMBER, now=NOW)
    reader = reader_of(app)
    page = reader.read("/jobs?q=engineer&work_model=hybrid")
    found = re.search(r'href="(/saved/new[^"]*)"', page)
    assert found is not None
    sent = reader.get(unescape(found[1]))
    assert sent.status_code == 303
    way = sent.headers["location"]
    assert way.startswith("/sign-in?next=")
    target = unescape(re.search(r'name="next" value="([^"]*)"', reader.read(way))[1])  # type: ignore[index]
    entered = reader.submit(way, "/sign-in", email="mia@bandmate.example", password=PASSWORD, next=target)
    assert entered.headers["location"] == unescape(found[1])
    assert "“engineer”" in reader.see(entered.headers["location"])


def test_without_searches_the_page_says_what_would_be_here(reader: Reader) -> None:
    """The empty list explains how one is saved."""
    assert "No saved searches yet" in reader.see("/saved")


def test_a_saved_search_stands_in_the_list_with_its_count(reader: Reader) -> None:
    """The list names what it asks and counts as the search page does."""
    assert reader.submit(NEW, "/saved", **FIELDS).status_code == 303
    total = re.search(r"(\d+) jobs", reader.see(f"/jobs?{QUERY}"))
    assert total is not None
    seen = reader.see("/saved")
    assert "Hybrid" in seen
    assert "“engineer”" in seen
    assert f"{total[1]} 0" in seen, "all that fit, none of them new"


def test_forms_lead_where_they_are_handled(reader: Reader, database: Database) -> None:
    """The form that saves posts to the list, the one that changes to the search's own address."""
    assert '<form class="form" action="/saved" method="post"' in reader.read(NEW)
    reader.submit(NEW, "/saved", **FIELDS)
    here = f"/saved/{only_id(database)}/edit"
    assert f'<form class="form" action="{here}" method="post"' in reader.read(here)


def test_the_same_form_sent_twice_saves_once(reader: Reader, database: Database) -> None:
    """A double click keeps one search."""
    for _ in range(2):
        assert reader.submit(NEW, "/saved", **FIELDS).status_code == 303
    only_id(database)


def test_an_alert_needs_the_consent_that_its_form_shows(reader: Reader, database: Database) -> None:
    """Without a tick nothing is saved; with it, search and grant are written together, with the wording."""
    wanted = {**FIELDS, "frequency": "daily"}
    refused = reader.submit(NEW, "/saved", **wanted)
    assert refused.status_code == 422
    assert "Allow us to write to you" in refused.text
    assert "Hybrid" in refused.text
    assert reader.submit(NEW, "/saved", **wanted, allow="1").status_code == 303
    with database.read() as tx:
        person = tx.execute(text("select person_id from postings.saved_search")).scalar_one()
        (entry,) = history(tx, person)
    assert (entry.purpose, entry.channel, entry.granted) == ("postings.job_alerts", "email", True)
    assert entry.evidence.wording in unescape(refused.text)


def test_another_wording_than_the_one_shown_is_not_agreed_to(reader: Reader, database: Database) -> None:
    """A tick for a version that is not today's grants nothing and saves nothing."""
    assert reader.submit(NEW, "/saved", **{**FIELDS, "frequency": "daily"}, allow="7").status_code == 409
    with database.read() as tx:
        assert tx.execute(text("select count(*) from postings.saved_search")).scalar_one() == 0


def test_a_search_is_changed_run_deleted_and_brought_back(reader: Reader, database: Database) -> None:
    """Each act does what it says, and deleting offers to undo."""
    reader.submit(NEW, "/saved", **FIELDS)
    here = f"/saved/{only_id(database)}"
    edit = {"name": "Sound & light", "frequency": "weekly", "hour": "7", "weekday": "2", "time_zone": "UTC"}
    assert reader.submit(f"{here}/edit", f"{here}/edit", **edit, allow="1").status_code == 303
    assert "Sound & light" in reader.see("/saved")
    assert reader.submit("/saved", f"{here}/run").headers["location"] == "/jobs?q=engineer&work_model=hybrid"
    reader.submit("/saved", f"{here}/delete")
    page = reader.read("/saved")
    assert f'action="{here}/restore"' in page
    assert "No saved searches yet" in page
    assert reader.submit("/saved", f"{here}/restore").status_code == 303
    assert "Sound & light" in reader.see("/saved")


def test_a_search_can_take_the_place_of_another(reader: Reader, database: Database) -> None:
    """Saving in the place of a kept search changes what that one asks."""
    reader.submit(NEW, "/saved", **FIELDS)
    kept = only_id(database)
    other = {**FIELDS, "query": "city=Berlin&status=active", "name": "Berlin", "key": "k2", "replaces": kept}
    reader.submit(NEW, "/saved", **other)
    assert only_id(database) == kept
    assert "Berlin" in reader.see("/saved")


def test_nobody_reaches_the_searches_of_others(reader: Reader, app: FastAPI, database: Database) -> None:
    """Reading, changing, running, deleting and restoring another person's search find nothing."""
    reader.submit(NEW, "/saved", **FIELDS)
    here = f"/saved/{only_id(database)}"
    other = sign_in(app, database, Role.OPERATOR)
    assert other.get(f"{here}/edit").status_code == 404
    for act in ("edit", "delete", "restore", "run"):
        assert other.submit(NEW, f"{here}/{act}", name="Mine now").status_code == 404
    taken = other.submit(NEW, "/saved", **{**FIELDS, "key": "k9", "replaces": here.rpartition("/")[2]})
    assert taken.status_code == 404
    assert "Hybrid" in reader.see("/saved")


def test_there_is_a_limit_with_a_sentence(reader: Reader, database: Database) -> None:
    """The search above the limit is refused in words, and the form keeps what was written."""
    reader.submit(NEW, "/saved", **FIELDS)
    with database.begin() as tx:
        tx.execute(
            text("""
                insert into postings.saved_search (search_id, person_id, name, form, query, frequency, hour,
                       weekday, time_zone, created_at, changed_at, seen_at)
                select gen_random_uuid(), person_id, 'Copy', form, query, 'never', 8, 0, 'UTC', now(), now(), now()
                  from postings.saved_search, generate_series(2, :most)
            """),
            {"most": MOST_SEARCHES},
        )
    refused = reader.submit(NEW, "/saved", **{**FIELDS, "key": "k2", "name": "One more"})
    assert refused.status_code == 409
    assert "as many as one may" in refused.text
    assert "One more" in refused.text


def test_a_hostile_name_is_only_text(reader: Reader) -> None:
    """Markup in a name is shown, never executed."""
    reader.submit(NEW, "/saved", **{**FIELDS, "name": "<script>alert(1)</script>"})
    page = reader.read("/saved")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_search_that_cannot_be_read_is_shown_and_can_be_deleted(reader: Reader, database: Database) -> None:
    """One of another release stands in the list, says so, and can be removed."""
    reader.submit(NEW, "/saved", **FIELDS)
    with database.begin() as tx:
        tx.execute(text("update postings.saved_search set form = 99"))
    assert "Cannot be read any more" in reader.see("/saved")
    here = f"/saved/{only_id(database)}"
    assert reader.get(f"{here}/edit").status_code == 409
    assert reader.submit("/saved", f"{here}/delete").status_code == 303
