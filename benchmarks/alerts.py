"""How fast alerts are evaluated: many saved searches against the postings of an hour, beside one query for each.

    python -m benchmarks.alerts [SEARCHES] [POSTINGS]        10,000 searches and 1,000 new postings by default

"One query each" asks the search page's own function for every search, with the time of the first new posting as a
further filter, for a sample of 200 searches, and is scaled up. Both run in the same database with the same index.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

from sqlalchemy import text
from tests.postings.boards_in_shape import START, Look, lever_board, lever_posting, tell

from bandmate.engines.search import SearchIndex
from bandmate.kernel.config import Settings
from bandmate.kernel.database.opening import open_database
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.index_schema import SCHEMA
from bandmate.postings.indexing import drain_if_alone, index_folder
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.slices import OPEN
from bandmate.postings.replay import replay
from bandmate.postings.saved_searches.matching import fitting
from bandmate.postings.search import search

TITLES: Final = ("Sound Engineer", "Piano Tuner", "Data Scientist", "Label Manager", "Tour Accountant", "Lyricist")
PLACES: Final = ("Berlin, Germany", "Lisbon, Portugal", "London, United Kingdom", "New York, NY", "Paris, France")
CITIES: Final = ("Berlin", "Lisbon", "London", "New York", "Paris")
SAMPLE: Final = 200


def main() -> None:
    """Fill a database of its own, then measure."""
    searches = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    postings = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    chance = Random(7)
    with tempfile.TemporaryDirectory(prefix="bandmate-bench-", dir="/tmp") as home:
        Path(home).chmod(0o755)  # root's server runs as another user, who must enter
        settings = Settings(home=Path(home), database_url=None)
        with open_database(settings) as database:
            board = BoardName("lever", "halfnote")
            listed = [_posting(chance, number) for number in range(postings)]
            tell(Path(home) / "told", [Look(0, lever_board(*listed), board=board)])
            replay(database, Path(home) / "told", settings.archive_folder, LaunchScope("all", (), ()), processes=1)
            drain_if_alone(database, settings)
            index = SearchIndex.open(index_folder(settings), SCHEMA)
            queries = [_query(chance) for _ in range(searches)]
            with database.read() as tx:
                jobs = list(tx.execute(text("select job_id from postings.job")).scalars())
                distinct = list(dict.fromkeys(queries))
                began = perf_counter()
                found = fitting(tx, index, distinct, jobs, now=START)
                together = perf_counter() - began
                began = perf_counter()
                for query in queries[:SAMPLE]:
                    search(tx, index, replace(query, first_seen_after=START), now=START, limit=20)
                each = (perf_counter() - began) / SAMPLE * searches
    print(f"{searches:,} searches ({len(distinct):,} distinct), {postings:,} new postings")
    print(f"together        {together:8.2f} s   {sum(map(len, found)):,} pairs fit")
    print(f"one query each  {each:8.2f} s   {each / together:.0f} times as long")


def _posting(chance: Random, number: int) -> dict[str, object]:
    place = chance.choice(PLACES)
    categories = {
        "commitment": chance.choice(("Full-time", "Contract")),
        "department": chance.choice(("Engineering", "Artists", "Finance")),
        "team": chance.choice(("Audio", "Video")),
        "location": place,
        "allLocations": [place],
    }
    title = f"{chance.choice(TITLES)} {number}"
    return lever_posting(
        f"job-{number}",
        text=title,
        categories=categories,
        workplaceType=chance.choice(("remote", "hybrid", "onsite")),
    )


def _query(chance: Random) -> JobQuery:
    """Return a search such as people keep: two thirds with words, filters shared with many others."""
    words = (*(word.lower() for title in TITLES for word in title.split()), *map(str, range(1_000)))
    return JobQuery(
        q=chance.choice(words) + chance.choice((" ", "")) if chance.random() < 0.67 else "",
        city=tuple(chance.sample(CITIES, chance.randrange(3))),
        work_model=tuple(chance.sample(("remote", "hybrid", "on_site"), chance.randrange(3))),
        salary_min=float(chance.randrange(30, 120) * 1000) if chance.random() < 0.2 else None,
        status=OPEN,
    )


if __name__ == "__main__":
    main()
