"""Teams whose strengths complement each other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.engines.allocation import InvalidProblem
from bandmate.engines.allocation.teams import Candidate, Project, StaffingRule, staff

RULE = StaffingRule(suits=0.25, strength=0.125, most_led=2)


def somebody(
    key: str, skills: dict[str, float], *, strengths: tuple[str, ...] = (), hours: float = 8, **wishes: float
) -> Candidate:
    """Return a candidate who may join the projects named."""
    return Candidate(key, skills, frozenset(strengths), hours, wishes)


def test_a_team_covers_what_no_single_person_does() -> None:
    """Two who complement each other are chosen before two of the same trade."""
    project = Project("tour", {"sound": 1.0, "light": 1.0, "budget": 1.0}, 2, 4)
    people = [
        somebody("ana", {"sound": 1.0}, tour=0.9),
        somebody("ben", {"sound": 0.9}, tour=0.9),
        somebody("cem", {"light": 0.7, "budget": 0.6}, tour=0.1),
    ]
    found = staff([project], people, RULE)
    assert {member.person: set(member.leads) for member in found.teams["tour"]} == {
        "ana": {"sound"},
        "cem": {"light", "budget"},
    }
    assert (found.uncovered["tour"], found.optimal) == ((), True)


def test_nobody_gives_more_hours_than_they_have() -> None:
    """Wanted by two projects of five hours, somebody with eight joins one of them."""
    projects = [Project(name, {"sound": 1.0}, 3, 5) for name in ("tour", "album")]
    found = staff(projects, [somebody("ana", {"sound": 1.0}, tour=0.2, album=0.9)], RULE)
    assert ([m.person for m in found.teams["album"]], found.teams["tour"]) == (["ana"], ())
    assert found.uncovered["tour"] == ("sound",)


def test_different_strengths_are_worth_more_than_the_same_twice() -> None:
    """Of two equals the one whose strength the team lacks is chosen."""
    project = Project("tour", {"sound": 1.0, "light": 1.0}, 2, 1)
    people = [
        somebody("ana", {"sound": 1.0}, strengths=("calm",), tour=0.5),
        somebody("ben", {"light": 0.5}, strengths=("calm",), tour=0.5),
        somebody("eda", {"light": 0.5}, strengths=("bold",), tour=0.5),
    ]
    assert {member.person for member in staff([project], people, RULE).teams["tour"]} == {"ana", "eda"}


def _tries(projects: Sequence[Project], people: Sequence[Candidate]) -> float:
    """Return the best value of all ways to give each skill of each project to somebody or nobody."""
    skills = [(project, skill) for project in projects for skill in project.skills]
    best = 0.0
    for leaders in product([None, *people], repeat=len(skills)):
        value, members = 0.0, {project.key: dict[str, int]() for project in projects}
        for (project, skill), leader in zip(skills, leaders, strict=True):
            if leader is None:
                continue
            if project.key not in leader.wishes or leader.skills.get(skill, 0) <= 0:
                break
            members[project.key][leader.key] = members[project.key].get(leader.key, 0) + 1
            value += project.skills[skill] * leader.skills[skill]
        else:
            best = max(best, value + _rest(projects, people, members))
    return best


def _rest(projects: Sequence[Project], people: Sequence[Candidate], members: dict[str, dict[str, int]]) -> float:
    """Return what members and strengths add, or minus infinity where a limit is broken."""
    value, hours = 0.0, dict.fromkeys((one.key for one in people), 0.0)
    by_key = {one.key: one for one in people}
    for project in projects:
        team = members[project.key]
        if len(team) > project.seats or max(team.values(), default=0) > RULE.most_led:
            return -np.inf
        for key in team:
            hours[key] += project.hours_per_week
            value += RULE.suits * by_key[key].wishes[project.key]
        value += RULE.strength * len(frozenset().union(*(by_key[key].strengths for key in team)))
    if any(hours[key] > by_key[key].hours_per_week for key in hours):
        return -np.inf
    return value


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_it_is_the_best_of_all_ways(seed: int) -> None:
    """Equal to trying all ways on small problems."""
    random = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    projects = [
        Project(
            key,
            {skill: 1.0 + index for index, skill in enumerate(names[: random.integers(1, 3)])},
            int(random.integers(1, 3)),
            float(random.integers(1, 4)),
        )
        for key in ("p", "q")
    ]
    people = [
        Candidate(
            f"m{number}",
            {skill: float(random.choice([0.25, 0.5, 1.0])) for skill in names if random.random() < 0.7},
            frozenset(random.choice(["calm", "bold"], 1).tolist()),
            float(random.integers(2, 6)),
            {key: float(random.choice([0.0, 0.5, 1.0])) for key in ("p", "q") if random.random() < 0.8},
        )
        for number in range(3)
    ]
    found = staff(projects, people, RULE)
    assert found.optimal
    assert found.value == pytest.approx(_tries(projects, people), abs=0.01)


def test_what_cannot_be_used_is_named() -> None:
    """Two of the same key, weights and values out of range."""
    fine = Project("tour", {"sound": 1.0}, 1, 1)
    with pytest.raises(InvalidProblem, match="project 'tour' is there twice"):
        staff([fine, fine], [])
    with pytest.raises(InvalidProblem, match="weights above 0"):
        staff([Project("tour", {"sound": 0.0}, 1, 1)], [])
    with pytest.raises(InvalidProblem, match="'ana' needs hours"):
        staff([fine], [somebody("ana", {"sound": 2.0}, tour=1)])


def test_ctrl_c_still_reaches_the_program_afterwards() -> None:
    """The solver leaves the handling of SIGINT to whoever calls it: a server has to end in order."""
    program = """
import os, signal
from bandmate.engines.allocation.teams import Candidate, Project, staff
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append("SIGINT"))
staff([Project("tour", {"sound": 1.0}, 1, 1)], [Candidate("ana", {"sound": 1.0}, frozenset(), 5, {"tour": 1.0})])
os.kill(os.getpid(), signal.SIGINT)
print(heard)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['SIGINT']", done.returncode


def test_no_projects_and_no_people_are_answers() -> None:
    """Nothing to staff, nobody to staff it with."""
    assert staff([], []).teams == {}
    assert staff([Project("tour", {"sound": 1.0}, 1, 1)], []).uncovered == {"tour": ("sound",)}
