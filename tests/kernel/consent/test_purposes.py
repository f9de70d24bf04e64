"""Purposes are declared in code, once, with what a person reads before they decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bandmate.kernel.consent import Evidence, Through, declare_purpose, declared_purposes
from bandmate.kernel.errors import InvalidInput

from .conftest import ALERTS, PORTRAIT

pytestmark = pytest.mark.usefixtures("_no_purposes")


def test_declared_purposes_are_listed_by_title() -> None:
    """The page shows them in the order of their titles."""
    declare_purpose(PORTRAIT)
    declare_purpose(ALERTS)
    assert declared_purposes() == (ALERTS, PORTRAIT)


def test_declaring_the_same_again_changes_nothing() -> None:
    """A module that is imported twice may declare its purpose twice."""
    declare_purpose(ALERTS)
    declare_purpose(replace(ALERTS))
    assert declared_purposes() == (ALERTS,)


def test_one_name_stands_for_one_purpose() -> None:
    """Another purpose under a name that is taken is refused, and the first stays."""
    declare_purpose(ALERTS)
    with pytest.raises(ValueError, match=r"messages\.job_alerts"):
        declare_purpose(replace(ALERTS, wording="We may do anything."))
    assert declared_purposes() == (ALERTS,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "alerts"},
        {"name": "Messages.alerts"},
        {"title": " "},
        {"wording": ""},
        {"version": 0},
        {"channels": ("e mail",)},
        {"channels": ("email", "email")},
    ],
)
def test_wrong_declarations_are_refused(wrong: dict[str, Any]) -> None:
    """A purpose without a proper name, wording, version or channels cannot be made."""
    with pytest.raises(ValueError, match=r"purpose|channels"):
        replace(ALERTS, **wrong)


@pytest.mark.parametrize("wrong", [{"wording": " "}, {"wording": "a\0b"}, {"locale": ""}, {"recorded_by": ""}])
def test_evidence_without_substance_is_refused(wrong: dict[str, Any]) -> None:
    """Who recorded it, the wording and its language must be there, in characters that can be kept."""
    with pytest.raises(InvalidInput, match="Evidence of consent needs a"):
        replace(Evidence("import", Through.IMPORT, "Yes, write to me.", 1, "en"), **wrong)
