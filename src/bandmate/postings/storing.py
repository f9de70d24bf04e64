"""Reading boards out of the database before a fold, and writing what the fold came to: a few statements a batch.

Rows travel as one JSON document a statement, which PostgreSQL spreads over the table's own columns
(``json_populate_recordset``): one round trip for any number of rows, and no second list of column types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import Event, publish
from bandmate.postings import events, tables
from bandmate.postings.domain.changes import DESCRIPTION, Meaning
from bandmate.postings.domain.identity import BoardId, BoardName, JobId
from bandmate.postings.domain.lifecycle import Presence, Verdict
from bandmate.postings.folding import BoardFold, Known, Reading, step_event_id

Row = dict[str, Any]

STATEMENT_BYTES = 16_000_000
"""Rows are sent in statements of about this size; PostgreSQL takes at most 1 GB in one value."""


def _insert(table: Table, *, key: str, update: bool) -> str:
    columns = [column.name for column in table.columns if column.computed is None]
    names = ", ".join(columns)
    action = "nothing"
    if update:
        action = "update set " + ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    return (
        f"insert into {table.fullname} ({names}) "  # noqa: S608 - names come from our own tables
        f"select {names} from json_populate_recordset(null::{table.fullname}, cast(:rows as json)) "
        f"on conflict ({key}) do {action}"
    )


_SAVE_JOBS = _insert(tables.job, key="job_id", update=True)
_SAVE_CONTENT = _insert(tables.content, key="job_id", update=True)
_ADD_EVENTS = _insert(tables.job_event, key="event_id", update=False)
_ADD_BOARD_EVENTS = _insert(tables.board_event, key="event_id", update=False)
_ADD_RUNS = _insert(tables.run, key="board_id, observed_at", update=False)

_TOUCH_JOBS = """
    update postings.job
       set last_seen_at = t.last_seen_at, last_checked_at = t.last_checked_at,
           last_changed_at = t.last_changed_at, inactive_at = t.inactive_at, absences = t.absences
      from json_to_recordset(cast(:rows as json)) as t(
           job_id text, last_seen_at timestamptz, last_checked_at timestamptz, last_changed_at timestamptz,
           inactive_at timestamptz, absences integer)
     where job.job_id = t.job_id
"""

_ADD_ORGS = """
    insert into postings.org (org_id, name)
    select org_id, name from json_to_recordset(cast(:rows as json)) as t(org_id uuid, name text)
    on conflict (org_id) do nothing
"""

_ADD_BOARDS = """
    insert into postings.board (board_id, org_id, provider, board)
    select board_id, org_id, provider, board
      from json_to_recordset(cast(:rows as json)) as t(board_id uuid, org_id uuid, provider text, board text)
    on conflict (board_id) do nothing
"""

_LOCK_BOARDS = """
    select b.board_id, b.org_id, b.unconfirmed_since, b.last_run_at, o.name as org_name, o.named_by
      from postings.board b join postings.org o using (org_id)
     where b.board_id = any(:ids)
     order by b.board_id
       for update of b
"""

_MOVE_BOARDS = """
    update postings.board
       set last_run_at = t.last_run_at,
           last_complete_at = coalesce(t.last_complete_at, board.last_complete_at),
           unconfirmed_since = t.unconfirmed_since, last_verdict = t.last_verdict, last_detail = t.last_detail
      from json_to_recordset(cast(:rows as json)) as t(
           board_id uuid, last_run_at timestamptz, last_complete_at timestamptz, unconfirmed_since timestamptz,
           last_verdict text, last_detail text)
     where board.board_id = t.board_id
"""

_NAME_ORGS = """
    update postings.org
       set name = t.name, named_by = 'provider'
      from json_to_recordset(cast(:rows as json)) as t(org_id uuid, name text)
     where org.org_id = t.org_id and org.named_by <> 'operator' and org.name <> t.name
