"""The kernel's lines on the operators' page: subscriptions, jobs, messages, webhooks, contests, errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events.subscriptions import LAG_BOUND, lag
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.operations.database_checks import LAG_WARN, QUEUE_WARN
from bandmate.kernel.operations.state import Installation, Level, Line, declare_lines
from bandmate.kernel.operations.task_queue import queue_totals
from bandmate.kernel.web.formats import counted, relative

RECENT = timedelta(days=1)

_MESSAGES = text("""
    select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'failed') as failed
      from kernel.delivery where state in ('waiting', 'failed')
""")

_WEBHOOKS = text("""
    select (select count(*) from kernel.webhook_endpoint where deleted_at is null) as endpoints,
           (select count(*) from kernel.webhook_endpoint
             where deleted_at is null and state = 'active' and failing_since is not null) as failing,
           (select count(*) from kernel.webhook_endpoint
             where deleted_at is null and state = 'disabled') as disabled,
           (select count(*) from kernel.webhook_delivery where state = 'waiting') as waiting,
           (select count(*) from kernel.webhook_delivery join kernel.webhook_endpoint using (endpoint_id)
             where webhook_delivery.state = 'dead' and deleted_at is null) as dead
""")

_CONTESTS = text("""
    select count(distinct contest.decision_id) as open, min(contest.at) as since
      from kernel.decision_act as contest
      join kernel.decision using (decision_id)
     where contest.kind = 'contested' and erased_at is null
       and not exists (select from kernel.decision_act as answer where answer.contest_id = contest.act_id)
""")

_PROBLEMS = text("""
    select count(*) as kinds, max(last_at) as latest from kernel.problem where last_at > :since
""")


def _subscriptions(tx: Tx, here: Installation) -> Iterator[Line]:
    lags = lag(tx, here.subscriptions)
    stuck = [each for each in lags if each.failures]
    late = [each for each in lags if each.seconds_behind > LAG_WARN.total_seconds()]
    behind = max((each.events_behind for each in lags), default=0)
    level = Level.BAD if stuck else Level.WARN if late else Level.GOOD
    if stuck:
        told = counted(
            "{count} subscription is stuck: {names}.", "{count} subscriptions are stuck: {names}.", len(stuck)
        )
        told = told.format(names=", ".join(each.name for each in stuck))
    elif late:
        told = _("Events wait to be heard: {names}. See that a worker runs.").format(
            names=", ".join(each.name for each in late)
        )
    else:
        told = counted("{count} subscription hears every event.", "All {count} hear every event.", len(lags))
    figures = {
        "subscriptions": len(lags),
        "stuck": len(stuck),
        "events_behind": min(behind, LAG_BOUND),
        "seconds_behind": round(max((each.seconds_behind for each in lags), default=0.0), 1),
    }
    yield Line(
        "subscriptions", _("Events"), level, told, "/operator/subscriptions", _("Subscriptions"), figures=figures
    )


def _queue(tx: Tx, here: Installation) -> Iterator[Line]:
    totals = queue_totals(tx)
    waited = here.now - totals.oldest_due if totals.oldest_due else timedelta(0)
    if waited > QUEUE_WARN:
        level = Level.BAD
        told = _("Jobs wait since {when} and nobody takes them. See that a worker runs.").format(
            when=relative(totals.oldest_due or here.now, here.now)
        )
    elif totals.failed:
        level = Level.WARN
        told = counted("{count} job gave up.", "{count} jobs gave up.", totals.failed)
    else:
        level = Level.GOOD
        told = _("{running} running, {due} due, {waiting} for later.").format(
            running=totals.running, due=totals.due, waiting=totals.waiting - totals.due
        )
    figures = {
        "waiting": totals.waiting,
        "due": totals.due,
        "running": totals.running,
        "failed": totals.failed,
        "oldest_due_seconds": round(max(waited.total_seconds(), 0.0)),
    }
    yield Line("queue", _("Background jobs"), level, told, "/operator/tasks", _("Jobs"), figures=figures)


def _messages(tx: Tx, here: Installation) -> Iterator[Line]:  # noqa: ARG001 - the signature of lines
    row = tx.execute(_MESSAGES).one()
    told = (
        counted("{count} message could not be sent.", "{count} messages could not be sent.", row.failed)
        if row.failed
        else counted("None failed, {count} waits.", "None failed, {count} wait.", row.waiting)
    )
    yield Line(
        "messages",
        _("Messages"),
        Level.WARN if row.failed else Level.GOOD,
        told,
        "/operator/messages?state=failed" if row.failed else "/operator/messages",
        _("Messages"),
        figures={"waiting": row.waiting, "failed": row.failed},
    )


def _webhooks(tx: Tx, here: Installation) -> Iterator[Line]:  # noqa: ARG001 - the signature of lines
    row = tx.execute(_WEBHOOKS).one()
    figures = {name: getattr(row, name) for name in ("endpoints", "failing", "disabled", "waiting", "dead")}
    broken = row.failing + row.disabled
    if broken:
        told = counted(
            "{count} server does not take what we send.", "{count} servers do not take what we send.", broken
        )
    elif row.dead:
        told = counted(
            "All answer; {count} dead letter is left.", "All answer; {count} dead letters are left.", row.dead
        )
    elif row.endpoints:
        told = counted("The one there is answers.", "All {count} answer.", row.endpoints)
    else:
        told = _("There are none.")
    level = Level.BAD if row.disabled else Level.WARN if broken or row.dead else Level.GOOD
    yield Line("webhooks", _("Webhooks"), level, told, "/operator/webhooks", _("Webhooks"), figures=figures)


def _contests(tx: Tx, here: Installation) -> Iterator[Line]:
    row = tx.execute(_CONTESTS).one()
    told = _("Nobody waits for an answer.")
    if row.open:
        told = counted(
            "{count} person waits for an answer, the longest since {when}.",
            "{count} wait for an answer, the longest since {when}.",
            row.open,
        ).format(when=relative(row.since, here.now))
    yield Line(
        "contests",
        _("Contested decisions"),
        Level.WARN if row.open else Level.GOOD,
        told,
        "/operator/contests",
        _("Contests"),
        figures={"open": row.open},
    )


def _problems(tx: Tx, here: Installation) -> Iterator[Line]:
    row = tx.execute(_PROBLEMS, {"since": here.now - RECENT}).one()
    told = _("No request failed through our fault within a day.")
    if row.kinds:
        told = counted(
            "{count} kind of error within a day, the last {when}.",
            "{count} kinds of errors within a day, the last {when}.",
            row.kinds,
        ).format(when=relative(row.latest, here.now))
    yield Line(
        "errors",
        _("Errors"),
        Level.WARN if row.kinds else Level.GOOD,
        told,
        "/operator#errors",
        _("Errors"),
        figures={"kinds": row.kinds},
    )


declare_lines("subscriptions", _subscriptions, title=later("Events"))
declare_lines("queue", _queue, title=later("Background jobs"))
declare_lines("messages", _messages, title=later("Messages"))
declare_lines("webhooks", _webhooks, title=later("Webhooks"))
declare_lines("contests", _contests, title=later("Contested decisions"))
declare_lines("errors", _problems, title=later("Errors"))
