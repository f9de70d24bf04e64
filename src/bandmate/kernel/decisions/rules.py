"""The rules that decide. Contexts declare theirs when they are imported, each version beside the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bandmate.kernel.decisions.domain import Decision, DecisionId, Input, ObjectRef, Ruling, Values
from bandmate.kernel.ids import PersonId

Decide = Callable[[Values], Ruling]
"""A pure function from inputs to a ruling: the same inputs, the same ruling, today and in a replay."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in one version. Old versions stay declared: their decisions still want explaining."""

    name: str
    """Durable, context first: ``postings.closing``."""
    version: int
    title: str
    """What it is, in plain words; marked for translation (``gettext``), translated when shown."""
    decide: Decide
    sentence: Callable[[Decision], str]
    """What a person reads, generated through gettext from nothing but the decision."""
    outcomes: tuple[str, ...] = ()
    """What it can come to; a human who overrides chooses among these. Empty: anything."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Plain words for its codes (names of inputs, sources and scores, options, outcomes, reasons), marked for
    translation. A code without words is shown as it stands."""
    announced: bool = True
    """Whether Today tells persons of what it decided about them; not where they see it at once, or every day."""

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


_declared: dict[tuple[str, int], Rule] = {}


def declare_rule(rule: Rule) -> Rule:
    """Make a rule known; declaring the same one again changes nothing.

    Raises:
        ValueError: when another rule has the name and version already.
    """
    if _declared.setdefault((rule.name, rule.version), rule) != rule:
        raise ValueError(f"two different rules are declared as {rule}")
    return rule


def rule_of(name: str, version: int) -> Rule | None:
    """Return a declared rule, or None when no loaded program knows it (any more)."""
    return _declared.get((name, version))


def quiet_rules() -> list[str]:
    """Return the names of the rules that Today does not tell of."""
    return sorted({rule.name for rule in _declared.values() if not rule.announced})


def declared_rules() -> tuple[Rule, ...]:
    """Return every declared rule by name and version."""
    return tuple(rule for _, rule in sorted(_declared.items()))


def ruled(
    rule: Rule,
    inputs: Sequence[Input],
    *,
    decision_id: DecisionId,
    kind: str,
    about: ObjectRef,
    subject: PersonId | None = None,
    at: datetime,
    by: PersonId | str,
) -> Decision:
    """Let a rule decide, and return the decision with everything it came from; pure.

    Args:
        rule: The rule.
        inputs: Everything the rule may look at.
        decision_id: Stable id of this decision.
        kind: What is decided, context first.
        about: The thing it is about.
        subject: The person it is about, if any.
        at: When it is decided, aware.
        by: Who decides: a person, or the name of a system.
    """
    ruling = rule.decide({each.name: each.value for each in inputs})
    return Decision(
        decision_id,
        kind,
        subject,
        about,
        rule.name,
        rule.version,
        tuple(inputs),
        ruling.outcome,
        at,
        by,
        ruling.scores,
        ruling.alternatives,
    )
