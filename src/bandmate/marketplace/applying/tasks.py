"""Background work of applying: silence lapses, owners are reminded, nobody is left without an answer."""

from __future__ import annotations

from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.marketplace.applying.answering import answer_the_rest, with_unanswered
from bandmate.marketplace.applying.approving import lapse_silence
from bandmate.marketplace.applying.reminding import remind


@tasks.periodic(name="marketplace.manager_silence", cron="10 * * * *")
def manager_silence(context: TaskContext) -> None:
    """Every hour let what managers did not answer in time count as no objection."""
    with context.database.begin() as tx:
        lapse_silence(tx, now=context.clock())


@tasks.periodic(name="marketplace.remind_owners", cron="30 6 * * 1-5")
def remind_owners(context: TaskContext) -> None:
    """On working days remind owners of answers that are due; done twice, it does nothing the second time."""
    with context.database.begin() as tx:
        remind(tx, now=context.clock())


@tasks.periodic(name="marketplace.answer_the_rest", cron="40 3 * * *")
def answer_who_waits(context: TaskContext) -> None:
    """Once a night answer who still waits where nothing is open any more, should an event have been missed."""
    with context.database.read() as tx:
        ids = with_unanswered(tx)
    for each in ids:
        with context.database.begin() as tx:
            answer_the_rest(tx, [each], now=context.clock())
        context.break_off_if_stopping()
