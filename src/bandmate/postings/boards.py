"""Following boards: which ones are crawled, how often, and for whose company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.events import publish
from bandmate.postings.domain.identity import BoardId, BoardName
from bandmate.postings.events import BOARD_REBUILT, board_event
from bandmate.postings.providers import provider
from bandmate.postings.storing import lock_boards

SHORTEST = timedelta(minutes=15)
"""More often is no use to anyone and a burden on the board."""

_DURATION = re.compile(r"(\d{1,6})\s*(m|min|h|d)", re.IGNORECASE)
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class BoardState:
    """A board as operators see it; instants are UTC."""

    board_id: BoardId
    name: BoardName
    company: str
    followed: bool
    every_minutes: int | None
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_complete_at: datetime | None
    unconfirmed_since: datetime | None
    last_verdict: str | None
    last_detail: str | None
    etag: str | None
    last_modified: str | None
    open_jobs: int
    known_jobs: int
    runs: int


def parse_board(written: str) -> BoardName:
    """Read ``provider:board`` and check it with its provider.

    Raises:
        InvalidInput: for an unknown provider or an impossible board token; the message says how to mend it.
    """
    name = BoardName.parse(written)
    provider(name.provider).check_board(name.board)
    return name


def parse_every(written: str) -> timedelta:
    """Read a duration such as ``90m``, ``6h`` or ``1d``.

    Raises:
        InvalidInput: for anything else, or for less than a quarter of an hour.
    """
    match = _DURATION.fullmatch(written.strip())
    if match is None:
        raise InvalidInput(f"{written!r} is no duration; write it as 90m, 6h or 1d.")
    every = timedelta(**{_UNITS[match[2].lower()]: int(match[1])})
    if every < SHORTEST:
        raise InvalidInput(f"{written} is too often; a board is asked at most every 15m.")
    return every


def follow(tx: Tx, board: BoardName, *, every: timedelta, company: str | None, now: datetime) -> None:
    """Crawl a board on a schedule from now on; following it again changes the schedule and the company's name."""
    lock_boards(tx, [board])
    tx.execute(
        text("""
            update postings.board
               set followed = true, every_minutes = :every, next_run_at = :now
             where board_id = :board_id
        """),
        {"every": int(every.total_seconds() // 60), "now": now, "board_id": board.board_id},
    )
    if company is not None:
        name_company(tx, board, company, now=now)


def name_company(tx: Tx, board: BoardName, company: str, *, now: datetime) -> None:
    """Put a board under the company of that name; one that an operator named before is shared by its boards.

    Raises:
        InvalidInput: when the name is empty.
    """
    name = " ".join(company.split())
    if not name:
        raise InvalidInput("The company's name is empty; leave --company out or give a name.")
    org_id = tx.execute(
        text("select org_id from postings.org where lower(name) = lower(:name) and named_by = 'operator'"),
        {"name": name},
    ).scalar_one_or_none()
    if org_id is None:
        org_id = board.org_id
        tx.execute(
            text("update postings.org set name = :name, named_by = 'operator' where org_id = :org_id"),
            {"name": name, "org_id": org_id},
        )
    values = {"org_id": org_id, "board_id": board.board_id, "name": name}
    tx.execute(text("update postings.board set org_id = :org_id where board_id = :board_id"), values)
    tx.execute(
        text("update postings.job set org_id = :org_id, company = :name where board_id = :board_id"), values
    )
    publish(tx, [board_event(BOARD_REBUILT, board, now)])


def unfollow(tx: Tx, board: BoardName) -> None:
    """Stop crawling a board; its records and their history stay.

    Raises:
        NotFound: when it is not followed.
    """
    changed = tx.execute(
        text("""
            update postings.board set followed = false, next_run_at = null
             where board_id = :board_id and followed
        """),
        {"board_id": board.board_id},
    ).rowcount
    if changed == 0:
        raise NotFound(f"{board} is not followed; `bandmate boards list` shows those that are.")


def due_boards(tx: Tx, now: datetime, *, limit: int) -> list[BoardName]:
    """Return followed boards whose time has come, the longest waiting first, and put off their next time.

    Two callers at once get different boards.
    """
    rows = tx.execute(
        text("""
            update postings.board
               set next_run_at = :now + make_interval(mins => every_minutes)
             where board_id in (
                   select board_id from postings.board
                    where followed and next_run_at <= :now
                    order by next_run_at limit :limit for update skip locked)
            returning provider, board
        """),
        {"now": now, "limit": limit},
    )
    return [BoardName(row.provider, row.board) for row in rows]


def remember_validators(tx: Tx, board: BoardName, etag: str | None, last_modified: str | None) -> None:
    """Keep what the board's last complete answer gave for asking whether it changed."""
    tx.execute(
        text("update postings.board set etag = :etag, last_modified = :modified where board_id = :board_id"),
        {"etag": etag, "modified": last_modified, "board_id": board.board_id},
    )


def forget_validators(tx: Tx, boards: Sequence[BoardName]) -> None:
    """Forget them: the newest payload may now be another than the one that "unchanged" would speak of."""
    tx.execute(
        text("update postings.board set etag = null, last_modified = null where board_id = any(:ids)"),
        {"ids": [board.board_id for board in boards]},
    )


_STATES = """
    select b.*, o.name as company,
           (select count(*) from postings.job j where j.board_id = b.board_id and j.active) as open_jobs,
           (select count(*) from postings.job j where j.board_id = b.board_id) as known_jobs,
           (select count(*) from postings.run r where r.board_id = b.board_id) as runs
      from postings.board b join postings.org o using (org_id)
     where (cast(:ids as uuid[]) is null or b.board_id = any(:ids))
       and (not :followed or b.followed)
     order by lower(o.name), b.provider, b.board
"""


def board_states(
    tx: Tx, *, boards: Sequence[BoardName] | None = None, followed_only: bool = False
) -> list[BoardState]:
    """Return boards as operators see them, by company."""
    ids = None if boards is None else [board.board_id for board in boards]
    rows = tx.execute(text(_STATES), {"ids": ids, "followed": followed_only})
    return [
        BoardState(
            board_id=row.board_id,
            name=BoardName(row.provider, row.board),
            company=row.company,
            followed=row.followed,
            every_minutes=row.every_minutes,
            next_run_at=row.next_run_at,
            last_run_at=row.last_run_at,
            last_complete_at=row.last_complete_at,
            unconfirmed_since=row.unconfirmed_since,
            last_verdict=row.last_verdict,
            last_detail=row.last_detail,
            etag=row.etag,
            last_modified=row.last_modified,
            open_jobs=row.open_jobs,
            known_jobs=row.known_jobs,
            runs=row.runs,
        )
        for row in rows
    ]
