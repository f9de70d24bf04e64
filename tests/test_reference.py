"""The generated pages of the docs are up to date and complete."""

from __future__ import annotations

import pytest
from scripts.reference import REFERENCE, application, pages


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    """Each page in docs/reference is what `python -m scripts.reference` writes."""
    assert (REFERENCE / name).read_text() == pages()[name], "Run: .venv/bin/python -m scripts.reference"


def test_every_route_of_the_api_is_in_the_reference() -> None:
    """Each path and method of the OpenAPI document has a heading of its own."""
    written = (REFERENCE / "api.md").read_text()
    for path, operations in application().openapi()["paths"].items():
        for method in operations:
            assert f"## `{method.upper()} {path}`\n" in written


def test_every_schema_that_is_linked_is_there() -> None:
    """A link to a schema leads to a section."""
    written = (REFERENCE / "api.md").read_text()
    sections = {line.removeprefix("### ").lower() for line in written.splitlines() if line.startswith("### ")}
    linked = {part.partition(")")[0] for part in written.split("](#")[1:]}
    assert linked <= sections
