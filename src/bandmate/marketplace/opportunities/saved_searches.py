"""Searches that somebody keeps, and the alerts that tell what is new in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, NewType
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.consent import Purpose, Through, allows, allows_all, declare_purpose, grant
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageTemplate, declare_template
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, parsed, written

SearchId = NewType("SearchId", UUID)

EMAIL = "email"
LONGEST_NAME = 80
MOST_SEARCHES = 50
SETTLING = timedelta(minutes=10)
"""What was written within this time may not be committed yet; the next alert tells of it."""

OPPORTUNITY_ALERTS = declare_purpose(
    Purpose(
        name="marketplace.opportunity_alerts",
        title="Opportunity alerts",
        wording=(
            "You may write to me by e-mail when new jobs, projects or mentoring inside the company fit the "
            "searches I saved, as often as I chose for each of them. I can take this back at any time, here or "
            "with the link in every message."
        ),
        version=1,
        channels=(EMAIL,),
    )
)
TEMPLATE = declare_template(
    MessageTemplate("marketplace.opportunity_alert", "Opportunity alerts", Path(__file__).parent / "messages")
).name


class Alerts(StrEnum):
    """How often somebody hears of a search."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


EVERY: Mapping[Alerts, timedelta] = {Alerts.DAILY: timedelta(days=1), Alerts.WEEKLY: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that somebody keeps."""

    search_id: SearchId
    person_id: PersonId
    name: str
    query: OpportunityQuery | None
    """None where this release cannot read it any more."""
    alerts: Alerts
    seen_at: datetime
    """When its owner last looked at what fits."""
    told_at: datetime | None
    created_at: datetime
    changed_at: datetime


_COLUMNS = "search_id, person_id, name, query, alerts, seen_at, told_at, created_at, changed_at"
_ALL = text(f"""
    select {_COLUMNS} from marketplace.opportunity_search
     where person_id = :person order by lower(name), created_at, search_id
""")  # noqa: S608 - our own columns
_ONE = text(f"""
    select {_COLUMNS} from marketplace.opportunity_search where search_id = :search and person_id = :person
""")  # noqa: S608 - our own columns
_QUEUE = text("select pg_advisory_xact_lock(hashtextextended('opportunity_search ' || :person, 0))")
_COUNT = text("select count(*) from marketplace.opportunity_search where person_id = :person")
_KEEP = text("""
    insert into marketplace.opportunity_search as s
           (search_id, person_id, name, query, alerts, seen_at, told_at, created_at, changed_at)
    values (:search, :person, :name, :query, :alerts, :now, :told_at, :now, :now)
    on conflict (search_id) do update
       set name = excluded.name, query = excluded.query, alerts = excluded.alerts,
           changed_at = excluded.changed_at,
           told_at = case when excluded.alerts = 'never' then null
                          when s.alerts = 'never' or s.query <> excluded.query then excluded.told_at
                          else s.told_at end
     where s.person_id = excluded.person_id
""")
_DELETE = text("delete from marketplace.opportunity_search where search_id = :search and person_id = :person")
_SEE = text("""
    update marketplace.opportunity_search set seen_at = :now
     where search_id = :search and person_id = :person and seen_at < :now
""")


def search_id_under(person_id: PersonId, key: str) -> SearchId:
    """Return the id of what a person saves under a key of their own: sent twice, it is one search."""
    return SearchId(fast_derived_id("marketplace.opportunity_search", str(person_id), key))


def keep(
    tx: Tx,
    person_id: PersonId,
    search_id: SearchId,
    *,
    name: str,
    query: OpportunityQuery,
    alerts: Alerts,
    now: datetime,
) -> SavedSearch:
    """Keep a search, or change the one that has this id. The same again changes nothing that matters.

    Raises:
        InvalidInput: when the name is empty or too long.
        Conflict: when the person keeps as many as one may.
    """
    shown = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    if not shown:
        raise InvalidInput(_("Give the search a name, so that you know it again."), field="name")
    if len(shown) > LONGEST_NAME:
        raise InvalidInput(
            _("The name has {count} characters; {most} are enough.").format(count=len(shown), most=LONGEST_NAME),
            field="name",
        )
    tx.execute(_QUEUE, {"person": str(person_id)})
    new = find(tx, person_id, search_id) is None
    if new and tx.execute(_COUNT, {"person": person_id}).scalar_one() >= MOST_SEARCHES:
        raise Conflict(
            _("You keep {most} searches, which is as many as one may. Delete one that you no longer need.").format(
                most=MOST_SEARCHES
            )
        )
    values = {
        "search": search_id,
        "person": person_id,
        "name": shown,
        "query": written(query),
        "alerts": alerts,
        "told_at": None if alerts is Alerts.NEVER else now,
        "now": now,
    }
    tx.execute(_KEEP, values)
    return one(tx, person_id, search_id)


def delete(tx: Tx, person_id: PersonId, search_id: SearchId) -> SavedSearch:
    """Delete a search and return what it was.

    Raises:
        NotFound: when the person keeps no such search.
    """
    held = one(tx, person_id, search_id)
    tx.execute(_DELETE, {"search": search_id, "person": person_id})
    return held


def mark_seen(tx: Tx, person_id: PersonId, search_id: SearchId, *, now: datetime) -> None:
    """Note that the owner looks at what fits; what comes from now on is new to them."""
    tx.execute(_SEE, {"search": search_id, "person": person_id, "now": now})


def all_of(tx: Tx, person_id: PersonId) -> tuple[SavedSearch, ...]:
    """Return what a person keeps, by name."""
    return tuple(saved_search_of(row) for row in tx.execute(_ALL, {"person": person_id}))


def find(tx: Tx, person_id: PersonId, search_id: SearchId) -> SavedSearch | None:
    """Return one search of a person, None when they keep no such search."""
    row = tx.execute(_ONE, {"search": search_id, "person": person_id}).one_or_none()
    return None if row is None else saved_search_of(row)


def one(tx: Tx, person_id: PersonId, search_id: SearchId) -> SavedSearch:
    """Return one search of a person.

    Raises:
        NotFound: when they keep no such search.
    """
    found = find(tx, person_id, search_id)
    if found is None:
        raise NotFound(_("You keep no such search; perhaps it was deleted."))
    return found


def alerts_allowed(tx: Tx, person_id: PersonId, now: datetime) -> bool:
    """Whether a person allows alerts by e-mail now."""
    return bool(allows(tx, person_id, OPPORTUNITY_ALERTS.name, EMAIL, at=now).allowed)


def allowing(tx: Tx, person_ids: Sequence[PersonId], now: datetime) -> frozenset[PersonId]:
    """Return those of these persons who allow alerts by e-mail now."""
    return frozenset(allows_all(tx, person_ids, OPPORTUNITY_ALERTS.name, EMAIL, at=now))


def agree(tx: Tx, person_id: PersonId, alerts: Alerts, *, agreed: bool, now: datetime) -> None:
    """Write down the consent that alerts need, given on the form that switches them on.

    Raises:
        InvalidInput: when they need a consent that was not given.
    """
    if alerts is Alerts.NEVER or alerts_allowed(tx, person_id, now):
        return
    if not agreed:
        raise InvalidInput(_("Allow us to write to you, or choose to get no messages."), field="allow")
    shown = OPPORTUNITY_ALERTS.shown(to=person_id, through=Through.PAGE)
    grant(tx, person_id, OPPORTUNITY_ALERTS.name, EMAIL, evidence=shown, at=now)


def saved_search_of(row: Any) -> SavedSearch:
    """Make a saved search of a row."""
    return SavedSearch(
        search_id=SearchId(row.search_id),
        person_id=PersonId(row.person_id),
        name=row.name,
        query=parsed(row.query),
        alerts=Alerts(row.alerts),
        seen_at=row.seen_at,
        told_at=row.told_at,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
