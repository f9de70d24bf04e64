"""A decision in words: what a page shows behind "Why?" and the API beside the data; pure, in the present language.

Nothing of this is stored. Sentences come from the rule, words for codes too; a rule that no loaded program knows
any more is named as it stands, with everything it looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.decisions.domain import ActKind, Case, Input, Score, Value, Verdict
from bandmate.kernel.decisions.rules import Rule, rule_of
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.formats import MISSING, number

DECIMALS = 2
MOST_VALUES = 10
"""Values of one list that are shown; of longer lists the middle is left out."""
PAGES = "/decisions"

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Verbatim(str):
    """A text that is shown as it was given, in no language of ours."""

    __slots__ = ()
    verbatim = True


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that went in: its name, its values (several of a list), and where it came from."""

    label: str
    values: tuple[str | datetime, ...]
    source: str
    """Where it came from, in the rule's words, or as it stands where the rule has none."""
    version: Verbatim
    """Which version of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score, rounded so that the parts shown add up to the total shown."""

    label: str
    points: str
    width: float
    """Of its bar, in percent of the largest part."""
    against: bool
    """Whether it speaks against: fewer than no points."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that was not chosen, and why not."""

    label: str
    score: str | None
    why_not: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something a person did about the decision; a line of a timeline."""

    at: datetime
    title: str
    icon: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything a person reads about one decision."""

    case: Case
    sentence: str
    outcome: str
    """What holds now."""
    facts: tuple[Fact, ...]
    parts: tuple[Part, ...]
    total: str | None
    alternatives: tuple[Choice, ...]
    rule: str
    by: str
    steps: tuple[Step, ...]
    href: str
    """The decision's own page."""
    contest_href: str | None
    """Where the reader contests it; None where they are not the person concerned, or have done so already."""


def explain(case: Case, reader: PersonId | None = None) -> Explanation:
    """Put a decision into words for a reader."""
    decision = case.decision
    rule = rule_of(decision.rule, decision.rule_version)
    total, points = shown_scores(decision.scores)
    widest = max((abs(part.points) for part in decision.scores), default=0.0) or 1.0
    href = page_of(case)
    concerned = reader is not None and reader == decision.subject
    return Explanation(
        case=case,
        sentence=sentence_of(case, rule),
        outcome=word(rule, case.outcome),
        facts=tuple(_fact(rule, each) for each in decision.inputs),
        parts=tuple(
            Part(word(rule, part.name), _points(shown), 100 * abs(part.points) / widest, against=part.points < 0)
            for part, shown in zip(decision.scores, points, strict=True)
        ),
        total=_points(total) if decision.scores else None,
        alternatives=tuple(
            Choice(
                word(rule, each.option),
                None if each.score is None else number(each.score, DECIMALS),
                word(rule, each.why_not),
            )
            for each in decision.alternatives
        ),
        rule=_rule_in_words(case, rule),
        by=_("a person") if isinstance(decision.decided_by, UUID) else decision.decided_by,
        steps=tuple(_steps(case, rule, reader)),
        href=href,
        contest_href=f"{href}#contest" if concerned and case.open_contest is None else None,
    )


def sentence_of(case: Case, rule: Rule | None = None) -> str:
    """Return the sentence of a decision, as its rule says it."""
    decision = case.decision
    found = rule or rule_of(decision.rule, decision.rule_version)
    if case.erased_at is not None:
        return _("The person this was about has been erased; only what it came to is kept: {outcome}.").format(
            outcome=word(found, decision.outcome)
        )
    if found is not None:
        return found.sentence(decision)
    return _("Decided by the rule {rule}, version {version}: {outcome}.").format(
        rule=decision.rule, version=decision.rule_version, outcome=decision.outcome
    )


def page_of(case: Case) -> str:
    """Return the path of a decision's page; one that is only derived is found by its object."""
    path = f"{PAGES}/{case.decision.decision_id}"
    return path if case.stored else f"{path}?object={quote(str(case.decision.object), safe=':')}"


def word(rule: Rule | None, code: str) -> str:
    """Return the rule's words for a code, in the present language; the code itself where there are none."""
    words = rule.words.get(code) if rule else None
    return _(words) if words else code


def shown_scores(scores: tuple[Score, ...]) -> tuple[Decimal, tuple[Decimal, ...]]:
    """Round a total and its parts to two decimals so that the parts shown add up to the total shown.

    Each part is cut off below, and the missing hundredths go to the parts that lost most: the method of largest
    remainders (Hamilton). No part moves by a whole hundredth or more, equal parts go by their order.
    """
    unit = Decimal(1).scaleb(-DECIMALS)
    exact = [Decimal(part.points) for part in scores]
    total = sum(exact, Decimal()).quantize(unit)
    below = [value.quantize(unit, rounding="ROUND_FLOOR") for value in exact]
    missing = int((total - sum(below, Decimal())) / unit)
    by_loss = sorted(range(len(exact)), key=lambda at: below[at] - exact[at])
    for at in by_loss[:missing]:
        below[at] += unit
    return total, tuple(below)


def _points(value: Decimal) -> str:
    return f"{value:,.{DECIMALS}f}"


def _fact(rule: Rule | None, given: Input) -> Fact:
    values = given.value if isinstance(given.value, list) else [given.value]
    shown = [_value(rule, each) for each in values]
    if len(shown) > MOST_VALUES:
        left_out = len(shown) - MOST_VALUES + 1
        gap = _("and {count} more").format(count=number(left_out))
        shown = [*shown[: MOST_VALUES - 2], gap, shown[-1]]
    named = rule is not None and given.source in rule.words
    source = word(rule, given.source) if named else Verbatim(given.source)
    return Fact(word(rule, given.name), tuple(shown), source, Verbatim(given.version))


def _value(rule: Rule | None, value: Value) -> str | datetime:
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return number(value, 0 if float(value).is_integer() else DECIMALS)
    if isinstance(value, str):
        known = rule is not None and value in rule.words
        return word(rule, value) if known else _instant(value) or Verbatim(value)
    inner = value.items() if isinstance(value, dict) else enumerate(value, start=1)
    return Verbatim("; ".join(f"{word(rule, str(name))}: {_value(rule, each)}" for name, each in inner))


def _instant(value: str) -> datetime | None:
    """Return the instant a text means, or None; most texts that look like one are, and none has to be."""
    try:
        return parse_rfc3339(value) if _INSTANT.fullmatch(value) else None
    except ValueError:
        return None


def _rule_in_words(case: Case, rule: Rule | None) -> str:
    name = _(rule.title) if rule else case.decision.rule
    return _("“{rule}”, version {version}").format(rule=name, version=case.decision.rule_version)


def _steps(case: Case, rule: Rule | None, reader: PersonId | None) -> list[Step]:
    concerned = case.decision.subject is not None and case.decision.subject == reader
    steps = []
    for act in case.acts:
        outcome = word(rule, act.outcome) if act.outcome else ""
        if act.kind is ActKind.CONTESTED:
            title = _("You contested it") if concerned else _("The person concerned contested it")
            look = ("circle-alert", "warn")
        elif act.kind is ActKind.OVERRIDDEN:
            title, look = _("A person set another outcome: {outcome}").format(outcome=outcome), ("pencil", "info")
        elif act.verdict is Verdict.CHANGED:
            title, look = (
                _("A person answered: changed to {outcome}").format(outcome=outcome),
                ("circle-check", "good"),
            )
        else:
            title, look = _("A person answered: it stands"), ("circle-check", "info")
        steps.append(Step(act.at, title, *look, act.words or _("The words are erased.")))
    return steps
