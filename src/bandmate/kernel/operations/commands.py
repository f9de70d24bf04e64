"""The commands of whoever keeps an installation alive."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from bandmate.kernel.archive import open_archive
from bandmate.kernel.audit import note
from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import FAILED, command_database, notices, print_table
from bandmate.kernel.config import Settings, settings
from bandmate.kernel.database.opening import open_as_it_is
from bandmate.kernel.database.session import Database
from bandmate.kernel.operations.acts import BACKUP_TAKEN
from bandmate.kernel.operations.backup import back_up
from bandmate.kernel.operations.backup_file import Manifest, verify
from bandmate.kernel.operations.doctor import Check, Finding, State, examine
from bandmate.kernel.operations.restoring import refuse_newer, restore

AfterRestore = Callable[[Database, Settings], object]
"""Builds anew what is derived from the database."""


def add_to(app: typer.Typer, *, checks: Sequence[Check], after_restore: AfterRestore) -> None:
    """Add the commands to the program's.

    Args:
        app: the program.
        checks: what the doctor is to look at, in order.
        after_restore: called once a backup was restored.
    """
    app.command("backup")(backup_command)

    @app.command("restore")
    def restore_command(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    ) -> None:
        """Restore a backup into an empty database, and bring it to the schema of this program."""
        _restore(file, settings(), after_restore)

    @app.command("doctor")
    def doctor_command(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    ) -> None:
        """Look at everything that can be wrong with an installation, and say how to mend it."""
        findings = examine(settings(), checks, system_clock)
        _show(findings, as_json=as_json)
        if any(finding.state is State.BAD for finding in findings):
            raise typer.Exit(FAILED)


def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; by custom it ends in .tar.")],
    check_only: Annotated[
        bool, typer.Option("--verify", help="Write nothing: check the backup that is there.")
    ] = False,
) -> None:
    """Write all data and the archive into one file, or check such a file."""
    if check_only:
        notices.print(f"The backup is whole: {_told(verify(file, refuse_newer))}.")
        return
    with command_database() as database, notices.status("") as status:
        now = system_clock()
        manifest = back_up(database, settings(), file, now=now, tell=status.update)
        with database.begin() as tx:
            note(tx, by="command line", action=BACKUP_TAKEN, subject="installation", at=now)
    notices.print(f"{file}: {_told(manifest)}.")
    if not manifest.archive.is_held:
        notices.print(f"The archive stays in {manifest.archive.place}; its list is in the backup.")


def _restore(file: Path, chosen: Settings, after_restore: AfterRestore) -> None:
    with open_as_it_is(chosen) as database, notices.status("") as status:
        restored = restore(file, database, open_archive(chosen.archive_place), tell=status.update)
        status.update("building the search index")
        after_restore(database, chosen)
    manifest = restored.manifest
    notices.print(f"Restored: {_told(manifest)}.")
    if restored.jobs_again:
        notices.print(f"{restored.jobs_again} background jobs were running then and will run again.")
    if not manifest.archive.is_held:
        notices.print(f"The archive was in {manifest.archive.place} and is not part of the backup.")
    notices.print(
        f"Persons erased after {manifest.header.taken_at} are back: `bandmate persons reapply-erasures` erases "
        "them again."
    )


def _show(findings: Sequence[Finding], *, as_json: bool) -> None:
    if not as_json:
        print_table(("state", "what", "finding"), [_row(finding) for finding in findings])
        return
    for finding in findings:
        sys.stdout.buffer.write(orjson.dumps(finding, option=orjson.OPT_APPEND_NEWLINE))


def _told(manifest: Manifest) -> str:
    rows = sum(table.rows for table in manifest.tables)
    files = f", {manifest.archive.files:,} files of the archive" if manifest.archive.is_held else ""
    return (
        f"{rows:,} rows in {len(manifest.tables)} tables{files}, taken at {manifest.header.taken_at} "
        f"by Bandmate {manifest.header.program} with schema {manifest.header.revision}"
    )


def _row(finding: Finding) -> tuple[str, ...]:
    return finding.state.value, finding.what, " ".join(part for part in (finding.detail, finding.remedy) if part)
