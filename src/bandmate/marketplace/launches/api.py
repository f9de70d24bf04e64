"""The API of launches, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Forbidden, InvalidInput
from bandmate.kernel.identity import Administrator
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import governing
from bandmate.marketplace.launches.domain import LONGEST_REASON, MOST_DAYS, LaunchState, advice
from bandmate.marketplace.launches.queries import launches, readiness

router = APIRouter(prefix="/marketplace/v1/launches", tags=["Marketplace: launches"])


class LaunchInput(BaseModel):
    """How a kind should stand."""

    model_config = ConfigDict(extra="forbid")

    state: LaunchState
    group_ids: list[UUID] = Field(default=[], max_length=500, description="Of a pilot.")
    internal_first_days: int = Field(default=0, ge=0, le=MOST_DAYS, description="Of jobs.")
    reason: str = Field(max_length=LONGEST_REASON)


class ReadinessData(BaseModel):
    """The figures of a kind."""

    employees: int = Field(description="Active employees.")
    aware: int = Field(description="Of them, who opened a page of the kind or was told of it in a message.")
    interested: int = Field(description="Of them, who wishes for it, keeps a search for it or is open to it.")
    offers: int = Field(description="Open opportunities.")
    providers: int = Field(description="Persons who offer them.")
    seats: int = Field(description="Seats of them that nobody has yet.")
    demand: int = Field(description="Applications under way; of mentoring also open wishes.")


class LaunchData(BaseModel):
    """Where a kind stands."""

    kind: Kind
    state: LaunchState
    group_ids: list[UUID]
    internal_first_days: int
    version: int
    changed_at: datetime | None
    readiness: ReadinessData
    recommendation: str
    is_ready: bool


class LaunchList(BaseModel):
    """Every kind."""

    data: list[LaunchData]


@router.get("", operation_id="list_launches", response_model=LaunchList)
def list_launches(
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    clock: ClockOf,
) -> dict[str, object]:
    """Return where every kind stands, with its figures and what they recommend."""
    return _all(tx, clock())


@router.put("/{kind}", operation_id="change_launch", response_model=LaunchList)
def change_launch(
    asker: Administrator,
    tx: Writing,
    clock: ClockOf,
    kind: Kind,
    wanted: LaunchInput,
    if_match: Annotated[str, Header(alias="If-Match", max_length=40, description='The version, such as `"3"`.')],
) -> dict[str, object]:
    """Change to whom a kind is open, with the reason."""
    if asker.person_id is None:
        raise Forbidden("Only a person can do this.")
    written = if_match.strip().strip('"')
    if not (written.isascii() and written.isdigit() and len(written) < 19):  # noqa: PLR2004 - of a bigint
        raise InvalidInput('If-Match holds the version that was read, such as "3".', field="If-Match")
    groups = tuple(GroupId(each) for each in wanted.group_ids)
    setting = governing.Setting(wanted.state, groups, wanted.internal_first_days)
    reason = wanted.reason.replace("\x00", "")
    governing.change_launch(tx, asker.person_id, kind, setting, reason=reason, version=int(written), now=clock())
    return _all(tx, clock())


def _all(tx: Tx, now: datetime) -> dict[str, Any]:
    figures = readiness(tx, now=now)
    rows = []
    for kind, launch in launches(tx).items():
        said = advice(kind, launch.state, figures[kind])
        known = figures[kind]
        rows.append(
            {
                "kind": kind,
                "state": launch.state,
                "group_ids": list(launch.group_ids),
                "internal_first_days": launch.internal_first_days,
                "version": launch.version,
                "changed_at": None if launch.changed_at is None else rfc3339(launch.changed_at),
                "readiness": {
                    "employees": known.employees,
                    "aware": known.aware,
                    "interested": known.interested,
                    "offers": known.offers,
                    "providers": known.providers,
                    "seats": known.seats,
                    "demand": known.demand,
                },
                "recommendation": said.sentence,
                "is_ready": said.good,
            }
        )
    return {"data": rows}
