"""Pages, API and commands: who sees what, secrets shown once, forms that come back with what is wrong."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import PASSWORD, Browser
from typer.testing import CliRunner

from bandmate.app import create_app
from bandmate.cli import app as program
from bandmate.kernel.config import Settings
from bandmate.kernel.consent.events import GRANTED
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.telemetry.logs import configure_logging
from bandmate.kernel.webhooks.endpoints import all_endpoints

from .conftest import ShiftedClock, World, answering

LIST = "/operator/webhooks"
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


@pytest.fixture
def app(settings: Settings, database: Database, clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The whole application, hashing passwords at least cost."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return create_app(settings, database, clock=clock)


@pytest.fixture
def signed_in(app: FastAPI, database: Database, clock: ShiftedClock) -> Callable[[Role], Browser]:
    """Sign somebody in."""

    def sign_in(role: Role) -> Browser:
        address = f"{role}@bandmate.example"
        with database.begin() as tx:
            person = create_person(tx, name="Ada Lindqvist", now=clock())
            create_account(tx, person, email=address, password=PASSWORD, role=role, now=clock())
        browser = Browser(TestClient(app, follow_redirects=False))
        assert browser.sign_in(address).status_code == 303
        return browser

    return sign_in


@pytest.fixture
def operator(signed_in: Callable[[Role], Browser]) -> Browser:
    """Somebody who runs the installation."""
    return signed_in(Role.OPERATOR)


def add(operator: Browser, world: World, **fields: object) -> str:
    """Register an endpoint by the form; return the markup of the answer."""
    values = {"url": f"{world.receiver.url}/hook", "description": "Our mirror", "types": "postings.*", **fields}
    return operator.submit(LIST, LIST, **values).text


def only(world: World) -> SimpleNamespace:
    """Return the one endpoint there is."""
    with world.database.read() as tx:
        (endpoint,) = all_endpoints(tx)
    return SimpleNamespace(endpoint_id=endpoint.endpoint_id, here=f"{LIST}/{endpoint.endpoint_id}", it=endpoint)


class TestPages:
    def test_without_webhooks_the_page_says_what_would_be_here(self, operator: Browser) -> None:
        """An empty list explains itself and offers the form."""
        assert "No webhooks yet" in operator.get(LIST).text

    def test_the_secret_is_shown_once(self, operator: Browser, world: World) -> None:
        """The answer to the form has it; no page afterwards does."""
        made = add(operator, world)
        assert len(_SECRET.findall(made)) == 1
        for path in (LIST, only(world).here):
            assert "whsec_" not in operator.get(path).text

    def test_a_form_that_cannot_be_used_comes_back(self, operator: Browser) -> None:
        """What was written stands in it again, with what is wrong; nothing is registered."""
        answer = operator.submit(
            LIST, LIST, url="https://u:p@example.org/", description="<b>x</b>", types="postings.*"
        )
        assert answer.status_code == 422
        assert "leave them out" in answer.text
        assert "&lt;b&gt;x&lt;/b&gt;" in answer.text
        assert "No webhooks yet" in operator.get(LIST).text

    def test_a_failing_endpoint_shows_its_last_answer_harmless(self, operator: Browser, world: World) -> None:
        """Status, error and the beginning of the answer, escaped."""
        world.receiver.behaviours["/hook"] = answering(500, b"<script>alert(1)</script>")
        add(operator, world)
        world.tell_and_send("a")
        seen = operator.get(only(world).here).text
        assert "It answered 500." in seen
        assert "&lt;script&gt;alert(1)" in seen
        assert "<script>alert" not in seen
        assert "Failing" in operator.get(LIST).text

    def test_the_test_button_sends(self, operator: Browser, world: World) -> None:
        """A signed test event arrives, and its delivery is on the page."""
        add(operator, world)
        here = only(world).here
        assert operator.submit(here, f"{here}/test").status_code == 303
        world.send()
        assert b'"webhooks.test"' in world.receiver.got[0].body
        assert "webhooks.test" in operator.get(here).text

    def test_pausing_resuming_deleting_and_their_undo(self, operator: Browser, world: World) -> None:
        """Each redirects back and says how to undo it."""
        add(operator, world)
        here = only(world).here
        operator.submit(here, f"{here}/pause")
        assert only(world).it.state == "paused"
        page = operator.get(here).text
        assert f'action="{here}/resume"' in page
        operator.submit(here, f"{here}/resume")
        assert only(world).it.state == "active"
        operator.submit(here, f"{here}/delete")
        assert f'action="{here}/restore"' in operator.get(LIST).text
        assert operator.get(here).status_code == 404
        operator.submit(LIST, f"{here}/restore")
        assert operator.get(here).status_code == 200

    def test_every_form_and_link_of_the_page_leads_to_this_endpoint(self, operator: Browser, world: World) -> None:
        """What the page offers are its own addresses, none made of something else."""
        add(operator, world)
        world.tell_and_send("a")
        here = only(world).here
        page = operator.get(here).text
        offered = set(re.findall(r'action="(/operator/webhooks/[^"]+)"', page))
        delivery = re.search(rf"{here}/deliveries/[0-9a-f-]{{36}}", page)
        assert delivery is not None
        acts = ("test", "pause", "replay", "change", "rotate", "delete")
        assert offered == {*(f"{here}/{act}" for act in acts), delivery[0]}
        assert f'href="{here}?state=dead#deliveries"' in page

    def test_rotating_shows_the_new_secret_once(self, operator: Browser, world: World) -> None:
        """Another than before, and until when the old one signs too."""
        first = _SECRET.findall(add(operator, world))
        here = only(world).here
        second = _SECRET.findall(operator.submit(here, f"{here}/rotate").text)
        assert len(second) == 1
        assert first != second
        assert only(world).it.former_until is not None

    def test_only_an_administrator_allows_events_about_persons(
        self, operator: Browser, signed_in: Callable[[Role], Browser], world: World
    ) -> None:
        """An operator neither sees the form nor may send it; the page says what is held back."""
        add(operator, world, types=GRANTED)
        here = only(world).here
        page = operator.get(here).text
        assert "no administrator has allowed it" in page
        assert f"{here}/allow" not in page
        assert operator.submit(here, f"{here}/allow", allowed=GRANTED).status_code == 403
        administrator = signed_in(Role.ADMINISTRATOR)
        assert administrator.submit(here, f"{here}/allow", allowed=GRANTED).status_code == 303
        assert only(world).it.allowed_types == (GRANTED,)

    @pytest.mark.parametrize(
        ("since", "event", "status"),
        [
            ("2026-01-01 08:00", "", 303),
            ("2026-01-01", "", 303),
            ("yesterday", "", 422),
            ("", "", 422),
            ("", "x", 422),
            ("9999-12-31T23:59:59-23:00", "", 422),
        ],
    )
    def test_a_replay_is_asked_for_by_time_or_event(
        self, operator: Browser, world: World, since: str, event: str, status: int
    ) -> None:
        """What cannot be read comes back with the form."""
        add(operator, world)
        here = only(world).here
        assert operator.submit(here, f"{here}/replay", since=since, event=event).status_code == status

    def test_deliveries_are_paged_and_filtered(self, operator: Browser, world: World) -> None:
        """Every one is on exactly one page; dead letters have a list of their own."""
        add(operator, world)
        ids = world.tell(*map(str, range(120)))
        world.hear()
        here, seen = only(world).here, []
        address: str | None = here
        while address is not None:
            page = operator.get(address).text
            seen += re.findall(r"<code>([0-9a-f-]{36})</code>", page)
            following = re.search(r'href="([^"]+)#deliveries" rel="next"', page)
            address = following and following[1].replace("&amp;", "&")
        assert sorted(seen) == sorted(ids)
        assert "None of these" in operator.get(f"{here}?state=dead").text


class TestApi:
    @pytest.fixture
    def client(self, app: FastAPI, database: Database, clock: ShiftedClock) -> TestClient:
        """A program with an operator's key."""
        with database.begin() as tx:
            person = create_person(tx, name="Robot", now=clock())
            account = create_account(
                tx, person, email="robot@bandmate.example", password=PASSWORD, role=Role.OPERATOR, now=clock()
            )
            key = create_key(
                tx, account.account_id, name="hooks", scopes=["operator"], expires_at=None, now=clock()
            )
        return TestClient(app, headers={"Authorization": f"Bearer {key.text}"})

    def test_registering_listing_deliveries_and_replay(self, client: TestClient, world: World) -> None:
        """Everything the pages do for a program; the secret is in the first answer only."""
        made = client.post(
            "/webhooks/v1/endpoints", json={"url": f"{world.receiver.url}/x", "types": ["postings.*"]}
        )
        assert made.status_code == 201
        assert _SECRET.fullmatch(made.json()["secret"])
        (event_id,) = world.tell_and_send("a")
        listed = client.get("/webhooks/v1/endpoints")
        assert "whsec_" not in listed.text
        (endpoint,) = listed.json()["data"]
        assert endpoint["last_success_at"] is not None
        here = f"/webhooks/v1/endpoints/{endpoint['endpoint_id']}"
        assert client.get(here).json()["data"] == endpoint
        page = client.get(f"{here}/deliveries?state=done&limit=1").json()
        assert [delivery["event_id"] for delivery in page["data"]] == [event_id]
        assert page["meta"] == {"total": 1, "next_cursor": None}
        assert client.post(f"{here}/replay", json={"event_id": event_id}).status_code == 202

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("", {"url": "http://[", "types": ["postings.*"]}),
            ("", {"url": "https://example.org/", "types": ["nobody.*"]}),
            ("", {"url": "https://example.org/", "types": ["postings.*"], "secret": "mine"}),
        ],
    )
    def test_what_cannot_be_used_is_a_problem_document(
        self, client: TestClient, path: str, body: dict[str, object]
    ) -> None:
        """422 with a sentence, never an error of ours."""
        answer = client.post(f"/webhooks/v1/endpoints{path}", json=body)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_foreign_cursor_is_refused(self, client: TestClient, world: World) -> None:
        """400 with the usual words."""
        made = world.register()
        here = f"/webhooks/v1/endpoints/{made.endpoint_id}/deliveries"
        assert client.get(f"{here}?cursor=abc").status_code == 400


