"""Teams whose strengths complement each other: every wanted skill has somebody who leads it, nobody is overloaded.

All projects are staffed together, since the same people are wanted by several. A constraint program (OR-Tools'
CP-SAT) chooses who joins which project and who leads which skill there; one core and a deterministic limit make
the same question give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandmate.engines.allocation.errors import InvalidProblem

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_SCALE = 1_000
"""Values are whole thousandths for the solver."""
_HOURS = 10
"""Hours are whole tenths for the solver."""


@dataclass(frozen=True, slots=True)
class Project:
    """What is to be staffed."""

    key: str
    skills: Mapping[str, float]
    """Skills wanted, each with its weight above 0."""
    seats: int
    hours_per_week: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could join."""

    key: str
    skills: Mapping[str, float]
    """How well they know a skill, above 0 to 1."""
    strengths: frozenset[str]
    """What makes them unique, in words; different ones in a team are worth more than the same twice."""
    hours_per_week: float
    wishes: Mapping[str, float]
    """Projects they may join, by key, each with how much it suits them, 0 to 1. Others they do not join."""


@dataclass(frozen=True, slots=True)
class StaffingRule:
    """What counts how much. The skills led are worth their weight times how well they are known."""

    suits: float = 0.3
    """Of how much a project suits each member."""
    strength: float = 0.1
    """Of each different strength in a team."""
    most_led: int = 3
    """Skills one person leads at most in a project, so that the work is shared."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person's place in a team."""

    person: str
    leads: tuple[str, ...]
    """Skills for which the team relies on them: at least one."""


@dataclass(frozen=True, slots=True)
class Staffing:
    """The teams by project, in the order they were asked for, and a proof of how good they are."""

    teams: Mapping[str, tuple[Member, ...]]
    uncovered: Mapping[str, tuple[str, ...]]
    """Wanted skills that nobody leads."""
    value: float
    bound: float

    @property
    def optimal(self) -> bool:
        """Whether no other staffing is better, but for rounding to thousandths."""
        return self.bound - self.value <= 1 / _SCALE


def staff(
    projects: Sequence[Project],
    candidates: Sequence[Candidate],
    rule: StaffingRule = StaffingRule(),
    *,
    effort: float = 20.0,
) -> Staffing:
    """Choose teams by the skills led, how much it suits the members, and how different their strengths are.

    Every member leads at least one skill that the project wants, at most ``rule.most_led``; nobody gives more
    hours than they have; no project has more members than seats.

    Args:
        projects: with distinct keys.
        candidates: with distinct keys.
        rule: what counts how much.
        effort: seconds of the solver's deterministic clock after which the best so far is taken.

    Raises:
        InvalidProblem: for two projects or two candidates of the same key, or numbers out of range.
    """
    # It takes a while to load, which every command of the program would pay.
    from ortools.sat.python import cp_model  # noqa: PLC0415 - see above

    _check(projects, candidates)
    model = _Model(cp_model.CpModel(), projects, candidates, rule)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    # Else it takes Ctrl-C for itself and never gives it back: the program around it could not end in order.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model.program)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return Staffing(
            {project.key: () for project in projects},
            {project.key: tuple(project.skills) for project in projects},
            0.0,
            solver.best_objective_bound / _SCALE,
        )
    return model.staffing(solver)


