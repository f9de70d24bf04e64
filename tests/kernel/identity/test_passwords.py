"""How passwords are kept and checked."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.passwords import PasswordHash, check_password, hash_password

from .conftest import PASSWORD

REAL = passwords._hasher


def test_parameters_are_the_recommended_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed by argon2id with the second recommended option of RFC 9106, section 4."""
    monkeypatch.setattr(passwords, "_hasher", REAL)
    used = extract_parameters(hash_password(PASSWORD))
    assert (used.type, used.time_cost, used.memory_cost, used.parallelism) == (Type.ID, 3, 64 * 1024, 4)
    assert (used.salt_len, used.hash_len) == (16, 32)


def test_right_and_wrong() -> None:
    """The password opens, another does not."""
    stored = hash_password(PASSWORD)
    assert check_password(stored, PASSWORD).right
    assert not check_password(stored, PASSWORD + "!").right


def test_equal_passwords_have_different_hashes() -> None:
    """Every hash has a salt of its own."""
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


def test_nobody_is_always_wrong() -> None:
    """Without an account no password is right, not even the one behind the hash that is compared instead."""
    assert not check_password(None, "nobody has this password, and knowing it opens no account").right


@pytest.mark.parametrize("length", [0, 11, 257])
def test_length_is_limited(length: int) -> None:
    """Too short and too long passwords are refused with both limits and the length that was given."""
    with pytest.raises(InvalidInput, match=f"has {length} characters; take 12 to 256"):
        hash_password("x" * length)


@pytest.mark.parametrize("length", [12, 256])
def test_limits_are_accepted(length: int) -> None:
    """Both limits are passwords, whole: the last character counts."""
    stored = hash_password("x" * length)
    assert check_password(stored, "x" * length).right
    assert not check_password(stored, "x" * (length - 1) + "y").right


def test_hugely_long_guess_is_wrong() -> None:
    """A guess of any length is only wrong."""
    assert not check_password(hash_password("x" * 256), "x" * 1_000_000).right


def test_keyboards_agree() -> None:
    """The same letters composed differently are the same password."""
    assert check_password(hash_password("Gr\u00fc\u00dfe aus K\u00f6ln"), "Gru\u0308\u00dfe aus Ko\u0308ln").right


def test_old_parameters_are_renewed() -> None:
    """A right password whose hash has other parameters comes with a new hash; a wrong one never does."""
    old = PasswordHash(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD))
    renewed = check_password(old, PASSWORD).rehashed
    assert renewed is not None
    assert check_password(renewed, PASSWORD) == passwords.Verdict(right=True, rehashed=None)
    assert check_password(old, "another password").rehashed is None


def test_broken_hash_is_wrong() -> None:
    """A stored hash that was damaged opens to nobody, without an error."""
    assert not check_password(PasswordHash("damaged"), PASSWORD).right