class TestSecrecy:
    def test_no_secret_stands_in_log_database_or_event(
        self, operator: Browser, world: World, settings: Settings
    ) -> None:
        """Registered, tested, rotated, failed: what was shown is in no log line and in no row of any table."""
        written = io.StringIO()
        before = logging.getLogger().handlers[:]
        configure_logging("text", "DEBUG", written)
        try:
            shown = _SECRET.findall(add(operator, world))
            here = only(world).here
            operator.submit(here, f"{here}/test")
            shown += _SECRET.findall(operator.submit(here, f"{here}/rotate").text)
            world.receiver.behaviours["/hook"] = answering(500)
            world.tell_and_send("a")
        finally:
            logging.getLogger().handlers[:] = before
        key = (settings.home / "webhook.key").read_bytes()
        assert "webhook_attempt" in written.getvalue()
        with world.database.read() as tx:
            tables = tx.execute(
                text("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'kernel'")
            ).scalars()
            rows = "".join(
                tx.execute(
                    text(f"select coalesce(string_agg(cast(t as text), ''), '') from {name} t")
                ).scalar_one()
                for name in tables.all()
            )
        for secret in shown:
            assert secret.removeprefix("whsec_") not in written.getvalue()
            assert secret.removeprefix("whsec_") not in rows
        assert key.hex() not in rows
        assert "whsec_" not in rows


