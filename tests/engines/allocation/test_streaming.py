"""Deciding as persons come: caps are never exceeded, floors are kept on course, the value is near the batch's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.allocation.families import generate
from tests.engines.allocation.test_allocate import check_limits, problems

from bandmate.engines.allocation import Candidates, InvalidProblem, Kind, Limits, Plan, Row, allocate
from bandmate.engines.allocation.streaming import Stream, course_of

PERSONS = 20_000


@pytest.fixture(scope="module")
def today() -> tuple[Candidates, Limits, Plan]:
    """Today's persons with their limits and the batch's plan, which a stream cannot know."""
    candidates, limits = generate("plain", PERSONS, seed=2)
    return candidates, limits, allocate(candidates, limits)


@pytest.fixture(scope="module")
def yesterday() -> tuple[Candidates, Plan]:
    """Other persons of the same kind, and their plan, with which today begins."""
    candidates, limits = generate("plain", PERSONS, seed=9)
    return candidates, allocate(candidates, limits)


def in_order(candidates: Candidates, key: Callable[[np.ndarray, np.ndarray], np.ndarray], seed: int) -> np.ndarray:
    """Return an order of arrival, by a function of how valuable a person is (0 to 1) and of chance (0 to 1)."""
    worth = np.add.reduceat(candidates.value, candidates.first[:-1])
    rank = np.argsort(np.argsort(worth)) / candidates.persons
    return np.argsort(key(rank, np.random.default_rng(seed).random(candidates.persons)))


def by_chance(_: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Order persons by chance alone."""
    return chance


def later_better(rank: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Let the valuable ones come late."""
    return rank + 0.3 * chance


@given(problems(), st.integers(1, 20), st.sampled_from([0.0, 0.1, 2.0]))
@settings(max_examples=200, deadline=None)
def test_caps_and_persons_limits_are_never_exceeded(
    problem: tuple[Candidates, Limits], expected: int, price: float
) -> None:
    """Whatever the problem, the prices at the start and the number of persons expected."""
    candidates, limits = problem
    stream = Stream(limits, np.full(len(limits.rows), price), expected)
    marks = stream.decide(candidates)
    rows = tuple(
        replace(each, used=float(use))
        for each, use in zip(allocate(candidates, limits, threads=1).rows, stream.usage, strict=True)
    )
    paid = sum(
        max(row.limit - use, 0.0) * (row.exchange_rate or 0.0)
        for row, use in zip(limits.rows, stream.usage, strict=True)
        if row.kind is Kind.FLOOR
    )
    assert stream.objective == pytest.approx(stream.value - paid)
    told = tuple(
        replace(row, shortfall=max(row.limit - row.used, 0.0) if row.kind is Kind.FLOOR else 0.0) for row in rows
    )
    check_limits(candidates, limits, Plan(marks, stream.objective, 0.0, told, 0))


def test_a_steady_stream_is_worth_what_the_batch_is(
    today: tuple[Candidates, Limits, Plan], yesterday: tuple[Candidates, Plan]
) -> None:
    """With yesterday's prices and persons by chance, hardly anything is lost, and the floor is met."""
    candidates, limits, plan = today
    arriving, _ = candidates.of(in_order(candidates, by_chance, 1))
    stream = Stream.after(yesterday[1], limits, expected=candidates.persons, least_price=0.0)
    stream.decide(arriving)
    assert stream.objective >= 0.99 * plan.objective
    floor = next(at for at, row in enumerate(limits.rows) if row.kind is Kind.FLOOR)
    assert stream.usage[floor] >= 0.99 * limits.rows[floor].limit


def test_prices_that_are_wrong_are_found_out(
    today: tuple[Candidates, Limits, Plan], yesterday: tuple[Candidates, Plan]
) -> None:
    """Begun at a third of the right prices, the controller makes good more than half of what they cost."""
    candidates, limits, plan = today
    arriving, _ = candidates.of(in_order(candidates, by_chance, 1))
    wrong = yesterday[1].prices / 3
    stream = Stream(limits, wrong, candidates.persons)
    stream.decide(arriving)
    # Nobody controls a stream that thinks its end is far away.
    kept = Stream(limits, wrong, candidates.persons * 10**6)
    kept.decide(arriving)
    assert plan.objective - stream.objective < 0.5 * (plan.objective - kept.objective)


def test_a_known_course_is_worth_having(
    today: tuple[Candidates, Limits, Plan], yesterday: tuple[Candidates, Plan]
) -> None:
    """Where the valuable come late, as yesterday, yesterday's course keeps room for them; an even one does not."""
    candidates, limits, plan = today
    arriving, _ = candidates.of(in_order(candidates, later_better, 1))
    before, origin = yesterday[0].of(in_order(yesterday[0], later_better, 5))
    course = course_of(before, yesterday[1].chosen[origin])
    worth = []
    for known in (None, course):
        stream = Stream.after(yesterday[1], limits, expected=candidates.persons, least_price=0.0, course=known)
        stream.decide(arriving)
        worth.append(stream.objective / plan.objective)
    assert worth[0] < 0.95
    assert worth[1] > 0.98


def test_a_budget_cut_in_the_middle_is_kept(
    today: tuple[Candidates, Limits, Plan], yesterday: tuple[Candidates, Plan]
) -> None:
    """After a cut, the rest of each budget lasts to the end, and no cap is exceeded."""
    candidates, limits, _ = today
    arriving, _ = candidates.of(in_order(candidates, by_chance, 1))
    cut = replace(
        limits,
        rows=tuple(replace(row, limit=row.limit * 0.7) if row.kind is Kind.CAP else row for row in limits.rows),
    )
    stream = Stream.after(yesterday[1], limits, expected=candidates.persons, least_price=0.0)
    half, near = candidates.persons // 2, candidates.persons * 9 // 10
    stream.decide(arriving.between(0, half))
    stream.revise(cut)
    stream.decide(arriving.between(half, near))
    volume = limits.rows[0].limit * 0.7
    assert stream.usage[0] < 0.98 * volume
    stream.decide(arriving.between(near, candidates.persons))
    assert 0.97 * volume < stream.usage[0]
    assert all(use <= row.limit for row, use in zip(cut.rows, stream.usage, strict=True) if row.kind is Kind.CAP)


def test_how_persons_are_handed_over_changes_nothing(
    today: tuple[Candidates, Limits, Plan], yesterday: tuple[Candidates, Plan]
) -> None:
    """One by one or all at once: the same decisions, twice over."""
    candidates, limits, _ = today
    some = candidates.between(0, 300)
    streams = [Stream.after(yesterday[1], limits, expected=300, least_price=0.0) for _ in range(3)]
    whole, again = (stream.decide(some) for stream in streams[:2])
    single = [streams[2].decide(some.between(at, at + 1)) for at in range(300)]
    assert whole.tobytes() == again.tobytes() == np.concatenate(single).tobytes()
    assert streams[0].prices.tolist() == streams[2].prices.tolist()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda limits: Stream(limits, np.zeros(1), 0), "a stream needs 1"),
        (lambda limits: Stream(limits, np.zeros(1), 9, np.zeros((1, 1))), "two lines"),
        (lambda limits: Stream(limits, np.zeros(1), 9).revise(Limits(1)), "rows it began with"),
    ],
)
def test_what_makes_no_stream_is_refused(wrong: Callable[[Limits], object], words: str) -> None:
    """Nobody expected, a course of another shape, other rows in the middle."""
    with pytest.raises(InvalidProblem, match=words):
        wrong(Limits(1, (Row("volume", "volume", Kind.CAP, 3.0),)))
