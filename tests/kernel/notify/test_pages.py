"""Pages and API of messages, links that stop them, and what is held about a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from httpx import Response
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.notify.conftest import CODE, NEWS, NOON, PURPOSE, House, Kept

from bandmate.app import create_app
from bandmate.kernel.consent import allows, history
from bandmate.kernel.holdings import Holding, declared_holdings
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.persons import set_role
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import AccountId, PersonId
from bandmate.kernel.notify.channels import Undeliverable

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def client(house: House) -> TestClient:
    """Somebody nobody knows."""
    return TestClient(create_app(house.settings, house.database, clock=house.clock), follow_redirects=False)


@pytest.fixture
def sign_in(house: House, client: TestClient) -> Callable[..., Callable[..., Response]]:
    """Sign a person in; what is returned calls routes as their browser would."""

    def enter(person: PersonId, role: Role = Role.MEMBER) -> Callable[..., Response]:
        with house.database.begin() as tx:
            account = tx.execute(
                text("select account_id from kernel.account where person_id = :id"), {"id": person}
            ).scalar_one()
            set_role(tx, AccountId(account), role)
            opened = open_session(
                tx, AccountId(account), now=house.clock(), lifetime=timedelta(days=1), address="", user_agent=""
            )
        cookies = f"bandmate_session={opened.token}; __Host-bandmate_session={opened.token}"
        cookie = {"Cookie": cookies, "Accept": "text/html"}

        def call(path: str, method: str = "GET") -> Response:
            headers = {
                **cookie,
                "X-CSRF-Token": csrf_token_for(opened.token),
                "Origin": "https://band.example.org",
            }
            answer: Response = client.request(method, path, headers=headers)
            return answer

        return call

    return enter


def failing(_: object) -> None:
    """Refuse for good."""
    raise Undeliverable("550 no such user")


def stop_path(house: House, person: PersonId) -> str:
    """Send news to a person who allows them and return the path of the link that stops them."""
    channel = Kept()
    house.ask(person, purpose=PURPOSE.name)
    house.send(channel)
    url = channel.letters[-1].stop_url
    assert url is not None
    return urlsplit(url).path


def is_allowed(house: House, person: PersonId) -> bool:
    """Ask the ledger about now."""
    with house.database.read() as tx:
        return allows(tx, person, PURPOSE.name, "email", at=house.clock()).allowed


class TestStopping:
    def test_opening_the_link_stops_nothing(self, house: House, client: TestClient) -> None:
        """Mail scanners open links; the page shows one button and tells nothing about the person."""
        mia = house.person()
        house.allow(mia)
        page = client.get(stop_path(house, mia))
        assert page.status_code == 200
        assert page.text.count("<form") == page.text.count('method="post"') + page.text.count('role="search"')
        assert "Stop these messages" in page.text
        assert "Mia" not in page.text
        assert "mia@example.org" not in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert is_allowed(house, mia)

    def test_one_click_stops_them(self, house: House, client: TestClient) -> None:
        """RFC 8058: a mail client's POST without cookies, from anywhere, stops them without a redirect."""
        mia = house.person()
        house.allow(mia)
        path = stop_path(house, mia)
        answer = client.post(path, data=ONE_CLICK, headers={"Origin": "https://mail.example.com"})
        assert answer.status_code == 200
        assert not is_allowed(house, mia)

    def test_twice_is_once(self, house: House, client: TestClient) -> None:
        """Pressing again answers the same and writes nothing more into the ledger."""
        mia = house.person()
        house.allow(mia)
        path = stop_path(house, mia)
        assert [client.post(path, data=ONE_CLICK).status_code for _ in range(3)] == [200, 200, 200]
        with house.database.read() as tx:
            assert len(history(tx, mia)) == 2

    def test_an_old_link_stops_what_was_allowed_anew(self, house: House, client: TestClient) -> None:
        """Whoever allows again and finds an old mail can use its link again."""
        mia = house.person()
        house.allow(mia)
        path = stop_path(house, mia)
        client.post(path, data=ONE_CLICK)
        house.clock.move(timedelta(hours=1))
        house.allow(mia)
        assert is_allowed(house, mia)
        house.clock.move(timedelta(hours=1))
        client.post(path, data=ONE_CLICK)
        assert not is_allowed(house, mia)

    def test_it_withdraws_from_whom_the_mail_was_for(
        self, house: House, client: TestClient, sign_in: Callable[..., Callable[..., Response]]
    ) -> None:
        """Who is signed in does not matter: a forwarded link never acts on the forwardee's consent."""
        mia, bo = house.person(), house.person("Bo", "bo@example.org")
        house.allow(mia)
        house.allow(bo)
        assert sign_in(bo)(stop_path(house, mia), "POST").status_code == 200
        assert not is_allowed(house, mia)
        assert is_allowed(house, bo)

    def test_an_invented_token_is_not_found(self, client: TestClient) -> None:
        """It answers 404 in words, whatever it looks like."""
        for token in ("x", "A" * 43, "%00", "%F0%9F%A5%81"):
            assert client.get(f"/messages/stop/{token}").status_code == 404
            assert client.post(f"/messages/stop/{token}", data=ONE_CLICK).status_code == 404

    def test_nothing_else_is_admitted_without_a_token(self, client: TestClient) -> None:
        """The exception from the check against forgery holds for this one address, not for its neighbours."""
        for path in (
            "/messages/stop/",
            "/messages/stop/x/y",
            "/messages/stop",
            "/sign-out",
            "/messages/stop/../x",
        ):
            assert client.post(path, data=ONE_CLICK).status_code in {403, 404, 405}
        assert client.post("/sign-out", data=ONE_CLICK).status_code == 403

    def test_tokens_are_kept_as_hashes(self, house: House) -> None:
        """No part of the database holds the token itself; each message has its own."""
        mia = house.person()
        house.allow(mia)
        tokens = {stop_path(house, mia).rpartition("/")[2] for _ in range(2)}
        assert len(tokens) == 2
        with house.database.read() as tx:
            rows = str(tx.execute(text("select * from kernel.stop_link, kernel.delivery")).all())
        assert not any(token in rows for token in tokens)