"""


def _send(tx: Tx, statement: str, rows: Iterable[Row]) -> None:
    """Execute ``statement`` for all rows, in pieces of bounded size."""
    piece: list[bytes] = []
    size = 0
    for row in rows:
        written = orjson.dumps(row, default=str)
        if piece and size + len(written) > STATEMENT_BYTES:
            tx.execute(text(statement), {"rows": (b"[" + b",".join(piece) + b"]").decode()})
            piece, size = [], 0
        piece.append(written)
        size += len(written)
    if piece:
        tx.execute(text(statement), {"rows": (b"[" + b",".join(piece) + b"]").decode()})


def name_from_board(board: str) -> str:
    """Return a readable company name for a board token, until the provider or an operator names it."""
    words = board.replace("%20", " ").replace("-", " ").replace("_", " ").split()
    return " ".join(word if any(c.isupper() for c in word) else word.capitalize() for word in words) or board


def lock_boards(tx: Tx, boards: Sequence[BoardName]) -> dict[BoardId, Any]:
    """Make sure that the boards exist and lock their rows in id order, so that each is folded by one at a time."""
    ordered = sorted(boards, key=lambda board: board.board_id)
    _send(tx, _ADD_ORGS, ({"org_id": b.org_id, "name": name_from_board(b.board)} for b in ordered))
    _send(
        tx,
        _ADD_BOARDS,
        ({"board_id": b.board_id, "org_id": b.org_id, "provider": b.provider, "board": b.board} for b in ordered),
    )
    rows = tx.execute(text(_LOCK_BOARDS), {"ids": [board.board_id for board in ordered]})
    return {row.board_id: row for row in rows}


def known_runs(
    tx: Tx, boards: Sequence[BoardName], instants: Sequence[datetime] | None = None
) -> dict[BoardId, dict[datetime, Any]]:
    """Return the recorded runs of the boards by time of observation: those at ``instants``, or all."""
    found: dict[BoardId, dict[datetime, Any]] = {board.board_id: {} for board in boards}
    rows = tx.execute(
        text("""
            select board_id, observed_at, outcome, http_status, declared_total, listed, sha256, path, detail
              from postings.run
             where board_id = any(:ids)
               and (cast(:instants as timestamptz[]) is null or observed_at = any(:instants))
        """),
        {"ids": [board.board_id for board in boards], "instants": None if instants is None else list(instants)},
    )
    for row in rows:
        found[row.board_id][row.observed_at] = row
    return found


def load_jobs(tx: Tx, boards: Sequence[BoardId]) -> dict[BoardId, dict[str, Known]]:
    """Return what is known of every posting of the boards, by provider key."""
    found: dict[BoardId, dict[str, Known]] = {board_id: {} for board_id in boards}
    rows = tx.execute(
        text("""
            select board_id, job_id, provider_job_key, first_seen_at, last_seen_at, last_checked_at, inactive_at,
                   absences, source_hash, content_hash, derived_version, last_changed_at
              from postings.job where board_id = any(:ids)
        """),
        {"ids": list(boards)},
    )
    for row in rows:
        found[row.board_id][row.provider_job_key] = Known(
            job_id=row.job_id,
            key=row.provider_job_key,
            presence=Presence(
                row.first_seen_at, row.last_seen_at, row.last_checked_at, row.inactive_at, row.absences
            ),
            source_hash=row.source_hash,
            content_hash=row.content_hash,
            derived_version=row.derived_version,
            last_changed_at=row.last_changed_at,
        )
    return found


def load_meanings(tx: Tx, job_ids: Sequence[JobId]) -> Mapping[JobId, Meaning]:
    """Return the stored meaning of postings, the description's text included."""
    rows = tx.execute(
        text("select job_id, meaning, text from postings.content where job_id = any(:ids)"), {"ids": list(job_ids)}
    )
    return {row.job_id: {**row.meaning, DESCRIPTION: row.text} for row in rows}


def load_natives(tx: Tx, job_ids: Sequence[JobId]) -> Mapping[JobId, dict[str, Any]]:
    """Return the elements of payloads that postings were last read from."""
    rows = tx.execute(
        text("select job_id, native from postings.content where job_id = any(:ids)"), {"ids": list(job_ids)}
    )
    return {row.job_id: row.native for row in rows}


def forget_boards(tx: Tx, boards: Sequence[BoardId]) -> None:
    """Remove the records, history and runs of boards that are about to be folded again from their first run."""
    ids = {"ids": list(boards)}
    tx.execute(
        text(
            "delete from postings.content c using postings.job j "
            "where c.job_id = j.job_id and j.board_id = any(:ids)"
        ),
        ids,
    )
    for table in ("job_event", "board_event", "job", "run"):
        tx.execute(text(f"delete from postings.{table} where board_id = any(:ids)"), ids)  # noqa: S608 - our own names
    tx.execute(text("update postings.board set unconfirmed_since = null where board_id = any(:ids)"), ids)


def store(tx: Tx, folds: Sequence[BoardFold], orgs: Mapping[BoardId, Any], log: Sequence[Event] = ()) -> None:
    """Write what the folds came to and publish it, in the caller's transaction."""
    touched = [(fold, known) for fold in folds for known in fold.jobs.values() if known.touched]
    _send(
        tx, _NAME_ORGS, ({"org_id": orgs[f.board.board_id].org_id, "name": f.company} for f in folds if f.company)
    )
    _send(
        tx,
        _SAVE_JOBS,
        (_job_row(f.board, known, known.reading, orgs[f.board.board_id]) for f, known in touched if known.reading),
    )
    _send(tx, _SAVE_CONTENT, (_content_row(known, known.reading) for _, known in touched if known.reading))
    _send(tx, _TOUCH_JOBS, (_clocks(known) for _, known in touched if not known.reading))
    _send(tx, _ADD_EVENTS, (row for fold in folds for row in _history_rows(fold)))
    _send(tx, _ADD_BOARD_EVENTS, (row for fold in folds for row in _board_history_rows(fold)))
    _send(tx, _ADD_RUNS, (row for fold in folds for row in _run_rows(fold)))
    _send(tx, _MOVE_BOARDS, (_board_row(fold) for fold in folds if fold.runs))
    publish(tx, [*log, *(event for fold in folds for event in _log(fold))])


