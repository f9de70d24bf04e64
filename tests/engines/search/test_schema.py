"""Schemas, and values that do or do not fit them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from bandmate.engines.search import Field, InvalidDocument, Kind, Query, Schema, SearchIndex, Value

Fill = Callable[..., SearchIndex]


@pytest.mark.parametrize("name", ["", "_id", "Name", "a-b", "1a", "a\n"])
def test_a_field_name_is_plain(name: str) -> None:
    """Only small letters, digits and underscores; built-in fields cannot be hidden."""
    with pytest.raises(ValueError, match="no field name"):
        Field(name, Kind.TEXT)


@pytest.mark.parametrize(("kind", "boost"), [(Kind.KEYWORD, 2.0), (Kind.TEXT, 0.0), (Kind.TEXT, -1.0)])
def test_only_text_has_a_positive_boost(kind: Kind, boost: float) -> None:
    """A boost elsewhere would silently mean nothing."""
    with pytest.raises(ValueError, match="boost"):
        Field("name", kind, boost=boost)


def test_field_names_are_distinct() -> None:
    """Two fields of one name are refused."""
    with pytest.raises(ValueError, match="same name"):
        Schema((Field("a", Kind.TEXT), Field("a", Kind.KEYWORD)))


def test_every_part_of_a_schema_is_in_its_fingerprint() -> None:
    """Name, kind, boost, multiplicity, order and version each make another index."""
    schemas = [
        Schema((Field("a", Kind.TEXT), Field("b", Kind.KEYWORD))),
        Schema((Field("b", Kind.KEYWORD), Field("a", Kind.TEXT))),
        Schema((Field("a", Kind.TEXT), Field("c", Kind.KEYWORD))),
        Schema((Field("a", Kind.TEXT), Field("b", Kind.INTEGER))),
        Schema((Field("a", Kind.TEXT), Field("b", Kind.KEYWORD, multi=True))),
        Schema((Field("a", Kind.TEXT, boost=2), Field("b", Kind.KEYWORD))),
        Schema((Field("a", Kind.TEXT), Field("b", Kind.KEYWORD)), version=2),
    ]
    assert all(one.fingerprint() != other.fingerprint() for one, other in combinations(schemas, 2))
    assert schemas[0].fingerprint() == Schema((Field("a", Kind.TEXT), Field("b", Kind.KEYWORD))).fingerprint()


@pytest.mark.parametrize(
    "values",
    [
        {"nonsense": "x"},
        {"title": 1},
        {"city": 1},
        {"company": ["a", "b"]},
        {"posted_at": 1.5},
        {"posted_at": 2**63},
        {"salary": "1"},
        {"salary": float("nan")},
        {"salary": float("inf")},
    ],
    ids=repr,
)
def test_a_value_that_does_not_fit_is_refused(fill: Fill, values: dict[str, Value]) -> None:
    """The error names the field; nothing of the document is kept."""
    with pytest.raises(InvalidDocument, match=next(iter(values))):
        fill({"1": values})


@pytest.mark.parametrize("document_id", ["", "\ud800"])
def test_an_id_is_valid_text(fill: Fill, document_id: str) -> None:
    """Empty ids and ids with halves of characters are refused."""
    with pytest.raises(InvalidDocument, match="id"):
        fill({document_id: {}})


def test_a_refused_document_leaves_the_one_before(schema: Schema) -> None:
    """A bad newer version does not remove the good older one."""
    index = SearchIndex.in_memory(schema)
    with index.writer(memory=15_000_000) as writer:
        writer.upsert("1", 1, {"title": "good"})
        with pytest.raises(InvalidDocument):
            writer.upsert("1", 2, {"title": "bad", "salary": "much"})
        writer.commit("done")
    assert index.search(Query("good")).ids == ("1",)


def test_broken_characters_in_values_do_no_harm(fill: Fill) -> None:
    """Halves of characters and control characters in texts and keywords are indexed as well as they can be."""
    index = fill({"1": {"title": "sound\x00\ud800engineer", "city": "Os\udc00lo"}})
    assert index.search(Query("engineer")).ids == ("1",)
