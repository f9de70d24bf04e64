"""How quickly people are answered: by owners, and by managers; for programme leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.launches import leads

PERIOD = timedelta(days=90)

# Answered in the period, or waiting still. Whoever withdrew before an answer is owed none.
_ANSWERS = text("""
    select count(*) filter (where answered_at <= answer_due_at) as in_time,
           count(*) filter (where answered_at > answer_due_at) as late,
           count(*) filter (where answered_at is null and answer_due_at <= :now) as overdue,
           count(*) filter (where answered_at is null and answer_due_at > :now) as waiting
      from marketplace.application
     where answer_due_at is not null and (answered_at is not null or state in ('applied', 'shortlisted'))
       and coalesce(answered_at, :now) > :since
""")
_ASKS = text("""
    select count(*) as asked,
           count(*) filter (where answer = 'fine') as fine,
           count(*) filter (where answer = 'concern') as concern,
           count(*) filter (where answer is null and due_at <= :now) as silent,
           count(*) filter (where answer is null and due_at > :now) as waiting,
           extract(epoch from percentile_cont(0.5) within group (order by answered_at - asked_at)
                              filter (where answer is not null)) / 3600 as median_hours,
           extract(epoch from percentile_cont(0.9) within group (order by answered_at - asked_at)
                              filter (where answer is not null)) / 3600 as slow_hours,
           (select count(*) from marketplace.manager_ask m join marketplace.application a using (application_id)
             where m.answer = 'concern' and m.asked_at > :since and a.state = 'accepted') as went_on
      from marketplace.manager_ask where asked_at > :since
""")


@dataclass(frozen=True, slots=True)
class Figures:
    """How it went in the last ``PERIOD``; nobody is named."""

    in_time: int
    late: int
    overdue: int
    """Due and not answered yet."""
    waiting: int
    """Not due yet."""
    asked: int
    fine: int
    concern: int
    silent: int
    still_asked: int
    median_hours: float | None
    """From asking to a manager's answer; silence is not among it. None where nobody answered."""
    slow_hours: float | None
    """Nine of ten answers took at most so long."""
    went_on: int
    """After a concern."""

    @property
    def owed(self) -> int:
        """Answers that were due or given."""
        return self.in_time + self.late + self.overdue

    @property
    def share_in_time(self) -> float | None:
        """Share of the answers owed that came in time; None where none was owed."""
        return self.in_time / self.owed if self.owed else None


def figures(tx: Tx, asker: Asker, *, now: datetime) -> Figures:
    """Return the figures for a programme lead.

    Raises:
        NotFound: to everybody else.
    """
    if not leads(tx, asker):
        raise NotFound(_("These figures are for programme leads. An administrator can make you one, on Launches."))
    values = {"now": now, "since": now - PERIOD}
    answers, asks = tx.execute(_ANSWERS, values).one(), tx.execute(_ASKS, values).one()
    return Figures(
        in_time=answers.in_time,
        late=answers.late,
        overdue=answers.overdue,
        waiting=answers.waiting,
        asked=asks.asked,
        fine=asks.fine,
        concern=asks.concern,
        silent=asks.silent,
        still_asked=asks.waiting,
        median_hours=_hours(asks.median_hours),
        slow_hours=_hours(asks.slow_hours),
        went_on=asks.went_on,
    )


def _hours(found: Any) -> float | None:
    return None if found is None else float(found)
