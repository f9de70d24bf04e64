"""What Today shows of decisions: those about the reader, and for operators the contests that wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.explaining import explain
from bandmate.kernel.decisions.ledger import cases
from bandmate.kernel.decisions.rows import COLUMNS
from bandmate.kernel.decisions.rules import quiet_rules
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards
from bandmate.kernel.web.formats import counted, upfirst

SHOWN = 5
RECENT = timedelta(days=90)

# One's own contest is another operator's to answer.
_OPEN_CONTESTS = text("""
    select count(distinct contest.decision_id) as open, min(contest.at) as since
      from kernel.decision_act as contest
      join kernel.decision using (decision_id)
     where contest.kind = 'contested' and erased_at is null and subject is distinct from cast(:me as uuid)
       and not exists (select from kernel.decision_act as answer where answer.contest_id = contest.act_id)
""")

_OWN = text(
    "select "  # noqa: S608 - names of ours, no input
    + COLUMNS
    + """
      from kernel.decision where subject = :me and decided_at > :since and rule <> all(:quiet)
     order by decided_at desc, decision_id desc limit :limit
    """
)


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    if Role.OPERATOR in asker.roles:
        yield from _contests(tx, asker)
    yield from _own(tx, asker, now)


def _contests(tx: Tx, asker: Asker) -> Iterator[Card]:
    waiting = tx.execute(_OPEN_CONTESTS, {"me": asker.person_id}).one()
    if waiting.open:
        yield Card(
            CardKind.WAITS,
            "decisions.contests",
            counted("{count} contest to answer", "{count} contests to answer", waiting.open),
            _("Somebody thinks a decision about them is wrong and waits for a human's answer."),
            "/operator/contests",
            _("Answer"),
            Urgency.NOW,
            at=waiting.since,
            icon="message-square",
            dismissible=False,
        )


def _own(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    rows = tx.execute(
        _OWN, {"me": asker.person_id, "since": now - RECENT, "limit": SHOWN, "quiet": quiet_rules()}
    ).all()
    for case in cases(tx, rows):
        why = explain(case, asker.person_id)
        yield Card(
            CardKind.DECIDED,
            # With what was said about it since: an answer to a contest shows it again.
            f"decision:{case.decision.decision_id}:{len(case.acts)}",
            upfirst(why.outcome),
            why.sentence,
            why.href,
            _("Read it"),
            at=case.decision.decided_at,
            icon="scale",
            why=why,
        )


declare_cards("decisions", _cards, title=later("Decisions"))
