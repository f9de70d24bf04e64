"""Background work of rounds: previews, which take seconds where thousands take part."""

from __future__ import annotations

from uuid import UUID

import structlog

from bandmate.kernel.errors import Conflict, NotFound
from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.marketplace.ids import RoundId
from bandmate.marketplace.rounds.acts import PREVIEW
from bandmate.marketplace.rounds.previewing import LimitsCannotBeKept, preview

log = structlog.get_logger(__name__)

_TRIES = 3


@tasks.register(name=PREVIEW, lock="round:{round_id}", queueing_lock="preview:{round_id}")
def preview_round(context: TaskContext, round_id: str) -> None:
    """Work a preview out; where the round is changed meanwhile, work it out again."""
    for last in (*[False] * (_TRIES - 1), True):
        try:
            preview(context.database, RoundId(UUID(round_id)), clock=context.clock)
        except (NotFound, LimitsCannotBeKept) as error:
            # The round remembers why, and its page says it.
            log.info("round_not_previewed", round_id=round_id, reason=error.detail)
        except Conflict as error:
            log.info("round_changed_meanwhile", round_id=round_id, reason=error.detail)
            if not last:
                context.break_off_if_stopping()
                continue
        return
