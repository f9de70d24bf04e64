"""The raw archive of boards: every payload verbatim, every observation a line, in the field's own layout.

    raw/provider=<p>/board=<b>/date=<YYYY-MM-DD>/<observed-at, ":" and "." as "-">-<sha256>.json[.gz]
    runs.ndjson

An observation that saw an unchanged payload repeats the path of the earlier file. Board names are verbatim.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import orjson

from bandmate.kernel.archive import Archive, ArchivePlace, open_archive
from bandmate.kernel.clock import parse_rfc3339, rfc3339
from bandmate.kernel.errors import InvalidInput
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome

RUNS = "runs.ndjson"

LONGEST_NAME = 255
"""Bytes of one part of a path: what Linux, macOS and Windows file systems have in common."""

LARGEST_COUNT = 2**31 - 1
"""What the database's ``integer`` holds."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at one board, as it was recorded; ``sha256`` and ``path`` are None where no payload came."""

    board: BoardName
    observed_at: datetime
    outcome: Outcome
    http_status: int | None
    declared_total: int | None
    listed: int | None
    sha256: str | None
    path: str | None
    detail: str | None

    def as_line(self) -> bytes:
        """Write the observation as a line of ``runs.ndjson``, without the line end."""
        return orjson.dumps(
            {
                "provider": self.board.provider,
                "board": self.board.board,
                "observed_at": rfc3339(self.observed_at),
                "outcome": self.outcome.value,
                "http_status": self.http_status,
                "declared_total": self.declared_total,
                "listed": self.listed,
                "sha256": self.sha256,
                "path": self.path,
                "detail": self.detail,
            }
        )


def payload_path(board: BoardName, observed_at: datetime, sha256: str) -> str:
    """Return where a payload is archived; times are UTC with milliseconds."""
    instant = rfc3339(observed_at)
    stamp = instant.replace(":", "-").replace(".", "-")
    return f"raw/provider={board.provider}/board={board.board}/date={instant[:10]}/{stamp}-{sha256}.json.gz"


def record(archive: Archive, observation: Observation, payload: bytes | None) -> Observation:
    """Archive one observation, payload first; return it with the payload's hash and path.

    A payload that equals the one at ``observation.path`` (the board's last) is not stored again.
    """
    if payload is not None:
        sha256 = hashlib.sha256(payload).hexdigest()
        if observation.sha256 != sha256 or observation.path is None or not archive.has(observation.path):
            path = payload_path(observation.board, observation.observed_at, sha256)
            archive.write(path, payload)
            observation = replace(observation, sha256=sha256, path=path)
    archive.append_lines(RUNS, [observation.as_line()])
    return observation


def read_observations(root: ArchivePlace) -> list[Observation]:
    """Read the run log of an archive in time order; a line that stands there twice counts once.

    Raises:
        InvalidInput: when there is no archive, or a line cannot be read; the message names file and line.
    """
    archive = open_archive(root)
    if not archive.has_log(RUNS):
        raise InvalidInput(f"{root} is no raw archive: it has no {RUNS}. Name the folder that holds it.")
    seen: dict[tuple[BoardName, datetime], Observation] = {}
    for number, line in enumerate(archive.lines(RUNS), start=1):
        observation = _parse_line(line, f"{archive.name_of(RUNS)}, line {number}")
        seen.setdefault((observation.board, observation.observed_at), observation)
    return sorted(seen.values(), key=lambda o: o.observed_at)


def _parse_line(line: bytes, where: str) -> Observation:
    try:
        row: dict[str, Any] = orjson.loads(line)
        return Observation(
            board=BoardName(_word(row["provider"]), _word(row["board"])),
            observed_at=to_milliseconds(parse_rfc3339(row["observed_at"])),
            outcome=Outcome(row["outcome"]),
            http_status=_count(row.get("http_status")),
            declared_total=_count(row.get("declared_total")),
            listed=_count(row.get("listed")),
            sha256=_word_or_none(row.get("sha256")),
            path=_path(row.get("path")),
            detail=_detail(row.get("detail")),
        )
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{where}: no JSON ({error}). Remove or mend the line.") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"{where}: {error!r}. A line needs provider, board, observed_at (RFC 3339) and outcome "
            "(complete, partial or failed)."
        ) from error


def to_milliseconds(instant: datetime) -> datetime:
    """Cut an instant to what the archive's names and lines can hold, so that a replay sees the same times."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _word(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise TypeError(f"{value!r} is no name")
    return value


def _word_or_none(value: object) -> str | None:
    return None if value is None else _word(value)


def _path(value: object) -> str | None:
    """Take a payload's path only where it stays in the archive and a file system can hold it."""
    if value is None:
        return None
    parts = PurePosixPath(_word(value)).parts
    if not parts or parts[0] == "/" or ".." in parts or any(len(part.encode()) > LONGEST_NAME for part in parts):
        raise ValueError(f"{value!r} is no path inside the archive")
    return _word(value)


def _count(value: object) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value <= LARGEST_COUNT):
        raise TypeError(f"{value!r} is no number of postings or HTTP status")
    return value


def _detail(value: object) -> str | None:
    """Take a note as it is, without the NUL characters that PostgreSQL cannot hold."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value.replace("\0", "") if value else value


def by_board(observations: Iterable[Observation]) -> Iterator[tuple[BoardName, list[Observation]]]:
    """Group observations by board, each group in time order, boards in the order of their first observation."""
    groups: dict[BoardName, list[Observation]] = {}
    for observation in observations:
        groups.setdefault(observation.board, []).append(observation)
    yield from groups.items()
