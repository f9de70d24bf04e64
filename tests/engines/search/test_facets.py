"""Counts of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from bandmate.engines.search import (
    AnyOf,
    Facet,
    FacetCount,
    InvalidQuery,
    Not,
    OneOf,
    Query,
    Range,
    Schema,
    SearchIndex,
)

Fill = Callable[..., SearchIndex]


def test_values_are_counted_once_a_document(fill: Fill) -> None:
    """Every value of a document counts, a repeated one once, most frequent first, then by value."""
    index = fill(
        {"1": {"city": ["Oslo", "Oslo", "Bergen"]}, "2": {"city": "Oslo"}, "3": {"city": "Arendal"}, "4": {}}
    )
    assert index.search(Query(facets=(Facet("city"),))).facets == {
        "city": (FacetCount("Oslo", 2), FacetCount("Arendal", 1), FacetCount("Bergen", 1))
    }


def test_counts_are_of_what_was_found(fill: Fill) -> None:
    """Text and filters narrow the counts; the page does not."""
    index = fill(
        {
            "1": {"title": "data", "city": "Oslo", "posted_at": 1},
            "2": {"title": "data", "city": "Bergen", "posted_at": 2},
            "3": {"title": "audio", "city": "Oslo", "posted_at": 2},
        }
    )
    answer = index.search(Query("data ", filters=(Range("posted_at", 2),), facets=(Facet("city"),), limit=0))
    assert answer.facets == {"city": (FacetCount("Bergen", 1),)}
    assert (answer.ids, answer.total) == ((), 1)


def test_counts_are_exact_over_many_segments(schema: Schema) -> None:
    """Values that are rare in each commit but frequent in all are not missed, and ties at the cut go by value."""
    random = Random(7)
    index = SearchIndex.in_memory(schema)
    expected: Counter[str] = Counter()
    with index.writer(memory=15_000_000) as writer:
        for number in range(3_000):
            company = f"company {random.randrange(700):03}"
            expected[company] += 1
            writer.upsert(f"{number}", 1, {"company": company})
            if number % 600 == 599:
                writer.commit(str(number))
    ordered = sorted(expected.items(), key=lambda each: (-each[1], each[0]))
    for size in (1, 10, 300, 1_000):
        counts = index.search(Query(facets=(Facet("company", size),))).facets["company"]
        assert [(each.value, each.count) for each in counts] == ordered[:size]


def test_values_are_given_as_they_were(fill: Fill) -> None:
    """Keywords keep case, accents and spaces."""
    index = fill({"1": {"city": " São Paulo, SP "}})
    assert index.search(Query(facets=(Facet("city"),))).facets["city"] == (FacetCount(" São Paulo, SP ", 1),)


DISJUNCTIVE = {
    "1": {"city": "Oslo", "company": "Aurora"},
    "2": {"city": "Bergen", "company": "Aurora"},
    "3": {"city": "Bergen", "company": "Borealis"},
}


@pytest.mark.parametrize(
    "condition",
    [OneOf("city", ("Oslo",)), AnyOf((OneOf("city", ("Oslo",)),)), Not(OneOf("city", ("Bergen",)))],
    ids=repr,
)
def test_a_disjunctive_facet_leaves_out_its_own_filter(fill: Fill, condition: OneOf) -> None:
    """The chosen city narrows hits and companies, while the other cities keep their counts."""
    query = Query(filters=(condition,), facets=(Facet("city"), Facet("company")), disjunctive=True)
    answer = fill(DISJUNCTIVE).search(query)
    assert answer.ids == ("1",)
    assert list(answer.facets) == ["city", "company"]
    assert answer.facets["city"] == (FacetCount("Bergen", 2), FacetCount("Oslo", 1))
    assert answer.facets["company"] == (FacetCount("Aurora", 1),)


def test_a_disjunctive_facet_keeps_the_filters_of_others(fill: Fill) -> None:
    """Counts of cities are narrowed by the chosen company, and the other way round."""
    filters = (OneOf("city", ("Bergen",)), OneOf("company", ("Aurora",)))
    answer = fill(DISJUNCTIVE).search(
        Query(filters=filters, facets=(Facet("city"), Facet("company")), disjunctive=True)
    )
    assert answer.facets["city"] == (FacetCount("Bergen", 1), FacetCount("Oslo", 1))
    assert answer.facets["company"] == (FacetCount("Aurora", 1), FacetCount("Borealis", 1))


@pytest.mark.parametrize("facet", [Facet("title"), Facet("salary"), Facet("nonsense"), Facet("city", 0)], ids=repr)
def test_only_keywords_are_counted(fill: Fill, facet: Facet) -> None:
    """A facet over anything else is refused."""
    with pytest.raises(InvalidQuery):
        fill({}).search(Query(facets=(facet,)))
