"""The ledger of erasures on its way past a restore: written to a file, and carried out again from it.

A backup holds whom it held when it was made. Whoever restores one writes the ledger down first and has it applied
afterwards; ``docs/privacy.md`` says how.
"""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.holdings.erasure import erase_again
from bandmate.kernel.ids import PersonId

_ALL = text("select person_id, erased_at from kernel.erasure order by erased_at, person_id")


def erasures_to_file(tx: Tx, path: Path) -> int:
    """Write the ledger to a file, one JSON object a line, whole or not at all; return how many lines."""
    rows = tx.execute(_ALL).all()
    lines = [
        orjson.dumps({"person_id": str(row.person_id), "erased_at": rfc3339(row.erased_at)}) + b"\n"
        for row in rows
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as draft:
        draft.writelines(lines)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(path)
    return len(lines)


def reapply(database: Database, path: Path, *, now: datetime) -> int:
    """Erase again everybody a file of ``erasures_to_file`` names, in one transaction.

    Returns how many of them the database knew. Doing it twice changes nothing.

    Raises:
        InvalidInput: when a line is no entry of a ledger; then nothing was erased.
    """
    persons = [
        _person(line, number) for number, line in enumerate(path.read_bytes().splitlines(), 1) if line.strip()
    ]
    if not persons:
        return 0
    with database.begin() as tx:
        return erase_again(tx, persons, now=now)


def _person(line: bytes, number: int) -> PersonId:
    try:
        return PersonId(UUID(orjson.loads(line)["person_id"]))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput(
            f"Line {number} names no erased person; nothing was erased. Give a file that "
            "`bandmate persons erasures --out FILE` or a backup wrote."
        ) from error
