"""Explanations: the true reason, in words, and numbers that add up."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engines.allocation.families import candidates_of, generate

from bandmate.engines.allocation import Candidates, Group, Kind, Limits, Plan, Row, RowOutcome, allocate
from bandmate.engines.allocation.explaining import Reason, cost_of_a_limit, explain

PUSH = Row("push volume", "push", Kind.CAP, 2.0)
REACH = Row("reach", "reach", Kind.FLOOR, 1.0, exchange_rate=2.0)
GROUP = Group("sport", frozenset({4, 5}), 1)
LIMITS = Limits(2, (PUSH, REACH), (GROUP,))


def planned(chosen: list[int], values: list[float], uses: list[list[float]]) -> tuple[Candidates, Plan]:
    """Return one person's candidates 1, 2, ... and a plan in which the prices are 1 for push and 0.5 for reach."""
    size = len(values)
    candidates = candidates_of(np.full(size, 7), np.arange(1, size + 1), np.array(values), np.array(uses))
    marks = np.isin(candidates.option, chosen).astype(np.uint8)
    rows = (
        RowOutcome(PUSH.name, PUSH.kind, PUSH.limit, 2.0, 1.0, 0.0),
        RowOutcome(REACH.name, REACH.kind, REACH.limit, 1.0, 0.5, 0.0),
    )
    return candidates, Plan(marks, 0.0, 0.0, rows, 1)


VALUES = [3.0, 2.5, 0.997, 4.0, 2.0, -1.0]
USES: list[list[float]] = [[1, 0], [1, 0], [1, 0], [1, 0], [1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("option", "chosen", "reason", "sentence"),
    [
        (1, [1], Reason.CHOSEN, "Chosen: worth +2 after the price of what it uses."),
        (99, [1], Reason.NO_CANDIDATE, "Not among this person's candidates."),
        (3, [1], Reason.TOO_DEAR, "Needs +0.003 at the present price of push volume."),
        (6, [1], Reason.TOO_DEAR, "Worth nothing by itself; needs +0.5."),
        (2, [1, 4], Reason.PERSON_FULL, "Needs +0.5: 2 stronger options were chosen."),
        (5, [4], Reason.GROUP_FULL, "Needs +1.5: 1 stronger option was chosen of the group sport."),
        (2, [1], Reason.LAST_UNITS, "Worth its price, but the last units went to others."),
    ],
)
def test_each_reason_is_told(option: int, chosen: list[int], reason: Reason, sentence: str) -> None:
    """What decided, with how much it lacked at the prices."""
    candidates, plan = planned(chosen, VALUES, USES)
    told = explain(candidates, LIMITS, plan, 7, option)
    assert (told.reason, told.sentence()) == (reason, sentence)


def test_charges_add_up_and_the_dearest_comes_first() -> None:
    """Value less what each row charges is the worth; a floor pays, so its charge is below 0."""
    candidates, plan = planned([], VALUES, USES)
    told = explain(candidates, LIMITS, plan, 7, 5)
    assert [(charge.row.name, charge.cost) for charge in told.charges] == [("push volume", 1.0), ("reach", -0.5)]
    assert told.worth == told.value - sum(charge.cost for charge in told.charges)


def test_nobody_of_that_number_is_an_error() -> None:
    """A person the plan does not know has no explanation."""
    candidates, plan = planned([], VALUES, USES)
    with pytest.raises(LookupError, match="no person 8"):
        explain(candidates, LIMITS, plan, 8, 1)


def test_every_candidate_of_a_real_plan_has_a_reason_that_fits() -> None:
    """Chosen ones are worth their price but for the last units; those that lack something are not chosen."""
    candidates, limits = generate("groups", 300)
    plan = allocate(candidates, limits)
    person = np.repeat(candidates.person, np.diff(candidates.first))
    for place in range(0, len(candidates), 7):
        told = explain(candidates, limits, plan, int(person[place]), int(candidates.option[place]))
        assert (told.reason is Reason.CHOSEN) == bool(plan.chosen[place])
        assert told.lacks >= 0
        assert told.worth == pytest.approx(told.value - sum(charge.cost for charge in told.charges))
        assert told.sentence().endswith(".")


@pytest.mark.parametrize(
    ("row", "price", "sentence"),
    [
        (PUSH, 0.0, "push volume binds nothing: another limit near this one changes nothing."),
        (PUSH, 0.25, "One more unit of push volume adds 0.25 to the total value."),
        (REACH, 0.8, "One more unit of the floor reach costs 0.8 of the total value."),
    ],
)
def test_what_a_limit_costs_is_told(row: Row, price: float, sentence: str) -> None:
    """A price in words."""
    assert cost_of_a_limit(row, price) == sentence
