"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; a test that needs it is skipped where it is absent."""
    folder = PROJECT.parent / "shared"
    if not (folder / "postings" / "README.md").exists():
        pytest.skip("the recorded data in ../shared is not on this machine")
    return folder
