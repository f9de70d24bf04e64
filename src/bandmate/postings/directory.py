"""Who is who for pages: the names behind ids, and the companies in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidCursor, NotFound
from bandmate.kernel.web.pagination import Page, decode_cursor, encode_cursor
from bandmate.postings.domain.identity import BoardName


def org_names(tx: Tx, org_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the names of these companies; ids that nobody has are left out."""
    if not org_ids:
        return {}
    rows = tx.execute(
        text("select org_id, name from postings.org where org_id = any(:ids)"), {"ids": list(org_ids)}
    )
    return {row.org_id: row.name for row in rows}


def board_names(tx: Tx, board_ids: Sequence[UUID]) -> Mapping[UUID, BoardName]:
    """Return the names of these boards; ids that none has are left out."""
    if not board_ids:
        return {}
    rows = tx.execute(
        text("select board_id, provider, board from postings.board where board_id = any(:ids)"),
        {"ids": list(board_ids)},
    )
    return {row.board_id: BoardName(row.provider, row.board) for row in rows}


def board_named(tx: Tx, board_id: UUID) -> BoardName:
    """Return the name of a board.

    Raises:
        NotFound: when there is no such board.
    """
    found = board_names(tx, [board_id]).get(board_id)
    if found is None:
        raise NotFound(f"There is no board {board_id}.")
    return found


def concept_labels(tx: Tx, uris: Sequence[str]) -> Mapping[str, str]:
    """Return what these skills and occupations are called; those that no posting ever spoke of are left out."""
    if not uris:
        return {}
    rows = tx.execute(text("select uri, label from postings.concept where uri = any(:uris)"), {"uris": list(uris)})
    return {row.uri: row.label for row in rows}


@dataclass(frozen=True, slots=True)
class OrgRow:
    """A company in the list of all."""

    org_id: UUID
    name: str
    open_jobs: int
    known_jobs: int
    boards: int
    newest_at: datetime | None
    """When the newest of its open postings was published, else first seen; UTC."""


_ORGS = """
    with counted as (
        select o.org_id, o.name, count(j.job_id) as known_jobs,
               count(j.job_id) filter (where j.active) as open_jobs,
               max(j.posted_at) filter (where j.active) as newest_at
          from postings.org o left join postings.job j using (org_id)
         where o.name ilike :pattern escape '\\'
         group by o.org_id)
    select counted.*, (select count(*) from postings.board b where b.org_id = counted.org_id) as boards
      from counted
     where cast(:after as bigint) is null or (-open_jobs, name, org_id) > (-:after, :name, cast(:id as uuid))
     order by -open_jobs, name, org_id limit :limit
"""


def org_page(tx: Tx, *, name: str = "", limit: int = 50, cursor: str | None = None) -> Page[OrgRow]:
    """Return companies whose name contains ``name``, most open postings first.

    Raises:
        InvalidCursor: when the cursor belongs to another name or cannot be read.
    """
    fingerprint = f"companies {name}"
    after, last_name, last_id = _position(cursor, fingerprint)
    pattern = f"%{_literal(name)}%"
    rows = tx.execute(
        text(_ORGS), {"pattern": pattern, "after": after, "name": last_name, "id": last_id, "limit": limit + 1}
    ).all()
    total = tx.execute(
        text("select count(*) from postings.org where name ilike :pattern escape '\\'"), {"pattern": pattern}
    ).scalar_one()
    found = tuple(
        OrgRow(row.org_id, row.name, row.open_jobs, row.known_jobs, row.boards, row.newest_at)
        for row in rows[:limit]
    )
    following = None
    if len(rows) > limit:
        following = encode_cursor(fingerprint, [found[-1].open_jobs, found[-1].name, str(found[-1].org_id)])
    return Page(found, following, total)


def _position(cursor: str | None, fingerprint: str) -> tuple[int | None, str, str | None]:
    if cursor is None:
        return None, "", None
    match decode_cursor(cursor, fingerprint):
        case [int() as open_jobs, str() as name, str() as org_id]:
            return open_jobs, name, org_id
    raise InvalidCursor("This cursor leads nowhere in this list. Leave it out to start again.")


def _literal(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")
