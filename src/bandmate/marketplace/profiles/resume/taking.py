"""Taking things over from a résumé that was read: only what was ticked, and nothing that stands is replaced."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.profiles.domain import MOST_ITEMS
from bandmate.marketplace.profiles.evidence import Found
from bandmate.marketplace.profiles.naming import name_skill
from bandmate.marketplace.profiles.portfolio.claims import add_claim, claim_id_for, restore_claim
from bandmate.marketplace.profiles.portfolio.domain import ClaimText
from bandmate.marketplace.profiles.portfolio.queries import claims_of
from bandmate.marketplace.profiles.proposals import propose
from bandmate.marketplace.profiles.queries import own_profile, own_skills
from bandmate.marketplace.profiles.resume.reading import Entry, Resume
from bandmate.marketplace.profiles.writing import save_whole


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that may be taken over."""

    key: str
    what: str
    """``headline``, ``about``, ``interest``, ``skill`` or ``claim``."""
    label: str
    note: str = ""
    """Where it was; data."""
    span: tuple[date | None, date | None] = (None, None)
    """From when and until when."""
    kind: str = ""
    there: bool = False
    """Something stands there already, so it is not offered."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over."""

    fields: int
    claims: int
    proposals: int


def offers(tx: Tx, person_id: PersonId, resume: Resume) -> tuple[Offer, ...]:
    """Return what a résumé offers to a person, in its order; what they have already is marked."""
    held = own_profile(tx, person_id)
    interests = {each.casefold() for each in held.interests}
    room = len(interests) < MOST_ITEMS
    skills = {word.casefold() for each in own_skills(tx, person_id) for word in (each.label, each.own_words or "")}
    claims = {each.claim_id for each in claims_of(tx, [person_id])[person_id]}
    found = []
    if resume.headline:
        found.append(Offer("headline", "headline", resume.headline, there=bool(held.headline)))
    if resume.about:
        found.append(Offer("about", "about", resume.about, there=bool(held.about)))
    for number, each in enumerate(resume.interests):
        there = each.casefold() in interests or not room
        found.append(Offer(f"interest-{number}", "interest", each, there=there))
    for number, each in enumerate(resume.skills):
        found.append(Offer(f"skill-{number}", "skill", each, there=each.casefold() in skills))
    for number, entry in enumerate(resume.entries):
        said = entry.said
        there = claim_id_for(person_id, entry.key) in claims
        note, span = said.organisation or "", (said.from_date, said.to_date)
        found.append(Offer(f"claim-{number}", "claim", said.title, note, span, said.kind.value, there))
    return tuple(found)


def take(
    tx: Tx, person_id: PersonId, resume: Resume, chosen: Collection[str], settings: Settings, *, now: datetime
) -> Taken:
    """Take over what was chosen; taking the same again changes nothing.

    Skills become proposals, entries become claims that only the person sees; a field is filled only where it is
    empty.

    Raises:
        InvalidInput: when the portfolio is full.
    """
    open_keys = {each.key for each in offers(tx, person_id, resume) if not each.there and each.key in chosen}
    fields = _take_fields(tx, person_id, resume, open_keys, now)
    entries = [each for number, each in enumerate(resume.entries) if f"claim-{number}" in open_keys]
    for entry in entries:
        _take_entry(tx, person_id, entry, settings, now)
    words = [each for number, each in enumerate(resume.skills) if f"skill-{number}" in open_keys]
    named = [name_skill(settings, each) for each in words]
    found = [Found(each.uri, each.label, each.own_words, None, "resume") for each in named]
    proposals = propose(tx, person_id, found, read_version="resume", now=now) if found else 0
    return Taken(fields, len(entries), proposals)


def _take_fields(tx: Tx, person_id: PersonId, resume: Resume, keys: Collection[str], now: datetime) -> int:
    before = own_profile(tx, person_id)
    interests = tuple(each for number, each in enumerate(resume.interests) if f"interest-{number}" in keys)
    after = replace(
        before,
        headline=resume.headline if "headline" in keys else before.headline,
        about=resume.about if "about" in keys else before.about,
        interests=(before.interests + interests)[:MOST_ITEMS],
    )
    if after != before:
        save_whole(tx, after, version=before.version, now=now)
    names = ("headline", "about", "interests")
    return sum(getattr(after, name) != getattr(before, name) for name in names)


def _take_entry(tx: Tx, person_id: PersonId, entry: Entry, settings: Settings, now: datetime) -> None:
    claim_id = claim_id_for(person_id, entry.key)
    named = [name_skill(settings, each) for each in entry.skills]
    said: ClaimText = replace(entry.said, skills={each.uri: each.label for each in named})
    try:
        add_claim(tx, person_id, claim_id, said, now=now)
    except NotFound:  # removed today: taking it over again brings it back
        restore_claim(tx, person_id, claim_id, now=now)
