"""Replaying the recorded archives: nothing lost, nothing invented, and no harm from being killed."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput, Unavailable
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.records import all_events, all_records
from bandmate.postings.replay import ALONE_RUNS, Replayed, replay

SCOPE = LaunchScope.of(Settings())


def replayed(database: Database, settings: Settings, archive: Path) -> Replayed:
    """Replay an archive in this process."""
    return replay(database, archive, settings.archive_folder, SCOPE, processes=1)


def lifecycle(database: Database) -> set[tuple[str, str, datetime]]:
    """Return what was created, closed and reopened, and when."""
    with database.read() as tx:
        return {
            (event["job_id"], event["type"], datetime.fromisoformat(event["observed_at"]))
            for event in all_events(tx)
            if event["type"] != "updated"
        }


def expected_lifecycle(archive: Path) -> set[tuple[str, str, datetime]]:
    """Return what an archive says should come of it."""
    with gzip.open(archive / "expected_events.ndjson.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {(row["job_id"], row["type"], datetime.fromisoformat(row["observed_at"])) for row in rows}


@pytest.mark.parametrize("name", ["seed", "timeseries", "timeseries-faults"])
def test_recorded_histories_give_the_expected_events(
    shared: Path, database: Database, settings: Settings, name: str
) -> None:
    """Real boards over two weeks, with and without faults, give exactly the expected events."""
    archive = shared / "postings" / name
    replayed(database, settings, archive)
    assert lifecycle(database) == expected_lifecycle(archive)


@pytest.mark.parametrize("name", ["ashby", "ashby-blind"])
def test_no_posting_of_a_recorded_board_is_lost(
    shared: Path, database: Database, settings: Settings, name: str
) -> None:
    """Each of 5,563 postings on 262 real boards becomes a record, and nothing else does."""
    done = replayed(database, settings, shared / "postings" / name)
    with database.read() as tx:
        stored = tx.execute(text("select count(*), count(*) filter (where active) from postings.job")).one()
    assert (done.boards, *stored) == (262, 5563, 5563)


def test_the_faulty_history_on_top_of_the_true_one_changes_nothing(
    shared: Path, database: Database, settings: Settings
) -> None:
    """Faulty runs that arrive late, between recorded ones, are folded in and conclude nothing."""
    folder = shared / "postings"
    replayed(database, settings, folder / "timeseries")
    before = lifecycle(database)
    done = replayed(database, settings, folder / "timeseries-faults")
    assert done.counts.rebuilt == 3
    assert lifecycle(database) == before


def test_boards_of_unknown_providers_are_counted_and_left_alone(
    shared: Path, database: Database, settings: Settings
) -> None:
    """Runs of a provider we do not know give no posting, no event and no board, but are reported."""
    done = replayed(database, settings, shared / "postings" / "timeseries")
    assert done.unsupported == {
        BoardName("workday", "absa"): 44,
        BoardName("workday", "digioutsource"): 44,
    }
    with database.read() as tx:
        assert tx.execute(text("select count(*) from postings.board")).scalar_one() == 5


def test_the_seed_posting_is_the_expected_record(shared: Path, database: Database, settings: Settings) -> None:
    """The seed archive gives the seed's record, field by field."""
    archive = shared / "postings" / "seed"
    replayed(database, settings, archive)
    expected = json.loads((archive / "expected.json").read_text())["job"]
    with database.read() as tx:
        records = {record["job_id"]: record for record in all_records(tx, system_clock())}
    record = records[expected["job_id"]]
    assert {key: record[key] for key in expected} == expected


def test_the_seed_posting_keeps_what_was_stated_and_what_the_text_says(
    shared: Path, database: Database, settings: Settings
) -> None:
    """The board says on site, the text asks for three days a week: both are kept, and the conflict is flagged."""
    archive = shared / "postings" / "seed"
    replayed(database, settings, archive)
    with database.read() as tx:
        row: Any = tx.execute(
            text("""
                select j.*, c.text from postings.job j join postings.content c using (job_id)
                 where provider_job_key like '0f8f7921%'
            """)
        ).one()
    (conflict,) = row.conflicts
    assert (row.workplace_type, row.workplace_text) == ("on_site", "hybrid")
    assert "3 times per week" in conflict["quote"]
    assert row.text[conflict["start"] : conflict["end"]] == conflict["quote"]


