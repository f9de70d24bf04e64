"""What fits a question, read in one pass: total, order and facets out of the facts of each opportunity.

``marketplace.facts_of`` (migration 0022) packs what a search counts and orders by into one short value. The
database finds what meets the conditions that are no facets and hands over the values in one piece: five megabytes
for a hundred thousand opportunities, most often out of an index alone. Here they are columns, and each further
question is one pass over a column. All comes from one statement, so total, counts and pages are of one moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.marketplace.opportunities.searching.conditions import PARAMETER, RANK, Conditions

MOST_CHOICES = 100
"""Values counted of one facet, the most frequent."""

Positions = NDArray[np.intp]

_FACTS = np.dtype(
    [
        ("seats", np.uint8),
        ("work_model", np.uint8),
        ("format", np.uint8),
        ("kind", np.uint8),
        # Hashes of 64 bits, 0 for none; only ever compared, so the order of their bytes is all one.
        ("department", np.int64),
        ("country", np.int64),
        ("location", np.int64),
        ("internal_until", ">i8"),
        ("opens_at", ">i8"),
        ("opportunity_id", "V16"),
    ]
)
_CODED: Mapping[str, tuple[str | None, ...]] = {
    "kind": (None, "job", "project", "mentoring"),
    "format": (None, "one_to_one", "reverse", "group", "peer_circle"),
    "work_model": (None, "on_site", "hybrid", "remote"),
    "seats": (None, "true"),
    "internal_first": (None, "true"),
}
"""By facet what each number means; the same as in ``facts_of``."""
_HASHED = ("department", "country", "location")

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Where PostgreSQL's timestamps begin; they count microseconds."""
_BUCKETS = 1 << 16

_NAMES = text("""
    select opportunity_id, department, cast(country as text) as country, location
      from marketplace.opportunity where opportunity_id = any(:ids)
""")
_CHOSEN = """(select string_agg(int8send(hashtextextended(each, 0)), cast('' as bytea))
                from unnest(cast(:{name} as text[])) as each)"""


@dataclass(frozen=True, slots=True)
class Fitting:
    """Everything that meets the conditions that are no facets, and how it meets those that are."""

    columns: Mapping[str, NDArray[Any]]
    """By facet what each opportunity has: a number of ``_CODED`` or a hash."""
    keys: tuple[NDArray[Any], ...]
    """What orders them, the smallest first: where words decide the opposite of the rank, then that of the instant,
    and both halves of the id."""
    ids: NDArray[np.void]
    misses: Mapping[str, NDArray[np.bool_]]
    """By facet whose filter is set, whether an opportunity fails it."""
    missed: NDArray[np.uint8]
    """How many of these filters an opportunity fails."""

    @property
    def total(self) -> int:
        """How much fits the whole question."""
        return int(np.count_nonzero(self.missed == 0))

    def in_order(self, start: int = 0, stop: int | None = None) -> list[UUID]:
        """Return the ids of what fits in order, all or a slice."""
        places = _smallest(self.keys, np.flatnonzero(self.missed == 0), stop)[start:]
        return [UUID(bytes=each.tobytes()) for each in self.ids[places]]

    def written(self) -> str:
        """Return the ids of what fits as PostgreSQL writes an array; thousands are quicker in one piece."""
        digits = self.ids[self.missed == 0].tobytes().hex()
        return "{" + ",".join(digits[place : place + 32] for place in range(0, len(digits), 32)) + "}"

    def counts(self, tx: Tx) -> dict[str, dict[str, int]]:
        """Count what fits for each choice of each facet, its own filter left aside; the most frequent first."""
        counts: dict[str, dict[str, int]] = {}
        hashed: dict[str, list[tuple[UUID, int]]] = {}
        for name, column in self.columns.items():
            own = self.misses.get(name)
            fitting = np.flatnonzero(self.missed == (0 if own is None else own))
            if name in _CODED:
                tally = np.bincount(column[fitting], minlength=len(_CODED[name]))
                named = zip(_CODED[name], tally.tolist(), strict=True)
                counts[name] = _ordered({value: many for value, many in named if value is not None and many})
            else:
                hashed[name] = self._examples(column, fitting)
        examples = list({example for each in hashed.values() for example, _ in each})
        rows = {row.opportunity_id: row for row in tx.execute(_NAMES, {"ids": examples})} if examples else {}
        for name, pairs in hashed.items():
            counts[name] = _ordered({getattr(rows[example], name): many for example, many in pairs})
        return {name: found for name, found in counts.items() if found}

    def _examples(self, column: NDArray[np.int64], fitting: Positions) -> list[tuple[UUID, int]]:
        """Return for the most frequent values of a column somebody who has it, and how many have."""
        tally = sorted(_tally(column, fitting), key=lambda pair: -pair[1])[:MOST_CHOICES]
        return [(UUID(bytes=self.ids[position].tobytes()), many) for position, many in tally]


