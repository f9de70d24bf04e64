"""Who is who: ids that are the same on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import derived_id

JobId = NewType("JobId", str)
"""Lower-case hex SHA-1 of ``provider|board|provider_job_key``."""

BoardId = NewType("BoardId", UUID)
OrgId = NewType("OrgId", UUID)


def job_id(provider: str, board: str, key: str) -> JobId:
    """Return a posting's id: ``sha1("provider|board|provider_job_key")`` in hex, 40 characters.

    SHA-1 is an identifier here, not a safeguard; the form is the one other feeds of the field use, so that records
    can be joined with theirs.
    """
    return JobId(hashlib.sha1(f"{provider}|{board}|{key}".encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True, slots=True, order=True)
class BoardName:
    """A board as people write it: ``provider:board``. The board's case is kept, providers are lower case."""

    provider: str
    board: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.board}"

    @property
    def board_id(self) -> BoardId:
        """The board's id; also its source id, because a board is the one source of its postings."""
        return BoardId(derived_id("postings.board", self.provider, self.board))

    @property
    def org_id(self) -> OrgId:
        """The organisation a board belongs to until an operator says otherwise.

        Two boards of one name at two providers may belong to two companies, so each starts with its own.
        """
        return OrgId(derived_id("postings.org", self.provider, self.board))

    @classmethod
    def parse(cls, written: str) -> BoardName:
        """Read ``provider:board``.

        Raises:
            InvalidInput: when a part is missing.
        """
        provider, colon, board = written.partition(":")
        if not colon or not provider or not board:
            raise InvalidInput(f"{written!r} names no board; write provider:board, for example lever:spotify.")
        return cls(provider.lower(), board)
