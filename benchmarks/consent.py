"""How fast the consent ledger answers, beside a bare look-up by primary key in the same run.

    python -m benchmarks.consent [PERSONS]        100,000 persons by default; takes about a minute

Each person has twelve entries on three purposes. "Bare" fetches one row of the same table by its primary key over
the same connection, and for the list as many rows by a list of keys. Aim: under 1 ms a question, under 100 ms for
a list of 10,000 persons.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Purpose, allows, allows_all, declare_purpose
from bandmate.kernel.database.opening import open_database
from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.ids import PersonId

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOW: Final = START + timedelta(days=365)
PURPOSES: Final = tuple(
    Purpose(f"benchmark.purpose_{number}", "Benchmark", "We may measure this.", 1, ("email", "sms"))
    for number in range(3)
)
QUESTIONS: Final = 2_000
LIST: Final = 10_000
LISTS: Final = 7

# Every fourth entry is for the whole purpose, the others for one of two channels; two of three are grants.
_FILL = text("""
    with persons as (
        insert into kernel.person (person_id, name, created_at)
        select gen_random_uuid(), 'Somebody', :start from generate_series(1, :persons)
        returning person_id)
    insert into kernel.consent_entry
           (entry_id, subject, purpose, channel, granted, at,
            recorded_by_system, through, wording, version, locale)
    select gen_random_uuid(), person_id, 'benchmark.purpose_' || step % 3,
           case when random() < 0.25 then null when random() < 0.5 then 'email' else 'sms' end,
           random() < 0.67, :start + make_interval(days => step * 28),
           'benchmark', 'import', 'We may measure this.', 1, 'en'
      from persons cross join generate_series(1, 12) as step
""")


def main() -> None:
    """Fill a database of its own, then measure."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for purpose in PURPOSES:
        declare_purpose(purpose)
    with tempfile.TemporaryDirectory(prefix="bandmate-bench-", dir="/tmp") as home:
        Path(home).chmod(0o755)  # root's server runs as another user, who must enter
        with open_database(Settings(home=Path(home), database_url=None)) as database:
            with database.begin() as tx:
                tx.execute(_FILL, {"persons": persons, "start": START})
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("vacuum analyze kernel.consent_entry"))
            with database.read() as tx:
                single(tx)
                listed(tx)


def single(tx: Tx) -> None:
    """Compare single questions, taken in turns with bare look-ups."""
    keys = fetch_tuples(
        tx, "select entry_id, subject from kernel.consent_entry order by entry_id limit %(n)s", {"n": QUESTIONS}
    )
    random = Random(7)

    def bare(key: object, _: PersonId) -> None:
        fetch_tuples(tx, "select * from kernel.consent_entry where entry_id = %(key)s", {"key": key})

    def about(channel: str | None) -> Callable[[object, PersonId], None]:
        def ask(_: object, subject: PersonId) -> None:
            at = START + timedelta(days=random.randrange(365))
            allows(tx, subject, random.choice(PURPOSES).name, channel, at=at)

        return ask

    measured = _in_turns([bare, about("email"), about(None)], keys)
    floor = median(measured[0])
    for name, times in zip(("by primary key", "about a channel", "about the whole"), measured, strict=True):
        p50, p95 = median(times), sorted(times)[int(len(times) * 0.95)]
        print(f"{name:<24} p50 {p50:6.3f} ms  p95 {p95:6.3f} ms  {p50 / floor:5.2f} x bare")


def listed(tx: Tx) -> None:
    """Compare questions about a list of persons with a look-up of as many rows by their keys."""
    rows = fetch_tuples(
        tx,
        """
        select entry_id, subject
          from (select distinct on (subject) entry_id, subject from kernel.consent_entry order by subject) as each
         order by entry_id limit %(n)s
        """,
        {"n": LIST},
    )
    keys, subjects = [row[0] for row in rows], [row[1] for row in rows]

    def bare() -> int:
        query = "select entry_id from kernel.consent_entry where entry_id = any(cast(%(keys)s as uuid[]))"
        return len(fetch_tuples(tx, query, {"keys": keys}))

    def about(channel: str | None) -> Callable[[], int]:
        return lambda: len(allows_all(tx, subjects, PURPOSES[0].name, channel, at=NOW))

    floor = 0.0
    for name, ask in (
        ("by primary key", bare),
        ("about a channel", about("email")),
        ("about the whole", about(None)),
    ):
        times = [_milliseconds(ask) for _ in range(LISTS)]
        floor = floor or median(times)
        p50, found = median(times), f"{ask():,} of {len(subjects):,}"
        print(f"list {name:<19} p50 {p50:6.1f} ms  max {max(times):6.1f} ms  {p50 / floor:5.2f} x bare  ({found})")


def _in_turns(
    asks: Sequence[Callable[[object, PersonId], None]], keys: Sequence[tuple[object, PersonId]]
) -> list[list[float]]:
    """Return the milliseconds of each way of asking; taking turns, they share the machine's moods."""
    times: list[list[float]] = [[] for _ in asks]
    for key, subject in keys:
        for ask, taken in zip(asks, times, strict=True):
            start = perf_counter()
            ask(key, subject)
            taken.append((perf_counter() - start) * 1000)
    return times


def _milliseconds(ask: Callable[[], object]) -> float:
    start = perf_counter()
    ask()
    return (perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