def _clocks(known: Known) -> Row:
    presence = known.presence
    return {
        "job_id": known.job_id,
        "first_seen_at": presence.first_seen_at,
        "last_seen_at": presence.last_seen_at,
        "last_checked_at": presence.last_checked_at,
        "last_changed_at": known.last_changed_at,
        "inactive_at": presence.inactive_at,
        "absences": presence.absences,
    }


def _job_row(board: BoardName, known: Known, reading: Reading, org: Any) -> Row:
    stated, derived = reading.stated, reading.derived
    return {
        **_clocks(known),
        **{name: getattr(derived, name) for name in type(derived).__dataclass_fields__},
        "board_id": board.board_id,
        "org_id": org.org_id,
        "provider": board.provider,
        "board": board.board,
        "provider_job_key": known.key,
        "title": stated.title,
        "company": org.org_name if org.named_by == "operator" else stated.company or org.org_name,
        "department": stated.department,
        "team": stated.team,
        "requisition_id": stated.requisition_id,
        "location_text": stated.location_text,
        "workplace_type": stated.workplace_type,
        "source_url": stated.source_url,
        "apply_url": stated.apply_url,
        "source_posted_at": stated.posted_at,
        "source_updated_at": stated.updated_at,
        "valid_through": stated.valid_through,
        "content_hash": known.content_hash,
        "source_hash": known.source_hash,
        "derived_version": known.derived_version,
    }


def _content_row(known: Known, reading: Reading) -> Row:
    meaning = {name: value for name, value in (known.meaning or {}).items() if name != DESCRIPTION}
    return {"job_id": known.job_id, "text": reading.text, "native": reading.native, "meaning": meaning}


def _history_rows(fold: BoardFold) -> Iterable[Row]:
    for step in fold.history:
        row: Row = {
            "event_id": step_event_id(step),
            "job_id": step.job_id,
            "board_id": fold.board.board_id,
            "type": step.kind,
            "observed_at": step.at,
            "source_hash": step.source_hash,
            "last_seen_at": step.last_seen_at,
        }
        if step.change is not None:
            row |= {
                "field_name": step.change.field,
                "old_value": step.change.old,
                "new_value": step.change.new,
            }
        yield row


def _board_history_rows(fold: BoardFold) -> Iterable[Row]:
    board_id = fold.board.board_id
    for number, step in enumerate(fold.board_history):
        field = step.change.field
        yield {
            "event_id": events.board_event(
                events.BOARD_UPDATED, fold.board, step.at, field=field, number=number
            ).event_id,
            "board_id": board_id,
            "type": "updated",
            "observed_at": step.at,
            "field_name": field,
            "old_value": step.change.old,
            "new_value": step.change.new,
            "job_ids": step.job_ids,
        }


def _run_rows(fold: BoardFold) -> Iterable[Row]:
    for run in fold.runs:
        seen = run.observation
        yield {
            "board_id": fold.board.board_id,
            "observed_at": seen.observed_at,
            "outcome": seen.outcome,
            "verdict": run.verdict,
            "http_status": seen.http_status,
            "declared_total": seen.declared_total,
            "listed": seen.listed,
            "sha256": seen.sha256,
            "path": seen.path,
            "detail": run.detail,
            "faults": [{"pointer": f.pointer, "what": f.what, "key": f.key, "fatal": f.fatal} for f in run.faults],
            **run.counts,
        }


def _board_row(fold: BoardFold) -> Row:
    last = fold.runs[-1]
    complete = [r.observation.observed_at for r in fold.runs if r.verdict is Verdict.COMPLETE]
    return {
        "board_id": fold.board.board_id,
        "last_run_at": last.observation.observed_at,
        "last_complete_at": complete[-1] if complete else None,
        "unconfirmed_since": fold.unconfirmed_since,
        "last_verdict": last.verdict,
        "last_detail": last.detail,
    }


def _log(fold: BoardFold) -> Iterable[Event]:
    board = fold.board
    for step in fold.history:
        field = step.change.field if step.change else None
        yield events.job_event(step_event_id(step), step.kind, step.job_id, board, step.at, field)
    for number, board_step in enumerate(fold.board_history):
        yield events.board_event(
            events.BOARD_UPDATED,
            board,
            board_step.at,
            job_ids=board_step.job_ids,
            field=board_step.change.field,
            number=number,
        )
    for at, job_ids in fold.refreshed.items():
        yield events.board_event(events.BOARD_REFRESHED, board, at, job_ids=job_ids)
