"""What applying holds about a person: their applications, and what they were asked or said about others'."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later
from bandmate.marketplace.opportunities import settle_seats

_APPLICATIONS = OwnedRows(
    "marketplace.application",
    "application_id",
    unless="exists (select from marketplace.application as other"
    " where other.person_id = %(kept)s and other.opportunity_id = mine.opportunity_id)",
)
_ASKED = OwnedRows("marketplace.manager_ask", "application_id", owner="manager_id")

_EXPORT = text("""
    select jsonb_build_object(
        'applications', coalesce((
            select jsonb_agg(to_jsonb(a) - 'person_id' || jsonb_build_object(
                'title', (select title from marketplace.opportunity o where o.opportunity_id = a.opportunity_id),
                'steps', coalesce((
                    select jsonb_agg(jsonb_build_object('state', s.state, 'at', s.at, 'words', s.words,
                                                        'by_you', s.by_person = :person) order by s.position)
                      from marketplace.application_step s where s.application_id = a.application_id), '[]'),
                'manager_asked', (
                    select jsonb_build_object('asked_at', m.asked_at, 'due_at', m.due_at, 'answer', m.answer,
                                              'words', m.words, 'answered_at', m.answered_at)
                      from marketplace.manager_ask m where m.application_id = a.application_id))
                order by a.created_at, a.application_id)
              from marketplace.application a where a.person_id = :person), '[]'),
        'asked_as_manager', coalesce((
            select jsonb_agg(jsonb_build_object('asked_at', m.asked_at, 'due_at', m.due_at, 'answer', m.answer,
                                                'words', m.words, 'answered_at', m.answered_at)
                             order by m.asked_at, m.application_id)
              from marketplace.manager_ask m where m.manager_id = :person), '[]'),
        'answers_to_others', coalesce((
            select jsonb_agg(jsonb_build_object('state', s.state, 'words', s.words, 'at', s.at)
                             order by s.at, s.application_id, s.position)
              from marketplace.application_step s join marketplace.application a using (application_id)
             where s.by_person = :person and a.person_id <> :person), '[]'))
""")
# What they wrote goes everywhere; that somebody else was answered, or a manager asked, is those people's record.
_ERASE_OWN = text("delete from marketplace.application where person_id = :person returning opportunity_id")
_ERASE = (
    text("update marketplace.manager_ask set words = '' where manager_id = :person"),
    text("""
        update marketplace.application a set answer_words = ''
         where exists (select from marketplace.application_step s
                        where s.application_id = a.application_id and s.by_person = :person
                          and s.state in ('offered', 'not_chosen'))
    """),
    text("update marketplace.application_step set by_person = null, words = '' where by_person = :person"),
)


def _export(tx: Tx, person: PersonId) -> Json:
    return cast(Json, tx.execute(_EXPORT, {"person": person}).scalar_one())


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:
    left = list(tx.execute(_ERASE_OWN, {"person": person}).scalars())
    settle_seats(tx, left, now=now)
    for statement in _ERASE:
        tx.execute(statement, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    return {
        "applications": move_rows(tx, _APPLICATIONS, kept=kept, merged=merged),
        "asked_as_manager": move_rows(tx, _ASKED, kept=kept, merged=merged),
    }


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    give_back_rows(tx, _APPLICATIONS, moved["applications"], kept=kept, merged=merged)
    give_back_rows(tx, _ASKED, moved["asked_as_manager"], kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="marketplace.applying",
        title=later("Your applications, and what you answered to others'"),
        tables=(
            "marketplace.application",
            "marketplace.application_step",
            "marketplace.manager_ask",
        ),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        kept=later(
            "That you answered somebody's application, or were asked as their manager, stays without words."
        ),
    )
)
