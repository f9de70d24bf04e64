"""One meaning: an alert finds what the search page finds among the same postings."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.postings.test_parity import NOW, history, random_query

from bandmate.engines.search import Percolator, Query, SearchIndex
from bandmate.kernel.database.session import Database, Tx
from bandmate.postings.index_schema import SCHEMA, documents
from bandmate.postings.job_query import JobQuery, conditions
from bandmate.postings.records import all_records
from bandmate.postings.saved_searches.domain import canonical
from bandmate.postings.saved_searches.matching import fitting
from bandmate.postings.search import search

__all__ = ["history"]

WORDS = (
    "engineer",
    "engin",
    "enginere ",
    '"sound engineer"',
    "-engineer",
    "c++ developer",
    "größe",
    "manager -label",
    "vertrieb",
    "r",
    "a&r",
    "zzzzzz",
    "!!!",
    "patient ears -manager",
)


def test_alerts_find_what_the_page_finds(history: tuple[Database, SearchIndex, random.Random]) -> None:
    """For 120 random searches, a third with words, the answer among chosen postings is the page's."""
    database, index, chance = history
    queries = [
        canonical(replace(random_query(chance), q=chance.choice(WORDS) if number % 3 == 0 else ""))
        for number in range(120)
    ]
    queries += [canonical(JobQuery(q=words)) for words in WORDS]
    with database.read() as tx:
        every = [record["job_id"] for record in all_records(tx, NOW)]
        chosen = chance.sample(every, len(every) // 2)
        found = fitting(tx, index, queries, chosen, now=NOW)
        by_page = [_by_page(tx, index, query) & set(chosen) for query in queries]
    assert [set(jobs) for jobs in found] == by_page
    assert sum(map(len, by_page)) > 100


def _by_page(tx: Tx, index: SearchIndex, query: JobQuery) -> set[str]:
    """Return everything that the search page would show, page by page."""
    ids: set[str] = set()
    cursor = None
    while True:
        answer = search(tx, index, query, now=NOW, limit=50, cursor=cursor)
        ids |= {record["job_id"] for record in answer.records}
        cursor = answer.next_cursor
        if cursor is None:
            return ids


def test_a_percolator_answers_as_the_index(history: tuple[Database, SearchIndex, random.Random]) -> None:
    """Unfinished, mistyped, quoted and excluded words find the same documents as the great index does."""
    database, index, chance = history
    with database.read() as tx:
        every = [record["job_id"] for record in all_records(tx, NOW)]
        chosen = set(chance.sample(every, len(every) // 3))
        percolator = Percolator(index, SCHEMA, documents(tx, list(chosen)))
    for words in WORDS:
        whole = index.search(Query(words, limit=1000)).ids
        assert percolator.fits(words) == frozenset(whole) & chosen, words


def test_postings_that_are_gone_fit_nothing(history: tuple[Database, SearchIndex, random.Random]) -> None:
    """An id that no posting has is in no answer, not even to a search for everything."""
    database, index, _ = history
    with database.read() as tx:
        assert fitting(tx, index, [JobQuery(), JobQuery(q="engineer")], ["0" * 40], now=NOW) == [set(), set()]
        assert conditions(JobQuery(), NOW) == ()
