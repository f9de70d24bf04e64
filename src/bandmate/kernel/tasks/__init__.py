"""Background and periodic work: jobs in PostgreSQL, deferred in the business transaction, run by procrastinate.

    @tasks.register(name="postings.crawl_board", queueing_lock="crawl:{board}")
    def crawl_board(context: TaskContext, board: str) -> None: ...

    tasks.defer(tx, "postings.crawl_board", board="lever:spotify")

A job exists once ``tx`` commits and not before; a rollback leaves none. Delivery is at least once: a job whose
worker was killed runs again, so tasks are idempotent. A job costs a query, so work comes in batches (about a
thousand ids a job), never one job per row.
"""

from bandmate.kernel.tasks import holding as _holding  # noqa: F401 - it declares what jobs hold about persons
from bandmate.kernel.tasks.registry import Interrupted, Task, TaskContext, TaskRegistry, defer, tasks
from bandmate.kernel.tasks.worker import create_task_app, run_due, run_worker

__all__ = [
    "Interrupted",
    "Task",
    "TaskContext",
    "TaskRegistry",
    "create_task_app",
    "defer",
    "run_due",
    "run_worker",
    "tasks",
]
