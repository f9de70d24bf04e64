"""Providers from other packages: installed, found, used, and left out when they are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.postings.stand_in import StandIn

from bandmate.kernel.database.session import Database
from bandmate.postings.providers import installed
from bandmate.postings.providers.installed import GROUP, with_installed
from bandmate.postings.providers.lever import Lever

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "lantern-provider"

BOARD = {
    "meta": {"total": 1},
    "jobs": [
        {
            "id": "op-17",
            "title": "Horn Technician",
            "employer": "Brass & Reed",
            "place": "Lyon, France",
            "contract": "Permanent",
            "text": "<p>You mend what others blow.</p>",
            "page": "https://jobs.lantern.example/brass-and-reed/op-17",
            "opened": "2026-10-01T08:00:00Z",
        }
    ],
}


class Nothing:
    """Offers nothing a provider offers."""


class Impostor(Lever):
    """A provider that takes the name of one of ours."""


class Renamed(Lever):
    """A provider whose entry point has another name."""


def explode() -> None:
    """Raise, as a broken package does."""
    raise RuntimeError("a broken package")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the example package is installed as any user would."""
    target = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run(
        [*command, "--no-build-isolation", "--no-index", "--target", str(target), str(EXAMPLE)], check=True
    )
    return target


@pytest.fixture
def lantern() -> Iterator[StandIn]:
    """A stand-in for Lantern."""
    server = StandIn()
    server.body = json.dumps(BOARD).encode()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def bandmate(packages: Path, database_url: str, home: Path, *words: str, board: StandIn | None = None) -> str:
    """Run the program with the package on its path; return what it prints."""
    environment = os.environ | {
        "PYTHONPATH": str(packages),
        "DATABASE_URL": database_url,
        "BANDMATE_HOME": str(home),
        "BANDMATE_LOG_LEVEL": "ERROR",
    }
    if board is not None:
        environment["BANDMATE_PROVIDER_URLS__LANTERN"] = f"http://127.0.0.1:{board.server_address[1]}"
    command = [sys.executable, "-m", "bandmate", *words]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestAnInstalledProvider:
    def test_its_board_is_crawled_and_exported(
        self, packages: Path, lantern: StandIn, database: Database, database_url: str, tmp_path: Path
    ) -> None:
        """After installing the example package, its board is crawled and exported like any other."""
        bandmate(packages, database_url, tmp_path, "crawl", "lantern:brass-and-reed", board=lantern)
        exported = bandmate(packages, database_url, tmp_path, "export", "jobs", "--out", "-")
        (job,) = [json.loads(line) for line in exported.splitlines()]
        assert lantern.asked == ["/boards/brass-and-reed/openings"]
        assert (job["title"], job["employment_type"]) == ("Horn Technician", "Permanent")

    def test_without_the_package_nobody_knows_it(
        self, database: Database, database_url: str, tmp_path: Path
    ) -> None:
        """The same board is refused where the package is not installed."""
        with pytest.raises(AssertionError, match="no provider 'lantern'"):
            bandmate(tmp_path, database_url, tmp_path, "boards", "add", "lantern:brass-and-reed")


class TestWhatIsNoProvider:
    @pytest.mark.parametrize(
        ("name", "thing", "reason"),
        [
            ("nothing", "Nothing", "it lacks at, base_url, board_url"),
            ("lever", "Impostor", "the name 'lever' is taken"),
            ("other", "Renamed", "it calls itself 'lever'"),
            ("broken", "explode", "a broken package"),
            ("absent", "not_there", "has no attribute 'not_there'"),
        ],
    )
    def test_it_is_reported_and_left_out(
        self, name: str, thing: str, reason: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever an entry point leads to, our own providers stay and the log says what was left out and why."""
        entry = EntryPoint(name, f"{__name__}:{thing}", GROUP)
        monkeypatch.setattr(installed, "entry_points", lambda group: EntryPoints([entry]))
        own = Lever()
        with capture_logs() as logs:
            found = with_installed([own])
        assert found == {"lever": own}
        (line,) = logs
        assert reason in line["reason"]
