"""Secrets and signatures, checked against the specification's own vector and an independent library."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput, Unavailable
from bandmate.kernel.webhooks.signing import (
    derived_secret,
    fits,
    new_salt,
    parse_secret,
    sign,
    signed_headers,
    webhook_key,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1_614_265_330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
ENDPOINT = UUID("00000000-0000-4000-8000-000000000001")


def test_the_published_vector_is_met() -> None:
    """The example that the specification's libraries are tested with gives the signature they publish."""
    assert sign(parse_secret(SECRET), MESSAGE, AT, BODY) == SIGNATURE
    assert Webhook(SECRET).sign(MESSAGE, datetime.fromtimestamp(AT, UTC), BODY.decode()) == SIGNATURE


def test_the_library_accepts_what_we_sign() -> None:
    """A derived secret, written as its owner sees it, verifies in the library."""
    secret = derived_secret(b"k" * 32, ENDPOINT, new_salt())
    headers = signed_headers([secret], "1", '{"ä":1}'.encode(), now=system_clock())
    assert Webhook(secret.written).verify('{"ä":1}'.encode(), headers) == {"ä": 1}


@pytest.mark.parametrize(
    ("message", "at", "body", "signatures"),
    [
        ("other", AT, BODY, SIGNATURE),
        (MESSAGE, AT + 1, BODY, SIGNATURE),
        (MESSAGE, AT, BODY + b" ", SIGNATURE),
        (MESSAGE, AT, BODY, SIGNATURE.replace("v1,", "v1a,")),
        (MESSAGE, AT, BODY, ""),
        (MESSAGE, AT, BODY, "v1,ä"),
    ],
)
def test_anything_else_does_not_fit(message: str, at: int, body: bytes, signatures: str) -> None:
    """Another id, time, body, version or no signature is refused."""
    assert not fits(parse_secret(SECRET), message, at, body, signatures)


def test_one_of_several_signatures_is_enough() -> None:
    """During a rotation there are two; either may come first."""
    assert fits(parse_secret(SECRET), MESSAGE, AT, BODY, f"v1,AAAA {SIGNATURE}")


@pytest.mark.parametrize("written", ["whsec_", "whsec_AAAA", "whsec_!!!", "whsec_" + "A" * 200])
def test_a_secret_that_is_none_is_refused_without_repeating_it(written: str) -> None:
    """Too short, too long or no base64; the message does not hold it."""
    with pytest.raises(InvalidInput) as caught:
        parse_secret(written)
    assert written not in caught.value.detail or written == "whsec_"


def test_secrets_differ_by_key_endpoint_and_salt() -> None:
    """None of the three alone tells a secret."""
    salt = new_salt()
    secrets = {
        derived_secret(key, endpoint, used).key
        for key in (b"a" * 32, b"b" * 32)
        for endpoint in (ENDPOINT, UUID(int=2))
        for used in (salt, new_salt())
    }
    assert len(secrets) == 8


def test_a_secret_does_not_show_itself() -> None:
    """Neither printing nor formatting one tells it."""
    secret = parse_secret(SECRET)
    assert "MfKQ" not in f"{secret} {secret!r}"


class TestKey:
    def test_the_key_is_made_once_and_readable_by_its_owner_only(self, settings: Settings) -> None:
        """Mode 0600, 32 bytes, the same each time."""
        key = webhook_key(settings)
        path = settings.home / "webhook.key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(key) == 32
        assert webhook_key(settings) == key
        assert [file.name for file in settings.home.iterdir()] == ["webhook.key"]

    def test_processes_that_make_it_at_once_end_up_with_the_same(self, settings: Settings) -> None:
        """The first one linked wins, and nobody reads half of one."""
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _: webhook_key(settings), range(40)))) == 1

    def test_a_setting_takes_its_place(self, settings: Settings) -> None:
        """With BANDMATE_WEBHOOK_KEY no file is made; the setting does not show itself."""
        chosen = settings.model_copy(update={"webhook_key": Settings(webhook_key="x" * 32).webhook_key})
        assert webhook_key(chosen) == b"x" * 32
        assert not (settings.home / "webhook.key").exists()
        assert "xxxx" not in repr(chosen)

    def test_a_damaged_file_is_not_replaced(self, settings: Settings) -> None:
        """A new key would silently break every receiver."""
        settings.home.mkdir(parents=True)
        (settings.home / "webhook.key").write_bytes(b"half")
        with pytest.raises(Unavailable, match="Restore it from a backup"):
            webhook_key(settings)
