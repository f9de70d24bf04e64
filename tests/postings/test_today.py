"""What Today shows of postings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.today import Card, CardKind, cards_for
from bandmate.postings import today as _today  # noqa: F401 - it declares the cards

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def cards_of(tx: Tx, person: PersonId) -> list[Card]:
    """Return the cards about saved searches."""
    asker = Asker(person, "Mia", Role.MEMBER.included, frozenset(), "session")
    return [card for card in cards_for(tx, asker, NOW).cards if card.key.startswith("postings.saved")]


def save(tx: Tx, person: PersonId, *found_days_ago: int) -> None:
    """Save a search last looked at two days ago, with matches found so many days ago."""
    search = new_id()
    tx.execute(
        text("""
            insert into postings.saved_search (search_id, person_id, name, form, query, frequency, hour, weekday,
                                               time_zone, created_at, changed_at, seen_at)
            values (:search, :person, 'Drums', 1, 'q=drums', 'never', 8, 0, 'UTC', :now, :now, :seen)
        """),
        {"search": search, "person": person, "now": NOW, "seen": NOW - timedelta(days=2)},
    )
    for days in found_days_ago:
        tx.execute(
            text("insert into postings.alert_match values (:search, :job, 0, 'new', :at)"),
            {"search": search, "job": f"job {days}", "at": NOW - timedelta(days=days)},
        )


def test_a_first_search_is_suggested(database: Database) -> None:
    """Who has saved nothing reads what saving a search would do."""
    with database.begin() as tx:
        (card,) = cards_of(tx, create_person(tx, name="Mia", now=NOW))
    assert (card.kind, card.title, card.href) == (CardKind.NEXT, "Save a search", "/jobs")


def test_what_was_found_since_the_last_look_is_counted(database: Database) -> None:
    """Matches found before the owner last looked do not count, nor do those of others."""
    with database.begin() as tx:
        mia, ola = (create_person(tx, name=name, now=NOW) for name in ("Mia", "Ola"))
        save(tx, mia, 1, 3)
        save(tx, ola, 1)
        (card,) = cards_of(tx, mia)
    assert (card.kind, card.title) == (CardKind.WAITS, "1 job for your saved searches")


def test_searches_without_news_are_quiet(database: Database) -> None:
    """Who has saved searches with nothing new gets no card about them."""
    with database.begin() as tx:
        mia = create_person(tx, name="Mia", now=NOW)
        save(tx, mia, 3)
        assert cards_of(tx, mia) == []
