"""Skills that are read from what a person wrote: proposals with their evidence, never more.

What the person accepted or said themselves is never touched, whichever model reads; what they declined comes back
only from other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.profiles.evidence import Found, evidence_hash
from bandmate.marketplace.profiles.portfolio.queries import claims_of
from bandmate.marketplace.profiles.queries import own_profile

MOST_PROPOSALS = 40
"""That wait for a person at once: more would be a chore."""

READ = ("headline", "about", "claim")
"""The sources that are read again whenever they change."""

# Of several sentences the surest that was not declined; another model may point to another one.
_PROPOSE = text("""
    insert into marketplace.profile_skill
           (person_id, skill_uri, use, label, state, source, evidence, score, read_version, at)
    select :person, uri, 'has', label, 'proposed', source, evidence, score, :version, :now
      from (select distinct on (uri) *
              from unnest(cast(:uris as text[]), cast(:labels as text[]), cast(:evidence as text[]),
                          cast(:scores as real[]), cast(:sources as text[]), cast(:hashes as bytea[]))
                   as t(uri, label, evidence, score, source, hash)
             where not exists (select from marketplace.profile_skill_declined d
                                where d.person_id = :person and d.skill_uri = uri and d.evidence_hash = hash)
             order by uri, score desc nulls last, source, evidence) as best
     where not exists (select from marketplace.profile_skill p
                        where p.person_id = :person and p.skill_uri = best.uri and p.use = 'has'
                          and p.state = 'accepted')
     order by score desc nulls last, uri
     limit :most
    on conflict (person_id, skill_uri, use) do update
       set state = 'proposed', label = excluded.label, source = excluded.source, evidence = excluded.evidence,
           score = excluded.score, read_version = excluded.read_version, at = excluded.at
     where profile_skill.state = 'declined'
        or (profile_skill.state = 'proposed'
            and (profile_skill.source, profile_skill.evidence, profile_skill.score)
                is distinct from (excluded.source, excluded.evidence, excluded.score))
    returning skill_uri
""")

# What the texts do not say any more is not proposed any more.
_DROP = text("""
    delete from marketplace.profile_skill
     where person_id = :person and state = 'proposed' and source = any(:sources) and not skill_uri = any(:uris)
""")


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text of a person that skills may be read from."""

    source: str
    """``headline``, ``about`` or ``claim``."""
    text: str


def texts_of(tx: Tx, person_id: PersonId) -> tuple[OwnText, ...]:
    """Return what a person wrote, to be read outside of the transaction."""
    held = own_profile(tx, person_id)
    claims = claims_of(tx, [person_id])[person_id]
    joined = "\n".join(f"{each.title}.\n{each.words}".strip() for each in claims)
    return (OwnText("headline", held.headline), OwnText("about", held.about), OwnText("claim", joined))


def propose_read(tx: Tx, person_id: PersonId, found: Sequence[Found], *, read_version: str, now: datetime) -> int:
    """Propose what all texts of a person speak of, and no more what none of them does now.

    Returns how many proposals changed; doing it again changes nothing.
    """
    values = {"person": person_id, "sources": list(READ), "uris": [each.uri for each in found]}
    tx.execute(_DROP, values)
    return propose(tx, person_id, found, read_version=read_version, now=now)


def propose(tx: Tx, person_id: PersonId, found: Sequence[Found], *, read_version: str, now: datetime) -> int:
    """Propose skills beside those that wait already; return how many changed. Again, it changes nothing."""
    changed = tx.execute(
        _PROPOSE,
        {
            "person": person_id,
            "version": read_version,
            "now": now,
            "most": MOST_PROPOSALS,
            "uris": [each.uri for each in found],
            "labels": [each.label for each in found],
            "evidence": [each.evidence for each in found],
            "scores": [each.score for each in found],
            "sources": [each.source for each in found],
            "hashes": [evidence_hash(each.evidence) for each in found],
        },
    )
    return len(changed.all())
