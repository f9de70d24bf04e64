"""Latency of the search API over generated postings, beside the same questions on bare tantivy, in one run.

    python -m benchmarks.search_api [COUNT]        200,000 postings by default; takes a few minutes

The API answers whole: HTTP, two words, three filters, six facets, twenty records out of PostgreSQL, JSON. Bare
tantivy only finds ids and counts. Aim: p50 at most 5 ms above bare, p95 at most twice bare and under 30 ms.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
import tantivy
from benchmarks.generated_postings import NOW, TRADE, GeneratedPosting, generated_postings
from sqlalchemy import text

from bandmate.engines.search import words_of
from bandmate.kernel.config import Settings
from bandmate.kernel.database.opening import open_database
from bandmate.kernel.database.session import Database
from bandmate.postings.domain.identity import BoardName, job_id
from bandmate.postings.index_schema import epoch_milliseconds
from bandmate.postings.indexing import Indexer, index_folder

QUESTIONS = 200
FACETS = ("company", "department", "country", "city", "employment_type", "language")
SINCE = "2026-03-01T00:00:00Z"
SINCE_MILLISECONDS = 1_772_323_200_000
PERIODS = {"salary_period": "year", "salary_currency": "USD", "salary_source": "stated"}


def row(posting: GeneratedPosting) -> dict[str, Any]:
    """Return a posting as a row of ``postings.job``."""
    board = BoardName(posting.provider, posting.company.lower())
    closed = posting.status == "deleted"
    pay = PERIODS if posting.salary_min is not None else {}
    return pay | {
        "job_id": job_id(board.provider, board.board, posting.id),
        "board_id": board.board_id,
        "org_id": board.org_id,
        "provider": board.provider,
        "board": board.board,
        "provider_job_key": posting.id,
        "title": posting.title,
        "title_words": list(dict.fromkeys(words_of(posting.title))),
        "company": posting.company,
        "department": posting.department,
        "location_text": f"{posting.city}, {posting.country}",
        "locations": [],
        "country_code": posting.country,
        "city": posting.city,
        "country_codes": [posting.country],
        "regions": [],
        "cities": [posting.city],
        "is_remote": posting.work_model == "remote",
        "employment_type": posting.employment_type,
        "employment_kind": posting.employment_type,
        "workplace_type": posting.work_model,
        "work_model": posting.work_model,
        "salary_min": posting.salary_min,
        "salary_max": posting.salary_max,
        "salary_year_min": posting.salary_min,
        "salary_year_max": posting.salary_max,
        "language": posting.language,
        "evidence": {},
        "conflicts": [],
        "launch_included": True,
        "launch_reason": "benchmark",
        "source_posted_at": posting.posted_at,
        "source_updated_at": posting.updated_at,
        "first_seen_at": posting.posted_at,
        "last_seen_at": NOW,
        "last_checked_at": NOW,
        "last_changed_at": posting.updated_at,
        "inactive_at": NOW if closed else None,
        "absences": 2 if closed else 0,
        "content_hash": "0" * 64,
        "source_hash": "0" * 64,
        "derived_version": 1,
        "text": posting.description,
        "native": {"id": posting.id},
        "meaning": {},
    }


_LOAD = (
    """insert into postings.org (org_id, name)
       select distinct on (org_id) org_id, company from json_to_recordset(cast(:rows as json))
              as t(org_id uuid, company text)
       on conflict do nothing""",
    """insert into postings.board (board_id, org_id, provider, board)
       select distinct on (board_id) board_id, org_id, provider, board
         from json_populate_recordset(null::postings.job, cast(:rows as json))
       on conflict do nothing""",
    """insert into postings.content
       select * from json_populate_recordset(null::postings.content, cast(:rows as json))""",
)


def load(database: Database, count: int) -> None:
    """Fill the tables with generated postings."""
    with database.read() as tx:
        columns = ", ".join(
            tx.execute(
                text("""
                    select column_name from information_schema.columns
                     where table_schema = 'postings' and table_name = 'job' and is_generated = 'NEVER'
                """)
            ).scalars()
        )
    jobs = f"""insert into postings.job ({columns})
        select {columns} from json_populate_recordset(null::postings.job, cast(:rows as json))"""
    postings = generated_postings(count)
    started = time.perf_counter()
    while batch := list(islice(postings, 2_000)):
        rows = orjson.dumps([row(posting) for posting in batch], default=str).decode()
        with database.begin() as tx:
            for statement in (*_LOAD, jobs):
                tx.execute(text(statement), {"rows": rows})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze postings.job"))
    print(f"loaded {count:,} postings in {time.perf_counter() - started:.0f} s")


class Bare:
    """The same folder asked with tantivy alone."""

    def __init__(self, folder: Path) -> None:
        index = tantivy.Index.open(str(folder))
        self._schema = index.schema
        self._searcher = index.searcher()
        self._counts = {name: {"terms": {"field": name, "size": 12, "segment_size": 2**31 - 1}} for name in FACETS}

    def ask(self, words: Sequence[str]) -> int:
        """Two words, three filters, six facets; return how many were found."""
        schema, must = self._schema, tantivy.Occur.Must
        filters = (
            tantivy.Query.term_query(schema, "active", "yes"),
            tantivy.Query.term_query(schema, "work_model", "remote"),
            tantivy.Query.range_query(schema, "posted", tantivy.FieldType.Integer, SINCE_MILLISECONDS),
        )
        query = tantivy.Query.boolean_query(
            [
                *((must, tantivy.Query.term_query(schema, "_text", word)) for word in words),
                *((must, tantivy.Query.const_score_query(each, 0.0)) for each in filters),
            ]
        )
        result = self._searcher.search(query, limit=20)
        for _, address in result.hits:
            self._searcher.doc(address)
        self._searcher.aggregate(query, self._counts)
        found: int = result.count  # type: ignore[attr-defined]  # tantivy's stub forgets it
        return found


class Connection:
    """A kept-alive HTTP/1.1 connection that costs next to nothing itself: we measure the server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._answers = self._socket.makefile("rb", buffering=1 << 17)

    def get(self, path: str) -> bytes:
        """Return the body of the answer, which has to be 200."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        status = self._answers.readline()
        length = 0
        while (header := self._answers.readline()) != b"\r\n":
            if header.lower().startswith(b"content-length:"):
                length = int(header[15:])
        body: bytes = self._answers.read(length)
        if b" 200 " not in status:
            raise AssertionError(status + body)
        return body


@contextmanager
def served(home: Path) -> Iterator[tuple[Connection, int]]:
    """Run ``bandmate serve`` in a process of its own; give a connection to it and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"BANDMATE_HOME": str(home), "BANDMATE_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "bandmate", "serve", "--port", str(port), "--no-worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield _connected(port), process.pid
        finally:
            process.terminate()


