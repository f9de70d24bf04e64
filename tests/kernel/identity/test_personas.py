"""One-click personas: in the demo on this machine, and nowhere else."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import Browser

from bandmate.app import create_app
from bandmate.demo import PERSONAS, _personas
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database

HERE = "http://127.0.0.1:8000"


def browser_of(
    settings: Settings, database: Database, *, demo: bool, base: str = HERE, caller: str = "127.0.0.1"
) -> Browser:
    """Open a browser at an application, with personas or without."""
    _personas(database, system_clock())
    app = create_app(settings, database, personas=PERSONAS if demo else ())
    client = TestClient(app, base_url=base, client=(caller, 5000), follow_redirects=False)
    return Browser(client, headers={"Origin": base})


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.slug)
def test_one_click_signs_in(settings: Settings, database: Database, persona: object) -> None:
    """Each persona's button opens a session of their account, with their role."""
    browser = browser_of(settings, database, demo=True)
    page = browser.get("/sign-in").text
    known = next(each for each in PERSONAS if each == persona)
    assert f"Sign in as {known.name}, {known.role.value}" in page
    answer = browser.submit("/sign-in", f"/sign-in/as/{known.slug}", next="/jobs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
    assert known.name in browser.get("/account").text


def test_no_such_way_outside_the_demo(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application that `serve` makes has no buttons and no route, even where the accounts exist."""
    monkeypatch.setenv("BANDMATE_PERSONAS", "true")
    monkeypatch.setenv("BANDMATE_DEMO", "1")
    browser = browser_of(settings, database, demo=False)
    assert "/sign-in/as/" not in browser.get("/sign-in").text
    assert browser.submit("/sign-in", "/sign-in/as/olive").status_code == 404


def test_no_setting_turns_it_on() -> None:
    """No setting's name tells of personas or the demo."""
    assert not [name for name in Settings.model_fields if "persona" in name or "demo" in name]


@pytest.mark.parametrize(
    ("base", "caller"),
    [(HERE, "192.0.2.7"), ("http://evil.example:8000", "127.0.0.1"), ("http://192.0.2.1:8000", "127.0.0.1")],
    ids=["from elsewhere", "a name that points here", "another listener"],
)
def test_only_on_this_machine(settings: Settings, database: Database, base: str, caller: str) -> None:
    """Whoever reaches the demo from elsewhere, or by another name for this machine, has no such way in."""
    browser = browser_of(settings, database, demo=True, base=base, caller=caller)
    assert "/sign-in/as/" not in browser.get("/sign-in").text
    assert browser.submit("/sign-in", "/sign-in/as/olive").status_code == 404


def test_form_is_guarded(settings: Settings, database: Database) -> None:
    """Another site cannot press the button."""
    browser = browser_of(settings, database, demo=True)
    browser.get("/sign-in")
    assert browser.post("/sign-in/as/olive").status_code == 403


def test_unknown_persona(settings: Settings, database: Database) -> None:
    """A persona that is not declared is a missing page, whoever has an account."""
    browser = browser_of(settings, database, demo=True)
    assert browser.submit("/sign-in", "/sign-in/as/nobody").status_code == 404
