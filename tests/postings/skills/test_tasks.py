"""The worker's side of reading: a process of its own that ends when it is told to, or when the worker is gone."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from bandmate.engines.skills import InvalidTaxonomy
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.tasks import Interrupted, TaskContext, tasks
from bandmate.postings.skills import tasks as reading

UNTIL_STDIN_ENDS = [sys.executable, "-c", "import os\nwhile os.read(0, 1): pass"]
DEAF = [sys.executable, "-c", "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"]


def test_it_is_a_task_that_waits_once() -> None:
    """However often a minute comes, one job waits; what failed is looked at again with the next minute."""
    task = next(one for one in tasks if one.name == reading.READ_SKILLS)
    assert (task.queueing_lock, task.attempts) == (reading.READ_SKILLS, 1)


def test_a_process_that_ends_is_done() -> None:
    """Exit code 0 is all there is to say."""
    reading._run([sys.executable, "-c", ""], lambda: False)


def test_a_process_that_fails_fails_the_job() -> None:
    """The operators' page lists it, with the exit code."""
    with pytest.raises(RuntimeError, match="exit code 3"):
        reading._run([sys.executable, "-c", "raise SystemExit(3)"], lambda: False)


def test_a_stopping_worker_ends_it_by_closing_its_input() -> None:
    """It is asked first; the job runs again from the start later."""
    with pytest.raises(Interrupted):
        reading._run(UNTIL_STDIN_ENDS, lambda: True)


def test_what_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that stops does not wait for a vocabulary to be embedded."""
    monkeypatch.setattr(reading, "STOP_SECONDS", 0.1)
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def noted(*args: object, **named: object) -> subprocess.Popen[bytes]:
        started.append(real(*args, **named))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    with pytest.raises(Interrupted):
        reading._run(DEAF, lambda: True)
    assert started[0].returncode is not None


def test_one_reads_beside_each_worker(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second job in the same worker has nothing to do and ends."""
    runs: list[list[str]] = []
    monkeypatch.setattr(reading, "_run", lambda command, _stopping: runs.append(command))
    context = TaskContext(database, lambda: datetime.now(UTC), 1, None, lambda: False)
    with reading._reading:
        reading.read_skills(context)
    assert runs == []
    reading.read_skills(context)
    assert runs[0][-2:] == ["read-skills", "--attached"]


def test_a_program_that_has_just_started_is_left_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its first minute nothing is looked for."""
    looked: list[datetime] = []

    def wanted(_: Tx, now: datetime) -> bool:
        looked.append(now)
        return False

    monkeypatch.setattr(reading, "is_wanted", wanted)
    context = TaskContext(database, lambda: datetime.now(UTC), 1, None, lambda: False)
    monkeypatch.setattr(reading, "_started", time.monotonic())
    reading.look_for_unread(context)
    assert not looked
    monkeypatch.setattr(reading, "_started", time.monotonic() - reading.SETTLE_SECONDS)
    reading.look_for_unread(context)
    assert looked


def test_an_absent_vocabulary_has_a_sentence() -> None:
    """What the operators' page repeats is the error's own sentence."""
    assert InvalidTaxonomy("There is none.").detail == "There is none."
