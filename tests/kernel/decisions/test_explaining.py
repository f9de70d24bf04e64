"""A decision in words: generated from the decision, adding up, and honest about what is no longer known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.kernel.decisions import Case, Input, Rule, Score, declare_rule, explain
from bandmate.kernel.decisions.explaining import shown_scores
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId, new_id

from .conftest import ADMISSION, NOON, admission

points = st.floats(-1e9, 1e9, allow_nan=False)
scores = st.lists(points, max_size=8).map(lambda parts: tuple(Score(f"part {n}", p) for n, p in enumerate(parts)))


class TestScores:
    @given(parts=scores)
    def test_parts_shown_add_up_to_the_total_shown(self, parts: tuple[Score, ...]) -> None:
        """Whatever is rounded, the column of a reader's own sum is right, and no part is a hundredth off."""
        total, shown = shown_scores(parts)
        assert sum(shown, Decimal()) == total
        assert all(
            abs(each - Decimal(part.points)) < Decimal("0.01") for each, part in zip(shown, parts, strict=True)
        )

    @given(parts=scores, order=st.randoms(use_true_random=False))
    def test_score_does_not_depend_on_the_order(self, parts: tuple[Score, ...], order: object) -> None:
        """The same parts in another order make the same score."""
        mixed = list(parts)
        order.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
        told = admission(None)
        assert replace(told, scores=parts).score == replace(told, scores=tuple(mixed)).score

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_score_is_finite(self, value: float) -> None:
        """What is no number adds up to nothing."""
        with pytest.raises(InvalidInput, match="finite"):
            Score("part", value)


class TestWords:
    def test_everything_is_said(self) -> None:
        """Sentence, inputs with their source, parts, alternatives and rule, in the rule's words."""
        why = explain(Case(admission(None, 7, more=[Input("returning", value=True)])))
        assert why.sentence == "Refused with 7 points."
        assert [(fact.label, fact.values, fact.source, fact.version) for fact in why.facts] == [
            ("Points", ("7",), "profile", "v3"),
            ("places", ("20",), "course", ""),
            ("returning", ("yes",), "", ""),
        ]
        assert [(part.label, part.points) for part in why.parts] == [("Points", "7.00"), ("Coming back", "2.00")]
        assert (why.total, why.outcome) == ("9.00", "Refused")
        [other] = why.alternatives
        assert (other.label, other.score, other.why_not) == ("Admitted", "10.00", "Fewer than ten points.")
        assert why.rule == "“Ten points admit”, version 1"

    def test_instants_become_instants(self) -> None:
        """A time is shown in its reader's zone, so it comes out as one; what only looks like one stays a text."""
        given_times = ["2026-11-21T12:00:00.000Z", "2026-13-45T99:00:00Z"]
        [*_, fact] = explain(Case(admission(None, more=[Input("times", [given_times[0]])]))).facts
        assert fact.values == (NOON,)
        assert isinstance(fact.values[0], datetime)
        [*_, odd] = explain(Case(admission(None, more=[Input("times", given_times[1])]))).facts
        assert odd.values == (given_times[1],)

    def test_middle_of_a_long_list_is_left_out(self) -> None:
        """Of hundreds of values the first and the last are shown, and how many lie between."""
        [*_, fact] = explain(Case(admission(None, more=[Input("runs", list(range(100)))]))).facts
        assert len(fact.values) == 10
        assert fact.values[-2:] == ("and 91 more", "99")

    def test_rule_that_is_gone_is_named_as_it_stands(self) -> None:
        """The sentence then says rule, version and outcome; nothing fails."""
        told = replace(admission(None), rule="tests.retired", rule_version=4)
        why = explain(Case(told))
        assert why.sentence == "Decided by the rule tests.retired, version 4: refused."
        assert why.facts[0].label == "points"

    def test_erased_person_leaves_the_outcome(self) -> None:
        """The rule's sentence would need inputs that are gone; the outcome is told without it."""
        why = explain(Case(replace(admission(None), inputs=()), erased_at=NOON))
        assert why.sentence == "The person this was about has been erased; only what it came to is kept: Refused."

    def test_only_the_person_concerned_is_led_to_contest(self) -> None:
        """Everybody else reads the same without that link."""
        mia, ben = PersonId(new_id()), PersonId(new_id())
        case = Case(admission(mia))
        assert explain(case, mia).contest_href == f"/decisions/{case.decision.decision_id}#contest"
        assert explain(case, ben).contest_href is None
        assert explain(case).contest_href is None

    def test_derived_decision_is_found_by_its_object(self) -> None:
        """Its address names the object, for no ledger knows the id."""
        case = Case(admission(None, about="a b&c"), stored=False)
        assert explain(case).href.endswith("?object=tests.course:a%20b%26c")


def test_two_rules_of_one_name_and_version_clash() -> None:
    """Declaring a rule again is nothing; another one under its name and version is a mistake."""
    assert declare_rule(ADMISSION) is ADMISSION
    other = Rule(ADMISSION.name, ADMISSION.version, "Other", ADMISSION.decide, ADMISSION.sentence)
    with pytest.raises(ValueError, match="two different rules"):
        declare_rule(other)
