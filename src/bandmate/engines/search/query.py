"""Questions to an index and their answers: plain data, nothing of tantivy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DEEPEST: Final = 10_000
"""How many hits deep a question may reach (``offset + limit``)."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field has at least one of these values; without values nothing fits."""

    field: str
    values: tuple[str | int | float, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The field has a value between ``low`` and ``high``, both included; None leaves that end open."""

    field: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value."""

    field: str


@dataclass(frozen=True, slots=True)
class Contains:
    """The words, phrases and exclusions of ``text`` hold within this one boosted text field, as written."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """The filter does not hold."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the filters holds; without filters nothing fits."""

    filters: tuple[Filter, ...]


Filter = OneOf | Range | Exists | Contains | Not | AnyOf
"""A condition on a document."""


@dataclass(frozen=True, slots=True)
class Facet:
    """Asks for the ``size`` most frequent values of a keyword field."""

    field: str
    size: int = 10


@dataclass(frozen=True, slots=True)
class Query:
    """A question.

    Attributes:
        text: what a person typed. Every word must stand somewhere in a document's text; ``"in quotes"`` means
            these words side by side; ``-word`` excludes. The last word may be unfinished, unless a space or a
            closing quote follows it; documents with the finished word come first. See ``words`` for details.
        filters: all of them must hold.
        facets: which counts to give along.
        sort: a field with single values; without it the best match comes first, or, where ``text`` asks for
            nothing, the smallest id.
        descending: the direction of ``sort``; documents without a value come last in both.
        limit: how many ids to give; 0 asks only for the total and the facets.
        offset: how many to pass over first; ``offset + limit`` is at most 10,000.
        disjunctive: count a facet as if the filters on its own field were not set (multiple choice).
    """

    text: str = ""
    filters: tuple[Filter, ...] = ()
    facets: tuple[Facet, ...] = ()
    sort: str | None = None
    descending: bool = False
    limit: int = 20
    offset: int = 0
    disjunctive: bool = False


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many of the documents found have this value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Hits:
    """An answer.

    Attributes:
        ids: the page asked for, in order; equal ones by id.
        total: how many documents fit, exactly.
        facets: by field, exact, the most frequent value first, then by value.
        corrected: the words of ``text``, as written, that stand nowhere in the index and were replaced by
            similar ones; empty when the text was answered as written.
    """

    ids: tuple[str, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    corrected: tuple[str, ...] = ()
