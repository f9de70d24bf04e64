"""Asking for messages, and what becomes of a request when it is heard."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.kernel.notify.conftest import CODE, NEWS, NOON, PURPOSE, VARIABLES, House

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.events.subscriptions import run_once
from bandmate.kernel.holdings.persons import current_person
from bandmate.kernel.ids import EventId, PersonId, new_id
from bandmate.kernel.notify import (
    MessageRequest,
    MessageTemplate,
    Urgency,
    declare_template,
    request_message,
    request_messages,
)
from bandmate.kernel.notify.delivery import GIVE_UP_AFTER, deliveries


def events(house: House) -> list[Any]:
    """Return the requests in the log."""
    with house.database.read() as tx:
        return list(tx.execute(text("select * from kernel.event where type = 'tests.message.requested'")))


def test_a_request_is_an_event(house: House) -> None:
    """It is published under its own id, with the recipient as subject and every field as JSON."""
    mia, expiry = house.person(), NOON + timedelta(hours=1)
    request = house.ask(mia, expires_at=expiry, urgency=Urgency.NOW)
    (event,) = events(house)
    assert (event.event_id, event.version, event.subject) == (request, 1, str(mia))
    assert event.data == {
        "recipient": str(mia),
        "template": "tests.news",
        "topic": "News",
        "variables": dict(VARIABLES),
        "secrets": [],
        "purpose": None,
        "urgency": "now",
        "expires_at": "2026-11-21T13:00:00.000Z",
        "reason": "You asked for news.",
    }


def test_the_same_request_changes_nothing(house: House) -> None:
    """The first one stands, whatever the second says; there is one event and one delivery."""
    mia = house.person()
    request = house.ask(mia)
    house.ask(mia, request_id=request, reason="Another reason.")
    assert len(events(house)) == 1
    assert house.row(request).reason == "You asked for news."


def test_many_are_asked_for_at_once(house: House) -> None:
    """Each is an event; of the same one twice the first stands, as where it was there before; secrets are kept."""

    def wanted(reason: str, request: EventId, **variables: str) -> MessageRequest:
        template = (CODE if variables else NEWS).name
        values = dict(variables or VARIABLES)
        return MessageRequest(request, mia, template, values, None, Urgency.SOON, None, reason)

    mia, one, two = house.person(), EventId(new_id()), EventId(new_id())
    before = house.ask(mia)
    with house.database.begin() as tx:
        several = [wanted("First.", one), wanted("Second.", one), wanted("Code.", two, secret_code="hush")]
        request_messages(tx, [*several, wanted("Later.", before)], now=NOON)
        request_messages(tx, [], now=NOON)
    found = {event.event_id: event.data for event in events(house)}
    assert {key: data["reason"] for key, data in found.items()} == {
        before: "You asked for news.", one: "First.", two: "Code.",
    }  # fmt: skip
    assert "hush" not in str(found)
    assert house.secrets() == 1


def test_one_that_cannot_be_used_refuses_them_all(house: House) -> None:
    """Nothing of the rest is asked for, whatever stood before it."""
    mia = house.person()
    good = MessageRequest(EventId(new_id()), mia, NEWS.name, dict(VARIABLES), None, Urgency.SOON, None, "Because.")
    with house.database.begin() as tx, pytest.raises(InvalidInput):
        request_messages(tx, [good, replace(good, request_id=EventId(new_id()), reason=" ")], now=NOON)
    assert events(house) == []


def test_secrets_stay_out_of_the_log(house: House) -> None:
    """Variables named secret_… are in neither event nor delivery, only in a place that is emptied."""
    request = house.ask(house.person(), CODE, variables={"secret_code": "hush-4711"})
    (event,) = events(house)
    assert event.data["secrets"] == ["secret_code"]
    assert "hush-4711" not in str(event.data) + str(house.row(request)._mapping)
    assert house.secrets() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": "tests.nobody_declared_this"}, "purpose"),
        ({"expires_at": datetime(2026, 11, 21)}, "expires_at"),  # noqa: DTZ001 - the mistake that is tested
        ({"reason": "  "}, "reason"),
        ({"variables": {"when": NOON}}, "variables"),
        ({"variables": {"what": {1, 2}}}, "variables"),
        ({"variables": {"what": ["a\0b"]}}, "variables"),
        ({"variables": {"what": "\ud800"}}, "variables"),
        ({"variables": {"mail": "x"}}, "variables"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(house: House, changes: dict[str, Any], field: str) -> None:
    """A request that could never become a message is refused where it is made, naming what is wrong."""
    with pytest.raises(InvalidInput) as caught:
        house.ask(house.person(), **changes)
    assert caught.value.extra["field"] == field
    assert events(house) == []


def test_a_backslash_is_no_nul(house: House) -> None:
    """A text that merely reads like an escaped NUL is fine."""
    request = house.ask(house.person(), variables={**VARIABLES, "who": "\\u0000"})
    assert house.row(request).variables["who"] == "\\u0000"


def test_an_unknown_template_is_refused(house: House) -> None:
    """The error names the templates there are."""
    with pytest.raises(LookupError, match=r"tests\.news"):
        house.ask(house.person(), MessageTemplate("tests.unknown", "?", Path()))


def test_a_template_is_declared_once() -> None:
    """Another one under the same name is refused."""
    declare_template(NEWS)
    with pytest.raises(ValueError, match="two different templates"):
        declare_template(MessageTemplate(NEWS.name, "Other", NEWS.folder))


def test_every_context_with_a_template_is_heard() -> None:
    """The subscription hears the requests of all contexts that declare templates."""
    types = deliveries().types
    assert types is not None
    assert "tests.message.requested" in types


def test_the_program_hears_every_template_it_has() -> None:
    """Whatever any module declares is heard by the subscription of the application, however it is imported."""
    script = """
