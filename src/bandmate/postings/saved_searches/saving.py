"""Keeping searches: save, change, delete, bring back, and note that one was looked at.

**From when on there is news.** A search that is saved remembers where the event log stood: its owner knows what
their transaction could see, and hears of everything else, also of what commits late. ``since`` therefore is the
oldest transaction still running. Whoever saves holds a shared lock that the evaluation asks for alone, for an
instant, before it looks which searches there are (``alerting``): so none is overlooked while it is being saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.postings.job_query import JobQuery
from bandmate.postings.saved_searches.domain import (
    FORM,
    MOST_SEARCHES,
    Frequency,
    SavedSearch,
    Schedule,
    SearchId,
    known_zone,
    next_due,
    parse_name,
    read_form,
    tells_of_open_jobs,
    write_form,
)

BARRIER = 0x73_61_76_65
"""Advisory lock between those who save and the evaluation ("save")."""

KEPT_DELETED = timedelta(days=1)
"""How long a deleted search can be brought back."""

KEPT_TOLD = timedelta(days=30)
"""How long it is remembered which postings were told, once they are closed."""

_COLUMNS = """
    search_id, person_id, name, form, query, frequency, hour, weekday, time_zone, created_at, changed_at, seen_at,
    due_at, told_at
"""
_ONE = f"select {_COLUMNS} from postings.saved_search where search_id = :search_id and person_id = :person_id"  # noqa: S608 - our own columns
_FIND = text(f"{_ONE} and deleted_at is null")
_HOLD = text(f"{_ONE} for update")
_LIST = text(f"""
    select {_COLUMNS} from postings.saved_search
     where person_id = :person_id and deleted_at is null order by name, created_at, search_id
""")  # noqa: S608 - our own columns
_COUNT = text("select count(*) from postings.saved_search where person_id = :person_id and deleted_at is null")

# One person's searches are counted by one transaction at a time.
_QUEUE = text("""
    select pg_advisory_xact_lock_shared(:barrier), pg_advisory_xact_lock(hashtextextended(:person_id, :barrier))
""")

_INSERT = text("""
    insert into postings.saved_search
           (search_id, person_id, name, form, query, frequency, hour, weekday, time_zone, created_at, changed_at,
            seen_at, due_at, alerts_since, since_xid, since_position)
    select :search_id, :person_id, :name, :form, :query, :frequency, :hour, :weekday, :time_zone, :now, :now,
           :now, :due_at, case when :alerts then cast(:now as timestamptz) end,
           case when :alerts then pg_snapshot_xmin(pg_current_snapshot()) end, case when :alerts then 0 end
    on conflict (search_id) do nothing
""")

_UPDATE = text("""
    update postings.saved_search
       set name = :name, form = :form, query = :query, frequency = :frequency, hour = :hour, weekday = :weekday,
           time_zone = :time_zone, changed_at = :now, due_at = :due_at,
           alerts_since = case when not :alerts then null
                               when :afresh then cast(:now as timestamptz) else alerts_since end,
           since_xid = case when not :alerts then null
                            when :afresh then pg_snapshot_xmin(pg_current_snapshot()) else since_xid end,
           since_position = case when not :alerts then null when :afresh then 0 else since_position end
     where search_id = :search_id
""")

_DROP_WAITING = text("delete from postings.alert_match where search_id = :search_id and told_at is null")

_DELETE = text("""
    update postings.saved_search set deleted_at = :now
     where search_id = :search_id and person_id = :person_id and deleted_at is null
""")
_RESTORE = text("""
    update postings.saved_search set deleted_at = null
     where search_id = :search_id and person_id = :person_id and deleted_at is not null
""")
_SEE = text("""
    update postings.saved_search set seen_at = :now
     where search_id = :search_id and person_id = :person_id and deleted_at is null and seen_at < :now
""")
_FORGET_DELETED = text("delete from postings.saved_search where deleted_at < :before")

# Told and closed: should it open again, that is another opening.
_FORGET_TOLD = text("""
    delete from postings.alert_match m
     where told_at < :before
       and not exists (select from postings.job j where j.job_id = m.job_id and j.active)
