"""What can be asked of the API's search: documented once, read from an address or a JSON body.

``web_query`` says what names and values mean, for pages and API alike. Here stands what a program needs besides:
the types and descriptions of OpenAPI, and JSON bodies, whose values have types of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterator
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Receive

from bandmate.kernel.errors import InvalidInput, TooLarge
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import FACETS, JobQuery, Sort
from bandmate.postings.web_query import LONGEST_TEXT, MOST_VALUES, read_query

LARGEST_PAGE = 100
LONGEST_CURSOR = 4_000
LARGEST_BODY = 1_000_000
"""Bytes of a search sent by POST; nobody needs a tenth of it."""

WITHOUT_NUL = r"^[^\u0000]*$"
"""PostgreSQL text cannot hold NUL, so nothing that is asked for can."""


class ContradictoryFilters(InvalidInput):
    """Two filters were given of which only one can count."""

    status = 400
    slug = "contradictory-filters"
    title = "These filters contradict each other"


class ShortBodies(APIRoute):
    """Routes that answer 413 to a body of more than ``LARGEST_BODY`` bytes, and do not read it to its end."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the limit."""
        handle = super().get_route_handler()

        async def handle_short(request: Request) -> Response:
            return await handle(Request(request.scope, _limited(request.receive)))

        return handle_short


def _limited(receive: Receive) -> Receive:
    read = 0

    async def receive_limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            # Not TooLarge: FastAPI lets only this kind pass while it reads a body; it is answered as the same.
            raise HTTPException(
                TooLarge.status, f"A search has at most {LARGEST_BODY:,} bytes; ask for less at once."
            )
        return message

    return receive_limited


