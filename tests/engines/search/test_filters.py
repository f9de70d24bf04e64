"""Conditions on documents."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.engines.search import (
    AnyOf,
    Exists,
    Field,
    Filter,
    InvalidQuery,
    Kind,
    Not,
    OneOf,
    Query,
    Range,
    Schema,
    SearchIndex,
    Value,
)

Fill = Callable[..., SearchIndex]

DOCUMENTS: dict[str, dict[str, Value]] = {
    "1": {"title": "a", "city": ["Malmö", "Oslo"], "company": "Aurora", "posted_at": 10, "salary": 1.5},
    "2": {"title": "b", "city": "Oslo", "company": "aurora", "posted_at": -(2**63), "salary": -2.0},
    "3": {"title": "c", "city": [], "company": "", "posted_at": None},
    "4": {"title": "d", "city": "malmo", "posted_at": 2**63 - 1, "salary": 1e300},
}


@pytest.fixture
def index(fill: Fill) -> SearchIndex:
    """The four documents above."""
    return fill(DOCUMENTS)


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (OneOf("city", ("Oslo",)), "12"),
        (OneOf("city", ("Malmö", "malmo")), "14"),
        (OneOf("company", ("aurora",)), "2"),
        (OneOf("company", ("",)), ""),
        (OneOf("company", ()), ""),
        (OneOf("posted_at", (10, 2**63 - 1)), "14"),
        (OneOf("salary", (1.5,)), "1"),
        (Exists("city"), "124"),
        (Exists("company"), "12"),
        (Exists("salary"), "124"),
        (Not(Exists("posted_at")), "3"),
        (Not(OneOf("city", ("Oslo",))), "34"),
        (Not(Not(OneOf("city", ("Oslo",)))), "12"),
        (AnyOf(()), ""),
        (AnyOf((OneOf("posted_at", (10,)), Not(Exists("city")))), "13"),
        (Not(AnyOf((Exists("salary"), Exists("company")))), "3"),
        (Range("salary", -2, 1.5), "12"),
        (Range("salary", 1.5), "14"),
        (Range("salary", high=1), "2"),
        (Range("salary"), "124"),
        (Range("posted_at", 9.5, 10.5), "1"),
        (Range("posted_at", 10.1, 10.9), ""),
        (Range("posted_at", 11, 9), ""),
        (Range("posted_at", -(10**30), 10**30), "124"),
        (Range("posted_at", 10**30), ""),
        (Range("posted_at", high=-float("inf")), ""),
        (Range("salary", float("-inf"), float("inf")), "124"),
        (Range("salary", 10**400), ""),
        (Range("salary", float("nan")), ""),
    ],
)
def test_a_filter_selects(index: SearchIndex, condition: Filter, ids: str) -> None:
    """Keywords are exact, both ends of a range belong to it, bounds beyond the type are no error."""
    assert index.search(Query(filters=(condition,))).ids == tuple(ids)


def test_all_filters_and_the_text_must_hold(index: SearchIndex) -> None:
    """Filters narrow what the text finds."""
    filters = (Exists("city"), Range("salary", 0))
    assert index.search(Query(filters=filters)).ids == ("1", "4")
    assert index.search(Query("d", filters=filters)).ids == ("4",)


@pytest.mark.parametrize(
    "query",
    [
        Query(filters=(OneOf("nonsense", ("x",)),)),
        Query(filters=(OneOf("title", ("x",)),)),
        Query(filters=(OneOf("city", (1,)),)),
        Query(filters=(OneOf("salary", ("x",)),)),
        Query(filters=(Range("city", 1, 2),)),
        Query(filters=(Exists("title"),)),
        Query(filters=(Not(AnyOf((Range("nonsense"),))),)),
    ],
    ids=repr,
)
def test_a_filter_that_does_not_fit_the_schema_is_refused(index: SearchIndex, query: Query) -> None:
    """InvalidQuery is a ValueError with status 422 and names the field."""
    with pytest.raises(InvalidQuery, match=r"[Ff]ield '") as refusal:
        index.search(query)
    assert isinstance(refusal.value, ValueError)
    assert refusal.value.status == 422


VALUES = st.sampled_from(["a", "b", "c"])
NUMBERS = st.integers(-3, 3)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    st.builds(OneOf, st.just("tags"), st.lists(VALUES, max_size=2).map(tuple))
    | st.builds(Range, st.just("size"), st.none() | NUMBERS, st.none() | NUMBERS)
    | st.builds(Exists, st.sampled_from(["tags", "size"])),
    lambda inner: st.builds(Not, inner) | st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)


def holds(condition: Filter, tags: frozenset[str], size: int | None) -> bool:
    """The same condition, decided on plain values."""
    match condition:
        case OneOf():
            return bool(tags & set(condition.values))
        case Range():
            low = -9 if condition.low is None else condition.low
            high = 9 if condition.high is None else condition.high
            return size is not None and low <= size <= high
        case Exists():
            return bool(tags) if condition.field == "tags" else size is not None
        case Not():
            return not holds(condition.filter, tags, size)
        case AnyOf():
            return any(holds(each, tags, size) for each in condition.filters)
    raise AssertionError(condition)


EVERY_CASE = {
    f"{''.join(sorted(tags))}/{size}": (tags, size)
    for tags in (frozenset(each) for each in ("", "a", "b", "ab", "bc", "abc"))
    for size in (None, *range(-3, 4))
}


@pytest.fixture(scope="module")
def every_case() -> SearchIndex:
    """Every combination of tags and sizes, in two segments, with two documents removed again."""
    index = SearchIndex.in_memory(Schema((Field("tags", Kind.KEYWORD, multi=True), Field("size", Kind.INTEGER))))
    with index.writer(memory=15_000_000) as writer:
        for half in (0, 1):
            for number, (key, (tags, size)) in enumerate(EVERY_CASE.items()):
                if number % 2 == half:
                    writer.upsert(key, 1, {"tags": sorted(tags), "size": size})
            writer.upsert(f"removed {half}", 1, {"tags": ["a", "b"], "size": 1})
            writer.commit(str(half))
        writer.delete("removed 0")
        writer.delete("removed 1")
        writer.commit("ready")
    return index


@settings(max_examples=300, deadline=None)
@given(condition=FILTERS)
def test_filters_agree_with_plain_logic(every_case: SearchIndex, condition: Filter) -> None:
    """Any nesting of filters selects what the same logic selects from a list; total and ids agree."""
    answer = every_case.search(Query(filters=(condition,), limit=1_000))
    expected = sorted(key for key, (tags, size) in EVERY_CASE.items() if holds(condition, tags, size))
    assert list(answer.ids) == expected
    assert answer.total == len(expected)


def test_field_names_are_what_the_errors_offer(index: SearchIndex) -> None:
    """An unknown field is answered with the list of known ones."""
    with pytest.raises(InvalidQuery) as refusal:
        index.search(Query(sort="nonsense"))
    assert attrgetter("detail")(refusal.value).endswith("title, description, city, company, posted_at, salary.")
