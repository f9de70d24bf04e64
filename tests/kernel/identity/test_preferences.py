"""What people choose about themselves, and how an e-mail address is changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.persons import Account, account_of
from bandmate.kernel.identity.preferences import preferences_of, zone_choices

from .conftest import Browser

FORM = "/account/preferences"


def _save(browser: Browser, **fields: str) -> int:
    chosen = {"person_name": "Mia Kern", "locale": "", "time_zone": "", **fields}
    return browser.submit("/account", FORM, **chosen).status_code


def _link(database: Database) -> dict[str, str]:
    """Return the secret variables of the letter to the new address."""
    with database.read() as tx:
        return dict(tx.execute(text("select variables from kernel.message_secret")).scalar_one())


def _confirm(browser: Browser, link: str) -> str:
    assert "Use this address" in browser.get(link).text
    browser.submit("/account", "/account/preferences/confirm-email", token=link.partition("token=")[2])
    return browser.get("/account").text


def test_choices_are_kept(at_home: Browser, mia: Account, database: Database) -> None:
    """Name, language and time zone are saved, shown again, and can be left to the browser."""
    assert _save(at_home, person_name="Mia  Körner", locale="en", time_zone="Europe/Berlin") == 303
    with database.read() as tx:
        saved = preferences_of(tx, mia.person_id)
    assert (saved.name, saved.locale, saved.time_zone) == ("Mia Körner", "en", "Europe/Berlin")
    assert 'value="Europe/Berlin"' in at_home.get("/account").text
    _save(at_home)
    with database.read() as tx:
        assert preferences_of(tx, mia.person_id).time_zone is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("person_name", ""),
        ("person_name", "a\0b"),
        ("locale", "tlh"),
        ("time_zone", "Moon/Tycho"),
        ("time_zone", "../../etc/passwd"),
    ],
)
def test_wrong_choices_are_told_beside_their_field(at_home: Browser, field: str, wrong: str) -> None:
    """What cannot be used is answered with a sentence that leads to its field, and nothing is saved."""
    answer = at_home.submit("/account", FORM, **{"person_name": "M", "locale": "", "time_zone": "", field: wrong})
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert f'id="field-{field}"' in answer.text


def test_zones_are_places() -> None:
    """The list holds places and UTC, not the offsets and legacy names beside them."""
    zones = zone_choices()
    assert {"UTC", "Europe/Berlin", "America/Argentina/Ushuaia"} <= set(zones)
    assert not any(zone.startswith(("Etc/", "US/")) for zone in zones)


def test_an_address_changes_when_its_owner_confirms(at_home: Browser, mia: Account, database: Database) -> None:
    """The link goes to the new address, the notice to the old one; opening changes nothing; it works once."""
    at_home.submit("/account", f"{FORM}/email", new_email="kern@example.org")
    secret = _link(database)
    assert secret["secret_send_to"] == "kern@example.org"
    link = secret["secret_link"]
    at_home.get(link)
    with database.read() as tx:
        assert account_of(tx, mia.account_id).email == mia.email
        log = str(
            tx.execute(text("select string_agg(cast(t as text), chr(10)) from kernel.event as t")).scalar_one()
        )
    assert "identity.email_changed" in log
    assert "kern@example.org" not in log
    assert "kern@example.org" in _confirm(at_home, link)
    assert at_home.client.get("/account").status_code == 200
    _confirm(at_home, link)
    with database.read() as tx:
        assert account_of(tx, mia.account_id).email == "kern@example.org"


def test_a_taken_address_is_answered_alike_and_gets_no_letter(
    at_home: Browser, make_account: Callable[..., Account], database: Database
) -> None:
    """Nobody finds out here who has an account."""
    make_account("ben@example.org", name="Ben")
    free = at_home.submit("/account", f"{FORM}/email", new_email="free@example.org")
    taken = at_home.submit("/account", f"{FORM}/email", new_email="BEN@example.org")
    assert (free.status_code, free.headers["Location"]) == (taken.status_code, taken.headers["Location"])
    assert _link(database)["secret_send_to"] == "free@example.org"


def test_a_link_is_of_one_account(
    app: FastAPI, at_home: Browser, make_account: Callable[..., Account], database: Database
) -> None:
    """Somebody else who gets hold of the letter cannot take the address."""
    at_home.submit("/account", f"{FORM}/email", new_email="kern@example.org")
    ben_account = make_account("ben@example.org", name="Ben")
    ben = Browser(TestClient(app, follow_redirects=False))
    ben.sign_in(ben_account.email)
    _confirm(ben, _link(database)["secret_link"])
    with database.read() as tx:
        assert account_of(tx, ben_account.account_id).email == "ben@example.org"


def test_letters_are_limited(at_home: Browser) -> None:
    """Nobody's mailbox is flooded from here."""
    codes = [
        at_home.submit("/account", f"{FORM}/email", new_email=f"p{number}@example.org").status_code
        for number in range(6)
    ]
    assert codes == [303] * 5 + [429]


@pytest.mark.parametrize("wrong", ["", "nobody", "mia@example.org"])
def test_an_address_that_cannot_be_used_is_told(at_home: Browser, wrong: str) -> None:
    """No address, or the present one, is refused beside the field."""
    answer = at_home.submit("/account", f"{FORM}/email", new_email=wrong)
    assert answer.status_code == 422
    assert 'href="#field-new_email"' in answer.text
