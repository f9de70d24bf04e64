"""What every index does, whether in memory, in a folder or none at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bandmate.engines import search
from bandmate.engines.search import (
    Facet,
    FacetCount,
    Hits,
    Index,
    IndexWriter,
    NullIndex,
    Query,
    Schema,
    SearchIndex,
)

Opened = tuple[Index, IndexWriter]


@pytest.fixture(params=["memory", "folder"])
def opened(request: pytest.FixtureRequest, schema: Schema, tmp_path: Path) -> Opened:
    """A reader and the writer beside it; in the folder the two share nothing but files."""
    if request.param == "memory":
        index = SearchIndex.in_memory(schema)
        return index, index.writer(memory=15_000_000)
    writer = IndexWriter.open(tmp_path / "index", schema, memory=15_000_000)
    return SearchIndex.open(tmp_path / "index", schema), writer


class TestEveryIndex:
    """The contract of ``Index``."""

    @pytest.fixture(params=["memory", "folder", "null"])
    def empty(self, request: pytest.FixtureRequest, schema: Schema, tmp_path: Path) -> Index:
        """An index without documents."""
        if request.param == "null":
            return NullIndex()
        if request.param == "memory":
            return SearchIndex.in_memory(schema)
        IndexWriter.open(tmp_path, schema, memory=15_000_000).close()
        return SearchIndex.open(tmp_path, schema)

    def test_an_empty_index_finds_nothing(self, empty: Index) -> None:
        """Every question has an answer without hits, and names its facets."""
        assert empty.search(Query("data", facets=(Facet("city"),))) == Hits((), 0, {"city": ()})
        assert empty.search(Query()) == Hits((), 0, {})

    def test_an_empty_index_counts_zero_and_has_no_mark(self, empty: Index) -> None:
        """Before the first commit nothing was read from the feed."""
        assert (empty.count(), empty.mark()) == (0, None)


class TestEveryWriter:
    """What is written is found, after the commit and not before."""

    def test_a_commit_makes_documents_and_mark_visible_together(self, opened: Opened) -> None:
        """Before the commit the reader sees nothing, after it everything."""
        index, writer = opened
        writer.upsert("1", 1, {"title": "Sound engineer", "city": "Oslo"})
        assert (index.count(), index.mark()) == (0, None)
        writer.commit("position 7")
        assert (index.count(), index.mark()) == (1, "position 7")
        assert index.search(Query("sound", facets=(Facet("city"),))) == Hits(
            ("1",), 1, {"city": (FacetCount("Oslo", 1),)}
        )

    def test_the_mark_is_no_document(self, opened: Opened) -> None:
        """However often committed, the mark is neither counted nor found."""
        index, writer = opened
        for mark in ("a", "", "mark"):
            writer.commit(mark)
            assert (index.count(), index.mark(), index.search(Query()).total) == (0, mark, 0)

    def test_an_upsert_replaces(self, opened: Opened) -> None:
        """There is one document for an id, within a commit and across commits."""
        index, writer = opened
        for version, title in enumerate(["one", "two"]):
            writer.upsert("1", version, {"title": title})
        writer.commit("first")
        assert (index.search(Query("one")).total, index.search(Query("two")).ids) == (0, ("1",))
        writer.upsert("1", 2, {"title": "three"})
        writer.commit("second")
        assert (index.search(Query("two")).total, index.search(Query("three")).ids, index.count()) == (
            0,
            ("1",),
            1,
        )

    def test_an_older_version_is_passed_over(self, opened: Opened) -> None:
        """A repeated or late delivery changes nothing, within a commit and across commits."""
        index, writer = opened
        writer.upsert("1", 5, {"title": "new"})
        writer.upsert("1", 4, {"title": "old"})
        writer.commit("first")
        writer.upsert("1", 4, {"title": "old"})
        writer.delete("1", 4)
        writer.commit("second")
        assert index.search(Query("new")).ids == ("1",)

    def test_the_same_version_again_replaces(self, opened: Opened) -> None:
        """A rebuild with other values under the same versions takes effect."""
        index, writer = opened
        writer.upsert("1", 5, {"title": "old"})
        writer.commit("first")
        writer.upsert("1", 5, {"title": "new"})
        writer.commit("second")
        assert index.search(Query("new")).ids == ("1",)

    def test_delete_hides_the_document(self, opened: Opened) -> None:
        """A deleted id no longer matches, in results, facets and totals; an unknown one is no error."""
        index, writer = opened
        writer.upsert("1", 1, {"title": "x", "city": "Oslo"})
        writer.commit("first")
        writer.delete("1")
        writer.delete("unknown")
        writer.upsert("1", 0, {"title": "late"})
        writer.commit("second")
        assert index.search(Query(facets=(Facet("city"),))) == Hits((), 0, {"city": ()})
        assert index.count() == 0

    def test_clear_takes_effect_with_the_commit(self, opened: Opened) -> None:
        """A rebuild in place answers from the old documents until it commits, and may use lower versions."""
        index, writer = opened
        writer.upsert("1", 9, {"title": "old"})
        writer.commit("first")
        writer.clear()
        writer.upsert("1", 1, {"title": "new"})
        assert index.search(Query("old")).ids == ("1",)
        writer.commit("second")
        assert (index.search(Query("old")).total, index.search(Query("new")).ids) == (0, ("1",))

    def test_what_was_not_committed_is_dropped(self, opened: Opened) -> None:
        """Closing is no commit, and closing again does nothing."""
        index, writer = opened
        with writer:
            writer.upsert("1", 1, {"title": "x"})
        writer.close()
        assert index.count() == 0


def test_the_public_names_are_complete_and_sorted() -> None:
    """Everything public is re-exported."""
    assert sorted(search.__all__) == sorted(set(search.__all__))
    assert all(hasattr(search, name) for name in search.__all__)


Make = Callable[[], Index]
