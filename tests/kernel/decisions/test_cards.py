"""What Today tells of decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import Decision, rules
from bandmate.kernel.decisions import cards as _cards  # noqa: F401 - declares them
from bandmate.kernel.ids import PersonId
from bandmate.kernel.today import CardKind, cards_for

from .conftest import ADMISSION, NOON, member


@pytest.mark.parametrize("announced", [True, False])
def test_today_tells_of_what_a_rule_announces(
    database: Database, mia: PersonId, refused: Decision, monkeypatch: pytest.MonkeyPatch, *, announced: bool
) -> None:
    """A decision about the reader is a card, unless its rule decides where they look at it anyway."""
    declared = {(ADMISSION.name, ADMISSION.version): replace(ADMISSION, announced=announced)}
    monkeypatch.setattr(rules, "_declared", {**rules._declared, **declared})
    with database.read() as tx:
        day = cards_for(tx, member(mia), NOON + timedelta(hours=1))
    keys = [card.key for card in day.cards if card.kind is CardKind.DECIDED]
    assert keys == ([f"decision:{refused.decision_id}:0"] if announced else [])
