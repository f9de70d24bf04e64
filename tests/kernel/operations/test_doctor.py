"""The doctor finds what is wrong, says how to mend it, and finds nothing in a healthy installation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import orjson
import pytest
from sqlalchemy import text
from tests.kernel.operations.world import NOON, Installation

from bandmate.kernel.archive import ArchiveDamaged
from bandmate.kernel.archive.folder import FolderArchive
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.migrating import migrate
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import Event, StoredEvent, publish
from bandmate.kernel.events.subscriptions import Subscription, run_once
from bandmate.kernel.ids import EventId, derived_id
from bandmate.kernel.operations import database_checks, machine_checks
from bandmate.kernel.operations.database_checks import (
    background_jobs,
    clock_skew,
    old_transactions,
    subscription_check,
)
from bandmate.kernel.operations.doctor import Check, Finding, Needs, Patient, State, examine, ok
from bandmate.kernel.operations.machine_checks import archive, home, languages, memory, program, risky_settings
from bandmate.postings.checks import search_index
from bandmate.postings.indexing import drain_if_alone

GB = 10**9


@pytest.fixture
def patient(installation: Installation) -> Patient:
    """The installation, as the doctor sees it."""
    return Patient(installation.settings, installation.database, system_clock)


def worst(findings: Iterator[Finding] | Sequence[Finding]) -> Finding:
    """Return the worst of what was found."""
    order = [State.OK, State.WARN, State.BAD]
    return max(findings, key=lambda finding: order.index(finding.state))


def _with(patient: Patient, **settings: object) -> Patient:
    return Patient(patient.settings.model_copy(update=settings), patient.opened, patient.clock)


class TestMachine:
    def test_an_old_python(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        """A Python older than ours is bad."""
        monkeypatch.setattr(machine_checks, "OLDEST_PYTHON", (9, 0))
        assert worst(program(patient)).state is State.BAD

    def test_another_version_than_installed(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        """Code of one version in an environment of another is worth a look."""
        monkeypatch.setattr(machine_checks, "__version__", "9.9")
        assert worst(program(patient)).state is State.WARN

    def test_a_home_that_cannot_be_made(self, patient: Patient, tmp_path: Path) -> None:
        """A home below a file is bad."""
        (tmp_path / "file").touch()
        found = worst(home(_with(patient, home=tmp_path / "file" / "home")))
        assert (found.state, "BANDMATE_HOME" in found.remedy) == (State.BAD, True)

    @pytest.mark.parametrize(("free", "state"), [(GB // 10, State.BAD), (2 * GB, State.WARN), (90 * GB, State.OK)])
    def test_a_disk_that_fills(
        self, patient: Patient, monkeypatch: pytest.MonkeyPatch, free: int, state: State
    ) -> None:
        """Little free space is worth a look, hardly any is bad."""
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
        assert worst(home(patient)).state is state

    def test_an_archive_that_gives_back_something_else(
        self, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An archive that does not keep what it is given is bad."""
        monkeypatch.setattr(FolderArchive, "stored", lambda *_: b"something else")
        with pytest.raises(ArchiveDamaged):
            list(archive(patient))

    def test_little_memory(self, patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Little available memory is worth a look; a system that does not say is passed over."""
        meminfo = tmp_path / "meminfo"
        monkeypatch.setattr(machine_checks, "MEMINFO", meminfo)
        assert list(memory(patient)) == []
        meminfo.write_text("MemTotal: 8000000 kB\nMemAvailable:     100000 kB\n")
        assert worst(memory(patient)).state is State.WARN

    @pytest.mark.parametrize(
        ("setting", "value", "state"),
        [
            ("public_url", "http://jobs.example.org", State.WARN),
            ("public_url", "https://jobs.example.org", State.OK),
            ("public_url", "http://192.168.1.7:8000", State.OK),
            ("outbound_allow_private", True, State.WARN),
            ("log_level", "DEBUG", State.WARN),
        ],
    )
    def test_risky_settings(self, patient: Patient, setting: str, value: object, state: State) -> None:
        """What is fine at home and not in public is named."""
        assert worst(risky_settings(_with(patient, **{setting: value}))).state is state

    def test_missing_locale_data(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the data of languages, dates cannot be written."""
        monkeypatch.setattr("babel.Locale.parse", _missing)
        assert worst(languages(patient)).state is State.BAD


def _missing(*_: object, **__: object) -> NoReturn:
    raise FileNotFoundError(2, "No such file or directory")


class TestDatabase:
    @pytest.mark.parametrize(("seconds", "state"), [(0, State.OK), (10, State.WARN), (-600, State.BAD)])
    def test_a_clock_that_is_off(self, patient: Patient, seconds: int, state: State) -> None:
        """Clocks that differ by seconds are worth a look, by minutes bad."""
        clock = lambda: system_clock() + timedelta(seconds=seconds)  # noqa: E731 - a clock is a function
        assert worst(clock_skew(Patient(patient.settings, patient.opened, clock))).state is state

    def test_an_old_transaction(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        """A writing transaction that stays open holds subscribers back and is named; gone, all is well."""
        monkeypatch.setattr(database_checks, "HELD_BACK", timedelta(0))
        with patient.database.begin() as tx:
            tx.execute(text("select pg_current_xact_id()"))
            with patient.database.begin() as other:
                publish(other, [Event(EventId(derived_id("tests", "held")), "tests.held", 1, "x", NOON, {})])
            found = list(old_transactions(patient))
            assert {(each.what, each.state) for each in found} == {
                ("transactions", State.WARN),
                ("event log", State.BAD),
            }
            assert "pg_terminate_backend" in found[0].remedy
        assert worst(old_transactions(patient)).state is State.OK

    def test_a_stuck_subscription(self, patient: Patient) -> None:
        """A handler that fails is bad, with its error; one that nobody runs is worth a look."""

        def refuse(_: Tx, __: Sequence[StoredEvent]) -> None:
            raise ValueError("the drum is torn")

        stuck = Subscription("tests.stuck", None, refuse)
        run_once(patient.database, stuck, system_clock)
        found = worst(list(subscription_check([stuck]).look(patient)))
        assert (found.state, "the drum is torn" in found.detail) == (State.BAD, True)

    def test_a_subscription_that_nobody_runs(self, patient: Patient) -> None:
        """One that is behind for long is worth a look."""
        with patient.database.begin() as tx:
            tx.execute(text("update kernel.event set recorded_at = recorded_at - interval '1 hour'"))
        idle = Subscription("tests.idle", None, lambda *_: None)
        assert worst(list(subscription_check([idle]).look(patient))).state is State.WARN
        assert worst(list(subscription_check([]).look(patient))).state is State.OK

    def test_a_queue_that_nobody_works_off(self, patient: Patient) -> None:
        """Jobs that wait for long are bad; those that wait for their time are not."""
        assert worst(background_jobs(patient)).state is State.OK
        with patient.database.begin() as tx:
            tx.execute(text("update procrastinate.procrastinate_events set at = at - interval '1 hour'"))
        assert worst(background_jobs(patient)).state is State.BAD
        with patient.database.begin() as tx:
            tx.execute(text("set local search_path to procrastinate"))
            tx.execute(text("update procrastinate_jobs set scheduled_at = now() + interval '1 day'"))
        assert worst(background_jobs(patient)).state is State.OK

    def test_jobs_that_gave_up(self, patient: Patient) -> None:
        """A task whose jobs failed is named."""
        with patient.database.begin() as tx:
            tx.execute(text("set local search_path to procrastinate"))
            tx.execute(text("update procrastinate_jobs set status = 'failed' where id = 2"))
        found = worst(background_jobs(patient))
        assert (found.state, "tests.operations" in found.detail) == (State.WARN, True)

    def test_an_index_that_is_missing_or_old(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        """No index is worth a look, and so is one that is far behind."""
        assert worst(search_index(patient)).state is State.WARN
        drain_if_alone(patient.database, patient.settings)
        assert worst(search_index(patient)).state is State.OK
        monkeypatch.setattr("bandmate.postings.checks.INDEX_LAG_WARN", 0)
        assert worst(search_index(patient)).state is State.WARN


class TestExamination:
    def test_without_a_database_the_rest_is_looked_at(self, tmp_path: Path) -> None:
        """A database that does not answer is bad; checks that need it are left out, others are not."""
        settings = Settings(home=tmp_path, database_url="postgresql://u:hush@127.0.0.1:9/d")
        checks = [
            Check("a", lambda _: [ok("a", "Well.")]),
            Check("b", lambda _: [ok("b", "Well.")], Needs.DATABASE),
        ]
        found = examine(settings, checks, system_clock)
        assert [(each.what, each.state) for each in found] == [("database", State.BAD), ("a", State.OK)]
        assert "hush" not in str(found)

    @pytest.mark.parametrize(
        ("change", "remedy"),
        [("drop table alembic_version", "migrate"), ("update alembic_version set version_num = '0999'", "newest")],
    )
    def test_another_schema(self, empty: Installation, change: str, remedy: str) -> None:
        """An older schema and a newer one are bad, each with its remedy; what needs ours is left out."""
        migrate(empty.database)
        with empty.database.begin() as tx:
            tx.execute(text(change))
        checks = [Check("needs it", lambda _: [ok("needs it", "")], Needs.SCHEMA)]
        found = examine(empty.settings, checks, system_clock)
        assert [(each.what, each.state) for each in found] == [("database", State.OK), ("schema", State.BAD)]
        assert remedy in found[1].remedy

    def test_a_check_that_breaks_is_a_finding(self, patient: Patient) -> None:
        """Whatever stops the doctor from looking is said, and the others are looked at."""

        def broken(each: Patient) -> Iterator[Finding]:
            with each.database.read() as tx:
                tx.execute(text("select * from no_such_table"))
            yield ok("never", "")

        checks = [
            Check("one", broken, Needs.DATABASE),
            Check("two", _missing),
            Check("three", lambda _: [ok("three", "Well.")]),
        ]
        found = examine(patient.settings, checks, patient.clock)[-3:]
        assert [(each.what, each.state) for each in found] == [
            ("one", State.BAD),
            ("two", State.BAD),
            ("three", State.OK),
        ]

    def test_the_command(self, installation: Installation) -> None:
        """A healthy installation exits with 0, one with something bad with 1; --json gives an object a line."""
        assert installation.settings.database_url is not None
        drain_if_alone(installation.database, installation.settings)
        environment = os.environ | {
            "BANDMATE_HOME": str(installation.settings.home),
            "DATABASE_URL": installation.settings.database_url,
        }
        command = [sys.executable, "-m", "bandmate", "doctor", "--json"]
        well = subprocess.run(command, env=environment, capture_output=True, check=False)
        found = [orjson.loads(line) for line in well.stdout.splitlines()]
        assert well.returncode == 0, found
        assert {each["what"] for each in found} >= {"database", "schema", "archive", "queue", "search index"}
        environment["DATABASE_URL"] = "postgresql://127.0.0.1:9/d"
        ill = subprocess.run(command[:-1], env=environment, capture_output=True, check=False)
        assert ill.returncode == 1
        assert ill.stdout.startswith(b"state\twhat\tfinding\nbad\tdatabase\t")
