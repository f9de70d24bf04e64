"""What the API of opportunities takes and gives."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.domain import (
    LONGEST_DESCRIPTION,
    MOST_SEATS,
    Format,
    Opportunity,
    Part,
    State,
    Terms,
    Wish,
    WorkModel,
)
from bandmate.marketplace.opportunities.saved_searches import Alerts, SavedSearch
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, read_query, written
from bandmate.marketplace.opportunities.skills import LONGEST_LABEL, linked
from bandmate.marketplace.opportunities.wishes import WishTerms


class SkillData(BaseModel):
    """A skill."""

    uri: str = Field(description="Of a concept of the vocabulary, or `own:` and the words.")
    label: str
    part: Part
    weight: float


class TopicData(BaseModel):
    """A topic of a wish."""

    uri: str
    label: str


class OpportunityInput(BaseModel):
    """What an owner writes."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: Kind
    title: str = Field(max_length=400)
    summary: str = Field(default="", max_length=2_000)
    description: str = Field(default="", max_length=LONGEST_DESCRIPTION)
    format: Format | None = Field(default=None, description="Of mentoring, and of mentoring alone.")
    department: str | None = Field(default=None, max_length=400)
    location: str | None = Field(default=None, max_length=400)
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")
    time_zone: str | None = Field(default=None, max_length=60, description="IANA name.")
    work_model: WorkModel | None = None
    seats: int = Field(default=1, ge=1, le=MOST_SEATS)
    hours_per_week: Decimal | None = Field(default=None, gt=0, le=60, max_digits=4, decimal_places=1)
    starts_on: date | None = None
    ends_on: date | None = None
    cadence: str | None = Field(default=None, max_length=400)
    internal_until: datetime | None = Field(default=None, description="Of jobs; with a time zone.")
    closes_at: datetime | None = Field(default=None, description="With a time zone.")
    wanted: list[str] = Field(default=[], max_length=100, description="Labels of skills, or a mentor's topics.")
    learn: list[str] = Field(default=[], max_length=100, description="Labels of skills one can learn.")

    def terms(self, settings: Settings) -> Terms:
        """Return what is wanted; raises InvalidInput."""
        for name in ("internal_until", "closes_at"):
            instant = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise InvalidInput(_("Write instants with a time zone."), field=name)
        plain = self.model_dump(exclude={"wanted", "learn"})
        for name, value in plain.items():
            if isinstance(value, str) and "\x00" in value:
                raise InvalidInput(_("There is a NUL character in it, which cannot be kept."), field=name)
        skills = (
            *linked(settings, _labels(self.wanted), Part.WANTED),
            *linked(settings, _labels(self.learn), Part.LEARN),
        )
        return Terms(**plain, skills=skills)


class OpportunityData(BaseModel):
    """An opportunity."""

    opportunity_id: UUID
    kind: Kind
    format: Format | None
    title: str
    summary: str
    description: str | None = Field(description="Null in lists.")
    department: str | None
    location: str | None
    country: str | None
    time_zone: str | None
    work_model: WorkModel | None
    owner_id: UUID | None
    owner_name: str | None
    job_id: str | None = Field(description="Of the posting it comes from.")
    state: State
    seats: int
    seats_left: int
    hours_per_week: float | None
    starts_on: date | None
    ends_on: date | None
    cadence: str | None
    opens_at: datetime | None
    internal_until: datetime | None
    closes_at: datetime | None
    skills: list[SkillData]
    version: int
    created_at: datetime
    changed_at: datetime


class ListMeta(BaseModel):
    """What is said about a list."""

    total: int
    page: int
    pages: int
    page_size: int
    order: Literal["relevance", "newest", "for_you"]
    filters: list[str] = Field(description="The names of all filters there are.")


class OpportunityAnswer(BaseModel):
    """One opportunity."""

    data: OpportunityData


class OpportunityList(BaseModel):
    """A page of opportunities."""

    data: list[OpportunityData]
    meta: ListMeta
    facets: dict[str, dict[str, int]] = Field(
        description="For each filter how much each choice would leave, the filter itself left aside."
    )


