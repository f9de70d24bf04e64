"""Policy replay: what another rule would have decided from the same inputs, and whom it would treat differently.

The candidate gets the stored inputs of every decision of a rule; its outcome is compared with the one recorded.
Decisions are read in blocks, in the order of persons, so memory does not grow with their number; nothing is
written. What people changed later by overrides and answers does not count here: rule is compared with rule.

Persons are counted, not decisions: a group's rate is the share of its persons of whom at least one decision would
have come out differently. A person with many decisions is one person, in the rate as in the minimum count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.domain import Decision
from bandmate.kernel.decisions.groups import told, wilson
from bandmate.kernel.decisions.rows import COLUMNS, decision_of
from bandmate.kernel.decisions.rules import Decide
from bandmate.kernel.ids import PersonId

BLOCK = 1_000
"""Decisions read at once."""
MINIMUM = 10
"""Counts of persons below this are not told, unless the caller says otherwise."""
NO_GROUP = "(no group given)"

_OF_RULE = """
      from kernel.decision
     where rule = :rule and decided_at >= :since and (cast(:until as timestamptz) is null or decided_at < :until)
       and erased_at is null
     order by subject nulls last, decided_at, decision_id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that would have come out differently."""

    decision: Decision
    after: str
    """What the candidate makes of the same inputs; before is the decision's outcome."""
    group: str | None
    """Of the person it is about; None where it is about nobody or no groups were given."""


@dataclass(frozen=True, slots=True)
class GroupRate:
    """How one group would be treated; None where a count is too small to be told."""

    group: str
    persons: int | None
    differently: int | None
    rate: float | None
    interval: tuple[float, float] | None
    """95 %, Wilson; of persons, taken as independent of one another."""
    outcomes: Mapping[str, int | None]
    """Persons by what would change for them, ``before → after``; a person may stand in several."""


@dataclass(slots=True)
class Report:
    """What a replay came to. Counts of decisions are whole; counts by group are counts of persons."""

    decisions: int = 0
    differently: int = 0
    persons: int = 0
    persons_differently: int = 0
    undecidable: int = 0
    """Decisions from whose inputs the candidate could not decide: it raised an error."""
    first_error: str | None = None
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Decisions by outcome before and after, those that stay the same too."""
    group_persons: Counter[str] = field(default_factory=Counter)
    """Whole counts by group, not to be told; ``groups`` tells what may be."""
    group_differently: Counter[str] = field(default_factory=Counter)
    group_changes: dict[str, Counter[str]] = field(default_factory=dict)
    """By group, persons by ``before → after``."""

    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the share of persons treated differently."""
        return wilson(self.persons_differently, self.persons)

    def groups(self, minimum: int = MINIMUM) -> tuple[GroupRate, ...]:
        """Return how each group would be treated, by name, without counts that are too small to be told."""
        names = sorted(self.group_persons)
        persons = told(self.group_persons, minimum)
        differently = told({name: self.group_differently[name] for name in names}, minimum)
        changes = {
            change: told({name: self.group_changes[name][change] for name in names}, minimum)
            for change in sorted(set().union(*self.group_changes.values()))
        }
        rates = []
        for group in names:
            count, changed = persons[group], differently[group]
            # Of a group that is itself too small, nothing is told.
            hidden = count is None
            whole = count is not None and changed is not None
            rates.append(
                GroupRate(
                    group,
                    count,
                    None if hidden else changed,
                    self.group_differently[group] / self.group_persons[group] if whole else None,
                    wilson(self.group_differently[group], self.group_persons[group]) if whole else None,
                    {change: None if hidden else counts[group] for change, counts in changes.items()},
                )
            )
        return tuple(rates)

    def count_person(self, group: str | None, changes: set[str]) -> None:
        """Count a person, and by ``before → after`` what would change for them."""
        self.persons += 1
        self.persons_differently += bool(changes)
        if group is not None:
            self.group_persons[group] += 1
            self.group_differently[group] += bool(changes)
            self.group_changes.setdefault(group, Counter()).update(changes)


def replay_rule(
    tx: Tx,
    rule: str,
    candidate: Decide,
    *,
    since: datetime,
    until: datetime | None = None,
    groups: Mapping[PersonId, str] | None = None,
    on_difference: Callable[[Difference], None] = lambda _: None,
) -> Report:
    """Decide again by another rule and compare; changes nothing.

    Args:
        tx: A reading transaction.
        rule: The name of the rule whose decisions are looked at, all its versions.
        candidate: The rule to try: the ``decide`` of a declared one, or any function of the same form.
        since: From which instant on, aware.
        until: Up to which, or None for all.
        groups: The group of each person; persons that are not in it form a group of their own.
        on_difference: Told of each decision that would have come out differently, in the order of persons.
    """
    report = Report()
    asked = {"rule": rule, "since": since, "until": until}
    for subject, decisions in groupby(_decisions(tx, asked), key=lambda each: each.subject):
        group = None if subject is None or groups is None else groups.get(subject, NO_GROUP)
        changes: set[str] = set()
        decided = False
        for decision in decisions:
            after = _decide(candidate, decision, report)
            if after is None:
                continue
            decided = True
            report.decisions += 1
            report.outcomes[decision.outcome, after] += 1
            if after != decision.outcome:
                report.differently += 1
                changes.add(f"{decision.outcome} → {after}")
                on_difference(Difference(decision, after, group))
        if decided and subject is not None:
            report.count_person(group, changes)
    return report


def _decisions(tx: Tx, asked: Mapping[str, object]) -> Iterator[Decision]:
    """Yield decisions by way of a cursor on the server, some hundreds in memory at a time."""
    streaming = tx.execution_options(yield_per=BLOCK)
    try:
        yield from map(decision_of, streaming.execute(text("select " + COLUMNS + _OF_RULE), asked))
    finally:
        # The option stays with the connection, and other queries of the transaction do not want it.
        tx.execution_options(yield_per=None, stream_results=False)


def _decide(candidate: Decide, decision: Decision, report: Report) -> str | None:
    try:
        return candidate(decision.values).outcome
    except Exception as error:  # noqa: BLE001 - any fault of a rule on trial is a finding, not the end of the trial
        report.undecidable += 1
        if report.first_error is None:
            report.first_error = f"{type(error).__name__}: {error}"
        return None
