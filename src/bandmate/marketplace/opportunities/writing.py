"""Writing opportunities: draft, change, publish, close, open again. Each checks, does, publishes; none commits."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, Forbidden
from bandmate.kernel.events import publish as publish_events
from bandmate.kernel.identity import Asker, Role
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities import events
from bandmate.marketplace.opportunities.domain import Opportunity, State, Terms, check
from bandmate.marketplace.opportunities.queries import opportunity, unknown
from bandmate.marketplace.opportunities.seats import settle_seats
from bandmate.marketplace.opportunities.skills import write_skills
from bandmate.marketplace.people import employee_of, reports_of

_TERMS = (
    "format",
    "title",
    "summary",
    "description",
    "department",
    "location",
    "country",
    "time_zone",
    "work_model",
    "seats",
    "hours_per_week",
    "starts_on",
    "ends_on",
    "cadence",
    "internal_until",
    "closes_at",
)
_CREATE = text(f"""
    insert into marketplace.opportunity
           (opportunity_id, kind, owner_id, state, created_at, changed_at, {", ".join(_TERMS)})
    values (:opportunity_id, :kind, :owner_id, 'draft', :now, :now, {", ".join(f":{name}" for name in _TERMS)})
    on conflict (opportunity_id) do nothing
""")  # noqa: S608 - our own columns
_CHANGE = text(f"""
    update marketplace.opportunity
       set version = version + 1, changed_at = :now, {", ".join(f"{name} = :{name}" for name in _TERMS)}
     where opportunity_id = :opportunity_id
""")  # noqa: S608 - our own columns
_HOLD = text("select version from marketplace.opportunity where opportunity_id = :id for update")
_MOVE = text("""
    update marketplace.opportunity
       set state = :state, version = version + 1, changed_at = :now,
           opens_at = case when :opens then cast(:now as timestamptz) else opens_at end,
           listed_at = case when :opens then cast(:now as timestamptz) else listed_at end
     where opportunity_id = :id
    returning version
