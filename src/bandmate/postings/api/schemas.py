"""The shapes of answers, for OpenAPI: what each field means, with examples. Everything in them is fictional.

Answers are not made from these models; tests hold real answers against them, with no field missing or left over.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bandmate.postings.api.examples import EVENT, JOB, ORG_FOUND
from bandmate.postings.domain.lifecycle import Outcome, Status, Verdict

Data = TypeVar("Data")
WorkModel = Literal["remote", "hybrid", "on_site"]
EmploymentKind = Literal["full_time", "part_time", "contract", "internship", "temporary"]
Origin = Literal["stated", "text"]
JobId = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$", description="SHA-1 of `provider|board|provider_job_key`.")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]
FieldValue = str | float | bool | list[str] | None


class Shape(BaseModel):
    """Exactly these fields; times are RFC 3339 in UTC with milliseconds, unknown is null and never left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(Shape):
    """One location of a posting."""

    raw: str = Field(description="As printed.")
    city: str | None
    region: str | None
    country: str | None
    country_code: str | None = Field(description="ISO 3166-1 alpha-2.")
    is_remote: bool
    confidence: float = Field(ge=0, le=1)


class Disagreement(Shape):
    """What the provider states in a field, and what its own text says instead."""

    field: str
    stated: str | None
    text: str
    quote: str
    start: Count = Field(description="Where the quote stands in the plain description, in characters.")
    end: Count


class Skill(Shape):
    """A skill that a posting speaks of."""

    uri: str = Field(description="Its address in the vocabulary, such as ESCO's.")
    label: str
    score: float = Field(ge=0, le=1, description="How often skills with such evidence were right.")


class Job(Shape):
    """The canonical record of a posting."""

    job_id: JobId
    org_id: UUID
    source_id: UUID
    board_id: UUID
    provider: str
    board: str
    provider_job_key: str
    title: str
    normalized_title: str | None = Field(
        description="The title without grade, gender marks, places and numbers. Null until it was read."
    )
    seniority: Literal["intern", "junior", "senior", "lead", "principal", "head"] | None = Field(
        description="As the title says; null where it does not."
    )
    company: str
    status: Status = Field(description="`deleted` once gone from its board, else `expired` past its deadline.")
    active: bool = Field(description="Whether the lifecycle has not closed it.")
    occupation_uri: str | None = Field(description="What the title means; null where that is not sure enough.")
    occupation_label: str | None
    occupation_score: float | None = Field(
        ge=0, le=1, description="How often the nearest occupation was right at such a score."
    )
    skills: list[Skill] | None = Field(
        description="Read from title and description, the surest first; the words are in `evidence.skills`. "
        "Null until the posting was read, some minutes after it came."
    )
    skills_version: str | None = Field(description="Model, vocabulary and rules that read them.")
    location_text: str | None = Field(description="The first location, as printed.")
    locations: list[Place]
    country: str | None
    country_code: str | None = Field(description="ISO 3166-1 alpha-2, of the first location.")
    region: str | None
    city: str | None
    location_confidence: float | None = Field(ge=0, le=1)
    is_remote: bool | None = Field(description="Hybrid is not remote.")
    department: str | None
    team: str | None
    requisition_id: str | None
    employment_type: str | None = Field(description="As stated, else as the text says.")
    employment_kind: EmploymentKind | None = Field(description="The same in our five words; what filters compare.")
    employment_source: Literal["stated", "text", "assumed"] = Field(
        description="Where it comes from; `assumed`: neither board nor text says, and only the kind is filled."
    )
    workplace_type: WorkModel | None = Field(description="What the provider states.")
    workplace_text: WorkModel | None = Field(description="What the description says.")
    workplace_evidence: str | None = Field(description="The words that say so.")
    work_model: WorkModel | None = Field(description="The best of both and of the location; what filters compare.")
    remote_policy: str | None
    salary_raw: str | None
    salary_min: float | None = Field(description="Major units of the currency, per `salary_period`.")
    salary_max: float | None
    salary_currency: str | None = Field(description="ISO 4217.")
    salary_period: Literal["year", "month", "week", "day", "hour"] | None
    salary_source: Origin | None
    language: str | None = Field(description="ISO 639-1.")
    launch_included: bool
    launch_reason: str
    conflicts: list[Disagreement]
    source_url: str | None
    apply_url: str | None
    first_seen_at: AwareDatetime
    last_seen_at: AwareDatetime
    last_checked_at: AwareDatetime
    last_changed_at: AwareDatetime
    inactive_at: AwareDatetime | None = Field(description="When the lifecycle closed it.")
    source_posted_at: AwareDatetime | None
    source_updated_at: AwareDatetime | None
    valid_through: AwareDatetime | None
    unconfirmed_since: AwareDatetime | None = Field(description="Since when its board has not answered properly.")
    content_hash: Sha256 = Field(description="SHA-256 over the normalised meaning: the same offer.")
    source_hash: Sha256 = Field(description="SHA-256 over the provider's fields: the same bytes.")
    raw_payload_uri: str | None = Field(description="Path in the raw archive.")

    model_config = ConfigDict(json_schema_extra={"example": JOB})


