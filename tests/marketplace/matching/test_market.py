"""The market in memory: a large one is laid out beside the requests, and never shows what is not open any more."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from bandmate.marketplace.matching import for_you, market

from .world import NOON, World


def test_a_large_market_is_laid_out_beside_the_requests(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request gets the last market, without what was closed since; the next one finds the new market."""
    mia = world.person("Mia", has={"Python": 5})
    closing = world.opportunity("Closing", wanted=["Python"])
    world.opportunity("Stays", wanted=["Python"])
    with world.database.read() as tx:
        market.market(tx, NOON)
    monkeypatch.setattr(market, "_SMALL", 0)
    monkeypatch.setattr(market, "_PATIENCE", 0.0)
    world.opportunity("New", wanted=["Python"])
    with world.database.begin() as tx:
        tx.execute(
            text("update marketplace.opportunity set state = 'closed' where opportunity_id = :id"), {"id": closing}
        )
    with world.database.read() as tx:
        assert [fit.title for fit in for_you(tx, mia, now=NOON).fits] == ["Stays"]
    for thread in threading.enumerate():
        if thread.name == "market":
            thread.join(timeout=60)
    with world.database.read() as tx:
        assert {fit.title for fit in for_you(tx, mia, now=NOON).fits} == {"Stays", "New"}


def test_a_large_market_is_not_asked_after_each_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a few seconds the same market is handed out without a question."""
    world.opportunity("One")
    with world.database.read() as tx:
        first = market.market(tx, NOON)
        monkeypatch.setattr(market, "_SMALL", 0)
        monkeypatch.setattr(market, "mark_of", lambda _tx: pytest.fail("asked"))
        assert market.market(tx, NOON) is first
