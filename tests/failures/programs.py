"""The program as real processes over a PostgreSQL of the test's own, which it may stop, start and starve."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from sqlalchemy import text

from bandmate.kernel.database.embedded import start_embedded, stop_embedded
from bandmate.kernel.database.embedded_binaries import install
from bandmate.kernel.database.migrating import migrate
from bandmate.kernel.database.privileges import find_place
from bandmate.kernel.database.server import find_server, start_server, stop_server
from bandmate.kernel.database.session import Database, connect

_ADDRESS = re.compile(r"Bandmate: (http://\S+)")

_END_ALL = text("""
    select count(pg_terminate_backend(pid)) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
""")


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait until something holds; False when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@contextmanager
def new_home() -> Iterator[Path]:
    """Make an empty home every user may enter, outside of pytest's folders, which are closed to others."""
    home = Path(tempfile.mkdtemp(prefix="bm-fail-", dir="/tmp")).resolve()
    home.chmod(0o755)
    try:
        yield home
    finally:
        stop_embedded(home)
        place = find_place(home)
        for folder in {home, place.base, place.socket_folder}:
            shutil.rmtree(folder, ignore_errors=True)


class OwnServer:
    """A PostgreSQL that a test stops and starts under everybody's feet."""

    def __init__(self, home: Path, url: str) -> None:
        self._home = home
        self.url = url
        self.socket_folder = find_place(home).socket_folder

    def stop(self) -> None:
        """Stop it at once, whoever uses it."""
        place = find_place(self._home)
        server = find_server(place)
        assert server is not None
        stop_server(place, server)

    def start(self) -> None:
        """Start it again."""
        place = find_place(self._home)
        start_server(place, install(place.base))

    def end_connections(self) -> None:
        """End everybody's connections but this one."""
        database = connect(self.url, pool_size=1)
        with database.begin() as tx:
            tx.execute(_END_ALL)
        database.close()


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Run a PostgreSQL with a migrated database in it."""
    with new_home() as home, start_embedded(home) as server:
        database = connect(server.url)
        migrate(database)
        database.close()
        yield OwnServer(home, server.url)


class Program:
    """``bandmate serve``, with its worker, answering at ``url``."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log
        self.url = ""

    @property
    def said(self) -> str:
        """What the program and its worker have written on stderr so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_until_it_answers(self, seconds: float = 60) -> None:
        """Wait for the line that says where it answers."""
        assert eventually(lambda: _ADDRESS.search(self.said) is not None, seconds), self.said
        found = _ADDRESS.search(self.said)
        assert found is not None
        self.url = found[1]

    def get(self, path: str, *, accept: str = "text/html") -> httpx.Response:
        """Ask for a page, or with another ``accept`` for a document."""
        return httpx.get(self.url + path, headers={"Accept": accept}, timeout=20)

    def workers(self) -> list[int]:
        """Return the process ids of its worker: one, or none while it starts."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for child in children for pid in child.read_text().split()]


@contextmanager
def serving(home: Path, **environment: str) -> Iterator[Program]:
    """Run the program on a home."""
    log = home / "program.log"
    command = [sys.executable, "-m", "bandmate", "serve", "--port", "0"]
    with (
        log.open("wb") as said,
        subprocess.Popen(
            command,
            env=os.environ | {"BANDMATE_HOME": str(home), "BANDMATE_LOG_FORMAT": "json"} | environment,
            stdin=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        ) as process,
    ):
        program = Program(process, log)
        try:
            program.wait_until_it_answers()
            yield program
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # this session holds our program and nothing else


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def count(database: Database, query: str) -> int:
    """Return what a query counts."""
    with database.read() as tx:
        return int(tx.execute(text(query)).scalar_one())
