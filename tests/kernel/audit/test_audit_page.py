"""The page, the exports and the API of the trail."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.audit.conftest import NOON, Noting

from bandmate.app import create_app
from bandmate.kernel.audit import note
from bandmate.kernel.audit.actions import declared_actions, sentence_of
from bandmate.kernel.audit.queries import TrailFilter, every_entry, read_entries
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.identity.sessions import open_session


@pytest.fixture
def admin(settings: Settings, database: Database) -> TestClient:
    """The browser of an administrator, Ada, with nothing noted yet."""
    now = system_clock()
    with database.begin() as tx:
        person = create_person(tx, name="Ada Noor", now=now)
        account = create_account(
            tx, person, email="ada@example.org", password="a long password", role=Role.ADMINISTRATOR, now=now
        )
        opened = open_session(
            tx, account.account_id, lifetime=timedelta(days=1), address="", user_agent="", now=now
        )
    client = TestClient(create_app(settings, database), follow_redirects=False)
    client.cookies.set("bandmate_session", opened.token)
    return client


def test_an_empty_trail_says_what_will_stand_here(admin: TestClient) -> None:
    """Without an entry the page says what will be noted."""
    assert "Nothing has been noted yet" in admin.get("/operator/audit").text


def test_an_act_is_a_sentence_and_an_unknown_one_raw(admin: TestClient, database: Database) -> None:
    """A declared action reads as words with names; another shows its name, its actor and its subject."""
    with database.begin() as tx:
        ada = tx.execute(text("select person_id from kernel.person")).scalar_one()
        note(tx, by=ada, action="identity.session.opened", subject=str(ada), at=NOON, address="192.0.2.7")
        note(tx, by="a robot", action="nobody.declared_this", subject="thing-7", at=NOON)
    page = admin.get("/operator/audit").text
    assert "Ada Noor signed in" in page
    assert "192.0.2.7" in page
    assert all(word in page for word in ("nobody.declared_this", "a robot", "thing-7"))


def test_hostile_content_stays_text(admin: TestClient, database: Database) -> None:
    """Markup in an entry is escaped, and a brace in a detail names nothing."""
    with database.begin() as tx:
        note(
            tx,
            by="<b>",
            action="x.y",
            subject="<script>",
            at=NOON,
            address="<i>",
            details={"<u>": "{0.__class__}"},
        )
    page = admin.get("/operator/audit").text
    assert not any(tag in page for tag in ("<b>", "<script>", "<i>", "<u>"))


def test_filters_narrow_the_trail(database: Database, noting: Noting) -> None:
    """By person (acting or acted on), by action and its beginning, by subject and by time."""
    mia = noting(2, action="identity.role.given", subject="one")
    noting(1, action="identity.session.opened", subject=str(mia))
    noting(1, action="identityx.y")

    def found(**wanted: object) -> int:
        with database.read() as tx:
            return len(read_entries(tx, TrailFilter(**wanted)).entries)  # type: ignore[arg-type] # by keyword

    assert found() == 4
    assert found(person=mia) == 3
    assert found(action="identity") == 3
    assert found(action="identity.role.given") == 2
    assert found(subject="one") == 2
    assert found(since=NOON + timedelta(minutes=1)) == 1
    assert found(until=NOON + timedelta(minutes=1)) == 3


def test_pages_hold_every_entry_once(database: Database, noting: Noting) -> None:
    """Following the cursors shows each entry once, newest first, although a newer one appears meanwhile."""
    noting(25)
    noting(25)
    seen: list[int] = []
    cursor = None
    while True:
        with database.read() as tx:
            page = read_entries(tx, TrailFilter(), cursor=cursor, limit=7)
        seen += [entry.position for entry in page.entries]
        noting(1, by=None)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(range(1, 51)) <= set(seen)
    with database.read() as tx:
        assert len(list(every_entry(tx, TrailFilter()))) == 50 + 8


def test_a_cursor_of_another_filter_is_refused(database: Database, noting: Noting) -> None:
    """A cursor belongs to its filter."""
    noting(3)
    with database.read() as tx:
        cursor = read_entries(tx, TrailFilter(), limit=1).next_cursor
        with pytest.raises(InvalidCursor):
            read_entries(tx, TrailFilter(action="a"), cursor=cursor)


def test_exports_hold_what_the_filter_shows(admin: TestClient, noting: Noting) -> None:
    """CSV and NDJSON hold the filtered entries; a cell that a spreadsheet would run is text."""
    noting(2, subject="=1+1")
    noting(1, action="other.done")
    query = {"action": "a.b"}
    answer = admin.get("/operator/audit/export", params={**query, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["subject"] for row in rows] == ["'=1+1", "'=1+1"]
    lines = admin.get("/operator/audit/export", params={**query, "format": "ndjson"}).text.splitlines()
    assert [json.loads(line)["details"] for line in lines] == [{"number": "1"}, {"number": "0"}]
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "wrong", [{"since": "yesterday"}, {"person": "nobody@example.org"}, {"until": "9999-12-31"}]
)
def test_a_wrong_filter_is_told_in_place(admin: TestClient, wrong: dict[str, str]) -> None:
    """What cannot be read is answered by the form with a sentence, not by an error page."""
    answer = admin.get("/operator/audit", params=wrong)
    assert (answer.status_code, "There is a problem" in answer.text) == (422, True)


def test_the_api_gives_what_the_page_shows(admin: TestClient, database: Database, noting: Noting) -> None:
    """An administrator's key reads the trail page by page."""
    person = noting(3)
    with database.begin() as tx:
        account = tx.execute(text("select account_id from kernel.account")).scalar_one()
        key = create_key(tx, account, name="audit", scopes=["administrator"], expires_at=None, now=system_clock())
    admin.cookies.clear()
    ask: Callable[..., dict[str, object]] = lambda **query: admin.get(  # noqa: E731 - one line, twice
        "/audit/v1/entries", params={"limit": 2, **query}, headers={"X-API-Key": key.text}
    ).json()
    first = ask(action="a")
    data, meta = first["data"], first["meta"]
    assert isinstance(data, list)
    assert isinstance(meta, dict)
    assert [each["by"] for each in data] == [str(person)] * 2
    second = ask(action="a", cursor=meta["next_cursor"])
    assert [len(page["data"]) for page in (first, second)] == [2, 1]  # type: ignore[arg-type] # a list


def test_every_sentence_stands_alone() -> None:
    """Every declared sentence can be written although all facts of its entry were erased."""
    for action in declared_actions():
        sentence = sentence_of(action.name, by="Ada", subject="Mia", details={})
        assert sentence
        assert "{" not in sentence
