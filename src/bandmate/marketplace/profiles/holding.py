"""What profiles and portfolios hold about a person, whole: for their export, their erasure, a merge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString, cast

from sqlalchemy import text

from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

_PROFILE = OwnedRows(
    "marketplace.profile",
    "person_id",
    unless="exists (select from marketplace.profile as other where other.person_id = %(kept)s)",
)
_CLAIMS = OwnedRows("marketplace.claim", "claim_id")
_GIVEN = OwnedRows(
    "marketplace.claim_confirmation",
    "claim_id",
    owner="by_person",
    unless=(
        "exists (select from marketplace.claim_confirmation as other"
        " where other.claim_id = mine.claim_id and other.by_person = %(kept)s)"
    ),
)

# What names a row beside its person, as one text.
_SKILL: LiteralString = "(mine.use || ' ' || mine.skill_uri)"
_DECLINED: LiteralString = "(encode(mine.evidence_hash, 'hex') || ' ' || mine.skill_uri)"

_EXPORT = text("""
    select jsonb_build_object(
        'profile', (select to_jsonb(p) - 'person_id' from marketplace.profile p where p.person_id = :person),
        'skills', coalesce((select jsonb_agg(to_jsonb(s) - 'person_id' order by s.use, s.label, s.skill_uri)
                              from marketplace.profile_skill s where s.person_id = :person), '[]'),
        'declined_skills', coalesce((
            select jsonb_agg(jsonb_build_object('skill_uri', d.skill_uri, 'at', d.at) order by d.at, d.skill_uri)
              from marketplace.profile_skill_declined d where d.person_id = :person), '[]'),
        'claims', coalesce((
            select jsonb_agg(to_jsonb(c) - 'person_id' || jsonb_build_object(
                'skills', coalesce((select jsonb_agg(jsonb_build_object('uri', k.skill_uri, 'label', k.label)
                                                     order by k.label, k.skill_uri)
                                      from marketplace.claim_skill k where k.claim_id = c.claim_id), '[]'),
                'confirmations', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'by', who.name, 'role', f.role_of_confirmer, 'state', f.state, 'words', f.words,
                        'asked_at', f.asked_at, 'answered_at', f.answered_at) order by f.asked_at, f.by_person)
                      from marketplace.claim_confirmation f join kernel.person who on who.person_id = f.by_person
                     where f.claim_id = c.claim_id), '[]'))
                order by c.created_at, c.claim_id)
              from marketplace.claim c where c.person_id = :person), '[]'),
        'confirmations_asked_of_you', coalesce((
            select jsonb_agg(jsonb_build_object(
                'of', who.name, 'title', c.title, 'role', f.role_of_confirmer, 'state', f.state, 'words', f.words,
                'asked_at', f.asked_at, 'answered_at', f.answered_at) order by f.asked_at, f.claim_id)
              from marketplace.claim_confirmation f
              join marketplace.claim c on c.claim_id = f.claim_id
              join kernel.person who on who.person_id = c.person_id
             where f.by_person = :person), '[]'))
""")

_ERASE = (
    text("delete from marketplace.profile where person_id = :person"),
    text("delete from marketplace.profile_skill where person_id = :person"),
    text("delete from marketplace.profile_skill_declined where person_id = :person"),
    text("delete from marketplace.claim where person_id = :person"),
    # What they confirmed is another's evidence: that it was confirmed stays, who and in which words goes.
    text("delete from marketplace.claim_confirmation where by_person = :person and state <> 'confirmed'"),
    text("update marketplace.claim_confirmation set words = '' where by_person = :person"),
)


def _export(tx: Tx, person: PersonId) -> Json:
    return cast(Json, tx.execute(_EXPORT, {"person": person}).scalar_one())


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    for statement in _ERASE:
        tx.execute(statement, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    return {
        "profile": move_rows(tx, _PROFILE, kept=kept, merged=merged),
        "skills": _move(tx, "marketplace.profile_skill", _SKILL, _other("profile_skill"), kept, merged),
        "declined": _move(
            tx, "marketplace.profile_skill_declined", _DECLINED, _other("profile_skill_declined"), kept, merged
        ),
        "claims": move_rows(tx, _CLAIMS, kept=kept, merged=merged),
        "confirmations_given": move_rows(tx, _GIVEN, kept=kept, merged=merged),
    }


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    give_back_rows(tx, _PROFILE, moved["profile"], kept=kept, merged=merged)
    _give_back(tx, "marketplace.profile_skill", _SKILL, moved["skills"], kept, merged)
    _give_back(tx, "marketplace.profile_skill_declined", _DECLINED, moved["declined"], kept, merged)
    give_back_rows(tx, _CLAIMS, moved["claims"], kept=kept, merged=merged)
    give_back_rows(tx, _GIVEN, moved["confirmations_given"], kept=kept, merged=merged)


def _other(table: LiteralString) -> LiteralString:
    """Return SQL that is true where the kept person has the same row already."""
    same: LiteralString = (
        "other.use = mine.use" if table == "profile_skill" else ("other.evidence_hash = mine.evidence_hash")
    )
    return (
        "exists (select from marketplace." + table + " as other where other.person_id = %(kept)s"
        " and other.skill_uri = mine.skill_uri and " + same + ")"
    )


def _move(
    tx: Tx, table: LiteralString, key: LiteralString, unless: LiteralString, kept: PersonId, merged: PersonId
) -> list[str]:
    """As ``move_rows``, for rows that several columns name."""
    statement = (
        "update " + table + " as mine set person_id = %(kept)s"  # noqa: S608 - literals only
        " where mine.person_id = %(merged)s and not " + unless + " returning " + key
    )
    return sorted(row[0] for row in fetch_tuples(tx, statement, {"kept": kept, "merged": merged}))


def _give_back(
    tx: Tx, table: LiteralString, key: LiteralString, keys: Sequence[str], kept: PersonId, merged: PersonId
) -> None:
    statement = (
        "update " + table + " as mine set person_id = %(merged)s"  # noqa: S608 - literals only
        " where mine.person_id = %(kept)s and " + key + " = any(%(keys)s) returning 1"
    )
    fetch_tuples(tx, statement, {"kept": kept, "merged": merged, "keys": list(keys)})


HOLDING = declare_holding(
    Holding(
        name="marketplace.profiles",
        title=later("Your profile, your skills and your portfolio of evidence"),
        tables=(
            "marketplace.profile",
            "marketplace.profile_skill",
            "marketplace.profile_skill_declined",
            "marketplace.claim",
            "marketplace.claim_skill",
            "marketplace.claim_confirmation",
        ),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        kept=later("That somebody confirmed a colleague's work stays in that portfolio, without name and words."),
    )
)
