"""Lists (RFC 7644, section 3.4.2), and versions of what is in them (section 3.14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.marketplace.people.scim.asking import condition, order
from bandmate.marketplace.people.scim.errors import ScimError, invalid_value
from bandmate.marketplace.people.scim.filters import Attribute, Filter, parse_attribute, parse_filter
from bandmate.marketplace.people.scim.schemas import ResourceType
from bandmate.marketplace.people.scim.shaping import Document, Projection

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
MOST_RESULTS = 500
A_PAGE = 100
LARGEST_NUMBER = 2**31 - 1
MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked of a list."""

    filter: Filter | None
    sort_by: Attribute | None
    descending: bool
    start_index: int
    """From 1."""
    count: int
    projection: Projection


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list."""

    total: int
    documents: Sequence[Document]

    def answer(self, listing: Listing) -> Document:
        """Return it as a ListResponse."""
        return {
            "schemas": [LIST],
            "totalResults": self.total,
            "startIndex": listing.start_index,
            "itemsPerPage": len(self.documents),
            "Resources": list(self.documents),
        }


def read_listing(resource: ResourceType, asked: Mapping[str, Any]) -> Listing:
    """Read what a query or a SearchRequest asks; numbers out of range mean what RFC 7644, 3.4.2.4 says.

    Raises:
        ScimError: when something in it cannot be used.
    """
    given = {key.lower(): value for key, value in asked.items() if value not in (None, "")}
    attributes, excluded = _names(given.get("attributes")), _names(given.get("excludedattributes"))
    if attributes and excluded:
        raise invalid_value("Either attributes or excludedAttributes can be asked for, not both.")
    direction = str(given.get("sortorder", "ascending")).lower()
    if direction not in {"ascending", "descending"}:
        raise invalid_value("The sortOrder is ascending or descending.")
    return Listing(
        filter=parse_filter(str(given["filter"])) if "filter" in given else None,
        sort_by=parse_attribute(str(given["sortby"])) if "sortby" in given else None,
        descending=direction == "descending",
        start_index=max(1, _number(given.get("startindex", 1), "startIndex")),
        count=min(MOST_RESULTS, max(0, _number(given.get("count", A_PAGE), "count"))),
        projection=Projection(resource, attributes, excluded),
    )


def page_of(
    tx: Tx,
    resource: ResourceType,
    listing: Listing,
    rows: Select[Any],
    count: Select[Any],
    stable: Sequence[ColumnElement[Any]],
) -> tuple[int, Sequence[Any]]:
    """Return how many records meet the filter, and those of the page. Who lacks what is sorted by comes last.

    (First when descending: RFC 7644, section 3.4.2.3.)
    """
    if listing.filter is not None:
        met = condition(resource, listing.filter)
        rows, count = rows.where(met), count.where(met)
    keys = list(stable)
    if listing.sort_by is not None:
        key = order(resource, listing.sort_by)
        keys.insert(0, key.desc().nulls_first() if listing.descending else key.asc().nulls_last())
    total = tx.execute(count).scalar_one()
    if listing.count == 0 or listing.start_index > total:
        return total, ()
    page = rows.order_by(*keys).offset(listing.start_index - 1).limit(listing.count)
    return total, tx.execute(page).all()


def _names(given: object) -> list[str]:
    if given is None:
        return []
    names = given if isinstance(given, list) else str(given).split(",")
    if not all(isinstance(name, str) for name in names) or len(names) > MOST_NAMES:
        raise invalid_value("Attributes are names, with commas between them.")
    return names


def _number(given: object, name: str) -> int:
    try:
        number = int(str(given))
    except ValueError as error:
        raise invalid_value(f"{name} is a whole number.") from error
    return max(-LARGEST_NUMBER, min(LARGEST_NUMBER, number))


@dataclass(frozen=True, slots=True)
class Record:
    """One resource with its ETag, which the document may leave out."""

    document: Document
    etag: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The version of a record, as a weak ETag (RFC 9110, section 8.8.3)."""

    etag: str

    def check(self, if_match: Sequence[str]) -> None:
        """Refuse a change that was made for another version.

        Raises:
            ScimError: 412.
        """
        if if_match and "*" not in if_match and self.etag not in if_match:
            raise ScimError(412, f"The record has changed since: its version is {self.etag} now. Read it again.")

    def meta(self, kind: str, location: str, created: datetime, changed: datetime) -> Document:
        """Return ``meta`` (RFC 7643, section 3.1)."""
        return {
            "resourceType": kind,
            "created": rfc3339(created),
            "lastModified": rfc3339(changed),
            "location": location,
            "version": self.etag,
        }


def stamp(version: int) -> Stamp:
    """Return the stamp of a record's version."""
    return Stamp(f'W/"{version}"')
