"""What Today shows of mentoring: to both sides a new pair, to programme leads the rounds that wait for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today.cards import Card, CardKind, Urgency, declare_cards
from bandmate.marketplace.launches import leads, mentoring_is_open_to
from bandmate.marketplace.rounds.domain import RoundState
from bandmate.marketplace.rounds.words import problem_sentence

RECENT = timedelta(days=14)

_WAITING = text("""
    select round_id, name, state, version, changed_at, figures -> 'asked_at' is not null as computing,
           figures -> 'problem' as problem
      from marketplace.round
     where state in ('draft', 'open', 'preview') order by changed_at desc limit 5
""")
_PAIRS = text("""
    select pair_id, formed_at, name from marketplace.mentoring_pair
      join kernel.person on person_id = case when mentee_id = :person then mentor_id else mentee_id end
     where (mentee_id = :person or mentor_id = :person) and ended_at is null and formed_at > :since
     order by formed_at desc limit 5
""")
_NEXT: Mapping[RoundState, str] = {
    RoundState.DRAFT: later("It is a draft. Open it to gather those who take part."),
    RoundState.OPEN: later("It is open. Look at a preview of who would meet whom; nobody is told of it."),
    RoundState.PREVIEW: later("Its preview is ready. Read it, then publish."),
}


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    if leads(tx, asker):
        for row in tx.execute(_WAITING):
            yield Card(
                CardKind.WAITS,
                f"rounds:{row.round_id}:{row.state}:{row.version}",
                _("The mentoring round “{name}”").format(name=row.name),
                _standing(row),
                f"/rounds/{row.round_id}",
                _("Go on"),
                Urgency.SOMETIME,
                at=row.changed_at,
                icon="handshake",
            )
    if mentoring_is_open_to(tx, asker):
        for row in tx.execute(_PAIRS, {"person": asker.person_id, "since": now - RECENT}):
            yield Card(
                CardKind.NEXT,
                f"rounds.pair:{row.pair_id}",
                _("You and {name} are a pair").format(name=row.name),
                _("Agree on a first hour, and bring a real question to it."),
                "/mentoring",
                _("See why"),
                Urgency.SOON,
                at=row.formed_at,
                icon="handshake",
            )


def _standing(row: Any) -> str:
    if row.computing:
        return _("Its preview is being worked out. You need not wait for it.")
    return _(_NEXT[RoundState(row.state)]) if row.problem is None else problem_sentence(row.problem)


declare_cards("rounds", _cards, title=later("Mentoring"))
