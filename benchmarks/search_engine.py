"""How fast the search engine builds and answers, beside bare tantivy on the same folder in the same run.

    python -m benchmarks.search_engine [POSTINGS]

Builds an index of generated postings (200,000 unless told otherwise) in a temporary folder and prints one line a
measurement. "Bare" is the least a program could do with tantivy itself for the same hits and counts: the words and
filters as query objects, one search, one aggregation, the ids; it ranks by the one text field only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, TypeVar

import tantivy
from benchmarks.generated_postings import TRADE, GeneratedPosting, generated_postings

from bandmate.engines.search import (
    Facet,
    Field,
    IndexWriter,
    Kind,
    OneOf,
    Query,
    Range,
    Schema,
    SearchIndex,
    Value,
)

KEYWORDS: Final = (
    "company",
    "provider",
    "department",
    "country",
    "city",
    "work_model",
    "employment_type",
    "language",
    "status",
)
FACETS: Final = ("company", "department", "country", "city", "work_model", "employment_type")
SCHEMA: Final = Schema(
    (
        Field("title", Kind.TEXT, boost=3.0),
        Field("description", Kind.TEXT),
        *(Field(name, Kind.KEYWORD) for name in KEYWORDS),
        Field("salary_min", Kind.NUMBER),
        Field("salary_max", Kind.NUMBER),
        Field("posted_at", Kind.INTEGER),
        Field("updated_at", Kind.INTEGER),
    )
)
SINCE: Final = 1_772_323_200_000
"""2026-03-01 00:00 UTC in epoch milliseconds: two thirds of the postings are younger."""

QUESTIONS: Final = 200

MUST: Final = tantivy.Occur.Must

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def main() -> None:
    """Build, then measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with TemporaryDirectory() as place:
        folder = Path(place)
        build(folder, count)
        index = SearchIndex.open(folder, SCHEMA)
        index.search(Query("data ", facets=tuple(Facet(name) for name in FACETS)))  # maps the files
        against_bare(index, Bare(folder))
        alone(index)
        print(f"memory of this process: {memory('RssAnon')} MB, mapped files {memory('RssFile')} MB")


def build(folder: Path, count: int) -> None:
    """Index ``count`` postings and print rate and size; the time to generate them is not counted."""
    postings = generated_postings(count)
    spent, text = 0.0, 0
    with IndexWriter.open(folder, SCHEMA, memory=256_000_000, threads=2) as writer:
        while batch := list(islice(postings, 2_000)):
            text += sum(len(each.title) + len(each.description) for each in batch)
            start = perf_counter()
            for each in batch:
                writer.upsert(each.id, 1, values_of(each))
            spent += perf_counter() - start
        start = perf_counter()
        writer.commit("built")
        spent += perf_counter() - start
    size = sum(each.stat().st_size for each in folder.iterdir())
    print(f"build: {count:,} postings of {text / count:,.0f} characters in {spent:.1f} s = {count / spent:,.0f}/s")
    print(f"size: {size / 1e6:,.0f} MB = {size / count:,.0f} bytes a posting; peak memory {memory('VmHWM')} MB")


def values_of(posting: GeneratedPosting) -> dict[str, Value]:
    """A posting as the schema wants it."""
    return {
        "title": posting.title,
        "description": posting.description,
        **{name: getattr(posting, name) for name in KEYWORDS},
        "salary_min": posting.salary_min,
        "salary_max": posting.salary_max,
        "posted_at": int(posting.posted_at.timestamp() * 1_000),
        "updated_at": int(posting.updated_at.timestamp() * 1_000),
    }


class Bare:
    """The same folder asked with tantivy alone."""

    def __init__(self, folder: Path) -> None:
        index = tantivy.Index.open(str(folder))
        self._schema = index.schema
        self._searcher = index.searcher()
        # As in the engine, every segment hands on all values: the counts have to be exact here too.
        self._counts = {name: {"terms": {"field": name, "size": 10, "segment_size": 2**31 - 1}} for name in FACETS}

    def ask(self, words: Sequence[str]) -> tuple[int, int]:
        """Two words, three filters, six facets; gives the total and how many ids came."""
        schema = self._schema
        query = tantivy.Query.boolean_query(
            [
                *((MUST, tantivy.Query.term_query(schema, "_text", word)) for word in words),
                *((MUST, tantivy.Query.const_score_query(each, 0.0)) for each in self._filters()),
            ]
        )
        result = self._searcher.search(query, limit=20)
        ids = [self._searcher.doc(address)["_id"][0] for _, address in result.hits]
        self._searcher.aggregate(query, self._counts)
        total: int = result.count  # type: ignore[attr-defined]  # tantivy's stub forgets it
        return total, len(ids)

    def _filters(self) -> Iterable[tantivy.Query]:
        schema = self._schema
        yield tantivy.Query.term_query(schema, "status", "active")
        yield tantivy.Query.term_query(schema, "work_model", "remote")
        yield tantivy.Query.range_query(schema, "posted_at", tantivy.FieldType.Integer, SINCE)


