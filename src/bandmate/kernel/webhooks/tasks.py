"""Background work of webhooks: replays in batches, and removing what is no longer needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from bandmate.kernel.config import settings
from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.kernel.webhooks.deliveries import remove_delivered
from bandmate.kernel.webhooks.endpoints import purge_deleted
from bandmate.kernel.webhooks.replaying import REPLAY, ReplayId, replay_batch

TIDY = "webhooks.tidy"
ROWS_A_STEP = 10_000

log = structlog.get_logger(__name__)


@tasks.register(name=REPLAY)
def replay(context: TaskContext, replay_id: str) -> None:
    """Queue a replay batch by batch; run again, it goes on where it was."""
    while _step(context, ReplayId(UUID(replay_id))):
        context.break_off_if_stopping()


def _step(context: TaskContext, replay_id: ReplayId) -> bool:
    with context.database.begin() as tx:
        return replay_batch(tx, replay_id, now=context.clock())


@tasks.periodic(name=TIDY, cron="17 3 * * *")
def tidy(context: TaskContext) -> None:
    """Every night, remove old deliveries that arrived and endpoints deleted long ago; dead letters stay."""
    before = context.clock() - timedelta(days=settings().webhook_keep_days)
    removed = 0
    while step := _remove(context, before):
        removed += step
        context.break_off_if_stopping()
    with context.database.begin() as tx:
        endpoints = purge_deleted(tx, now=context.clock())
    log.info("webhooks_tidied", deliveries=removed, endpoints=endpoints)


def _remove(context: TaskContext, before: datetime) -> int:
    with context.database.begin() as tx:
        return remove_delivered(tx, before=before, limit=ROWS_A_STEP)
