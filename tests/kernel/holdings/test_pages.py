"""The pages: one's own data, downloads nobody else gets, erasure only the owner can ask for, operators."""

from __future__ import annotations

import html
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import NOON, PASSWORD, Browser, MovableClock

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.holdings import declared_holdings
from bandmate.kernel.holdings.downloads import (
    KEPT_FOR,
    downloads_of,
    make_download,
    remove_downloads,
    request_download,
)
from bandmate.kernel.holdings.erasure import erase_person
from bandmate.kernel.holdings.export import export_person, write_export
from bandmate.kernel.holdings.requests import erasure_state
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.ids import PersonId

from .conftest import MakePerson, count

DATA = "/account/data"
SignIn = Callable[[str], Browser]


@pytest.fixture
def admin(make_person: MakePerson, sign_in: SignIn) -> Browser:
    """An administrator's browser."""
    make_person("Ada Fermata", email="ada@example.org", role=Role.ADMINISTRATOR)
    return sign_in("ada@example.org")


class TestExport:
    def test_it_has_every_holding_with_its_title(self, database: Database, mia: PersonId) -> None:
        """Nothing that is declared is left out."""
        with database.read() as tx:
            whole = export_person(tx, mia)
        assert isinstance(whole["holdings"], dict)
        assert list(whole["holdings"]) == [holding.name for holding in declared_holdings()]

    def test_the_same_holdings_give_the_same_bytes(
        self, database: Database, mia: PersonId, tmp_path: Path
    ) -> None:
        """So a restored backup can be compared."""
        with database.read() as tx:
            for name in ("a.zip", "b.zip"):
                write_export(tx, mia, tmp_path / name)
        assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
        assert (tmp_path / "a.zip").stat().st_mode & 0o077 == 0

    def test_the_page_in_it_escapes_what_people_wrote(
        self, database: Database, make_person: MakePerson, tmp_path: Path
    ) -> None:
        """A name is no markup, and the JSON beside it is the whole."""
        eve = make_person("<script>alert(1)</script>")
        with database.read() as tx:
            write_export(tx, eve, tmp_path / "eve.zip")
            whole = export_person(tx, eve)
        with zipfile.ZipFile(tmp_path / "eve.zip") as archive:
            page = archive.read("index.html").decode()
            assert json.loads(archive.read("person.json")) == whole
        assert "<script" not in page
        assert "&lt;script&gt;" in page

    def test_a_broken_holding_leaves_no_file(
        self, database: Database, mia: PersonId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A download appears whole or not at all."""

        def fail(_: object) -> bytes:
            raise OSError("disk is full")

        monkeypatch.setattr("bandmate.kernel.holdings.export._index", fail)
        with pytest.raises(OSError, match="full"), database.read() as tx:
            write_export(tx, mia, tmp_path / "mia.zip")
        assert list(tmp_path.iterdir()) == []


class TestDownloads:
    def test_it_is_made_in_the_background_and_sent_to_its_owner(
        self, database: Database, settings: Settings, mia: PersonId, ben: PersonId, sign_in: SignIn
    ) -> None:
        """Another person with the address gets nothing, not even that it exists."""
        browser = sign_in("mia@example.org")
        assert browser.submit(DATA, f"{DATA}/downloads").status_code == 303
        with database.read() as tx:
            (waiting,) = downloads_of(tx, mia)
        address = f"{DATA}/downloads/{waiting.export_id}"
        assert browser.get(address).status_code == 404
        make_download(database, settings, waiting.export_id, now=NOON)
        answer = browser.get(address)
        assert answer.headers["cache-control"] == "private, no-store"
        assert "person.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        assert address in browser.get(DATA).text
        assert sign_in("ben@example.org").get(address).status_code == 404

    def test_asking_twice_makes_one(self, database: Database, mia: PersonId) -> None:
        """While one is being made, another is not begun."""
        with database.begin() as tx:
            assert request_download(tx, mia, now=NOON) == request_download(tx, mia, now=NOON)

    def test_it_is_removed_after_a_week(self, database: Database, settings: Settings, mia: PersonId) -> None:
        """File and row; not a moment before."""
        with database.begin() as tx:
            export_id = request_download(tx, mia, now=NOON)
        make_download(database, settings, export_id, now=NOON)
        just_before = NOON + KEPT_FOR - timedelta(seconds=1)
        assert remove_downloads(database, settings, now=just_before) == 0
        assert remove_downloads(database, settings, now=NOON + KEPT_FOR) == 1
        assert list(settings.exports_folder.rglob("*.zip")) == []
        assert count(database, "kernel.data_export") == 0

    def test_one_erased_meanwhile_gets_no_file(
        self, database: Database, settings: Settings, mia: PersonId
    ) -> None:
        """The task of a download that is gone does nothing."""
        with database.begin() as tx:
            export_id = request_download(tx, mia, now=NOON)
            erase_person(tx, mia, by="tests", now=NOON)
        make_download(database, settings, export_id, now=NOON)
        assert list(settings.exports_folder.rglob("*.zip")) == []

    def test_the_api_needs_a_scope_of_its_own(self, app: FastAPI, database: Database, mia: PersonId) -> None:
        """A key that may do everything else a member does cannot read everything about them."""
        client = TestClient(app)
        with database.begin() as tx:
            account = tx.execute(text("select account_id from kernel.account")).scalar_one()
            keys = {
                scope: create_key(tx, account, name=scope, scopes=[scope], expires_at=None, now=NOON).text
                for scope in ("member", "persons:read")
            }
        answers = {
            s: client.get("/persons/v1/me/data", headers={"Authorization": f"Bearer {k}"}) for s, k in keys.items()
        }
        assert answers["member"].status_code == 403
        assert answers["persons:read"].json()["person"] == str(mia)


class TestErasure:
    def test_a_wrong_password_erases_nobody(self, database: Database, mia: PersonId, sign_in: SignIn) -> None:
        """The page comes back with what is wrong."""
        answer = sign_in("mia@example.org").submit(
            f"{DATA}/erasure", f"{DATA}/erasure", password="not mine at all"
        )
        assert answer.status_code == 422
        assert "This is not your password." in answer.text
        assert count(database, "kernel.erasure_request") == 0

    def test_it_waits_and_can_be_taken_back(self, database: Database, mia: PersonId, sign_in: SignIn) -> None:
        """The right password notes it for the day the setting says; a later sign-in takes it back."""
        browser = sign_in("mia@example.org")
        assert browser.submit(f"{DATA}/erasure", f"{DATA}/erasure", password=PASSWORD).status_code == 303
        with database.read() as tx:
            assert erasure_state(tx, mia).due_at == NOON + timedelta(days=7)
        later = sign_in("mia@example.org")
        assert "You asked to be erased" in later.get(DATA).text
        assert later.submit(DATA, f"{DATA}/erasure/withdraw").status_code == 303
        with database.read() as tx:
            assert erasure_state(tx, mia).due_at is None

    def test_with_no_days_it_happens_at_once(
        self, settings: Settings, database: Database, clock: MovableClock, mia: PersonId
    ) -> None:
        """The browser is signed out, and the account is gone."""
        app = create_app(settings.model_copy(update={"erasure_days": 0}), database, clock=clock)
        browser = Browser(TestClient(app, follow_redirects=False))
        browser.sign_in("mia@example.org")
        assert browser.submit(f"{DATA}/erasure", f"{DATA}/erasure", password=PASSWORD).headers["location"] == "/"
        assert browser.get(DATA).status_code == 303
        with database.read() as tx:
            assert erasure_state(tx, mia).erased_at == NOON

    def test_what_stays_is_named_beforehand(self, mia: PersonId, sign_in: SignIn) -> None:
        """Every sentence that a holding says about what it keeps stands on the page."""
        page = sign_in("mia@example.org").get(f"{DATA}/erasure").text
        kept = [holding.kept for holding in declared_holdings() if holding.kept]
        assert kept
        assert all(each in html.unescape(page) for each in kept)


class TestOperators:
    def test_persons_are_found_by_name_address_and_number(
        self, admin: Browser, mia: PersonId, ben: PersonId
    ) -> None:
        """And nobody else is listed."""
        for words in ("mia k", "MIA@example", str(mia)):
            page = admin.get(f"/operator/persons?q={words}").text
            assert "Mia Kern" in page
            assert "Ben Adler" not in page

    def test_an_operator_is_no_administrator(self, make_person: MakePerson, sign_in: SignIn) -> None:
        """The page of persons is for administrators."""
        make_person("Olive Quaver", email="olive@example.org", role=Role.OPERATOR)
        assert sign_in("olive@example.org").get("/operator/persons").status_code == 403

    def test_a_merge_is_shown_done_and_undone(
        self, database: Database, admin: Browser, mia: PersonId, ben: PersonId, agree: Callable[[PersonId], None]
    ) -> None:
        """The preview counts; the merge needs a reason; the notice offers the undo."""
        agree(ben)
        page = f"/operator/persons/{mia}/merge?merged={ben}"
        assert "What you allowed and withdrew" in admin.get(page).text
        refused = admin.submit(page, f"/operator/persons/{mia}/merge", merged=str(ben), reason="")
        assert refused.status_code == 422
        done = admin.submit(page, f"/operator/persons/{mia}/merge", merged=str(ben), reason="the same passport")
        assert done.status_code == 303
        assert count(database, "kernel.person_alias") == 1
        back = admin.submit(f"/operator/persons/{mia}", f"/operator/persons/{ben}/split")
        assert back.status_code == 303
        assert count(database, "kernel.person_alias") == 0

    @pytest.mark.parametrize("other", ["", "nobody", "00000000-0000-4000-8000-000000000000", "' or 1=1"])
    def test_a_merge_with_nobody_is_refused_in_place(self, admin: Browser, mia: PersonId, other: str) -> None:
        """The page of the person comes back with what is wrong."""
        answer = admin.get(f"/operator/persons/{mia}/merge?merged={other}")
        assert answer.status_code == 422
        assert "There is a problem" in answer.text

    def test_a_hold_is_placed_and_lifted(self, database: Database, admin: Browser, mia: PersonId) -> None:
        """It needs a reason, and shows it."""
        page = f"/operator/persons/{mia}"
        assert admin.submit(page, f"{page}/hold", reason="").status_code == 422
        assert admin.submit(page, f"{page}/hold", reason="tax audit 2026").status_code == 303
        assert "tax audit 2026" in admin.get(page).text
        assert admin.submit(page, f"{page}/hold/lift").status_code == 303
        assert count(database, "kernel.legal_hold") == 0
