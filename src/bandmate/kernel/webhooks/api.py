"""The API of webhooks, for operators' programs: endpoints, deliveries, replays. Everything the pages show."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bandmate.kernel.errors import InvalidCursor, InvalidInput, NotFound
from bandmate.kernel.identity.access import Operator
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.webhooks.endpoints import EndpointId, register
from bandmate.kernel.webhooks.queries import (
    Shown,
    deliveries_of,
    delivery_json,
    endpoint_json,
    health_of,
    health_of_all,
)
from bandmate.kernel.webhooks.replaying import Start, request_replay

router = APIRouter(prefix="/webhooks/v1", tags=["Webhooks"])

MOST_A_PAGE = 200


class Body(BaseModel):
    """What is sent to us; a member nobody knows is a mistake that should be seen."""

    model_config = ConfigDict(extra="forbid")


class NewEndpoint(Body):
    """An endpoint to register."""

    url: str = Field(max_length=2_000, description="Where deliveries are posted to; https.")
    types: list[str] = Field(
        min_length=1, max_length=50, description="Names of event types, or beginnings such as `postings.*`."
    )
    description: str = Field(default="", max_length=200, description="What it is, for operators.")


class ReplayFrom(Body):
    """From where on everything is sent again: exactly one of the two."""

    since: AwareDatetime | None = Field(default=None, description="Events recorded at this instant or later.")
    event_id: UUID | None = Field(default=None, description="This event, and what stands behind it in the log.")


class Endpoint(BaseModel):
    """An endpoint with its health."""

    endpoint_id: UUID
    url: str
    description: str
    types: list[str]
    allowed_types: list[str] = Field(description="Types about persons that an administrator allowed.")
    created_at: datetime
    state: str = Field(description="`active`, `paused` or `disabled`.")
    stopped_at: datetime | None
    stopped_because: str | None = Field(description="`operator`, `gone` (it answered 410) or `failing`.")
    last_success_at: datetime | None
    failing_since: datetime | None = Field(description="Every attempt since then failed.")
    waiting: int
    dead: int


class Registered(BaseModel):
    """A new endpoint, with its secret: it is shown this once."""

    data: Endpoint
    secret: str


class OneEndpoint(BaseModel):
    """An endpoint."""

    data: Endpoint


class Endpoints(BaseModel):
    """All endpoints, the oldest first."""

    data: list[Endpoint]


class Delivery(BaseModel):
    """One event for one endpoint, and what came of the last attempt."""

    delivery_id: UUID
    event_id: UUID = Field(description="Also the `webhook-id`.")
    type: str
    queued_at: datetime
    state: str = Field(description="`waiting`, `done` or `dead`.")
    due_at: datetime | None
    attempts: int
    attempted_at: datetime | None
    duration_ms: int | None
    status: int | None
    error: str | None
    answer: str | None = Field(description="The first 500 characters.")


class DeliveriesMeta(BaseModel):
    """What is said about a page of deliveries."""

    total: int
    next_cursor: str | None


class Deliveries(BaseModel):
    """A page of deliveries, the newest events first."""

    data: list[Delivery]
    meta: DeliveriesMeta


class ReplayAccepted(BaseModel):
    """A replay that a worker will do."""

    replay_id: UUID


@router.get("/endpoints", operation_id="list_webhook_endpoints", response_model=Endpoints)
def list_endpoints(asker: Operator, tx: Reading) -> dict[str, object]:  # noqa: ARG001 - the statement who may call
    """List all endpoints with their health."""
    return {"data": [endpoint_json(health) for health in health_of_all(tx)]}


@router.post(
    "/endpoints",
    operation_id="register_webhook_endpoint",
    response_model=Registered,
    status_code=201,
    responses=problem_responses(InvalidInput),
)
def register_endpoint(
    asker: Operator, request: Request, tx: Writing, clock: ClockOf, wanted: NewEndpoint
) -> dict[str, object]:
    """Register an endpoint. The answer holds its secret, this once."""
    made = register(
        tx,
        request.app.state.settings,
        url=wanted.url,
        description=wanted.description,
        types=wanted.types,
        by=asker.person_id,
        now=clock(),
    )
    return {"data": endpoint_json(health_of(tx, made.endpoint_id)), "secret": made.secret.written}


@router.get(
    "/endpoints/{endpoint_id}",
    operation_id="get_webhook_endpoint",
    response_model=OneEndpoint,
    responses=problem_responses(NotFound),
)
def get_endpoint(asker: Operator, tx: Reading, endpoint_id: UUID) -> dict[str, object]:  # noqa: ARG001 - the statement who may call
    """Return one endpoint with its health."""
    return {"data": endpoint_json(health_of(tx, EndpointId(endpoint_id)))}


@router.get(
    "/endpoints/{endpoint_id}/deliveries",
    operation_id="list_webhook_deliveries",
    response_model=Deliveries,
    responses=problem_responses(NotFound, InvalidInput, InvalidCursor),
)
def list_deliveries(
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    endpoint_id: UUID,
    state: Shown = "all",
    limit: Annotated[int, Query(ge=1, le=MOST_A_PAGE)] = 50,
    cursor: str | None = None,
) -> dict[str, object]:
    """List an endpoint's deliveries, the newest events first; `state=dead` lists its dead letters."""
    page = deliveries_of(tx, health_of(tx, EndpointId(endpoint_id)), shown=state, limit=limit, cursor=cursor)
    return {
        "data": [delivery_json(delivery) for delivery in page.items],
        "meta": {"total": page.total, "next_cursor": page.next_cursor},
    }


@router.post(
    "/endpoints/{endpoint_id}/replay",
    operation_id="replay_webhook_events",
    response_model=ReplayAccepted,
    status_code=202,
    responses=problem_responses(NotFound, InvalidInput),
)
def replay(
    asker: Operator, tx: Writing, clock: ClockOf, endpoint_id: UUID, wanted: ReplayFrom
) -> dict[str, object]:
    """Have everything since an instant or an event sent again; a worker does it."""
    start = Start(wanted.since, wanted.event_id)
    replay_id = request_replay(tx, EndpointId(endpoint_id), start, by=asker.person_id, now=clock())
    return {"replay_id": replay_id}