class WishInput(BaseModel):
    """What somebody wishes for."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    format: Format = Format.ONE_TO_ONE
    topics: list[str] = Field(max_length=100, description="Labels of skills.")
    words: str = Field(default="", max_length=4_000)
    cadence: str | None = Field(default=None, max_length=400)

    def terms(self, settings: Settings) -> WishTerms:
        """Return what is wished for; raises InvalidInput."""
        if "\x00" in self.words + (self.cadence or ""):
            raise InvalidInput(_("There is a NUL character in it, which cannot be kept."), field="words")
        topics = linked(settings, _labels(self.topics), Part.WANTED)
        return WishTerms(self.format, topics, self.words, self.cadence)


class WishData(BaseModel):
    """A wish."""

    wish_id: UUID
    format: Format
    words: str
    cadence: str | None
    state: Literal["open", "matched", "withdrawn"]
    topics: list[TopicData]
    version: int
    created_at: datetime
    changed_at: datetime


class WishAnswer(BaseModel):
    """One wish."""

    data: WishData


class WishList(BaseModel):
    """Your wishes."""

    data: list[WishData]


class SavedSearchInput(BaseModel):
    """A search to be kept."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(max_length=200)
    query: str = Field(max_length=8_000, description="As in the address of a search: `kind=project&q=data`.")
    alerts: Alerts = Alerts.NEVER

    def asked(self) -> OpportunityQuery:
        """Return what it asks; raises InvalidInput."""
        return read_query(parse_qsl(self.query.removeprefix("?")))


class SavedSearchData(BaseModel):
    """A search that is kept."""

    search_id: UUID
    name: str
    query: str | None = Field(description="Null where this release cannot read it any more.")
    alerts: Alerts
    seen_at: datetime
    told_at: datetime | None
    created_at: datetime
    changed_at: datetime


class SavedSearchAnswer(BaseModel):
    """One saved search."""

    data: SavedSearchData


class SavedSearchList(BaseModel):
    """All searches you keep."""

    data: list[SavedSearchData]


def opportunity_json(each: Opportunity, *, whole: bool = True) -> dict[str, Any]:
    """Return an opportunity as the API shows it; ``whole`` with its description."""
    return {
        "opportunity_id": each.opportunity_id,
        "kind": each.kind,
        "format": each.format,
        "title": each.title,
        "summary": each.summary,
        "description": each.description if whole else None,
        "department": each.department,
        "location": each.location,
        "country": each.country,
        "time_zone": each.time_zone,
        "work_model": each.work_model,
        "owner_id": each.owner_id,
        "owner_name": each.owner_name,
        "job_id": each.job_id,
        "state": each.state,
        "seats": each.seats,
        "seats_left": each.seats_left,
        "hours_per_week": None if each.hours_per_week is None else float(each.hours_per_week),
        "starts_on": each.starts_on,
        "ends_on": each.ends_on,
        "cadence": each.cadence,
        "opens_at": _stamp(each.opens_at),
        "internal_until": _stamp(each.internal_until),
        "closes_at": _stamp(each.closes_at),
        "skills": [
            {"uri": skill.uri, "label": skill.label, "part": skill.part, "weight": skill.weight}
            for skill in each.skills
        ],
        "version": each.version,
        "created_at": _stamp(each.created_at),
        "changed_at": _stamp(each.changed_at),
    }


def wish_json(each: Wish) -> dict[str, Any]:
    """Return a wish as the API shows it to whose it is."""
    return {
        "wish_id": each.wish_id,
        "format": each.format,
        "words": each.words,
        "cadence": each.cadence,
        "state": each.state,
        "topics": [{"uri": topic.uri, "label": topic.label} for topic in each.topics],
        "version": each.version,
        "created_at": _stamp(each.created_at),
        "changed_at": _stamp(each.changed_at),
    }


def saved_search_json(each: SavedSearch) -> dict[str, Any]:
    """Return a saved search as the API shows it to whose it is."""
    return {
        "search_id": each.search_id,
        "name": each.name,
        "query": None if each.query is None else written(each.query),
        "alerts": each.alerts,
        "seen_at": _stamp(each.seen_at),
        "told_at": _stamp(each.told_at),
        "created_at": _stamp(each.created_at),
        "changed_at": _stamp(each.changed_at),
    }


def _labels(written_labels: list[str]) -> list[str]:
    cleaned = (" ".join("".join(c if c.isprintable() else " " for c in label).split()) for label in written_labels)
    return [label[:LONGEST_LABEL] for label in cleaned if label]


def _stamp(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
