"""The company of applying, and how people leave it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.marketplace.applying.conftest import Company, company  # noqa: F401 - a fixture of ours too
from tests.marketplace.opportunities.conftest import vocabulary  # noqa: F401 - as above

from bandmate.kernel.events.subscriptions import run_once
from bandmate.marketplace.handover.leaving import SUBSCRIPTION
from bandmate.marketplace.people.importing import apply_import

Leave = Callable[..., None]


@pytest.fixture
def leave(company: Company) -> Leave:  # noqa: F811 - as pytest has it
    """Have the directory say who left (or is back), and everything hear it."""

    def leaves(*names: str, active: str = "no") -> None:
        lines = [f"{name}@band.example,{active}" for name in names]
        with company.database.begin() as tx:
            content = "\n".join(["user_name,active", *lines]).encode()
            apply_import(tx, content, complete=False, by="test", now=company.clock())
        while run_once(company.database, SUBSCRIPTION, company.clock):
            pass
        company.hear()

    return leaves
