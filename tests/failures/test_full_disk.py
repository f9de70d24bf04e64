"""A disk that is really full: a clear error, nothing half-written under its name, and on it goes with room.

The disk is a tmpfs of a megabyte where we may mount one. Elsewhere ``os.write`` is not ours to fill, so writes in
Python are made to fail the way the system fails them; what Rust writes (the search index) needs the real thing.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import text
from tests.postings.boards_in_shape import Look, lever_board, lever_posting, tell

from bandmate.engines.search import SearchIndex
from bandmate.kernel.archive import open_archive
from bandmate.kernel.archive.interface import Archive
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.events.subscriptions import run_once
from bandmate.kernel.identity.letters import PASSWORD_CHANGED
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.ids import EventId, new_id
from bandmate.kernel.notify import MessageRequest, Urgency, request_message
from bandmate.kernel.notify.channels import Channel
from bandmate.kernel.notify.delivery import deliveries
from bandmate.kernel.notify.folder import FolderChannel
from bandmate.kernel.notify.gauges import message_gauges
from bandmate.kernel.notify.rendering import Writer
from bandmate.kernel.notify.sending import send_due
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.export import write_rows
from bandmate.postings.gauges import gauges
from bandmate.postings.index_schema import SCHEMA
from bandmate.postings.indexing import Indexer, index_folder
from bandmate.postings.replay import replay

SIZE = 2_000_000


@dataclass
class Disk:
    """A small disk."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    is_real: bool

    def fill(self) -> None:
        """Leave no room on it."""
        if self.is_real:
            with (self.folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
                while ballast.write(b"\0" * 65536):
                    pass
            return

        def refuse(*_: object) -> NoReturn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self.monkeypatch.setattr(os, "fsync", refuse)
        self.monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)

    def make_room(self) -> None:
        """Have room again."""
        if self.is_real:
            (self.folder / "ballast").unlink()
        else:
            self.monkeypatch.undo()

    def files(self) -> set[str]:
        """Return what stands on it."""
        return {path.name for path in self.folder.rglob("*") if path.is_file()} - {"ballast"}


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
        == 0
    )
    yield Disk(folder, monkeypatch, mounted)
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def noise(size: int) -> bytes:
    """Return bytes that cannot be packed."""
    return os.urandom(size)


class TestArchive:
    """Payloads, and the log of looks at boards."""

    def test_payload_is_there_whole_or_not(self, disk: Disk) -> None:
        """Writing fails with the system's own words, leaves no file, and works once there is room."""
        archive = open_archive(disk.folder / "archive")
        archive.write("raw/first.json.gz", b"{}")
        before = disk.files()
        disk.fill()
        with pytest.raises(OSError, match="No space left on device"):
            archive.write("raw/second.json.gz", noise(50_000))
        assert not archive.has("raw/second.json.gz")
        assert disk.files() == before
        disk.make_room()
        archive.write("raw/second.json.gz", b"{}")
        assert archive.has("raw/second.json.gz")

    def test_log_keeps_whole_lines(self, disk: Disk) -> None:
        """A line for which there was no room is not there in part: what comes later stands on its own line."""
        archive = open_archive(disk.folder / "archive")
        archive.append_lines("runs.ndjson", [b'{"run": 1}'])
        disk.fill()
        with pytest.raises(OSError, match="No space left on device"):
            _append_until_refused(archive)
        disk.make_room()
        archive.append_lines("runs.ndjson", [b'{"run": 3}'])
        runs = [json.loads(line)["run"] for line in archive.lines("runs.ndjson")]
        assert (runs[0], runs[-1]) == (1, 3)


def _append_until_refused(archive: Archive) -> None:
    """Append lines that are longer than what is left of any page."""
    for _ in range(1000):
        archive.append_lines("runs.ndjson", [json.dumps({"run": 2, "detail": "x" * 3001}).encode()])


