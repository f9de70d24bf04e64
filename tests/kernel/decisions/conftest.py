"""A rule of the tests' own, decisions by it, and persons with accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import (
    Alternative,
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Rule,
    Ruling,
    Score,
    Value,
    Values,
    declare_rule,
    record,
    ruled,
    rules,
    sources,
)
from bandmate.kernel.identity import Asker, Role, passwords
from bandmate.kernel.identity.access import Scope
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId, new_id

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECRET = "the weeping bassoon of Aarau"


def admit(inputs: Values) -> Ruling:
    """Admit whoever has points enough."""
    points = float(str(inputs["points"]))
    bonus = 2.0 if inputs.get("returning") else 0.0
    enough = points + bonus >= 10
    return Ruling(
        "admitted" if enough else "refused",
        (Score("points", points), Score("bonus", bonus)),
        (Alternative("refused" if enough else "admitted", "enough" if enough else "too_few", 10.0),),
    )


ADMISSION = Rule(
    "tests.admission",
    1,
    "Ten points admit",
    admit,
    lambda decision: f"{decision.outcome.capitalize()} with {decision.values['points']} points.",
    ("admitted", "refused", "waiting"),
    {
        "admitted": "Admitted",
        "refused": "Refused",
        "waiting": "On the waiting list",
        "points": "Points",
        "bonus": "Coming back",
        "too_few": "Fewer than ten points.",
        "enough": "Ten points or more.",
    },
)


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' rule beside those of the program; what a test declares is gone after it. Hashing is cheap."""
    monkeypatch.setattr(rules, "_declared", dict(rules._declared))
    monkeypatch.setattr(sources, "_declared", dict(sources._declared))
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    declare_rule(ADMISSION)


def admission(
    subject: PersonId | None,
    points: Value = 7,
    *,
    at: datetime = NOON,
    about: str = "course-1",
    more: Sequence[Input] = (),
    decision_id: DecisionId | None = None,
) -> Decision:
    """Decide about an admission."""
    return ruled(
        ADMISSION,
        (Input("points", points, "profile", "v3"), Input("places", 20, "course", personal=False), *more),
        decision_id=decision_id or DecisionId(new_id()),
        kind="tests.course.admission",
        about=ObjectRef("tests.course", about),
        subject=subject,
        at=at,
        by="admissions",
    )


def member(person: PersonId) -> Asker:
    """Return a person who asks at a browser."""
    return Asker(person, "Somebody", Role.MEMBER.included, frozenset(), "session")


def operator(person: PersonId) -> Asker:
    """Return an operator who asks at a browser."""
    return Asker(person, "Operator", Role.OPERATOR.included, frozenset(), "session")


def key_of(asker: Asker, *scopes: str) -> Asker:
    """Return the same person asking by an API key with these scopes."""
    return replace(asker, via="api_key", scopes=frozenset(map(Scope, scopes)))


@pytest.fixture
def make_person(database: Database) -> Callable[[str], PersonId]:
    """Have identity issue a person."""

    def make(name: str) -> PersonId:
        with database.begin() as tx:
            return create_person(tx, name=name, now=NOON)

    return make


@pytest.fixture
def mia(make_person: Callable[[str], PersonId]) -> PersonId:
    """The person most decisions are about."""
    return make_person("Mia Kern")


@pytest.fixture
def ben(make_person: Callable[[str], PersonId]) -> PersonId:
    """Another member."""
    return make_person("Ben Adler")


@pytest.fixture
def ola(make_person: Callable[[str], PersonId]) -> PersonId:
    """An operator."""
    return make_person("Ola Lund")


@pytest.fixture
def refused(database: Database, mia: PersonId) -> Decision:
    """A stored decision that refuses Mia."""
    decision = admission(mia)
    with database.begin() as tx:
        record(tx, [decision])
    return decision
