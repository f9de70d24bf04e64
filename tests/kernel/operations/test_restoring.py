"""A restored installation is the one that was backed up, whichever server it came from."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.operations.world import EMAIL, FAR_AWAY, NOON, PASSWORD, Installation

from bandmate.app import create_app
from bandmate.kernel.archive import open_archive
from bandmate.kernel.audit import sealing
from bandmate.kernel.audit.verifying import verify as verify_trail
from bandmate.kernel.clock import system_clock
from bandmate.kernel.database.migrating import migrate, present_revision, wanted_revision
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.events import Event, StoredEvent, publish
from bandmate.kernel.events.subscriptions import Runner, Subscription, run_once
from bandmate.kernel.ids import EventId, derived_id
from bandmate.kernel.operations import restoring
from bandmate.kernel.operations.backup import back_up
from bandmate.kernel.operations.catalogue import our_schemas
from bandmate.kernel.operations.renumbering import AUDIT, EVENTS
from bandmate.kernel.operations.restoring import Restored
from bandmate.kernel.tasks import tasks
from bandmate.postings.indexing import rebuild_index


def restore(file: Path, into: Installation) -> Restored:
    """Restore a backup in this process."""
    archive = open_archive(into.settings.archive_place)
    return restoring.restore(file, into.database, archive, tell=lambda _: None)


def rows(installation: Installation) -> dict[str, list[str]]:
    """Return every row of ours as text, by table."""
    with installation.database.read() as tx:
        names = tx.execute(
            text("select schemaname || '.' || tablename from pg_tables where schemaname = any(:ours) order by 1"),
            {"ours": our_schemas()},
        ).scalars()
        return {
            name: sorted(tx.execute(text(f"select cast(t as text) from {name} as t")).scalars()) for name in names
        }


class TestWhole:
    def test_exports_are_byte_identical(
        self, installation: Installation, backup: Path, empty: Installation, tmp_path: Path
    ) -> None:
        """Jobs, events and board events of the restored are those of the original, byte for byte."""
        restore(backup, empty)
        before, after = installation.exports(tmp_path / "before"), empty.exports(tmp_path / "after")
        assert all(before[name] for name in ("jobs.ndjson", "events.ndjson"))
        assert after == before

    def test_every_row_is_there(self, installation: Installation, backup: Path, empty: Installation) -> None:
        """All tables hold the same rows, but for the numbers of the log and the jobs that ran."""
        restore(backup, empty)
        before, after = rows(installation), rows(empty)
        assert set(after) == set(before)
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= {"kernel.event", "kernel.audit_entry", "procrastinate.procrastinate_jobs"}
        assert {name: len(held) for name, held in after.items()} == {n: len(held) for n, held in before.items()}

    def test_the_archive_is_there(self, installation: Installation, backup: Path, empty: Installation) -> None:
        """Payloads and log are the same files."""
        restore(backup, empty)
        assert installation.files()
        assert empty.files() == installation.files()

    def test_it_works(self, backup: Path, empty: Installation) -> None:
        """One can sign in to the restored, search it, and look at a posting; it is at the newest schema."""
        restore(backup, empty)
        rebuild_index(empty.database, empty.settings)
        with TestClient(create_app(empty.settings, empty.database), follow_redirects=False) as client:
            assert client.get("/readyz").json()["status"] == "ready"
            found = client.get("/job-postings/v1/jobs/search", params={"q": "luthier"}).json()
            assert "Luthier \u266b" in str(found)
            page = client.get("/sign-in", headers={"Accept": "text/html"}).text
            token = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert token is not None
            form = {"email": EMAIL, "password": PASSWORD, "csrf_token": html.unescape(token[1])}
            assert client.post("/sign-in", data=form, headers={"Origin": "http://testserver"}).status_code == 303
            assert client.get("/boards").status_code == 200

    def test_new_rows_get_new_numbers(self, backup: Path, empty: Installation) -> None:
        """What is written after the restore clashes with nothing that was restored."""
        restore(backup, empty)
        old = {stored.cursor for stored in empty.log()}
        with empty.database.begin() as tx:
            publish(tx, [_event("after")])
            tasks.defer(tx, "tests.operations")
        newest = [stored for stored in empty.log() if stored.cursor not in old]
        assert [stored.event.subject for stored in newest] == ["after"]
        assert newest[0].cursor > max(old)

    def test_foreign_keys_and_triggers_are_back(
        self, installation: Installation, backup: Path, empty: Installation
    ) -> None:
        """Constraints and triggers of the restored are those of the original."""
        restore(backup, empty)
        constraints = text("""
            select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint
             where connamespace::regnamespace::text = any(:ours) order by 1, 2
        """)
        triggers = text("""
            select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2
        """)
        with installation.database.read() as one, empty.database.read() as other:
            for question in (constraints, triggers):
                ours = {"ours": our_schemas()} if question is constraints else {}
                assert other.execute(question, ours).all() == one.execute(question, ours).all()

    def test_jobs_that_ran_run_again(self, backup: Path, empty: Installation) -> None:
        """A job that was running waits; one that was done stays done."""
        assert restore(backup, empty).jobs_again == 1
        with empty.database.read() as tx:
            found = tx.execute(text("select id, status::text from procrastinate.procrastinate_jobs order by id"))
            assert [tuple(row) for row in found] == [(1, "todo"), (2, "todo"), (3, "succeeded")]


def _event(subject: str) -> Event:
    return Event(EventId(derived_id("tests", subject)), "tests.happened", 1, subject, NOON, {})


def _publish(installation: Installation, *subjects: str) -> None:
    for subject in subjects:
        with installation.database.begin() as tx:
            publish(tx, [_event(subject)])


class TestEventLog:
    def _far_away(self, installation: Installation) -> None:
        """Make the log one of a server that has seen far more transactions."""
        with installation.database.begin() as tx:
            for table in ("kernel.event", "kernel.subscription"):
                tx.execute(
                    text(f"update {table} set xid = cast(cast(xid as text)::bigint + {FAR_AWAY} as text)::xid8")
                )

    def test_a_subscription_goes_on_where_it_was(
        self, installation: Installation, empty: Installation, tmp_path: Path
    ) -> None:
        """From a server with higher numbers: what it heard does not come again, the rest does, in order."""
        heard: list[str] = []

        def hear(_: Tx, batch: Sequence[StoredEvent]) -> None:
            heard.extend(stored.event.subject for stored in batch)

        subscription = Subscription("tests.listener", frozenset({"tests.happened"}), hear, batch=2)
        # The first transaction commits last: its event has the lowest id and the highest position.
        with installation.database.begin() as late:
            late.execute(text("select pg_current_xact_id()"))
            _publish(installation, "1", "2", "3")
            publish(late, [_event("0")])
        assert run_once(installation.database, subscription, system_clock) == 2
        self._far_away(installation)
        file = tmp_path / "far.tar"
        back_up(installation.database, installation.settings, file, now=NOON, tell=lambda _: None)
        restore(file, empty)
        assert heard == ["0", "1"]
        Runner(empty.database, [subscription], system_clock).drain()
        _publish(empty, "4")
        Runner(empty.database, [subscription], system_clock).drain()
        assert heard == ["0", "1", "2", "3", "4"]

    def test_the_log_keeps_its_order(
        self, installation: Installation, empty: Installation, tmp_path: Path
    ) -> None:
        """Every event can be heard at once, in the order it was heard in before."""
        before = [stored.event.event_id for stored in installation.log()]
        self._far_away(installation)
        assert installation.log() == []
        file = tmp_path / "far.tar"
        back_up(installation.database, installation.settings, file, now=NOON, tell=lambda _: None)
        restore(file, empty)
        assert [stored.event.event_id for stored in empty.log()] == before

    def test_the_audit_trail_stays_whole(
        self, installation: Installation, empty: Installation, tmp_path: Path
    ) -> None:
        """Sealed and unsealed entries of another server verify after the restore, and sealing goes on."""
        with installation.database.begin() as tx:
            sealing.seal(tx, now=NOON, limit=1)
            tx.execute(text("alter table kernel.audit_entry disable trigger user"))
            tx.execute(
                text(
                    "update kernel.audit_entry "
                    f"set xid = cast(cast(xid as text)::bigint + {FAR_AWAY} as text)::xid8"
                )
            )
            tx.execute(text("alter table kernel.audit_entry enable trigger user"))
        file = tmp_path / "far.tar"
        back_up(installation.database, installation.settings, file, now=NOON, tell=lambda _: None)
        restore(file, empty)
        with empty.database.begin() as tx:
            sealing.seal(tx, now=NOON)
        with empty.database.read() as tx:
            verdict = verify_trail(tx)
        assert (verdict.broken, verdict.waiting) == (None, 0)
        assert verdict.entries > 0

    def test_every_log_is_known(self, installation: Installation) -> None:
        """No table numbers its rows by transaction but those that a restore carries over."""
        with installation.database.read() as tx:
            logs = set(
                tx.execute(
                    text("""
                select table_schema || '.' || table_name from information_schema.columns
                 where column_default = 'pg_current_xact_id()'
            """)
                ).scalars()
            )
        assert logs == {EVENTS, AUDIT}


class TestRefusals:
    def test_a_database_with_rows_is_left_alone(self, installation: Installation, backup: Path) -> None:
        """Nothing is ever overwritten; the sentence names a table and the way out."""
        before = rows(installation)
        with pytest.raises(Conflict, match=r"not empty: [\w.]+ holds rows"):
            restore(backup, installation)
        assert rows(installation) == before

    def test_a_migrated_empty_database_will_do(self, backup: Path, empty: Installation) -> None:
        """A database that some command has migrated meanwhile is still empty."""
        migrate(empty.database)
        restore(backup, empty)
        with empty.database.read() as tx:
            assert present_revision(tx) == wanted_revision()

    def test_another_installations_archive_is_left_alone(self, backup: Path, empty: Installation) -> None:
        """Its log would lose our runs, so the restore ends, and the database is as empty as before."""
        empty.settings.archive_folder.mkdir(parents=True)
        log = empty.settings.archive_folder / "runs.ndjson"
        log.write_bytes(b'{"another": "installation"}\n')
        with pytest.raises(Conflict, match="log of another installation"):
            restore(backup, empty)
        with empty.database.read() as tx:
            assert present_revision(tx) is None
        assert log.read_bytes() == b'{"another": "installation"}\n'

    def test_a_damaged_backup_touches_nothing(self, backup: Path, empty: Installation) -> None:
        """The whole file is checked first."""
        body = bytearray(backup.read_bytes())
        body[len(body) // 2] ^= 1
        backup.write_bytes(body)
        with pytest.raises(InvalidInput, match="damaged"):
            restore(backup, empty)
        with empty.database.read() as tx:
            assert present_revision(tx) is None
        assert not empty.settings.archive_folder.exists()


class TestKilled:
    def test_a_killed_restore_can_be_started_again(
        self, installation: Installation, backup: Path, empty: Installation, tmp_path: Path
    ) -> None:
        """Killed in the middle, the database is as empty as before; the next attempt succeeds."""
        code = (
            "import os, sys\nfrom bandmate.kernel.operations import restoring\n"
            "def die(*_): os.kill(os.getpid(), 9)\n"
            "restoring.renumber = die\nsys.argv = ['bandmate', 'restore', sys.argv[1]]\n"
            "from bandmate.main import main\nmain()"
        )
        environment = os.environ | {
            "BANDMATE_HOME": str(empty.settings.home),
            "DATABASE_URL": str(empty.settings.database_url),
        }
        killed = subprocess.run([sys.executable, "-c", code, str(backup)], env=environment, check=False)
        assert killed.returncode == -9
        assert empty.files(), "it was killed after the archive's files had come"
        deadline = time.monotonic() + 30
        while _is_connected(empty):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with empty.database.read() as tx:
            assert present_revision(tx) is None
        restore(backup, empty)
        assert empty.exports(tmp_path / "after") == installation.exports(tmp_path / "before")


def _is_connected(installation: Installation) -> bool:
    """Tell whether anybody else is connected: PostgreSQL notices a killed client when it next looks."""
    with installation.database.look() as connection:
        others = (
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        return bool(
            connection.execute(
                text(f"{others} and application_name = 'bandmate' and state <> 'idle'")
            ).scalar_one()
        )
