"""What rounds, pairs and teams hold about a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString, cast

from sqlalchemy import text

from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

# What is only proposed is for programme leads, and stands in no export: nobody was told of it.
_EXPORT = text("""
    select jsonb_build_object(
        'rounds', coalesce((
            select jsonb_agg(jsonb_build_object('round', r.name, 'published_at', r.published_at, 'as', t.part,
                                                'waiting', w.reason) order by r.published_at, t.part)
              from (select round_id, person_id, 'mentee' as part from marketplace.round_mentee
                     union all
                    select round_id, person_id, 'mentor' from marketplace.round_mentor) t
              join marketplace.round r using (round_id)
              left join marketplace.round_waiting w
                     on w.round_id = t.round_id and w.mentee_id = t.person_id and t.part = 'mentee'
             where t.person_id = :person and r.state in ('published', 'closed')), '[]'),
        'pairs', coalesce((
            select jsonb_agg(jsonb_build_object(
                       'pair_id', p.pair_id, 'as', case when p.mentee_id = :person then 'mentee' else 'mentor' end,
                       'format', p.format, 'formed_at', p.formed_at, 'ended_at', p.ended_at,
                       'end_reason', p.end_reason) order by p.formed_at, p.pair_id)
              from marketplace.mentoring_pair p where p.mentee_id = :person or p.mentor_id = :person), '[]'),
        'rounds_led', coalesce((
            select jsonb_agg(jsonb_build_object('round', name, 'created_at', created_at) order by created_at)
              from marketplace.round where created_by = :person), '[]'),
        'teams', coalesce((
            select jsonb_agg(jsonb_build_object('opportunity_id', opportunity_id, 'joined_at', joined_at,
                                                'left_at', left_at) order by joined_at, opportunity_id)
              from marketplace.team_member where person_id = :person), '[]'),
        'proposed_for_teams', coalesce((
            select jsonb_agg(jsonb_build_object('opportunity_id', t.opportunity_id, 'skills', m.skills,
                                                'strength', m.strength, 'hours_per_week', m.hours_per_week,
                                                'at', t.created_at) order by t.created_at, t.proposal_id)
              from marketplace.team_proposal_member m join marketplace.team_proposal t using (proposal_id)
             where m.person_id = :person and t.state = 'accepted'), '[]'),
        'teams_proposed_by_you', coalesce((
            select jsonb_agg(jsonb_build_object('opportunity_id', opportunity_id, 'state', state,
                                                'at', created_at) order by created_at, proposal_id)
              from marketplace.team_proposal where created_by = :person), '[]'),
        'teams_asked_for_by_you', coalesce((
            select jsonb_agg(jsonb_build_object('opportunity_ids', opportunity_ids, 'state', state,
                                                'at', asked_at) order by asked_at, run_id)
              from marketplace.staffing_run where asked_by = :person), '[]'))
