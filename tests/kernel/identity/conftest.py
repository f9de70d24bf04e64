"""An application with nothing but identity in it, a clock that tests move, and browsers that sign in to it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI, Form
from httpx import Response
from sqlalchemy import event
from starlette.testclient import TestClient

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Administrator, Anyone, InPerson, Operator, Role, SignedIn
from bandmate.kernel.identity.administration_pages import router as administration_router
from bandmate.kernel.identity.forms import TEMPLATES
from bandmate.kernel.identity.key_pages import router as key_router
from bandmate.kernel.identity.middleware import install_identity
from bandmate.kernel.identity.openid_own_pages import router as openid_own_router
from bandmate.kernel.identity.openid_pages import router as openid_router
from bandmate.kernel.identity.pages import router
from bandmate.kernel.identity.persons import Account, create_account, create_person
from bandmate.kernel.identity.preference_pages import router as preference_router
from bandmate.kernel.identity.recovery_pages import router as recovery_router
from bandmate.kernel.identity.sign_in_pages import router as sign_in_router
from bandmate.kernel.web.problems import install_error_pages
from bandmate.kernel.web.security import SecurityHeaders
from bandmate.kernel.web.templating import Templates

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD = "four tuned drums in a van"
ORIGIN = {"Origin": "http://testserver"}

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class MovableClock:
    """A clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Return the instant the test has set."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass
class Browser:
    """A browser: keeps cookies, and sends forms as our pages would."""

    client: TestClient
    headers: dict[str, str] = field(default_factory=lambda: dict(ORIGIN))

    def get(self, path: str, **headers: str) -> Response:
        """Open an address as a person does, without following redirects."""
        answer: Response = self.client.get(path, headers={"Accept": "text/html", **headers})
        return answer

    def post(self, path: str, **fields: object) -> Response:
        """Send a form exactly as given."""
        answer: Response = self.client.post(path, data=fields, headers={**self.headers, "Accept": "text/html"})
        return answer

    def submit(self, page: str, path: str, **fields: object) -> Response:
        """Open a page, take the token from it, and send the form at ``path``."""
        return self.post(path, csrf_token=self.token(page), **fields)

    def token(self, page: str) -> str:
        """Return the CSRF token written in a page's forms."""
        found = _TOKEN.search(self.get(page).text)
        assert found is not None, f"{page} has no token in its forms"
        return html.unescape(found.group(1))

    def sign_in(self, email: str, password: str = PASSWORD, **fields: object) -> Response:
        """Sign in by the form."""
        return self.submit("/sign-in", "/sign-in", email=email, password=password, **fields)


@pytest.fixture(autouse=True)
def _cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash with argon2id's least parameters, so that the tests do not spend their time on it."""
    passwords._nobodys_hash.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def clock() -> MovableClock:
    """The application's clock."""
    return MovableClock()


@pytest.fixture
def app(database: Database, settings: Settings, clock: MovableClock) -> FastAPI:
    """An application of identity and a few routes that say who may call them."""
    made = FastAPI(openapi_url=None)
    templates = Templates(folders={"identity": TEMPLATES}, navigation=[], clock=clock)
    made.state.database, made.state.clock, made.state.templates = database, clock, templates
    install_identity(made, settings)
    made.add_middleware(SecurityHeaders)
    install_error_pages(made, templates)
    made.include_router(sign_in_router)
    made.include_router(openid_router)
    made.include_router(openid_own_router)
    made.include_router(administration_router)
    for each in (router, key_router, preference_router, recovery_router):
        made.include_router(each)

    @made.get("/probe/v1/anyone")
    def anyone(asker: Anyone) -> dict[str, str]:
        return {"via": asker.via, "name": asker.name}

    @made.get("/probe/v1/member")
    def member(asker: SignedIn) -> str:
        return asker.via

    @made.get("/probe/page")
    def page(asker: SignedIn) -> str:
        return asker.name

    @made.get("/probe/v1/in-person")
    def in_person(asker: InPerson) -> str:
        return asker.via

    @made.get("/probe/v1/operator")
    def operator(asker: Operator) -> str:
        return asker.via

    @made.get("/probe/v1/administrator")
    def administrator(asker: Administrator) -> str:
        return asker.via

    @made.post("/probe/v1/write")
    def write(asker: Anyone, word: Annotated[str, Form()]) -> dict[str, str]:
        return {"via": asker.via, "word": word}

    @made.post("/probe/v1/ask")
    def ask(asker: Anyone, words: list[str]) -> dict[str, object]:
        return {"via": asker.via, "words": words}

    return made


@pytest.fixture
def browser(app: FastAPI) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(TestClient(app, follow_redirects=False))


@pytest.fixture
def make_account(database: Database) -> Callable[..., Account]:
    """Create accounts: ``make_account("mia@example.org", role=Role.OPERATOR)``."""

    def make(email: str = "mia@example.org", *, name: str = "Mia Kern", role: Role = Role.MEMBER) -> Account:
        with database.begin() as tx:
            person_id = create_person(tx, name=name, now=NOON)
            return create_account(tx, person_id, email=email, password=PASSWORD, role=role, now=NOON)

    return make


@pytest.fixture
def queries(database: Database) -> Iterator[list[str]]:
    """The statements that have been sent to the database, by their first word."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement.split(maxsplit=1)[0])

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def mia(make_account: Callable[..., Account]) -> Account:
    """A member."""
    return make_account()


@pytest.fixture
def at_home(browser: Browser, mia: Account) -> Browser:
    """Mia's browser, signed in."""
    assert browser.sign_in(mia.email).status_code == 303
    return browser
