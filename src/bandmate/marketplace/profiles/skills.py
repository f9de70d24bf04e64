"""The skills somebody has or wants: said by the person, or proposed with evidence until the person decides.

A proposal is a row in the state ``proposed``: it enters no matching and shows to nobody else. What was declined
never comes back from the same evidence (``proposals``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.profiles import events
from bandmate.marketplace.profiles.domain import MOST_SKILLS, Use, cleaned, parse_level
from bandmate.marketplace.profiles.evidence import evidence_hash
from bandmate.marketplace.profiles.naming import Named

# Saying it oneself beats whatever was proposed or declined before; an evidence it had stays with it.
_ADD = text("""
    insert into marketplace.profile_skill
           (person_id, skill_uri, use, label, own_words, level, state, source, at)
    select :person, uri, :use, label, own_words, :level, 'accepted', 'own', :now
      from unnest(cast(:uris as text[]), cast(:labels as text[]), cast(:words as text[]))
           as t(uri, label, own_words)
    on conflict (person_id, skill_uri, use) do update
       set state = 'accepted', own_words = excluded.own_words, at = excluded.at,
           level = coalesce(excluded.level, profile_skill.level)
     where profile_skill.state <> 'accepted' or profile_skill.own_words is distinct from excluded.own_words
           or (excluded.level is not null and profile_skill.level is distinct from excluded.level)
    returning skill_uri
""")
_COUNT = text("""
    select count(*) from marketplace.profile_skill where person_id = :person and state = 'accepted'
""")
_LEVEL = text("""
    update marketplace.profile_skill set level = :level
     where person_id = :person and skill_uri = :uri and use = :use and state = 'accepted'
    returning label
""")
_REMOVE = text("""
    update marketplace.profile_skill set state = 'declined', at = :now
     where person_id = :person and skill_uri = :uri and use = :use and state = 'accepted'
    returning label, evidence
""")
_RESTORE = text("""
    update marketplace.profile_skill set state = 'accepted', at = :now
     where person_id = :person and skill_uri = :uri and use = :use and state = 'declined'
    returning label, evidence
""")
_ACCEPT = text("""
    update marketplace.profile_skill set state = 'accepted', at = :now
     where person_id = :person and use = 'has' and state = 'proposed' and skill_uri = any(:uris)
    returning skill_uri
""")
_DECLINE = text("""
    update marketplace.profile_skill set state = 'declined', at = :now
     where person_id = :person and use = 'has' and state = 'proposed' and skill_uri = any(:uris)
    returning skill_uri, evidence
""")
_REMEMBER = text("""
    insert into marketplace.profile_skill_declined (person_id, skill_uri, evidence_hash, at)
    select :person, uri, hash, :now from unnest(cast(:uris as text[]), cast(:hashes as bytea[])) as t(uri, hash)
    on conflict do nothing
""")
_FORGET = text("""
    delete from marketplace.profile_skill_declined where person_id = :person and skill_uri = :uri
""")


def add_skills(
    tx: Tx, person_id: PersonId, named: Sequence[Named], use: Use, *, level: int | None, now: datetime
) -> int:
    """Put skills on a profile in the person's own name; return how many changed. Again, it changes nothing.

    Raises:
        InvalidInput: when none is given, the level is none, or there would be too many.
    """
    if not named:
        raise InvalidInput(_("Write the name of a skill, such as “negotiation”."), field="skill")
    values = {
        "person": person_id,
        "use": use.value,
        "level": parse_level(level),
        "uris": [each.uri for each in named],
        "labels": [each.label for each in named],
        "words": [each.own_words for each in named],
        "now": now,
    }
    changed = tx.execute(_ADD, values).scalars().all()
    _check_count(tx, person_id)
    _tell(tx, person_id, changed, now)
    return len(changed)


def set_level(tx: Tx, person_id: PersonId, uri: str, use: Use, level: int | None) -> str:
    """Say how far one is with a skill; return its label.

    Raises:
        InvalidInput: when the level is none.
        NotFound: when the skill is not on the profile.
    """
    values = {"person": person_id, "uri": cleaned(uri), "use": use.value, "level": parse_level(level)}
    label = tx.execute(_LEVEL, values).scalar_one_or_none()
    if label is None:
        raise NotFound(_("This skill is not on your profile; perhaps it was removed."))
    return str(label)


def remove_skill(tx: Tx, person_id: PersonId, uri: str, use: Use, *, now: datetime) -> str:
    """Take a skill off the profile; return its label. It can be brought back.

    Raises:
        NotFound: when the skill is not on the profile.
    """
    uri = cleaned(uri)
    values = {"person": person_id, "uri": uri, "use": use.value, "now": now}
    row = tx.execute(_REMOVE, values).one_or_none()
    if row is None:
        raise NotFound(_("This skill is not on your profile; perhaps it was removed."))
    _remember(tx, person_id, [(uri, row.evidence)], now)
    _tell(tx, person_id, [uri], now)
    return str(row.label)


def restore_skill(tx: Tx, person_id: PersonId, uri: str, use: Use, *, now: datetime) -> str:
    """Bring a removed skill back as it was; return its label.

    Raises:
        NotFound: when it was never there.
        InvalidInput: when there are too many by now.
    """
    uri = cleaned(uri)
    values = {"person": person_id, "uri": uri, "use": use.value, "now": now}
    row = tx.execute(_RESTORE, values).one_or_none()
    if row is None:
        raise NotFound(_("There is no such skill to bring back."))
    tx.execute(_FORGET, {"person": person_id, "uri": uri})
    _check_count(tx, person_id)
    _tell(tx, person_id, [uri], now)
    return str(row.label)


def accept_proposals(tx: Tx, person_id: PersonId, uris: Collection[str], *, now: datetime) -> int:
    """Accept proposals; return how many. What was decided already, or is no proposal, is passed over.

    Raises:
        InvalidInput: when there would be too many skills.
    """
    accepted = (
        tx.execute(_ACCEPT, {"person": person_id, "uris": list(map(cleaned, uris)), "now": now}).scalars().all()
    )
    _check_count(tx, person_id)
    _tell(tx, person_id, accepted, now)
    return len(accepted)


def decline_proposals(tx: Tx, person_id: PersonId, uris: Collection[str], *, now: datetime) -> int:
    """Decline proposals; from the same evidence they never come back. Return how many."""
    rows = tx.execute(_DECLINE, {"person": person_id, "uris": list(map(cleaned, uris)), "now": now}).all()
    _remember(tx, person_id, [(row.skill_uri, row.evidence) for row in rows], now)
    return len(rows)


def _remember(tx: Tx, person_id: PersonId, declined: Sequence[tuple[str, str | None]], now: datetime) -> None:
    known = [(uri, evidence_hash(evidence)) for uri, evidence in declined if evidence]
    if known:
        uris, hashes = zip(*known, strict=True)
        values = {"person": person_id, "uris": list(uris), "hashes": list(hashes), "now": now}
        tx.execute(_REMEMBER, values)


def _check_count(tx: Tx, person_id: PersonId) -> None:
    if tx.execute(_COUNT, {"person": person_id}).scalar_one() > MOST_SKILLS:
        raise InvalidInput(
            _("A profile holds at most {most} skills. Remove some first.").format(most=MOST_SKILLS),
            field="skill",
        )


def _tell(tx: Tx, person_id: PersonId, uris: Sequence[str], now: datetime) -> None:
    if uris:
        events.tell(tx, events.SKILLS_CHANGED, person_id, {"skills": sorted(uris)}, now)
