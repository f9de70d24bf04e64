"""Governing launches: change and undo, programme leads, own companies. Each is audited; none commits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel import audit
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.tasks import defer
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import events
from bandmate.marketplace.launches.domain import LONGEST_REASON, MOST_DAYS, Launch, LaunchState
from bandmate.marketplace.launches.queries import history, launch_of
from bandmate.marketplace.people import all_groups, employee_named, employee_of
from bandmate.postings import companies

FOLLOW_POSTINGS = "marketplace.follow_postings"
"""The task that brings jobs in step with postings (``opportunities.tasks``)."""

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('marketplace.launch ' || :kind, 0))")
_SET = text("""
    insert into marketplace.launch as l (kind, state, group_ids, internal_first_days, changed_at, changed_by)
    values (:kind, :state, cast(:groups as uuid[]), :days, :now, :by)
    on conflict (kind) do update
       set state = excluded.state, group_ids = excluded.group_ids,
           internal_first_days = excluded.internal_first_days, version = l.version + 1,
           changed_at = excluded.changed_at, changed_by = excluded.changed_by
    returning version
""")
_NOTE = text("""
    insert into marketplace.launch_change (kind, state, group_ids, internal_first_days, at, by, reason)
    values (:kind, :state, cast(:groups as uuid[]), :days, :now, :by, :reason)
""")
_APPOINT = text("""
    insert into marketplace.programme_lead (person_id, granted_by, granted_at) values (:person, :by, :now)
    on conflict do nothing
""")
_RELEASE = text("delete from marketplace.programme_lead where person_id = :person")
_DROP = text("delete from marketplace.own_company where not org_id = any(:orgs)")
_ADD = text("""
    insert into marketplace.own_company (org_id, name, added_by, added_at)
    select org_id, name, :by, :now
      from unnest(cast(:orgs as uuid[]), cast(:names as text[])) as t(org_id, name)
    on conflict (org_id) do nothing
