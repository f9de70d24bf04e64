"""A small world of postings behind the whole application, for the tests of the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.postings.boards_in_shape import (
    GREENHOUSE,
    START,
    Look,
    greenhouse_board,
    greenhouse_job,
    lever_board,
    lever_posting,
    tell,
)
from tests.postings.reading_by_words import WordReader

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, connect
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.indexing import drain_if_alone
from bandmate.postings.records import Record, all_records
from bandmate.postings.replay import replay
from bandmate.postings.skills.working import read_due

NOW = START + timedelta(days=9)
ROOT = "/job-postings/v1"
PLACES = (
    ("Berlin, Germany", "DE"),
    ("Malmö, Sweden", "SE"),
    ("New York, NY", "US"),
    ("Toronto, Canada", "CA"),
)
WELCOME = "<div>Instruments are provided, nerves are welcome.</div>"


@dataclass(frozen=True)
class World:
    """The application and what its database holds."""

    app: FastAPI
    client: TestClient
    database: Database
    settings: Settings
    records: tuple[Record, ...]
    """The export, in the order of job ids."""

    def get(self, path: str, params: Any = None, **headers: str) -> Any:
        """Ask the API; header names with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(ROOT + path, params=params, headers=named)

    def data(self, path: str, params: Any = None) -> Any:
        """Ask the API and return the data of its answer, which must be 200."""
        answered = self.get(path, params)
        assert answered.status_code == 200, answered.text
        return answered.json()["data"]

    def post(self, body: Any) -> Any:
        """Search by POST."""
        return self.client.post(f"{ROOT}/jobs/search", json=body)

    def titled(self, title: str) -> Record:
        """Return the record of that title."""
        return next(record for record in self.records if record["title"] == title)


@contextmanager
def world_of(database_url: str, folder: Path) -> Iterator[World]:
    """Replay the story into the test database, index it, and put the application before it."""
    settings = Settings(home=folder / "home", database_url=database_url)
    database = connect(database_url)
    with database.begin() as tx:
        tx.execute(
            text(
                "truncate postings.org, postings.content, postings.job_event, postings.board_event,"
                " postings.job_reading, kernel.event cascade"
            )
        )
    tell(folder / "archive", list(_story()))
    scope = LaunchScope("everything", (), ())
    replay(database, folder / "archive", settings.archive_folder, scope, processes=1)
    read_due(database, WordReader, lambda: NOW)
    drain_if_alone(database, settings)
    with database.read() as tx:
        records = tuple(all_records(tx, NOW))
    app = create_app(settings, database, clock=lambda: NOW)
    yield World(app, TestClient(app, raise_server_exceptions=False), database, settings, records)
    database.close()


def _story() -> Iterator[Look]:
    """Yield the looks: postings change and close, one board edits all of its postings at once."""
    studio = [_studio_posting(number) for number in range(26)]
    label = [greenhouse_job(100 + number) for number in range(5)]
    yield Look(0, lever_board(*studio))
    yield Look(1, greenhouse_board(*label), board=GREENHOUSE)
    studio[3] |= {"text": "Principal Sound Engineer 3"}
    yield Look(48, lever_board(*studio[:-2]))
    yield Look(49, None, board=GREENHOUSE)
    yield Look(96, lever_board(*(posting | {"additional": WELCOME} for posting in studio[:-2])))


def _studio_posting(number: int) -> dict[str, Any]:
    place, country = PLACES[number % len(PLACES)]
    pay = {
        "min": 40_000 + 1_000 * number,
        "max": 50_000 + 1_000 * number,
        "currency": "EUR",
        "interval": "per-year-salary",
    }
    return lever_posting(
        f"studio-{number:02}",
        text=f"{('Sound Engineer', 'Piano Technician', 'Tour Accountant')[number % 3]} {number}",
        country=country,
        createdAt=1_767_225_600_000 + 86_400_000 * (number // 2),
        workplaceType=("hybrid", "remote", "onsite")[number % 3],
        categories={
            "commitment": ("Full-time", "Internship")[number % 2],
            "department": ("Engineering", "Touring")[number % 2],
            "team": "Audio",
            "location": place,
            "allLocations": [place],
        },
        **({"salaryRange": pay} if number % 4 else {}),
    )


def problem(answered: Any) -> dict[str, Any]:
    """Return the problem document of an answer, which must be one."""
    assert answered.headers["content-type"] == "application/problem+json", answered.text
    document: dict[str, Any] = answered.json()
    assert document["status"] == answered.status_code
    return document
