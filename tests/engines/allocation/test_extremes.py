"""Problems at the edges: very wide persons, large and small numbers, many groups, nowhere to keep code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.engines.allocation.families import candidates_of, generate, optimum
from tests.engines.allocation.test_allocate import check_limits

from bandmate.engines.allocation import Group, InvalidProblem, Kind, Limits, Row, allocate, compiling


@pytest.mark.parametrize("most", [1, 50, 5_000, 100_000])
def test_one_person_may_have_a_hundred_thousand_candidates(most: int) -> None:
    """In time that does not grow with their square, and near the optimum."""
    random = np.random.default_rng(0)
    size = 100_000
    uses = np.stack([np.ones(size), random.random(size)], axis=1)
    candidates = candidates_of(np.zeros(size, int), np.arange(size), random.random(size), uses)
    rows = (Row("volume", "volume", Kind.CAP, 20_000.0), Row("risk", "risk", Kind.CAP, 3_000.0))
    limits = Limits(most, rows)
    plan = allocate(candidates, limits)
    check_limits(candidates, limits, plan)
    assert plan.gap < (2e-3 if most > 1 else 1e-6)


def test_ties_of_one_wide_person_end() -> None:
    """A hundred thousand equal candidates of one person fill the cap to its last unit."""
    size = 100_000
    candidates = candidates_of(np.zeros(size, int), np.arange(size), np.ones(size), np.ones((size, 1)))
    plan = allocate(candidates, Limits(size, (Row("volume", "volume", Kind.CAP, 777.0),)))
    assert plan.chosen.sum() == 777


def test_nobody_gets_anything_where_nothing_is_allowed() -> None:
    """With 0 options for each person the plan is empty, and its bound says so."""
    candidates, limits = generate("plain", 200)
    caps = replace(candidates, columns=np.ascontiguousarray(candidates.columns[:, :4]))
    plan = allocate(caps, Limits(0, limits.rows[:4]))
    assert plan.chosen.sum() == 0
    assert 0 <= plan.bound < 1e-9


@pytest.mark.parametrize("scale", [1e-38, 1e-20, 1e15, 1e36])
def test_the_scale_of_values_does_not_matter(scale: float) -> None:
    """The largest and the smallest numbers of 32 bits are numbers like others."""
    candidates, limits = generate("plain", 500)
    scaled = candidates_of(
        np.repeat(candidates.person, np.diff(candidates.first)),
        candidates.option,
        candidates.value.astype(np.float64) * scale,
        candidates.columns[:, :4],
    )
    plan = allocate(scaled, Limits(2, limits.rows[:4]))
    check_limits(scaled, Limits(2, limits.rows[:4]), plan)
    assert plan.gap < 1e-3


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_scale_of_uses_does_not_matter(scale: float) -> None:
    """A row counted in very small or very large units binds as it does in others."""
    random = np.random.default_rng(0)
    person, option = np.repeat(np.arange(500), 4), np.tile(np.arange(4), 500)
    value, use = random.random(2000), random.random(2000)
    candidates = candidates_of(person, option, value, use[:, None] * scale)
    limits = Limits(2, (Row("cost", "cost", Kind.CAP, 100.0 * scale),))
    plan = allocate(candidates, limits)
    assert plan.rows[0].used <= limits.rows[0].limit
    assert plan.gap < 1e-3


def test_many_overlapping_groups_have_a_bound_that_holds() -> None:
    """Where the best choice of a person is too much to search for, the bound still is one."""
    random = np.random.default_rng(1)
    person, option = np.repeat(np.arange(5), 60), np.tile(np.arange(60), 5)
    candidates = candidates_of(person, option, 1 + 0.1 * random.random(300), np.ones((300, 1)))
    groups = tuple(
        Group(f"{each}", frozenset(random.choice(60, 8, replace=False).tolist()), 2) for each in range(20)
    )
    limits = Limits(12, (Row("volume", "volume", Kind.CAP, 40.0),), groups)
    plan = allocate(candidates, limits)
    check_limits(candidates, limits, plan)
    best = optimum(candidates, limits)
    assert plan.objective <= best + 1e-9
    assert plan.objective >= 0.9 * best
    whole = optimum(candidates, Limits(12, limits.rows, groups[:4]), whole=True)
    assert allocate(candidates, Limits(12, limits.rows, groups[:4])).bound >= whole - 1e-9


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_is_refused(wrong: float) -> None:
    """Also where no file was read."""
    candidates = candidates_of(np.zeros(2, int), np.arange(2), np.array([1.0, wrong]), np.ones((2, 1)))
    with pytest.raises(InvalidProblem, match="no finite number"):
        allocate(candidates, Limits(1, (Row("volume", "volume", Kind.CAP, 1.0),)))


def test_code_is_compiled_where_it_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an installation that may write nowhere, functions work all the same."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert compiling._place() is None

    @compiling.compiled()
    def twice(number: int) -> int:
        return 2 * number

    assert twice(21) == 42