def _characters(text: str) -> str:
    """Refuse halves of surrogate pairs, which JSON can spell and nothing can store (RFC 8259, section 8.2)."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise PydanticCustomError("surrogate", "it holds half of a surrogate pair, which is no character")
    return text


def _facet_name(text: str) -> str:
    if text not in FACETS:
        raise PydanticCustomError("facet", f"it is no field that is counted; choose {', '.join(FACETS)}")
    return text


Text = Annotated[
    str,
    AfterValidator(_characters),
    Field(max_length=LONGEST_TEXT, json_schema_extra={"pattern": WITHOUT_NUL}),
]
Names = Annotated[list[Text], Field(max_length=MOST_VALUES)]
_NOTHING = {"type": "string", "pattern": r"^\s*$"}
"""What an empty field of a form sends; it counts as left out."""


def _string(*formats: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [*({"type": "string", "format": each} for each in formats), _NOTHING]})


Ids = Annotated[list[Annotated[str, AfterValidator(_characters), _string("uuid")]], Field(max_length=MOST_VALUES)]
Instant = Annotated[str, AfterValidator(_characters), _string("date-time", "date")]
FacetName = Annotated[str, AfterValidator(_facet_name), WithJsonSchema({"type": "string", "enum": list(FACETS)})]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many at most, 1 to 100.")]
Cursor = Annotated[
    str | None,
    Field(
        max_length=LONGEST_CURSOR,
        description="`meta.next_cursor` of the page before, of the same query. Leave it out for the first page.",
    ),
]

LimitQuery = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="How many at most, 1 to 100.")]
CursorQuery = Annotated[
    str | None,
    Query(
        max_length=LONGEST_CURSOR,
        description="`meta.next_cursor` of the page before, of the same query. Leave it out for the first page.",
    ),
]


def _after(clock: str) -> Any:
    return Field(default=None, description=f"{clock} at or after this instant; a day means its first moment, UTC.")


def _before(clock: str) -> Any:
    return Field(default=None, description=f"{clock} at or before this instant; a day means its last moment, UTC.")


class Filters(BaseModel):
    """What postings have to fit; several values of one filter are alternatives, all filters hold together.

    Only of ``skill`` a posting has to have all.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    q: Text | None = Field(
        default=None,
        description="Words over title, company, department, location and description. All must stand somewhere; "
        '`"in quotes"` side by side, `-word` not at all. Typing errors are forgiven where a word stands nowhere.',
        examples=["sound engineer"],
    )
    title: Text | None = Field(
        default=None, description="Words that must all stand in the title, spelt so.", examples=["engineer"]
    )
    org_id: Ids | None = Field(default=None, description="Companies, by id.")
    board_id: Ids | None = Field(default=None, description="Boards, by id; a board's id is also its source id.")
    company: Names | None = Field(default=None, description="Companies, by the exact name in the record.")
    provider: Names | None = Field(default=None, description="Job board systems.", examples=[["lever"]])
    department: Names | None = Field(default=None, description="Departments, exactly as stated.")
    team: Names | None = Field(default=None, description="Teams, exactly as stated.")
    country: Names | None = Field(
        default=None,
        description="Countries, ISO 3166-1 alpha-2; any of a posting's locations counts.",
        examples=[["SE", "DK"]],
    )
    region: Names | None = Field(default=None, description="Regions, as in the record's `region`.")
    city: Names | None = Field(default=None, description="Cities; any of a posting's locations counts.")
    work_model: Names | None = Field(
        default=None, description="`remote`, `hybrid` or `on_site`.", examples=[["hybrid"]]
    )
    employment_type: Names | None = Field(
        default=None,
        description="`full_time`, `part_time`, `contract`, `internship` or `temporary` (`employment_kind`).",
        examples=[["full_time"]],
    )
    language: Names | None = Field(
        default=None, description="Languages of the text, ISO 639-1.", examples=[["en"]]
    )
    occupation: Names | None = Field(
        default=None, description="Occupations, by URI (`occupation_uri`); one of them is enough."
    )
    skill: Names | None = Field(
        default=None, description="Skills, by URI (`skills[].uri`); a posting must speak of all of them."
    )
    salary_currency: Names | None = Field(default=None, description="Currencies, ISO 4217.", examples=[["SEK"]])
    salary_min: Amount | None = Field(
        default=None,
        description="Pays at least this at its upper end, per full-time year, in the posting's own currency.",
        examples=[60000],
    )
    salary_max: Amount | None = Field(
        default=None,
        description="Pays at most this at its lower end, per full-time year, in the posting's own currency.",
    )
    salary_exists: bool | None = Field(default=None, description="Whether a salary is known.")
    posted_after: Instant | None = _after("Posted (or first seen, where the source gives no date)")
    posted_before: Instant | None = _before("Posted (or first seen, where the source gives no date)")
    updated_after: Instant | None = _after("Updated, by the source's own word,")
    updated_before: Instant | None = _before("Updated, by the source's own word,")
    changed_after: Instant | None = _after("Changed in meaning, opened or closed")
    changed_before: Instant | None = _before("Changed in meaning, opened or closed")
    first_seen_after: Instant | None = _after("First seen on its board")
    first_seen_before: Instant | None = _before("First seen on its board")
    status: list[Annotated[Status, Strict(strict=False)]] | None = Field(
        default=None,
        max_length=MOST_VALUES,
        description="`active`, `expired` (its own deadline has passed) or `deleted` (gone from its board). "
        "All of them unless given. Not together with `active`.",
    )
    active: bool | None = Field(
        default=None,
        description="true: still on its board (`active` or `expired`); false: gone. Not together with `status`.",
    )


_BESIDES = frozenset({"limit", "cursor", "facets"})
"""What of a search is no part of its query."""