""")


@dataclass(frozen=True, slots=True)
class Wish:
    """A search as somebody wants it kept.

    Raises:
        InvalidInput: when the name cannot be used, or an alert could never tell of anything.
    """

    name: str
    query: JobQuery
    schedule: Schedule

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", parse_name(self.name))
        if self.schedule.frequency is not Frequency.NEVER and not tells_of_open_jobs(self.query):
            raise InvalidInput(
                _(
                    "This search shows no open jobs, and alerts tell of those you can still apply for. Keep it "
                    "without an alert, or add open jobs to it."
                ),
                field="frequency",
            )


def search_id_for(person_id: PersonId, key: str) -> SearchId:
    """Return the id of what a person saves under a key of their own: the same key is the same search."""
    return SearchId(fast_derived_id("postings.saved_search", str(person_id), key))


def save(tx: Tx, person_id: PersonId, search_id: SearchId, wish: Wish, *, now: datetime) -> SavedSearch:
    """Keep a search. The same id with the same wish again changes nothing.

    Raises:
        Conflict: when the person keeps as many as one may, or the id stands for another search.
    """
    _queue(tx, person_id)
    before = _held(tx, person_id, search_id)
    if before is None:
        if tx.execute(_COUNT, {"person_id": person_id}).scalar_one() >= MOST_SEARCHES:
            raise _too_many()
        tx.execute(_INSERT, _values(person_id, search_id, wish, now))
    made = find(tx, person_id, search_id)
    if made is None or not _is(made, wish):
        raise Conflict(_("Another search was saved under this key before. Give each search a key of its own."))
    return made


def change(tx: Tx, person_id: PersonId, search_id: SearchId, wish: Wish, *, now: datetime) -> SavedSearch:
    """Change a search; another query, or an alert switched on, counts news from now on.

    What was told already is not told again. The same wish again changes nothing.

    Raises:
        NotFound: when the person keeps no such search.
    """
    _queue(tx, person_id)
    before = _held(tx, person_id, search_id)
    if before is None or find(tx, person_id, search_id) is None:
        raise _unknown()
    if _is(before, wish):
        return before
    asks_anew = before.query is None or write_form(before.query) != write_form(wish.query)
    afresh = asks_anew or before.schedule.frequency is Frequency.NEVER
    values = _values(person_id, search_id, wish, now)
    tx.execute(_UPDATE, {**values, "afresh": afresh})
    if afresh or not values["alerts"]:
        tx.execute(_DROP_WAITING, {"search_id": search_id})
    return one(tx, person_id, search_id)


def delete(tx: Tx, person_id: PersonId, search_id: SearchId, *, now: datetime) -> None:
    """Delete a search; for a day it can be brought back. One that is deleted already stays so.

    Raises:
        NotFound: when the person never kept such a search.
    """
    if _held(tx, person_id, search_id) is None:
        raise _unknown()
    tx.execute(_DELETE, {"search_id": search_id, "person_id": person_id, "now": now})


def restore(tx: Tx, person_id: PersonId, search_id: SearchId) -> SavedSearch:
    """Bring a deleted search back as it was, with what was found for it meanwhile; again, it changes nothing.

    Raises:
        NotFound: when it is gone for good.
        Conflict: when the person keeps as many as one may.
    """
    _queue(tx, person_id)
    if find(tx, person_id, search_id) is None:
        if tx.execute(_COUNT, {"person_id": person_id}).scalar_one() >= MOST_SEARCHES:
            raise _too_many()
        tx.execute(_RESTORE, {"search_id": search_id, "person_id": person_id})
    return one(tx, person_id, search_id)


def mark_seen(tx: Tx, person_id: PersonId, search_id: SearchId, *, now: datetime) -> None:
    """Note that the owner looks at what fits; what comes from now on is new to them."""
    tx.execute(_SEE, {"search_id": search_id, "person_id": person_id, "now": now})


def tidy(tx: Tx, now: datetime) -> None:
    """Forget deleted searches for good, and what nobody can be told twice any more."""
    tx.execute(_FORGET_DELETED, {"before": now - KEPT_DELETED})
    tx.execute(_FORGET_TOLD, {"before": now - KEPT_TOLD})


def all_of(tx: Tx, person_id: PersonId) -> tuple[SavedSearch, ...]:
    """Return what a person keeps, by name."""
    return tuple(_saved(row) for row in tx.execute(_LIST, {"person_id": person_id}))


def one(tx: Tx, person_id: PersonId, search_id: SearchId) -> SavedSearch:
    """Return one search of a person.

    Raises:
        NotFound: when they keep no such search.
    """
    found = find(tx, person_id, search_id)
    if found is None:
        raise _unknown()
    return found


def find(tx: Tx, person_id: PersonId, search_id: SearchId) -> SavedSearch | None:
    """Return one search of a person, None when they keep no such search."""
    row = tx.execute(_FIND, {"search_id": search_id, "person_id": person_id}).one_or_none()
    return None if row is None else _saved(row)


def _queue(tx: Tx, person_id: PersonId) -> None:
    tx.execute(_QUEUE, {"barrier": BARRIER, "person_id": str(person_id)})


def _held(tx: Tx, person_id: PersonId, search_id: SearchId) -> SavedSearch | None:
    """Lock a search, deleted or not, and return it."""
    row = tx.execute(_HOLD, {"search_id": search_id, "person_id": person_id}).one_or_none()
    return None if row is None else _saved(row)


def _values(person_id: PersonId, search_id: SearchId, wish: Wish, now: datetime) -> dict[str, Any]:
    schedule = wish.schedule
    return {
        "search_id": search_id,
        "person_id": person_id,
        "name": wish.name,
        "form": FORM,
        "query": write_form(wish.query),
        "frequency": schedule.frequency.value,
        "hour": schedule.hour,
        "weekday": schedule.weekday,
        "time_zone": schedule.time_zone,
        "alerts": schedule.frequency is not Frequency.NEVER,
        "due_at": next_due(schedule, now),
        "now": now,
    }


def _is(saved: SavedSearch, wish: Wish) -> bool:
    return (
        saved.query is not None
        and (saved.name, saved.schedule) == (wish.name, wish.schedule)
        and write_form(saved.query) == write_form(wish.query)
    )


def _saved(row: Any) -> SavedSearch:
    return SavedSearch(
        search_id=SearchId(row.search_id),
        person_id=PersonId(row.person_id),
        name=row.name,
        query=read_form(row.form, row.query),
        schedule=Schedule(Frequency(row.frequency), row.hour, row.weekday, known_zone(row.time_zone)),
        created_at=row.created_at,
        changed_at=row.changed_at,
        seen_at=row.seen_at,
        due_at=row.due_at,
        told_at=row.told_at,
    )


def _too_many() -> Conflict:
    return Conflict(
        _("You keep {most} searches, which is as many as one may. Delete one that you no longer need.").format(
            most=MOST_SEARCHES
        )
    )


def _unknown() -> NotFound:
    return NotFound(_("You keep no such search; perhaps it was deleted."))
