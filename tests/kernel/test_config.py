"""Settings as the environment gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandmate.kernel.config import Settings, settings
from bandmate.kernel.errors import InvalidInput


def test_an_empty_folder_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """``BANDMATE_HOME=`` means the default, never the folder the command happens to be called in."""
    for name in ("HOME", "MODELS", "ARCHIVE"):
        monkeypatch.setenv(f"BANDMATE_{name}", "")
    chosen = Settings()
    assert chosen.home == Path("~/.local/share/bandmate").expanduser()
    assert chosen.models_folder == chosen.home / "models"
    assert chosen.archive_folder == chosen.home / "archive"


def test_a_tilde_is_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no shell expands it, as in a service file, ``~`` still means the user's home."""
    monkeypatch.setenv("BANDMATE_HOME", "~/boards")
    assert Settings().home == Path.home() / "boards"


def test_an_empty_list_means_no_restriction(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty launch scope is a choice of its own, unlike an empty folder."""
    monkeypatch.setenv("BANDMATE_LAUNCH_SCOPE_COUNTRIES", "")
    assert Settings().launch_scope_countries == ()


@pytest.mark.parametrize(
    ("variable", "value", "field"),
    [
        ("BANDMATE_PUBLIC_URL", "jobs.example.org", "public_url"),
        ("BANDMATE_PROVIDER_URLS", "http://127.0.0.1", "provider_urls"),
        ("BANDMATE_LOG_LEVEL", "loud", "log_level"),
    ],
)
def test_what_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, field: str
) -> None:
    """A value that cannot be used ends in a sentence with the setting's name."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidInput, match=field):
        settings()
