"""Which of some postings fit which of many queries: the page's own conditions, each looked at once.

Ten thousand searches share a few hundred conditions ("Berlin", "remote", "open"). Each distinct condition is the
SQL that the search page would send (``job_query.conditions``), evaluated over the postings in question, hundreds
to a statement. Words are asked, each text once, of a small index of these postings
(``engines.search.Percolator``). A query's answer is what its conditions have in common. A test holds it against
the search page's own function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from bandmate.engines.search import Percolator, SearchIndex
from bandmate.kernel.database.session import Tx
from bandmate.postings.index_schema import SCHEMA, documents
from bandmate.postings.job_query import Condition, JobQuery, conditions

CONDITIONS_A_STATEMENT = 400
"""A list of so many expressions is far from the server's limits, and planned in milliseconds."""

_PARAMETER = re.compile(r"(?<!:):(\w+)")

Fits = frozenset[str]


def fitting(
    tx: Tx, index: SearchIndex, queries: Sequence[JobQuery], job_ids: Sequence[str], *, now: datetime
) -> list[Fits]:
    """Return for each query which of these postings fit it, as the search page would answer at ``now``.

    Args:
        tx: a transaction to read with.
        index: the search index; it should have come as far as what is asked about.
        queries: what is asked; their order of results means nothing.
        job_ids: the postings in question, some thousands at most.
        now: decides what has expired.

    Raises:
        IndexUnusable: when there are words to look for and the index has gone.
    """
    asked = [{_key(c): c for c in conditions(query, now) if c.sql != "true"} for query in queries]
    distinct = {key: condition for of_query in asked for key, condition in of_query.items()}
    by_condition = _evaluated(tx, distinct, job_ids)
    by_text = _by_words(tx, index, {query.q for query in queries if query.has_words}, job_ids)
    everything = _existing(tx, job_ids)
    return [
        _common(everything, [*(by_condition[key] for key in of_query), *_of_words(query, by_text)])
        for query, of_query in zip(queries, asked, strict=True)
    ]


def _key(condition: Condition) -> tuple[str, bytes]:
    return condition.sql, orjson.dumps(condition.values, default=str)


def _of_words(query: JobQuery, by_text: Mapping[str, Fits]) -> Iterable[Fits]:
    return (by_text[query.q],) if query.has_words else ()


def _common(everything: Fits, parts: Sequence[Fits]) -> Fits:
    smallest_first = sorted(parts, key=len)
    common = smallest_first[0] if smallest_first else everything
    for part in smallest_first[1:]:
        common &= part
    return common


def _evaluated(
    tx: Tx, distinct: Mapping[tuple[str, bytes], Condition], job_ids: Sequence[str]
) -> dict[tuple[str, bytes], Fits]:
    """Evaluate each condition over the postings, many in one statement."""
    found: dict[tuple[str, bytes], Fits] = {}
    pairs = list(distinct.items())
    for start in range(0, len(pairs), CONDITIONS_A_STATEMENT):
        part = pairs[start : start + CONDITIONS_A_STATEMENT]
        values: dict[str, Any] = {"ids": list(job_ids)}
        expressions = []
        for number, (_, condition) in enumerate(part):
            expressions.append(f"({numbered(condition.sql, number)})")
            values |= {f"{name}_{number}": value for name, value in condition.values.items()}
        answers_of = f"select j.job_id, array[{', '.join(expressions)}]"
        rows = tx.execute(text(f"{answers_of} from postings.job j where j.job_id = any(:ids)"), values).all()
        for number, (key, _) in enumerate(part):
            found[key] = frozenset(job_id for job_id, answers in rows if answers[number])
    return found


def numbered(sql: str, number: int) -> str:
    """Return the SQL of a condition, its parameters renamed: ``city`` is ``city_7``."""
    return _PARAMETER.sub(rf":\1_{number}", sql)


def _by_words(tx: Tx, index: SearchIndex, texts: set[str], job_ids: Sequence[str]) -> dict[str, Fits]:
    if not texts:
        return {}
    percolator = Percolator(index, SCHEMA, documents(tx, job_ids))
    return {each: percolator.fits(each) for each in texts}


def _existing(tx: Tx, job_ids: Sequence[str]) -> Fits:
    rows = tx.execute(text("select job_id from postings.job where job_id = any(:ids)"), {"ids": list(job_ids)})
    return frozenset(rows.scalars())
