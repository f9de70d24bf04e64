"""A few people of a company behind the whole application, and how they use its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import Response
from sqlalchemy import text
from starlette.testclient import TestClient

from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import Account, create_account, create_person
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import GroupId, OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import writing
from bandmate.marketplace.opportunities.domain import Format, Part, Skill, Terms
from bandmate.marketplace.opportunities.skills import own_uri

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

_EMPLOY = text("""
    insert into marketplace.employee
           (person_id, user_name, display_name, email, department, location, country, time_zone, manager_id,
            active, source, created_at, changed_at)
    values (:person, :user, :name, :email, :department, 'Stockholm', 'SE', 'Europe/Stockholm', :manager, true,
            'test', :now, :now)
""")


@dataclass(frozen=True)
class Member:
    """Somebody with an account, who may be an employee."""

    account: Account
    client: TestClient

    @property
    def person_id(self) -> PersonId:
        """Who it is."""
        return self.account.person_id

    @property
    def asker(self) -> Asker:
        """The member as use cases know them."""
        return Asker(self.person_id, self.account.name, self.account.role.included, frozenset(), "session")

    def get(self, path: str) -> Response:
        """Open an address in a browser."""
        answer: Response = self.client.get(path, headers={"Accept": "text/html"})
        return answer

    def read(self, path: str) -> str:
        """Return the markup of a page, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-2000:])
        return str(answer.text)

    def send(self, page: str, path: str, **fields: str | list[str]) -> Response:
        """Open a page, take the token from its forms, and send a form to ``path``."""
        found = _TOKEN.search(self.read(page))
        assert found is not None, f"{page} has no form"
        answer: Response = self.client.post(
            path, data={"csrf_token": found[1], **fields}, headers={"Accept": "text/html"}
        )
        return answer

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> Response:
        """Ask the API."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Response = self.client.request(method, f"/marketplace/v1{path}", json=body, headers=named)
        return answer


@dataclass(frozen=True)
class World:
    """The application with its people."""

    app: FastAPI
    database: Database

    def member(
        self,
        name: str,
        *,
        role: Role = Role.MEMBER,
        employed: bool = True,
        manager: Member | None = None,
        key: bool = False,
    ) -> Member:
        """Bring in somebody, in the directory unless said otherwise, signed in or with an API key."""
        email = f"{name.casefold()}@band.example"
        with self.database.begin() as tx:
            person = create_person(tx, name=name, now=NOON)
            account = create_account(tx, person, email=email, password=None, role=role, now=NOON)
            if employed:
                values: Mapping[str, Any] = {
                    "person": person,
                    "user": email,
                    "name": name,
                    "email": email,
                    "department": "Catalogue",
                    "manager": manager.person_id if manager else None,
                    "now": NOON,
                }
                tx.execute(_EMPLOY, values)
            client = TestClient(self.app, base_url="http://testserver", follow_redirects=False)
            if key:
                scopes = ["member", "operator", "administrator"]
                made = create_key(tx, account.account_id, name="t", scopes=scopes, expires_at=None, now=NOON)
                client.headers["Authorization"] = f"Bearer {made.text}"
            else:
                lifetime = timedelta(hours=1)
                opened = open_session(
                    tx, account.account_id, lifetime=lifetime, address="", user_agent="", now=NOON
                )
                client.cookies.set("bandmate_session", opened.token)
                client.headers.update(
                    {"X-CSRF-Token": csrf_token_for(opened.token), "Sec-Fetch-Site": "same-origin"}
                )
        return Member(account, client)

    def group(self, name: str, *members: Member) -> GroupId:
        """Make a group of the directory."""
        group_id = new_id()
        with self.database.begin() as tx:
            tx.execute(
                text("""
                    insert into marketplace.people_group (group_id, display_name, created_at, changed_at)
                    values (:group, :name, :now, :now)
                """),
                {"group": group_id, "name": name, "now": NOON},
            )
            for member in members:
                tx.execute(
                    text("insert into marketplace.people_group_member values (:group, :person)"),
                    {"group": group_id, "person": member.person_id},
                )
        return GroupId(group_id)

    def launch(self, kind: Kind, state: str = "on", *groups: UUID) -> None:
        """Set to whom a kind is open."""
        with self.database.begin() as tx:
            tx.execute(
                text("""
                    insert into marketplace.launch (kind, state, group_ids) values (:kind, :state, :groups)
                    on conflict (kind) do update
                       set state = excluded.state, group_ids = excluded.group_ids, version = 1,
                           internal_first_days = 0
                """),
                {"kind": kind, "state": state, "groups": list(groups)},
            )

    def offer(
        self,
        owner: Member,
        title: str,
        *,
        kind: Kind = Kind.PROJECT,
        skills: tuple[str, ...] = ("mixing",),
        **more: Any,
    ) -> OpportunityId:
        """Have something published at noon, whatever is open at the time of the call."""
        mentoring = kind is Kind.MENTORING
        terms = Terms(
            kind=kind,
            title=title,
            summary=f"About {title}.",
            format=Format.ONE_TO_ONE if mentoring else None,
            skills=tuple(Skill(own_uri(label), label, Part.WANTED) for label in skills),
            **{"hours_per_week": 4, "department": "Catalogue", **more},
        )
        opportunity_id = OpportunityId(new_id())
        with self.database.begin() as tx:
            writing.create(tx, owner.asker, opportunity_id, terms, now=NOON)
            writing.publish(tx, owner.asker, opportunity_id, version=1, now=NOON)
        return opportunity_id