""")


class ChangedMeanwhile(Conflict):
    """Somebody changed it since it was read; what was sent has not been kept here."""

    slug: ClassVar[str] = "changed-meanwhile"
    title: ClassVar[str] = "It was changed meanwhile"


def may_write(tx: Tx, asker: Asker, kind: Kind) -> bool:
    """Tell whether the asker may offer this kind: any employee, and jobs only operators and managers."""
    if asker.person_id is None or kind not in visible_kinds(tx, asker.person_id):
        return False
    if kind is not Kind.JOB or Role.OPERATOR in asker.roles:
        return True
    return bool(reports_of(tx, asker.person_id))


def id_under(person_id: PersonId, key: str) -> OpportunityId:
    """Return the id of what a person writes under a key of their own: sent twice, it is one opportunity."""
    return OpportunityId(fast_derived_id("marketplace.opportunity", str(person_id), key))


def create(tx: Tx, asker: Asker, opportunity_id: OpportunityId, terms: Terms, *, now: datetime) -> Opportunity:
    """Keep a draft that only its owner sees. The same id again changes nothing.

    Raises:
        NotFound: when the kind is not open to the asker.
        Forbidden: when it is a job and the asker neither manages anybody nor operates this installation.
        Wrong: when something cannot be kept as it is.
    """
    if asker.person_id is None or employee_of(tx, asker.person_id) is None:
        raise unknown()
    if terms.kind not in visible_kinds(tx, asker.person_id):
        raise unknown()
    if not may_write(tx, asker, terms.kind):
        raise Forbidden(
            _("Jobs are offered by managers and operators. Offer a project instead, or ask your manager.")
        )
    check(terms, publishing=False, today=now.date())
    values = _values(terms) | {"opportunity_id": opportunity_id, "kind": terms.kind, "owner_id": asker.person_id}
    if tx.execute(_CREATE, values | {"now": now}).rowcount:
        write_skills(tx, opportunity_id, terms.skills)
    return opportunity(tx, asker, opportunity_id)


def change(
    tx: Tx, asker: Asker, opportunity_id: OpportunityId, terms: Terms, *, version: int, now: datetime
) -> Opportunity:
    """Change what an opportunity says; an open one must still say enough.

    Raises:
        NotFound: when there is none for the asker.
        Forbidden: when it is not the asker's, or comes from a posting.
        ChangedMeanwhile: when ``version`` is not the present one.
        Wrong: when something cannot be kept as it is.
    """
    held = _held(tx, asker, opportunity_id, version)
    if terms.kind is not held.kind:
        raise Conflict(_("The kind of an opportunity stays; close this one and write another."))
    check(terms, publishing=held.state is not State.DRAFT, today=now.date())
    tx.execute(_CHANGE, _values(terms) | {"opportunity_id": opportunity_id, "now": now})
    write_skills(tx, opportunity_id, terms.skills)
    if terms.seats != held.seats:
        settle_seats(tx, [opportunity_id], now=now)
    if held.state is State.OPEN:
        told = events.opportunity_event(events.CHANGED, opportunity_id, held.kind, held.version + 1, now)
        publish_events(tx, [told])
    return opportunity(tx, asker, opportunity_id)


def publish(tx: Tx, asker: Asker, opportunity_id: OpportunityId, *, version: int, now: datetime) -> Opportunity:
    """Open a draft, or what was closed, so that it can be found. What is open stays so; what is full is filled.

    Raises:
        NotFound, Forbidden, ChangedMeanwhile: as ``change``.
        Wrong: when it says too little for others.
    """
    held = _held(tx, asker, opportunity_id, version)
    if held.state is State.OPEN:
        return held
    check(terms_of(held), publishing=True, today=now.date())
    _move(tx, held, State.OPEN, events.OPENED, now)
    settle_seats(tx, [opportunity_id], now=now)
    return opportunity(tx, asker, opportunity_id)


def close(tx: Tx, asker: Asker, opportunity_id: OpportunityId, *, version: int, now: datetime) -> Opportunity:
    """Close an opportunity; it can be opened again. A draft is closed too: nobody ever saw it.

    Raises:
        NotFound, Forbidden, ChangedMeanwhile: as ``change``.
    """
    held = _held(tx, asker, opportunity_id, version)
    if held.state is not State.CLOSED:
        _move(tx, held, State.CLOSED, events.CLOSED, now)
    return opportunity(tx, asker, opportunity_id)


def terms_of(held: Opportunity) -> Terms:
    """Return what an opportunity says, as its owner wrote it."""
    return Terms(kind=held.kind, skills=held.skills, **{name: getattr(held, name) for name in _TERMS})


def _held(tx: Tx, asker: Asker, opportunity_id: OpportunityId, version: int) -> Opportunity:
    """Lock an opportunity of the asker's own in this version."""
    now_at = tx.execute(_HOLD, {"id": opportunity_id}).scalar_one_or_none()
    held = opportunity(tx, asker, opportunity_id)
    if held.job_id is not None:
        raise Forbidden(_("This job comes from a posting. Change it where it is posted; it follows by itself."))
    if held.owner_id != asker.person_id:
        raise Forbidden(_("Only who offers it can change it."))
    if now_at != version:
        raise ChangedMeanwhile(
            _(
                "It was changed since you opened it. What you typed is still here: compare it with the present "
                "version, then save again."
            ),
            version=now_at,
        )
    return held


def _move(tx: Tx, held: Opportunity, state: State, told: str, now: datetime) -> None:
    version = tx.execute(
        _MOVE, {"id": held.opportunity_id, "state": state, "opens": state is State.OPEN, "now": now}
    ).scalar_one()
    if held.state is State.DRAFT and state is State.CLOSED:
        return  # nobody ever heard of it
    publish_events(tx, [events.opportunity_event(told, held.opportunity_id, held.kind, version, now)])


def _values(terms: Terms) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(terms).items() if name in _TERMS}
    return plain | {name: (plain[name] or "").strip() or None for name in ("department", "location", "cadence")}
