"""The directory's pages: colleagues for employees, the import for operators; what is held of a person."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import PASSWORD
from tests.marketplace.people.conftest import COMPANY, NOON, Import, person_of

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.holdings.merging import merge, split
from bandmate.kernel.holdings.registry import declared_holdings
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import (
    account_by_email,
    create_account,
    create_person,
    set_password,
    set_role,
)
from bandmate.marketplace.people import employee_of, groups_of, managers_above

_HEADERS = {"Accept": "text/html", "Origin": "http://testserver"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def _fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


@pytest.fixture
def browser(database: Database, settings: Settings, company: Import) -> Any:
    """Return what signs somebody of the company in, as a member or with a role."""
    company()

    def sign_in(email: str, role: Role = Role.MEMBER) -> TestClient:
        with database.begin() as tx:
            account = account_by_email(tx, email)
            set_password(tx, account.account_id, PASSWORD, now=NOON)
            set_role(tx, account.account_id, role)
        client = TestClient(create_app(settings, database, clock=lambda: NOON), headers=_HEADERS)
        token = _fields(client.get("/sign-in").text)["csrf_token"]
        client.post("/sign-in", data={"email": email, "password": PASSWORD, "csrf_token": token})
        return client

    return sign_in


def test_colleagues_are_found_by_name_title_department_and_place(browser: Any) -> None:
    """All words have to hold; filters narrow; a cursor leads on; markup in a query is only text."""
    client = browser("ana@band.example")
    assert "Kofi Mensah" in client.get("/people?q=analyst accra").text
    assert "Ben Adler" not in client.get("/people?q=analyst").text
    page = client.get("/people?department=Catalogue&country=DE").text
    assert "Ben Adler" in page
    assert "Kofi Mensah" not in page
    assert "Nobody was found" in client.get("/people?q=%25<script>'%00").text
    assert client.get("/people?cursor=x").status_code == 400


def test_who_is_no_employee_is_told_who_can_help(browser: Any, database: Database, company: Import) -> None:
    """Also who was one."""
    client = browser("ana@band.example", Role.ADMINISTRATOR)
    company("user_name,active\nana@band.example,no\n")
    answer = client.get("/people")
    assert answer.status_code == 403
    assert "Ask your people team to add you" in answer.text


def test_an_operator_previews_and_imports_a_file(browser: Any, database: Database) -> None:
    """Nothing changes before the second step; the mistakes of a file are listed with their lines."""
    client = browser("mia@band.example", Role.OPERATOR)
    page = client.get("/directory").text
    assert "pilot" in page
    token = {"csrf_token": _fields(page)["csrf_token"]}
    bad = {"file": ("p.csv", "user_name,country\nx,Narnia\n", "text/csv")}
    refused = client.post("/directory/preview", data=token, files=bad)
    assert refused.status_code == 422
    assert "Narnia" in refused.text
    good = {"file": ("p.csv", "user_name,title\nkofi,Data lead\nnew,Drummer\n", "text/csv")}
    preview = client.post("/directory/preview", data=token, files=good).text
    assert "Kofi Mensah" in preview
    with database.read() as tx:
        assert tx.execute(text("select count(*) from marketplace.employee")).scalar_one() == 4
    done = client.post("/directory/import", data=_fields(preview), follow_redirects=True)
    assert "1 new, 0 back, 1 changed, 0 left" in done.text
    late = client.post("/directory/import", data=_fields(preview))
    assert "has changed since" in late.text
    assert "kofi" in client.get("/directory/people.csv").text
    lost = client.post("/directory/import", data={**token, "packed": "bm90aGluZw==", "mark": "x"})
    assert lost.status_code == 422


def test_members_may_not_see_the_import(browser: Any) -> None:
    """Nor the file of everybody."""
    client = browser("ana@band.example")
    assert client.get("/directory").status_code == 403
    assert client.get("/directory/people.csv").status_code == 403


def test_a_merge_moves_the_entry_and_a_split_gives_it_back(database: Database, company: Import) -> None:
    """With its reports and groups; where both have one, each keeps their own."""
    company()
    ben, ana = person_of(database, "ben@band.example"), person_of(database, "ana@band.example")
    with database.begin() as tx:
        other = create_person(tx, name="B. Adler", now=NOON)
        merge(tx, other, ben, by="test", now=NOON, reason="the same human")
        assert employee_of(tx, ben) is None
        moved = employee_of(tx, other)
        assert moved is not None
        assert managers_above(tx, ana)[0] == other
        assert groups_of(tx, other)
        split(tx, ben, by="test", now=NOON)
        assert managers_above(tx, ana)[0] == ben
        merge(tx, ana, ben, by="test", now=NOON, reason="not the same really")
        assert employee_of(tx, ben) is not None


def test_what_is_held_is_exported_and_erased(database: Database, company: Import) -> None:
    """Everything the directory states, with the groups; afterwards nothing, and nobody reports to them."""
    company(COMPANY)
    ben = person_of(database, "ben@band.example")
    [holding] = [one for one in declared_holdings() if one.name == "marketplace.people"]
    with database.begin() as tx:
        told = holding.export(tx, ben)
        assert isinstance(told, dict)
        assert (told["department"], told["groups"], told["country"]) == ("Catalogue", ["pilot"], "DE")
        holding.erase(tx, ben, NOON)
        holding.erase(tx, ben, NOON)
        assert holding.export(tx, ben) is None
        assert managers_above(tx, person_of(database, "mia@band.example")) == ()


def test_a_service_or_a_stranger_gets_no_entry_by_itself(database: Database, company: Import) -> None:
    """An account alone makes nobody an employee."""
    company()
    with database.begin() as tx:
        stranger = create_person(tx, name="Eve", now=NOON)
        create_account(tx, stranger, email="eve@other.example", password=None, now=NOON)
        assert employee_of(tx, stranger) is None
        assert employee_of(tx, None) is None
