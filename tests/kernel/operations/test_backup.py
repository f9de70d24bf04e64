"""A backup is one file, whole or not there, that proves itself and gives no secret of the settings away."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text
from tests.kernel.operations.world import NOON, Installation

from bandmate.kernel.archive import StoredFile
from bandmate.kernel.archive.folder import FolderArchive
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import Conflict, InvalidInput, SchemaTooNew
from bandmate.kernel.operations import backup as backing_up
from bandmate.kernel.operations import backup_file
from bandmate.kernel.operations.backup import back_up, shown_settings
from bandmate.kernel.operations.backup_file import HEADER, MANIFEST, verify
from bandmate.kernel.operations.catalogue import our_schemas
from bandmate.kernel.operations.restoring import refuse_newer


def take(installation: Installation, file: Path) -> None:
    """Take a backup."""
    back_up(installation.database, installation.settings, file, now=NOON, tell=lambda _: None)


def members(file: Path) -> dict[str, bytes]:
    """Return what a tar holds."""
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def rewrite(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write a backup again with other members."""
    held = members(file)
    change(held)
    with tarfile.open(file, "w:", format=tarfile.PAX_FORMAT) as tar:
        for name, body in held.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))


class TestFile:
    def test_it_holds_every_table(self, installation: Installation, backup: Path) -> None:
        """The manifest names every table outside PostgreSQL's own schemas and Alembic's, with its rows."""
        with installation.database.read() as tx:
            tables = tx.execute(
                text("""
                select schemaname || '.' || tablename from pg_tables
                 where schemaname not in ('pg_catalog', 'information_schema') and tablename <> 'alembic_version'
            """)
            ).scalars()
            counts = {name: tx.execute(text(f"select count(*) from {name}")).scalar_one() for name in tables}
        assert {table.name: table.rows for table in verify(backup).tables} == counts
        assert {name.partition(".")[0] for name in counts} == set(our_schemas())

    def test_only_its_owner_may_read_it(self, backup: Path) -> None:
        """It holds everything, so nobody else may."""
        assert backup.stat().st_mode & 0o777 == 0o600

    def test_a_backup_is_never_overwritten(self, installation: Installation, backup: Path) -> None:
        """A second one needs another name."""
        before = backup.read_bytes()
        with pytest.raises(Conflict, match="never overwritten"):
            take(installation, backup)
        assert backup.read_bytes() == before

    def test_a_big_table_comes_in_pieces(
        self, installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Pieces are bounded, so that memory is, and together they are the table."""
        monkeypatch.setattr(backup_file, "PIECE_BYTES", 100)
        file = tmp_path / "pieces.tar"
        take(installation, file)
        pieces = [name for name in members(file) if name.startswith("tables/kernel.event/")]
        assert len(pieces) > 1
        verify(file)

    def test_a_log_is_taken_to_its_last_whole_line(self, installation: Installation, tmp_path: Path) -> None:
        """A line that is just being written is left for the next backup."""
        log = installation.settings.archive_folder / "runs.ndjson"
        whole = log.read_bytes()
        log.write_bytes(whole + b'{"provider": "lev')
        file = tmp_path / "torn.tar"
        take(installation, file)
        assert members(file)["archive/runs.ndjson"] == whole
        verify(file)

    def test_no_secret_of_the_settings_is_in_it(self) -> None:
        """Passwords, keys and addresses that carry them are left out, whatever the setting is called."""
        settings = Settings(
            database_url="postgresql://u:hush@h/d",
            smtp_url="smtp://u:hush@h:25",
            archive="s3://band/boards",
            archive_endpoint="http://u:hush@store:9000",
            provider_urls={"lever": "http://u:hush@h"},
            outbound_contact="https://u:hush@h",
        )
        shown = shown_settings(settings)
        assert "hush" not in orjson.dumps(shown).decode()
        assert (shown["archive"], shown["session_days"]) == ("s3://band/boards", 14)


class TestNotWhole:
    def test_one_flipped_bit_is_found(self, backup: Path) -> None:
        """Wherever in the content a bit flips, verifying says that the file is damaged."""
        whole = backup.read_bytes()
        with tarfile.open(backup) as tar:
            places = [member.offset_data + member.size // 2 for member in tar if member.size]
        for place in places:
            body = bytearray(whole)
            body[place] ^= 4
            backup.write_bytes(body)
            with pytest.raises(InvalidInput):
                verify(backup)
        backup.write_bytes(whole)
        verify(backup)

    def test_a_cut_off_file_is_found(self, backup: Path) -> None:
        """Cut anywhere before its seal, it is refused."""
        whole = backup.read_bytes()
        with tarfile.open(backup) as tar:
            end = max(member.offset_data + member.size for member in tar)
        for cut in [0, 100, 512, 5000, *range(10_000, end, end // 40), end - 1]:
            backup.write_bytes(whole[:cut])
            with pytest.raises(InvalidInput):
                verify(backup)

    def test_a_missing_member_is_found(self, backup: Path) -> None:
        """A table, a payload or the seal that was taken out is missed."""
        whole = backup.read_bytes()
        names = list(members(backup))
        for name in (names[1], next(n for n in names if n.startswith("archive/raw")), names[-1], names[0]):
            rewrite(backup, lambda held, name=name: held.pop(name) and None)  # type: ignore[misc]
            with pytest.raises(InvalidInput):
                verify(backup)
            backup.write_bytes(whole)

    @pytest.mark.parametrize("body", [b"", b"no tar", b"\0" * 20_000])
    def test_another_file_is_refused(self, tmp_path: Path, body: bytes) -> None:
        """What is no backup is called so."""
        other = tmp_path / "other.tar"
        other.write_bytes(body)
        with pytest.raises(InvalidInput, match="no backup"):
            verify(other)

    def test_a_newer_format_is_refused(self, backup: Path) -> None:
        """A format of the future is named with the version that wrote it."""
        newer = orjson.dumps({"format": 2, "program": "9.1", "shape": "sphere"})
        rewrite(backup, lambda held: held.update({HEADER: newer}))
        with pytest.raises(InvalidInput, match=r"Bandmate 9\.1 in format 2"):
            verify(backup)

    def test_a_newer_schema_is_refused(self, backup: Path) -> None:
        """A schema that this program does not know is named with the version that does."""
        header = orjson.dumps({"format": 1, "program": "9.1", "revision": "0999_far", "taken_at": "2030-01-01"})
        rewrite(backup, lambda held: held.update({HEADER: header}))
        with pytest.raises(SchemaTooNew, match=r"Bandmate 9\.1 with schema 0999_far"):
            verify(backup, refuse_newer)

    def test_a_full_disk_leaves_nothing(
        self, installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When it cannot be written, neither the file nor a draft of it remains."""

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(backup_file.BackupWriter, "finish", full)
        folder = tmp_path / "full"
        folder.mkdir()
        with pytest.raises(OSError, match="No space"):
            take(installation, folder / "backup.tar")
        assert list(folder.iterdir()) == []

    def test_a_killed_backup_has_no_name(self, installation: Installation, tmp_path: Path) -> None:
        """Killed in the middle, there is no file of that name, and the next attempt succeeds."""
        code = (
            "import sys, time\nfrom bandmate.kernel.operations import backup\n"
            "def wait(*_): print('half', flush=True); time.sleep(60)\n"
            "backup._copy_archive = wait\nsys.argv = ['bandmate', 'backup', sys.argv[1]]\n"
            "from bandmate.main import main\nmain()"
        )
        file = tmp_path / "killed.tar"
        environment = os.environ | {
            "BANDMATE_HOME": str(installation.settings.home),
            "DATABASE_URL": str(installation.settings.database_url),
        }
        with subprocess.Popen(
            [sys.executable, "-c", code, str(file)], env=environment, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"half\n"
            process.send_signal(signal.SIGKILL)
        assert not file.exists()
        take(installation, file)
        verify(file)


class TestWhileOthersWork:
    def test_it_is_one_snapshot(
        self, installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is committed while the tables are copied is in none of them."""
        copy = backing_up._copy_table
        done: list[bool] = []

        def copy_and_write(*arguments: object) -> object:
            result = copy(*arguments)  # type: ignore[arg-type]
            if not done:
                done.append(True)
                with installation.database.begin() as tx:
                    tx.execute(text("delete from postings.job_event"))
            return result

        monkeypatch.setattr(backing_up, "_copy_table", copy_and_write)
        file = tmp_path / "snapshot.tar"
        take(installation, file)
        rows = {table.name: table.rows for table in verify(file).tables}
        assert rows["postings.job_event"] > 0

    def test_logs_are_read_before_payloads(
        self, installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A payload archived while the files are copied: its line is in the backup only if it is there too."""
        files = FolderArchive.files

        def files_and_a_writer(archive: FolderArchive) -> object:
            for number, file in enumerate(files(archive)):
                yield file
                if number == 0:
                    archive.write("raw/late.json", b"{}")
                    archive.append_lines("runs.ndjson", [b'{"path": "raw/late.json"}'])

        monkeypatch.setattr(FolderArchive, "files", files_and_a_writer)
        file = tmp_path / "busy.tar"
        take(installation, file)
        held = members(file)
        assert b"late.json" not in held["archive/runs.ndjson"]
        assert orjson.loads(held[MANIFEST])["archive"]["is_held"]
        assert isinstance(next(files(FolderArchive(installation.settings.archive_folder))), StoredFile)


class TestRemoteArchive:
    def test_only_its_list_is_held(
        self, installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Payloads in a store of their own stay there; the backup says which there were."""
        folder = FolderArchive(installation.settings.archive_folder)
        monkeypatch.setattr(backing_up, "open_archive", lambda _: folder)
        settings = installation.settings.model_copy(update={"archive": "s3://band/boards"})
        file = tmp_path / "listed.tar"
        back_up(installation.database, settings, file, now=NOON, tell=lambda _: None)
        manifest = verify(file)
        assert (manifest.archive.is_held, manifest.archive.files) == (False, len(list(folder.files())))
        assert not [name for name in members(file) if name.startswith("archive/")]