def read_fitting(tx: Tx, asked: Conditions, now: datetime, *, by_words: bool = False) -> Fitting:
    """Read what fits a question; ``by_words`` orders it by relevance, else the newest comes first."""
    chosen = [name for name, _ in asked.facets if name in _HASHED]
    wanted = ["string_agg(o.facts, cast('' as bytea))"]
    if by_words:
        wanted.append(f"string_agg(float4send({RANK}), cast('' as bytea))")
    wanted += (_CHOSEN.format(name=name) for name in chosen)
    statement = f"select {', '.join(wanted)} from marketplace.opportunity o where {asked.base}"  # noqa: S608 - our own conditions; values are bound
    # mypy cannot know that all of it is ours
    [row] = fetch_tuples(tx, cast("Any", PARAMETER.sub(r"%(\1)s", statement)), asked.values)
    rows = np.frombuffer(row[0] or b"", _FACTS)
    instant = (now - _EPOCH) // timedelta(microseconds=1)
    columns = {
        name: np.ascontiguousarray(rows[name]) for name in ("kind", "format", "work_model", "seats", *_HASHED)
    }
    columns["internal_first"] = (rows["internal_until"].astype(np.int64) > instant).astype(np.uint8)
    hashes = {
        name: np.frombuffer(row[len(row) - len(chosen) + place], np.int64) for place, name in enumerate(chosen)
    }
    misses = {name: _misses(name, columns[name], asked.values, hashes) for name, _ in asked.facets}
    missed = np.zeros(len(rows), np.uint8)
    for each in misses.values():
        missed += each
    ids = np.ascontiguousarray(rows["opportunity_id"])
    halves = ids.view(">u8").reshape(-1, 2).astype(np.uint64)
    keys = (-rows["opens_at"].astype(np.int64), halves[:, 0], halves[:, 1])
    ranked = (-np.frombuffer(row[1] or b"", ">f4").astype(np.float32),) if by_words else ()
    return Fitting(columns, (*ranked, *keys), ids, misses, missed)


def _misses(
    name: str, column: NDArray[Any], values: Mapping[str, Any], hashes: Mapping[str, NDArray[np.int64]]
) -> NDArray[np.bool_]:
    if name in hashes:
        return ~np.isin(column, hashes[name])
    chosen = values.get(name, ["true"])
    fails = np.array([value is None or value not in chosen for value in _CODED[name]])
    missing: NDArray[np.bool_] = fails[column]
    return missing


def _smallest(keys: Sequence[NDArray[Any]], among: Positions, count: int | None) -> Positions:
    """Return the positions of the smallest by these keys in order, without sorting what lies behind them."""
    sure: list[Positions] = []
    for key in keys:
        wanted = len(among) if count is None else count - sum(map(len, sure))
        if len(among) <= wanted:
            break
        values = key[among]
        edge = np.partition(values, wanted - 1)[wanted - 1]
        sure.append(among[values < edge])
        among = among[values == edge]
    found = np.concatenate([*sure, among])
    return cast("Positions", found[np.lexsort([key[found] for key in reversed(keys)])][:count])


def _tally(column: NDArray[np.int64], among: Positions) -> list[tuple[int, int]]:
    """Count the values of a column but 0, each as a position where it stands and how often it does.

    As ``np.unique`` would, in a fifth of its time: nothing is sorted. Of values that share a bucket one is counted
    in each round.
    """
    found: list[tuple[int, int]] = []
    among = among[column[among] != 0]
    example = np.zeros(_BUCKETS, np.intp)
    while len(among):
        values = column[among]
        buckets = values & (_BUCKETS - 1)
        example[buckets] = among
        counted = column[example[buckets]] == values
        tally = np.bincount(buckets[counted], minlength=_BUCKETS)
        used = np.flatnonzero(tally)
        found += zip(example[used].tolist(), tally[used].tolist(), strict=True)
        among = among[~counted]
    return found


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
