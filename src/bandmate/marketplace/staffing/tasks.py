"""Background work of staffing: teams for many, which take up to a minute."""

from __future__ import annotations

from uuid import UUID

from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.marketplace.staffing.runs import TASK, work_out


@tasks.register(name=TASK, lock="staffing:{asked_by}", queueing_lock="staffing:{run_id}", attempts=3)
def staff_projects(context: TaskContext, run_id: str, asked_by: str) -> None:  # noqa: ARG001 - names the lock
    """Work out the teams that somebody asked for; one after another for the same person."""
    work_out(context.database, UUID(run_id), clock=context.clock)