class JobSearch(Filters):
    """A search as the body of a POST; the same names as in the address of a GET."""

    sort: Annotated[Sort, Strict(strict=False)] | None = Field(
        default=None,
        description="`relevance` (needs `q`; the default), `posted`, `changed` or `salary`, the greatest first.",
    )
    limit: Limit = 20
    cursor: Cursor = None
    facets: list[FacetName] = Field(
        default=[], max_length=len(FACETS), description="Fields whose values are counted along, in `meta.facets`."
    )

    def read(self) -> JobQuery:
        """Return what is asked.

        Raises:
            InvalidInput: when a value cannot be used, with a pointer into the body.
            ContradictoryFilters: when ``active`` and ``status`` are both given.
        """
        given = self.model_fields_set - _BESIDES
        try:
            return read_filters(QueryParams([pair for name in given for pair in self._pairs(name)]))
        except InvalidInput as error:
            errors: Any = error.extra.get("errors")
            if errors is None:
                raise
            errors = [wrong | {"pointer": _in_body(wrong["pointer"])} for wrong in errors]
            raise InvalidInput(error.detail, errors=errors) from error

    def _pairs(self, name: str) -> Iterator[tuple[str, str]]:
        value = getattr(self, name)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                yield name, str(one).lower() if isinstance(one, bool) else str(one)


def _in_body(pointer: str) -> str:
    return pointer.replace("/query/", "/body/", 1)


def read_filters(params: QueryParams, besides: Collection[str] = ()) -> JobQuery:
    """Read a query from an address; other names than those of ``JobSearch`` and ``besides`` are refused.

    Raises:
        InvalidInput: when a name is unknown or a value cannot be used.
        ContradictoryFilters: when ``active`` and ``status`` are both given.
    """
    pairs = params.multi_items()
    named = {name for name, value in pairs if value.strip()}
    if {"active", "status"} <= named:
        raise ContradictoryFilters("Give either active or status: both say which postings are meant.")
    return read_query(pairs, besides=besides)


def described(model: type[BaseModel], *, without: Collection[str] = ()) -> dict[str, Any]:
    """Return ``openapi_extra`` that describes a model's fields as parameters of the address."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "parameters": [
            _parameter(name, field) for name, field in schema["properties"].items() if name not in without
        ]
    }


def _parameter(name: str, field: dict[str, Any]) -> dict[str, Any]:
    parameter = {"name": name, "in": "query", "required": False, "description": field["description"]}
    examples = field.get("examples", ())
    # In an address there is no null: leaving a parameter out says the same.
    kinds = [kind for kind in field["anyOf"] if kind != {"type": "null"}]
    parameter["schema"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return parameter | ({"example": examples[0]} if examples else {})


SEARCH_PARAMETERS = described(JobSearch, without=_BESIDES)
FILTER_PARAMETERS = described(Filters)


def read_list(written: list[str], allowed: Collection[str], name: str) -> tuple[str, ...]:
    """Read names that are repeated or parted by commas, each once.

    Raises:
        InvalidInput: for a name that is not among those allowed; the message lists them.
    """
    names = tuple(dict.fromkeys(part.strip() for one in written for part in one.split(",")))
    for unknown in names:
        if unknown not in allowed:
            message = f"{unknown[:60]!r} is unknown; choose {', '.join(allowed)}"
            raise InvalidInput(f"{name}: {message}.", errors=[{"pointer": f"/query/{name}", "message": message}])
    return names


def _names_of(allowed: Collection[str], description: str) -> Any:
    schema = {"type": "array", "items": {"type": "string", "enum": list(allowed)}}
    return Query(description=description, json_schema_extra=schema)


INCLUDES = ("description", "native", "evidence")
IncludeQuery = Annotated[
    list[str],
    _names_of(
        INCLUDES,
        "What to add to the record: `description` (as text and as safe HTML), `native` (the provider's own "
        "fields), `evidence` (what the text says, quoted). Repeat it, or part by commas.",
    ),
]
FacetsQuery = Annotated[
    list[str],
    _names_of(FACETS, "Fields whose values are counted along, in `meta.facets`. Repeat it, or part by commas."),
]
FieldsQuery = Annotated[
    list[str],
    _names_of(FACETS, "Fields whose values are counted; all of them unless given. Repeat it, or part by commas."),
]