class TestExport:
    """Files for others."""

    @pytest.mark.parametrize("name", ["jobs.ndjson", "jobs.ndjson.gz", "jobs.parquet"])
    def test_file_keeps_its_old_content(self, disk: Disk, name: str) -> None:
        """An export that finds no room leaves yesterday's file as it was, and no piece of its own."""
        rows: list[dict[str, Any]] = [{"title": noise(500).hex()} for _ in range(5000)]
        target = disk.folder / name
        target.write_bytes(b"yesterday")
        disk.fill()
        with pytest.raises(OSError, match="No space left on device"):
            write_rows(rows, str(target))
        assert target.read_bytes() == b"yesterday"
        assert disk.files() == {name}
        disk.make_room()
        write_rows(rows[:5], str(target))
        assert target.read_bytes() != b"yesterday"


def test_messages_wait_and_leave_later(database: Database, settings: Settings, disk: Disk) -> None:
    """With a full outbox a message waits with the reason, counts as retrying, and leaves when there is room."""
    now = system_clock()
    with database.begin() as tx:
        person = create_person(tx, name="Ada", now=now)
        create_account(tx, person, email="ada@example.org", password=None, now=now)
        asked = MessageRequest(
            request_id=EventId(new_id()),
            recipient=person,
            template=PASSWORD_CHANGED,
            variables={"at": "2026-06-10T12:00:00Z"},
            purpose=None,
            urgency=Urgency.NOW,
            expires_at=None,
            reason="A test asks for it.",
        )
        request_message(tx, asked, now=now)
    run_once(database, deliveries(), system_clock)
    outbox = disk.folder / "outbox"
    channel: Channel = FolderChannel(outbox)
    disk.fill()
    send_due(database, channel, Writer(settings), system_clock)
    assert _waiting(database) == [f"The folder {outbox} cannot be written to: No space left on device."]
    assert disk.files() == set()
    with database.read() as tx:
        states = {sample.labels["state"]: sample.value for m in message_gauges(tx) for sample in m.samples}
    assert states["retrying"] == 1
    disk.make_room()
    with database.begin() as tx:
        tx.execute(text("update kernel.delivery set due_at = now()"))
    send_due(database, channel, Writer(settings), system_clock)
    assert _waiting(database) == []
    assert len(list(outbox.glob("*.eml"))) == 1


def _waiting(database: Database) -> list[str]:
    with database.read() as tx:
        return list(tx.execute(text("select why from kernel.delivery where state = 'waiting'")).scalars())


class TestIndex:
    """The search index."""

    def test_answers_on_and_catches_up(self, database: Database, disk: Disk, tmp_path: Path) -> None:
        """What was indexed is still found, the lag can be read, and with room the index catches up by itself."""
        if not disk.is_real:
            pytest.skip("no tmpfs can be mounted here")
        chosen = Settings(home=disk.folder, database_url=database.url)
        _jobs(database, chosen, tmp_path, 0, 3)
        folder = index_folder(chosen)
        indexer = Indexer(database, folder)
        indexer.drain()
        assert SearchIndex.open(folder, SCHEMA).count() == 3
        _jobs(database, chosen, tmp_path, 1, 40)
        disk.fill()
        with pytest.raises((OSError, ValueError), match=r"No space left|io::Error"):
            indexer.drain()
        with suppress(ValueError):
            indexer.close()
        assert SearchIndex.open(folder, SCHEMA).count() == 3
        with database.read() as tx:
            figures = {sample.name: sample.value for m in gauges(chosen)(tx) for sample in m.samples}
        assert (figures["bandmate_index_up"], figures["bandmate_index_events_behind"] > 0) == (1, True)
        disk.make_room()
        again = Indexer(database, folder)
        again.drain()
        again.close()
        assert SearchIndex.open(folder, SCHEMA).count() == 40


def _jobs(database: Database, settings: Settings, place: Path, hour: int, number: int) -> None:
    """Take in a board with this many jobs."""
    board = lever_board(*[lever_posting(f"key-{each}", description=noise(400).hex()) for each in range(number)])
    tell(place / f"story-{hour}", [Look(hour, board)])
    replay(database, place / f"story-{hour}", place / "archive", LaunchScope.of(settings), processes=1)