""")
_ERASE = (
    text("delete from marketplace.round_mentee where person_id = :person"),
    text("delete from marketplace.round_mentor where person_id = :person"),
    text("delete from marketplace.round_pair where mentee_id = :person or mentor_id = :person"),
    text("delete from marketplace.round_waiting where mentee_id = :person"),
    # The other one's history stays theirs; the words go, because they may tell of either.
    text("""
        update marketplace.mentoring_pair
           set ended_at = coalesce(ended_at, :now), end_reason = null, version = version + 1
         where mentee_id = :person or mentor_id = :person
    """),
    text("delete from marketplace.team_proposal_member where person_id = :person"),
    text("delete from marketplace.staffing_run where asked_by = :person"),
    text("""
        update marketplace.team_member set left_at = coalesce(left_at, :now) where person_id = :person
    """),
)

_KEYED: tuple[tuple[LiteralString, LiteralString, LiteralString], ...] = (
    # Table, owner, and what names a row beside its owner: a row the kept person has as well stays.
    ("round_mentee", "person_id", "round_id"),
    ("round_mentor", "person_id", "round_id"),
    ("round_waiting", "mentee_id", "round_id"),
    ("team_proposal_member", "person_id", "proposal_id"),
    ("team_member", "person_id", "opportunity_id"),
)
_TWO: tuple[tuple[LiteralString, LiteralString], ...] = (("mentee_id", "mentor_id"), ("mentor_id", "mentee_id"))
_ROUNDS = OwnedRows("marketplace.round", "round_id", owner="created_by")
_PROPOSALS = OwnedRows("marketplace.team_proposal", "proposal_id", owner="created_by")
# What is being worked out stays with who asked; it ends within minutes.
_RUNS = OwnedRows(
    "marketplace.staffing_run", "run_id", owner="asked_by", unless="mine.state in ('waiting', 'computing')"
)


def _export(tx: Tx, person_id: PersonId) -> Json:
    return cast(Json, tx.execute(_EXPORT, {"person": person_id}).scalar_one())


def _erase(tx: Tx, person_id: PersonId, now: datetime) -> None:
    for statement in _ERASE:
        tx.execute(statement, {"person": person_id, "now": now})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    moved: dict[str, Sequence[str]] = {
        table: move_rows(tx, _owned(table, owner, key), kept=kept, merged=merged) for table, owner, key in _KEYED
    }
    for owner, other in _TWO:
        moved[f"round_pair {owner}"] = _move_round_pairs(tx, owner, other, kept, merged)
        moved[f"mentoring_pair {owner}"] = move_rows(tx, _pairs(owner, other), kept=kept, merged=merged)
    moved["round"] = move_rows(tx, _ROUNDS, kept=kept, merged=merged)
    moved["team_proposal"] = move_rows(tx, _PROPOSALS, kept=kept, merged=merged)
    moved["staffing_run"] = move_rows(tx, _RUNS, kept=kept, merged=merged)
    return moved


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - the signature
    for table, owner, key in _KEYED:
        give_back_rows(tx, _owned(table, owner, key), moved[table], kept=kept, merged=merged)
    for owner, other in _TWO:
        _give_back_round_pairs(tx, owner, other, moved[f"round_pair {owner}"], kept, merged)
        give_back_rows(tx, _pairs(owner, other), moved[f"mentoring_pair {owner}"], kept=kept, merged=merged)
    give_back_rows(tx, _ROUNDS, moved["round"], kept=kept, merged=merged)
    give_back_rows(tx, _PROPOSALS, moved["team_proposal"], kept=kept, merged=merged)
    # Merges of before there were runs moved none.
    give_back_rows(tx, _RUNS, moved.get("staffing_run", ()), kept=kept, merged=merged)


def _owned(table: LiteralString, owner: LiteralString, key: LiteralString) -> OwnedRows:
    full: LiteralString = "marketplace." + table
    unless: LiteralString = (
        "exists (select from " + full + " as other where other." + owner + " = %(kept)s"
        " and other." + key + " = mine." + key + ")"
    )
    return OwnedRows(full, key, owner=owner, unless=unless)


def _pairs(owner: LiteralString, other: LiteralString) -> OwnedRows:
    """Pairs; one of the two with each other stays, and one that lasts where the kept person has the same."""
    unless: LiteralString = (
        "mine." + other + " = %(kept)s or mine.ended_at is null and exists (select from"
        " marketplace.mentoring_pair as same where same."
        + owner
        + " = %(kept)s and same."
        + other
        + " = mine."
        + other
        + " and same.format = mine.format and same.ended_at is null)"
    )
    return OwnedRows("marketplace.mentoring_pair", "pair_id", owner=owner, unless=unless)


def _move_round_pairs(
    tx: Tx, owner: LiteralString, other: LiteralString, kept: PersonId, merged: PersonId
) -> Sequence[str]:
    statement: LiteralString = (
        "update marketplace.round_pair as mine set "  # noqa: S608 - literals only
        + owner
        + " = %(kept)s where mine."
        + owner
        + " = %(merged)s and mine."
        + other
        + " <> %(kept)s and not exists (select from marketplace.round_pair"
        " as same where same.round_id = mine.round_id and same."
        + owner
        + " = %(kept)s and same."
        + other
        + " = mine."
        + other
        + ") returning mine.round_id || ' ' || mine."
        + other
    )
    return sorted(row[0] for row in fetch_tuples(tx, statement, {"kept": kept, "merged": merged}))


def _give_back_round_pairs(
    tx: Tx, owner: LiteralString, other: LiteralString, keys: Sequence[str], kept: PersonId, merged: PersonId
) -> None:
    statement: LiteralString = (
        "update marketplace.round_pair as mine set "  # noqa: S608 - literals only
        + owner
        + " = %(merged)s where mine."
        + owner
        + " = %(kept)s and mine.round_id || ' ' || mine."
        + other
        + " = any(%(keys)s) returning 1"
    )
    fetch_tuples(tx, statement, {"kept": kept, "merged": merged, "keys": list(keys)})


HOLDING = declare_holding(
    Holding(
        name="marketplace.rounds",
        title=later("Mentoring rounds you took part in, your mentoring pairs, and the project teams you were in"),
        tables=(
            "marketplace.round",
            "marketplace.round_mentee",
            "marketplace.round_mentor",
            "marketplace.round_pair",
            "marketplace.round_waiting",
            "marketplace.mentoring_pair",
            "marketplace.team_proposal",
            "marketplace.team_proposal_member",
            "marketplace.team_member",
            "marketplace.staffing_run",
        ),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        kept=later(
            "That a pair or a team of the random number that stood for you existed, and when: it is the others' "
            "history too. Reasons and words go."
        ),
    )
)
