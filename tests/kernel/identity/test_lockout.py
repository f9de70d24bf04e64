"""Guessing from many places is stopped, and the owner gets in all the same."""

from __future__ import annotations

import threading
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import TooManyRequests
from bandmate.kernel.identity.attempts import ATTEMPTS_FROM_ANYWHERE, ATTEMPTS_PER_ACCOUNT
from bandmate.kernel.identity.persons import Account
from bandmate.kernel.identity.sign_in import prove_password

from .conftest import PASSWORD, Browser, MovableClock

WRONG = "not the password at all"


def _guess(database: Database, email: str, address: str, clock: MovableClock, password: str = WRONG) -> str:
    try:
        found = prove_password(database, email=email, password=password, address=address, now=clock.now)
    except TooManyRequests:
        return "refused"
    return "wrong" if found is None else "right"


def _from_everywhere(database: Database, email: str, clock: MovableClock, addresses: int = 1000) -> int:
    """Guess once from each address; return how many guesses were looked at."""
    told = [_guess(database, email, f"198.18.{n // 250}.{n % 250}", clock) for n in range(addresses)]
    return told.count("wrong")


def _noted(database: Database) -> int:
    with database.read() as tx:
        query = text("select count(*) from kernel.audit_entry where action = 'identity.sign_in.refused'")
        return int(tx.execute(query).scalar_one())


def _warnings(database: Database) -> int:
    query = text("select count(*) from kernel.event where data ->> 'template' = 'identity.under_attack'")
    with database.read() as tx:
        return int(tx.execute(query).scalar_one())


def test_a_thousand_addresses_get_thirty_guesses(database: Database, mia: Account, clock: MovableClock) -> None:
    """One guess from each of a thousand addresses: thirty are looked at, and the right password waits too."""
    assert _from_everywhere(database, mia.email, clock) == ATTEMPTS_FROM_ANYWHERE
    assert _guess(database, mia.email, "192.0.2.200", clock, PASSWORD) == "refused"


def test_unknown_accounts_are_limited_alike(database: Database, clock: MovableClock) -> None:
    """The limit across networks does not tell which accounts exist."""
    assert _from_everywhere(database, "nobody@example.org", clock, 60) == ATTEMPTS_FROM_ANYWHERE


def test_the_owner_gets_in_with_a_known_browser(
    app: FastAPI, at_home: Browser, mia: Account, database: Database, clock: MovableClock
) -> None:
    """While the account is closed to strangers, a browser that signed in before still does."""
    at_home.submit("/account", "/sign-out")
    _from_everywhere(database, mia.email, clock, 60)
    stranger = Browser(TestClient(app, client=("192.0.2.9", 1), follow_redirects=False))
    assert stranger.sign_in(mia.email).status_code == 429
    assert at_home.sign_in(mia.email).status_code == 303


def test_a_known_browser_has_a_budget_of_its_own(at_home: Browser, mia: Account) -> None:
    """A stolen device guesses five times, not without end."""
    at_home.submit("/account", "/sign-out")
    codes = [at_home.sign_in(mia.email, WRONG).status_code for _ in range(6)]
    assert codes == [422] * ATTEMPTS_PER_ACCOUNT + [429]


def test_a_browser_known_to_one_account_is_a_stranger_to_others(
    app: FastAPI, at_home: Browser, make_account: object, database: Database, clock: MovableClock
) -> None:
    """Somebody with an account here guesses another's password no faster for that."""
    other = make_account("ben@example.org", name="Ben")  # type: ignore[operator] # a fixture that makes accounts
    at_home.submit("/account", "/sign-out")
    _from_everywhere(database, other.email, clock, 60)
    assert at_home.sign_in(other.email).status_code == 429


def test_a_planted_browser_token_is_not_taken_over(app: FastAPI, at_home: Browser, make_account: object) -> None:
    """A token that an attacker put into the victim's browser is replaced when the victim signs in there."""
    planted = at_home.client.cookies["bandmate_browser"]
    ben = make_account("ben@example.org", name="Ben")  # type: ignore[operator] # a fixture that makes accounts
    victim = Browser(TestClient(app, follow_redirects=False))
    victim.client.cookies["bandmate_browser"] = planted
    answer = victim.sign_in(ben.email)
    assert f"bandmate_browser={planted}" not in answer.headers["Set-Cookie"]
    assert "bandmate_browser=" in answer.headers["Set-Cookie"]


def test_nobody_is_locked_out_for_good(database: Database, mia: Account, clock: MovableClock) -> None:
    """An hour after the guesses a stranger's browser may try again."""
    _from_everywhere(database, mia.email, clock, 40)
    clock.move(timedelta(hours=1))
    assert _guess(database, mia.email, "192.0.2.200", clock, PASSWORD) == "right"


def test_the_owner_is_told_once_a_day_and_the_trail_once_a_window(
    database: Database, mia: Account, clock: MovableClock
) -> None:
    """However long it goes on: one letter a day, one entry in a quarter of an hour."""
    _from_everywhere(database, mia.email, clock, 60)
    assert (_warnings(database), _noted(database)) == (1, 1)
    clock.move(timedelta(minutes=16))
    _from_everywhere(database, mia.email, clock, 3)
    assert (_warnings(database), _noted(database)) == (1, 2)
    clock.move(timedelta(days=1))
    _from_everywhere(database, mia.email, clock, 60)
    assert _warnings(database) == 2


def test_limits_hold_against_guesses_at_once(database: Database, mia: Account, clock: MovableClock) -> None:
    """Eighty guesses from eighty addresses in eight threads: thirty are looked at."""
    told: list[str] = []

    def work(thread: int) -> None:
        told.extend(_guess(database, mia.email, f"198.18.{thread}.{n}", clock) for n in range(10))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("wrong") == ATTEMPTS_FROM_ANYWHERE
    assert len(told) == 80


def test_one_ipv6_network_is_one_party(database: Database, mia: Account, clock: MovableClock) -> None:
    """A thousand addresses within one /64 get the guesses of one; the neighbouring /64 its own."""
    told = [_guess(database, mia.email, f"2001:db8::{n:x}", clock) for n in range(1, 30)]
    assert told.count("wrong") == ATTEMPTS_PER_ACCOUNT
    assert _guess(database, mia.email, "2001:db8:0:1::1", clock, PASSWORD) == "right"


def test_counts_hold_no_address(database: Database, mia: Account, clock: MovableClock) -> None:
    """What is counted is stored as hashes: neither e-mail nor network address."""
    _guess(database, mia.email, "192.0.2.77", clock)
    with database.read() as tx:
        stored = str(
            tx.execute(
                text("select string_agg(cast(t as text), chr(10)) from kernel.sign_in_attempt as t")
            ).scalar_one()
        )
    assert "192.0.2" not in stored
    assert "mia" not in stored
