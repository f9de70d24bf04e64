"""Background work of handing over: once a night, who left is settled, should an event have been missed."""

from __future__ import annotations

from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.marketplace.handover.leaving import BATCH, settle_leavers


@tasks.periodic(name="marketplace.settle_leavers", cron="55 3 * * *")
def settle_who_left(context: TaskContext) -> None:
    """Once a night end what those who left have going on; done twice, it does nothing the second time."""
    while True:
        with context.database.begin() as tx:
            done = settle_leavers(tx, None, now=context.clock())
        if done < BATCH:
            return
        context.break_off_if_stopping()
