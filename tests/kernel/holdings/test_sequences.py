"""Random merges, splits and erasures compared with a model of a few lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandmate.kernel.consent import Evidence, Through, grant, history
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.holdings.erasure import erase_person
from bandmate.kernel.holdings.merging import merge, split
from bandmate.kernel.holdings.persons import current_persons
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId

from .conftest import ALERTS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERSONS = 4

_SAID = Evidence("tests", Through.IMPORT, "Yes.", 1, "en")

Step = tuple[str, int, int]


@dataclass
class Model:
    """Who means whom, who is erased, and who has which entries; entries are numbered as they come."""

    alias: dict[int, int] = field(default_factory=dict)
    moved: dict[int, set[str]] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    entries: dict[str, int] = field(default_factory=dict)

    def current(self, person: int) -> int:
        """Follow the aliases."""
        while person in self.alias:
            person = self.alias[person]
        return person

    def add(self, person: int, entry: str) -> None:
        """A person says something."""
        self.entries[entry] = person

    def merge(self, kept: int, merged: int) -> bool:
        """Move everything, unless either cannot be merged."""
        if self.alias.get(merged) == kept:
            return True  # the same again
        if kept == merged or {kept, merged} & (self.erased | set(self.alias)):
            return False
        self.moved[merged] = {entry for entry, owner in self.entries.items() if owner == merged}
        self.entries |= dict.fromkeys(self.moved[merged], kept)
        self.alias[merged] = kept
        return True

    def split(self, merged: int) -> bool:
        """Give back what moved, unless the other is merged on or erased."""
        kept = self.alias.get(merged)
        if kept is None or kept in self.alias or kept in self.erased:
            return False
        self.entries |= dict.fromkeys(self.moved.pop(merged), merged)
        del self.alias[merged]
        return True

    def erase(self, person: int) -> bool:
        """Everybody who means the same human goes, with all they have."""
        root = self.current(person)
        gone = {each for each in range(PERSONS) if self.current(each) == root}
        self.erased |= gone
        self.entries = {entry: owner for entry, owner in self.entries.items() if owner not in gone}
        return True


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "merge", "merge", "split", "erase"]),
        st.integers(0, PERSONS - 1),
        st.integers(0, PERSONS - 1),
    ),
    max_size=14,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_STEPS)
def test_any_sequence_does_what_the_model_does(database: Database, steps: list[Step]) -> None:
    """After each step the same acts were refused, ids mean the same, and everybody has the same entries."""
    with database.engine.connect() as tx:
        people = [create_person(tx, name=f"Person {number}", now=NOON) for number in range(PERSONS)]
        model = Model()
        for number, step in enumerate(steps):
            _take(tx, people, model, step, number)
            _compare(tx, people, model)
        tx.rollback()


def _take(tx: Tx, people: list[PersonId], model: Model, step: Step, number: int) -> None:
    act, one, two = step
    if act == "add":
        if one not in model.erased and one not in model.alias:
            key = f"step {number}"
            entry = grant(tx, people[one], ALERTS.name, evidence=_SAID, at=NOON, key=key)
            model.add(one, str(entry))
        return
    expected = {
        "merge": lambda: model.merge(one, two),
        "split": lambda: model.split(one),
        "erase": lambda: model.erase(one),
    }[act]()
    try:
        with tx.begin_nested():
            _really(tx, people, step)
    except (Conflict, InvalidInput, NotFound):
        done = False
    else:
        done = True
    assert done == expected, step


def _really(tx: Tx, people: list[PersonId], step: Step) -> None:
    act, one, two = step
    if act == "merge":
        merge(tx, people[one], people[two], by="tests", now=NOON, reason="tests")
    elif act == "split":
        split(tx, people[one], by="tests", now=NOON)
    else:
        erase_person(tx, people[one], by="tests", now=NOON)


def _compare(tx: Tx, people: list[PersonId], model: Model) -> None:
    means = current_persons(tx, people)
    assert [means[each] for each in people] == [people[model.current(number)] for number in range(PERSONS)]
    has = {str(entry.entry_id): number for number, each in enumerate(people) for entry in history(tx, each)}
    assert has == model.entries
