"""Which kinds of opportunity are open to whom: the question that every page, count and alert asks first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.kinds import Kind

_VISIBLE = text("""
    select e.person_id, l.kind
      from marketplace.launch l
      join marketplace.employee e on e.person_id = any(:persons) and e.active
     where l.state = 'on'
        or l.state = 'pilot' and exists (
            select from marketplace.people_group_member m
             where m.person_id = e.person_id and m.group_id = any(l.group_ids))
""")
_LEADS = text("""
    select exists (select from marketplace.programme_lead join marketplace.employee e using (person_id)
                    where person_id = :person and e.active)
""")


def visible_kinds(tx: Tx, person_id: PersonId | None) -> frozenset[Kind]:
    """Return the kinds that are open to a person: on, or in pilot with a group of theirs.

    Nothing is open to anybody who is no active employee. Roles do not count here: administrators and programme
    leads look at kinds that are not open on the launches' own pages.
    """
    return frozenset() if person_id is None else visible_kinds_of(tx, [person_id])[person_id]


def visible_kinds_of(tx: Tx, person_ids: Sequence[PersonId]) -> Mapping[PersonId, frozenset[Kind]]:
    """Return ``visible_kinds`` of many persons in one query; every one of them is a key."""
    kinds: defaultdict[PersonId, set[Kind]] = defaultdict(set)
    for row in tx.execute(_VISIBLE, {"persons": list(person_ids)}):
        kinds[row.person_id].add(Kind(row.kind))
    return {person_id: frozenset(kinds.get(person_id, ())) for person_id in person_ids}


def is_programme_lead(tx: Tx, asker: Asker) -> bool:
    """Tell whether the asker leads the programmes: an administrator, or somebody one of them appointed.

    Whoever left leads no more, though they may still sign in for what is their own; back again, they lead again.
    """
    if Role.ADMINISTRATOR in asker.roles:
        return True
    return asker.person_id is not None and bool(tx.execute(_LEADS, {"person": asker.person_id}).scalar_one())


def mentoring_is_open_to(tx: Tx, asker: Asker) -> bool:
    """Tell whether mentoring is open to the asker."""
    return Kind.MENTORING in visible_kinds(tx, asker.person_id)


def something_is_open(tx: Tx, asker: Asker) -> bool:
    """Tell whether any kind of opportunity is open to the asker."""
    return bool(visible_kinds(tx, asker.person_id))
