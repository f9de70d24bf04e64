"""Messages over HTTP as JSON: what was sent to whoever asks, and for operators how it stands with all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bandmate.kernel.errors import Forbidden, InvalidCursor
from bandmate.kernel.identity.access import Operator, SignedIn
from bandmate.kernel.notify.queries import (
    LARGEST_PAGE,
    PAGE,
    Delivery,
    DeliveryPage,
    all_deliveries,
    deliveries_to,
)
from bandmate.kernel.web.dependencies import Reading
from bandmate.kernel.web.problems import problem_responses

router = APIRouter(prefix="/messages/v1", tags=["Messages"])

State = Literal["waiting", "sent", "failed", "refused", "expired"]
Cursor = Annotated[str | None, Query(description="Where the page starts, as the last one gave it.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


class Message(BaseModel):
    """A message to you."""

    message_id: UUID
    topic: str = Field(description="What it is about.")
    subject: str | None = Field(description="As sent, secrets left out; null as long as it was not written.")
    reason: str = Field(description="Why you get it.")
    purpose: str | None = Field(description="The consent it needs; null where it needs none.")
    channel: str = Field(description="How you are reached: `email`.")
    address: str | None = Field(description="Where it was sent to; null as long as it was not tried.")
    state: State
    requested_at: datetime
    settled_at: datetime | None = Field(description="When it was sent or ended otherwise; null while it waits.")


class MessageDelivery(Message):
    """A message as operators see it."""

    person_id: UUID
    request_id: UUID = Field(description="The id of the event that asked for it.")
    template: str
    through: str | None = Field(description="The way it took: `smtp`, `webhook` or `folder`.")
    why: str | None = Field(description="What stands in the way, or why it ended as it did.")
    attempts: int
    due_at: datetime = Field(description="When it is tried next, while it waits.")
    expires_at: datetime | None = Field(description="After this nobody wants it any more.")


class MessagesMeta(BaseModel):
    """About the list."""

    limit: int
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class MessagesAnswer(BaseModel):
    """A page of your messages, newest first."""

    data: list[Message]
    meta: MessagesMeta


class DeliveriesAnswer(BaseModel):
    """A page of everybody's messages, newest first."""

    data: list[MessageDelivery]
    meta: MessagesMeta


@router.get("/messages", operation_id="messages_of_mine", responses=problem_responses(InvalidCursor, Forbidden))
def messages(asker: SignedIn, tx: Reading, cursor: Cursor = None, limit: Limit = PAGE) -> MessagesAnswer:
    """What was sent to you, newest first."""
    assert asker.person_id is not None, "SignedIn admits persons only"  # noqa: S101 - what the statement ensures
    page = deliveries_to(tx, asker.person_id, cursor=cursor, limit=limit)
    data = [Message.model_validate(_written(item)) for item in page.items]
    return MessagesAnswer(data=data, meta=_meta(page, limit))


@router.get("/deliveries", operation_id="messages_all", responses=problem_responses(InvalidCursor, Forbidden))
def deliveries(
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> DeliveriesAnswer:
    """How it stands with everybody's messages, newest first."""
    page = all_deliveries(tx, state=state, cursor=cursor, limit=limit)
    data = [MessageDelivery.model_validate(_written(item)) for item in page.items]
    return DeliveriesAnswer(data=data, meta=_meta(page, limit))


def _meta(page: DeliveryPage, limit: int) -> MessagesMeta:
    return MessagesMeta(limit=limit, next_cursor=page.next_cursor)


def _written(item: Delivery) -> dict[str, object]:
    members = {name: getattr(item, name) for name in Delivery.__slots__}
    return {**members, "message_id": item.delivery_id}
