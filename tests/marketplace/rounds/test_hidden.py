"""What people keep to themselves: it moves neither a suggestion nor a pair, so that nothing gives it away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.marketplace.rounds.conftest import NOW, Company

from bandmate.kernel.ids import PersonId
from bandmate.marketplace.rounds.gathering import Gathered, gather
from bandmate.marketplace.rounds.suggesting import Suggestion, suggestions

_HIDE = """
    insert into marketplace.profile (person_id, visibility, created_at, changed_at)
    select person_id, cast(:hidden as jsonb), now(), now() from marketplace.employee
    on conflict (person_id) do update
       set visibility = marketplace.profile.visibility || cast(:hidden as jsonb)
"""
_CHANGE = """
    update marketplace.profile p
       set working_style = '{"pace": 1, "structure": 1, "contact": 1, "feedback": 1}',
           interests = array['radio', 'vinyl'], version = version + 1
     where person_id <> :but
"""
NOBODY = PersonId(UUID(int=0))
_UNLEARN = "delete from marketplace.profile_skill where use = 'has' and person_id <> :but"


def everything(company: Company, person: PersonId) -> tuple[tuple[Suggestion, ...], Gathered]:
    """Return what is suggested to somebody, and all that a round would know."""
    with company.database.read() as tx:
        return suggestions(tx, person, now=NOW), gather(tx, "one_to_one", now=NOW)


@pytest.fixture
def mentee(company: Company) -> PersonId:
    """Somebody who wishes for a mentor and has mentors suggested."""
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.profile set ai_ranking = true"))
        wishing = tx.execute(
            text("select person_id from marketplace.mentoring_wish where format = 'one_to_one' order by person_id")
        )
        found = next(PersonId(one) for one in wishing.scalars() if suggestions(tx, PersonId(one), now=NOW))
        tx.execute(
            text("""
                update marketplace.profile set interests = array['radio', 'vinyl'],
                       working_style = '{"pace": 1, "structure": 1, "contact": 1, "feedback": 1}'
                 where person_id = :person
            """),
            {"person": found},
        )
    return found


@pytest.mark.parametrize("hidden", ["me", "team"])
def test_what_a_mentor_does_not_show_the_company_moves_no_suggestion(
    company: Company, mentee: PersonId, hidden: str
) -> None:
    """However a mentor works and whatever interests them, the points are the same as long as it is hidden."""
    company.do(_HIDE, hidden=f'{{"interests": "{hidden}", "working_style": "{hidden}"}}')
    before, _round = everything(company, mentee)
    company.do(_CHANGE, but=mentee)
    after, _round = everything(company, mentee)
    assert [(each.mentor_id, each.parts) for each in before] == [(each.mentor_id, each.parts) for each in after]
    shown: Any = '{"interests": "company", "working_style": "company"}'
    company.do(_HIDE, hidden=shown)
    open_, _round = everything(company, mentee)
    assert max(each.parts["outlook"] for each in open_) > max(each.parts["outlook"] for each in after)


def test_what_nobody_may_see_does_not_count_in_a_round(company: Company, mentee: PersonId) -> None:
    """Ways of working, interests and skills that are for oneself alone are not known to a round."""
    company.do(_HIDE, hidden='{"interests": "me", "working_style": "me", "skills": "me"}')
    _suggested, before = everything(company, mentee)
    company.do(_CHANGE, but=NOBODY)
    company.do(_UNLEARN, but=NOBODY)
    _suggested, after = everything(company, mentee)
    assert before == after
    assert before.mentors
    company.do(_HIDE, hidden='{"interests": "team"}')
    _suggested, shown = everything(company, mentee)
    assert shown != after
