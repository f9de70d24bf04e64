"""Service accounts, disabling accounts, the last administrator, and sign-ins that tell nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import select
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import NOON, PASSWORD, Browser

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.holdings import Holding, declared_holdings
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.administration import disable_account, enable_account, find_accounts, give_role
from bandmate.kernel.identity.openid_accounts import link
from bandmate.kernel.identity.persons import Account, account_of, all_accounts, create_person, set_role
from bandmate.kernel.identity.service_accounts import add_service_key, create_service_account, service_account
from bandmate.kernel.identity.tables import account, api_key, openid_identity, session
from bandmate.kernel.ids import PersonId

SERVICES = "/operator/service-accounts"


@pytest.fixture
def ada(make_account: Callable[..., Account]) -> Account:
    """An administrator."""
    return make_account("ada@example.org", name="Ada Fermata", role=Role.ADMINISTRATOR)


@pytest.fixture
def admins(app: FastAPI, ada: Account) -> Browser:
    """Ada's browser, signed in."""
    browser = Browser(TestClient(app, follow_redirects=False))
    assert browser.sign_in(ada.email).status_code == 303
    return browser


def reader_key(database: Database) -> str:
    """Create a service account with a key; return the key."""
    with database.begin() as tx:
        made = create_service_account(tx, "reader", purpose="Reads.", role=Role.OPERATOR, by="test", now=NOON)
        key = add_service_key(tx, made, name="k", scopes=["operator"], expires_at=None, by="test", now=NOON)
    return key.text


