"""Crawling through the command line: from a stand-in board over HTTP to archive, record and history."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.postings.boards_in_shape import START, Look, lever_board, lever_posting, tell
from tests.postings.stand_in import StandIn
from typer.testing import CliRunner

from bandmate.cli import app
from bandmate.kernel.database.session import Database
from bandmate.postings.records import all_records


@pytest.fixture
def board(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StandIn]:
    """A stand-in for Lever, and an installation that is told to ask it; no other switch is needed."""
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("BANDMATE_PROVIDER_URLS__LEVER", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("BANDMATE_OUTBOUND_REQUESTS_PER_SECOND", "1000")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def bandmate(*arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it said."""
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def runs(database: Database) -> list[Any]:
    """Return all runs in time order."""
    with database.read() as tx:
        return list(
            tx.execute(text("select verdict, sha256, path, detail from postings.run order by observed_at"))
        )


def test_a_crawl_archives_first_and_then_records(board: StandIn, database: Database, tmp_path: Path) -> None:
    """What the board answered lies byte for byte in the archive, is logged, and became records."""
    board.body = lever_board(lever_posting("a"), lever_posting("b"))
    code, output = bandmate("crawl", "lever:halfnote")
    assert code == 0, output
    (run,) = runs(database)
    assert run.verdict == "complete"
    line = json.loads((tmp_path / "home/archive/runs.ndjson").read_text())
    assert (line["board"], line["listed"], line["path"]) == ("halfnote", 2, run.path)
    with database.read() as tx:
        assert {record["title"] for record in all_records(tx, START)} == {"Sound Engineer a", "Sound Engineer b"}


def test_an_unchanged_board_repeats_the_earlier_payload(
    board: StandIn, database: Database, tmp_path: Path
) -> None:
    """A 304 is a complete run with the earlier payload: a sighting of all postings, and no second file."""
    board.body, board.etag = lever_board(lever_posting("a")), '"v1"'
    bandmate("crawl", "lever:halfnote")
    code, output = bandmate("crawl", "lever:halfnote")
    assert code == 0, output
    first, second = runs(database)
    assert (second.verdict, second.path) == ("complete", first.path)
    assert len(list((tmp_path / "home/archive/raw").rglob("*.json.gz"))) == 1


def test_unchanged_never_means_a_payload_that_was_replayed_since(
    board: StandIn, database: Database, tmp_path: Path
) -> None:
    """After a replay brought a newer payload, "unchanged since the last crawl" would speak of an older one: the
    board is asked for all of it.
    """
    board.body, board.etag = lever_board(lever_posting("a")), '"v1"'
    bandmate("crawl", "lever:halfnote")
    hours = (datetime.now(UTC) - START).total_seconds() / 3600
    tell(tmp_path / "theirs", [Look(hours, lever_board(lever_posting("a"), lever_posting("b")))])
    bandmate("replay", str(tmp_path / "theirs"))
    bandmate("crawl", "lever:halfnote")
    first, theirs, last = runs(database)
    assert last.sha256 == first.sha256 != theirs.sha256


def test_an_outage_page_is_archived_and_closes_nothing(board: StandIn, database: Database) -> None:
    """HTML with status 200 fails the run with a reason and exit code 1; the postings stay open."""
    board.body = lever_board(lever_posting("a"))
    bandmate("crawl", "lever:halfnote")
    board.body = b"<html>We are down</html>"
    code, output = bandmate("crawl", "lever:halfnote")
    assert code == 1
    assert "unchanged" in output
    assert runs(database)[1].verdict == "failed"
    assert runs(database)[1].path is not None
    with database.read() as tx:
        assert all(record["active"] for record in all_records(tx, START))


def test_our_own_archive_rebuilds_what_the_crawl_recorded(
    board: StandIn, database: Database, tmp_path: Path
) -> None:
    """Replaying the crawler's own archive finds every run recorded; into an empty database it gives the same."""
    board.body = lever_board(lever_posting("a"))
    bandmate("crawl", "lever:halfnote")
    board.body = lever_board(lever_posting("a", text="Lead"), lever_posting("b"))
    bandmate("crawl", "lever:halfnote")
    with database.read() as tx:
        before = list(all_records(tx, START))
    with database.begin() as tx:
        tx.execute(text("truncate postings.org, postings.content, postings.job_event cascade"))
    code, output = bandmate("replay", str(tmp_path / "home/archive"))
    assert code == 0, output
    with database.read() as tx:
        assert list(all_records(tx, START)) == before


def test_boards_are_followed_listed_and_left(board: StandIn, database: Database) -> None:
    """A board is added with its schedule and company, shows in the list, and is removed without losing records."""
    assert bandmate("boards", "add", "lever:halfnote", "--every", "6h", "--company", "Halfnote AB")[0] == 0
    code, listed = bandmate("boards", "list")
    assert code == 0
    assert "lever:halfnote\tHalfnote AB\t360m" in listed
    assert bandmate("boards", "remove", "lever:halfnote")[0] == 0
    assert bandmate("boards", "remove", "lever:halfnote")[0] == 1


@pytest.mark.parametrize("wrong", ["spotify", "nobody:spotify", "lever:../x", "lever:"])
def test_an_impossible_board_is_refused_with_a_sentence(board: StandIn, wrong: str) -> None:
    """A board that cannot be is named, with how to write it, and nothing is asked of anybody."""
    result = CliRunner().invoke(app, ["crawl", wrong])
    assert result.exit_code == 2
    assert board.asked == []
