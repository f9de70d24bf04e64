"""Pages of a list of concepts: the same question, cursor and order for pages and API."""

from __future__ import annotations

from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.web.pagination import Page, decode_cursor, encode_cursor
from bandmate.taxonomy.catalogue import Catalogue, Concept, Kind, Match, Relation


def concept_page(
    catalogue: Catalogue,
    words: str,
    kind: Kind | None,
    under: str | None,
    *,
    limit: int,
    cursor: str | None,
) -> Page[Match]:
    """Return a page of the concepts that fit, the best first.

    Raises:
        InvalidCursor: when the cursor belongs to another question, or to another vocabulary.
    """
    fingerprint = _fingerprint(catalogue, words, kind, under)
    start = _start(cursor, fingerprint)
    found = catalogue.find(words, kind, under, start=start, limit=limit)
    return Page(found.items, _following(fingerprint, start + limit, found.total), found.total)


def relation_page(
    catalogue: Catalogue, place: int, relation: Relation | None, *, limit: int, cursor: str | None
) -> Page[Concept]:
    """Return a page of the concepts that one has a relation with, or, without a relation, that lie below it.

    Raises:
        InvalidCursor: when the cursor belongs to another list.
    """
    every = (
        catalogue.hierarchy.narrower.get(place, ()) if relation is None else catalogue.relations(place, relation)
    )
    fingerprint = _fingerprint(catalogue, str(place), relation)
    start = _start(cursor, fingerprint)
    page = catalogue.concepts(every[start : start + limit])
    return Page(page, _following(fingerprint, start + limit, len(every)), len(every))


def _fingerprint(catalogue: Catalogue, *question: str | None) -> str:
    known = catalogue.taxonomy
    return f"taxonomy {known.name} {known.version} {len(known)} {question}"


def _following(fingerprint: str, end: int, total: int) -> str | None:
    return encode_cursor(fingerprint, [end]) if end < total else None


def _start(cursor: str | None, fingerprint: str) -> int:
    if not cursor:
        return 0
    match decode_cursor(cursor, fingerprint):
        case [int(start)] if start > 0:
            return start
    raise InvalidCursor("This cursor leads nowhere in this list. Leave it out to start again.")