class TestMine:
    def test_i_see_my_messages_and_no_others(
        self, house: House, sign_in: Callable[..., Callable[..., Response]]
    ) -> None:
        """Subject, reason, address and state of mine; nothing of other people's."""
        mia, bo = house.person(), house.person("Bo", "bo@example.org")
        house.ask(mia, reason="Because you play the drums.")
        house.ask(bo, reason="Because you play the bass.")
        house.ask(mia, CODE, variables={"secret_code": "hush-4711"})
        house.send(Kept())
        page = sign_in(mia)("/messages").text
        assert "News for Mia" in page
        assert "Because you play the drums." in page
        assert "mia@example.org" in page
        assert "bass" not in page
        assert "hush" not in page
        data = sign_in(mia)("/messages/v1/messages").json()["data"]
        assert {item["subject"] for item in data} == {"News for Mia", "Your code …"}

    def test_it_may_be_empty(self, house: House, sign_in: Callable[..., Callable[..., Response]]) -> None:
        """Who got nothing reads what would be here."""
        assert "Nothing was sent to you yet" in sign_in(house.person())("/messages").text

    def test_pages_follow_each_other(self, house: House, sign_in: Callable[..., Callable[..., Response]]) -> None:
        """All messages are on exactly one page, newest first, also those of one instant."""
        mia = house.person()
        for _ in range(7):
            house.ask(mia)
        call, seen, cursor = sign_in(mia), [], ""
        for _ in range(5):
            answer = call(f"/messages/v1/messages?limit=3{cursor}").json()
            seen += [item["message_id"] for item in answer["data"]]
            if answer["meta"]["next_cursor"] is None:
                break
            cursor = f"&cursor={answer['meta']['next_cursor']}"
        assert len(seen) == len(set(seen)) == 7
        assert call("/messages/v1/messages?cursor=x").status_code == 400


