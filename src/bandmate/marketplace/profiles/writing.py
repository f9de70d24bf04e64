"""Saving a profile: section by section as the pages do, or whole as the API does; nothing typed is ever lost.

A section is saved only over what its writer saw. The page sends back a mark of that; where somebody (the same
person in another window) saved the section meanwhile, the form comes back with what was typed and what is saved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.tasks import defer
from bandmate.marketplace.profiles import domain, events
from bandmate.marketplace.profiles.domain import Field, Profile, Target
from bandmate.marketplace.profiles.queries import own_profile
from bandmate.marketplace.profiles.tables import profile

READ_TEXTS = "marketplace.read_profile"


class Section(StrEnum):
    """A part of the profile with a form of its own."""

    ABOUT = "about"
    STRENGTHS = "strengths"
    AIMS = "aims"
    STYLE = "style"
    AVAILABILITY = "availability"
    SHOWN = "shown"
    RANKING = "ranking"


PARTS: Mapping[Section, tuple[str, ...]] = {
    Section.ABOUT: ("headline", "about"),
    Section.STRENGTHS: ("strengths", "interests"),
    Section.AIMS: ("aims", "target"),
    Section.STYLE: ("working_style",),
    Section.AVAILABILITY: ("hours_per_week", "available_from", "open_to"),
    Section.SHOWN: (),
    Section.RANKING: ("ai_ranking",),
}
"""The attributes of a profile that each section holds."""

SHOWN: Mapping[Section, tuple[Field, ...]] = {
    Section.ABOUT: (Field.HEADLINE, Field.ABOUT),
    Section.STRENGTHS: (Field.STRENGTHS, Field.INTERESTS),
    Section.AIMS: (Field.AIMS, Field.TARGET),
    Section.STYLE: (Field.WORKING_STYLE,),
    Section.AVAILABILITY: (Field.AVAILABILITY, Field.OPEN_TO),
    Section.SHOWN: (Field.SKILLS, Field.WANTS),
    Section.RANKING: (),
}
"""The fields whose visibility is chosen in each section."""


def mark_of(profile_: Profile, section: Section) -> str:
    """Return a mark of what a section holds; it changes when, and only when, the section does."""
    held = [_plainly(getattr(profile_, name)) for name in PARTS[section]]
    held += [profile_.visibility[each].value for each in SHOWN[section]]
    return hashlib.blake2b(repr(held).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _plainly(value: object) -> object:
    if isinstance(value, dict | frozenset):
        return sorted(value.items()) if isinstance(value, dict) else sorted(value)
    return value


class Overtaken(Conflict):
    """The section was saved by another window after this one was opened; nothing was saved now."""

    def __init__(self, saved: Profile) -> None:
        super().__init__(
            _(
                "This part was saved from another window after you opened it, so nothing was saved now. What you "
                "typed is still here; what is saved stands beside it. Save again to replace it."
            )
        )
        self.saved = saved


def checked(wanted: Profile) -> Profile:
    """Return a profile with every value as it is kept.

    Raises:
        InvalidInput: when a value cannot be kept; ``field`` names it.
    """
    return replace(
        wanted,
        headline=domain.plain(wanted.headline, domain.LONGEST_HEADLINE, "headline"),
        about=domain.plain(wanted.about, domain.LONGEST_ABOUT, "about", lines=True),
        strengths=domain.items(wanted.strengths, "strengths"),
        interests=domain.items(wanted.interests, "interests"),
        aims=domain.plain(wanted.aims, domain.LONGEST_AIMS, "aims", lines=True),
        working_style=domain.parse_style(wanted.working_style),
        hours_per_week=domain.parse_hours(wanted.hours_per_week),
    )


def save_section(
    tx: Tx, person_id: PersonId, section: Section, wanted: Profile, *, seen: str, now: datetime
) -> Profile:
    """Save one section of a profile; the rest of ``wanted`` does not count. The same again changes nothing.

    Args:
        tx: the transaction.
        person_id: whose profile it is.
        section: which part.
        wanted: holds the section's new values and visibilities.
        seen: ``mark_of`` what the writer saw.
        now: when.

    Raises:
        InvalidInput: when a value cannot be kept.
        Overtaken: when the section was changed meanwhile, to something else than is wanted.
    """
    before = _locked(tx, person_id, now)
    values = {name: getattr(wanted, name) for name in PARTS[section]}
    shown = {each: wanted.visibility[each] for each in SHOWN[section]}
    after = checked(replace(before, **values, visibility={**before.visibility, **shown}))
    if mark_of(before, section) not in {seen, mark_of(after, section)}:
        raise Overtaken(before)
    return _write(tx, before, after, now)


def save_whole(tx: Tx, wanted: Profile, *, version: int | None, now: datetime) -> Profile:
    """Save a whole profile.

    Args:
        tx: the transaction.
        wanted: the profile, of the person it names.
        version: the version its writer read (0 for none yet); None saves over whatever is there.
        now: when.

    Raises:
        InvalidInput: when a value cannot be kept.
        Overtaken: when the profile has another version by now.
    """
    before = _locked(tx, wanted.person_id, now)
    after = checked(wanted)
    if version is not None and version != before.version and _values(after) != _values(before):
        raise Overtaken(before)
    return _write(tx, before, after, now)


def set_ai_ranking(tx: Tx, person_id: PersonId, *, on: bool, now: datetime) -> None:
    """Switch ranking by the machine on or off for a person, for good; again, it changes nothing."""
    before = _locked(tx, person_id, now)
    _write(tx, before, replace(before, ai_ranking=on), now)


def _locked(tx: Tx, person_id: PersonId, now: datetime) -> Profile:
    """Return the profile with its row locked; the row is made where there is none, as version 0."""
    blank = {"person_id": person_id, "version": 0, "created_at": now, "changed_at": now}
    tx.execute(insert(profile).values(blank).on_conflict_do_nothing())
    tx.execute(select(profile.c.person_id).where(profile.c.person_id == person_id).with_for_update())
    return own_profile(tx, person_id)


def _write(tx: Tx, before: Profile, after: Profile, now: datetime) -> Profile:
    was, values = _values(before), _values(after)
    changed = sorted(name for name in values if values[name] != was[name])
    if not changed:
        return before
    version = before.version + 1
    tx.execute(
        update(profile)
        .where(profile.c.person_id == before.person_id)
        .values(**values, version=version, changed_at=now)
    )
    events.tell(tx, events.PROFILE_CHANGED, before.person_id, {"fields": changed, "version": version}, now)
    if {"headline", "about"} & set(changed):
        defer(tx, READ_TEXTS, person_id=str(before.person_id))
    return replace(after, version=version)


def _values(held: Profile) -> dict[str, object]:
    """Return a profile as its row holds it."""
    target = held.target or Target(domain.TargetKind.WORDS, "")
    return {
        "headline": held.headline,
        "about": held.about,
        "strengths": list(held.strengths),
        "interests": list(held.interests),
        "aims": held.aims,
        "target_kind": held.target.kind.value if held.target else None,
        "target_uri": target.uri,
        "target_label": target.label or None,
        "target_opportunity_id": target.opportunity_id,
        "target_by": target.by,
        "working_style": dict(held.working_style),
        "hours_per_week": held.hours_per_week,
        "available_from": held.available_from,
        "open_to": sorted(kind.value for kind in held.open_to),
        "visibility": {each.value: held.visibility[each].value for each in Field},
        "ai_ranking": held.ai_ranking,
    }