def status(browser: Browser, key: str) -> int:
    """Ask as a program with this key."""
    answer: Response = browser.client.get("/probe/v1/operator", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code


class TestServiceAccounts:
    def test_page_creates_it_with_a_key_that_works(self, admins: Browser, app: FastAPI) -> None:
        """An administrator creates account and key on the page; the key acts with the account's role and scope."""
        made = admins.submit(SERVICES, SERVICES, name="metrics-reader", purpose="Grafana", role="operator")
        assert made.headers["location"] == f"{SERVICES}/metrics-reader"
        page = admins.submit(
            made.headers["location"], f"{SERVICES}/metrics-reader/keys", label="Grafana", scopes=["operator"]
        ).text
        key = page[page.index("bm_") :].split("<")[0]
        assert status(Browser(TestClient(app)), key) == 200
        assert "metrics-reader" in admins.get(SERVICES).text

    @pytest.mark.parametrize(
        "wrong", [{"name": "a@b"}, {"name": ""}, {"purpose": " "}, {"role": Role.ADMINISTRATOR}], ids=str
    )
    def test_what_it_cannot_be(self, database: Database, wrong: dict[str, object]) -> None:
        """A name like an address, no purpose, and the highest role are refused."""
        told: dict[str, object] = {"name": "reader", "purpose": "Reads.", "role": Role.MEMBER, **wrong}
        with database.begin() as tx, pytest.raises(InvalidInput):
            create_service_account(tx, by="test", now=NOON, **told)  # type: ignore[arg-type]

    def test_role_cannot_be_raised_to_administrator(self, database: Database, ada: Account) -> None:
        """Neither later."""
        reader_key(database)
        with database.begin() as tx, pytest.raises(Conflict):
            set_role(tx, service_account(tx, "reader", now=NOON).account_id, Role.ADMINISTRATOR)
        assert ada.role is Role.ADMINISTRATOR

    def test_same_name_again_is_refused(self, admins: Browser, database: Database) -> None:
        """A second of the same name is a conflict on the page, and leaves no person behind."""
        reader_key(database)
        again = admins.submit(SERVICES, SERVICES, name="reader", purpose="Again", role="member")
        assert again.status_code == 409
        assert "already" in again.text

    @pytest.mark.parametrize("password", ["", PASSWORD, "service:reader"])
    def test_never_signs_in(self, browser: Browser, database: Database, password: str) -> None:
        """Its handle and any password do not open a session."""
        reader_key(database)
        assert browser.sign_in("service:reader", password).status_code == 422
        with database.read() as tx:
            assert tx.execute(select(session)).all() == []

    def test_disabled_key_stops_at_once_and_works_again(self, admins: Browser, database: Database) -> None:
        """Disabling on the page refuses its keys with the next request; enabling is the undo."""
        key = reader_key(database)
        with database.read() as tx:
            account_id = service_account(tx, "reader", now=NOON).account_id
        program = Browser(TestClient(admins.client.app))
        assert status(program, key) == 200
        admins.submit(SERVICES, f"/operator/accounts/{account_id}/disable")
        assert status(program, key) == 401
        admins.submit(SERVICES, f"/operator/accounts/{account_id}/enable")
        assert status(program, key) == 200

    def test_is_not_among_people(self, database: Database) -> None:
        """Lists of people's accounts leave it out."""
        reader_key(database)
        with database.read() as tx:
            assert all_accounts(tx) == ()
            assert find_accounts(tx, "reader").total == 0


class TestDisabling:
    def test_sessions_end_keys_stop_sign_in_is_refused(
        self, admins: Browser, at_home: Browser, mia: Account
    ) -> None:
        """A disabled person is out at once and is told no more than with a wrong password."""
        admins.submit("/operator/accounts", f"/operator/accounts/{mia.account_id}/disable")
        assert at_home.get("/probe/v1/anyone").json()["via"] == "anonymous"
        assert at_home.sign_in(mia.email).status_code == 422
        admins.submit("/operator/accounts", f"/operator/accounts/{mia.account_id}/enable")
        assert at_home.get("/probe/v1/anyone").json()["via"] == "anonymous"
        assert at_home.sign_in(mia.email).status_code == 303

    def test_page_finds_by_any_part(self, admins: Browser, mia: Account) -> None:
        """Search finds names and addresses in any case; what means something to SQL is plain text."""
        assert mia.email in admins.get("/operator/accounts?q=KERN").text
        assert mia.email not in admins.get("/operator/accounts?q=%25").text
        assert "No account found" in admins.get("/operator/accounts?q=_____").text

    def test_own_account_stays(self, admins: Browser, ada: Account, make_account: Callable[..., Account]) -> None:
        """Nobody disables themselves."""
        make_account("eve@example.org", role=Role.ADMINISTRATOR)
        answer = admins.submit("/operator/accounts", f"/operator/accounts/{ada.account_id}/disable")
        assert answer.status_code == 409

    def test_last_administrator_stays(self, admins: Browser, ada: Account, database: Database) -> None:
        """The last one is neither demoted nor disabled; a disabled administrator does not count."""
        answer = admins.submit("/operator/accounts", f"/operator/accounts/{ada.account_id}/role", role="member")
        assert answer.status_code == 409
        assert "last administrator" in answer.text
        with database.begin() as tx, pytest.raises(Conflict):
            disable_account(tx, ada.account_id, by="test", now=NOON)

    def test_two_at_once_leave_one(self, database: Database, make_account: Callable[..., Account]) -> None:
        """Two administrators who demote each other at once: one of both stays, in every race."""
        both = [make_account(f"a{n}@example.org", role=Role.ADMINISTRATOR) for n in range(2)]

        def demote(doomed: Account) -> bool:
            try:
                with database.begin() as tx:
                    give_role(tx, doomed.account_id, Role.MEMBER, by="test", now=NOON)
            except Conflict:
                return False
            return True

        for _ in range(10):
            with ThreadPoolExecutor(2) as pool:
                assert sorted(pool.map(demote, both)) == [False, True]
            with database.begin() as tx:
                for each in both:
                    set_role(tx, each.account_id, Role.ADMINISTRATOR)

    def test_again_changes_nothing(self, database: Database, mia: Account, ada: Account) -> None:
        """Disabling twice keeps the first instant; enabling twice is as good as once."""
        with database.begin() as tx:
            disable_account(tx, mia.account_id, by=ada.person_id, now=NOON)
            disable_account(tx, mia.account_id, by=ada.person_id, now=NOON.replace(hour=15))
            assert account_of(tx, mia.account_id).disabled_at == NOON
            for _ in range(2):
                enable_account(tx, mia.account_id, by=ada.person_id, now=NOON)
            assert account_of(tx, mia.account_id).disabled_at is None


class TestSilence:
    @pytest.fixture
    def hashed(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What argon2 was asked to verify."""
        seen: list[str] = []
        hasher = passwords._hasher

        class Counting:
            def verify(self, stored: str, password: str) -> bool:
                seen.append(password)
                return hasher.verify(stored, password)

            def hash(self, password: str) -> str:
                return hasher.hash(password)

            def check_needs_rehash(self, stored: str) -> bool:
                return hasher.check_needs_rehash(stored)

        passwords._nobodys_hash()
        monkeypatch.setattr(passwords, "_hasher", Counting())
        return seen

    def test_every_failure_looks_and_costs_the_same(
        self, browser: Browser, database: Database, mia: Account, ada: Account, hashed: list[str]
    ) -> None:
        """Nobody, a disabled, a passwordless and a service account: same work, status and body."""
        reader_key(database)
        with database.begin() as tx:
            tx.execute(account.update().where(account.c.account_id == ada.account_id).values(disabled_at=NOON))
            tx.execute(
                account.update()
                .where(account.c.account_id == mia.account_id)
                .values(password_hash=None, password_changed_at=None)
            )
        answers = set()
        for email in (mia.email, ada.email, "nobody@example.org", "service:reader"):
            before = len(hashed)
            answer = browser.sign_in(email)
            body = answer.text.replace(email, "ADDRESS")
            answers.add((answer.status_code, body))
            assert len(hashed) == before + 1, email
        assert len(answers) == 1


class TestHolding:
    def test_export_shows_all_but_secrets(self, database: Database, mia: Account, at_home: Browser) -> None:
        """An export names account, sessions, keys and providers, and holds no hash or token."""
        at_home.submit("/account", "/account/keys", name="script", scopes=["member"])
        with database.begin() as tx:
            link(tx, mia.account_id, issuer="https://id.example", subject="s1", email="m@id.example", now=NOON)
        holding = _holding()
        with database.read() as tx:
            told = str(holding.export(tx, mia.person_id))
            secrets = [
                *tx.execute(select(account.c.password_hash)).scalars(),
                *(row.hex() for row in tx.execute(select(session.c.token_hash)).scalars()),
                *(row.hex() for row in tx.execute(select(api_key.c.secret_hash)).scalars()),
            ]
        assert all(part in told for part in (mia.email, "script", "https://id.example", "sessions"))
        assert secrets
        assert not [secret for secret in secrets if secret in told]

    def test_erasure_leaves_nothing(self, database: Database, mia: Account, at_home: Browser) -> None:
        """Account, sessions and providers go; again, it changes nothing."""
        with database.begin() as tx:
            link(tx, mia.account_id, issuer="https://id.example", subject="s1", email="m@id.example", now=NOON)
            for _ in range(2):
                _holding().erase(tx, mia.person_id, NOON)
            assert [tx.execute(select(table)).all() for table in (account, session, openid_identity)] == [[]] * 3
        assert at_home.get("/probe/v1/anyone").json()["via"] == "anonymous"

    def test_merge_moves_the_account_and_split_gives_it_back(self, database: Database, mia: Account) -> None:
        """A person without an account gets it; a split undoes exactly that."""
        with database.begin() as tx:
            other = create_person(tx, name="Mia K.", now=NOON)
            moved = _holding().merge(tx, other, mia.person_id, NOON)
            assert account_of(tx, mia.account_id).person_id == other
            _holding().split(tx, other, mia.person_id, moved, NOON)
            assert account_of(tx, mia.account_id).person_id == mia.person_id

    def test_merge_leaves_a_second_account(self, database: Database, mia: Account, ada: Account) -> None:
        """Where both have one, each stays in its place."""
        with database.begin() as tx:
            assert list(_holding().merge(tx, PersonId(ada.person_id), mia.person_id, NOON)["account"]) == []
            assert account_of(tx, mia.account_id).person_id == mia.person_id


def _holding() -> Holding:
    return next(each for each in declared_holdings() if each.name == "identity")
