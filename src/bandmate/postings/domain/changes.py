"""What a posting means, and which of its meanings changed from one observation to the next.

Two hashes stand for two questions. ``source_hash``: are these the same bytes? ``content_hash``: is it the same
offer? Job boards touch dates and markup all day (over 90 % of the changed records of a large Greenhouse sample
differed in ``updated_at`` only), so change is judged on normalised meaning: the stated facts and the words of the
description, without dates of publication, markup, order of locations, spacing or typographic variants.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

Value = str | int | float | bool | list[str] | None
Meaning = Mapping[str, Value]
"""The stated facts of a posting by field name; ``description`` holds the plain text."""

DESCRIPTION = "description"

_TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, "\ufeff": None,
    }
)  # fmt: skip


def plain(text: str) -> str:
    """Fold away what a reader does not see: compatibility forms (NFKC), typographic quotes and dashes, spacing."""
    if text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHY)).split())


def _lines(text: str) -> list[str]:
    return [folded for line in text.splitlines() if (folded := plain(line))]


def _normalised(field: str, value: Value) -> Value:
    if isinstance(value, str):
        return "\n".join(_lines(value)) if field == DESCRIPTION else plain(value)
    if isinstance(value, list):
        return sorted(plain(item) for item in value)
    return value


def content_hash(meaning: Meaning) -> str:
    """Return the SHA-256, in hex, of the normalised meaning."""
    normal = {field: _normalised(field, value) for field, value in meaning.items()}
    return hashlib.sha256(orjson.dumps(normal, option=orjson.OPT_SORT_KEYS)).hexdigest()


def source_hash(native: Mapping[str, object]) -> str:
    """Return the SHA-256, in hex, of one posting's JSON, keys sorted, as the provider sent it."""
    return hashlib.sha256(orjson.dumps(native, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one posting that means something else now."""

    field: str
    old: Value
    new: Value


def changes(before: Meaning, after: Meaning) -> tuple[Change, ...]:
    """Return the fields whose normalised value differs, in the order of ``after``."""
    return tuple(
        Change(field, before.get(field), value)
        for field, value in after.items()
        if _normalised(field, before.get(field)) != _normalised(field, value)
    )


FOLD_POSTINGS = 5
FOLD_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class BoardChange:
    """One edit made to many postings of a board at once; of the description, ``old`` and ``new`` hold lines."""

    field: str
    old: Value
    new: Value
    keys: tuple[str, ...]
    """The postings it touched."""


def fold_board_changes(
    by_posting: Mapping[str, Sequence[Change]], *, listed: int
) -> tuple[dict[str, tuple[Change, ...]], tuple[BoardChange, ...]]:
    """Part the edits that a board made to many postings at once from each posting's own.

    An edit is the board's when the same change of a field, or the same lines taken out of or put into
    descriptions, appears in one run on at least 5 postings and on at least a quarter of those listed.

    Returns:
        The changes that remain each posting's own (postings without any are left out), and the board's.
    """
    enough = max(FOLD_POSTINGS, FOLD_SHARE * listed)
    if len(by_posting) < enough:
        return {key: tuple(own) for key, own in by_posting.items() if own}, ()
    shared_values = _shared_values(by_posting, enough)
    shared_lines = _shared_lines(by_posting, enough)
    own: dict[str, tuple[Change, ...]] = {}
    for key, posting_changes in by_posting.items():
        left = tuple(
            change
            for change in posting_changes
            if _signature(change) not in shared_values and not _made_of(change, shared_lines)
        )
        if left:
            own[key] = left
    return own, (*_value_folds(by_posting, shared_values), *_line_folds(by_posting, shared_lines))


def _signature(change: Change) -> tuple[str, str]:
    return change.field, orjson.dumps([change.old, change.new]).decode()


def _shared_values(by_posting: Mapping[str, Sequence[Change]], enough: float) -> set[tuple[str, str]]:
    seen = Counter(
        _signature(change) for own in by_posting.values() for change in own if change.field != DESCRIPTION
    )
    return {signature for signature, count in seen.items() if count >= enough}


def _line_changes(change: Change) -> tuple[frozenset[str], frozenset[str]]:
    """Return the lines taken out of a description and those put in."""
    old, new = Counter(_lines(str(change.old or ""))), Counter(_lines(str(change.new or "")))
    return frozenset(old - new), frozenset(new - old)


def _descriptions(by_posting: Mapping[str, Sequence[Change]]) -> dict[str, Change]:
    return {key: change for key, own in by_posting.items() for change in own if change.field == DESCRIPTION}


def _shared_lines(
    by_posting: Mapping[str, Sequence[Change]], enough: float
) -> tuple[frozenset[str], frozenset[str]]:
    gone, come = Counter[str](), Counter[str]()
    for change in _descriptions(by_posting).values():
        removed, added = _line_changes(change)
        gone.update(removed)
        come.update(added)
    return (
        frozenset(line for line, count in gone.items() if count >= enough),
        frozenset(line for line, count in come.items() if count >= enough),
    )


def _made_of(change: Change, shared: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Whether a description changed in nothing but the shared lines."""
    if change.field != DESCRIPTION or not (shared[0] or shared[1]):
        return False
    removed, added = _line_changes(change)
    return bool(removed or added) and removed <= shared[0] and added <= shared[1]


def _value_folds(
    by_posting: Mapping[str, Sequence[Change]], shared: Iterable[tuple[str, str]]
) -> tuple[BoardChange, ...]:
    folds = []
    for signature in sorted(shared):
        touched = [(key, c) for key, own in by_posting.items() for c in own if _signature(c) == signature]
        first = touched[0][1]
        folds.append(BoardChange(first.field, first.old, first.new, tuple(sorted(key for key, _ in touched))))
    return tuple(folds)


def _line_folds(
    by_posting: Mapping[str, Sequence[Change]], shared: tuple[frozenset[str], frozenset[str]]
) -> tuple[BoardChange, ...]:
    gone, come = shared
    if not gone and not come:
        return ()
    touched = []
    for key, change in _descriptions(by_posting).items():
        removed, added = _line_changes(change)
        if removed & gone or added & come:
            touched.append(key)
    return (BoardChange(DESCRIPTION, sorted(gone), sorted(come), tuple(sorted(touched))),)
