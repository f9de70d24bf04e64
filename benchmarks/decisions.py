"""How fast decisions are recorded, beside a bare COPY of the same rows in the same run.

    python -m benchmarks.decisions [DECISIONS]        20,000 decisions a round by default; takes under a minute

Each decision has six inputs, three parts of a score and two alternatives, and is about one of a thousand persons.
"Recording" is ``record`` from Python values to the commit, with its event; the COPY moves the rows that were
recorded into an empty table of the same columns without keys, indexes and triggers: the least PostgreSQL can do.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.database.opening import open_database
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import (
    Alternative,
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Ruling,
    Score,
    record,
    replay_rule,
)
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId, new_id

NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
PERSONS: Final = 1_000
ROUNDS: Final = 5
CALL: Final = 5_000
"""Decisions given to one call of ``record``; each call is a transaction."""

_BARE: Final = "create table benchmark_bare as select * from kernel.decision where false"


def main() -> None:
    """Record round after round, then read the same rows out and COPY them in."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory(prefix="bandmate-bench-", dir="/tmp") as home:
        Path(home).chmod(0o755)  # root's server runs as another user, who must enter
        with open_database(Settings(home=Path(home), database_url=None)) as database:
            with database.begin() as tx:
                persons = [create_person(tx, name="Somebody", now=NOW) for _ in range(PERSONS)]
            recorded, copied = [], []
            for number in range(ROUNDS):
                told = decisions(persons, count, Random(number))
                recorded.append(count / recording(database, told))
                copied.append(count / copying(database, count))
            print(f"record  {median(recorded):>9,.0f} rows/s   ({min(recorded):,.0f} to {max(recorded):,.0f})")
            print(f"COPY    {median(copied):>9,.0f} rows/s   ({min(copied):,.0f} to {max(copied):,.0f})")
            print(f"record takes {median(copied) / median(recorded):.1f} times as long")
            print(f"replay  {replaying(database, count * ROUNDS):>9,.0f} decisions/s")


def decisions(persons: list[PersonId], count: int, random: Random) -> list[Decision]:
    """Make decisions as a matching would."""
    return [
        Decision(
            DecisionId(new_id()),
            "benchmark.match",
            random.choice(persons),
            ObjectRef("benchmark.opportunity", str(random.randrange(5_000))),
            "benchmark.matching",
            1,
            tuple(Input(f"input_{n}", random.random(), "profile", "v12") for n in range(6)),
            "offered" if random.random() < 0.5 else "not_offered",
            NOW,
            "matching",
            tuple(Score(name, random.random()) for name in ("skills", "wishes", "price")),
            tuple(Alternative(f"option-{n}", "lower_score", random.random()) for n in range(2)),
        )
        for _ in range(count)
    ]


def recording(database: Database, told: list[Decision]) -> float:
    """Return the seconds it takes to record and commit."""
    started = perf_counter()
    for start in range(0, len(told), CALL):
        with database.begin() as tx:
            record(tx, told[start : start + CALL])
    return perf_counter() - started


def copying(database: Database, count: int) -> float:
    """Return the seconds a COPY of as many rows takes, commit included."""
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        newest = f"select * from kernel.decision order by position desc limit {count}"
        with raw.cursor().copy(f"copy ({newest}) to stdout") as copy:
            rows = b"".join(bytes(block) for block in copy)
        connection.execute(text("drop table if exists benchmark_bare"))
        connection.execute(text(_BARE))
        connection.commit()
        started = perf_counter()
        with raw.cursor().copy("copy benchmark_bare from stdin") as copy:
            copy.write(rows)
        connection.commit()
        return perf_counter() - started


def replaying(database: Database, count: int) -> float:
    """Return how many decisions a second a policy replay goes through with a rule that costs nothing."""
    started = perf_counter()
    with database.read() as tx:
        report = replay_rule(tx, "benchmark.matching", lambda _: Ruling("offered"), since=NOW)
    assert report.decisions == count
    return count / (perf_counter() - started)


if __name__ == "__main__":
    main()
