"""API keys: shown once, stored hashed, and never able to do more than their owner."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput, NotFound, SignInRequired
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.keys import asker_by_key, create_key, keys_of, revoke_key
from bandmate.kernel.identity.persons import Account, set_role
from bandmate.kernel.identity.tables import api_key

from .conftest import NOON, Browser, MovableClock

Issue = Callable[..., str]


@pytest.fixture
def issue(database: Database) -> Issue:
    """Create keys: ``issue(account, ["operator"])`` returns the key's text."""

    def create(
        account: Account, scopes: Sequence[str] = ("member",), expires_in: timedelta | None = timedelta(days=1)
    ) -> str:
        expires_at = NOON + expires_in if expires_in else None
        with database.begin() as tx:
            key = create_key(
                tx, account.account_id, name="nightly", scopes=scopes, expires_at=expires_at, now=NOON
            )
        return key.text

    return create


def call(browser: Browser, path: str, key: str) -> int:
    """Ask with a key and return the status."""
    status: int = browser.client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code
    return status


class TestUse:
    """Asking with a key."""

    def test_format(self, mia: Account, issue: Issue) -> None:
        """A key names itself, its public id of 8 characters and 256 bits of secret."""
        prefix, public_id, secret = issue(mia).split("_", 2)
        assert (prefix, len(public_id), len(secret)) == ("bm", 8, 43)

    def test_key_acts_for_its_owner(self, browser: Browser, mia: Account, issue: Issue) -> None:
        """A request with a key is answered to the key's owner."""
        headers = {"Authorization": f"Bearer {issue(mia)}"}
        answer = browser.client.get("/probe/v1/anyone", headers=headers)
        assert answer.json() == {"via": "api_key", "name": "Mia Kern"}

    def test_other_header(self, browser: Browser, mia: Account, issue: Issue) -> None:
        """X-API-Key is accepted as well."""
        answer = browser.client.get("/probe/v1/member", headers={"X-API-Key": issue(mia)})
        assert answer.json() == "api_key"

    def test_needs_no_csrf_token(self, browser: Browser, mia: Account, issue: Issue) -> None:
        """No browser adds a key by itself, so a form with a key is accepted without a token or an origin."""
        headers = {"Authorization": f"Bearer {issue(mia)}"}
        answer = browser.client.post("/probe/v1/write", data={"word": "drums"}, headers=headers)
        assert answer.json() == {"via": "api_key", "word": "drums"}

    def test_key_hides_the_session(self, at_home: Browser) -> None:
        """A request with a bad key is refused even where a good session comes with it."""
        assert call(at_home, "/probe/v1/anyone", "bm_nonsense") == 401

    def test_scope_is_needed(self, browser: Browser, make_account: Callable[..., Account], issue: Issue) -> None:
        """An operator's key without the scope is refused, with the scope it passes."""
        operator = make_account(role=Role.OPERATOR)
        assert call(browser, "/probe/v1/operator", issue(operator)) == 403
        assert call(browser, "/probe/v1/operator", issue(operator, ["operator"])) == 200

    def test_scope_does_not_make_a_role(self, browser: Browser, mia: Account, issue: Issue) -> None:
        """A member's key with an operator's scope is refused."""
        assert call(browser, "/probe/v1/operator", issue(mia, ["operator"])) == 403

    def test_follows_its_owner(
        self, browser: Browser, make_account: Callable[..., Account], issue: Issue, database: Database
    ) -> None:
        """When the owner loses a role, the key loses it at once."""
        operator = make_account(role=Role.OPERATOR)
        key = issue(operator, ["operator"])
        assert call(browser, "/probe/v1/operator", key) == 200
        with database.begin() as tx:
            set_role(tx, operator.account_id, Role.MEMBER)
        assert call(browser, "/probe/v1/operator", key) == 403

    def test_some_things_need_a_person(self, browser: Browser, mia: Account, issue: Issue) -> None:
        """A route without a scope admits no key: a leaked one cannot make further keys."""
        key = issue(mia, ["member", "operator", "administrator"])
        assert call(browser, "/probe/v1/in-person", key) == 403
        assert call(browser, "/account", key) == 403

    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param(lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"), id="other secret"),
            pytest.param(lambda key: "bm_zzzzzzzz" + key[11:], id="unknown"),
            pytest.param(lambda key: key + "x", id="too long"),
            pytest.param(lambda key: key.upper(), id="upper case"),
            pytest.param(lambda _: "", id="empty"),
            pytest.param(lambda _: "bm_", id="only the prefix"),
            pytest.param(lambda _: "bm_" + "\u00e9" * 52, id="not ASCII"),
        ],
    )
    def test_wrong_keys_get_the_same_words(
        self, database: Database, mia: Account, issue: Issue, spoil: Callable[[str], str]
    ) -> None:
        """Malformed, unknown and wrong keys are refused in the same words, which do not repeat the key."""
        wrong = spoil(issue(mia))
        with database.read() as tx, pytest.raises(SignInRequired, match=r"^This API key is not valid") as caught:
            asker_by_key(tx, wrong, now=NOON)
        assert not wrong or wrong not in caught.value.detail

    def test_expiry(self, browser: Browser, mia: Account, issue: Issue, clock: MovableClock) -> None:
        """A key works until its expiry, and not then."""
        key = issue(mia, expires_in=timedelta(hours=1))
        clock.move(timedelta(minutes=59))
        assert call(browser, "/probe/v1/member", key) == 200
        clock.move(timedelta(minutes=1))
        assert call(browser, "/probe/v1/member", key) == 401

    def test_revoking(self, browser: Browser, mia: Account, issue: Issue, database: Database) -> None:
        """A revoked key is refused from then on."""
        key = issue(mia)
        with database.begin() as tx:
            revoke_key(tx, key.split("_")[1], account_id=mia.account_id, now=NOON)
        assert call(browser, "/probe/v1/member", key) == 401

    def test_use_is_noted_once_a_minute(
        self,
        browser: Browser,
        mia: Account,
        issue: Issue,
        clock: MovableClock,
        database: Database,
        queries: list[str],
    ) -> None:
        """The time of the last use is right to the minute; in between a request costs one query in all."""
        key = issue(mia)
        queries.clear()
        for seconds in (0, 59, 60):
            clock.now = NOON + timedelta(seconds=seconds)
            call(browser, "/probe/v1/anyone", key)
        assert queries == ["SELECT", "UPDATE", "SELECT", "SELECT", "UPDATE"]
        with database.read() as tx:
            assert keys_of(tx, mia.account_id)[0].last_used_at == NOON + timedelta(seconds=60)


