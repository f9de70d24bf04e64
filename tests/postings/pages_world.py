"""A few boards behind the whole application, and people who look at its pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient
from tests.postings.boards_in_shape import (
    GREENHOUSE,
    START,
    Look,
    greenhouse_board,
    greenhouse_job,
    lever_board,
    lever_posting,
    tell,
)

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import job_id
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.indexing import drain_if_alone
from bandmate.postings.replay import replay

NOW = START + timedelta(days=6)
PASSWORD = "four tuned drums in a van"
EVIL_TITLE = "</script><script>alert('title')</script>"
EVIL_HTML = (
    "<p onclick=\"alert(1)\">Play <b>loud</b></p><script>alert('text')</script>"
    '<img src=x onerror=alert(2)><a href="javascript:alert(3)">here</a><style>*{display:none}</style>'
)
TEXT_BEFORE = "<div>You tune pianos.</div><div>You tour in spring.</div>"
TEXT_AFTER = "<div>You tune pianos.</div><div>You tour in autumn.</div>"

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_BLOCK = re.compile(
    r"<(?:/?(?:p|div|li|ul|ol|dl|dt|dd|h[1-6]|tr|th|td|section|label|option|br)\b|span class=\"sub\")[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")


def studio(key: str) -> str:
    """Return the id of a posting of the studio's board at Lever."""
    return job_id("lever", "halfnote", key)


def label(key: int) -> str:
    """Return the id of a posting of the label's board at Greenhouse."""
    return job_id("greenhouse", "marigold", str(key))


def story() -> Iterator[Look]:
    """Yield the looks: a studio whose postings change and close, a label with a faulty and a failed run."""
    engineers = [
        lever_posting(f"engineer-{number:02}", workplaceType="hybrid" if number % 2 else "remote")
        for number in range(30)
    ]
    tuner = lever_posting("tuner", text="Piano Tuner", description=TEXT_BEFORE, descriptionPlain="", lists=[])
    evil = lever_posting("evil", text=EVIL_TITLE, description=EVIL_HTML, lists=[])
    paid = lever_posting(
        "paid",
        text="Tour Accountant",
        workplaceType="onsite",
        salaryRange={"min": 50_000, "max": 60_000, "currency": "EUR", "interval": "per-year-salary"},
        description="<div>We ask that you come in 3 times per week.</div>",
    )
    managers = [greenhouse_job(number) for number in range(7)]
    nameless: dict[str, Any] = {**greenhouse_job(90), "id": None}
    yield Look(0, lever_board(tuner, evil, paid, *engineers))
    yield Look(1, greenhouse_board(*managers), board=GREENHOUSE)
    tuner = tuner | {"text": "Grand Piano Tuner", "description": TEXT_AFTER}
    yield Look(30, lever_board(tuner, evil, paid, *engineers[1:]))
    yield Look(31, greenhouse_board(*managers, nameless), board=GREENHOUSE)
    edited = [manager | {"company_name": "Marigold Wax Records"} for manager in managers]
    yield Look(60, lever_board(tuner, evil, paid, *engineers[1:]))
    yield Look(61, greenhouse_board(*edited), board=GREENHOUSE)
    yield Look(90, None, outcome=Outcome.FAILED, board=GREENHOUSE)


@dataclass(frozen=True)
class Reader:
    """Somebody with a browser: keeps cookies, sends forms as our pages would."""

    client: TestClient

    def get(self, path: str, **headers: str) -> Response:
        """Open an address as a person does, without following redirects."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Response = self.client.get(path, headers={"Accept": "text/html", **named})
        return answer

    def read(self, path: str, **headers: str) -> str:
        """Return the markup of a page, which must be there."""
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def see(self, path: str) -> str:
        """Return the words of a page, without markup, spaces as one."""
        return words(self.read(path))

    def submit(self, page: str, path: str, **fields: str) -> Response:
        """Open a page, take the token from its forms, and send a form to ``path``."""
        found = _TOKEN.search(self.read(page))
        assert found is not None, f"{page} has no form"
        answer: Response = self.client.post(
            path,
            data={"csrf_token": html.unescape(found[1]), **fields},
            headers={"Origin": "http://testserver", "Accept": "text/html"},
        )
        return answer


def words(markup: str) -> str:
    """Return what a reader sees of markup, spaces as one and blocks apart."""
    return " ".join(html.unescape(_TAG.sub("", _BLOCK.sub(" ", markup))).split())


def make_app(database: Database, settings: Settings, folder: Path, *, indexed: bool = True) -> FastAPI:
    """Replay the story into the database and put the application before it."""
    tell(folder / "told", list(story()))
    replay(database, folder / "told", settings.archive_folder, LaunchScope("all", (), ()), processes=1)
    if indexed:
        drain_if_alone(database, settings)
    return create_app(settings, database, clock=lambda: NOW)


def reader_of(app: FastAPI) -> Reader:
    """Return a reader whom nobody knows."""
    return Reader(TestClient(app, raise_server_exceptions=False, follow_redirects=False))


def sign_in(app: FastAPI, database: Database, role: Role) -> Reader:
    """Return a reader with an account of that role, signed in by the form."""
    address = f"{role}@bandmate.example"
    with database.begin() as tx:
        person = create_person(tx, name="Ada Lindqvist", now=NOW)
        create_account(tx, person, email=address, password=PASSWORD, role=role, now=NOW)
    reader = reader_of(app)
    assert reader.submit("/sign-in", "/sign-in", email=address, password=PASSWORD).status_code == 303
    return reader
