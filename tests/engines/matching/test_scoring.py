"""The score of a person for opportunities: its parts add up, missing data is neutral, and what has no field."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.engines.matching import (
    PARTS,
    RULES,
    TENTHS,
    Nearness,
    Opportunity,
    Part,
    Person,
    Place,
    pool_of,
    score,
    words_of,
)
from bandmate.engines.matching.scoring import overlap_hours, place_share

BERLIN = Place("DE", "Berlin", 60)
STOCKHOLM = Place("SE", "Stockholm", 60)
NEW_YORK = Place("US", "New York", -300)

_skills = st.sampled_from([f"skill:{number}" for number in range(8)])
_words = st.frozensets(st.sampled_from(["jazz", "tour", "radio", "vinyl"]), max_size=3)
_style = st.dictionaries(
    st.sampled_from(["pace", "structure", "contact", "feedback"]), st.sampled_from([-1, 0, 1])
)
_hours = st.none() | st.floats(0, 60)
_days = st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31))
_places = st.sampled_from([Place(), BERLIN, STOCKHOLM, NEW_YORK, Place("DE")])
persons = st.builds(
    Person,
    has=st.dictionaries(_skills, st.none() | st.integers(-3, 9)),
    wants=st.frozensets(_skills),
    interests=st.lists(_words, max_size=4).map(tuple),
    target=st.dictionaries(_skills, st.floats(0.01, 10)),
    target_words=_words,
    hours_per_week=_hours,
    available_from=_days,
    place=_places,
    style=_style,
)
opportunities = st.builds(
    Opportunity,
    wanted=st.dictionaries(_skills, st.floats(0, 1e12)),
    learn=st.frozensets(_skills),
    words=_words,
    hours_per_week=_hours,
    starts_on=_days,
    ends_on=_days,
    place=_places,
    work_model=st.sampled_from([None, "on_site", "hybrid", "remote", "on the moon"]),
    style=_style,
)
nearness = st.dictionaries(
    _skills, st.lists(st.tuples(_skills, st.floats(0.1, 0.6)), max_size=3).map(tuple), max_size=8
).map(Nearness)


def part(person: Person, opportunity: Opportunity, wanted: Part, near: Nearness | None = None) -> float | None:
    """Return the points of one part, or None where it is unknown."""
    scores = score(person, pool_of([opportunity], near))
    row = PARTS.index(wanted)
    return float(scores.tenths[row, 0]) / TENTHS if scores.known[row, 0] else None


def test_what_has_no_field_cannot_count() -> None:
    """Neither side has a field for name, gender, age, photo, nationality, school, start date or career gaps."""
    assert {field.name for field in fields(Person)} == {
        "has", "wants", "interests", "target", "target_words", "hours_per_week", "available_from", "place",
        "style",
    }  # fmt: skip
    assert {field.name for field in fields(Opportunity)} == {
        "wanted", "learn", "words", "hours_per_week", "starts_on", "ends_on", "place", "work_model", "style",
    }  # fmt: skip
    assert {field.name for field in fields(Place)} == {"country", "location", "utc_offset"}


def test_the_weights_sum_to_a_hundred() -> None:
    """A score has 100 points in all, and neutral points are whole tenths."""
    assert sum(RULES.weights.values()) == 100
    assert set(RULES.weights) == set(RULES.neutral) == set(PARTS)


@settings(max_examples=60, deadline=None)
@given(persons, st.lists(opportunities, min_size=1, max_size=6), nearness)
def test_parts_add_up_to_the_score(person: Person, offered: list[Opportunity], near: Nearness) -> None:
    """Every part lies between nothing and its points, the score is their sum, in whole tenths of a point."""
    scores = score(person, pool_of(offered, near))
    for row, each in enumerate(PARTS):
        assert (scores.tenths[row] >= 0).all()
        assert (scores.tenths[row] <= RULES.weights[each] * TENTHS).all()
        assert (scores.tenths[row][~scores.known[row]] == RULES.neutral_tenths(each)).all()
    assert (scores.total == scores.tenths.sum(0)).all()


@settings(max_examples=40, deadline=None)
@given(persons, st.lists(opportunities, min_size=2, max_size=6), nearness)
def test_a_score_does_not_depend_on_what_else_is_offered(
    person: Person, offered: list[Opportunity], near: Nearness
) -> None:
    """An opportunity alone gets the score that it gets among others."""
    together = score(person, pool_of(offered, near))
    for place, each in enumerate(offered):
        alone = score(person, pool_of([each], near))
        assert alone.tenths[:, 0].tolist() == together.tenths[:, place].tolist()


def test_somebody_unknown_is_scored_alike_everywhere() -> None:
    """Whoever says nothing gets the neutral points, for every opportunity alike."""
    offered = [Opportunity(wanted={"a": 1.0}, place=BERLIN, hours_per_week=4), Opportunity()]
    scores = score(Person(), pool_of(offered))
    assert not scores.known.any()
    assert scores.total[0] == scores.total[1] == sum(RULES.neutral_tenths(each) for each in PARTS)


def test_skills_count_by_weight_and_level() -> None:
    """Half of what is asked for, by weight, gives half of the points; a lower level gives less."""
    offered = Opportunity(wanted={"a": 1.0, "b": 0.5, "c": 0.5})
    assert part(Person(has={"a": 5}), offered, Part.SKILLS) == 15
    assert part(Person(has={"b": 5, "c": 5}), offered, Part.SKILLS) == 15
    assert part(Person(has={"a": 1}), offered, Part.SKILLS) == 7.5
    assert part(Person(has={"a": 5, "b": 5, "c": 5}), offered, Part.SKILLS) == 30
    assert part(Person(has={"z": 5}), offered, Part.SKILLS) == 0


def test_a_near_skill_counts_less() -> None:
    """Who has a skill near to a wanted one gets a part of its points, and never more than for the skill itself."""
    near = Nearness({"piano": (("organ", 0.5),)})
    offered = Opportunity(wanted={"organ": 1.0})
    assert part(Person(has={"piano": 5}), offered, Part.SKILLS, near) == 15
    assert part(Person(has={"piano": 5, "organ": 5}), offered, Part.SKILLS, near) == 30


def test_two_wanted_skills_that_it_teaches_are_enough() -> None:
    """What one wants to learn counts fully where it is taught and half where it is practised."""
    person = Person(wants=frozenset({"a", "b", "c"}))
    assert part(person, Opportunity(learn=frozenset({"a", "b"})), Part.GROW) == 20
    assert part(person, Opportunity(learn=frozenset({"a"})), Part.GROW) == 10
    assert part(person, Opportunity(wanted={"a": 1.0}), Part.GROW) == 5
    assert part(Person(wants=frozenset({"a"})), Opportunity(learn=frozenset({"a"})), Part.GROW) == 20


def test_interests_are_found_in_words() -> None:
    """Interests count by the share of their words, and two of them are enough."""
    said = words_of("A podcast about live sound in small clubs")
    interests = tuple(map(words_of, ("live sound", "podcasts", "chess")))
    assert part(Person(interests=interests), Opportunity(words=said), Part.INTEREST) == 10
    assert part(Person(interests=(words_of("live television"),)), Opportunity(words=said), Part.INTEREST) == 5


def test_a_target_counts_by_its_skills_else_by_its_words() -> None:
    """What an opportunity asks and teaches is compared with the target's skills; else with the target's words."""
    offered = Opportunity(wanted={"a": 1.0}, learn=frozenset({"b"}), words=words_of("sound designer wanted"))
    assert part(Person(target={"a": 1.0, "b": 0.5}), offered, Part.TARGET) == 11.2
    assert part(Person(target_words=words_of("Sound designer")), offered, Part.TARGET) == 15
    assert part(Person(target={"z": 1.0}, target_words=words_of("Sound designer")), offered, Part.TARGET) == 0


def test_hours_and_days_decide_availability() -> None:
    """The lesser of hours and dates counts; after its end, nothing."""
    offered = Opportunity(hours_per_week=8, starts_on=date(2026, 3, 1), ends_on=date(2026, 9, 1))
    assert part(Person(hours_per_week=4), offered, Part.AVAILABILITY) == 5
    assert part(Person(hours_per_week=40), offered, Part.AVAILABILITY) == 10
    late = Person(hours_per_week=8, available_from=date(2026, 4, 15))
    assert part(late, offered, Part.AVAILABILITY) == 5
    assert part(replace(late, available_from=date(2026, 9, 2)), offered, Part.AVAILABILITY) == 0
    assert part(Person(hours_per_week=4), Opportunity(), Part.AVAILABILITY) is None


@pytest.mark.parametrize(
    ("theirs", "model", "share"),
    [
        (BERLIN, "on_site", 1.0),
        (Place("DE", "Hamburg", 60), "on_site", 0.4),
        (STOCKHOLM, "on_site", 0.0),
        (STOCKHOLM, "hybrid", 0.1),
        (STOCKHOLM, "remote", 1.0),
        (NEW_YORK, "remote", 0.5),
        (Place("JP", "Tokyo", 540), "remote", 0.0),
        (Place("DE", "berlin", 60), None, 1.0),
        (Place(), "remote", None),
        (Place(), None, None),
    ],
)
def test_place_and_time_zone(theirs: Place, model: str | None, share: float | None) -> None:
    """On site the place decides, remote the hours in common, else both."""
    assert place_share(BERLIN, theirs, model) == share


def test_time_zones_meet_behind_the_date_line() -> None:
    """Offsets are compared around the clock: +13 and -11 hours are the same hour of the next day."""
    assert overlap_hours(Place(utc_offset=13 * 60), Place(utc_offset=-11 * 60)) == 8


def test_ways_of_working_are_compared_where_both_state_them() -> None:
    """Alike gives all points, opposite none; an axis that one side leaves out does not count."""
    host = Opportunity(style={"pace": 1, "contact": -1})
    assert part(Person(style={"pace": 1}), host, Part.STYLE) == 5
    assert part(Person(style={"pace": -1, "contact": 1}), host, Part.STYLE) == 0
    assert part(Person(style={"feedback": 1}), host, Part.STYLE) is None


def test_the_same_again_is_the_same() -> None:
    """The order in which skills are stated changes nothing."""
    random = Random(1)
    skills = [f"skill:{number}" for number in range(30)]
    offered = [Opportunity(wanted={each: random.random() for each in random.sample(skills, 6)}) for _ in range(50)]
    has = {each: random.choice((None, 1, 3, 5)) for each in random.sample(skills, 12)}
    turned = dict(sorted(has.items(), reverse=True))
    first, second = score(Person(has=has), pool_of(offered)), score(Person(has=turned), pool_of(offered))
    assert first.tenths.tolist() == second.tenths.tolist()


def test_the_document_states_the_weights() -> None:
    """docs/marketplace/matching.md has a row for each part with its points and its neutral points."""
    written = (Path(__file__).parents[3] / "docs" / "marketplace" / "matching.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in written.splitlines() if "|" in line]
    stated = {row[0]: (float(row[1]), float(row[-1])) for row in rows if row[0] in set(PARTS)}
    assert stated == {each.value: (RULES.weights[each], RULES.neutral_tenths(each) / TENTHS) for each in PARTS}
