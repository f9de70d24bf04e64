"""Cold replay beside its floor, in one run: how much the meaning of postings costs over moving their bytes.

    python -m benchmarks.replay [--archive FOLDER] [--boards 2000] [--rows 50]

(a) the recorded Ashby boards, where they are: floor = parse the JSON and COPY the rows that the replay stored;
(b) generated listings without text: listed rows a second, from archive to records, history and event log.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import text

from bandmate.kernel.archive import open_archive
from bandmate.kernel.config import Settings
from bandmate.kernel.database.opening import open_database
from bandmate.kernel.database.session import Database
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.indexing import drain_if_alone
from bandmate.postings.observations import Observation, read_observations, record
from bandmate.postings.replay import replay

SCOPE = LaunchScope("everything", (), ())
COPY_BLOCK = 1 << 20
COPIED = ("job", "content", "job_event")


@contextmanager
def cold_home() -> Iterator[tuple[Database, Settings]]:
    """Give an installation that has never seen a posting."""
    with tempfile.TemporaryDirectory(prefix="bandmate-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        settings = Settings(home=Path(folder) / "home", database_url=None)
        with open_database(settings) as database:
            yield database, settings


def floor(database: Database, archive: Path) -> tuple[float, float]:
    """Parse every payload and COPY the rows that stand in the database into unindexed copies; seconds of both."""
    started = time.perf_counter()
    for path in sorted(archive.glob("raw/**/*.json*")):
        stored = path.read_bytes()
        orjson.loads(gzip.decompress(stored) if path.suffix == ".gz" else stored)
    parsed = time.perf_counter() - started
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        rows = {}
        for table in COPIED:
            with raw.cursor().copy(f"copy postings.{table} to stdout") as copy:
                rows[table] = b"".join(bytes(block) for block in copy)
            connection.execute(
                text(f"create table postings.floor_{table} (like postings.{table} including generated)")
            )
        started = time.perf_counter()
        for table in COPIED:
            with raw.cursor().copy(f"copy postings.floor_{table} from stdin") as copy:
                for start in range(0, len(rows[table]), COPY_BLOCK):
                    copy.write(rows[table][start : start + COPY_BLOCK])
        connection.commit()
        copied = time.perf_counter() - started
    return parsed, copied


def recorded(archive: Path) -> None:
    """Measure (a)."""
    with cold_home() as (database, settings):
        started = time.perf_counter()
        done = replay(database, archive, settings.archive_folder, SCOPE)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        drain_if_alone(database, settings)
        indexing = time.perf_counter() - started
        parsed, copied = floor(database, archive)
    least = parsed + copied
    print(f"(a) {archive.name}: {done.counts.postings} postings of {done.boards} boards")
    print(f"    floor   {least:6.2f} s  (parse {parsed:.2f}, copy {copied:.2f})")
    print(f"    replay  {seconds:6.2f} s  = {seconds / least:.1f} x floor (aim: at most 6)")
    print(f"    index   {indexing:6.2f} s  more until every posting can be found by its words")


def listing(archive: Path, boards: int, rows: int) -> None:
    """Write an archive of boards without text."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    target = open_archive(archive)
    for number in range(boards):
        board = BoardName("greenhouse", f"board{number}")
        jobs = [
            {
                "id": number * rows + n,
                "title": f"Engineer {n} of board {number}",
                "location": {"name": ("Berlin, Germany", "New York, NY", "Remote", "Lisbon")[n % 4]},
                "updated_at": "2026-03-01T10:00:00Z",
                "first_published": "2026-02-01T10:00:00Z",
                "absolute_url": f"https://boards.example/{number}/{n}",
                "departments": [{"id": n % 7, "name": f"Department {n % 7}"}],
            }
            for n in range(rows)
        ]
        payload = json.dumps({"jobs": jobs, "meta": {"total": rows}}).encode()
        record(
            target,
            Observation(board, at, Outcome.COMPLETE, 200, rows, rows, None, None, None),
            payload,
        )


def generated(boards: int, rows: int) -> None:
    """Measure (b)."""
    with cold_home() as (database, settings):
        archive = settings.home / "generated"
        listing(archive, boards, rows)
        read_observations(archive)
        started = time.perf_counter()
        done = replay(database, archive, settings.archive_folder, SCOPE)
        seconds = time.perf_counter() - started
    total = done.counts.created
    print(f"(b) generated listings: {total} rows on {done.boards} boards")
    print(f"    replay  {seconds:6.2f} s  = {total / seconds:,.0f} listed rows/s (aim: at least 5,000)")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    shared = Path(__file__).resolve().parent.parent.parent / "shared" / "postings" / "ashby"
    parser.add_argument("--archive", type=Path, default=shared)
    parser.add_argument("--boards", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=50)
    arguments = parser.parse_args()
    if (arguments.archive / "runs.ndjson").exists():
        recorded(arguments.archive)
    else:
        print(f"(a) left out: {arguments.archive} is not on this machine; name an archive with --archive")
    generated(arguments.boards, arguments.rows)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"    memory  {own} MB here, {children} MB in the largest child process")


if __name__ == "__main__":
    main()
