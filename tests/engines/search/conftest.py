"""A small fictional index that most tests ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from bandmate.engines.search import Field, Hits, Kind, Query, Schema, SearchIndex, Value

SCHEMA = Schema(
    (
        Field("title", Kind.TEXT, boost=3.0),
        Field("description", Kind.TEXT),
        Field("city", Kind.KEYWORD, multi=True),
        Field("company", Kind.KEYWORD),
        Field("posted_at", Kind.INTEGER),
        Field("salary", Kind.NUMBER),
    )
)

Documents = Mapping[str, Mapping[str, Value]]
Fill = Callable[[Documents], SearchIndex]
Find = Callable[[Documents, Query], Hits]


@pytest.fixture
def schema() -> Schema:
    """Two texts, two keywords, two numbers."""
    return SCHEMA


@pytest.fixture
def fill(schema: Schema) -> Fill:
    """Builds an index in memory from documents by id."""

    def filled(documents: Documents) -> SearchIndex:
        index = SearchIndex.in_memory(schema)
        with index.writer(memory=15_000_000) as writer:
            for document_id, values in documents.items():
                writer.upsert(document_id, 1, values)
            writer.commit("filled")
        return index

    return filled


@pytest.fixture
def find(fill: Fill) -> Callable[..., list[str]]:
    """The ids found by a text among titles: ``find("text", {"1": "title", ...})``."""

    def found(text: str, titles: Mapping[str, str]) -> list[str]:
        return list(fill({key: {"title": title} for key, title in titles.items()}).search(Query(text)).ids)

    return found
