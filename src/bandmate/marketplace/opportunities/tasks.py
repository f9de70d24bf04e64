"""Background work of opportunities: jobs kept in step with postings, alerts sent, what is over closed."""

from __future__ import annotations

from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.marketplace.launches.governing import FOLLOW_POSTINGS
from bandmate.marketplace.opportunities.alerting import BATCH, send_due
from bandmate.marketplace.opportunities.following import reconcile


@tasks.register(name=FOLLOW_POSTINGS, lock=FOLLOW_POSTINGS, queueing_lock=FOLLOW_POSTINGS)
def follow_postings(context: TaskContext) -> None:
    """Bring all jobs in step with the postings of our companies; doing it again changes nothing."""
    reconcile(context.database, context.clock)


@tasks.periodic(name="marketplace.reconcile_postings", cron="20 3 * * *")
def reconcile_postings(context: TaskContext) -> None:
    """Once a night the same for what an event may have missed, such as a deadline that passed."""
    reconcile(context.database, context.clock)


@tasks.periodic(name="marketplace.opportunity_alerts", cron="5 * * * *")
def opportunity_alerts(context: TaskContext) -> None:
    """Every hour ask for the alerts whose time has come; done twice, it does nothing the second time."""
    while True:
        with context.database.begin() as tx:
            done = send_due(tx, now=context.clock())
        if done < BATCH:
            return
        context.break_off_if_stopping()
