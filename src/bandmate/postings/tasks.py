"""Background work of postings: followed boards are crawled when their time comes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import structlog

from bandmate.kernel.config import settings
from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.postings.boards import due_boards, parse_board
from bandmate.postings.crawl import crawl
from bandmate.postings.domain.identity import BoardName

CRAWL_BOARDS = "postings.crawl_boards"
CRAWL_DUE_BOARDS = "postings.crawl_due_boards"

BOARDS_A_JOB = 50

log = structlog.get_logger(__name__)


@tasks.periodic(name=CRAWL_DUE_BOARDS, cron="* * * * *")
def crawl_due_boards(context: TaskContext) -> None:
    """Every minute, hand out the boards whose time has come, in batches."""
    with context.database.begin() as tx:
        while due := due_boards(tx, context.clock(), limit=BOARDS_A_JOB):
            tasks.defer(tx, CRAWL_BOARDS, boards=[str(board) for board in due])


@tasks.register(name=CRAWL_BOARDS, attempts=3)
def crawl_boards(context: TaskContext, boards: list[str]) -> None:
    """Crawl these boards now. Doing it again is harmless: it is only one more look."""
    names = [parse_board(board) for board in boards]
    asyncio.run(_crawl(context, names))


async def _crawl(context: TaskContext, boards: list[BoardName]) -> None:
    async with aclosing(crawl(context.database, boards, settings(), context.clock)) as crawling:
        async for crawled in crawling:
            log.info(
                "board_crawled",
                board=str(crawled.board),
                outcome=crawled.observation.outcome.value,
                listed=crawled.observation.listed,
                events=crawled.counts.events,
                detail=crawled.observation.detail,
            )
            context.break_off_if_stopping()
