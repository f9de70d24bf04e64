"""Getting back in without the password: what it takes, what it tells, what it ends."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import nullcontext
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text, update
from starlette.testclient import TestClient

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import commands, passwords
from bandmate.kernel.identity.persons import Account
from bandmate.kernel.identity.recovery import issue_recovery, recover, send_recovery
from bandmate.kernel.identity.tables import account
from bandmate.kernel.tasks import TaskContext

from .conftest import NOON, PASSWORD, Browser, MovableClock
from .test_commands import run

NEW = "a quiet drum in the attic"


def _jobs(database: Database) -> list[dict[str, str]]:
    with database.read() as tx:
        return list(
            tx.execute(
                text(
                    "select args from procrastinate.procrastinate_jobs where task_name = 'identity.send_recovery'"
                )
            ).scalars()
        )


def _send(database: Database, clock: MovableClock) -> None:
    """Do what the worker does with the jobs that wait."""
    for job in _jobs(database):
        send_recovery(TaskContext(database, clock, 1, None, lambda: False), **job)


def _link(database: Database, owner: Account, *, at: MovableClock) -> str:
    with database.begin() as tx:
        return issue_recovery(tx, owner.account_id, now=at.now)


def _messages(database: Database) -> list[str]:
    with database.read() as tx:
        return list(
            tx.execute(
                text("select data ->> 'template' from kernel.event where type = 'identity.message.requested'")
            ).scalars()
        )


def _open(browser: Browser, link: str) -> None:
    answer = browser.get(link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/recover/new-password")


class TestAsking:
    """Asking for a link."""

    def test_known_and_unknown_get_the_same_answer(self, browser: Browser, mia: Account) -> None:
        """Body, status and headers do not tell whether there is an account."""
        token = browser.token("/recover")
        answers = [
            browser.post("/recover", csrf_token=token, email=email) for email in (mia.email, "nobody@example.org")
        ]
        assert answers[0].status_code == 200
        assert answers[0].text == answers[1].text
        assert "Look into your mailbox" in answers[0].text
        lasting = [{k: v for k, v in answer.headers.items() if k != "x-request-id"} for answer in answers]
        assert lasting[0] == lasting[1]

    def test_known_and_unknown_cost_the_same(
        self, browser: Browser, mia: Account, queries: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Either way the same statements run and argon2 does not."""
        hashed: list[str] = []
        monkeypatch.setattr(passwords, "hash_password", hashed.append)
        token, sent = browser.token("/recover"), []
        for email in (mia.email, "nobody@example.org"):
            queries.clear()
            browser.post("/recover", csrf_token=token, email=email)
            sent.append(list(queries))
        assert sent[0] == sent[1]
        assert hashed == []

    def test_a_job_waits_either_way_and_holds_no_address(
        self, browser: Browser, mia: Account, database: Database
    ) -> None:
        """The queue gets a job in both cases, and nobody's e-mail address stands in it."""
        for email in (mia.email, "nobody@example.org"):
            browser.submit("/recover", "/recover", email=email)
        jobs = _jobs(database)
        assert len(jobs) == 2
        assert not any("@" in str(job) for job in jobs)

    def test_the_owner_gets_a_letter_and_nobody_else(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """The worker asks for one message, whose link stands nowhere in the event log."""
        for email in (mia.email, "nobody@example.org"):
            browser.submit("/recover", "/recover", email=email)
        _send(database, clock)
        assert _messages(database) == ["identity.recovery"]
        with database.read() as tx:
            assert "/recover/" not in str(
                tx.execute(text("select string_agg(cast(t as text), chr(10)) from kernel.event as t")).scalar_one()
            )
            assert tx.execute(text("select count(*) from kernel.account_link")).scalar_one() == 1

    def test_a_disabled_account_gets_no_letter(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """Whoever may not come in is not helped in, and is not told so either."""
        with database.begin() as tx:
            tx.execute(update(account).values(disabled_at=NOON))
        assert browser.submit("/recover", "/recover", email=mia.email).status_code == 200
        _send(database, clock)
        assert _messages(database) == []

    def test_more_than_three_letters_an_hour_are_not_sent(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """The fourth request is answered alike and sends nothing; an hour later one does."""
        answers = [browser.submit("/recover", "/recover", email=mia.email).text for _ in range(5)]
        assert all("Look into your mailbox" in answer for answer in answers)
        wanted = [job["account_id"] == str(mia.account_id) for job in _jobs(database)]
        assert wanted == [True] * 3 + [False] * 2
        clock.move(timedelta(hours=1))
        browser.submit("/recover", "/recover", email=mia.email)
        assert _jobs(database)[-1]["account_id"] == str(mia.account_id)

    def test_a_network_may_ask_twenty_times_an_hour(self, browser: Browser) -> None:
        """Then it has to wait, whichever addresses it asks for."""
        token = browser.token("/recover")
        codes = [
            browser.post("/recover", csrf_token=token, email=f"p{number}@example.org").status_code
            for number in range(21)
        ]
        assert codes == [200] * 20 + [429]

    def test_strange_addresses_are_answered_alike(self, browser: Browser) -> None:
        """An address that nobody can have gets the same answer as one that nobody has."""
        assert "Look into your mailbox" in browser.submit("/recover", "/recover", email="a\0b@example.org").text

    @pytest.mark.parametrize("email", ["", "x" * 5000, "\N{SNOWMAN}", "'; drop table person"])
    def test_what_is_no_address_is_told_so(self, browser: Browser, email: str) -> None:
        """What has no @ is an error that says what to write, whoever asks."""
        answer = browser.submit("/recover", "/recover", email=email)
        assert (answer.status_code, "such as mia@example.org" in answer.text) == (422, True)

    def test_sign_in_page_leads_here(self, browser: Browser) -> None:
        """Whoever has forgotten the password finds the way."""
        assert 'href="/recover"' in browser.get("/sign-in").text


class TestLink:
    """Using a link."""

    def test_it_sets_a_password_and_ends_every_session(
        self, app: FastAPI, at_home: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """After it the new password works, the old one does not, and who was signed in no longer is."""
        other = Browser(TestClient(app, follow_redirects=False))
        _open(other, _link(database, mia, at=clock))
        assert other.submit("/recover/new-password", "/recover/new-password", password=NEW).status_code == 303
        assert at_home.get("/probe/v1/anyone").json()["via"] == "anonymous"
        assert other.sign_in(mia.email).status_code == 422
        assert other.sign_in(mia.email, NEW).status_code == 303
        assert "identity.password_changed" in _messages(database)
        with database.read() as tx:
            noted = tx.execute(text("select action from kernel.audit_entry")).scalars().all()
        assert "identity.recovery.used" in noted

    def test_opening_uses_nothing_up(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """Mail scanners open links; the owner's click afterwards still works."""
        link = _link(database, mia, at=clock)
        for _ in range(3):
            _open(browser, link)
            assert browser.get("/recover/new-password").status_code == 200
        answer = browser.submit("/recover/new-password", "/recover/new-password", password=NEW)
        assert answer.headers["Location"] == "/sign-in"

    def test_it_works_once_and_takes_the_others_along(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """After one link was used, neither it nor another of the account works."""
        first, second = (_link(database, mia, at=clock) for _ in range(2))
        _open(browser, first)
        browser.submit("/recover/new-password", "/recover/new-password", password=NEW)
        for link in (first, second):
            _open(browser, link)
            answer = browser.get("/recover/new-password")
            assert (answer.status_code, "does not work any more" in answer.text) == (404, True)

    def test_it_ends_after_an_hour(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """A letter found later opens nothing."""
        _open(browser, _link(database, mia, at=clock))
        clock.move(timedelta(hours=1))
        assert browser.get("/recover/new-password").status_code == 404

    def test_a_poor_password_keeps_the_link(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """A password that is too short is told in place, and the next try with the same link works."""
        _open(browser, _link(database, mia, at=clock))
        assert (
            browser.submit("/recover/new-password", "/recover/new-password", password="short").status_code == 422
        )
        assert browser.submit("/recover/new-password", "/recover/new-password", password=NEW).status_code == 303

    def test_two_at_once_use_it_once(self, database: Database, mia: Account, clock: MovableClock) -> None:
        """Of threads that use one link at the same time, one succeeds."""
        token = _link(database, mia, at=clock).rpartition("/")[2]
        outcomes: list[str] = []

        def use(number: int) -> None:
            try:
                with database.begin() as tx:
                    recover(tx, token, f"{NEW} {number}", address="", now=clock.now)
                outcomes.append("used")
            except NotFound:
                outcomes.append("gone")

        threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["gone", "gone", "gone", "used"]

    def test_an_account_without_a_password_gets_one(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """Whoever signed in through a provider can come back by a link."""
        with database.begin() as tx:
            tx.execute(update(account).values(password_hash=None, password_changed_at=None))
        _open(browser, _link(database, mia, at=clock))
        browser.submit("/recover/new-password", "/recover/new-password", password=NEW)
        assert browser.sign_in(mia.email, NEW).status_code == 303

    def test_the_token_goes_nowhere(
        self,
        browser: Browser,
        mia: Account,
        database: Database,
        clock: MovableClock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """It stands in no log, in no page, in no address but the link's, and the database has a hash of it."""
        link = _link(database, mia, at=clock)
        token = link.rpartition("/")[2]
        with caplog.at_level(logging.DEBUG):
            opened = browser.get(link)
            page = browser.get("/recover/new-password")
        assert opened.headers["Referrer-Policy"] == "no-referrer"
        assert opened.headers["Cache-Control"] == page.headers["Cache-Control"] == "no-store"
        # httpx, the test's browser, logs the address it asks for.
        ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
        assert token not in ours + page.text + opened.headers["Location"]
        with database.read() as tx:
            assert token not in str(
                tx.execute(
                    text("select string_agg(cast(t as text), chr(10)) from kernel.account_link as t")
                ).scalar_one()
            )

    def test_the_cookie_is_guarded(self, browser: Browser) -> None:
        """Scripts cannot read it, and it ends with the link."""
        cookie = browser.get("/recover/" + "a" * 43).headers["Set-Cookie"].lower()
        assert all(word in cookie for word in ("httponly", "samesite=lax", "max-age=3600"))

    def test_a_password_change_ends_links(
        self, at_home: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """Whoever changes the password makes letters in somebody else's hands worthless."""
        link = _link(database, mia, at=clock)
        at_home.submit("/account", "/account/password", present=PASSWORD, password=NEW)
        _open(at_home, link)
        assert at_home.get("/recover/new-password").status_code == 404

    def test_it_cannot_be_forged_across_sites(
        self, browser: Browser, mia: Account, database: Database, clock: MovableClock
    ) -> None:
        """Another site cannot make a browser with an opened link set a password."""
        _open(browser, _link(database, mia, at=clock))
        assert browser.post("/recover/new-password", password=NEW).status_code == 403


def test_operators_without_mail_make_a_link(
    database: Database, mia: Account, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command prints a whole address that works, and the trail knows of it."""
    monkeypatch.setattr(commands, "command_database", lambda: nullcontext(database))
    monkeypatch.setattr(commands, "system_clock", lambda: NOON)
    printed = run("accounts", "recovery-link", mia.email).stdout.strip()
    path = re.sub(r"^http://127\.0\.0\.1:8000", "", printed)
    _open(browser, path)
    assert browser.get("/recover/new-password").status_code == 200
    with database.read() as tx:
        assert (
            "identity.recovery.link_made"
            in tx.execute(text("select action from kernel.audit_entry")).scalars().all()
        )