def test_a_folder_without_a_run_log_is_refused_with_a_sentence(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """A folder that is no archive is named, with what is missing."""
    with pytest.raises(InvalidInput, match=r"runs\.ndjson"):
        replayed(database, settings, tmp_path)


def test_a_broken_line_of_the_run_log_is_named(database: Database, settings: Settings, tmp_path: Path) -> None:
    """A line that cannot be read is named by file and number, and nothing is taken in."""
    (tmp_path / "runs.ndjson").write_text('{"provider": "lever"}\n')
    with pytest.raises(InvalidInput, match="line 1"):
        replayed(database, settings, tmp_path)


GOOD_LINE = {"provider": "lever", "board": "x", "observed_at": "2026-05-01T00:00:00Z", "outcome": "failed"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "../../etc/passwd"},
        {"path": "/etc/passwd"},
        {"path": ""},
        {"path": 5},
        {"path": "raw/" + "x" * 400},
        {"board": "a\x00b"},
        {"sha256": 5},
        {"http_status": "ok"},
        {"listed": 10**12},
        {"declared_total": -1},
        {"detail": {"a": 1}},
        {"observed_at": "9999-12-31T23:59:59-12:00"},
    ],
    ids=str,
)
def test_an_impossible_value_of_the_run_log_is_named(
    database: Database, settings: Settings, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    """A path out of the archive, a wrong type or a number too large is refused by its line, before all else."""
    lines = [json.dumps(line) for line in (GOOD_LINE, GOOD_LINE | {"board": "y"} | wrong)]
    (tmp_path / "runs.ndjson").write_text("\n".join(lines))
    with pytest.raises(InvalidInput, match="line 2"):
        replayed(database, settings, tmp_path)
    assert not settings.archive_folder.exists()


def test_a_payload_that_is_a_folder_fails_its_run_only(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Whatever stands where a payload should be, its run fails with the reason and the replay goes on."""
    (tmp_path / "raw").mkdir()
    settings.archive_folder.joinpath("raw").mkdir(parents=True)
    odd = GOOD_LINE | {"outcome": "complete", "sha256": "0" * 64, "path": "raw"}
    (tmp_path / "runs.ndjson").write_text(
        "\n".join(json.dumps(line) for line in (odd, GOOD_LINE | {"board": "y"}))
    )
    done = replayed(database, settings, tmp_path)
    assert (done.counts.runs, done.counts.failed) == (2, 2)


def test_times_are_cut_to_what_our_own_archive_holds(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """A run recorded to the microsecond is the same run when our own archive, in milliseconds, is replayed."""
    line = GOOD_LINE | {"observed_at": "2026-05-01T00:00:00.123456Z"}
    (tmp_path / "runs.ndjson").write_text(json.dumps(line))
    replayed(database, settings, tmp_path)
    again = replayed(database, settings, settings.archive_folder)
    assert (again.counts.runs, again.counts.repeated) == (0, 1)


def test_a_damaged_payload_fails_its_run_only(
    shared: Path, database: Database, settings: Settings, tmp_path: Path
) -> None:
    """A payload whose bytes are not those it was named for fails its run; the other runs are used."""
    seed = shared / "postings" / "seed"
    lines = (seed / "runs.ndjson").read_text().splitlines()
    (tmp_path / "runs.ndjson").write_text("\n".join(lines))
    for number, line in enumerate(lines):
        path = json.loads(line)["path"]
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"[]" if number == 0 else (seed / path).read_bytes())
    done = replayed(database, settings, tmp_path)
    assert (done.counts.failed, done.counts.postings) == (1, 3)


def test_a_killed_process_of_a_replay_is_told_in_a_sentence(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system kills one of the processes, for want of memory perhaps, the user is told what to do."""
    lines = [GOOD_LINE | {"board": f"b{number}"} for number in range(ALONE_RUNS + 1)]
    (tmp_path / "runs.ndjson").write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.setattr("bandmate.postings.replay.ingest", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(Unavailable, match="--processes 1"):
        replay(database, tmp_path, settings.archive_folder, SCOPE, processes=2)


class TestKilled:
    """kill -9 at ten random points, then once more to the end: the same as an undisturbed run."""

    def _bandmate(self, home: Path, url: str, archive: Path) -> subprocess.Popen[bytes]:
        environment = os.environ | {"BANDMATE_HOME": str(home), "DATABASE_URL": url}
        command = [sys.executable, "-m", "bandmate", "replay", str(archive)]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def _state(self, database: Database) -> tuple[list[Any], list[Any], list[Any]]:
        now = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
        with database.read() as tx:
            published = tx.execute(text("select event_id, type from kernel.event order by event_id, type"))
            return list(all_records(tx, now)), list(all_events(tx)), [tuple(row) for row in published]

    def test_ten_kills_leave_what_an_undisturbed_run_leaves(
        self, shared: Path, database: Database, settings: Settings, database_url: str, tmp_path: Path
    ) -> None:
        """Rows, history and published events are the same, however often the process died on the way."""
        archive = shared / "postings" / "timeseries"
        replayed(database, settings, archive)
        undisturbed = self._state(database)
        assert len(undisturbed[1]) > 400
        with database.begin() as tx:
            tx.execute(text("truncate postings.org, postings.content, postings.job_event, kernel.event cascade"))
            tx.execute(text("truncate postings.board_event"))
        chance = random.Random(20261121)
        home = tmp_path / "killed"
        for _ in range(10):
            process = self._bandmate(home, database_url, archive)
            time.sleep(chance.uniform(0.8, 4.0))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert self._bandmate(home, database_url, archive).wait(timeout=120) == 0
        assert self._state(database) == undisturbed