def _connected(port: int) -> Connection:
    for _ in range(300):
        try:
            return Connection(port)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def ask_api(connection: Connection, words: Sequence[str]) -> bytes:
    """Ask the API the same; return its whole answer."""
    query = urlencode(
        {
            "q": " ".join(words) + " ",
            "status": ["active", "expired"],
            "work_model": "remote",
            "posted_after": SINCE,
            "facets": ",".join(FACETS),
            "limit": 20,
        },
        doseq=True,
    )
    return connection.get(f"/job-postings/v1/jobs/search?{query}")


def at(share: float, seconds: Sequence[float]) -> float:
    """Return the milliseconds below which this share of the questions stays."""
    return sorted(seconds)[int(share * (len(seconds) - 1))] * 1_000


def memory_of(process: int) -> int:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) // 1_024 for line in status.splitlines() if line.startswith("VmRSS"))


def measure(home: Path, folder: Path) -> None:
    """Put the questions to both in turn and print what they took."""
    bare = Bare(folder)
    random = Random(11)
    pairs = [random.sample(TRADE, 2) for _ in range(QUESTIONS)]
    times: dict[str, list[float]] = {"bare": [], "api": []}
    with served(home) as (connection, process):
        for pair in pairs[:20]:
            bare.ask(pair)
            ask_api(connection, pair)
        for pair in pairs:
            started = time.perf_counter()
            expected = bare.ask(pair)
            between = time.perf_counter()
            body = ask_api(connection, pair)
            times["bare"].append(between - started)
            times["api"].append(time.perf_counter() - between)
            found = orjson.loads(body)["meta"]["total"]
            if found != expected:
                raise AssertionError(f"{pair}: bare found {expected}, the API {found}")
        memory = memory_of(process)
    for name, seconds in times.items():
        print(f"  {name:5} p50 {at(0.5, seconds):6.2f} ms   p95 {at(0.95, seconds):6.2f} ms")
    more = at(0.5, times["api"]) - at(0.5, times["bare"])
    ratio = at(0.95, times["api"]) / at(0.95, times["bare"])
    print(
        f"  API = bare {more:+.2f} ms at p50 (aim: at most +5), x {ratio:.2f} at p95 (aim: at most 2, under 30 ms)"
    )
    print(f"  memory of the web process {memory} MB")


def main() -> None:
    """Load, index, measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    assert epoch_milliseconds(NOW) > SINCE_MILLISECONDS
    with tempfile.TemporaryDirectory(prefix="bandmate-bench-", dir="/tmp") as place:
        Path(place).chmod(0o755)
        settings = Settings(home=Path(place) / "home", database_url=None)
        with open_database(settings) as database:
            load(database, count)
            started = time.perf_counter()
            indexer = Indexer(database, index_folder(settings))
            indexer.rebuild()
            indexer.close()
            size = sum(file.stat().st_size for file in index_folder(settings).iterdir()) / 1e6
            print(f"indexed in {time.perf_counter() - started:.0f} s, {size:.0f} MB")
            print(f"2 words + 3 filters + 6 facets over {count:,} postings:")
            measure(settings.home, index_folder(settings))


if __name__ == "__main__":
    main()