class TestOperators:
    def test_failures_show_with_their_reason(
        self, house: House, sign_in: Callable[..., Callable[..., Response]]
    ) -> None:
        """Operators see what failed and why, and have it sent again."""
        request = house.ask(house.person())
        house.send(Kept(fail=failing))
        call = sign_in(house.person("Op", "op@example.org"), Role.OPERATOR)
        page = call("/operator/messages?state=failed").text
        assert "550 no such user" in page
        assert "Send all failed again" in page
        row = house.row(request)
        assert call(f"/operator/messages/{row.delivery_id}/again", "POST").status_code == 303
        assert house.row(request).state == "waiting"
        assert call(f"/operator/messages/{row.delivery_id}/again", "POST").status_code == 409
        (item,) = call("/messages/v1/deliveries").json()["data"]
        assert (item["state"], item["template"], item["through"]) == ("waiting", "tests.news", "kept")

    def test_all_at_once(self, house: House, sign_in: Callable[..., Callable[..., Response]]) -> None:
        """One button sends all that failed again and says how many."""
        mia = house.person()
        requests = [house.ask(mia) for _ in range(2)]
        house.send(Kept(fail=failing))
        call = sign_in(house.person("Op", "op@example.org"), Role.OPERATOR)
        assert call("/operator/messages/again", "POST").status_code == 303
        assert {house.row(request).state for request in requests} == {"waiting"}

    def test_a_wrong_setting_is_told(self, house: House, sign_in: Callable[..., Callable[..., Response]]) -> None:
        """Where nothing can be sent because of a setting, the page names it."""
        settings = house.settings.model_copy(update={"messages": "smtp"})
        client = TestClient(create_app(settings, house.database, clock=house.clock))
        call = sign_in(house.person("Op", "op@example.org"), Role.OPERATOR)
        cookie = call("/operator/messages").request.headers["Cookie"]
        page = client.get("/operator/messages", headers={"Cookie": cookie, "Accept": "text/html"}).text
        assert "set BANDMATE_SMTP_URL as well" in page

    def test_figures(self, house: House, sign_in: Callable[..., Callable[..., Response]]) -> None:
        """A scrape counts what waits and what failed."""
        mia = house.person()
        house.ask(mia)
        house.send(Kept(fail=failing))
        house.ask(mia)
        metrics = sign_in(house.person("Op", "op@example.org"), Role.OPERATOR)("/metrics").text
        found = dict(re.findall(r'^bandmate_messages\{state="(\w+)"\} ([\d.]+)$', metrics, re.MULTILINE))
        assert found == {"waiting": "1.0", "retrying": "0.0", "failed": "1.0"}


class TestHolding:
    @pytest.fixture
    def holding(self) -> Holding:
        """What is declared."""
        return next(each for each in declared_holdings() if each.name == "messages")

    def test_export(self, house: House, holding: Holding) -> None:
        """A person gets every message with what it was written from, without secrets."""
        mia = house.person()
        house.ask(mia)
        house.ask(mia, CODE, variables={"secret_code": "hush-4711"})
        house.send(Kept())
        with house.database.read() as tx:
            exported = holding.export(tx, mia)
        assert isinstance(exported, list)
        assert {str(item["subject"]) for item in exported if isinstance(item, dict)} == {
            "News for Mia",
            "Your code …",
        }
        assert "hush" not in str(exported)

    def test_erase(self, house: House, holding: Holding, client: TestClient) -> None:
        """Nothing of the person stays, what waits is not sent, links stop nothing any more; others keep theirs."""
        mia, bo = house.person(), house.person("Bo", "bo@example.org")
        house.allow(mia)
        path = stop_path(house, mia)
        house.ask(mia, CODE, variables={"secret_code": "hush-4711"})
        kept = house.ask(bo)
        for _ in range(2):
            with house.database.begin() as tx:
                holding.erase(tx, mia, NOON)
        channel = Kept()
        house.send(channel)
        assert [letter.address for letter in channel.letters] == ["bo@example.org"]
        assert house.row(kept).state == "sent"
        assert house.secrets() == 0
        assert client.get(path).status_code == 404

    def test_merge_and_split(self, house: House, holding: Holding) -> None:
        """Messages move to the person who is kept, and exactly those come back."""
        mia, other = house.person(), house.person("M. Kern", "m@example.org")
        own, moved = house.ask(mia), house.ask(other, CODE, variables={"secret_code": "hush-4711"})
        with house.database.begin() as tx:
            keys = holding.merge(tx, mia, other, NOON)
        assert house.row(moved).person_id == mia
        later = house.ask(mia, NEWS)
        with house.database.begin() as tx:
            holding.split(tx, mia, other, keys, NOON)
        assert [house.row(each).person_id for each in (own, moved, later)] == [mia, other, mia]
