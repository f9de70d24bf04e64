"""Today: who sees which cards, putting away and taking out again, and a room that fails."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from bandmate.app import create_app
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.today import Card, CardKind, Urgency, cards, cards_for, declare_cards
from bandmate.kernel.today.dismissals import dismiss, dismissed
from bandmate.kernel.today.holding import HOLDING

from .people import Somebody, key_of, somebody

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_JOB = text("""
    insert into procrastinate.procrastinate_jobs (task_name, queue_name, status)
    values ('x.y', 'default', 'failed')
""")


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The whole application."""
    return create_app(settings, database)


@pytest.fixture
def mia(app: FastAPI, database: Database) -> Somebody:
    """A member."""
    return somebody(app, database, Role.MEMBER)


@pytest.fixture
def olive(app: FastAPI, database: Database) -> Somebody:
    """An operator."""
    return somebody(app, database, Role.OPERATOR, "Olive Quaver")


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room has declared cards."""
    monkeypatch.setattr(cards, "_declared", {})


def test_front_page_is_the_readers_day(app: FastAPI, mia: Somebody) -> None:
    """Whoever is signed in starts with Today, everybody else with the postings."""
    assert "What waits for you" in mia.get("/").text
    assert "What waits for you" not in TestClient(app).get("/").text


def test_new_person_is_shown_first_steps(mia: Somebody) -> None:
    """Language and time zone, and what is held about them."""
    page = mia.get("/today").text
    assert "Choose your language and time zone" in page
    assert "See what is held about you" in page


def test_operators_cards_are_for_operators(mia: Somebody, olive: Somebody, database: Database) -> None:
    """A job that gave up waits for operators and is not told to members."""
    with database.begin() as tx:
        tx.execute(_JOB)
    assert "1 background job gave up" in olive.get("/today").text
    assert "gave up" not in mia.get("/today").text


def test_key_without_the_scope_gets_no_operators_cards(app: FastAPI, olive: Somebody, database: Database) -> None:
    """The scope ``member`` of an operator's key shows the person's own cards alone."""
    with database.begin() as tx:
        tx.execute(_JOB)
    client = TestClient(app)
    narrow = client.get("/today/v1/cards", headers=key_of(database, olive, "member")).json()
    wide = client.get("/today/v1/cards", headers=key_of(database, olive, "member", "operator")).json()
    assert not [card for card in narrow["data"] if card["href"].startswith("/operator")]
    assert [card["href"] for card in wide["data"] if card["kind"] == "waits"] == ["/operator/tasks"]


def test_card_is_put_away_and_taken_out_again(mia: Somebody) -> None:
    """It is gone from the page, the notice offers to undo it, and undone it is back."""
    assert mia.post("/today/dismiss", key="holdings.look").status_code == 303
    page = mia.get("/today").text
    assert "See what is held about you</a>" not in page
    undo = re.search(r'action="(/today/restore[^"]+)"', page)
    assert undo is not None
    assert mia.post(html.unescape(undo[1])).status_code == 303
    assert "See what is held about you</a>" in mia.get("/today").text


def test_only_cards_that_are_there_can_be_put_away(mia: Somebody, database: Database) -> None:
    """Made-up keys write nothing, so nobody fills the table."""
    for key in ("nothing", "", "a\0b", "x" * 200):
        assert mia.post("/today/dismiss", key=key).status_code in {303, 422}
    with database.read() as tx:
        assert tx.execute(text("select count(*) from kernel.today_dismissal")).scalar_one() == 0


@pytest.mark.usefixtures("only")
def test_room_that_fails_does_not_take_the_page_down(mia: Somebody) -> None:
    """Even a broken statement leaves the others' cards, and the page says whose are missing."""

    def broken(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
        tx.execute(text("select nothing from nowhere"))
        yield from ()

    def well(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
        tx.execute(text("select 1"))
        yield Card(CardKind.NEXT, "tune", "Tune the piano", "It is due.", "/", "Tune")

    declare_cards("broken", broken, title="Broken things")
    declare_cards("well", well, title="Pianos")
    page = mia.get("/today")
    assert page.status_code == 200
    assert "Tune the piano" in page.text
    assert "Broken things" in page.text


@pytest.mark.usefixtures("only")
def test_what_is_due_comes_first(mia: Somebody, database: Database) -> None:
    """Deadlines by date, then urgency, then whoever waits longest."""

    def several(tx: Tx, asker: Asker, now: datetime) -> list[Card]:
        def one(key: str, urgency: Urgency, *, due: int | None = None, at: int | None = None) -> Card:
            def day(number: int | None) -> datetime | None:
                return None if number is None else NOON + timedelta(days=number)

            return Card(CardKind.WAITS, key, key, "", "/", "Do", urgency, due=day(due), at=day(at))

        return [
            one("d", Urgency.NOW, at=-1),
            one("b", Urgency.SOMETIME, due=9),
            one("e", Urgency.SOON),
            one("c", Urgency.NOW, at=-5),
            one("a", Urgency.SOMETIME, due=2),
        ]

    declare_cards("several", several, title="Several")
    with database.read() as tx:
        day = cards_for(tx, mia.asker, NOON)
    assert [card.key for card in day.of(CardKind.WAITS)] == ["a", "b", "c", "d", "e"]


def test_holding_exports_erases_merges_and_splits(mia: Somebody, olive: Somebody, database: Database) -> None:
    """What both put away stays where it is; the rest moves, and a split gives exactly that back."""
    kept, merged, now = mia.person_id, olive.person_id, system_clock()
    with database.begin() as tx:
        dismiss(tx, kept, "both", now=now)
        for key in ("both", "one"):
            dismiss(tx, merged, key, now=now)
        moved = HOLDING.merge(tx, kept, merged, now)
        assert moved == {"today_dismissal": ["one"]}
        assert dismissed(tx, kept, ["both", "one"]) == {"both", "one"}
        HOLDING.split(tx, kept, merged, moved, now)
        exported = HOLDING.export(tx, merged)
        assert isinstance(exported, list)
        assert [each["card"] for each in exported if isinstance(each, dict)] == ["both", "one"]
        for _again in range(2):
            HOLDING.erase(tx, merged, now)
        assert HOLDING.export(tx, merged) == []
        assert dismissed(tx, kept, ["both", "one"]) == {"both"}