class TestKeeping:
    """What is stored of a key, and who may see and revoke it."""

    def test_only_a_hash_is_stored(
        self, browser: Browser, mia: Account, issue: Issue, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither the database nor the logs ever hold the secret, whether the key is right or wrong."""
        with caplog.at_level(logging.DEBUG):
            key = issue(mia)
            call(browser, "/probe/v1/member", key)
            call(browser, "/probe/v1/member", key + "x")
        secret = key.split("_", 2)[2]
        with database.read() as tx:
            row = tx.execute(select(api_key)).one()
        assert len(row.secret_hash) == 32
        assert secret not in str(row)
        assert secret not in caplog.text

    def test_new_key_does_not_show_itself(self, database: Database, mia: Account) -> None:
        """The object that carries a new key does not print it by accident."""
        with database.begin() as tx:
            key = create_key(tx, mia.account_id, name="x", scopes=["member"], expires_at=None, now=NOON)
        assert key.text not in repr(key)

    def test_nobody_revokes_for_others(
        self, database: Database, mia: Account, issue: Issue, make_account: Callable[..., Account]
    ) -> None:
        """Somebody else's key is not there, as far as its non-owner can tell."""
        public_id = issue(mia).split("_")[1]
        other = make_account("tom@example.org")
        with database.begin() as tx, pytest.raises(NotFound):
            revoke_key(tx, public_id, account_id=other.account_id, now=NOON)

    def test_revoking_twice_keeps_the_first_time(self, database: Database, mia: Account, issue: Issue) -> None:
        """When a key was revoked is a fact that does not change."""
        public_id = issue(mia).split("_")[1]
        with database.begin() as tx:
            revoke_key(tx, public_id, account_id=None, now=NOON)
            revoke_key(tx, public_id, account_id=None, now=NOON + timedelta(days=1))
            assert keys_of(tx, mia.account_id)[0].revoked_at == NOON

    @pytest.mark.parametrize(
        ("name", "scopes", "days", "field"),
        [
            ("", ["member"], 1, "name"),
            ("x" * 101, ["member"], 1, "name"),
            ("x\0", ["member"], 1, "name"),
            ("x", [], 1, "scopes"),
            ("x", ["Everything!"], 1, None),
            ("x", ["member"], 0, "expires"),
        ],
    )
    def test_what_makes_no_key(
        self, database: Database, mia: Account, name: str, scopes: list[str], days: int, field: str | None
    ) -> None:
        """A key without a name, with no or odd scopes, or without a future is not made."""
        expires_at = NOON + timedelta(days=days)
        with database.begin() as tx, pytest.raises(InvalidInput) as caught:
            create_key(tx, mia.account_id, name=name, scopes=scopes, expires_at=expires_at, now=NOON)
        assert caught.value.extra.get("field") == field
