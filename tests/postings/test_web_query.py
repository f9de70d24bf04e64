"""Queries in addresses: what is read is what was written, and what cannot be used is said in sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.kernel.errors import InvalidInput
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import JobQuery, Sort
from bandmate.postings.web_query import query_string, read_query

_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)
_NAMES = st.lists(_WORDS.filter(bool), max_size=3, unique=True).map(tuple)
_CODES = st.lists(st.from_regex(r"[a-z]{2}", fullmatch=True), max_size=3, unique=True).map(tuple)
_INSTANTS = st.none() | st.integers(0, 2**41).map(
    lambda milliseconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
_QUERIES = st.builds(
    JobQuery,
    q=_WORDS,
    title=_WORDS,
    org_id=st.lists(st.uuids(), max_size=2, unique=True).map(tuple),
    company=_NAMES,
    provider=_CODES,
    country=_CODES.map(lambda codes: tuple(code.upper() for code in codes)),
    city=_NAMES,
    salary_min=st.none() | st.floats(0, 1e9),
    salary_exists=st.none() | st.booleans(),
    posted_after=_INSTANTS,
    changed_before=_INSTANTS,
    status=st.lists(st.sampled_from(Status), max_size=3, unique=True).map(tuple),
    sort=st.sampled_from(Sort),
)


@given(_QUERIES)
def test_what_is_written_is_read_back(query: JobQuery) -> None:
    """Every query survives the way through an address."""
    assert read_query(parse_qsl(query_string(query))) == query


@given(st.lists(st.tuples(st.sampled_from([*JobQuery.__dataclass_fields__, "active", "x"]), st.text(max_size=30))))
def test_anything_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    """Whatever an address holds gives a query or a sentence, never another error."""
    answer = _read_or_refuse(pairs)
    if isinstance(answer, str):
        assert answer.endswith(".")
    else:
        assert read_query(parse_qsl(query_string(answer))) == answer


def _read_or_refuse(pairs: list[tuple[str, str]]) -> JobQuery | str:
    try:
        return read_query(pairs, besides=())
    except InvalidInput as error:
        return error.detail


def test_a_day_means_all_of_it() -> None:
    """A day is read from its first to its last millisecond, in UTC."""
    query = read_query([("posted_after", "2026-05-01"), ("posted_before", "2026-05-01")])
    assert query.posted_after == datetime(2026, 5, 1, tzinfo=UTC)
    assert query.posted_before == datetime(2026, 5, 1, 23, 59, 59, 999_000, tzinfo=UTC)


def test_empty_values_ask_for_nothing() -> None:
    """Fields that a form sends empty are no filters."""
    assert read_query([("q", " "), ("city", ""), ("salary_min", "")]) == JobQuery()


def test_the_default_status_gives_way() -> None:
    """The statuses of the address count, and those of the page only where it names none."""
    open_ = (Status.ACTIVE,)
    assert read_query([], default_status=open_).status == open_
    assert read_query([("status", "deleted")], default_status=open_).status == (Status.DELETED,)
    assert read_query([("active", "false")], default_status=open_).status == (Status.DELETED,)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Each value that cannot be used has its sentence and its pointer."""
    with pytest.raises(InvalidInput) as refused:
        read_query([("salary_min", "much"), ("status", "gone"), ("posted_after", "May"), ("org_id", "7")])
    pointers = [error["pointer"] for error in refused.value.extra["errors"]]  # type: ignore[attr-defined]  # a list of objects
    assert pointers == ["/query/salary_min", "/query/status", "/query/posted_after", "/query/org_id"]
    assert "'gone' is unknown; choose active, expired, deleted" in refused.value.detail


@pytest.mark.parametrize(
    "pairs",
    [
        [("active", "true"), ("status", "active")],
        [("q", "a"), ("q", "b")],
        [("q", "\x00")],
        [("q", "x" * 501)],
        [("salary_min", "nan")],
        [("salary_max", "-1")],
        [("city", str(number)) for number in range(51)],
        [("posted_after", "2026-02-02"), ("posted_before", "2026-02-01")],
    ],
)
def test_what_cannot_be_meant_is_refused(pairs: list[tuple[str, str]]) -> None:
    """Contradictions, doubled single values and values out of bounds are no query."""
    with pytest.raises(InvalidInput):
        read_query(pairs)


def test_unknown_names_are_refused_where_asked() -> None:
    """A program that misspells a filter is told; a page takes no notice."""
    assert read_query([("citty", "Berlin")]) == JobQuery()
    assert read_query([("cursor", "x")], besides={"cursor"}) == JobQuery()
    with pytest.raises(InvalidInput, match="citty: there is no parameter of this name"):
        read_query([("citty", "Berlin")], besides={"cursor"})
