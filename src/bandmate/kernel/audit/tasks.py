"""Background work of the audit trail: sealing what has been committed."""

from __future__ import annotations

import structlog

from bandmate.kernel.audit.sealing import head, seal
from bandmate.kernel.tasks import TaskContext, tasks

SEAL = "audit.seal"

log = structlog.get_logger(__name__)


@tasks.periodic(name=SEAL, cron="* * * * *")
def seal_entries(context: TaskContext) -> None:
    """Every minute, chain the entries that were committed; the log then holds the newest hash, outside our tables.

    A run that breaks off has sealed whole batches, and the next one goes on behind them.
    """
    sealed = 0
    while sealed_now := _seal_batch(context):
        sealed += sealed_now
        context.break_off_if_stopping()
    if sealed:
        with context.database.read() as tx:
            log.info("audit_sealed", entries=sealed, head=str(head(tx)))


def _seal_batch(context: TaskContext) -> int:
    with context.database.begin() as tx:
        return seal(tx, now=context.clock())
