"""What is small enough to be computed while a page waits, and what no team can be worth more than; pure."""

from __future__ import annotations

from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.staffing.domain import RULE, Applicant, Field, Staffed, weights_of

AT_ONCE = 100
"""Who could lead which skill in which project: so many possibilities are compared while a page waits.

Measured with a proof that nothing is better: 56 (20 people, 8 skills) in 0.03 s of a core, 86 in 0.06 s, 156 in
0.35 s; with several projects, 140 takes more than 4 s.
"""


def is_large(field: Field) -> bool:
    """Tell whether a field is computed in the background."""
    return sum(_possible(staffed, key, field) for key, staffed in field.projects.items()) > AT_ONCE


def ceiling(field: Field, key: OpportunityId) -> float:
    """Return what no team of a project is worth more than, without a search: everybody at their best, at once."""
    staffed = field.projects[key]
    ranked = [each for each in field.applicants_of(key) if each.ranked]
    led = sum(
        weight * max((each.skills.get(uri, 0.0) for each in ranked), default=0.0)
        for uri, weight in weights_of(staffed.sought).items()
    )
    suiting = sorted((each.applied[key].suits for each in ranked), reverse=True)[: staffed.seats_left]
    strengths = {strength.casefold() for each in ranked for strength in each.strengths}
    most = sorted((len(each.strengths) for each in ranked), reverse=True)[: staffed.seats_left]
    return led + RULE.suits * sum(suiting) + RULE.strength * min(len(strengths), sum(most))


def _possible(staffed: Staffed, key: OpportunityId, field: Field) -> int:
    sought = [skill.uri for skill in staffed.sought]
    hours = staffed.opportunity.hours_per_week
    return sum(_could_lead(each, sought) for each in field.applicants_of(key) if each.could_give(hours))


def _could_lead(one: Applicant, sought: list[str]) -> int:
    return sum(one.skills.get(uri, 0) > 0 for uri in sought) if one.ranked else 0
