"""What skills cost a search, and what keeping them fresh costs, over generated postings in one run.

    python -m benchmarks.posting_skills [COUNT]        50,000 postings by default

Every question is asked of the same database and index twice: before any posting was read, and after each has a
dozen skills of a few thousand, their frequencies after Zipf's law. Then: with a skill asked for, counts of
skills, and what a worker asks each minute. Milliseconds of wall time; the machine should be idle.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import orjson
from benchmarks.generated_postings import NOW
from benchmarks.search_api import load
from sqlalchemy import text

from bandmate.engines.search import NullIndex
from bandmate.kernel.config import Settings
from bandmate.kernel.database.opening import open_database
from bandmate.kernel.database.session import Database
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.indexing import index_folder, rebuild_index
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.words import FACETS
from bandmate.postings.reading_index import JobIndex
from bandmate.postings.search import facets, search
from bandmate.postings.skills import queue

SKILLS, A_POSTING = 3_000, 12
TIMES = 60
VERSION = "benchmark/1"

_READ = text("""
    insert into postings.job_reading (job_id, version, source_hash, derived_version, text_hash, skills, evidence,
                                      skill_uris, occupation_uri, occupation_label, occupation_score)
    select j.job_id, :version, j.source_hash, j.derived_version, '', t.skills, '[]',
           array(select value ->> 'uri' from jsonb_array_elements(t.skills)), 'urn:o:' || (t.number % 300),
           'occupation', 1.5
      from (select job_id, row_number() over (order by job_id) as number from postings.job) as ranked
      join jsonb_array_elements(cast(:rows as jsonb)) with ordinality as t(skills, number) using (number)
      join postings.job j using (job_id)
""")


def uri(rank: int) -> str:
    """Return the address of a skill; the lower the rank the more frequent."""
    return f"http://data.example/skill/00000000-0000-0000-0000-{rank:012}"


def read_all(database: Database, count: int) -> None:
    """Give every posting a dozen skills."""
    weights = 1 / np.arange(1, SKILLS + 1)
    chance = np.random.default_rng(7)
    drawn = chance.choice(SKILLS, (count, A_POSTING), p=weights / weights.sum())
    rows = [
        [{"uri": uri(rank), "label": f"skill number {rank}", "score": 0.5} for rank in sorted(set(ranks))]
        for ranks in drawn.tolist()
    ]
    with database.begin() as tx:
        tx.execute(_READ, {"rows": orjson.dumps(rows).decode(), "version": VERSION})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze postings.job_reading"))


def timed(name: str, ask: Callable[[], object]) -> None:
    """Ask many times and print how long it took."""
    ask()
    took = []
    for _ in range(TIMES):
        started = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - started))
    print(f"  {name:<58} p50 {median(took):7.1f} ms   p95 {quantiles(took, n=20)[-1]:7.1f} ms")


def questions(database: Database, index: JobIndex, *, read: bool) -> None:
    """Ask what people ask."""
    open_ones = (Status.ACTIVE,)
    words = JobQuery(q="data engineer", status=open_ones)
    filters = JobQuery(country=("DE",), status=open_ones)
    skill = (uri(5),)

    def asked(query: JobQuery, source: JobIndex | NullIndex, *names: str) -> Callable[[], object]:
        def ask() -> object:
            with database.read() as tx:
                found = search(tx, source, query, now=NOW, limit=20)
                return found, facets(tx, source, query, names, now=NOW, disjunctive=True) if names else None

        return ask

    before = tuple(name for name in FACETS if name not in {"skill", "occupation"})
    timed("words, 20 records", asked(words, index))
    timed("filters, 20 records", asked(filters, NullIndex()))
    timed("words, 20 records, all other counts by the index", asked(words, index, *before))
    if read:
        timed("the same with skills and occupations counted too", asked(words, index, *FACETS))
        timed("words and a skill, by the index", asked(JobQuery(q="data", skill=skill, status=open_ones), index))
        timed("a skill, by the database", asked(JobQuery(skill=skill, status=open_ones), NullIndex()))
        timed("two skills, by the database", asked(JobQuery(skill=(uri(0), uri(5))), NullIndex()))
        timed("skills counted by the database", asked(filters, NullIndex(), "skill"))
        timed("all facets counted by the database", asked(JobQuery(status=open_ones), NullIndex(), *FACETS))


def main(count: int) -> None:
    """Load, ask, read, ask again."""
    with tempfile.TemporaryDirectory(prefix="bandmate-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        settings = Settings(home=Path(folder) / "home", database_url=None)
        with open_database(settings) as database:
            load(database, count)
            rebuild_index(database, settings)
            index = JobIndex(index_folder(settings))
            print("before any posting was read")
            questions(database, index, read=False)
            started = time.perf_counter()
            read_all(database, count)
            rebuild_index(database, settings)
            print(f"read and indexed anew in {time.perf_counter() - started:.0f} s")
            questions(database, index, read=True)
            print("what keeps it fresh")
            with database.read() as tx:
                timed("nothing is due", lambda: queue.has_due(tx, VERSION, now=NOW))
                timed("all are due", lambda: queue.has_due(tx, "another/1", now=NOW))
                timed("how far it has come", lambda: queue.progress(tx, VERSION))
            with database.begin() as tx:
                timed("claim 16 of all", lambda: queue.claim(tx, "another/1", now=NOW, limit=16))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
