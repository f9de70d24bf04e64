"""What the message says, in whose words, and what of it may be hostile."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text
from tests.postings.boards_in_shape import lever_posting
from tests.postings.pages_world import EVIL_TITLE
from tests.postings.saved_searches.conftest import World, lever

from bandmate.kernel.events.subscriptions import Runner
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account
from bandmate.kernel.notify.choosing import channel_of
from bandmate.kernel.notify.delivery import deliveries
from bandmate.kernel.notify.rendering import Writer
from bandmate.kernel.notify.sending import send_due
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.slices import OPEN
from bandmate.postings.saved_searches.domain import Frequency

QUERY = JobQuery(q="tuner", city=("Berlin", "Lisbon"), salary_min=40_000, status=OPEN)
PAID = {"salaryRange": {"min": 50_000, "max": 60_000, "currency": "EUR", "interval": "per-year-salary"}}


@pytest.fixture
def mail(world: World, monkeypatch: pytest.MonkeyPatch) -> EmailMessage:
    """The letter about two tuners, as it lies in the folder."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    person = world.person()
    with world.database.begin() as tx:
        create_account(tx, person, email="mia@bandmate.example", password=None, role=Role.MEMBER, now=world.now)
        tx.execute(text("update kernel.person set time_zone = 'Europe/Berlin'"))
    world.show(lever_posting("a"))
    world.keep(person, QUERY, Frequency.AT_ONCE)
    world.show(
        lever_posting("a"),
        lever_posting("tuner", text="Piano Tuner", **PAID),
        lever_posting("evil", text=f"{EVIL_TITLE} tuner", **PAID),
    )
    world.work()
    Runner(world.database, [deliveries(world.clock)], world.clock).drain()
    assert send_due(world.database, channel_of(world.settings), Writer(world.settings), world.clock) == 1
    (written,) = world.settings.messages_folder.rglob("*.eml")
    message = message_from_bytes(written.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(mail: EmailMessage, kind: str) -> str:
    """Return the plain or the HTML part."""
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_the_message_tells_what_fits_and_why(mail: EmailMessage) -> None:
    """Subject with the count; each job with company, place, pay, what it met of the search, and its address."""
    assert mail["Subject"] == "2 jobs for “My search”"
    plain = part(mail, "plain")
    assert "Piano Tuner" in plain
    assert "Halfnote · Berlin, Germany · Hybrid · EUR 50,000" in plain
    assert "Fits: “tuner”, Pay reaches 40,000 a year, Berlin" in plain
    assert f"http://127.0.0.1:8000/jobs/{lever('tuner')}" in plain
    assert "Lisbon" not in plain.replace(plain[plain.index("All that fits") :], "")
    assert "/edit" in plain


def test_the_message_says_why_it_came_and_how_to_stop_it(mail: EmailMessage) -> None:
    """The reason names the search; there is a link and a header that stop these messages."""
    assert "because you saved the search “My search”" in part(mail, "plain")
    assert str(mail["List-Unsubscribe"]).startswith("<http://127.0.0.1:8000/messages/stop/")
    assert "Stop these messages" in part(mail, "html")


def test_a_hostile_title_is_only_text(mail: EmailMessage) -> None:
    """Markup of a board is shown in the HTML part, never part of it."""
    markup = part(mail, "html")
    assert "<script>" not in markup
    assert EVIL_TITLE in unescape(markup)
    assert all(href.startswith("http://127.0.0.1:8000") for href in re.findall(r'href="([^"]*)"', markup))
