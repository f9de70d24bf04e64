"""An installation as the tests of operations look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.events import Cursor, StoredEvent, read_after
from bandmate.kernel.tasks import tasks
from bandmate.postings.export import write_rows
from bandmate.postings.records import all_board_events, all_events, all_records

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL, PASSWORD = "mia@example.org", "four tuned drums in a van"
FAR_AWAY = 9_000_000_000
"""A transaction id that this server will not reach while anybody waits."""


@tasks.register(name="tests.operations")
def _nothing(_: object) -> None:
    """A task that jobs can name."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A database with its home."""

    database: Database
    settings: Settings

    def exports(self, folder: Path) -> dict[str, bytes]:
        """Return what the three exports give, byte for byte."""
        folder.mkdir(parents=True, exist_ok=True)
        with self.database.read() as tx:
            write_rows(all_records(tx, NOON), str(folder / "jobs.ndjson"))
            write_rows(all_events(tx), str(folder / "events.ndjson"))
            write_rows(all_board_events(tx), str(folder / "board-events.ndjson"))
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def log(self) -> list[StoredEvent]:
        """Return every event that can be heard, in the order in which it is heard."""
        with self.database.read() as tx:
            return list(read_after(tx, Cursor(), limit=100_000))

    def files(self) -> dict[str, bytes]:
        """Return the archive's files."""
        root = self.settings.archive_folder
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
