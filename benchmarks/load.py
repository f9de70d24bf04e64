"""Fifty readers at once on pages and API, for minutes: errors, latency by kind, and whether memory stays flat.

    python -m benchmarks.load [--seconds 300] [--readers 50] [--postings 20000]

``bandmate serve`` runs with its worker and its embedded database over generated postings; the readers are in
processes of their own, on the same cores. The floor is the same readers on ``/healthz``, which asks nobody else.
Aim: no errors, p95 under a second, memory after the warm-up within 5 %.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from benchmarks.generated_postings import LANGUAGES, TRADE
from benchmarks.search_api import FACETS, at, load, memory_of
from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.database.opening import open_database
from bandmate.postings.indexing import Indexer, index_folder

CLIENTS = 2
"""Processes that the readers share."""
FLOOR_SECONDS = 10
WARM_UP_SHARE = 0.2
TIMEOUT_SECONDS = 60

_SHARES = {"search page": 35, "job page": 25, "company page": 15, "API search": 20, "front page": 5}
"""What readers ask for, in percent."""


@dataclass(frozen=True)
class Places:
    """What there is to look at."""

    jobs: Sequence[str]
    companies: Sequence[str]


def prepare(settings: Settings, count: int) -> Places:
    """Fill the database and the index; return what readers may ask for."""
    with open_database(settings) as database:
        load(database, count)
        indexer = Indexer(database, index_folder(settings))
        indexer.rebuild()
        indexer.close()
        with database.read() as tx:
            jobs = list(tx.execute(text("select job_id from postings.job order by job_id limit 2000")).scalars())
            companies = list(
                tx.execute(text("select org_id from postings.org order by org_id limit 500")).scalars()
            )
    return Places([str(each) for each in jobs], [str(each) for each in companies])


def path_of(kind: str, random: Random, places: Places) -> str:
    """Return an address of this kind."""
    if kind == "job page":
        return f"/jobs/{random.choice(places.jobs)}"
    if kind == "company page":
        return f"/companies/{random.choice(places.companies)}"
    if kind == "front page":
        return "/"
    asked: dict[str, object] = {"q": " ".join(random.sample(TRADE, random.choice((1, 2))))}
    if random.random() < 0.5:
        asked["work_model"] = random.choice(("remote", "hybrid"))
    if random.random() < 0.3:
        asked["language"] = random.choice(LANGUAGES)
    if kind == "search page":
        return f"/jobs?{urlencode(asked)}"
    return f"/job-postings/v1/jobs/search?{urlencode(asked | {'facets': ','.join(FACETS), 'limit': 20})}"


class Reader:
    """One kept-alive connection over which one request follows the other."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> int:
        """Ask, read the whole answer, and return its status; a lost connection counts as an error, 0."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._get(path)
        except (OSError, EOFError, TimeoutError, ValueError):
            self.close()
            return 0

    async def _get(self, path: str) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        answers, questions = self._streams
        questions.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = (await answers.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", head)
        if length is None:
            raise ValueError("an answer without a length")
        await answers.readexactly(int(length[1]))
        return int(head[9:12])

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


Times = Mapping[str, list[tuple[float, int]]]
"""For each kind, seconds and status of every request."""


def read_on(port: int, readers: int, seconds: float, seed: int, places: Places | None) -> Times:
    """Read with this many readers for so long; without places, only ``/healthz``."""
    times: dict[str, list[tuple[float, int]]] = defaultdict(list)

    async def one(number: int) -> None:
        random, reader, until = Random(1000 * seed + number), Reader(port), time.perf_counter() + seconds
        while time.perf_counter() < until:
            kind = random.choices(list(_SHARES), list(_SHARES.values()))[0] if places else "floor"
            path = path_of(kind, random, places) if places else "/healthz"
            began = time.perf_counter()
            status = await reader.get(path)
            times[kind].append((time.perf_counter() - began, status))
        reader.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(readers)))

    asyncio.run(all_of_them())
    return dict(times)


def crowd(port: int, readers: int, seconds: float, places: Places | None) -> Times:
    """Share the readers among processes and bring together what they saw."""
    with multiprocessing.get_context("spawn").Pool(CLIENTS) as pool:
        parts = pool.starmap(
            read_on, [(port, readers // CLIENTS, seconds, seed, places) for seed in range(CLIENTS)]
        )
    together: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for part in parts:
        for kind, times in part.items():
            together[kind] += times
    return together


@contextmanager
def served(home: Path) -> Iterator[tuple[int, int]]:
    """Run ``bandmate serve`` with its worker; give its port and process id."""
    log = home / "load.log"
    environment = os.environ | {"BANDMATE_HOME": str(home), "BANDMATE_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "bandmate", "serve", "--port", "0"]
    with log.open("wb") as said, subprocess.Popen(command, env=environment, stderr=said) as process:
        try:
            while (found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8"))) is None:
                if process.poll() is not None:
                    raise AssertionError(log.read_text(encoding="utf-8"))
                time.sleep(0.1)
            time.sleep(3)
            yield int(found[1]), process.pid
        finally:
            process.terminate()


def memory_of_both(web: int) -> tuple[int, int]:
    """Return the resident memory of the web process and of its worker, in MB."""
    children = [pid for each in Path(f"/proc/{web}/task").glob("*/children") for pid in each.read_text().split()]
    return memory_of(web), sum(memory_of(int(pid)) for pid in children)


def tell(times: Times, seconds: float) -> int:
    """Print what was seen, kind by kind; return how many requests failed."""
    everything = [each for kind in times.values() for each in kind]
    failed = sum(status != 200 for _, status in everything)
    for kind, seen in sorted(times.items()):
        took = [each for each, _ in seen]
        print(
            f"  {kind:13} {len(seen):7,} requests   p50 {at(0.5, took):6.0f} ms   p95 {at(0.95, took):6.0f} ms   "
            f"p99 {at(0.99, took):6.0f} ms"
        )
    took = [each for each, _ in everything]
    print(
        f"  {'all':13} {len(took):7,} requests   p50 {at(0.5, took):6.0f} ms   p95 {at(0.95, took):6.0f} ms   "
        f"p99 {at(0.99, took):6.0f} ms   {len(took) / seconds:,.0f} a second   {failed} errors"
    )
    return failed


def main() -> None:
    """Prepare, warm up, read, and say whether the aims were met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--postings", type=int, default=20_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bandmate-load-", dir="/tmp") as place:
        Path(place).chmod(0o755)
        settings = Settings(home=Path(place) / "home", database_url=None)
        places = prepare(settings, wanted.postings)
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores")
        with served(settings.home) as (port, web):
            floor = crowd(port, wanted.readers, FLOOR_SECONDS, None)["floor"]
            memories = [memory_of_both(web)]
            crowd(port, wanted.readers, WARM_UP_SHARE * wanted.seconds, places)
            memories.append(memory_of_both(web))
            halves: list[Times] = []
            for _ in range(2):
                halves.append(crowd(port, wanted.readers, wanted.seconds / 2, places))
                memories.append(memory_of_both(web))
        print(f"{wanted.readers} readers for {wanted.seconds:.0f} s over {wanted.postings:,} postings:")
        times = {kind: halves[0].get(kind, []) + halves[1].get(kind, []) for kind in _SHARES}
        failed = tell(times, wanted.seconds)
        rate = sum(map(len, times.values())) / wanted.seconds
        bare = len(floor) / FLOOR_SECONDS
        print(f"  floor (/healthz) {bare:,.0f} a second, {bare / rate:.1f} times as many")
        for name, index in (("web", 0), ("worker", 1)):
            start, warm, middle, end = (each[index] for each in memories)
            print(
                f"  memory of {name}: {start} MB at the start, {warm} after the warm-up, {middle} in the middle, "
                f"{end} at the end ({100 * (end - warm) / warm:+.1f} %)"
            )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