class JobInFull(Job):
    """The record, and what was asked for besides."""

    description_text: str = Field(default="", description="Plain text; with `include=description`.")
    description_html: str = Field(default="", description="Sanitised HTML; with `include=description`.")
    native: dict[str, Any] = Field(default={}, description="The provider's own fields; with `include=native`.")
    evidence: dict[str, Any] = Field(
        default={}, description="What the text says, each with quote and span; with `include=evidence`."
    )


class HistoryEvent(Shape):
    """One step in the life of a posting; an update is one event for each changed field."""

    event_id: UUID
    job_id: JobId
    type: Literal["created", "updated", "closed", "reopened"]
    observed_at: AwareDatetime
    field_name: str | None = Field(description="Of an update.")
    old_value: FieldValue
    new_value: FieldValue
    of_board: bool = Field(description="One edit that the board made to many of its postings at once.")

    model_config = ConfigDict(json_schema_extra={"example": EVENT})


class FacetValue(Shape):
    """A value and how many of the postings found have it."""

    value: str
    count: Count
    label: str | None = Field(default=None, description="Of skills and occupations: what the value is called.")


class SourceName(Shape):
    """A board, by id and by name."""

    source_id: UUID
    provider: str
    board: str


class Slice(Shape):
    """A value and how many of the company's open postings have it."""

    value: str
    jobs: Count


class Week(Shape):
    """What came and went in one week."""

    week: AwareDatetime = Field(description="Its Monday, 00:00 UTC.")
    opened: Count
    closed: Count


class Org(Shape):
    """A company in figures; the most frequent values come first, at most eight of each."""

    org_id: UUID
    name: str
    sources: list[SourceName]
    open_jobs: Count
    known_jobs: Count
    first_seen_at: AwareDatetime | None
    last_checked_at: AwareDatetime | None
    by_department: list[Slice]
    by_city: list[Slice]
    by_country: list[Slice]
    by_provider: list[Slice]
    by_work_model: list[Slice]
    by_week: list[Week] = Field(description="The last twelve weeks, the oldest first.")


class OrgFound(Shape):
    """A company in a list."""

    org_id: UUID
    name: str
    open_jobs: Count

    model_config = ConfigDict(json_schema_extra={"example": ORG_FOUND})


class Fault(Shape):
    """What was wrong in a payload, and where."""

    pointer: str = Field(description="JSON Pointer (RFC 6901) into the payload.")
    what: str
    key: str | None = Field(description="The posting's key, where it could be read.")
    fatal: bool = Field(description="Whether the posting could not be kept.")


class Run(Shape):
    """One look at a board, and what it proved."""

    observed_at: AwareDatetime
    outcome: Outcome = Field(description="As recorded when the board was read.")
    verdict: Verdict = Field(description="What it proves: only a `complete` run can close postings.")
    http_status: int | None
    declared_total: int | None = Field(description="How many the board says it has.")
    listed: int | None = Field(description="How many it listed.")
    raw_payload_uri: str | None
    detail: str | None
    faults: list[Fault]
    created: Count
    updated: Count
    closed: Count
    reopened: Count


class Source(Shape):
    """A board: where postings come from, and how well it answers."""

    source_id: UUID
    provider: str
    board: str
    company: str
    followed: bool
    every_minutes: int | None
    next_run_at: AwareDatetime | None
    last_run_at: AwareDatetime | None
    last_complete_at: AwareDatetime | None
    unconfirmed_since: AwareDatetime | None
    open_jobs: Count
    known_jobs: Count
    runs: Count
    last_run: Run | None


class Totals(Shape):
    """What this installation holds."""

    open_jobs: Count
    known_jobs: Count
    companies: Count
    boards: Count
    last_run_at: AwareDatetime | None


class NoMeta(Shape):
    """Nothing is said about a single thing."""


class ListMeta(Shape):
    """Where a list stands."""

    limit: int = Field(ge=1, le=100)
    next_cursor: str | None = Field(description="For the next page; null on the last one.")
    total: Count = Field(description="How many there are altogether, exactly.")


class SearchMeta(ListMeta):
    """Where a search stands."""

    corrected: list[str] = Field(description="Words that stood nowhere and were answered as similar ones.")
    facets: dict[str, list[FacetValue]] = Field(default={}, description="Counted values, where asked for.")


class FacetMeta(Shape):
    """How the values were counted."""

    size: int = Field(description="Values of a field, at most.")


class One(Shape, Generic[Data]):
    """A single thing in its envelope."""

    data: Data
    meta: NoMeta


class Several(Shape, Generic[Data]):
    """A page of a list in its envelope."""

    data: list[Data]
    meta: ListMeta


class JobAnswer(One[JobInFull]):
    """A posting."""


class SearchAnswer(Shape):
    """A page of postings."""

    data: list[Job]
    meta: SearchMeta


class FacetAnswer(Shape):
    """Counted values by field, in the order asked for."""

    data: dict[str, list[FacetValue]] = Field(
        examples=[{"city": [{"value": "Malmö", "count": 12}, {"value": "Oslo", "count": 7}]}]
    )
    meta: FacetMeta


class HistoryAnswer(Several[HistoryEvent]):
    """A page of a posting's history, the newest first."""


class OrgAnswer(One[Org]):
    """A company."""


class OrgsAnswer(Several[OrgFound]):
    """A page of companies, those with the most open postings first."""


class SourceAnswer(One[Source]):
    """A board."""


class TotalsAnswer(One[Totals]):
    """The totals."""
