"""The order of hits, and pages of it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from bandmate.engines.search import DEEPEST, InvalidQuery, OneOf, Query, Schema, SearchIndex

Fill = Callable[..., SearchIndex]


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[int | None, float | None, str | None]]:
    """500 documents with few distinct values, some without."""
    random = Random(3)
    return {
        f"{random.randrange(16**8):08x}": (
            random.choice([None, -5, 0, 7]),
            random.choice([None, -0.5, 2.5]),
            random.choice([None, "Aurora", "aurora", "Borealis"]),
        )
        for _ in range(500)
    }


@pytest.fixture
def shuffled(schema: Schema, rows: dict[str, tuple[int | None, float | None, str | None]]) -> SearchIndex:
    """The rows in six segments, in no order."""
    index = SearchIndex.in_memory(schema)
    with index.writer(memory=15_000_000) as writer:
        for number, (key, (posted_at, salary, company)) in enumerate(rows.items()):
            values = {"title": "same words", "posted_at": posted_at, "salary": salary, "company": company}
            writer.upsert(key, 1, values)
            if number % 90 == 0:
                writer.commit("part")
        writer.commit("all")
    return index


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("place", "field"), enumerate(["posted_at", "salary", "company"]))
@pytest.mark.parametrize("size", [7, 100, 1_000])
def test_sorted_pages_are_exact(
    shuffled: SearchIndex,
    rows: dict[str, tuple[int | None, float | None, str | None]],
    place: int,
    field: str,
    descending: bool,
    size: int,
) -> None:
    """Any page size gives the same order: by value, without one last in both directions, equal ones by id."""
    groups: dict[object, list[str]] = {}
    for key in sorted(rows):
        groups.setdefault(rows[key][place], []).append(key)
    values = sorted((each for each in groups if each is not None), reverse=descending)  # type: ignore[type-var]  # one type a column
    expected = [key for value in [*values, None] for key in groups[value]]
    pages = [
        shuffled.search(Query(sort=field, descending=descending, offset=offset, limit=size))
        for offset in range(0, 500, size)
    ]
    assert [each for page in pages for each in page.ids] == expected
    assert {page.total for page in pages} == {500}


def test_without_text_and_sort_the_order_is_by_id(
    shuffled: SearchIndex, rows: dict[str, tuple[int | None, float | None, str | None]]
) -> None:
    """Filters alone give ids in their own order, page by page."""
    found = [shuffled.search(Query(offset=offset, limit=33)).ids for offset in range(0, 500, 33)]
    assert [each for page in found for each in page] == sorted(rows)


def test_equal_scores_have_one_order(
    shuffled: SearchIndex, rows: dict[str, tuple[int | None, float | None, str | None]]
) -> None:
    """Documents of the same words come in an order that neither page size nor a merge of segments changes."""
    whole = shuffled.search(Query("same words", limit=500)).ids
    assert sorted(whole) == sorted(rows)
    paged = [shuffled.search(Query("same words", offset=offset, limit=11)).ids for offset in range(0, 500, 11)]
    assert [each for page in paged for each in page] == list(whole)


def test_the_order_of_equal_scores_survives_another_build(
    schema: Schema, shuffled: SearchIndex, rows: dict[str, tuple[int | None, float | None, str | None]]
) -> None:
    """An index built in one piece and another order answers alike."""
    again = SearchIndex.in_memory(schema)
    with again.writer(memory=15_000_000) as writer:
        for key in sorted(rows):
            writer.upsert(key, 1, {"title": "same words"})
        writer.commit("all")
    query = Query("same words", limit=500)
    assert again.search(query).ids == shuffled.search(query).ids


def test_a_sorted_text_search_pages_through_its_hits(shuffled: SearchIndex) -> None:
    """Text and sort together: the text decides, the field orders."""
    query = Query("words", filters=(OneOf("company", ("Aurora",)),), sort="posted_at", limit=500)
    answer = shuffled.search(query)
    assert len(answer.ids) == answer.total > 0


@pytest.mark.parametrize(
    "query",
    [
        Query(limit=-1),
        Query(offset=-1),
        Query(limit=DEEPEST + 1),
        Query(limit=1, offset=DEEPEST),
        Query(sort="city"),
        Query(sort="title"),
        Query(sort="nonsense"),
    ],
    ids=repr,
)
def test_what_cannot_be_ordered_or_reached_is_refused(fill: Fill, query: Query) -> None:
    """Pages beyond 10,000 hits, and sorting by text or by several values, are refused with a sentence."""
    with pytest.raises(InvalidQuery, match=r"\.$"):
        fill({}).search(query)


def test_a_page_behind_the_end_is_empty(fill: Fill) -> None:
    """The deepest page allowed is answered, with the total."""
    index = fill({"1": {"title": "x", "posted_at": 1}})
    for query in (Query(offset=9_999, limit=1), Query("x", offset=5), Query(sort="posted_at", offset=1)):
        answer = index.search(query)
        assert (answer.ids, answer.total) == ((), 1)
