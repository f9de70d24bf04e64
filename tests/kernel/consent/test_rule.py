"""The rule in SQL, the rule over a history, and a plain reading of the definition give the same answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandmate.kernel.consent import allows, allows_all, grant, history, withdraw
from bandmate.kernel.consent.entries import deciding_entry
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.persons import create_person

from .conftest import ALERTS, BY_SYSTEM, NOON

pytestmark = pytest.mark.usefixtures("_declared")


@dataclass(frozen=True)
class Said:
    """A yes or no, some minutes after noon."""

    minute: int
    granted: bool
    channel: str | None


def plainly_allowed(story: Sequence[Said], channel: str | None, minute: int) -> bool:
    """Read the definition word by word: sort, cut off, look from the newest back."""
    past = sorted((said for said in story if said.minute <= minute), key=lambda said: said.minute)
    if channel is not None:
        return next((said.granted for said in reversed(past) if said.channel in {None, channel}), False)
    if not next((said.granted for said in reversed(past) if said.channel is None), False):
        return False
    return all(plainly_allowed(story, each, minute) for each in ALERTS.channels)


said = st.builds(Said, st.integers(0, 6), st.booleans(), st.sampled_from([None, None, *ALERTS.channels]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories=st.lists(st.lists(said, max_size=9), min_size=1, max_size=3), minute=st.integers(0, 6))
def test_every_way_of_asking_agrees(database: Database, stories: list[list[Said]], minute: int) -> None:
    """For any stories, in any order of telling, at any instant: SQL for one, SQL for many, fold and definition."""
    at = NOON + timedelta(minutes=minute)
    with database.engine.connect() as tx:
        persons = [create_person(tx, name="Somebody", now=NOON) for _ in stories]
        for person, story in zip(persons, stories, strict=True):
            for each in story:
                act = grant if each.granted else withdraw
                when = NOON + timedelta(minutes=each.minute)
                act(tx, person, ALERTS.name, each.channel, evidence=BY_SYSTEM, at=when)
        for channel in ALERTS.choices:
            wanted = {
                person: plainly_allowed(story, channel, minute)
                for person, story in zip(persons, stories, strict=True)
            }
            answers = {person: allows(tx, person, ALERTS.name, channel, at=at) for person in persons}
            folded = {
                person: deciding_entry([entry for entry in history(tx, person) if entry.at <= at], channel)
                for person in persons
            }
            assert {person: answer.allowed for person, answer in answers.items()} == wanted
            assert {person: answer.because for person, answer in answers.items()} == folded
            assert allows_all(tx, persons, ALERTS.name, channel, at=at) == {p for p, yes in wanted.items() if yes}
        tx.rollback()
