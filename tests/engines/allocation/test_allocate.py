"""Plans: within every limit, near the optimum, with a certificate that holds, however they are worked out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.allocation.families import FAMILIES, candidates_of, generate, optimum

from bandmate.engines.allocation import Candidates, Group, InvalidProblem, Kind, Limits, Plan, Row, allocate

SLACK = 1e-9


def check_limits(candidates: Candidates, limits: Limits, plan: Plan) -> None:
    """Assert, by sums of our own, that a plan keeps every cap and every person's limits."""
    chosen = plan.chosen.astype(bool)
    person = np.repeat(np.arange(candidates.persons), np.diff(candidates.first))
    assert np.bincount(person[chosen], minlength=1).max(initial=0) <= limits.per_person_max
    for group in limits.groups:
        inside = chosen & np.isin(candidates.option, list(group.options))
        assert np.bincount(person[inside], minlength=1).max(initial=0) <= group.max
    for place, row in enumerate(limits.rows):
        used = float(candidates.columns[chosen, place].sum(dtype=np.float64))
        assert row.kind is Kind.FLOOR or used <= row.limit
        assert plan.rows[place].used == pytest.approx(used, rel=1e-9, abs=1e-12)
    value = float(candidates.value[chosen].sum(dtype=np.float64))
    paid = sum(row.shortfall * (limits.rows[at].exchange_rate or 0.0) for at, row in enumerate(plan.rows))
    assert plan.objective == pytest.approx(value - paid, rel=1e-9, abs=1e-9)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Candidates, Limits]:
    """Small problems of every shape: ties, negative values, empty rows, groups that overlap."""
    persons, options = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    kept = random.random(persons * options) < draw(st.sampled_from([0.3, 0.8, 1.0]))
    kept[0] = True
    person = np.repeat(np.arange(persons), options)[kept]
    option = np.tile(np.arange(options), persons)[kept]
    value = (
        random.choice([-1.0, 0.0, 0.5, 1.0, 1.5, 3.0], len(option))
        if draw(st.booleans())
        else random.normal(1, 1, len(option))
    )
    rows, uses = [], []
    for number in range(draw(st.integers(0, 3))):
        uses.append(random.choice([0.0, 0.5, 1.0, 2.0], len(option)))
        kind = draw(st.sampled_from(list(Kind)))
        rate = draw(st.sampled_from([0.0, 0.3, 5.0])) if kind is Kind.FLOOR else None
        rows.append(Row(f"row {number}", f"row {number}", kind, float(draw(st.integers(0, 8))), rate))
    groups = tuple(
        Group(
            f"group {number}",
            frozenset(random.choice(options, min(options, 3), replace=False).tolist()),
            draw(st.integers(0, 2)),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    columns = np.stack(uses, 1) if uses else np.empty((len(option), 0))
    return candidates_of(person, option, value, columns), Limits(draw(st.integers(0, 3)), tuple(rows), groups)


@pytest.mark.parametrize("family", FAMILIES)
class TestFamilies:
    def test_a_plan_is_within_a_ten_thousandth_of_the_relaxation(self, family: str) -> None:
        """Against HiGHS' optimum of the relaxation, no whole plan can be better and ours is hardly worse."""
        candidates, limits = generate(family, 10_000)
        plan = allocate(candidates, limits)
        best = optimum(candidates, limits)
        check_limits(candidates, limits, plan)
        assert best - plan.objective <= 1e-4 * abs(best)
        assert plan.bound >= best * (1 - SLACK) or plan.gap * abs(plan.bound) >= best - plan.objective

    def test_it_is_the_same_for_any_number_of_threads(self, family: str) -> None:
        """One thread, two or five choose the same, bit for bit."""
        candidates, limits = generate(family, 20_000, seed=1)
        plans = [allocate(candidates, limits, threads=threads) for threads in (1, 2, 5)]
        assert len({(plan.chosen.tobytes(), plan.objective, plan.bound) for plan in plans}) == 1


class TestAnyProblem:
    @given(problems())
    @settings(max_examples=300, deadline=None)
    def test_the_certificate_holds(self, problem: tuple[Candidates, Limits]) -> None:
        """Whatever the problem: limits are kept, and the best whole plan lies between objective and bound."""
        candidates, limits = problem
        plan = allocate(candidates, limits, threads=1)
        check_limits(candidates, limits, plan)
        best = optimum(candidates, limits, whole=True)
        assert plan.objective <= best + 1e-6
        assert best <= plan.bound + 1e-6

    @given(problems(), st.floats(0.5, 5))
    @settings(max_examples=100, deadline=None)
    def test_a_higher_cap_never_lowers_the_optimum(self, problem: tuple[Candidates, Limits], more: float) -> None:
        """What was possible stays possible: the bound with a higher cap is not below the plan without it."""
        candidates, limits = problem
        plan = allocate(candidates, limits, threads=1)
        raised = tuple(
            replace(row, limit=row.limit + more) if row.kind is Kind.CAP else row for row in limits.rows
        )
        after = allocate(candidates, replace(limits, rows=raised), threads=1)
        assert after.bound >= plan.objective - 1e-9

    @given(problems())
    @settings(max_examples=50, deadline=None)
    def test_it_is_chosen_again(self, problem: tuple[Candidates, Limits]) -> None:
        """The same problem gives the same plan."""
        first, second = (allocate(*problem, threads=1) for _ in range(2))
        assert first.chosen.tobytes() == second.chosen.tobytes()


def simple(value: list[float], uses: list[list[float]], persons: list[int] | None = None) -> Candidates:
    """Return candidates, one person's unless told."""
    size = len(value)
    person = np.array(persons if persons is not None else [0] * size)
    return candidates_of(person, np.arange(size), np.array(value), np.array(uses, float).reshape(size, -1))


class TestLimits:
    def test_a_cap_that_allows_nothing_leaves_nothing(self) -> None:
        """A cap of 0 on what everything uses chooses nothing."""
        plan = allocate(simple([1, 2], [[1], [1]]), Limits(2, (Row("volume", "volume", Kind.CAP, 0.0),)))
        assert plan.chosen.sum() == 0

    def test_a_cap_below_zero_is_refused(self) -> None:
        """Not even choosing nothing keeps it."""
        with pytest.raises(InvalidProblem, match="even choosing nothing exceeds"):
            allocate(simple([1], [[1]]), Limits(1, (Row("volume", "volume", Kind.CAP, -1.0),)))

    def test_a_floor_out_of_reach_says_what_is_lacking(self) -> None:
        """Everything that helps is chosen, and the rest is the shortfall, paid at the exchange rate."""
        floor = Row("reach", "reach", Kind.FLOOR, 10.0, exchange_rate=2.0)
        plan = allocate(simple([-1.0, 1.0], [[3], [2]]), Limits(2, (floor,)))
        assert plan.rows[0].shortfall == 5.0
        assert plan.objective == pytest.approx(0.0 - 2.0 * 5.0)

    def test_a_floor_is_bought_with_options_that_lose(self) -> None:
        """An option of negative value is chosen where the floor pays more for it."""
        floor = Row("reach", "reach", Kind.FLOOR, 1.0, exchange_rate=3.0)
        plan = allocate(simple([-1.0], [[1]]), Limits(1, (floor,)))
        assert plan.chosen.tolist() == [1]

    def test_nobody_has_candidates(self) -> None:
        """A problem without candidates has an empty plan and a gap of 0."""
        nothing = Candidates(
            np.zeros(0, np.int64),
            np.zeros(1, np.int64),
            np.zeros(0, np.int32),
            np.zeros(0, np.float32),
            np.zeros((0, 1), np.float32),
        )
        plan = allocate(nothing, Limits(1, (Row("volume", "volume", Kind.CAP, 5.0),)))
        assert (plan.objective, plan.gap) == (0.0, 0.0)

    def test_columns_must_fit_the_rows(self) -> None:
        """As many columns as rows, or it says so."""
        with pytest.raises(InvalidProblem, match="1 rows need as many columns, not 2"):
            allocate(simple([1.0], [[1, 1]]), Limits(1, (Row("volume", "volume", Kind.CAP, 5.0),)))

    def test_all_the_same_value_fills_the_cap(self) -> None:
        """Where everybody ties, the cap is used to its last unit."""
        candidates = simple([1.0] * 1000, [[1.0]] * 1000, list(range(1000)))
        plan = allocate(candidates, Limits(1, (Row("volume", "volume", Kind.CAP, 333.0),)))
        assert plan.chosen.sum() == 333

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda: Row("a", "a", Kind.CAP, float("nan")), "finite"),
            (lambda: Row("a", "a", Kind.CAP, 1.0, 2.0), "takes no exchange_rate"),
            (lambda: Row("a", "a", Kind.FLOOR, 1.0), "needs an exchange_rate"),
            (lambda: Group("a", frozenset({1}), -1), "0 or more"),
            (lambda: Limits(-1), "0 or more"),
            (lambda: Limits(1, (Row("a", "a", Kind.CAP, 1.0),) * 2), "its own"),
        ],
        ids=["no number", "cap with rate", "floor without", "group below 0", "person below 0", "same name twice"],
    )
    def test_limits_that_mean_nothing_are_refused(self, make: object, words: str) -> None:
        """Each says what is wrong with it."""
        with pytest.raises(InvalidProblem, match=words):
            make()  # type: ignore[operator]

    def test_yesterdays_prices_lead_to_a_plan_as_good(self) -> None:
        """Starting from prices found before takes fewer passes and ends at the same bound."""
        candidates, limits = generate("plain", 5_000)
        cold = allocate(candidates, limits)
        warm = allocate(candidates, limits, warm=cold.prices)
        assert warm.evaluations < cold.evaluations
        assert warm.bound == pytest.approx(cold.bound, rel=1e-6)
