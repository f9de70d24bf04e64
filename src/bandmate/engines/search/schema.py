"""What an index knows about its documents."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FORMAT: Final = 1
"""Version of everything this engine itself decides about a folder (words, built-in fields): raised with each
change to them, so that older folders are rebuilt and never misread."""

INT64: Final = range(-(2**63), 2**63)
"""What fits an integer field."""

NAME: Final = re.compile(r"[a-z][a-z0-9_]*\Z")


class Kind(StrEnum):
    """How a field is read."""

    TEXT = "text"
    """Prose: taken apart into words, found by ``Query.text``; not kept, not sortable."""
    KEYWORD = "keyword"
    """An exact string, case and accents as given: filters, facets, sorting (by code point)."""
    INTEGER = "integer"
    """A whole number of 64 bits with sign: filters, ranges, sorting. An instant is given as epoch milliseconds."""
    NUMBER = "number"
    """A floating-point number of 64 bits, finite: filters, ranges, sorting."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a schema.

    Attributes:
        name: lower-case letters, digits and underscores, a letter first.
        kind: how it is read.
        boost: text only. Every text counts once; a field with a boost other than 1 counts that much more when
            the word stands there, and only such a field can be asked alone (``Contains``).
        multi: a document may have several values; such a field cannot be sorted by.
    """

    name: str
    kind: Kind
    boost: float = 1.0
    multi: bool = False

    def __post_init__(self) -> None:
        if not NAME.match(self.name):
            raise ValueError(f"{self.name!r} is no field name: use a-z, 0-9 and _, a letter first.")
        if self.boost <= 0 or (self.boost != 1 and self.kind is not Kind.TEXT):
            raise ValueError(f"Field {self.name!r}: a boost is a positive number, and only text has one.")

    @property
    def boosted(self) -> bool:
        """Whether this is a text field that also has an index of its own."""
        return self.kind is Kind.TEXT and self.boost != 1


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of an index; ``version`` is the caller's own, raised when the meaning of a field changes."""

    fields: tuple[Field, ...]
    version: int = 1

    def __post_init__(self) -> None:
        if len({each.name for each in self.fields}) != len(self.fields):
            raise ValueError("Two fields of the schema have the same name.")

    def fingerprint(self) -> str:
        """SHA-256 over everything that decides how a folder is to be read."""
        described = [[each.name, each.kind.value, each.boost, each.multi] for each in self.fields]
        return hashlib.sha256(json.dumps([FORMAT, self.version, described]).encode()).hexdigest()
