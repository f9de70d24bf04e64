"""Rounds: who suits whom, and the best pairing of all."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from bandmate.engines.allocation import InvalidProblem
from bandmate.kernel.errors import InvalidInput
from bandmate.marketplace.rounds.domain import Limits, Reason
from bandmate.marketplace.rounds.fit import FIT, Fit, Side
from bandmate.marketplace.rounds.proposing import propose


def side(key: str, *skills: str, department: str = "Sound", **more: object) -> Side:
    """Return somebody who wants or teaches these skills."""
    plain = Side(key, dict.fromkeys(skills, 1.0), {}, frozenset(), frozenset({"en"}), 0.0, department)
    return replace(plain, **more)  # type: ignore[arg-type] # fields of Side


def crowd(count: int, seed: int, prefix: str) -> list[Side]:
    """Draw people of six departments who speak one language."""
    random = np.random.default_rng(seed)
    return [
        Side(
            f"{prefix}{number}",
            {f"s{skill}": float(random.choice([0.4, 0.7, 1.0])) for skill in random.choice(12, 3, replace=False)},
            {axis: int(random.integers(-1, 2)) for axis in ("pace", "contact")},
            frozenset(f"i{interest}" for interest in random.choice(9, 2, replace=False)),
            frozenset({"en"}),
            float(random.integers(-8, 9)),
            f"d{random.integers(6)}",
        )
        for number in range(count)
    ]


def test_the_parts_add_up_to_the_value() -> None:
    """For every pair, up to the weights' sum of 1."""
    mentees, mentors = crowd(20, 1, "a"), crowd(15, 2, "b")
    fit = Fit(mentees, mentors)
    values = fit.values(0, 20)
    mentee, mentor = np.indices((20, 15)).reshape(2, -1)
    expected = [one.value if one.topics > 0 else 0.0 for one in fit.parts(mentee, mentor)]
    assert values.ravel() == pytest.approx(expected, abs=1e-5)
    assert values.max() <= 1
    assert sum(getattr(FIT, one.name) for one in fields(FIT)) == pytest.approx(1)


def test_blocks_do_not_matter() -> None:
    """The values of some mentees are the same whoever is asked about with them."""
    fit = Fit(crowd(30, 3, "a"), crowd(20, 4, "b"))
    whole = fit.values(0, 30)
    assert np.array_equal(np.vstack([fit.values(0, 7), fit.values(7, 30)]), whole)


def test_nothing_else_about_a_person_counts() -> None:
    """The types hold no name, age, gender, picture, school or start date."""
    assert {one.name for one in fields(Side)} == {
        "key",
        "skills",
        "style",
        "interests",
        "languages",
        "utc_offset",
        "department",
        "never",
    }


def test_the_more_a_mentor_can_teach_the_better() -> None:
    """Of what is wanted, and well; without any of it nobody is paired."""
    mentee = side("me", "mixing", "mastering")
    both, one = side("both", "mixing", "mastering"), side("one", "mixing")
    half, none = side("half", skills={"mixing": 0.5}), side("none", "law")
    values = Fit([mentee], [both, one, half, none]).values(0, 1)[0]
    assert values[0] > values[1] > values[2] > values[3] == 0


def test_alike_in_outlook_and_near_in_hours_is_better() -> None:
    """The same way of working, common interests, common hours, another department: each adds."""
    mentee = side("me", "mixing", style={"pace": 1}, interests=frozenset({"jazz"}))
    base = side("b", "mixing", style={"pace": -1}, interests=frozenset({"golf"}), utc_offset=9.0)
    better = [
        replace(base, style={"pace": 1}),
        replace(base, interests=frozenset({"jazz"})),
        replace(base, utc_offset=1.0),
        replace(base, department="Light"),
    ]
    values = Fit([mentee], [base, *better]).values(0, 1)[0]
    assert (values[1:] > values[0]).all()
    near = Fit([mentee], [replace(base, utc_offset=23.0)]).parts(np.array([0]), np.array([0]))[0]
    assert near.hours == pytest.approx(FIT.hours)