class TestCommands:
    def test_verify_says_whether_a_signature_fits(self, world: World) -> None:
        """What was received checks out from the command line; a changed byte does not; no database is opened."""
        made = world.register()
        world.tell_and_send("a")
        (got,) = world.receiver.got
        arguments = [
            *("webhooks", "verify", "--id", got.message_id),
            *("--timestamp", got.headers["webhook-timestamp"], "--signature", got.headers["webhook-signature"]),
        ]
        environment = {"WEBHOOK_SECRET": made.secret.written, "DATABASE_URL": "nonsense"}
        fine = CliRunner().invoke(program, arguments, input=got.body, env=environment)
        assert fine.exit_code == 0, fine.output
        wrong = CliRunner().invoke(program, arguments, input=got.body + b" ", env=environment)
        assert isinstance(wrong.exception, InvalidInput)
        assert made.secret.written not in str(wrong.exception)

    def test_add_list_and_replay(self, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The secret is all that add writes on standard output; list has the address and no secret."""
        for module in ("bandmate.kernel.commands", "bandmate.kernel.webhooks.commands"):
            monkeypatch.setattr(f"{module}.settings", lambda: world.settings)
        made = CliRunner().invoke(program, ["webhooks", "add", f"{world.receiver.url}/x", "--type", "postings.*"])
        assert _SECRET.fullmatch(made.stdout.strip()), made.output
        (event_id,) = world.tell("a")
        listed = CliRunner().invoke(program, ["webhooks", "list"])
        assert f"{world.receiver.url}/x" in listed.stdout
        assert "whsec_" not in listed.stdout
        endpoint = str(only(world).endpoint_id)
        asked = CliRunner().invoke(program, ["webhooks", "replay", endpoint, "--event", event_id])
        assert asked.exit_code == 0, asked.output
        wrong = CliRunner().invoke(program, ["webhooks", "replay", endpoint, "--since", "yesterday"])
        assert isinstance(wrong.exception, InvalidInput)