class _Model:
    """The program's variables by what they mean."""

    def __init__(
        self,
        program: cp_model.CpModel,
        projects: Sequence[Project],
        candidates: Sequence[Candidate],
        rule: StaffingRule,
    ) -> None:
        self.program = program
        self._projects = projects
        self._joins: dict[tuple[str, str], cp_model.IntVar] = {}
        self._leads: dict[tuple[str, str, str], cp_model.IntVar] = {}
        worth: list[cp_model.LinearExpr] = []
        for project in projects:
            worth += self._add_project(project, candidates, rule)
        self._keep_hours(projects, candidates)
        self.program.maximize(sum(worth))

    def _add_project(
        self, project: Project, candidates: Sequence[Candidate], rule: StaffingRule
    ) -> list[cp_model.LinearExpr]:
        worth: list[cp_model.LinearExpr] = []
        members: dict[str, cp_model.IntVar] = {}
        strengths: dict[str, list[cp_model.IntVar]] = {}
        led: dict[str, list[cp_model.IntVar]] = {}
        for one in candidates:
            able = [skill for skill in project.skills if one.skills.get(skill, 0) > 0]
            if project.key not in one.wishes or not able or one.hours_per_week < project.hours_per_week:
                continue
            joins = members[one.key] = self._joins[project.key, one.key] = self.program.new_bool_var("")
            worth.append(_whole(rule.suits * one.wishes[project.key]) * joins)
            for strength in one.strengths:
                strengths.setdefault(strength, []).append(joins)
            leads = []
            for skill in able:
                lead = self._leads[project.key, one.key, skill] = self.program.new_bool_var("")
                self.program.add_implication(lead, joins)
                led.setdefault(skill, []).append(lead)
                leads.append(lead)
                worth.append(_whole(project.skills[skill] * one.skills[skill]) * lead)
            self.program.add(sum(leads) >= joins)
            self.program.add(sum(leads) <= rule.most_led)
        for leads in led.values():
            self.program.add_at_most_one(leads)
        self.program.add(sum(members.values()) <= project.seats)
        for strength in sorted(strengths):
            there = self.program.new_bool_var("")
            self.program.add(there <= sum(strengths[strength]))
            worth.append(_whole(rule.strength) * there)
        return worth

    def _keep_hours(self, projects: Sequence[Project], candidates: Sequence[Candidate]) -> None:
        hours = {project.key: round(project.hours_per_week * _HOURS) for project in projects}
        for one in candidates:
            theirs = [
                hours[key] * self._joins[key, one.key] for key in one.wishes if (key, one.key) in self._joins
            ]
            if len(theirs) > 1:
                self.program.add(sum(theirs) <= int(one.hours_per_week * _HOURS + 1e-6))

    def staffing(self, solver: cp_model.CpSolver) -> Staffing:
        """Return what the solver chose."""
        teams: dict[str, tuple[Member, ...]] = {}
        uncovered: dict[str, tuple[str, ...]] = {}
        for project in self._projects:
            leads: dict[str, list[str]] = {}
            for (key, person, skill), variable in self._leads.items():
                if key == project.key and solver.boolean_value(variable):
                    leads.setdefault(person, []).append(skill)
            teams[project.key] = tuple(Member(person, tuple(skills)) for person, skills in leads.items())
            covered = {skill for skills in leads.values() for skill in skills}
            uncovered[project.key] = tuple(skill for skill in project.skills if skill not in covered)
        return Staffing(teams, uncovered, solver.objective_value / _SCALE, solver.best_objective_bound / _SCALE)


def _whole(value: float) -> int:
    return round(value * _SCALE)


def _check(projects: Sequence[Project], candidates: Sequence[Candidate]) -> None:
    for what, keys in (("project", [one.key for one in projects]), ("candidate", [one.key for one in candidates])):
        twice = {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else set()
        if twice:
            raise InvalidProblem(f"The {what} {min(twice)!r} is there twice; give each once.")
    for project in projects:
        if project.seats < 0 or project.hours_per_week < 0 or min(project.skills.values(), default=1) <= 0:
            raise InvalidProblem(
                f"The project {project.key!r} needs seats and hours of 0 or more, and weights above 0."
            )
    for one in candidates:
        wrong = [value for value in (*one.skills.values(), *one.wishes.values()) if not 0 <= value <= 1]
        if wrong or one.hours_per_week < 0:
            raise InvalidProblem(f"The candidate {one.key!r} needs hours of 0 or more, and values from 0 to 1.")
