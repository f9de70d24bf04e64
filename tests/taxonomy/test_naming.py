"""Names of concepts in addresses, and codes of groups."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.taxonomy.tiny import CODING, ESCO

from bandmate.taxonomy import concept_id
from bandmate.taxonomy.naming import code_above


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        (f"{ESCO}/skill/0005c151-5b5a-4a66-8aac-60e734beb1ab", "0005c151-5b5a-4a66-8aac-60e734beb1ab"),
        (f"{ESCO}/skill/S4.5.0", "S4.5.0"),
        (f"{ESCO}/isco/C2654", "C2654"),
        (f"{ESCO}/isced-f/0215", "K0215"),
        (CODING, "x-a9c4dda487cf0a7003cfd592b8f0684f"),
    ],
)
def test_a_name_comes_from_the_uri_alone(uri: str, name: str) -> None:
    """ESCO's by its last part, any other by a digest."""
    assert concept_id(uri) == name


@given(st.text(max_size=200))
def test_a_name_is_safe_in_a_path(uri: str) -> None:
    """Whatever a URI is, its name has letters, digits, points and hyphens alone, and is no way up."""
    for hostile in (uri, f"{ESCO}/skill/{uri}"):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,64}", concept_id(hostile))


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("S1.12.3", ["S1.12", "S1", "S"]),
        ("K0215", ["K021", "K02", "K"]),
        ("L1", ["L"]),
        ("C2654", ["C265", "C26", "C2"]),
        ("C2", []),
        ("S", []),
        ("0005c151-5b5a", []),
        ("x-00", []),
    ],
)
def test_codes_say_what_they_lie_below(code: str, path: list[str]) -> None:
    """Step by step to the top; a name that is no code lies below nothing."""
    found, above = [], code_above(code)
    while above is not None:
        found.append(above)
        above = code_above(above)
    assert found == path