FILTERS: Final = (OneOf("status", ("active",)), OneOf("work_model", ("remote",)), Range("posted_at", SINCE))


def against_bare(index: SearchIndex, bare: Bare) -> None:
    """The same questions to both, in turn, and the ratio."""
    facets = tuple(Facet(name) for name in FACETS)
    random = Random(11)
    pairs = [random.sample(TRADE, 2) for _ in range(QUESTIONS)]
    engine_times, unfinished_times, bare_times, totals = [], [], [], []
    for pair in pairs:
        words = " ".join(pair)
        finished = Query(words + " ", filters=FILTERS, facets=facets)
        unfinished = Query(words, filters=FILTERS, facets=facets)
        seconds, (total, shown) = timed(bare.ask, pair)
        bare_times.append(seconds)
        seconds, hits = timed(index.search, finished)
        engine_times.append(seconds)
        if (hits.total, len(hits.ids)) != (total, shown):
            raise AssertionError(f"{words}: bare found {total}, the engine {hits.total}")
        totals.append(total)
        seconds, _ = timed(index.search, unfinished)
        unfinished_times.append(seconds)
    print(f"2 words + 3 filters + 6 facets, median {sorted(totals)[QUESTIONS // 2]:,} found:")
    print(f"  bare tantivy       {summary(bare_times)}")
    print(f"  engine             {summary(engine_times)}  {against(engine_times, bare_times)}")
    print(f"  engine, unfinished {summary(unfinished_times)}  {against(unfinished_times, bare_times)}")


def alone(index: SearchIndex) -> None:
    """Other kinds of questions, through the engine only."""
    random = Random(12)
    words = random.choices(TRADE, k=QUESTIONS)
    kinds: dict[str, list[Query]] = {
        "prefix of 2 letters": [Query(word[:2]) for word in words],
        "prefix of 4 letters": [Query(word[:4]) for word in words],
        "phrase": [Query(f'"{word} {other}"') for word, other in pairwise(words)],
        "typo": [Query(mistyped(word, random) + " ") for word in words if len(word) >= 5],
        "filters only": [Query(filters=FILTERS) for _ in words],
        "everything, 6 facets": [Query(facets=tuple(Facet(name) for name in FACETS)) for _ in words[:50]],
        "disjunctive, 6 facets": [
            Query(f"{word} ", filters=FILTERS, facets=(*map(Facet, FACETS),), disjunctive=True)
            for word in words[:50]
        ],
        "text by date": [Query(f"{word} ", sort="posted_at", descending=True) for word in words],
        "text, 1,000 deep": [Query(f"{word} ", offset=980) for word in words[:50]],
    }
    for name, queries in kinds.items():
        times = [timed(index.search, query)[0] for query in queries]
        print(f"{name + ':':24}{summary(times)}")


def mistyped(word: str, random: Random) -> str:
    """Two neighbouring letters swapped, not the first."""
    place = random.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def timed(ask: Callable[[Asked], Answer], asked: Asked) -> tuple[float, Answer]:
    """Seconds, and the answer."""
    start = perf_counter()
    answer = ask(asked)
    return perf_counter() - start, answer


def at(share: float, times: Sequence[float]) -> float:
    """The time below which this share of the questions stays, in ms."""
    return sorted(times)[int(share * (len(times) - 1))] * 1_000


def summary(times: Sequence[float]) -> str:
    """Median and 95th percentile."""
    return f"p50 {at(0.5, times):7.2f} ms   p95 {at(0.95, times):7.2f} ms"


def against(times: Sequence[float], bare: Sequence[float]) -> str:
    """Difference and ratio to bare."""
    more = at(0.5, times) - at(0.5, bare)
    ratios = [at(share, times) / at(share, bare) for share in (0.5, 0.95)]
    return f"= bare {more:+.2f} ms at p50, x {ratios[0]:.2f} at p50, x {ratios[1]:.2f} at p95"


def memory(kind: str) -> int:
    """A memory figure of this process from /proc, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) // 1_024
    return 0


if __name__ == "__main__":
    main()