""")


@dataclass(frozen=True, slots=True)
class Setting:
    """How a kind should stand."""

    state: LaunchState
    group_ids: tuple[GroupId, ...] = ()
    internal_first_days: int = 0


def change_launch(
    tx: Tx, by: PersonId, kind: Kind, setting: Setting, *, reason: str, version: int, now: datetime
) -> Launch:
    """Set to whom a kind is open, with the reason. The same setting again changes nothing.

    Raises:
        InvalidInput: without a reason, for a pilot without a group, for a group there is not, for wrong days.
        Conflict: when somebody changed it since ``version``.
    """
    tx.execute(_LOCK, {"kind": kind})
    held = launch_of(tx, kind)
    if held.version != version:
        raise Conflict(_("Somebody changed this launch since you opened the page. Look at it again, then decide."))
    _check(tx, kind, setting, reason)
    if setting == Setting(held.state, held.group_ids, held.internal_first_days):
        return held
    values = {
        "kind": kind,
        "state": setting.state,
        "groups": list(setting.group_ids),
        "days": setting.internal_first_days,
        "now": now,
        "by": by,
    }
    made = tx.execute(_SET, values).scalar_one()
    tx.execute(_NOTE, {**values, "reason": reason.strip()})
    audit.note(
        tx,
        by=by,
        action=events.CHANGED,
        subject=kind,
        at=now,
        details={"state": setting.state, "groups": str(len(setting.group_ids)), "before": held.state},
    )
    publish(tx, [events.launch_event(kind, setting.state, made, now)])
    if setting.internal_first_days != held.internal_first_days:
        defer(tx, FOLLOW_POSTINGS)
    return launch_of(tx, kind)


def undo_change(tx: Tx, by: PersonId, kind: Kind, change_id: int, *, now: datetime) -> Launch:
    """Put back what held before the last change of a kind; that is a change of its own, with its own note.

    Raises:
        NotFound: when there is no such change.
        Conflict: when it is not the last one any more.
    """
    tx.execute(_LOCK, {"kind": kind})
    changes = history(tx, kind)
    found = next((change for change in changes if change.change_id == change_id), None)
    if found is None:
        raise NotFound(_("There is no such change of this launch."))
    if not found.undoable:
        raise Conflict(_("Only the last change can be undone. Set the launch as you want it instead."))
    before = changes[1] if len(changes) > 1 else None
    setting = (
        Setting(before.state, before.group_ids, before.internal_first_days) if before else Setting(LaunchState.OFF)
    )
    reason = _("The last change was undone.")
    # A group of that time may be gone by now; then it is left out, and a pilot without groups is off.
    known = {group.group_id for group in all_groups(tx)}
    groups = tuple(each for each in setting.group_ids if each in known)
    state = LaunchState.OFF if setting.state is LaunchState.PILOT and not groups else setting.state
    setting = Setting(state, groups, setting.internal_first_days)
    return change_launch(tx, by, kind, setting, reason=reason, version=launch_of(tx, kind).version, now=now)


def appoint_lead(tx: Tx, by: PersonId, written: str, *, now: datetime) -> PersonId:
    """Make an employee a programme lead, named by e-mail address or user name; again, nothing changes.

    Raises:
        InvalidInput: when no active employee has it.
    """
    found = employee_named(tx, written)
    if found is None:
        raise InvalidInput(
            _("Nobody in the directory has this e-mail address or user name. Check it for typing errors."),
            field="lead",
        )
    if tx.execute(_APPOINT, {"person": found, "by": by, "now": now}).rowcount:
        audit.note(tx, by=by, action=events.LEAD_APPOINTED, subject=str(found), at=now)
    return found


def appoint_again(tx: Tx, by: PersonId, person_id: PersonId, *, now: datetime) -> None:
    """Make a released programme lead one again.

    Raises:
        NotFound: when they are no active employee.
    """
    if employee_of(tx, person_id) is None:
        raise NotFound(_("There is no such employee."))
    if tx.execute(_APPOINT, {"person": person_id, "by": by, "now": now}).rowcount:
        audit.note(tx, by=by, action=events.LEAD_APPOINTED, subject=str(person_id), at=now)


def release_lead(tx: Tx, by: PersonId, person_id: PersonId, *, now: datetime) -> None:
    """Release a programme lead; whoever is none stays none."""
    if tx.execute(_RELEASE, {"person": person_id}).rowcount:
        audit.note(tx, by=by, action=events.LEAD_RELEASED, subject=str(person_id), at=now)


def choose_companies(tx: Tx, by: PersonId, org_ids: Collection[UUID], *, now: datetime) -> None:
    """Say whose postings are the company's own; theirs become jobs here, others' are closed.

    Raises:
        InvalidInput: for a company that postings do not know.
    """
    known = {company.org_id: company.name for company in companies(tx)}
    if any(org_id not in known for org_id in org_ids):
        raise InvalidInput(_("One of these companies is not known. Open the page again."), field="companies")
    orgs = sorted(set(org_ids))
    changed = tx.execute(_DROP, {"orgs": orgs}).rowcount
    values = {"orgs": orgs, "names": [known[each] for each in orgs], "by": by, "now": now}
    changed += tx.execute(_ADD, values).rowcount
    if changed:
        audit.note(
            tx,
            by=by,
            action=events.COMPANIES_CHOSEN,
            subject="own_companies",
            at=now,
            details={"count": str(len(orgs))},
        )
        defer(tx, FOLLOW_POSTINGS)


def _check(tx: Tx, kind: Kind, setting: Setting, reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(_("Give the reason, so that others understand it later."), field="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            _("The reason has {count} characters; {most} are enough.").format(
                count=len(reason), most=LONGEST_REASON
            ),
            field="reason",
        )
    if setting.state is LaunchState.PILOT and not setting.group_ids:
        raise InvalidInput(_("Choose at least one group for the pilot."), field="groups")
    known = {group.group_id for group in all_groups(tx)}
    if not known.issuperset(setting.group_ids):
        raise InvalidInput(_("One of these groups is gone. Open the page again."), field="groups")
    if not 0 <= setting.internal_first_days <= MOST_DAYS:
        raise InvalidInput(_("Write days from 0 to {most}.").format(most=MOST_DAYS), field="internal_first_days")
    if setting.internal_first_days and kind is not Kind.JOB:
        raise InvalidInput(_("Only jobs can be for our own people first."), field="internal_first_days")