def test_some_are_never_paired() -> None:
    """Not with oneself, a manager, or somebody without a common language; unknown languages keep nobody apart."""
    mentee = side("me", "mixing", never=frozenset({"boss"}))
    mentors = [
        side("me", "mixing"),
        side("boss", "mixing"),
        side("far", "mixing", languages=frozenset({"ja"})),
        side("unknown", "mixing", languages=frozenset()),
        side("shy", "mixing", never=frozenset({"me"})),
    ]
    assert (Fit([mentee], mentors).values(0, 1)[0] > 0).tolist() == [False, False, False, True, False]


def test_a_round_is_the_best_there_is() -> None:
    """Equal to the Hungarian method over all pairs, with capacities."""
    mentees, mentors = crowd(60, 5, "a"), crowd(25, 6, "b")
    capacities = [1 + number % 3 for number in range(25)]
    found = propose(mentees, mentors, capacities, Limits())
    values = Fit(mentees, mentors).values(0, 60).astype(np.float64)
    places = np.repeat(np.arange(25), capacities)
    wide = np.hstack([values[:, places], np.zeros((60, 60))])
    best = float(wide[linear_sum_assignment(wide, maximize=True)].sum())
    assert found.figures.value == pytest.approx(best, rel=1e-4)
    assert found.figures.bound >= best - 1e-4
    assert sum(one.parts.value for one in found.pairs) == pytest.approx(found.figures.value, rel=1e-4)
    assert found.figures.matched + len(found.waiting) == 60
    assert sum(found.figures.ranks.values()) == found.figures.matched


def test_limits_are_kept_and_their_price_is_told() -> None:
    """With most pairs across departments the value is lower, and the share is kept."""
    mentees = [replace(one, department="d0" if place % 4 else "d1") for place, one in enumerate(crowd(40, 7, "a"))]
    mentors = [replace(one, department="d0" if place % 2 else "d1") for place, one in enumerate(crowd(20, 8, "b"))]
    free = propose(mentees, mentors, [2] * 20, Limits())
    bound = propose(mentees, mentors, [2] * 20, Limits(across_departments=0.9))
    assert bound.figures.across_departments is not None
    assert free.figures.across_departments is not None
    assert bound.figures.across_departments >= 0.9 > free.figures.across_departments
    assert bound.figures.value < free.figures.value
    assert free.figures.across_by_chance == pytest.approx(0.5)
    with pytest.raises(InvalidProblem, match="mentees of d1"):
        propose(mentees, mentors, [2] * 20, Limits(least_by_department={"d1": 41}))


def test_whoever_waits_is_told_why() -> None:
    """Nobody suits, no place is left, or the limits speak against it."""
    mentors = [side("m", "mixing", department="Light"), side("n", "mixing")]
    mentees = [side("a", "mixing"), side("b", "mixing"), side("c", "law")]
    full = propose(mentees, mentors, [1, 0], Limits())
    assert sorted(full.waiting.values()) == [Reason.NO_FIT, Reason.NO_PLACE]
    strict = propose(mentees, mentors, [1, 1], Limits(across_departments=1.0))
    assert sorted(strict.waiting.values()) == [Reason.LIMITS, Reason.NO_FIT]


def test_prices_tell_whose_hour_is_wanted() -> None:
    """A mentor wanted by three with one place has a price, one with room has none."""
    mentees = [side(key, "mixing") for key in ("a", "b", "c")]
    found = propose(mentees, [side("m", "mixing"), side("n", skills={"mixing": 0.5})], [1, 5], Limits())
    assert (found.wanted["m"].by, found.wanted["n"].price) == (3, 0)
    assert found.wanted["m"].price == pytest.approx(FIT.topics / 2, abs=1e-4)


def test_an_empty_round_is_an_answer() -> None:
    """Nobody on one side or the other."""
    assert propose([], [], [], Limits()).pairs == ()
    alone = propose([side("a", "mixing")], [], [], Limits(across_departments=0.5))
    assert dict(alone.waiting) == {"a": Reason.NO_FIT}
    assert propose([], [side("m", "mixing")], [3], Limits()).figures.across_departments is None


def test_limits_out_of_range_are_refused() -> None:
    """A share above one, or a negative count."""
    with pytest.raises(InvalidInput):
        Limits(across_departments=1.2)
    with pytest.raises(InvalidInput):
        Limits(least_by_department={"d1": -1})
    assert Limits.of_json(Limits(0.4, {"d1": 2}).as_json()) == Limits(0.4, {"d1": 2})
