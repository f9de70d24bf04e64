"""A board that tells stories, people who keep searches, and a worker that does one round when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.postings.boards_in_shape import LEVER, START, Look, lever_board, tell

from bandmate.engines.search import SearchIndex
from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Through, grant
from bandmate.kernel.database.session import Database
from bandmate.kernel.events.subscriptions import Runner
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import job_id
from bandmate.postings.index_schema import SCHEMA
from bandmate.postings.indexing import drain_if_alone, index_folder
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.slices import OPEN
from bandmate.postings.replay import replay
from bandmate.postings.saved_searches import SUBSCRIPTION
from bandmate.postings.saved_searches.domain import Frequency, SavedSearch, Schedule
from bandmate.postings.saved_searches.purpose import EMAIL, JOB_ALERTS
from bandmate.postings.saved_searches.saving import Wish, save, search_id_for
from bandmate.postings.saved_searches.tasks import run_alerts

SCOPE = LaunchScope("everything", (), ())


def lever(key: str) -> str:
    """Return the id of a posting of the board."""
    return job_id("lever", LEVER.board, key)


@dataclass
class World:
    """The database with an index beside it, and a clock that only the test moves."""

    database: Database
    settings: Settings
    folder: Path
    now: datetime = START
    looks: int = 0
    board: dict[str, dict[str, Any]] = field(default_factory=dict)

    def clock(self) -> datetime:
        """Return what time it is."""
        return self.now

    def show(self, *postings: dict[str, Any], indexed: bool = True) -> None:
        """Let the board list these postings now, half an hour later than before."""
        self.now += timedelta(minutes=30)
        self.looks += 1
        hours = (self.now - START) / timedelta(hours=1)
        root = self.folder / f"told-{self.looks}"
        tell(root, [Look(hours, lever_board(*postings))])
        replay(self.database, root, self.settings.archive_folder, SCOPE, processes=1)
        self.hear()
        if indexed:
            self.index()

    def hear(self) -> None:
        """Let the subscription hear what happened."""
        Runner(self.database, [SUBSCRIPTION], self.clock).drain()

    def index(self) -> SearchIndex:
        """Bring the index up to date and open it."""
        drain_if_alone(self.database, self.settings)
        return SearchIndex.open(index_folder(self.settings), SCHEMA)

    def work(self) -> None:
        """Do what the worker does each minute."""
        run_alerts(self.database, self.settings, self.clock)

    def person(self, *, agrees: bool = True) -> PersonId:
        """Return a new person, who allows job alerts."""
        with self.database.begin() as tx:
            person = create_person(tx, name="Mia Kern", now=self.now)
            if agrees:
                shown = JOB_ALERTS.shown(to=person, through=Through.PAGE)
                grant(tx, person, JOB_ALERTS.name, EMAIL, evidence=shown, at=self.now)
        return person

    def keep(
        self, person: PersonId, query: JobQuery, frequency: Frequency = Frequency.AT_ONCE, *, key: str = "one"
    ) -> SavedSearch:
        """Save a search for somebody."""
        wish = Wish("My search", query, Schedule(frequency, 8, 0, "Europe/Berlin"))
        with self.database.begin() as tx:
            return save(tx, person, search_id_for(person, key), wish, now=self.now)

    def requests(self) -> list[dict[str, Any]]:
        """Return the messages that were asked for, oldest first."""
        with self.database.read() as tx:
            rows = tx.execute(
                text("select data from kernel.event where type = 'postings.message.requested' order by position")
            )
            return [dict(row.data) for row in rows]

    def told(self) -> list[list[str]]:
        """Return the ids of the jobs in each message, sorted."""
        return [
            sorted(job["href"].removeprefix("/jobs/") for job in data["variables"]["jobs"])
            for data in self.requests()
        ]

    def count(self, table: str) -> int:
        """Return how many rows a table of postings has."""
        with self.database.read() as tx:
            return int(tx.execute(text(f"select count(*) from postings.{table}")).scalar_one())


@pytest.fixture
def world(database: Database, settings: Settings, tmp_path: Path) -> World:
    """An empty world."""
    return World(database, settings, tmp_path)


OPEN_JOBS = JobQuery(status=OPEN)

Keep = Callable[..., SavedSearch]