import importlib, pkgutil, bandmate, bandmate.app
from bandmate.kernel.notify.topics import declared_templates, requested_type
for module in pkgutil.walk_packages(bandmate.__path__, "bandmate."):
    if not module.name.startswith("bandmate.migrations") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
heard = next(each.types for each in bandmate.app.SUBSCRIPTIONS if each.name == "kernel.notify")
print(sorted({requested_type(each.name) for each in declared_templates()} - heard))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_consent_it_is_refused_with_the_reason(house: House) -> None:
    """A message whose purpose is not allowed is written down as refused, in words, and its secrets go."""
    request = house.ask(house.person(), purpose=PURPOSE.name, variables={**VARIABLES, "secret_code": "hush"})
    row = house.row(request)
    assert (row.state, row.why) == ("refused", "The person does not allow “News” by e-mail.")
    assert row.settled_at == NOON
    assert house.secrets() == 0


def test_with_consent_it_waits(house: House) -> None:
    """A message whose purpose is allowed waits to be sent, for three days at most."""
    mia = house.person()
    house.allow(mia)
    row = house.row(house.ask(mia, purpose=PURPOSE.name))
    assert (row.state, row.why, row.give_up_at) == ("waiting", None, NOON + GIVE_UP_AFTER)


def test_too_late_is_written_down(house: House) -> None:
    """A request that is heard after its expiry ends as expired."""
    row = house.row(house.ask(house.person(), expires_at=NOON))
    assert (row.state, row.why) == ("expired", "It was wanted until 2026-11-21T12:00:00.000Z only.")


def test_requests_are_taken_in_one_batch(house: House) -> None:
    """A batch of many recipients and mixed answers is written by one hearing."""
    allowed, other = house.person(), house.person("Bo", "bo@example.org")
    house.allow(allowed)
    with house.database.begin() as tx:
        ids = [EventId(new_id()) for _ in range(6)]
        for place, request in enumerate(ids):
            person = allowed if place % 2 else other
            wanted = MessageRequest(
                request, person, NEWS.name, VARIABLES, PURPOSE.name, Urgency.DIGEST, None, "Because."
            )
            request_message(tx, wanted, now=NOON)
    assert run_once(house.database, deliveries(house.clock), house.clock) == 6
    assert [house.row(request).state for request in ids] == ["refused", "waiting"] * 3


def test_a_merged_person_gets_it_as_who_they_are_now(house: House) -> None:
    """A request for an id that was merged into another is delivered to the other, by the other's consent."""
    old, now = house.person("M", None), house.person()
    house.allow(now)
    with house.database.begin() as tx:
        tx.execute(
            text("""
                insert into kernel.person_merge
                       (merge_id, kept, merged, merged_at, merged_by_system, reason, moved)
                values (gen_random_uuid(), :kept, :merged, :at, 'test', 'same', '{}')
            """),
            {"kept": now, "merged": old, "at": NOON},
        )
        assert current_person(tx, old) == now
    row = house.row(house.ask(old, purpose=PURPOSE.name))
    assert (row.person_id, row.state) == (now, "waiting")


def test_somebody_unknown_holds_nothing_up(house: House) -> None:
    """A request for a person who does not exist is taken like any other; sending finds no address."""
    request = house.ask(PersonId(new_id()))
    assert house.row(request).state == "waiting"
