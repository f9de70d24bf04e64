"""The lines of the operators' page about what the program stands on: database, disk, backup, versions."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bandmate import __version__
from bandmate.kernel.database.migrating import present_revision
from bandmate.kernel.database.session import Tx
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.operations.acts import BACKUP_TAKEN
from bandmate.kernel.operations.database_checks import HELD_BACK
from bandmate.kernel.operations.machine_checks import DISK_BAD, DISK_WARN
from bandmate.kernel.operations.state import Installation, Level, Line, declare_lines
from bandmate.kernel.web.formats import number, relative

STALE_BACKUP = timedelta(days=8)
"""A weekly backup that was missed by a day."""

# Only a transaction that writes has an id, and only those hold readers of the log back.
_DATABASE = text("""
    select pg_database_size(current_database()) as bytes,
           (select count(*) from pg_stat_activity
             where backend_xid is not null and xact_start < clock_timestamp() - cast(:bound as interval)) as old,
           (select min(xact_start) from pg_stat_activity where backend_xid is not null) as oldest
""")
_SERVER = text("select current_setting('server_version')")
_LAST_BACKUP = text("select max(at) from kernel.audit_entry where action = :action")


def _database(tx: Tx, here: Installation) -> Iterator[Line]:
    row = tx.execute(_DATABASE, {"bound": HELD_BACK}).one()
    if row.old:
        told = _(
            "A transaction is open since {when}; nobody hears events written since. `bandmate doctor` names it."
        ).format(when=relative(row.oldest, here.now))
    else:
        told = _("It holds {size}; no old transaction holds anybody back.").format(size=_size(row.bytes))
    figures = {"size_bytes": row.bytes, "old_transactions": row.old}
    yield Line("database", _("Database"), Level.WARN if row.old else Level.GOOD, told, figures=figures)


def _disk(tx: Tx, here: Installation) -> Iterator[Line]:  # noqa: ARG001 - the signature of lines
    usage = shutil.disk_usage(_existing(here.settings.home))
    level = Level.BAD if usage.free < DISK_BAD else Level.WARN if usage.free < DISK_WARN else Level.GOOD
    told = _("{free} of {total} are free.").format(free=_size(usage.free), total=_size(usage.total))
    if level is not Level.GOOD:
        told = _("Only {free} of {total} are free; a full disk stops the program.").format(
            free=_size(usage.free), total=_size(usage.total)
        )
    yield Line("disk", _("Disk"), level, told, figures={"free_bytes": usage.free, "total_bytes": usage.total})


def _backup(tx: Tx, here: Installation) -> Iterator[Line]:
    last = tx.execute(_LAST_BACKUP, {"action": BACKUP_TAKEN}).scalar_one()
    stale = last is None or here.now - last > STALE_BACKUP
    if last is None:
        told = _("None is known here. “bandmate backup” takes one; backups made otherwise are not known here.")
    else:
        told = _("The last one was taken {when}.").format(when=relative(last, here.now))
    age = None if last is None else round((here.now - last).total_seconds())
    yield Line("backup", _("Backup"), Level.WARN if stale else Level.GOOD, told, figures={"age_seconds": age})


def _versions(tx: Tx, here: Installation) -> Iterator[Line]:
    server = str(tx.execute(_SERVER).scalar_one()).split()[0]
    revision = present_revision(tx)
    told = _("Bandmate {program}, schema {schema}, PostgreSQL {server}, Python {python}.").format(
        program=__version__, schema=revision, server=server, python=platform.python_version()
    )
    figures = {
        "bandmate": __version__,
        "schema": revision,
        "postgresql": server,
        "python": platform.python_version(),
        "public_url": here.settings.public_url,
    }
    yield Line("versions", _("Versions"), Level.GOOD, told, figures=figures)


def _existing(folder: Path) -> Path:
    """Return the nearest folder that is there: a home is made when something is first written."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def _size(size: int) -> str:
    """Write a size in the unit people think in, in powers of ten."""
    for unit, length in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size >= length:
            return _("{size} {unit}").format(size=number(size / length, 1), unit=unit)
    return _("{size} {unit}").format(size=number(size / 1000), unit="kB")


declare_lines("database", _database, title=later("Database"))
declare_lines("disk", _disk, title=later("Disk"))
declare_lines("backup", _backup, title=later("Backup"))
declare_lines("versions", _versions, title=later("Versions"))
