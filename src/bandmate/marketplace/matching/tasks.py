"""Background work of matching: prices each night, nearness of skills where it is missing, old rows removed."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import text

from bandmate.engines.skills import InvalidTaxonomy
from bandmate.kernel.config import settings
from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.marketplace.matching.crowd import set_prices
from bandmate.marketplace.matching.kept_nearness import is_kept, keep
from bandmate.taxonomy import open_reader

PRICES = "marketplace.set_prices"
NEARNESS = "marketplace.keep_nearness"
TIDY = "marketplace.tidy_shown"

KEPT_DAYS = 400
"""How long it is kept what was shown: a year of exposure can be compared with the one before."""

log = structlog.get_logger(__name__)


@tasks.periodic(name=PRICES, cron="17 3 * * *")
def price_the_market(context: TaskContext) -> None:
    """Each night, compute the prices of the crowd."""
    with context.database.begin() as tx:
        priced = set_prices(tx, now=context.clock())
    log.info(
        "prices_set",
        opportunities=priced.opportunities,
        people=priced.people,
        gini_before=round(priced.before.gini, 3),
        gini_after=round(priced.after.gini, 3),
    )


@tasks.periodic(name=NEARNESS, cron="*/10 * * * *")
def keep_nearness(_context: TaskContext) -> None:
    """Every ten minutes, look, and derive which skills are near to each other where the vocabulary changed."""
    chosen = settings()
    try:
        taxonomy = open_reader(chosen).taxonomy
    except InvalidTaxonomy as error:
        log.info("nearness_not_kept", reason=str(error))
        return
    if not is_kept(chosen.home, taxonomy.fingerprint):
        keep(chosen.home, taxonomy)


@tasks.periodic(name=TIDY, cron="41 3 * * *")
def tidy_shown(context: TaskContext) -> None:
    """Each night, remove what was shown too long ago."""
    oldest = context.clock().date() - timedelta(days=KEPT_DAYS)
    with context.database.begin() as tx:
        tx.execute(text("delete from marketplace.shown where day < :oldest"), {"oldest": oldest})
